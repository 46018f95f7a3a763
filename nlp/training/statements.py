"""The graded statements that the default coder learns from."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from nlp.coding import EMOTIONS

FILES: Final = (Path(__file__).parent / "statements.tsv", *sorted((Path(__file__).parent / "grown").glob("*.tsv")))


@dataclass(frozen=True, slots=True)
class Statement:
    """`valence` is -2 to 2; `emotions` are indices of EMOTIONS."""

    text: str
    valence: int
    emotions: tuple[int, ...]


def load_statements(files: Sequence[Path] = FILES) -> list[Statement]:
    """Reads tables with the columns valence, emotions, scene, text, batch, one behind the other."""
    lines = [line for path in files for line in path.read_text(encoding="utf-8").split("\n")[1:]]
    return [_statement(line.rstrip("\r")) for line in lines if line]


def _statement(line: str) -> Statement:
    valence, emotions, _, text, _ = line.split("\t")
    return Statement(text, int(valence), tuple(EMOTIONS.index(label) for label in emotions.split(",") if label))

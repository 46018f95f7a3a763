"""The graded statements that the default coder learns from."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from nlp.coding import EMOTIONS

FILE: Final = Path(__file__).parent / "statements.tsv"


@dataclass(frozen=True, slots=True)
class Statement:
    """`valence` is -2 to 2; `emotions` are indices of EMOTIONS."""

    text: str
    valence: int
    emotions: tuple[int, ...]


def load_statements(path: Path = FILE) -> list[Statement]:
    """Reads a table with the columns valence, emotions, scene, text, batch."""
    lines = path.read_text(encoding="utf-8").split("\n")[1:]
    return [_statement(line.rstrip("\r")) for line in lines if line]


def _statement(line: str) -> Statement:
    valence, emotions, _, text, _ = line.split("\t")
    return Statement(text, int(valence), tuple(EMOTIONS.index(label) for label in emotions.split(",") if label))

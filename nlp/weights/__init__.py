"""The shipped weights: int8 tables and the few numbers that fuse them, with fixed bytes."""

import hashlib
import io
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray

FOLDER: Final = Path(__file__).parent
TABLES: Final = "tables.npz"
FUSION: Final = "fusion.json"


@dataclass(frozen=True, slots=True)
class Fusion:
    """How table sums and lexicon features become scores; every number is rounded before it is written.

    `scale`: sentiment table unit. `terms`: weights of the lexicon features. `stretch`: size of the score at the raw
    sizes `stretch_at`. `emotion_scales` and `emotion_terms`: units, and weights for each emotion of (1, n-grams, words,
    score). `emotion_floors`: below, none is named. `confidence`: probability of the right sign at the score sizes
    `confidence_at`.
    """

    scale: float
    terms: tuple[float, ...]
    stretch_at: tuple[float, ...]
    stretch: tuple[float, ...]
    emotion_scales: tuple[float, ...]
    emotion_terms: tuple[tuple[float, ...], ...]
    emotion_floors: tuple[float, ...]
    confidence_at: tuple[float, ...]
    confidence: tuple[float, ...]

    def encoded(self) -> bytes:
        """As JSON, one form for one content."""
        return (json.dumps(asdict(self), indent=1) + "\n").encode()


@dataclass(frozen=True, slots=True)
class Weights:
    """`sentiment` int8 (2**SENTIMENT_BITS,), `emotions` int8 (2**EMOTION_BITS, emotions), row 0 of each all zero."""

    sentiment: NDArray[np.int8]
    emotions: NDArray[np.int8]
    fusion: Fusion

    @classmethod
    def load(cls, folder: Path = FOLDER) -> Self:
        """Reads what `files` gives."""
        fusion: dict[str, Any] = json.loads((folder / FUSION).read_text(encoding="utf-8"))
        with np.load(folder / TABLES, allow_pickle=False) as tables:
            return cls(tables["sentiment"], tables["emotions"], Fusion(**{k: _frozen(v) for k, v in fusion.items()}))

    def files(self) -> dict[str, bytes]:
        """File name to content, byte for byte the same for the same weights."""
        tables = io.BytesIO()
        np.savez(tables, allow_pickle=False, sentiment=self.sentiment, emotions=self.emotions)
        return {TABLES: tables.getvalue(), FUSION: self.fusion.encoded()}

    def write(self, folder: Path = FOLDER) -> None:
        """Writes the files into a folder that exists."""
        for name, content in self.files().items():
            (folder / name).write_bytes(content)

    def digest(self) -> bytes:
        """Changes with every weight."""
        parts = (self.sentiment.tobytes(), self.emotions.tobytes(), self.fusion.encoded())
        return hashlib.sha256(b"".join(parts)).digest()


def _frozen(value: Any) -> Any:
    return tuple(map(_frozen, value)) if isinstance(value, list) else value

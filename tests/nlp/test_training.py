"""Training is repeatable, and what is shipped is what it gives."""

from pathlib import Path

import numpy as np

from nlp.coders.linear import LinearCoder
from nlp.training import load_reviews, load_statements, train
from nlp.weights import FOLDER, Weights

SLICE = 400


def test_training_twice_gives_the_same_bytes(tmp_path: Path) -> None:
    statements = load_statements()[:SLICE]
    first = train(statements).files()
    assert train(statements).files() == first
    for name, content in first.items():
        (tmp_path / name).write_bytes(content)
    assert Weights.load(tmp_path).files() == first


def test_other_statements_give_another_version(tmp_path: Path) -> None:
    train(load_statements()[:SLICE]).write(tmp_path)
    assert LinearCoder(weights=tmp_path).version != LinearCoder().version


def test_shipped_weights_are_what_training_gives() -> None:
    for name, content in train(load_statements(), load_reviews()).files().items():
        assert (FOLDER / name).read_bytes() == content, f"{name} is stale: xinlu coder train"


def test_tables_are_small_and_their_first_rows_weigh_nothing() -> None:
    weights = Weights.load()
    assert weights.sentiment.nbytes + weights.emotions.nbytes <= 2_000_000
    assert weights.sentiment[0] == 0
    assert not weights.emotions[0].any()


def test_length_weighs_little_in_the_size_of_a_score() -> None:
    """Among statements of one strength, over the strengths: long ones must not score higher for being long."""
    assert abs(np.mean([_length_and_size(strength) for strength in (0, 1, 2)])) < 0.1


def _length_and_size(strength: int) -> float:
    alike = [statement.text for statement in load_statements() if abs(statement.valence) == strength]
    texts = [text for text in alike if 8 <= len(text) <= 80]
    size = np.abs([coding.sentiment for coding in LinearCoder().code(texts)])
    return float(np.corrcoef([len(text) for text in texts], size)[0, 1])

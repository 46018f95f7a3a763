"""Training is repeatable, and what is shipped is what it gives."""

from pathlib import Path

import numpy as np

from nlp.coders.linear import LinearCoder
from nlp.training import load_statements, train
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
    for name, content in train(load_statements()).files().items():
        assert (FOLDER / name).read_bytes() == content, f"{name} is stale: python -m nlp.training"


def test_tables_are_small_and_their_first_rows_weigh_nothing() -> None:
    weights = Weights.load()
    assert weights.sentiment.nbytes + weights.emotions.nbytes <= 2_000_000
    assert weights.sentiment[0] == 0
    assert not weights.emotions[0].any()


def test_length_weighs_little_in_the_size_of_a_score() -> None:
    coder = LinearCoder()
    texts = [statement.text for statement in load_statements() if 15 <= len(statement.text) <= 60]
    size = np.abs([coding.sentiment for coding in coder.code(texts)])
    length = [len(text) for text in texts]
    assert np.corrcoef(length, size)[0, 1] < 0.25  # .22 as shipped, .27 without the weights of lengths

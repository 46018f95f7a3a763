"""What people do with words, each phenomenon on minimal pairs written for this test and never trained on."""

from pathlib import Path

import pytest

from nlp import load_coder
from nlp.training import load_statements

PAIRS = [line.split("\t") for line in Path(__file__).with_name("phenomena.tsv").read_text("utf-8").splitlines()[1:]]
LEAST_BY_WORDS = 0.8


def right(name: str, positive: str, negative: str) -> bool:
    good, bad = load_coder(name).code([positive, negative])
    return good.sentiment > 0 > bad.sentiment


@pytest.mark.parametrize(("phenomenon", "positive", "negative", "known_miss"), PAIRS)
def test_both_sides_of_a_pair_have_their_sign(phenomenon: str, positive: str, negative: str, known_miss: str) -> None:
    assert right("default", positive, negative) == (known_miss == ""), phenomenon


@pytest.mark.parametrize(("phenomenon", "positive", "negative", "known_miss"), PAIRS)
def test_the_positive_side_scores_higher(phenomenon: str, positive: str, negative: str, known_miss: str) -> None:
    good, bad = load_coder().code([positive, negative])
    assert good.sentiment > bad.sentiment, (phenomenon, known_miss)


def test_words_and_scopes_alone_get_most_pairs_right() -> None:
    assert sum(right("lexicon", pair[1], pair[2]) for pair in PAIRS) >= LEAST_BY_WORDS * len(PAIRS)


def test_no_pair_was_trained_on() -> None:
    learnt = {statement.text for statement in load_statements()}
    assert learnt.isdisjoint(text for pair in PAIRS for text in pair[1:3])

"""The judge, and a bar that the shipped coders stay above. gold.jsonl is for judging only."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from nlp import Coding, load_coder
from nlp.evaluation import Graded, evaluate, load_graded, load_pairs, pairs_right
from nlp.training import load_statements

GOLD = Path(__file__).parent / "gold.jsonl"


class Parrot:
    """Says what it was told to say."""

    name = "parrot"
    version = "parrot-1"

    def __init__(self, scores: dict[str, float]) -> None:
        self.scores = scores

    def code(self, texts: Sequence[str], *, explain: bool = False) -> list[Coding]:
        return [Coding(self.scores[text], 1.0, "neutral", {"喜悦": 1.0}) for text in texts]


def test_measures_of_known_scores() -> None:
    joy, none = frozenset({"喜悦"}), frozenset[str]()
    graded = [
        Graded("a", 2, joy, frozenset({"long"})),
        Graded("b", -2, none, none),
        Graded("c", 0, none, frozenset({"long"})),
        Graded("d", 1, joy, none),
    ]
    report = evaluate(Parrot({"a": 1.0, "b": 0.5, "c": -0.2, "d": 0.6}), graded)
    assert report.sign == pytest.approx(2 / 3)
    assert report.error == pytest.approx((0 + 1.5 + 0.2 + 0.1) / 4)
    assert report.spearman == pytest.approx(0.8)
    assert report.neutral == pytest.approx(0.2)
    assert report.macro_f1 == pytest.approx(2 * 2 / 6)
    assert report.by_phenomenon == {"long": 1.0}


def test_a_pair_is_right_when_both_signs_are(tmp_path: Path) -> None:
    (tmp_path / "pairs.tsv").write_text("good\tbad\nbad\tgood\ngood\tzero\n", encoding="utf-8")
    pairs = load_pairs(tmp_path / "pairs.tsv")
    assert pairs_right(Parrot({"good": 0.5, "bad": -0.5, "zero": 0.0}), pairs) == 1


def test_shipped_coders_stay_above_their_bars() -> None:
    graded = load_graded(GOLD)
    default, words = evaluate(load_coder(), graded), evaluate(load_coder("lexicon"), graded)
    assert (default.sign >= 0.89, default.spearman >= 0.78, default.error <= 0.33, default.macro_f1 >= 0.45) == (
        True,
    ) * 4
    assert (words.sign >= 0.66, words.spearman >= 0.62) == (True, True)
    assert evaluate(load_coder("snownlp"), graded).sign < words.sign < default.sign


def test_no_gold_statement_is_trained_on() -> None:
    learnt = {statement.text for statement in load_statements()}
    assert [graded.text for graded in load_graded(GOLD) if graded.text in learnt] == []

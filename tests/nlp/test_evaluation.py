"""The judge, and a bar that the shipped coders stay above. gold.jsonl is for judging only."""

import gzip
import json
import logging
import math
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest

from nlp import Coding, load_coder
from nlp.coding import Evidence
from nlp.errors import ModelUnavailableError
from nlp.evaluation import (
    EvaluationFileError,
    Graded,
    Material,
    evaluate,
    judge,
    load_corpora,
    load_graded,
    load_pairs,
    measure_speed,
    open_subject,
    pairs_right,
    subjects,
)
from nlp.evaluation import files as evaluation_files
from nlp.evaluation.files import Labelled
from nlp.evaluation.measures import agreement, auc, calibration_error, quadratic_kappa, ranks, spearman
from nlp.evaluation.reports import Tagged, evaluate_corpus, explained_gap, sign_probability
from nlp.evaluation.speed import Effort, timed_texts
from nlp.evaluation.stopwatch import time_coders
from nlp.training import load_statements

GOLD = Path(__file__).parent / "gold.jsonl"
JOY, NONE = frozenset({"喜悦"}), frozenset[str]()


class Parrot:
    """Says what it was told to say, as sure of each sign as it was told to be."""

    name = "parrot"
    version = "parrot-1"

    def __init__(self, scores: Mapping[str, float], confidence: float = 1.0, name: str = "parrot") -> None:
        self.scores, self.confidence, self.name = scores, confidence, name

    def code(self, texts: Sequence[str], *, explain: bool = False) -> list[Coding]:
        return [
            Coding(
                self.scores[text],
                self.confidence,
                "neutral",
                {"喜悦": 1.0},
                (Evidence(0, 1, text[:1], self.scores[text] - 0.25, "half"),) if explain else (),
            )
            for text in texts
        ]


def test_measures_of_known_scores() -> None:
    graded = [
        Graded("a", 2, JOY, frozenset({"long"})),
        Graded("b", -2, NONE, NONE),
        Graded("c", 0, NONE, frozenset({"long"})),
        Graded("d", 1, JOY, NONE),
    ]
    report = evaluate(Parrot({"a": 1.0, "b": 0.5, "c": -0.2, "d": 0.6}, 0.9), graded)
    assert report.sign == pytest.approx(2 / 3)
    assert report.error == pytest.approx((0 + 1.5 + 0.2 + 0.1) / 4)
    assert report.spearman == pytest.approx(0.8)
    assert report.neutral == pytest.approx(0.2)
    assert report.exact == pytest.approx(3 / 4), "a, c and d fall to 2, 0 and 1"
    assert report.within_one == pytest.approx(3 / 4)
    # Three of three said positive at .9; two of them are.
    assert report.ece == pytest.approx(abs(0.9 - 2 / 3))
    assert report.emotions["喜悦"].precision == pytest.approx(2 / 4)
    assert report.macro_f1 == pytest.approx(2 * 2 / 6)
    assert report.silent == 0
    assert report.by_phenomenon == {"long": Tagged(1.0, 1)}
    assert report.worst is None, "one statement is too few to call a phenomenon the worst"


def test_the_worst_phenomenon_is_the_one_with_the_fewest_right_signs() -> None:
    graded = [Graded("good", valence, NONE, frozenset({tag})) for tag, valence in [("x", 1), ("y", -1)] * 5]
    report = evaluate(Parrot({"good": 0.5}), graded)
    assert report.worst == ("y", Tagged(0.0, 5))
    silent = evaluate(Parrot({"good": 0.0}), graded)
    assert (silent.worst, silent.silent) == (("x", Tagged(0.0, 5)), 1), "what says nothing is called negative"


def test_ranks_share_their_mean_and_correlate() -> None:
    assert ranks(np.array([5.0, 1.0, 5.0, 9.0])).tolist() == [2.5, 1.0, 2.5, 4.0]
    assert spearman(np.array([1.0, 2.0, 3.0]), np.array([1.0, 8.0, 27.0])) == pytest.approx(1)
    assert math.isnan(spearman(np.array([1.0, 1.0]), np.array([1.0, 2.0])))


def test_auc_is_the_share_of_pairs_in_order_and_ties_count_half() -> None:
    positive = np.array([True, True, False, False])
    # 0.9 > 0.5 and 0.1; 0.5 = 0.5, 0.5 > 0.1: three and a half of four
    assert auc(np.array([0.9, 0.5, 0.5, 0.1]), positive) == pytest.approx(3.5 / 4)
    assert auc(np.array([0.1, 0.1, 0.9, 0.9]), positive) == 0
    assert math.isnan(auc(np.array([1.0, 2.0]), np.array([True, True])))


def test_calibration_error_weighs_each_bin_by_what_falls_into_it() -> None:
    probability = np.array([0.95, 0.95, 0.95, 1.0, 0.32])
    happened = np.array([True, True, True, False, True])
    assert calibration_error(probability, happened) == pytest.approx(4 / 5 * (3.85 / 4 - 3 / 4) + 1 / 5 * 0.68)
    assert calibration_error(np.array([0.0, 1.0]), np.array([False, True])) == 0


def test_kappa_of_a_worked_example() -> None:
    # Two raters, grades 0 to 2. Squared distances: seen 1 + 4 = 5. Chance: sums of rows (2, 1, 1) and columns (1, 2, 1)
    # over 4 give (2*2*1 + 2*1*4 + 1*1*1 + 1*1*1 + 1*1*4 + 1*2*1) / 4 = 20 / 4 = 5.
    assert quadratic_kappa(np.array([0, 0, 1, 2]), np.array([1, 2, 1, 0]), 3) == pytest.approx(1 - 9 / 5)
    assert quadratic_kappa(np.array([0, 1, 2]), np.array([0, 1, 2]), 3) == 1
    assert math.isnan(quadratic_kappa(np.array([1, 1]), np.array([1, 1]), 3))


def test_agreement_on_one_label() -> None:
    gold = [{"喜悦", "安心"}, {"喜悦"}, {"喜悦"}, set[str]()]
    named = [{"喜悦"}, {"喜悦"}, {"安心"}, {"喜悦"}]
    found = agreement("喜悦", gold, named)
    assert (found.precision, found.recall, found.f1) == pytest.approx((2 / 3, 2 / 3, 2 / 3))
    assert found.count == 3
    assert agreement("安心", gold, named).f1 == 0


def test_a_public_text_is_called_positive_above_zero() -> None:
    texts = [Labelled("up", True), Labelled("zero", True), Labelled("down", False)]
    report = evaluate_corpus(Parrot({"up": 0.4, "zero": 0.0, "down": -0.1}, 0.8), texts)
    assert report.accuracy == pytest.approx(2 / 3)
    assert report.auc == 1
    assert report.ece == pytest.approx((0.2 + 0.5 + 0.2) / 3)
    assert report.count == 3


def test_the_probability_of_a_sign_comes_from_where_the_coder_states_it() -> None:
    codings = [Coding(0.6, 0.9, "positive"), Coding(-0.6, 0.9, "negative"), Coding(0.0, 0.0, "neutral")]
    ours, baseline = sign_probability("default", codings), sign_probability("snownlp", codings)
    assert ours is not None
    assert baseline is not None
    assert ours.tolist() == pytest.approx([0.9, 0.1, 0.5])
    assert baseline.tolist() == pytest.approx([0.8, 0.2, 0.5])
    assert sign_probability("lexicon", codings) is None


def test_a_pair_is_right_when_both_signs_are(tmp_path: Path) -> None:
    (tmp_path / "pairs.tsv").write_text("good\tbad\nbad\tgood\ngood\tzero\nzero\tbad\n", encoding="utf-8")
    pairs = load_pairs(tmp_path / "pairs.tsv")
    assert pairs_right(Parrot({"good": 0.5, "bad": -0.5, "zero": 0.0}), pairs) == 1


def test_what_is_explained_must_sum_to_the_score() -> None:
    assert explained_gap(Parrot({"a": 1.0, "b": 0.5}), ["a", "b"]) == pytest.approx(0.25)


def test_a_judgement_means_over_its_corpora_and_counts_gold_among_them() -> None:
    graded = [Graded("up", 1, JOY, NONE), Graded("down", -1, NONE, NONE)]
    corpora = {"one": [Labelled("up", True)], "two": [Labelled("up", False), Labelled("down", False)]}
    said: list[str] = []
    judged = judge(Parrot({"up": 0.5, "down": -0.5}), Material(graded, [("up", "down")], corpora), said.append)
    assert judged.accuracy == pytest.approx((1 + 0.5) / 2)
    assert judged.ece == pytest.approx((0 + 0 + 0.5) / 3)
    assert judged.pairs == 1
    assert math.isnan(judged.auc), "neither corpus holds both kinds"
    assert said == ["gold", "one", "two"]
    assert judge(Parrot({"up": 0.5, "down": -0.5}), Material(graded)).pairs is None


@pytest.mark.parametrize(
    ("content", "problem", "row"),
    [
        ('{"text": "好", "valence": 1}\n\n{"text": \n', "not_json", 3),
        ("[1]\n", "not_json", 1),
        ('{"text": "好", "valence": 3}\n', "wrong_valence", 1),
        ('{"text": "好", "valence": true}\n', "wrong_valence", 1),
        ('{"text": "好", "valence": [1]}\n', "wrong_valence", 1),
        ('{"text": " ", "valence": 1}\n', "no_text", 1),
        ('{"text": "好", "valence": 1, "emotions": ["高兴"]}\n', "wrong_emotions", 1),
        ('{"text": "好", "valence": 1, "phenomena": "long"}\n', "wrong_phenomena", 1),
        ("\n \n", "empty", 0),
    ],
)
def test_graded_statements_that_cannot_be_used(tmp_path: Path, content: str, problem: str, row: int) -> None:
    file = tmp_path / "gold.jsonl"
    file.write_text(content, encoding="utf-8")
    with pytest.raises(EvaluationFileError) as caught:
        load_graded(file)
    assert (caught.value.problem, caught.value.row, caught.value.file) == (problem, row, file)


@pytest.mark.parametrize(
    ("content", "problem"),
    [("好\n", "not_two_texts"), ("好\t坏\t中\n", "not_two_texts"), ("好\t\n", "no_text")],
)
def test_pairs_that_cannot_be_used(tmp_path: Path, content: str, problem: str) -> None:
    (tmp_path / "pairs.tsv").write_text("好\t不好\n" + content, encoding="utf-8")
    with pytest.raises(EvaluationFileError) as caught:
        load_pairs(tmp_path / "pairs.tsv")
    assert (caught.value.problem, caught.value.row) == (problem, 2)


def test_corpora_are_read_plain_and_packed_and_a_text_may_hold_tabs(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("none of it", encoding="utf-8")
    (tmp_path / "plain.tsv").write_text("1\t好\t极了\r\n0\t差\u2028劲\n", encoding="utf-8")
    (tmp_path / "packed.tsv.gz").write_bytes(gzip.compress("0\t坏\n".encode()))
    assert load_corpora(tmp_path) == {
        "packed": [Labelled("坏", False)],
        "plain": [Labelled("好\t极了", True), Labelled("差\u2028劲", False)],
    }


def test_corpora_that_cannot_be_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def problem() -> tuple[str, int]:
        with pytest.raises(EvaluationFileError) as caught:
            load_corpora(tmp_path)
        return caught.value.problem, caught.value.row

    assert problem() == ("no_corpora", 0)
    file, packed = tmp_path / "a.tsv", tmp_path / "b.tsv.gz"
    file.write_text("1\t好\n好\n", encoding="utf-8")
    assert problem() == ("wrong_label", 2)
    file.write_text("1\t好\n2\t好\n", encoding="utf-8")
    assert problem() == ("wrong_label", 2)
    file.write_bytes("1\t好\n".encode("gb18030"))
    assert problem() == ("not_utf8", 0)
    file.unlink()
    packed.write_bytes(b"not packed at all")
    assert problem() == ("unreadable", 0)
    packed.write_bytes(gzip.compress("1\t好\n".encode())[:-9])
    assert problem() == ("unreadable", 0)
    packed.write_bytes(gzip.compress("1\t好\n".encode())[:10] + b"\xff" * 40)
    assert problem() == ("unreadable", 0), "packed, and damaged inside"
    packed.write_bytes(gzip.compress(b"1\tok\n" * 20))
    monkeypatch.setattr(evaluation_files, "MOST_ROWS", 19)
    assert problem() == ("too_many_rows", 0)
    monkeypatch.setattr(evaluation_files, "LONGEST", 1)
    monkeypatch.setattr(evaluation_files, "MOST_ROWS", 20)
    assert problem() == ("text_too_long", 1)
    monkeypatch.setattr(evaluation_files, "MOST_BYTES", 99)
    assert problem() == ("too_large", 0), "what it unpacks to counts"


def test_timed_texts_have_one_length_and_go_round() -> None:
    texts = timed_texts(["一二三四五", "六七"], 50)
    assert {len(text) for text in texts} == {38}
    assert len(texts) == 50
    assert texts[0].startswith("一二三四五六七一二")


def test_speeds_are_measured_by_turns_and_told_beside_the_baseline() -> None:
    parrots = {"quick": Parrot(dict.fromkeys(timed_texts(["好"], 1), 0.1)), "snownlp": Parrot(_slow())}
    speeds = time_coders(parrots, timed_texts(["好"], 40), Effort(40, 2, 0.0001, 10))
    assert speeds["snownlp"].beside == 1
    assert speeds["quick"].beside > 1
    assert min(speeds["quick"].texts_per_second, speeds["quick"].explained_per_second, speeds["quick"].one_text) > 0


def _slow() -> Mapping[str, float]:
    class Slow(dict[str, float]):
        def __missing__(self, text: str) -> float:
            return sum(math.sin(number) for number in range(20_000)) * 0

    return Slow()


def test_a_process_of_its_own_times_what_it_can_load(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)  # wherever it is started
    speeds = measure_speed(["lexicon", "nobody"], ["今天不疼了，睡得很好"], Effort(60, 1, 0.001, 5))
    assert list(speeds) == ["lexicon"]
    assert speeds["lexicon"].texts_per_second > 0


def test_the_foreign_lexicon_is_a_coder_too(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    """With the package's interface, since the package itself stands in no lock."""

    class Words:
        def __init__(self) -> None:
            sys.stdout.write("hello from the maker")
            logging.warning("two lists share a word")  # noqa: LOG015 - as the package does

        def __call__(self, text: str) -> float:
            return 0.9 if "好" in text else 0.5

    package = ModuleType("jionlp")
    package.__spec__ = SimpleNamespace(name="jionlp")  # type: ignore[assignment]
    package.sentiment = SimpleNamespace(LexiconSentiment=Words)  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "jionlp", package)
    monkeypatch.setattr("nlp.evaluation.candidates.metadata.version", lambda _: "0.1")
    coder = open_subject("jionlp")
    good, nothing = coder.code(["真好", ""], explain=True)
    assert coder.version == "jionlp-0.1"
    assert (capsys.readouterr().out, caplog.records) == ("", [])
    assert (good.sentiment, good.confidence) == pytest.approx((0.8, 0.9))
    assert good.label == "positive"
    assert good.evidence[0].contribution == good.sentiment
    assert (nothing.sentiment, nothing.label) == (0, "neutral")


def test_without_the_foreign_lexicon_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nlp.evaluation.candidates.find_spec", lambda _: None)
    assert "jionlp" in subjects()
    with pytest.raises(ModelUnavailableError, match="pip install jionlp"):
        open_subject("jionlp")


def test_shipped_coders_stay_above_their_bars() -> None:
    graded = load_graded(GOLD)
    default, words = evaluate(load_coder(), graded), evaluate(load_coder("lexicon"), graded)
    assert (default.sign >= 0.89, default.spearman >= 0.78, default.error <= 0.33, default.macro_f1 >= 0.45) == (
        True,
    ) * 4
    assert (words.sign >= 0.78, words.spearman >= 0.62) == (True, True)
    assert evaluate(load_coder("snownlp"), graded).sign < words.sign < default.sign


def test_no_gold_statement_is_trained_on() -> None:
    learnt = {statement.text for statement in load_statements()}
    assert [graded.text for graded in load_graded(GOLD) if graded.text in learnt] == []


def test_gold_is_what_its_reader_reads() -> None:
    rows = [json.loads(line) for line in GOLD.read_text(encoding="utf-8").splitlines()]
    assert [graded.text for graded in load_graded(GOLD)] == [row["text"] for row in rows]

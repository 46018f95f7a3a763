"""A study's own calibration: better where there is something to learn, never worse on people left out, else nothing."""

import json
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from nlp import Coder, Coding, load_coder
from nlp.adaptation import KINDS, LEAST_CODES, LEAST_FOR_WORDS, LEAST_PEOPLE, Fitted, fit_adaptation
from nlp.adapted import MOST_CORRECTION, Adaptation, AdaptedCoder
from nlp.coding import label_of
from nlp.wordings import LEAST_PEOPLE as LEAST_SPEAKERS

Floats = NDArray[np.float64]
TEXTS = (
    "伤口很疼，整夜睡不着",
    "护士特别耐心，安心多了",
    "和昨天差不多",
    "不疼了！终于能吃东西了😀",
    "",
    "   ",
    "\ud800坏字符",
)


def coded(
    people: int, each: int, *, shift: float, slope: float, noise: float, seed: int
) -> tuple[Floats, Floats, list[int]]:
    """Return scores, human codes (on the five steps) and people; the score is ``shift + slope · human`` and noise."""
    rng = np.random.default_rng(seed)
    felt = rng.normal(0, 0.5, (people, each)) + rng.normal(0, 0.2, (people, 1))
    human = np.round(np.clip(felt, -1, 1) * 2) / 2
    scores = np.clip(shift + slope * human + rng.normal(0, noise, human.shape), -1, 1)
    return scores.ravel(), human.ravel(), [person for person in range(people) for _ in range(each)]


def error(fitted: Fitted, scores: Floats, human: Floats) -> float:
    return float(np.abs(human - fitted.adaptation.scores(scores)).mean())


def test_a_biased_coder_is_set_right_for_people_it_has_not_seen() -> None:
    fitted = fit_adaptation(*coded(20, 10, shift=0.2, slope=0.5, noise=0.2, seed=1))
    assert fitted.report.reason == "better"
    assert fitted.report.chosen in ("linear", "monotone")
    scores, human, _ = coded(200, 10, shift=0.2, slope=0.5, noise=0.2, seed=99)
    gained = float(np.abs(human - scores).mean()) - error(fitted, scores, human)
    assert gained > 0.04
    assert fitted.report.gain_lower < gained < fitted.report.gain_upper


def test_a_bent_scale_is_straightened_by_pieces() -> None:
    scores, human, people = coded(60, 12, shift=0.0, slope=1.0, noise=0.05, seed=2)
    bent = np.where(scores > 0, scores * 0.15, scores)
    fitted = fit_adaptation(bent, human, people)
    assert fitted.report.chosen == "monotone"
    assert fitted.report.candidates["monotone"] < fitted.report.candidates["linear"] - 0.02


@pytest.mark.parametrize(
    ("people", "each", "reason"),
    [(19, 1, "too_few_codes"), (4, 30, "too_few_people"), (5, 4, None), (0, 0, "too_few_codes")],
)
def test_too_little_to_learn_from_changes_nothing_and_says_why(people: int, each: int, reason: str | None) -> None:
    fitted = fit_adaptation(*coded(people, each, shift=0.5, slope=0.2, noise=0.1, seed=3))
    assert (LEAST_CODES, LEAST_PEOPLE) == (20, 5)
    if reason is None:
        assert fitted.report.reason in ("better", "no_better")
        return
    assert (fitted.report.reason, fitted.report.chosen) == (reason, "identity")
    assert fitted.adaptation.is_identity
    assert fitted.report.gain == 0


some_scores = st.floats(-1, 1, allow_nan=False, width=32)
statements = st.lists(
    st.tuples(some_scores, st.sampled_from([-1.0, -0.5, 0.0, 0.5, 1.0]), st.integers(0, 9)), min_size=1, max_size=120
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(statements, st.integers(0, 3))
def test_never_worse_on_people_left_out(rows: list[tuple[float, float, int]], seed: int) -> None:
    scores, human, people = (list(column) for column in zip(*rows, strict=True))
    fitted = fit_adaptation(scores, human, people, seed=seed)
    report, adaptation = fitted.report, fitted.adaptation
    assert report.base_error == pytest.approx(float(np.abs(np.array(human) - np.array(scores)).mean()))
    assert report.adapted_error <= report.base_error
    assert report.gain_lower <= report.gain <= report.gain_upper
    if report.chosen == "identity":
        assert adaptation.is_identity
        assert report.adapted_error == report.base_error
    else:
        assert report.gain > 0
        assert report.candidates[report.chosen] < report.candidates["identity"]
    assert set(report.candidates) <= set(KINDS)
    along = adaptation.scores(np.linspace(-1, 1, 201))
    assert (np.diff(along) >= 0).all()
    assert (np.abs(along) <= 1).all()
    again = fit_adaptation(scores, human, people, seed=seed)
    assert again == fitted
    assert Adaptation.of_parameters(json.loads(json.dumps(adaptation.parameters()))) == adaptation


def test_a_weak_signal_is_taken_only_where_it_helps_people_left_out() -> None:
    reports = [
        fit_adaptation(*coded(12, 10, shift=0.05, slope=0.9, noise=0.25, seed=seed)).report for seed in range(60)
    ]
    assert all(report.adapted_error <= report.base_error for report in reports)
    taken = [report for report in reports if report.chosen != "identity"]
    assert 0 < len(taken) < 60
    assert any(min(one.candidates.values()) < one.candidates["identity"] for one in reports if one not in taken)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(some_scores, st.integers(0, 9)), min_size=1, max_size=120))
def test_a_coder_that_is_right_is_left_alone(rows: list[tuple[float, int]]) -> None:
    scores, people = [score for score, _ in rows], [person for _, person in rows]
    fitted = fit_adaptation(scores, scores, people)
    assert fitted.adaptation == Adaptation.identity()


def test_noise_alone_hardly_ever_moves_a_score() -> None:
    """Codes that go with the score as well as they can: what is adapted in spite of that gains nothing on others."""
    changed = []
    for seed in range(20):
        fitted = fit_adaptation(*coded(12, 10, shift=0.0, slope=1.0, noise=0.15, seed=seed))
        if not fitted.adaptation.is_identity:
            scores, human, _ = coded(200, 10, shift=0.0, slope=1.0, noise=0.15, seed=1000 + seed)
            changed.append(error(fitted, scores, human) - float(np.abs(human - scores).mean()))
    assert len(changed) <= 5
    assert max(changed, default=0.0) < 0.02


def misread(people: int, each: int, seed: int) -> tuple[list[str], Floats, Floats, list[int]]:
    """Statements of a study whose people call their implant 小螺丝; the coder takes every mention for a complaint."""
    rng = np.random.default_rng(seed)
    texts, human = [], []
    for _ in range(people * each):
        bad, named = rng.random() < 0.5, rng.random() < 0.5
        texts.append(("小螺丝" if named else "伤口") + ("很疼" if bad else "不错") + f"，第{rng.integers(9)}天")
        human.append(-0.5 if bad else 0.5)
    truth = np.array(human)
    wrong = np.array(["小螺丝" in text for text in texts]) * 0.6
    scores = np.clip(truth - wrong + rng.normal(0, 0.1, truth.size), -1, 1)
    return texts, scores, truth, [number // each for number in range(people * each)]


def test_words_that_the_coder_misreads_are_learnt_from_many_codes() -> None:
    texts, scores, human, people = misread(30, 10, seed=4)
    fitted = fit_adaptation(scores, human, people, texts=texts)
    assert fitted.report.chosen == "words"
    assert fitted.report.candidates["words"] < fitted.report.candidates["monotone"] - 0.03
    assert fitted.adaptation.words["小螺丝不"] > 0.05
    others, other_scores, other_human, _ = misread(50, 10, seed=5)
    corrections = np.array([sum(share for *_, share in fitted.adaptation.found(text)) for text in others])
    plain = float(np.abs(other_human - other_scores).mean())
    assert float(np.abs(other_human - fitted.adaptation.scores(other_scores, corrections)).mean()) < plain - 0.05


def test_words_of_few_people_are_never_kept() -> None:
    texts, scores, human, people = misread(40, 10, seed=6)
    texts = [
        f"{text}，隔壁老王家" if person < LEAST_SPEAKERS - 1 else text
        for text, person in zip(texts, people, strict=True)
    ]
    human = np.where(np.array(people) < LEAST_SPEAKERS - 1, 1.0, human)
    fitted = fit_adaptation(scores, human, people, texts=texts)
    assert not any(word in "隔壁老王家" for word in fitted.adaptation.words)


def test_words_need_many_codes() -> None:
    texts, scores, human, people = misread(LEAST_FOR_WORDS // 10 - 1, 10, seed=7)
    assert "words" not in fit_adaptation(scores, human, people, texts=texts).report.candidates


ADAPTATIONS = (
    Adaptation.of_knots((-1, 1), (-0.9, 0.5)),
    Adaptation.of_knots((-1, -0.2, 0.3, 1), (-1.4, -0.1, 0.0, 0.8)),
    Adaptation.of_knots((-1, 1), (-1, 1)).with_words({"很疼": -0.3, "安心": 0.9, "终于": 0.6}),
)


@pytest.mark.parametrize("adaptation", ADAPTATIONS)
def test_what_is_written_down_is_read_back_in_the_same_version(adaptation: Adaptation) -> None:
    again = Adaptation.of_parameters(json.loads(json.dumps(adaptation.parameters())))
    assert (again, again.version) == (adaptation, adaptation.version)


@pytest.mark.parametrize("base", ["default", "lexicon"])
@pytest.mark.parametrize("adaptation", ADAPTATIONS)
def test_evidence_still_sums_to_the_score(base: str, adaptation: Adaptation) -> None:
    coder = AdaptedCoder(load_coder(base), adaptation)
    for text, coding, before in zip(TEXTS, coder.code(TEXTS, explain=True), load_coder(base).code(TEXTS), strict=True):
        assert sum(one.contribution for one in coding.evidence) == pytest.approx(coding.sentiment, abs=1e-6)
        assert all(text[one.start : one.end] == one.text for one in coding.evidence)
        assert coding.label == label_of(coding.sentiment)
        assert -1 <= coding.sentiment <= 1
        assert 0 <= coding.confidence <= 1
        assert (coding.emotions, coding.risk) == (before.emotions, before.risk)
        if not text.strip():
            assert coding == before


def test_the_map_and_the_words_are_named_in_the_evidence() -> None:
    [coding] = AdaptedCoder(load_coder(), ADAPTATIONS[2]).code(["终于不疼了"], explain=True)
    assert ("终于", "adapted+word") in [(one.text, one.rule) for one in coding.evidence]
    [coding] = AdaptedCoder(load_coder(), ADAPTATIONS[0]).code(["终于不疼了"], explain=True)
    assert ("终于不疼了", "adapted") in [(one.text, one.rule) for one in coding.evidence]


def test_alone_and_in_a_batch_the_same() -> None:
    coder = AdaptedCoder(load_coder(), ADAPTATIONS[2])
    assert [coder.code([text])[0] for text in TEXTS] == coder.code(TEXTS)
    assert coder.code([]) == []


def test_words_move_a_score_only_so_far() -> None:
    strong = Adaptation.identity().with_words({"很疼": -1.0, "整夜": -1.0, "睡不着": -1.0})
    places = strong.found("伤口很疼，整夜睡不着")
    assert [place for place, *_ in places] == [2, 5, 7]
    assert sum(share for *_, share in places) == pytest.approx(-MOST_CORRECTION)


def test_the_version_changes_with_the_base_and_with_every_number() -> None:
    versions = {
        AdaptedCoder(load_coder(base), adaptation).version
        for base in ("default", "lexicon")
        for adaptation in ADAPTATIONS
    }
    assert len(versions) == 6
    assert all(len(version) <= 80 for version in versions)
    assert AdaptedCoder(load_coder(), ADAPTATIONS[0]).version.endswith("/" + load_coder().version)


class Unsure:
    """A base that says of every score that its sign is right as often as ``sure``."""

    name = "unsure"
    version = "unsure-1"

    def __init__(self, score: float, sure: float) -> None:
        self._coding = Coding(score, sure, label_of(score))

    def code(self, texts: Sequence[str], *, explain: bool = False) -> list[Coding]:
        return [self._coding for _ in texts]


def test_confidence_is_of_the_sign_that_is_shown() -> None:
    def confidence(base: Coder, adaptation: Adaptation) -> float:
        return AdaptedCoder(base, adaptation).code(["x"])[0].confidence

    raised = Adaptation.of_knots((-1, 1), (-0.5, 1.5))
    assert confidence(Unsure(0.3, 0.8), raised) == 0.8
    assert confidence(Unsure(-0.3, 0.7), raised) == pytest.approx(0.3)


def test_confidence_is_learnt_with_enough_codes() -> None:
    fitted = fit_adaptation(*coded(60, 12, shift=0.3, slope=0.5, noise=0.3, seed=8))
    adaptation = fitted.adaptation
    assert len(adaptation.sure) >= 2
    assert (np.diff(adaptation.sure) >= 0).all()
    scores, human, _ = coded(300, 12, shift=0.3, slope=0.5, noise=0.3, seed=9)
    shown = adaptation.scores(scores)
    signed = human != 0
    said = np.interp(np.abs(shown[signed]), adaptation.sure_at, adaptation.sure)
    right = shown[signed] * human[signed] > 0
    for low, high in ((0.0, 0.15), (0.15, 0.35), (0.35, 1.01)):
        inside = (np.abs(shown[signed]) >= low) & (np.abs(shown[signed]) < high)
        assert abs(said[inside].mean() - right[inside].mean()) < 0.1


@pytest.mark.parametrize(
    ("scores", "human", "people"),
    [([0.1, 0.2], [0.0], ["a"]), ([2.0], [0.0], ["a"]), ([0.0], [float("nan")], ["a"]), ([[0.0]], [[0.0]], ["a"])],
)
def test_what_cannot_be_codes_is_refused(scores: list[float], human: list[float], people: list[str]) -> None:
    with pytest.raises(ValueError, match=r"\[-1, 1\]|for each statement"):
        fit_adaptation(scores, human, people)

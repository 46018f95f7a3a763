"""The units of agreement: blind double codings only, the whole text of each, and what was said before anybody saw anything."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from app.coding.agreement import cohen_kappa, gwet_ac1, krippendorff_alpha, prevalence, raw_agreement
from app.coding.agreement_bootstrap import Measure
from app.coding.agreement_errors import BlindWorkOpen, UnknownPair, UnknownStage
from app.coding.agreement_machine import MachineAgreement, MachineQuestion, level_of, machine_agreement
from app.coding.agreement_study import Agreement, AgreementQuestion, Row, study_agreement
from app.statements.models import Statement
from tests.support.coding import CodedScene
from tests.support.databases import only_on

EMOJI = "夜里肿得厉害😣，𠮷先生说没事，我还是怕。"
PLAIN = "今天好多了。"
pytestmark = pytest.mark.usefixtures("cheap_passwords")


def ask(scene: CodedScene, who: str = "owner", **asked: Any) -> Agreement:
    with scene.store.read() as session:
        return study_agreement(session, scene.access(session, who), AgreementQuestion(**asked))


def ask_machine(scene: CodedScene, who: str = "owner", **asked: Any) -> MachineAgreement | None:
    with scene.store.read() as session:
        return machine_agreement(session, scene.access(session, who), MachineQuestion(**asked))


def known(row: Row | None) -> dict[str, float | None]:
    assert row is not None
    return {name: one.value for name, one in row.figures.items()}


def code_row(found: Agreement, name: str) -> Row:
    return next(one for one in found.codes if one.label == name)


def expanded(length: int, *spans: tuple[int, int]) -> NDArray[np.float64]:
    """Return one coder's text, a rating for each code point."""
    marked = np.zeros(length)
    for start, end in spans:
        marked[start:end] = 1
    return marked


@pytest.fixture
def doubled(coded: CodedScene) -> tuple[CodedScene, list[Any]]:
    """Two statements, the first with signs beyond the basic plane, drawn for two coders who have both finished them."""
    ids = coded.say(texts=[EMOJI, PLAIN])
    coded.give_draw(ids, 0.5, doubled=True)
    coded.assign("first", ids)
    coded.assign("second", ids)
    coded.save("first", ids[0], -2, coded.mark("疼痛", 0, 8), coded.mark("害怕", 15, 19), emotions=["恐惧"])
    coded.save("second", ids[0], -1, coded.mark("疼痛", 2, 7), coded.mark("疼痛", 5, 10), emotions=["恐惧", "焦虑"])
    coded.save("first", ids[1], 1)
    coded.save("second", ids[1], 1)
    return coded, ids


def test_every_code_point_of_what_two_coded_is_a_unit(doubled: tuple[CodedScene, list[Any]]) -> None:
    """The uncoded statement counts in full, emoji and rare signs once each, and overlapping excerpts of one coder once."""
    scene, _ = doubled
    first = np.concatenate([expanded(len(EMOJI), (0, 8)), expanded(len(PLAIN))])
    second = np.concatenate([expanded(len(EMOJI), (2, 10)), expanded(len(PLAIN))])
    row = code_row(ask(scene), "疼痛")
    assert (row.units, row.statements, row.participants) == (len(EMOJI) + len(PLAIN), 2, 1)
    assert known(row) == {
        "alpha": pytest.approx(krippendorff_alpha([first, second], level="nominal")),
        "kappa": pytest.approx(cohen_kappa(first, second)),
        "ac1": pytest.approx(gwet_ac1(first, second)),
        "raw": pytest.approx(raw_agreement([first, second])),
        "prevalence": pytest.approx(prevalence([first, second], 1)),
    }


@only_on("sqlite")  # what is computed of the rows; the rows themselves are read on both above
def test_a_code_above_others_stands_for_them(doubled: tuple[CodedScene, list[Any]]) -> None:
    scene, _ = doubled
    first = np.concatenate([expanded(len(EMOJI), (0, 8), (15, 19)), expanded(len(PLAIN))])
    second = np.concatenate([expanded(len(EMOJI), (2, 10)), expanded(len(PLAIN))])
    assert known(code_row(ask(scene), "情绪"))["kappa"] == pytest.approx(cohen_kappa(first, second))
    assert ask(scene).unused == ["安心"]


def test_by_statement_a_code_is_there_or_not(doubled: tuple[CodedScene, list[Any]]) -> None:
    scene, _ = doubled
    found = ask(scene, unit="statement")
    assert known(code_row(found, "疼痛")) | {"alpha": None} == {
        "alpha": None,
        "kappa": pytest.approx(1.0),
        "ac1": pytest.approx(1.0),
        "raw": 1.0,
        "prevalence": 0.5,
    }
    assert known(code_row(found, "害怕"))["raw"] == 0.5
    assert code_row(found, "疼痛").units == 2
    assert {row.label: row.value("raw") for row in found.emotions} == {"恐惧": 1.0, "焦虑": 0.5}


@only_on("sqlite")  # what is computed of the rows; the rows themselves are read on both above
def test_sentiment_is_ordinal_and_interval(doubled: tuple[CodedScene, list[Any]]) -> None:
    scene, _ = doubled
    ratings = [[-2, 1], [-1, 1]]
    assert known(ask(scene).sentiment) == {
        "alpha": pytest.approx(krippendorff_alpha(ratings, level="ordinal")),
        "alpha_interval": pytest.approx(krippendorff_alpha(ratings, level="interval")),
        "kappa": pytest.approx(cohen_kappa(*ratings)),
        "ac1": pytest.approx(gwet_ac1(*ratings, categories=5)),
        "raw": 0.5,
    }


def test_only_what_both_finished_counts(doubled: tuple[CodedScene, list[Any]]) -> None:
    """Not a draft, not a statement for one coder, not one coded at will, not one that was taken back."""
    scene, ids = doubled
    more = scene.say(texts=["一", "二", "三"])
    scene.give_draw(more[:1], doubled=True)
    scene.assign("first", more[:1])
    scene.assign("second", more[:1])
    scene.save("first", more[0], 2)
    scene.save("second", more[0], -2, done=False)
    scene.give_draw(more[1:2])
    scene.assign("first", more[1:2])
    scene.save("first", more[1], 2)
    scene.save("owner", more[2], 2)
    scene.save("teammate", more[2], -2)
    found = ask(scene)
    assert (found.statements, found.waiting, sorted(found.coders.values())) == (2, 1, ["First", "Second"])
    scene.retract(ids[0])
    assert ask(scene).statements == 1


def test_what_is_changed_after_seeing_the_other_does_not_count(doubled: tuple[CodedScene, list[Any]]) -> None:
    """Coders who settle their differences in their own codings disagreed all the same; the statement is not left out."""
    scene, ids = doubled
    before = ask(scene)
    scene.save("second", ids[0], -2, scene.mark("疼痛", 0, 8), scene.mark("害怕", 15, 19), emotions=["恐惧"])
    after = ask(scene)
    assert (after.statements, after.seen) == (2, 0)
    assert known(after.sentiment) == known(before.sentiment)
    assert [known(row) for row in after.codes] == [known(row) for row in before.codes]
    assert [known(row) for row in after.emotions] == [known(row) for row in before.emotions]


@only_on("sqlite")  # what is computed of the rows; the rows themselves are read on both above
def test_what_was_settled_does_not_count_as_a_coder(doubled: tuple[CodedScene, list[Any]]) -> None:
    scene, ids = doubled
    before = ask(scene)
    scene.save("owner", ids[0], 2, coder="consensus")
    assert known(ask(scene).sentiment) == known(before.sentiment)


@only_on("sqlite")  # what is computed of the rows; the rows themselves are read on both above
def test_coders_without_a_statement_in_common_are_told_so(coded: CodedScene) -> None:
    """Three coders, two pairs: of the third pair nothing is known, and it is not 1.0."""
    ids = coded.say(texts=["一", "二"])
    coded.give_draw(ids, doubled=True)
    for who, which in (("first", ids), ("second", ids[:1]), ("teammate", ids[1:])):
        coded.assign(who, which)
        for one in which:
            coded.save(who, one, 1)
    found = ask(coded)
    lacks = {row.label: (row.value("raw"), row.figures["raw"].lack) for row in found.by_pair}
    assert lacks == {
        "First × Second": (1.0, "few_participants"),
        "First × Teammate": (1.0, "few_participants"),
        "Second × Teammate": (None, "nothing_in_common"),
    }
    assert found.sentiment is not None
    assert found.sentiment.figures["kappa"] == Measure(None, lack="no_variation")


def test_a_stage_and_a_pair_can_be_looked_at_alone(doubled: tuple[CodedScene, list[Any]]) -> None:
    scene, _ = doubled
    more = scene.say("treatment", texts=["打麻药不疼"])
    scene.give_draw(more, doubled=True)
    for who, sentiment in (("first", 2), ("teammate", -2)):
        scene.assign(who, more)
        scene.save(who, more[0], sentiment)
    everything = ask(scene)
    assert {row.key: row.statements for row in everything.stages if row.statements} == {"treatment": 1, "recovery": 2}
    assert ask(scene, stage="treatment").statements == 1
    pair = next(row.key for row in everything.by_pair if row.label == "First × Second")
    alone = ask(scene, pair=pair)
    assert alone.statements == 2
    assert known(alone.sentiment)["kappa"] == pytest.approx(cohen_kappa([-2, 1], [-1, 1]))
    # Of both pairs together: chance is taken off within each pair, and the pairs are added up.
    one, other = (2 * 0.5, 2 * 0.25), (0.0, 0.0)
    expected = (one[0] + other[0] - one[1] - other[1]) / (2 - one[1] + 1 - other[1])
    assert known(everything.sentiment)["kappa"] == pytest.approx(expected)
    with pytest.raises(UnknownStage):
        ask(scene, stage="nowhere")
    with pytest.raises(UnknownPair):
        ask(scene, pair="nobody")


def test_a_coder_is_not_led_while_they_code_blind(doubled: tuple[CodedScene, list[Any]]) -> None:
    scene, _ = doubled
    assert ask(scene, "first").statements == 2
    more = scene.say(texts=["还没编的"])
    scene.give_draw(more, doubled=True)
    scene.assign("first", more)
    with pytest.raises(BlindWorkOpen) as refused:
        ask(scene, "first")
    assert refused.value.parameters == {"n": 1}
    with pytest.raises(BlindWorkOpen):
        ask_machine(scene, "first")
    assert ask(scene, "second").statements == 2


@only_on("sqlite")  # what is computed of the rows; the rows themselves are read on both above
def test_a_coder_looks_at_all_together_and_at_own_pairs(doubled: tuple[CodedScene, list[Any]]) -> None:
    scene, _ = doubled
    more = scene.say(texts=["一条"])
    scene.give_draw(more, doubled=True)
    for who in ("second", "teammate"):
        scene.assign(who, more)
        scene.save(who, more[0], 1)
    theirs = next(row.key for row in ask(scene).by_pair if row.label == "Second × Teammate")
    assert {row.label for row in ask(scene, "first").by_pair} == {"First × Second", "First × Teammate"}
    with pytest.raises(UnknownPair):
        ask(scene, "first", pair=theirs)


@only_on("sqlite")  # what is computed of the rows; the rows themselves are read on both above
def test_figures_of_few_people_are_kept_from_those_who_see_no_words(coded: CodedScene) -> None:
    """Eight people at one stage and one at another: whoever may not read gets the eight only where none is left beside."""
    for number in range(3, 10):
        coded.add_patient(f"P{number:02d}")
    ids = [coded.say(participant=person, texts=[f"{person}说疼"])[0] for person in sorted(coded.people)][:8]
    coded.give_draw(ids, doubled=True)
    for who in ("first", "second"):
        coded.assign(who, ids)
        for place, one in enumerate(ids):
            coded.save(who, one, place % 3 - 1, coded.mark("疼痛", 0, 3))
    seen = ask(coded, "viewer")
    assert seen.sentiment is not None
    assert (seen.sentiment.hidden, seen.sentiment.value("raw"), code_row(seen, "疼痛").value("raw")) == (
        False,
        1.0,
        1.0,
    )
    assert seen.sentiment.figures["raw"].lack == "no_disagreement"
    more = coded.say("treatment", participant="P09", texts=["打麻药"])
    coded.give_draw(more, doubled=True)
    for who in ("first", "second"):
        coded.assign(who, more)
        coded.save(who, more[0], 2)
    at_stage = {row.key: (row.hidden, row.figures) for row in ask(coded, "viewer").stages}
    assert at_stage["recovery"] == (True, {})
    assert at_stage["treatment"] == (True, {})
    assert ask(coded, "viewer", stage="recovery").codes[0].hidden
    assert not ask(coded, "owner", stage="recovery").codes[0].hidden


def set_machine(scene: CodedScene, scores: dict[Any, float]) -> None:
    with scene.store.write() as session:
        for statement_id, score in scores.items():
            session.get_one(Statement, (scene.study_id, statement_id)).sentiment_micro = round(score * 1_000_000)


def test_the_machine_is_compared_with_what_people_say(doubled: tuple[CodedScene, list[Any]]) -> None:
    """Means of two coders, what was settled in their place, halves toward zero; 1/π where it is asked for."""
    scene, ids = doubled
    more = scene.say(texts=["三", "四"])
    scene.give_draw(more[:1], 0.25)
    scene.give_draw(more[1:], 0.1)
    scene.assign("first", more)
    scene.save("first", more[0], 2)
    scene.save("first", more[1], 0)
    set_machine(scene, {ids[0]: -0.6, ids[1]: 0.1, more[0]: 0.9, more[1]: 0.3})
    found = ask_machine(scene)
    assert found is not None
    assert found.counts is not None
    # −1.5 is cut to −1, which the machine says too; 1 beside 0; 2 beside 2; 0 beside 1.
    assert found.counts.tolist() == [[0] * 5, [0, 1, 0, 0, 0], [0, 0, 0, 1, 0], [0, 0, 1, 0, 0], [0, 0, 0, 0, 1]]
    assert found.difference.value == pytest.approx(((-0.6 + 0.75) + (0.1 - 0.5) + (0.9 - 1) + 0.3) / 4)
    people, machine = [-1, 1, 2, 0], [-1, 0, 2, 1]
    assert found.figures["kappa"].value == pytest.approx(cohen_kappa(people, machine))
    assert found.figures["alpha"].value == pytest.approx(krippendorff_alpha([people, machine], level="ordinal"))
    weighted = ask_machine(scene, weighted=True)
    assert weighted is not None
    weights = [2, 2, 4, 10]
    assert weighted.figures["raw"].value == pytest.approx(6 / 18)
    assert weighted.figures["kappa"].value == pytest.approx(cohen_kappa(people, machine, weights=weights))
    three = ask_machine(scene, cut="three")
    assert three is not None
    assert three.counts is not None
    assert three.counts.tolist() == [[1, 0, 0], [0, 0, 1], [0, 1, 1]]
    scene.save("owner", ids[0], 2, coder="consensus")
    settled = ask_machine(scene)
    assert settled is not None
    assert settled.counts is not None
    assert settled.counts[4].tolist() == [0, 1, 0, 0, 1]


@only_on("sqlite")  # what is computed of the rows; the rows themselves are read on both above
def test_who_saw_the_machine_first_is_no_test_of_it(coded: CodedScene) -> None:
    with coded.store.write() as session:
        coded.access(session, "owner").study.proposals = "always"
    ids = coded.say(texts=["一"])
    coded.give_draw(ids)
    coded.assign("first", ids)
    coded.save("first", ids[0], 1)
    found = ask_machine(coded)
    assert found is not None
    assert (found.statements, found.withheld) == (0, 1)


@only_on("sqlite")  # what is computed of the rows; the rows themselves are read on both above
def test_a_study_that_never_shows_the_machine_does_not_show_it_to_its_coders(
    doubled: tuple[CodedScene, list[Any]],
) -> None:
    scene, _ = doubled
    with scene.store.write() as session:
        scene.access(session, "owner").study.proposals = "never"
    assert ask_machine(scene, "first") is None
    assert ask_machine(scene, "owner") is not None


@pytest.mark.parametrize(
    ("value", "five", "three"),
    [
        (-1.0, -2, -1),
        (-0.75, -1, -1),
        (-0.76, -2, -1),
        (-0.25, 0, -1),
        (0.0, 0, 0),
        (0.25, 0, 1),
        (0.3, 1, 1),
        (1, 2, 1),
    ],
)
def test_values_are_cut_at_the_nearest_level(value: float, five: int, three: int) -> None:
    assert (level_of(value, "five"), level_of(value, "three")) == (five, three)

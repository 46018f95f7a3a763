"""Nobody sees anybody else's codes, or the machine's, before they have said their own."""

from uuid import UUID

import pytest
from sqlalchemy import select

from app.coding import drawing
from app.coding.blinding import BLIND, SWITCHED_OFF, UNFINISHED, SeenCodings, may_see, visible_codings
from app.coding.models import HumanCoding
from tests.support.coding import CodedScene


@pytest.fixture
def doubled(coded: CodedScene) -> UUID:
    """A statement in the hands of both coders."""
    (statement, *_) = coded.say()
    coded.give_draw([statement], doubled=True)
    for who in ("first", "second"):
        coded.assign(who, [statement])
    return statement


def test_neither_sees_the_other_or_the_machine_before_both_are_done(coded: CodedScene, doubled: UUID) -> None:
    coded.save("first", doubled, -1)
    for who in ("second", "owner", "teammate"):
        seen = _seen(coded, who, doubled)
        assert (seen.others, seen.machine, seen.hidden, seen.machine_hidden) == ([], None, BLIND, BLIND)
        assert _rows(coded, who) == set()
    assert _seen(coded, "first", doubled).own is not None
    assert _rows(coded, "first") == {"first"}
    coded.save("second", doubled, 1)
    seen = _seen(coded, "first", doubled)
    assert [(one.coder.name, one.coding.sentiment) for one in seen.others] == [("Second", 1)]
    assert seen.machine is not None
    assert (seen.hidden, seen.machine_hidden) == (None, None)
    assert _rows(coded, "owner") == {"first", "second"}


def test_who_opens_theirs_again_hides_both_again(coded: CodedScene, doubled: UUID) -> None:
    coded.save("first", doubled, -1)
    coded.save("second", doubled, 1)
    coded.save("owner", doubled, 0, coder="consensus")
    assert _seen(coded, "teammate", doubled).consensus is not None
    coded.save("second", doubled, 1, done=False)
    seen = _seen(coded, "teammate", doubled)
    assert (seen.others, seen.consensus, seen.hidden) == ([], None, BLIND)


def test_a_coding_that_was_changed_after_seeing_is_no_longer_blind(coded: CodedScene, doubled: UUID) -> None:
    assert coded.save("first", doubled, -1).blind
    assert coded.save("second", doubled, 1).blind
    assert coded.save("first", doubled, -1, memo="记一笔").blind  # nothing that is measured
    assert not coded.save("first", doubled, 1).blind


@pytest.mark.parametrize("proposals", ["never", "after", "always"])
def test_the_machine_is_shown_by_the_studys_rule(coded: CodedScene, proposals: str) -> None:
    (statement, *_) = coded.say()
    with coded.store.write() as session:
        drawing.set_proposals(session, coded.access(session, "owner"), proposals)
    before = _seen(coded, "teammate", statement).machine_hidden
    assert before == {"never": SWITCHED_OFF, "after": UNFINISHED, "always": None}[proposals]
    assert coded.save("teammate", statement, 1).blind == (proposals != "always")
    after = _seen(coded, "teammate", statement)
    assert (after.machine is None) == (proposals == "never")


def test_the_role_coder_sees_only_what_was_assigned(coded: CodedScene) -> None:
    mine, other, *_ = coded.say()
    coded.give_draw([mine, other])
    coded.assign("first", [mine])
    for statement in (mine, other):
        coded.save("owner", statement, 1)
    with coded.store.read() as session:
        seen = visible_codings(session, coded.access(session, "first"), [mine, other])
        rows = session.scalars(select(HumanCoding.statement_id).where(may_see(coded.access(session, "first")))).all()
    assert set(seen) == {mine}
    assert rows == [mine]


def _seen(scene: CodedScene, who: str, statement: UUID) -> SeenCodings:
    with scene.store.read() as session:
        return visible_codings(session, scene.access(session, who), [statement])[statement]


def _rows(scene: CodedScene, who: str) -> set[str]:
    names = {scene.coder(name).id: name for name in ("first", "second")}
    with scene.store.read() as session:
        seen = session.scalars(select(HumanCoding.coder_id).where(may_see(scene.access(session, who)))).all()
    return {names[one] for one in seen}

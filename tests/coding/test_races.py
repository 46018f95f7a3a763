"""A thousand races of two coders on the same statement: nothing that was answered as saved is ever lost."""

import threading
from collections.abc import Callable
from itertools import pairwise
from uuid import UUID

from sqlalchemy import select

from app.coding import adjudication, queries, service
from app.coding.errors import StaleCoding
from app.coding.models import Assignment, CodingChange, HumanCoding
from app.coding.schemas import CodingIn
from app.statements.models import CurveCell, Statement
from tests.support.coding import CodedScene

SAVES, DECISIONS = 800, 200
"""A thousand together; decisions cost more, since whoever is stale begins again."""

STATEMENTS = 20


def test_two_coders_who_save_at_once_lose_nothing(coded: CodedScene) -> None:
    """Both write their own document of one doubled statement, again and again: every version is in the history."""
    ids = _doubled(coded)
    people = {who: coded.coder(who) for who in ("first", "second")}

    def race(who: str, number: int) -> None:
        with coded.store.write() as session:
            access = coded.access(session, who)
            version = number // STATEMENTS
            given = CodingIn(sentiment=version % 5 - 2, memo=f"{who} {number}", done=True)
            service.save_coding(session, access, ids[number % STATEMENTS], given, version)

    _race(race, SAVES)
    with coded.store.read() as session:
        for statement_id in ids:
            for coder in people.values():
                kept = queries.coding(session, coded.study_id, statement_id, coder.id)
                history = queries.history(session, coded.study_id, statement_id, coder.id)
                assert kept is not None
                assert [one.version for one in history] == list(range(1, SAVES // STATEMENTS + 1))
                assert all(one.before == was.after for was, one in pairwise(history))
                assert (kept.version, kept.memo) == (len(history), history[-1].after["memo"])
        slots = session.execute(select(Assignment.statement_id, Assignment.slot, Assignment.coder_id)).all()
    assert len(slots) == 2 * STATEMENTS
    assert len({(one.statement_id, one.coder_id) for one in slots}) == 2 * STATEMENTS
    _cells_agree(coded)


def test_two_who_decide_at_once_are_told_and_every_decision_counts(coded: CodedScene) -> None:
    """Both add a word to what the team says of one statement; who is stale reads again. All words are there at the end."""
    ids = _doubled(coded)
    for statement_id in ids:
        for who in ("first", "second"):
            coded.save(who, statement_id, 1, version=0)
    coded.coder("consensus")
    stale = [0]

    def race(who: str, number: int) -> None:
        statement_id = ids[number % STATEMENTS]
        while not _add(coded, who, statement_id, f"{who[0]}{number // STATEMENTS}"):
            stale[0] += 1

    _race(race, DECISIONS, ("owner", "teammate"))
    with coded.store.read() as session:
        team = queries.consensus(session, coded.study_id)
        assert team is not None
        kept = session.scalars(select(HumanCoding).where(HumanCoding.coder_id == team.id)).all()
        changes = session.scalars(select(CodingChange).where(CodingChange.coder_id == team.id)).all()
    added = sorted(f"{who}{number}" for who in "ot" for number in range(DECISIONS // STATEMENTS))
    assert [sorted(one.memo.split()) for one in kept] == [added] * STATEMENTS
    assert len(changes) == sum(one.version for one in kept) == 2 * DECISIONS
    assert stale[0] > 0  # they did meet
    _cells_agree(coded)


def _add(scene: CodedScene, who: str, statement_id: UUID, word: str) -> bool:
    with scene.store.read() as session:
        team = queries.consensus(session, scene.study_id)
        before = service.read_coding(session, scene.access(session, who), statement_id, coder=team)
    given = CodingIn(sentiment=before.version % 5 - 2, memo=f"{before.memo} {word}", done=True)
    try:
        with scene.store.write() as session:
            adjudication.settle(session, scene.access(session, who), statement_id, given, before.version)
    except StaleCoding:
        return False
    return True


def _doubled(scene: CodedScene) -> list[UUID]:
    ids = scene.say(texts=[f"第{number}天，还有点肿。" for number in range(STATEMENTS)])
    scene.give_draw(ids, 0.5, doubled=True)
    for who in ("first", "second"):
        scene.assign(who, ids)
    return ids


def _race(act: Callable[[str, int], None], races: int, people: tuple[str, str] = ("first", "second")) -> None:
    barrier = threading.Barrier(2)
    failures: list[BaseException] = []

    def run(who: str) -> None:
        try:
            for number in range(races):
                barrier.wait(60)
                act(who, number)
        except BaseException as error:  # noqa: BLE001 - told by the test's own thread below
            failures.append(error)
            barrier.abort()

    threads = [threading.Thread(target=run, args=(who,)) for who in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]


def _cells_agree(scene: CodedScene) -> None:
    with scene.store.read() as session:
        rows = session.execute(select(Statement.human_micro, Statement.weight_micro)).all()
        cell = session.scalars(select(CurveCell).where(CurveCell.axis == "stage")).one()
    values = [(row.human_micro, row.weight_micro) for row in rows if row.human_micro is not None]
    assert len(values) == STATEMENTS == cell.coded
    assert cell.sum_weight == sum(weight for _, weight in values)
    assert cell.sum_weight_human == sum(weight * human // 1_000_000 for human, weight in values)

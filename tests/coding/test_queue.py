"""Who codes what: no statement twice to one coder, none to more than it was drawn for, and no stage left behind."""

import threading
from collections import Counter
from uuid import UUID

from sqlalchemy import select

from app.coding import queue
from app.coding.models import Assignment, Draw
from tests.support.coding import CodedScene, put_plan


def test_a_coder_is_given_statements_and_finds_them_again(coded: CodedScene) -> None:
    _say(coded, 10)
    put_plan(coded, rate=1, double_share=0)
    given = _claim(coded, "first", 4)
    assert len(given) == len(set(given)) == 4
    assert _claim(coded, "first", 4) == given
    coded.save("first", given[0], 1)
    assert _claim(coded, "first", 4) == given[1:]
    assert not set(_claim(coded, "second", 20)) & set(given)


def test_every_place_is_given_once_and_the_doubled_to_two_people(coded: CodedScene) -> None:
    _say(coded, 20)
    put_plan(coded, rate=1, double_share=0.5)
    while any(_do_all(coded, who) for who in ("first", "second")):
        pass
    with coded.store.read() as session:
        doubled = {row.statement_id: row.doubled for row in session.scalars(select(Draw))}
        given = Counter(session.scalars(select(Assignment.statement_id)))
        pairs = session.execute(select(Assignment.statement_id, Assignment.coder_id)).all()
        done = queue.progress(session, coded.study_id)
    assert dict(given) == {one: 2 if twice else 1 for one, twice in doubled.items()}
    assert len(set(map(tuple, pairs))) == len(pairs)
    assert (done.places, done.done, done.in_hand) == (len(pairs), len(pairs), 0)


def test_what_another_has_begun_of_two_comes_first(coded: CodedScene) -> None:
    _say(coded, 30)
    put_plan(coded, rate=1, double_share=0.4)
    begun = _claim(coded, "first", 30)
    with coded.store.read() as session:
        doubled = set(session.scalars(select(Draw.statement_id).where(Draw.doubled)))
    both = set(begun) & doubled
    assert len(both) > 3
    assert set(_claim(coded, "second", len(both))) == both


def test_stages_go_on_together_by_the_share_that_is_done(coded: CodedScene) -> None:
    _say(coded, 40, "recovery")
    few = set(_say(coded, 10, "treatment"))
    put_plan(coded, rate=1, double_share=0)
    given = _claim(coded, "first", 20)
    assert len(few & set(given)) == 4  # a fifth of what is given, as a fifth of what is drawn
    assert len(few & set(given[:5])) >= 1


def test_a_coder_who_leaves_gives_back_what_is_not_done(coded: CodedScene) -> None:
    _say(coded, 6)
    put_plan(coded, rate=1, double_share=0)
    given = _claim(coded, "first", 6)
    coded.save("first", given[0], 1)
    coded.save("first", given[1], 1, done=False)
    leaver = coded.coder("first").id
    with coded.store.write() as session:
        assert queue.release(session, coded.access(session, "owner"), leaver) == 5
    assert set(_claim(coded, "second", 20)) == set(given[1:])
    with coded.store.read() as session:
        mine = queue.progress(session, coded.study_id, leaver)
    assert (mine.done, mine.in_hand) == (1, 0)


def test_one_that_is_put_last_comes_last(coded: CodedScene) -> None:
    _say(coded, 4)
    put_plan(coded, rate=1, double_share=0)
    given = _claim(coded, "first", 4)
    with coded.store.write() as session:
        queue.put_last(session, coded.access(session, "first"), given[0])
    assert _claim(coded, "first", 4) == [*given[1:], given[0]]


def test_new_statements_are_drawn_when_nothing_else_is_left(coded: CodedScene) -> None:
    _say(coded, 3)
    put_plan(coded, rate=1, double_share=0)
    assert _do_all(coded, "first") == 3
    assert _next(coded, "first") is None
    (later,) = _say(coded, 1)
    assert _next(coded, "first") == later


def test_what_somebody_has_coded_at_will_is_not_given_to_them_again(coded: CodedScene) -> None:
    (statement,) = _say(coded, 1)
    put_plan(coded, rate=1, double_share=0)
    coded.save("teammate", statement, 1)
    assert _next(coded, "teammate") is None
    assert _next(coded, "first") is None


def test_two_who_ask_at_once_never_get_the_same_place(coded: CodedScene) -> None:
    _say(coded, 60)
    put_plan(coded, rate=1, double_share=0.3)
    got: list[list[UUID]] = []
    barrier = threading.Barrier(4)

    def ask(who: str) -> None:
        barrier.wait()
        for _ in range(3):
            given = _claim(coded, who, 5)
            got.append(given)
            for one in given:
                coded.save(who, one, 1)

    threads = [threading.Thread(target=ask, args=(who,)) for who in ("first", "first", "second", "teammate")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with coded.store.read() as session:
        doubled = {row.statement_id: row.doubled for row in session.scalars(select(Draw))}
        places = Counter(session.scalars(select(Assignment.statement_id)))
        whose = session.execute(select(Assignment.statement_id, Assignment.coder_id)).all()
    assert len(got) == 12
    assert all(count <= (2 if doubled[one] else 1) for one, count in places.items())
    assert len(set(map(tuple, whose))) == len(whose)


def _say(scene: CodedScene, count: int, stage: str = "recovery") -> list[UUID]:
    return scene.say(stage, [f"第{number}天，还有点肿。" for number in range(count)])


def _claim(scene: CodedScene, who: str, most: int) -> list[UUID]:
    with scene.store.write() as session:
        return queue.claim(session, scene.access(session, who), most)


def _next(scene: CodedScene, who: str) -> UUID | None:
    with scene.store.write() as session:
        return queue.next_for(session, scene.access(session, who))


def _do_all(scene: CodedScene, who: str) -> int:
    done = 0
    while (one := _next(scene, who)) is not None:
        scene.save(who, one, 1)
        done += 1
    return done

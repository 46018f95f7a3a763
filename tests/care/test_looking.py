"""An entry of concern opens a follow-up, or joins the one that is open: once, whoever looks and however often."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Engine, select, text

from app.care import follow_ups
from app.care.alert_models import Alert
from app.care.tasks import look_at_entries
from app.core.clock import frozen_at
from app.jobs import context as running
from app.jobs import service as jobs
from app.jobs.context import JobContext
from app.jobs.errors import JobFailed
from app.jobs.models import Job
from app.jobs.worker import Worker
from app.participants import service as participants
from app.participants.erasure import erase_person
from app.participants.models import Participant
from tests.care.care_site import (
    HARM,
    HOUR,
    NOW,
    WELL,
    all_alerts,
    all_follow_ups,
    asked,
    do_jobs,
    job_context,
    logged,
    set_rules,
    write,
)
from tests.jobs.working import QUICK
from tests.support.cast import Cast
from tests.support.program import xinlu
from tests.support.scene import SLUG


@pytest.fixture(autouse=True)
def at_noon() -> Iterator[None]:
    with frozen_at(NOW):
        yield


def kinds(cast: Cast) -> list[str]:
    return [one.kind for one in all_alerts(cast)]


CASES: tuple[tuple[str, dict[str, Any], list[str]], ...] = (
    (WELL, {}, []),
    (WELL, {"mood": 3, "effort": 7, "mark": "peak"}, []),
    (WELL, {"mood": 2}, ["low"]),
    ("夜里疼得睡不着，难受死了，太折磨人了，糟透了。", {"mood": 5}, ["low"]),
    (WELL, {"mark": "valley"}, ["marked"]),
    (HARM, {"mood": 1, "mark": "valley"}, ["self_harm", "low", "marked"]),
    ("伤口一直在流血，止不住，喘不上气。", {}, ["emergency", "low"]),
)


def test_what_of_an_entry_is_of_concern(cast: Cast) -> None:
    people = [cast.add_patient(f"C{number}") for number in range(len(CASES))]
    for number, (said, answers, found) in enumerate(CASES):
        before = len(asked(cast))
        entry_id, _ = write(cast, said, code=f"C{number}", **answers)
        assert len(asked(cast)) - before == bool(found), said
        do_jobs(cast)
        raised = [one for one in all_alerts(cast) if one.entry_id == entry_id]
        opened = [one for one in all_follow_ups(cast) if one.participant_id == people[number]]
        assert [one.kind for one in raised] == found
        assert len(opened) == bool(found)
        if not found:
            continue
        urgent = found[0] in ("self_harm", "emergency")
        assert (opened[0].urgent, opened[0].due_at) == (urgent, NOW + HOUR * (2 if urgent else 24))
        assert (raised[0].key, raised[0].mood) == (str(entry_id), answers.get("mood", 6))
        assert (raised[0].occurred_at, raised[0].day, raised[0].follow_up_id) == (NOW - HOUR, 4, opened[0].id)
        event = logged(cast)[-1]
        assert (event.action, event.actor, event.subject_id) == ("follow_up.opened", "care", people[number])
        assert event.detail == {"follow_up": str(opened[0].id), "alerts": len(found), "urgent": urgent}


def test_rules_are_the_studys_own(cast: Cast) -> None:
    set_rules(cast, mood_at_most=None, score_at_most=None, marked_low=False, effort_at_least=6, due_hours=48)
    write(cast, WELL, mood=1, mark="valley")
    write(cast, WELL, code="P02", effort=6)
    do_jobs(cast)
    assert kinds(cast) == ["effort"]
    assert all_follow_ups(cast)[0].due_at == NOW + 48 * HOUR
    set_rules(cast, watching=False)
    write(cast, HARM)
    assert (do_jobs(cast), kinds(cast)) == (0, ["effort"])


def test_a_worker_does_it_and_one_that_died_before_it_said_so_does_no_harm(cast: Cast) -> None:
    write(cast, HARM)
    (job,) = asked(cast)
    with cast.store.write() as session:  # all was committed, but not that the job has ended
        follow_ups.look(session, cast.study_id, UUID(job.arguments["entries"][0]))
        session.get_one(Job, job.id).state = "running"
    settings = cast.app.state.settings.model_copy(update={"worker_name": "heir"})
    working = Worker(settings, cast.store, cast.keyring, pace=QUICK)
    working.start()
    try:
        *_, ended = jobs.watch(cast.store, job.id, every=0.02)
    finally:
        working.stop()
    assert (ended.state, ended.error_code) == ("done", None)
    assert kinds(cast) == ["self_harm", "low"]
    assert [one.version for one in all_follow_ups(cast)] == [1]


def test_looking_again_raises_nothing_twice(cast: Cast) -> None:
    write(cast, HARM, mood=1)
    assert do_jobs(cast) == 1
    before = [(one.id, one.version) for one in all_follow_ups(cast)]
    with frozen_at(NOW + HOUR):
        assert do_jobs(cast, again=True) == 1
    assert kinds(cast) == ["self_harm", "low"]
    assert [(one.id, one.version) for one in all_follow_ups(cast)] == before
    assert len(logged(cast)) == 1


def test_two_workers_at_the_same_entries_raise_each_once(cast: Cast) -> None:
    entries = [write(cast, HARM, mood=1)[0] for _ in range(6)]
    barrier, failed = threading.Barrier(4), list[BaseException]()

    def look(order: list[UUID]) -> None:
        barrier.wait()
        try:
            for entry_id in order:
                with cast.store.write() as session:
                    follow_ups.look(session, cast.study_id, entry_id)
        except Exception as error:  # noqa: BLE001 - told below, in the test's own thread
            failed.append(error)

    workers = [threading.Thread(target=look, args=(order,)) for order in (entries, entries[::-1]) * 2]
    for one in workers:
        one.start()
    for one in workers:
        one.join()
    assert failed == []
    assert sorted(kinds(cast)) == ["low"] * 6 + ["self_harm"] * 6
    (follow_up,) = all_follow_ups(cast)
    assert follow_up.version == 6, "each entry was a change, and no look at it a second one"


def test_later_alerts_join_and_may_hurry_but_never_put_off(cast: Cast) -> None:
    write(cast, WELL, mood=2)
    do_jobs(cast)
    with frozen_at(NOW + HOUR):
        write(cast, HARM)
        do_jobs(cast)
    (urgent,) = all_follow_ups(cast)
    assert (urgent.urgent, urgent.due_at, urgent.version) == (True, NOW + 3 * HOUR, 2)
    with frozen_at(NOW + 2 * HOUR):
        write(cast, WELL, mood=1)
        write(cast, WELL, mood=1, code="P02")
        do_jobs(cast)
    first, other = all_follow_ups(cast)
    assert (first.urgent, first.due_at, first.version) == (True, NOW + 3 * HOUR, 3)
    assert (other.participant_id, other.urgent) == (cast.people["P02"], False)
    assert [event.action for event in logged(cast)] == [
        "follow_up.opened", "follow_up.joined", "follow_up.joined", "follow_up.opened",
    ]  # fmt: skip


def test_an_edit_can_add_an_alert_and_takes_none_back(cast: Cast) -> None:
    entry_id, etag = write(cast, WELL, mood=2)
    do_jobs(cast)
    _, etag = write(cast, HARM, mood=2, entry_id=entry_id, if_match=etag)
    do_jobs(cast)
    assert kinds(cast) == ["low", "self_harm"]
    assert [one.urgent for one in all_follow_ups(cast)] == [True]
    write(cast, WELL, mood=8, entry_id=entry_id, if_match=etag)
    assert do_jobs(cast) == 0
    do_jobs(cast, again=True)
    assert kinds(cast) == ["low", "self_harm"]
    assert [one.urgent for one in all_follow_ups(cast)] == [True]


def test_the_time_runs_from_when_it_came_in_however_late_a_worker_is(cast: Cast) -> None:
    write(cast, HARM)
    with frozen_at(NOW + timedelta(days=9)):
        do_jobs(cast)
        (follow_up,) = all_follow_ups(cast)
        assert (follow_up.due_at, follow_up.opened_at) == (NOW + 2 * HOUR, NOW + timedelta(days=9))


def test_whoever_has_left_or_was_erased_is_left_alone(cast: Cast) -> None:
    write(cast, HARM)
    write(cast, HARM, code="P02")
    with cast.store.write() as session:
        participants.withdraw(session, "user:test", session.get_one(Participant, (cast.study_id, cast.people["P01"])))
        erase_person(session, "user:test", cast.study_id, cast.people["P02"])
    assert do_jobs(cast) == 2
    assert (kinds(cast), all_follow_ups(cast)) == ([], [])


def test_a_job_names_ids_and_nothing_that_was_written(cast: Cast, engine: Engine) -> None:
    entry_id, _ = write(cast, HARM, mood=1)
    (job,) = asked(cast)
    assert (job.arguments, job.study_id) == ({"study": str(cast.study_id), "entries": [str(entry_id)]}, cast.study_id)
    with engine.connect() as connection:
        rows = connection.execute(text("SELECT detail FROM audit_event")).scalars()
        assert not [row for row in rows if "不想活" in str(row)]


def test_one_entry_that_cannot_be_looked_at_keeps_no_other_waiting(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    ids = [write(cast, HARM, code=code)[0] for code in ("P01", "P02")]
    look, broken = follow_ups.look, ids[0]

    def stumble(session: Any, study_id: UUID, entry_id: UUID) -> Any:
        if entry_id == broken:
            raise RuntimeError
        return look(session, study_id, entry_id)

    monkeypatch.setattr(follow_ups, "look", stumble)
    monkeypatch.setattr(running, "FIRST_WAIT", 0.0)
    context = job_context(cast, uuid4())
    with pytest.raises(JobFailed):
        look_at(context, cast.study_id, ids)
    assert [one.participant_id for one in all_follow_ups(cast)] == [cast.people["P02"]]
    monkeypatch.undo()
    look_at(context, cast.study_id, ids)
    assert len(all_follow_ups(cast)) == 2


def look_at(context: JobContext, study_id: UUID, ids: list[UUID]) -> None:
    look_at_entries(context, study=str(study_id), entries=[str(one) for one in ids])


def sheet(path: Path, rows: int, occurred_at: str) -> Path:
    lines = ["participant,stage,occurred_at,feeling,mood,mark"]
    lines += [f"P0{1 + n % 2},recovery,{occurred_at}:{n % 60:02d}+08:00,第{n}次{HARM},1,valley" for n in range(rows)]
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def test_old_entries_of_a_sheet_open_nothing(cast: Cast, tmp_path: Path, database: Any) -> None:
    file = sheet(tmp_path / "old.csv", 40, "2026-03-12T21")
    out = xinlu("import", "entries", str(file), "--study", SLUG, env=database.env).stdout
    assert "40" in out
    assert (asked(cast), all_follow_ups(cast)) == ([], [])


def test_many_fresh_ones_of_a_sheet_are_one_job_and_one_follow_up_a_person(
    cast: Cast, tmp_path: Path, database: Any
) -> None:
    yesterday = (datetime.now(UTC) - timedelta(days=1)).strftime("%Y-%m-%dT%H")  # the command has the real clock
    file = sheet(tmp_path / "fresh.csv", 40, yesterday)
    xinlu("import", "entries", str(file), "--study", SLUG, env=database.env)
    (job,) = asked(cast)
    assert len(job.arguments["entries"]) == 40
    do_jobs(cast)
    assert len(all_follow_ups(cast)) == 2
    assert len(all_alerts(cast)) == 120
    with cast.store.read() as session:
        assert session.scalars(select(Job.id).where(Job.name == "care.look")).all() == [job.id]
        assert len({one.key for one in session.scalars(select(Alert))}) == 40

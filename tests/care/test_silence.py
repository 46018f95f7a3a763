"""Who goes silent is noticed once for each silence; who may be silent, or long was, is let be."""

import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from app.care import silence
from app.care.tasks import close_for_leavers, notice_silence
from app.core.clock import frozen_at
from app.participants import service as participants
from app.participants.models import Participant
from app.prompts import service as prompts
from app.studies.models import Study
from tests.care.care_site import (
    HARM,
    NOW,
    all_alerts,
    all_follow_ups,
    do_jobs,
    logged,
    set_rules,
    worker,
    write,
)
from tests.care.test_messages import ask, phone_of
from tests.support.cast import Cast
from tests.support.databases import ScratchDatabase
from tests.support.program import xinlu
from tests.support.prompts import add_prompt
from tests.support.scene import SLUG

DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def at_noon() -> Iterator[None]:
    with frozen_at(NOW):
        yield


@pytest.fixture
def quiet(cast: Cast) -> Cast:
    """P01 wrote every day until four days ago; P02 joined yesterday."""
    enrolled(cast, "P01", 9)
    enrolled(cast, "P02", 1)
    for days in (6, 5, 4):
        write(cast, ago=days * DAY + timedelta(hours=1))
    return cast


def enrolled(cast: Cast, code: str, days: int) -> None:
    person = update(Participant).where(Participant.study_id == cast.study_id, Participant.id == cast.people[code])
    with cast.store.write() as session:
        session.execute(person.values(enrolled_at=NOW - days * DAY))


def held(cast: Cast, code: str = "P01") -> Participant:
    with cast.store.read() as session:
        return session.get_one(Participant, (cast.study_id, cast.people[code]))


def silences(cast: Cast) -> list[tuple[str, str]]:
    """Return (code, key) of every silence that was raised."""
    codes = {person: code for code, person in cast.people.items()}
    return [(codes[one.participant_id], one.key) for one in all_alerts(cast) if one.kind == "silent"]


def test_a_silence_is_raised_once_and_the_next_one_again(quiet: Cast) -> None:
    notice_silence(worker(quiet))
    assert silences(quiet) == [("P01", "2026-03-10")]
    (alert,), (follow_up,) = all_alerts(quiet), all_follow_ups(quiet)
    assert (alert.entry_id, alert.stage_id, alert.mood, alert.score, alert.day) == (None, None, None, None, 0)
    assert alert.occurred_at == NOW - 4 * DAY - timedelta(hours=1)
    assert (follow_up.urgent, follow_up.due_at) == (False, NOW + DAY)
    for later in range(1, 4):
        with frozen_at(NOW + later * DAY):
            notice_silence(worker(quiet))
    assert len(all_alerts(quiet)) == 1
    with frozen_at(NOW + 4 * DAY):
        for days in (2, 1, 0):
            write(quiet, ago=days * DAY + timedelta(hours=1))
    with frozen_at(NOW + 20 * DAY):
        notice_silence(worker(quiet))
        notice_silence(worker(quiet))
    assert [one for one in silences(quiet) if one[0] == "P01"] == [("P01", "2026-03-10"), ("P01", "2026-03-18")]
    first = next(one for one in all_follow_ups(quiet) if one.participant_id == quiet.people["P01"])
    assert (first.version, first.due_at) == (2, NOW + DAY)


def test_several_workers_notice_it_once(quiet: Cast) -> None:
    barrier, failed = threading.Barrier(3), list[BaseException]()

    def sweep() -> None:
        barrier.wait()
        try:
            notice_silence(worker(quiet))
        except Exception as error:  # noqa: BLE001 - told below, in the test's own thread
            failed.append(error)

    workers = [threading.Thread(target=sweep) for _ in range(3)]
    for one in workers:
        one.start()
    for one in workers:
        one.join()
    assert failed == []
    assert silences(quiet) == [("P01", "2026-03-10")]


def pause_now(cast: Cast) -> None:
    with cast.store.write() as session:
        prompts.pause(session, "user:test", cast.study_id, cast.people["P01"], NOW + 9 * DAY)


def came_back(cast: Cast) -> None:
    with frozen_at(NOW - 3 * DAY):
        pause_now(cast)
    with frozen_at(NOW - DAY), cast.store.write() as session:
        prompts.resume(session, "user:test", cast.study_id, cast.people["P01"])


def withdraw(cast: Cast) -> None:
    with cast.store.write() as session:
        participants.withdraw(session, "user:test", session.get_one(Participant, (cast.study_id, cast.people["P01"])))


def take_consent_back(cast: Cast) -> None:
    with cast.store.write() as session:
        participants.withdraw_purpose(
            session, "user:test", session.get_one(Participant, (cast.study_id, cast.people["P01"])), "diary"
        )


def close_study(cast: Cast) -> None:
    with cast.store.write() as session:
        session.get_one(Study, cast.study_id).closed_at = NOW - DAY


def switch_off(cast: Cast) -> None:
    set_rules(cast, silence=False)


def write_a_message(cast: Cast) -> None:
    assert ask(phone_of(cast)) == 303


def write_an_entry(cast: Cast) -> None:
    write(cast)


@pytest.mark.parametrize(
    "excuse",
    [
        pause_now, came_back, withdraw, take_consent_back, close_study, switch_off, write_a_message, write_an_entry,
    ],
)  # fmt: skip
def test_who_is_let_be(quiet: Cast, excuse: Callable[[Cast], None]) -> None:
    excuse(quiet)
    notice_silence(worker(quiet))
    assert silences(quiet) == []


def test_what_changes_between_finding_and_raising_is_seen(quiet: Cast) -> None:
    with quiet.store.read() as session:
        (found,) = silence.silent(session, quiet.study_id)
    write(quiet)
    with quiet.store.write() as session:
        assert silence.raise_one(session, quiet.study_id, found) is None
    assert all_follow_ups(quiet) == []


@pytest.mark.parametrize(("days", "raised"), [(6, False), (8, True), (20, True), (22, False)])
def test_who_never_wrote_is_news_for_two_weeks(cast: Cast, days: int, raised: bool) -> None:
    enrolled(cast, "P01", days)
    enrolled(cast, "P02", 1)
    notice_silence(worker(cast))
    assert bool(silences(cast)) is raised


@pytest.mark.parametrize(("last", "raised"), [(4, True), (17, True), (18, False)])
def test_a_pause_is_news_for_two_weeks(cast: Cast, last: int, raised: bool) -> None:
    enrolled(cast, "P01", 40)
    enrolled(cast, "P02", 1)
    for days in (last + 2, last + 1, last):
        write(cast, ago=days * DAY - timedelta(minutes=5) if last == 17 else days * DAY + timedelta(minutes=5))
    notice_silence(worker(cast))
    assert bool(silences(cast)) is raised


@pytest.mark.parametrize(
    ("missed", "wrote", "raised"), [(2, None, False), (3, None, True), (7, None, True), (8, None, False), (3, 2, False)]
)
def test_unanswered_prompts_are_a_silence_only_since_they_last_wrote(
    cast: Cast, missed: int, wrote: int | None, raised: bool
) -> None:
    enrolled(cast, "P01", 30)
    enrolled(cast, "P02", 1)
    write(cast, ago=12 * DAY)
    for days in range(1, missed + 1):
        add_prompt(cast.store, cast.study_id, cast.people["P01"], (NOW - days * DAY).date().isoformat())
    if wrote is not None:
        write(cast, ago=wrote * DAY)
    notice_silence(worker(cast))
    assert bool(silences(cast)) is raised


def test_imported_diaries_say_nothing_of_who_still_writes(
    cast: Cast, tmp_path: Path, database: ScratchDatabase
) -> None:
    enrolled(cast, "P02", 1)
    enrolled(cast, "P01", 30)
    lines = ["participant,stage,occurred_at,feeling,mood"]
    lines += [f"P01,recovery,2026-03-{day:02d}T21:00+08:00,{HARM},1" for day in (7, 8, 9)]
    file = tmp_path / "old.csv"
    file.write_text("\n".join(lines), encoding="utf-8")
    xinlu("import", "entries", str(file), "--study", SLUG, env=database.env)
    notice_silence(worker(cast))
    assert (do_jobs(cast), silences(cast)) == (0, [])
    for days in (1, 2, 3):  # but prompts that they let pass do
        add_prompt(cast.store, cast.study_id, cast.people["P01"], (NOW - days * DAY).date().isoformat())
    notice_silence(worker(cast))
    assert [code for code, _ in silences(cast)] == ["P01"]


def test_what_is_open_for_somebody_who_leaves_is_closed(cast: Cast) -> None:
    write(cast, HARM)
    write(cast, HARM, code="P02")
    do_jobs(cast)
    close_for_leavers(worker(cast))
    assert [one.state for one in all_follow_ups(cast)] == ["open", "open"]
    withdraw(cast)
    close_for_leavers(worker(cast))
    close_for_leavers(worker(cast))
    states = {one.participant_id: (one.state, one.outcome, one.closed_by, one.version) for one in all_follow_ups(cast)}
    assert states[cast.people["P01"]] == ("closed", "left", "care", 2)
    assert states[cast.people["P02"]] == ("open", None, None, 1)
    assert [one.action for one in logged(cast)][-1] == "follow_up.closed"

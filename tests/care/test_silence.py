"""Who goes silent is noticed once for each silence; who may be silent, or long was, is let be."""

import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from app.care import follow_ups, silence
from app.care.tasks import close_for_leavers, notice_silence
from app.core.clock import frozen_at
from app.participants import service as participants
from app.participants.models import Participant
from app.prompts import service as prompts
from app.studies.models import Study
from tests.care.care_site import (
    HARM,
    HOUR,
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


def pause_now(cast: Cast, code: str) -> None:
    with cast.store.write() as session:
        prompts.pause(session, "user:test", cast.study_id, cast.people[code], NOW + 9 * DAY)


def came_back(cast: Cast, code: str) -> None:
    with frozen_at(NOW - 3 * DAY):
        pause_now(cast, code)
    with frozen_at(NOW - DAY), cast.store.write() as session:
        prompts.resume(session, "user:test", cast.study_id, cast.people[code])


def withdraw(cast: Cast, code: str) -> None:
    with cast.store.write() as session:
        person = session.get_one(Participant, (cast.study_id, cast.people[code]))
        participants.withdraw(session, "user:test", person)


def take_consent_back(cast: Cast, code: str) -> None:
    with cast.store.write() as session:
        person = session.get_one(Participant, (cast.study_id, cast.people[code]))
        participants.withdraw_purpose(session, "user:test", person, "diary")


def write_a_message(cast: Cast, code: str) -> None:
    assert ask(phone_of(cast, code)) == 303


def write_an_entry(cast: Cast, code: str) -> None:
    write(cast, code=code)


EXCUSES: dict[str, Callable[[Cast, str], None]] = {
    "paused": pause_now,
    "back": came_back,
    "left": withdraw,
    "declined": take_consent_back,
    "messaged": write_a_message,
    "wrote": write_an_entry,
}


def test_who_is_let_be(quiet: Cast) -> None:
    for code in EXCUSES:
        quiet.add_patient(code)
        enrolled(quiet, code, 9)
        for days in (6, 5, 4):
            write(quiet, code=code, ago=days * DAY + timedelta(hours=1))
    with quiet.store.read() as session:
        assert len(silence.silent(session, quiet.study_id)) == len(EXCUSES) + 1, "all are silent"
    for code, excuse in EXCUSES.items():
        excuse(quiet, code)
    with quiet.store.write() as session:
        session.get_one(Study, quiet.study_id).closed_at = NOW - DAY
    notice_silence(worker(quiet))
    assert silences(quiet) == [], "the study is over"
    with quiet.store.write() as session:
        session.get_one(Study, quiet.study_id).closed_at = None
    set_rules(quiet, silence=False)
    notice_silence(worker(quiet))
    assert silences(quiet) == [], "nobody wants to know"
    set_rules(quiet, silence=True)
    notice_silence(worker(quiet))
    assert silences(quiet) == [("P01", "2026-03-10")]


def test_what_changes_between_finding_and_raising_is_seen(quiet: Cast) -> None:
    with quiet.store.read() as session:
        (found,) = silence.silent(session, quiet.study_id)
    write(quiet)
    with quiet.store.write() as session:
        assert silence.raise_one(session, quiet.study_id, found) is None
    assert all_follow_ups(quiet) == []


def test_who_never_wrote_is_news_for_two_weeks(quiet: Cast) -> None:
    for days in (6, 8, 20, 22):
        quiet.add_patient(f"N{days}")
        enrolled(quiet, f"N{days}", days)
    notice_silence(worker(quiet))
    assert {code for code, _ in silences(quiet)} == {"P01", "N8", "N20"}


def test_a_pause_is_news_for_two_weeks(quiet: Cast) -> None:
    wrote = {"now": 3 * DAY - HOUR, "just": 3 * DAY + HOUR, "still": 17 * DAY - HOUR, "old": 17 * DAY + HOUR}
    for code, last in wrote.items():
        quiet.add_patient(code)
        enrolled(quiet, code, 40)
        for days in (2, 1, 0):
            write(quiet, code=code, ago=last + days * DAY)
    notice_silence(worker(quiet))
    assert {code for code, _ in silences(quiet)} == {"P01", "just", "still"}


def test_unanswered_prompts_are_a_silence_only_since_they_last_wrote(quiet: Cast) -> None:
    cases = {"two": (2, None), "three": (3, None), "seven": (7, None), "eight": (8, None), "wrote": (3, 2)}
    for code, (missed, wrote) in cases.items():
        person = quiet.add_patient(code)
        enrolled(quiet, code, 30)
        write(quiet, code=code, ago=12 * DAY)
        for days in range(1, missed + 1):
            add_prompt(quiet.store, quiet.study_id, person, (NOW - days * DAY).date().isoformat())
        if wrote is not None:
            write(quiet, code=code, ago=wrote * DAY)
    notice_silence(worker(quiet))
    assert {code for code, _ in silences(quiet)} == {"P01", "three", "seven"}


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
    with cast.store.write() as session:
        assert not any(follow_ups.close_left(session, cast.study_id, one.id) for one in all_follow_ups(cast))
    assert [one.state for one in all_follow_ups(cast)] == ["open", "open"]
    withdraw(cast, "P01")
    close_for_leavers(worker(cast))
    close_for_leavers(worker(cast))
    states = {one.participant_id: (one.state, one.outcome, one.closed_by, one.version) for one in all_follow_ups(cast)}
    assert states[cast.people["P01"]] == ("closed", "left", "care", 2)
    assert states[cast.people["P02"]] == ("open", None, None, 1)
    assert [one.action for one in logged(cast)][-1] == "follow_up.closed"

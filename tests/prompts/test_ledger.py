"""The life of a prompt in the ledger: claimed once, sent once, answered, late, never to those who want none."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from app.core import clock
from app.core.db import Database
from app.participants import consents, queries
from app.participants import service as people
from app.prompts import ledger, planner, service
from app.prompts.ledger_queries import DuePrompt
from app.prompts.models import Prompt
from app.prompts.outcomes import outcome_of
from app.prompts.schemas import LifeEventIn, Quiet, ScheduleChange, ScheduleIn
from tests.prompts import world
from tests.prompts.oracle import Life

BEGIN = world.BEGIN
ACTOR = "user:test"
RULES = [
    {
        "key": "daily",
        "name": "每天",
        "when": {"kind": "daily", "at": ["20:00"]},
        "expires_minutes": 360,
        "remind_minutes": 120,
    },
    {
        "key": "visit",
        "name": "复诊以后",
        "when": {"kind": "after_event", "event": "visit", "delay_minutes": 60},
        "expires_minutes": 600,
    },
]
EVENING = BEGIN + timedelta(hours=12)
"""20:00 in Shanghai on the first day."""


class Diary:
    """One person under a schedule, and a clock to move."""

    def __init__(self, store: Database, study_id: UUID, person: UUID) -> None:
        self.store, self.study_id, self.person = store, study_id, person
        self.now = BEGIN

    def apply(self, rules: list[dict[str, object]], revision: int, **more: object) -> None:
        given = {"active": True, "rules": rules, "events": [{"key": "visit", "name": "复诊"}], **more}
        with clock.frozen_at(self.now), self.store.write() as session:
            change = ScheduleChange(revision=revision, schedule=ScheduleIn.model_validate(given))
            service.apply_schedule(session, ACTOR, self.study_id, change)

    def plan(self) -> None:
        for plan in (planner.plan_next, planner.plan_newcomers):
            with self.store.write() as session:
                plan(session, self.study_id, self.now)

    def claim(self, worker: str = "one") -> list[DuePrompt]:
        with clock.frozen_at(self.now), self.store.write() as session:
            return ledger.claim_due(session, self.now, worker)

    def send(self, *, repeatable: bool = True) -> list[str]:
        """Claim and send what is due; returns the occasions."""
        dues = self.claim()
        with self.store.write() as session:
            ledger.begin_sending_all(session, dues, "one", "record", repeatable=repeatable)
            ledger.mark_all_sent(session, dues, "one", self.now)
        return [due.occasion for due in dues]

    def prompts(self) -> list[Prompt]:
        with self.store.read() as session:
            mine = select(Prompt).where(Prompt.participant_id == self.person)
            return list(session.scalars(mine.order_by(Prompt.planned_at, Prompt.occasion)))

    def states(self) -> list[tuple[str, str, str | None]]:
        return [(one.occasion, one.state, one.reason) for one in self.prompts() if one.state != "planned"]

    def write(self, **given: object) -> UUID | None:
        answer = {"entry_id": uuid4(), "written_at": self.now, **given}
        with self.store.write() as session:
            return ledger.answered(session, self.study_id, self.person, **answer)  # type: ignore[arg-type]


@pytest.fixture
def diary(store: Database) -> Diary:
    study_id = world.make_study(store)
    life = Life(uuid4(), "P01", BEGIN, date(2026, 9, 22), [(BEGIN, "Asia/Shanghai")])
    world.enrol(store, study_id, [life], BEGIN)
    one = Diary(store, study_id, life.id)
    one.apply(RULES, 1)
    one.plan()
    return one


def test_a_prompt_is_claimed_by_one_worker_only(diary: Diary) -> None:
    diary.now = EVENING - timedelta(minutes=1)
    assert diary.claim() == []
    diary.now = EVENING
    assert [due.occasion for due in diary.claim("one")] == ["2026-09-20/s1"]
    assert diary.claim("two") == []


def test_its_reminder_comes_once_and_not_after_an_answer(diary: Diary) -> None:
    diary.now = EVENING
    assert diary.send() == ["2026-09-20/s1"]
    diary.now += timedelta(hours=2)
    assert diary.send() == ["2026-09-20/s1/reminder"]
    diary.now = EVENING + timedelta(days=1)
    assert diary.send() == ["2026-09-21/s1"]
    diary.now += timedelta(minutes=30)
    answered = diary.write()
    diary.now += timedelta(hours=2)
    assert diary.send() == []
    first = next(one for one in diary.prompts() if one.id == answered)
    assert (first.occasion, first.late, outcome_of(first, diary.now)) == ("2026-09-21/s1", False, "answered")
    assert ("2026-09-21/s1/reminder", "cancelled", "answered") in diary.states()


def test_an_answer_is_tied_to_what_was_in_hand_and_the_first_one_stays(diary: Diary) -> None:
    diary.now = EVENING
    assert diary.write() is None
    diary.send()
    diary.now += timedelta(minutes=5)
    entry = uuid4()
    prompt_id = diary.write(entry_id=entry)
    assert prompt_id is not None
    assert diary.write(entry_id=entry, prompt_id=prompt_id) == prompt_id
    assert diary.write(prompt_id=prompt_id) is None
    assert diary.write(prompt_id=uuid4()) is None
    assert [one.answered_entry_id for one in diary.prompts() if one.answered_at] == [entry]


def test_a_late_answer_counts_as_late_by_when_it_was_written(diary: Diary) -> None:
    diary.now = EVENING
    diary.send()
    prompt = next(one for one in diary.prompts() if one.state == "sent")
    diary.now += timedelta(hours=9)
    assert outcome_of(prompt, diary.now) == "missed"
    assert diary.write() is None
    written = EVENING + timedelta(hours=1)
    # Written offline in its time, and here only now: not late.
    assert diary.write(written_at=written) == prompt.id
    diary.now = EVENING + timedelta(days=1)
    diary.send()
    prompt = next(one for one in diary.prompts() if one.occasion == "2026-09-21/s1")
    diary.now += timedelta(hours=9)
    assert diary.write(prompt_id=prompt.id) == prompt.id
    late = next(one for one in diary.prompts() if one.id == prompt.id)
    assert outcome_of(late, diary.now) == "late"


def test_opening_the_reminder_opens_the_prompt(diary: Diary) -> None:
    diary.now = EVENING
    diary.send()
    diary.now += timedelta(hours=2)
    diary.send()
    reminder = next(one for one in diary.prompts() if one.reminder_of and one.state == "sent")
    with diary.store.write() as session:
        first = ledger.opened(session, diary.study_id, diary.person, reminder.id, diary.now)
        assert first is not None
        assert first.id == reminder.reminder_of
        assert ledger.opened(session, diary.study_id, uuid4(), reminder.id) is None
    assert [one.opened_at is not None for one in diary.prompts() if one.state == "sent"] == [True, True]


@pytest.mark.parametrize(("begun", "repeatable"), [(False, False), (True, True), (True, False)])
def test_what_a_dead_worker_had_claimed(diary: Diary, begun: bool, repeatable: bool) -> None:
    diary.now = EVENING
    (due,) = diary.claim("dead")
    with diary.store.write() as session:
        if begun:
            assert ledger.begin_sending(session, due, "dead", "record", repeatable=repeatable)
        alive = {"one": BEGIN, "dead": diary.now + timedelta(seconds=1)}  # a new process of the same name
        assert ledger.release_stale(session, {"dead": BEGIN}, diary.now) == 0
        assert ledger.release_stale(session, alive, diary.now) == 1
        assert not ledger.begin_sending(session, due, "dead", "record", repeatable=repeatable)
    again = diary.claim("one")
    assert [one.id for one in again] == ([] if begun and not repeatable else [due.id])
    if begun and not repeatable:
        assert diary.states() == [("2026-09-20/s1", "uncertain", "worker_died")]
    elif begun:
        assert again[0].channel == "record"


def test_a_refusal_is_tried_again_in_its_time_and_then_fails(diary: Diary) -> None:
    diary.now = EVENING
    (due,) = diary.claim()
    with diary.store.write() as session:
        later = diary.now + timedelta(minutes=10)
        assert ledger.mark_failed(session, due, "one", "busy", retry_at=later)
    assert diary.claim() == []
    diary.now = later
    (due,) = diary.claim()
    with diary.store.write() as session:
        assert ledger.mark_failed(session, due, "one", "gone", retry_at=due.expires_at)
    assert diary.states() == [("2026-09-20/s1", "failed", "gone")]


def test_nobody_gets_one_who_wants_none(diary: Diary) -> None:
    with clock.frozen_at(diary.now), diary.store.write() as session:
        service.pause(session, ACTOR, diary.study_id, diary.person, BEGIN + timedelta(days=1))
    diary.now = EVENING
    assert diary.claim() == []
    assert diary.states() == [("2026-09-20/s1", "skipped", "paused")]
    with clock.frozen_at(diary.now), diary.store.write() as session:
        person = queries.by_id(session, diary.study_id, diary.person)
        assert person is not None
        consents.withdraw_purpose(session, ACTOR, person, "diary")
    diary.now += timedelta(days=1)
    assert diary.claim() == []
    assert diary.states()[-1] == ("2026-09-21/s1", "skipped", "not_consented")
    with clock.frozen_at(diary.now), diary.store.write() as session:
        person = queries.by_id(session, diary.study_id, diary.person)
        assert person is not None
        people.withdraw(session, ACTOR, person)
    diary.now += timedelta(days=1)
    assert diary.claim() == []
    assert diary.states()[-1] == ("2026-09-22/s1", "cancelled", "withdrawn")


def test_leaving_between_claim_and_sending_stops_it(diary: Diary) -> None:
    diary.now = EVENING
    (due,) = diary.claim()
    with clock.frozen_at(diary.now), diary.store.write() as session:
        person = queries.by_id(session, diary.study_id, diary.person)
        assert person is not None
        people.withdraw(session, ACTOR, person)
    with diary.store.write() as session:
        assert not ledger.begin_sending(session, due, "one", "record", repeatable=True)
    assert diary.states() == [("2026-09-20/s1", "cancelled", "withdrawn")]


def test_a_prompt_that_is_delayed_into_quiet_hours_waits_for_their_end(diary: Diary) -> None:
    with clock.frozen_at(diary.now), diary.store.write() as session:
        service.set_quiet(session, ACTOR, diary.study_id, diary.person, Quiet(start="21:00", end="22:30"))
    diary.plan()
    diary.now = EVENING + timedelta(hours=1, minutes=15)  # nobody worked from 20:00 to 21:15
    assert diary.claim() == []
    diary.now = EVENING + timedelta(hours=2, minutes=30)
    assert [due.occasion for due in diary.claim()] == ["2026-09-20/s1"]


def test_a_new_zone_is_followed_before_anything_is_sent(diary: Diary) -> None:
    diary.now = EVENING - timedelta(minutes=5)
    with clock.frozen_at(diary.now), diary.store.write() as session:
        person = queries.by_id(session, diary.study_id, diary.person)
        assert person is not None
        service.set_zone(session, ACTOR, person, "Europe/Berlin")
    diary.now = EVENING  # nobody has planned anew: claiming does
    assert diary.claim() == []
    diary.now = datetime(2026, 9, 20, 18, tzinfo=UTC)
    (due,) = diary.claim()
    assert (due.occasion, due.zone) == ("2026-09-20/s1", "Europe/Berlin")


def test_an_event_brings_its_prompt_and_taking_it_back_takes_it_away(diary: Diary) -> None:
    diary.now = BEGIN + timedelta(hours=2)
    given = LifeEventIn(id=uuid4(), kind="visit", at=diary.now)
    with clock.frozen_at(diary.now), diary.store.write() as session:
        event, new = service.record_event(session, ACTOR, diary.study_id, diary.person, given)
        assert new
        assert service.record_event(session, ACTOR, diary.study_id, diary.person, given) == (event, False)
    diary.plan()
    planned = [one for one in diary.prompts() if one.rule_key == "visit"]
    assert [one.planned_at for one in planned] == [diary.now + timedelta(hours=1)]
    with clock.frozen_at(diary.now), diary.store.write() as session:
        service.remove_event(session, ACTOR, diary.study_id, diary.person, event.id)
    diary.plan()
    assert (f"event/{event.id}", "cancelled", "schedule_changed") in diary.states()


def test_an_edit_moves_what_waits_and_fires_nothing_twice(diary: Diary) -> None:
    diary.now = EVENING
    diary.send()
    diary.now += timedelta(minutes=30)
    later = [{**RULES[0], "when": {"kind": "daily", "at": ["21:30"]}}, RULES[1]]
    diary.apply(later, 2)
    diary.plan()
    shown = [(one.occasion, one.state, one.planned_time) for one in diary.prompts() if one.reminder_of is None]
    assert shown[:3] == [
        ("2026-09-20/s1", "sent", "20:00"),
        ("2026-09-21/s1", "planned", "21:30"),
        ("2026-09-22/s1", "planned", "21:30"),
    ]
    diary.apply([RULES[1]], 3)
    diary.plan()
    assert {one.state for one in diary.prompts() if one.wanted_at > diary.now} == {"cancelled", "planned"}
    assert [one.occasion for one in diary.prompts() if one.state == "planned"] == ["2026-09-20/s1/reminder"]
    diary.apply(later, 4)
    diary.plan()
    assert [one.state for one in diary.prompts() if one.occasion == "2026-09-21/s1"] == ["planned"]
    diary.now = EVENING + timedelta(hours=1, minutes=30)
    assert [due.occasion for due in diary.claim() if due.reminder_of is None] == []


def test_days_without_a_planner_are_told_not_left_out(diary: Diary) -> None:
    diary.now = EVENING + timedelta(days=14)
    diary.plan()
    sent = diary.send()
    with diary.store.write() as session:
        ledger.expire_due(session, diary.now)
    expired = [one.planned_on for one in diary.prompts() if one.state == "expired"]
    assert sent == ["2026-10-04/s1"]
    assert expired == [date(2026, 9, 20) + timedelta(days=number) for number in range(14)]


def test_a_nudge_waits_for_the_end_of_quiet_hours(diary: Diary) -> None:
    diary.apply(RULES, 2, quiet={"start": "22:00", "end": "08:00"})
    diary.now = BEGIN + timedelta(hours=15)  # 23:00
    with clock.frozen_at(diary.now), diary.store.write() as session:
        prompt = service.nudge(session, ACTOR, diary.study_id, diary.person, "想听听您今天怎么样")
    assert prompt.planned_at == BEGIN + timedelta(days=1)
    diary.now = BEGIN + timedelta(days=1)
    diary.plan()
    claimed = {due.id: due.words for due in diary.claim()}
    assert claimed[prompt.id] == "想听听您今天怎么样"

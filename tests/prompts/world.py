"""Ten thousand lives, a study that prompts them, and the simulated weeks in which it does."""

import random
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import insert

from app.accounts import service as accounts
from app.accounts.actors import StaffActor
from app.core import clock
from app.core.db import Database
from app.core.ids import uuid7
from app.participants import queries as participants
from app.participants import service as people
from app.participants.models import AnchorEvent, Consent, Participant
from app.prompts import ledger, ledger_queries, planner, queries, service
from app.prompts.ledger_queries import DuePrompt
from app.prompts.models import PromptPreference
from app.prompts.schemas import LifeEventIn, ScheduleChange, ScheduleIn
from app.studies import service as studies
from app.studies.schemas import StudyIn
from tests.prompts.oracle import Life

BEGIN = datetime(2026, 9, 20, tzinfo=UTC)
"""Sixty days from here hold the end of summer time in Berlin and New York, and its begin on Lord Howe and in Sydney."""
DAYS = int(__import__("os").environ.get("SIMDAYS", "60"))
TURN = timedelta(hours=12)
"""What happens to people happens at these moments of the simulated day."""
ZONES = (
    "Asia/Shanghai",
    "America/New_York",
    "Europe/Berlin",
    "Australia/Lord_Howe",
    "Australia/Sydney",
    "Asia/Kathmandu",
    "Pacific/Apia",
)
STUDY_QUIET = ("22:30", "02:00")
ACTOR = "user:test"
LIMIT = 2000
RULES: list[dict[str, Any]] = [
    {
        "key": "after_surgery",
        "name": "术后日记",
        "when": {"kind": "anchor_days", "days": [1, 2, 3, 5, 7, 14], "at": ["20:00"]},
        "expires_minutes": 360,
        "remind_minutes": 120,
    },
    {
        "key": "check",
        "name": "复查",
        "when": {"kind": "every_days", "every": 30, "since": "anchor", "at": ["09:00"]},
        "expires_minutes": 600,
        "apart_minutes": 45,
    },
    {
        "key": "moments",
        "name": "随机时刻",
        "when": {"kind": "random", "windows": [{"start": "10:00", "end": "21:00", "count": 2}], "weekdays": [3]},
        "expires_minutes": 120,
        "apart_minutes": 45,
        "day_from": 0,
        "day_to": 12,
    },
    {
        "key": "night",
        "name": "夜里",
        "when": {"kind": "daily", "at": ["02:15"], "weekdays": [7]},
        "expires_minutes": 90,
        "day_from": 0,
        "day_to": 13,
    },
    {
        "key": "visit",
        "name": "复诊以后",
        "when": {"kind": "after_event", "event": "visit", "delay_minutes": 120},
        "expires_minutes": 720,
    },
]
SCHEDULE = ScheduleIn.model_validate(
    {
        "active": True,
        "rules": RULES,
        "quiet": {"start": STUDY_QUIET[0], "end": STUDY_QUIET[1]},
        "events": [{"key": "visit", "name": "复诊"}],
    }
)


@dataclass
class Backend:
    """A channel that keeps what it is given by key; it may be asked again."""

    by_key: dict[UUID, DuePrompt] = field(default_factory=dict)
    asked: list[tuple[UUID, datetime]] = field(default_factory=list)

    def send(self, due: DuePrompt, now: datetime) -> None:
        """Keep the message; a second one of the same key is the same message."""
        self.by_key.setdefault(due.id, due)
        self.asked.append((due.id, now))


def make_study(store: Database, begin: datetime = BEGIN) -> UUID:
    """Make a study whose schedule runs from ``begin`` on."""
    with clock.frozen_at(begin), store.write() as session:
        owner = accounts.create_user(session, "owner", "Owner", "a-long-enough-password")
        given = StudyIn(title="模拟", slug="simulation", template="dental_implant", retention_until=date(2027, 6, 1))
        study = studies.create_study(session, StaffActor(owner.id, "owner", "Owner", False), given)
        service.apply_schedule(session, ACTOR, study.id, ScheduleChange(revision=0, schedule=SCHEDULE))
        return study.id


def lives(count: int, seed: int = 7) -> list[Life]:
    """Return people to whom things happen: they travel, pause, see a doctor, leave; the same for the same seed."""
    chance = random.Random(seed)
    return [_life(chance, number) for number in range(count)]


def _life(chance: random.Random, number: int) -> Life:
    enrolled = BEGIN + timedelta(days=chance.randrange(12))
    life = Life(
        id=UUID(int=chance.getrandbits(128), version=4),
        code=f"S{number:05}",
        enrolled_at=enrolled,
        anchor_on=(enrolled + timedelta(days=chance.randint(3, 30))).date(),
        zones=[(enrolled, chance.choice(ZONES))],
        answers=chance.random() < 0.01,
    )
    if chance.random() < 0.08:
        first = _moment(chance, enrolled, 1, 40)
        life.zones.append((first, chance.choice(ZONES)))
        if chance.random() < 0.5:
            life.zones.append((first + timedelta(days=chance.randint(4, 12)), chance.choice(ZONES)))
    if chance.random() < 0.2:
        life.quiet = chance.choice([("19:30", "21:00"), ("12:00", "14:30"), ("20:30", "07:00"), ("08:00", "19:45")])
    if chance.random() < 0.03:
        start = _moment(chance, enrolled, 2, 40)
        life.pause = (start, start + timedelta(days=chance.randint(1, 9)))
    if chance.random() < 0.04:
        moments = sorted({_moment(chance, enrolled, 1, 45) for _ in range(chance.randint(1, 3))})
        life.events = [(at, UUID(int=chance.getrandbits(128), version=4)) for at in moments]
    if chance.random() < 0.04:
        life.withdrawn_at = _moment(chance, enrolled, 2, 50)
    return life


def _moment(chance: random.Random, enrolled: datetime, least: int, most: int) -> datetime:
    return enrolled + chance.randint(least * 2, most * 2) * TURN


def enrol(store: Database, study_id: UUID, joining: list[Life], now: datetime) -> None:
    """Take people in, all at once."""
    with store.write() as session:
        version, text_hash = participants.consent_text(session, study_id).version, "0" * 64  # type: ignore[union-attr]
        mine = [{"study_id": study_id, "participant_id": one.id} for one in joining]
        session.execute(
            insert(Participant),
            [
                {
                    "study_id": study_id,
                    "id": one.id,
                    "code": one.code,
                    "time_zone": one.zones[0][1],
                    "attributes": {},
                    "enrolled_at": now,
                }
                for one in joining
            ],
        )
        session.execute(
            insert(AnchorEvent), [key | {"on": one.anchor_on} for key, one in zip(mine, joining, strict=True)]
        )
        consent = {"purpose": "diary", "version": version, "text_hash": text_hash, "method": "paper", "given_at": now}
        session.execute(insert(Consent), [{"id": uuid7(), **key, **consent} for key in mine])
        quiet = [
            key | {"quiet_from": one.quiet[0], "quiet_to": one.quiet[1]}
            for key, one in zip(mine, joining, strict=True)
            if one.quiet
        ]
        if quiet:
            session.execute(insert(PromptPreference), quiet)


def turns(all_lives: list[Life]) -> dict[datetime, list[tuple[str, Life, Any]]]:
    """Return what happens to whom at which step."""
    found: dict[datetime, list[tuple[str, Life, Any]]] = {}
    for life in all_lives:
        found.setdefault(life.enrolled_at, []).append(("enrol", life, None))
        for at, zone in life.zones[1:]:
            found.setdefault(at, []).append(("zone", life, zone))
        if life.pause:
            found.setdefault(life.pause[0], []).append(("pause", life, life.pause[1]))
        for at, event in life.events:
            found.setdefault(at, []).append(("visit", life, event))
        if life.withdrawn_at:
            found.setdefault(life.withdrawn_at, []).append(("withdraw", life, None))
    return found


def happen(store: Database, study_id: UUID, happening: list[tuple[str, Life, Any]], now: datetime) -> None:
    """Let these things happen, through the services that pages and programs use."""
    joining = [life for what, life, _ in happening if what == "enrol"]
    if joining:
        enrol(store, study_id, joining, now)
    others = [one for one in happening if one[0] != "enrol"]
    if not others:
        return
    with store.write() as session:
        for what, life, given in others:
            person = participants.by_id(session, study_id, life.id)
            assert person is not None
            if what == "withdraw":
                people.withdraw(session, ACTOR, person)
            elif person.withdrawn_at is not None:
                continue
            elif what == "zone":
                service.set_zone(session, ACTOR, person, given)
            elif what == "pause":
                service.pause(session, ACTOR, study_id, life.id, given)
            elif what == "visit":
                event = LifeEventIn(id=given, kind="visit", at=now)
                service.record_event(session, ACTOR, study_id, life.id, event)


def plan_all(store: Database, study_id: UUID, now: datetime, *, joined: bool) -> None:
    """Plan everyone whose turn it is, as the recurring task does, and those who ``joined``."""
    with store.read() as session:
        due = bool(queries.to_plan(session, study_id, now, 1))
    for plan in [planner.plan_next] * due + [planner.plan_newcomers] * joined:
        planned = 1
        while planned:
            with store.write() as session:
                planned = plan(session, study_id, now, 1000)


def send_all(store: Database, study_id: UUID, backend: Backend, now: datetime, answering: set[UUID]) -> None:
    """Claim, send and mark all that is due, as a sender does."""
    with store.read() as session:
        waiting = ledger_queries.next_due(session)
    if waiting is None or waiting > now:
        return
    while True:
        with store.write() as session:
            dues = ledger.claim_due(session, now, "main", LIMIT)
        if not dues:
            return
        with store.write() as session:
            mine = ledger.begin_sending_all(session, dues, "main", "record", repeatable=True)
        for due in dues:
            if due.id in mine:
                backend.send(due, now)
        with store.write() as session:
            ledger.mark_all_sent(session, dues, "main", now)
            for due in dues:
                if due.participant_id in answering:
                    ledger.answered(
                        session, study_id, due.participant_id, entry_id=uuid4(), written_at=now, prompt_id=due.id
                    )


def live(store: Database, study_id: UUID, everybody: list[Life], step: timedelta, days: int) -> Backend:
    """Let so many days pass, with the workers looking every ``step``; returns what was sent."""
    happening, backend = turns(everybody), Backend()
    answering = {life.id for life in everybody if life.answers}
    now = BEGIN
    while now < BEGIN + timedelta(days=days):
        with clock.frozen_at(now):
            if (now - BEGIN) % TURN == timedelta():
                what = happening.get(now, [])
                happen(store, study_id, what, now)
                plan_all(store, study_id, now, joined=any(name == "enrol" for name, _, _ in what))
            send_all(store, study_id, backend, now, answering)
        now += step
    return backend

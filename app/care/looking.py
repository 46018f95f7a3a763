"""From an entry of concern, or a silence, to an alert and the follow-up that it opens or joins. Done twice, it is done once."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy.orm import Session

from app.audit.service import Change, record
from app.care import follow_up_queries as queries
from app.care.alert_models import OPEN, Alert, FollowUp
from app.core import clock
from app.core.db import MICRO
from app.core.ids import uuid7
from app.diary import concerns
from app.diary.models import Entry
from app.statements.queries import cues_of_source
from app.studies import queries as studies
from app.studies.care_rules import CareRules

ACTOR = "care"
"""Who opens and joins, in the log: no member of the staff."""


@dataclass(frozen=True, slots=True)
class Cause:
    """What alerts are about. ``at``: when we heard of it, from which on the time to be in touch runs."""

    key: str
    occurred_at: datetime
    at: datetime
    entry_id: UUID | None = None
    stage_id: UUID | None = None
    day: int | None = None
    score: float | None = None
    mood: int | None = None


def look(session: Session, study_id: UUID, entry_id: UUID) -> FollowUp | None:
    """Raise what makes the entry, as it stands, one of concern; return the follow-up that its last new alert is in.

    None where nothing is new. An alert once raised stays, whatever the entry is edited to; a person who has withdrawn is
    left alone.
    """
    entry = queries.entry(session, study_id, entry_id)
    if entry is None or not _is_there(session, study_id, entry.participant_id):
        return None
    # What was edited meanwhile is read as it stands once the person is held.
    entry = queries.entry(session, study_id, entry_id)
    if entry is None:
        return None
    rules = studies.protocol(session, study_id).care_rules
    scores = [score / MICRO for score in queries.scores(session, study_id, entry_id)]
    found = concerns.concerns(
        rules,
        cues=cues_of_source(session, study_id, entry_id),
        scores=scores,
        mood=entry.mood,
        effort=entry.effort,
        mark=entry.mark,
        occurred_at=entry.occurred_at,
        now=entry.received_at,
    )
    return _raise(session, rules, study_id, entry.participant_id, found, _cause(entry, scores))


def raise_silence(
    session: Session, study_id: UUID, participant_id: UUID, since: datetime, *, first_day: date, day: int | None
) -> FollowUp | None:
    """Raise that nothing was heard of a person ``since``, on their calendar day ``first_day``; once for each such day.

    ``day`` counts from their anchor event. None where it was raised before, or the person has withdrawn.
    """
    if not _is_there(session, study_id, participant_id):
        return None
    rules = studies.protocol(session, study_id).care_rules
    if not (rules.watching and rules.silence):
        return None
    cause = Cause(first_day.isoformat(), since, clock.now(), day=day)
    return _raise(session, rules, study_id, participant_id, ["silent"], cause)


def _is_there(session: Session, study_id: UUID, participant_id: UUID) -> bool:
    """Hold the person, and return whether they are still taking part."""
    person = queries.held_person(session, study_id, participant_id)
    return person is not None and person.withdrawn_at is None


def _cause(entry: Entry, scores: Sequence[float]) -> Cause:
    return Cause(
        key=str(entry.id),
        occurred_at=entry.occurred_at,
        at=entry.received_at,
        entry_id=entry.id,
        stage_id=entry.stage_id,
        day=entry.day,
        score=min(scores, default=None),
        mood=entry.mood,
    )


def _raise(
    session: Session, rules: CareRules, study_id: UUID, participant_id: UUID, kinds: Sequence[str], cause: Cause
) -> FollowUp | None:
    """Store an alert of each kind that is new for the cause; the person is held."""
    known = {one.kind for one in queries.alerts_of_key(session, study_id, participant_id, cause.key)}
    fresh = [kind for kind in kinds if kind not in known]
    if not fresh:
        return None
    urgent = any(kind in concerns.URGENT for kind in fresh)
    due_at = cause.at + timedelta(hours=rules.urgent_hours if urgent else rules.due_hours)
    follow_up = queries.open_of(session, study_id, participant_id)
    action = "follow_up.opened" if follow_up is None else "follow_up.joined"
    if follow_up is None:
        follow_up = _open(session, study_id, participant_id, urgent=urgent, due_at=due_at)
    else:
        _join(session, follow_up, urgent=urgent, due_at=due_at)
    moment = clock.now()
    session.add_all([_alert(follow_up, kind, cause, moment) for kind in fresh])
    session.flush()
    detail = {"follow_up": str(follow_up.id), "alerts": len(fresh), "urgent": follow_up.urgent}
    record(session, Change(ACTOR, action, study_id, participant_id, detail))
    return follow_up


def _open(session: Session, study_id: UUID, participant_id: UUID, *, urgent: bool, due_at: datetime) -> FollowUp:
    follow_up = FollowUp(
        study_id=study_id,
        id=uuid7(),
        participant_id=participant_id,
        state=OPEN,
        urgent=urgent,
        opened_at=clock.now(),
        due_at=due_at,
        version=1,
    )
    session.add(follow_up)
    session.flush()
    return follow_up


def _join(session: Session, follow_up: FollowUp, *, urgent: bool, due_at: datetime) -> None:
    """Let a new alert join: the time to be in touch is never put off, unless that was done and now has to be done again."""
    met = queries.is_met(session, follow_up)
    follow_up.due_at = due_at if met else min(follow_up.due_at, due_at)
    follow_up.urgent = follow_up.urgent or urgent
    follow_up.version += 1


def _alert(follow_up: FollowUp, kind: str, cause: Cause, raised_at: datetime) -> Alert:
    return Alert(
        study_id=follow_up.study_id,
        id=uuid7(),
        participant_id=follow_up.participant_id,
        follow_up_id=follow_up.id,
        kind=kind,
        key=cause.key,
        entry_id=cause.entry_id,
        stage_id=cause.stage_id,
        day=cause.day,
        score=cause.score,
        mood=cause.mood,
        occurred_at=cause.occurred_at,
        raised_at=raised_at,
    )

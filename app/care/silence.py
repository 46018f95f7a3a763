"""Who has gone silent: of the compliance page's signs, those that are news, of people from whom words were really expected."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy.orm import Session

from app.care import follow_up_queries, looking
from app.care import silence_queries as queries
from app.care.alert_models import FollowUp
from app.care.silence_queries import MANY, Missed
from app.core import clock
from app.diary import compliance
from app.diary.compliance import PersonRow
from app.diary.compliance_dropout import LAST_PROMPTS, LONGER, WEEK, Trail, usual_distance
from app.prompts import queries as prompts
from app.studies import queries as studies
from app.studies.care_rules import CareRules
from app.studies.models import Study
from app.studies.retention import is_over

NEWS = timedelta(days=14)
"""A silence that could have been seen longer ago opens nothing: rules switched on late do not call up all who ever left off."""

LATELY = timedelta(days=3)
"""Who wrote a message, or came back from a pause of their own, within this time is not called silent."""


@dataclass(frozen=True, slots=True)
class Silence:
    """Nothing was heard of a person ``since``; ``first_day`` is that on their calendar, ``day`` from their anchor event."""

    participant_id: UUID
    since: datetime
    first_day: date
    day: int | None

    @property
    def key(self) -> str:
        """What the alert of it is known by."""
        return self.first_day.isoformat()


def watched_studies(session: Session, now: datetime) -> Sequence[UUID]:
    """Return the studies that want to hear of silence and are not over at ``now``."""
    return [one.id for one in queries.every_study(session) if _watches(one, now)]


def silent(session: Session, study_id: UUID, among: Collection[UUID] | None = None) -> Sequence[Silence]:
    """Return who of a study (of ``among``) has gone silent and was not raised for it yet."""
    now = clock.now()
    study = queries.study(session, study_id)
    if study is None or not _watches(study, now):
        return []
    rows = [one for one in compliance.person_rows(session, study, among) if one.worrying]
    ids = [one.person.id for one in rows]
    missed = queries.missed_in_a_row(session, study_id, ids, now)
    by_hand = queries.writers(session, study_id, ids)
    found = [_silence(one) for one in rows if any(_reasons(one, missed, by_hand, now))]
    return _without_the_excused(session, study_id, found, now)


def raise_one(session: Session, study_id: UUID, found: Silence) -> FollowUp | None:
    """Raise a silence that was found a moment ago, if it is still one; returns the follow-up."""
    if follow_up_queries.held_person(session, study_id, found.participant_id) is None:
        return None
    for still in silent(session, study_id, [found.participant_id]):
        return looking.raise_silence(
            session, study_id, still.participant_id, still.since, first_day=still.first_day, day=still.day
        )
    return None


def _watches(study: Study, now: datetime) -> bool:
    rules = CareRules.of(study.care)
    return rules.watching and rules.silence and not is_over(study, now)


def _since(row: PersonRow) -> datetime:
    return row.writing.last_at if row.writing else row.person.enrolled_at


def _silence(row: PersonRow) -> Silence:
    since, zone = _since(row), row.person.time_zone
    anchor_on = row.person.anchor_on
    day = None if anchor_on is None else clock.days_between(anchor_on, since, zone)
    return Silence(row.person.id, since, clock.local_date(since, zone), day)


def _reasons(row: PersonRow, missed: Mapping[UUID, Missed], by_hand: Collection[UUID], now: datetime) -> Iterator[bool]:
    """Yield for each sign whether it is news, and a silence: what was imported says nothing of who still writes."""
    kinds = {one.kind for one in row.signals}
    if "never" in kinds:
        yield now - row.person.enrolled_at - WEEK <= NEWS
    if "pause" in kinds and row.person.id in by_hand:
        usual = _usual(row)
        yield usual is not None and now - _since(row) - LONGER * usual <= NEWS
    if "unanswered" in kinds:
        # Three prompts went by since they last wrote, and not so many that it has long been so.
        last, since = missed.get(row.person.id, {}), _since(row)
        yield LAST_PROMPTS in last and last[LAST_PROMPTS] > since and not (MANY in last and last[MANY] > since)


def _usual(row: PersonRow) -> timedelta | None:
    wrote = row.writing
    if wrote is None:
        return None
    return usual_distance(Trail(row.person.enrolled_at, False, (), wrote.entries, wrote.first_at, wrote.last_at))


def _without_the_excused(
    session: Session, study_id: UUID, found: Sequence[Silence], now: datetime
) -> Sequence[Silence]:
    """Leave out who was raised already, has a pause or had one lately, does not agree any more, or has written a message."""
    ids = [one.participant_id for one in found]
    if not ids:
        return []
    known = follow_up_queries.silences(session, study_id, ids)
    required = studies.protocol(session, study_id).required_purposes
    agreed = {one for one, given in prompts.agreements(session, study_id, ids).items() if required <= given}
    lately = now - LATELY
    excused = queries.wrote_messages(session, study_id, ids, lately)
    for participant_id, pauses in prompts.pauses_of(session, study_id, ids).items():
        if any(one.until_at is None or one.until_at > lately for one in pauses):
            excused.add(participant_id)
    return [
        one
        for one in found
        if one.participant_id in agreed
        and one.participant_id not in excused
        and (one.participant_id, one.key) not in known
    ]

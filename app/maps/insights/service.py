"""Insights: what was found, whose it is, what it rests on, and how far it got of the five states."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy.orm import Session

from app.audit.service import Change, record
from app.core import clock
from app.core.ids import uuid7
from app.curves.service import K_ANONYMOUS
from app.maps import quotations
from app.maps.insights import queries
from app.maps.insights.errors import IdTaken, InsightNotFound, StaleRow, TooManyRows, WordNeeded
from app.maps.insights.models import STATES, Insight, InsightStep
from app.maps.insights.places import (
    Person,
    owner_id_of,
    people_of,
    stage_finder,
    stage_id_of,
    today_in,
    touchpoint_id_of,
)
from app.maps.insights.schemas import MOST_ROWS, InsightIn, NewInsight, StepIn
from app.maps.quotations import Quoted, Span, Standing, quotations_of, set_quotations
from app.participants.sight import Sight
from app.studies import queries as studies
from app.studies.access import StudyAccess
from app.studies.protocol import StageFacts, StudyProtocol, TouchpointFacts

NOTHING = Standing(0, 0, 0)


@dataclass(frozen=True, slots=True)
class Step:
    """One step of an insight; ``by`` is the actor's label."""

    id: UUID
    state: str
    note: str
    at: datetime
    by: str


@dataclass(frozen=True, slots=True)
class InsightLook:
    """An insight as it may be seen: ``quotes`` are those that may be read, ``quoted`` counts all that stand.

    Who may read none is told a number only where 8 people or more stand behind it.
    """

    id: UUID
    title: str
    text: str
    stage: StageFacts | None
    touchpoint: TouchpointFacts | None
    segment: str | None
    owner: Person | None
    due: date | None
    overdue: bool
    metric: str
    state: str
    steps: tuple[Step, ...]
    quotes: tuple[Quoted, ...]
    quoted: int | None
    version: int
    created_at: datetime
    updated_at: datetime


def insights(session: Session, study_id: UUID, sight: Sight | None) -> Sequence[InsightLook]:
    """Return a study's insights, the latest first; ``sight`` None: without people's words."""
    return _looks(session, study_id, sight, queries.rows_of(session, Insight, study_id, most=MOST_ROWS))


def insight(session: Session, study_id: UUID, sight: Sight | None, insight_id: UUID) -> InsightLook:
    """Return one insight; InsightNotFound."""
    return _looks(session, study_id, sight, [_row(session, study_id, insight_id)])[0]


def add_insight(session: Session, access: StudyAccess, sight: Sight, given: NewInsight) -> tuple[InsightLook, bool]:
    """Store an insight and return it, and whether it is new: the same one again is not, and nothing changes.

    IdTaken for other content under the id; Invalid, UnknownSpan, TooManyRows.
    """
    study_id = access.study.id
    queries.lock_study(session, study_id)
    known = queries.row_of(session, Insight, study_id, given.id)
    if known is not None:
        look = _looks(session, study_id, sight, [known])[0]
        if known.retired_at is not None or content(look) != _content_of(given):
            raise IdTaken()
        return look, False
    if len(queries.rows_of(session, Insight, study_id, most=MOST_ROWS)) >= MOST_ROWS:
        raise TooManyRows(most=MOST_ROWS)
    now = clock.now()
    row = Insight(
        study_id=study_id, id=given.id, state=STATES[0], version=1,
        created_at=now, created_by=access.actor.label, updated_at=now,
    )  # fmt: skip
    _fill(session, row, given)
    session.add(row)
    session.flush()
    _rest_on(session, access, sight, row, given)
    _step(session, access, row, StepIn(state="collected"))
    _log(session, access, "insight.added", row.id)
    return _looks(session, study_id, sight, [row])[0], True


def change_insight(
    session: Session, access: StudyAccess, sight: Sight, insight_id: UUID, given: InsightIn, *, seen: int
) -> InsightLook:
    """Change an insight that was seen in version ``seen``; StaleRow with what stands now when it was changed since."""
    row = _seen(session, access, sight, insight_id, seen)
    if content(_looks(session, access.study.id, sight, [row])[0]) != _content_of(given):
        _fill(session, row, given)
        row.version, row.updated_at = row.version + 1, clock.now()
        session.flush()
        _rest_on(session, access, sight, row, given)
        _log(session, access, "insight.changed", row.id, {"version": row.version})
    return _looks(session, access.study.id, sight, [row])[0]


def move_insight(
    session: Session, access: StudyAccess, sight: Sight, insight_id: UUID, given: StepIn, *, seen: int
) -> InsightLook:
    """Bring an insight into another state, forward or back (back with a word: WordNeeded); every step is kept.

    A step that was taken before, by its id, is not taken again, whatever happened since. The state it is in already
    changes nothing.
    """
    taken = queries.step(session, access.study.id, given.id) if given.id else None
    if taken is not None:
        if (taken.insight_id, taken.state, taken.note) != (insight_id, given.state, given.note):
            raise IdTaken()
        return insight(session, access.study.id, sight, insight_id)
    row = _seen(session, access, sight, insight_id, seen)
    if row.state != given.state:
        if STATES.index(given.state) < STATES.index(row.state) and not given.note:
            raise WordNeeded()
        row.state, row.version, row.updated_at = given.state, row.version + 1, clock.now()
        _step(session, access, row, given)
        _log(session, access, "insight.moved", row.id, {"state": row.state})
    return _looks(session, access.study.id, sight, [row])[0]


def retire_insight(session: Session, access: StudyAccess, sight: Sight, insight_id: UUID, *, seen: int) -> None:
    """Put an insight away; what it led to stays. StaleRow, InsightNotFound."""
    row = _seen(session, access, sight, insight_id, seen)
    row.retired_at, row.version = clock.now(), row.version + 1
    _log(session, access, "insight.retired", row.id)


def content(look: InsightLook) -> Mapping[str, object]:
    """Return what a program would send to make this insight."""
    return {
        "title": look.title,
        "text": look.text,
        "stage": look.stage.key if look.stage else None,
        "touchpoint": look.touchpoint.key if look.touchpoint else None,
        "segment": look.segment,
        "owner": look.owner.login if look.owner else None,
        "due": look.due.isoformat() if look.due else None,
        "metric": look.metric,
        "quotes": [{"statement": str(one.said.id), "start": one.start, "end": one.end} for one in look.quotes],
    }


def _content_of(given: InsightIn) -> Mapping[str, object]:
    said = given.model_dump(mode="json", exclude={"id"})
    said["owner"] = given.owner.strip().lower() if given.owner else None
    for name in ("stage", "touchpoint", "segment"):
        said[name] = said[name] or None
    said["quotes"] = list({tuple(one.items()): one for one in said["quotes"]}.values())
    return said


def _fill(session: Session, row: Insight, given: InsightIn) -> None:
    protocol = studies.protocol(session, row.study_id)
    row.title, row.text, row.metric = given.title, given.text, given.metric
    row.stage_id = stage_id_of(protocol, given.stage)
    row.touchpoint_id = touchpoint_id_of(protocol, row.stage_id, given.touchpoint)
    row.segment = given.segment or None
    row.owner_id = owner_id_of(session, row.study_id, given.owner, now=row.owner_id)
    row.due = given.due


def _rest_on(session: Session, access: StudyAccess, sight: Sight, row: Insight, given: InsightIn) -> None:
    spans = [Span(one.statement, one.start, one.end) for one in given.quotes]
    set_quotations(session, sight, "insight", row.id, spans, found_by=access.actor.label)


def _step(session: Session, access: StudyAccess, row: Insight, given: StepIn) -> None:
    session.add(
        InsightStep(
            study_id=row.study_id, id=given.id or uuid7(), insight_id=row.id, state=given.state, note=given.note,
            at=clock.now(), by=access.actor.label,
        )
    )  # fmt: skip
    session.flush()


def _row(session: Session, study_id: UUID, insight_id: UUID, *, lock: bool = False) -> Insight:
    row = queries.row_of(session, Insight, study_id, insight_id, lock=lock)
    if row is None or row.retired_at is not None:
        raise InsightNotFound()
    return row


def _seen(session: Session, access: StudyAccess, sight: Sight, insight_id: UUID, seen: int) -> Insight:
    row = _row(session, access.study.id, insight_id, lock=True)
    if row.version != seen:
        look = _looks(session, access.study.id, sight, [row])[0]
        raise StaleRow({"id": str(row.id), **content(look), "state": row.state, "version": row.version})
    return row


def _looks(session: Session, study_id: UUID, sight: Sight | None, rows: Sequence[Insight]) -> Sequence[InsightLook]:
    ids = [row.id for row in rows]
    protocol = studies.protocol(session, study_id)
    steps = queries.steps_of(session, study_id, ids)
    people = people_of(session, [row.owner_id for row in rows])
    quotes = quotations_of(session, sight, "insight", ids) if sight else {}
    standing = quotations.standing(session, study_id, "insight", ids)
    return [
        _look(
            row,
            protocol,
            people,
            steps.get(row.id, ()),
            quotes.get(row.id, ()),
            _counted(standing.get(row.id, NOTHING), told=sight is not None),
        )
        for row in rows
    ]


def _counted(standing: Standing, *, told: bool) -> int | None:
    """How many quotations stand; without ``told`` only of nobody, or of people enough to be counted."""
    return standing.quotes if told or standing.people == 0 or standing.people >= K_ANONYMOUS else None


def _look(
    row: Insight,
    protocol: StudyProtocol,
    people: Mapping[UUID, Person],
    steps: Sequence[InsightStep],
    quotes: Sequence[Quoted],
    quoted: int | None,
) -> InsightLook:
    return InsightLook(
        id=row.id,
        title=row.title,
        text=row.text,
        stage=stage_finder(protocol)(row.stage_id),
        touchpoint=protocol.touchpoint_of(row.touchpoint_id),
        segment=row.segment,
        owner=people.get(row.owner_id) if row.owner_id else None,
        due=row.due,
        overdue=row.due is not None and row.state != STATES[-1] and row.due < today_in(protocol),
        metric=row.metric,
        state=row.state,
        steps=tuple(Step(one.id, one.state, one.note, one.at, one.by) for one in steps),
        quotes=tuple(quotes),
        quoted=quoted,
        version=row.version,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )


def _log(
    session: Session, access: StudyAccess, action: str, subject: UUID, detail: Mapping[str, object] | None = None
) -> None:
    record(session, Change(access.actor.label, action, access.study.id, subject, detail))

"""Improvements: who of the ten parties does what, from when to when, and how far it is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID

from sqlalchemy.orm import Session

from app.audit.service import Change, record
from app.core import clock
from app.maps.insights import queries
from app.maps.insights.errors import IdTaken, ImprovementNotFound, InsightNotFound, StaleRow, TooManyRows
from app.maps.insights.models import Improvement, Insight
from app.maps.insights.places import Person, owner_id_of, people_of, stage_finder, stage_id_of, today_in
from app.maps.insights.schemas import MOST_ROWS, ImprovementIn, NewImprovement
from app.studies import queries as studies
from app.studies.access import StudyAccess
from app.studies.protocol import StageFacts

OPEN: Final = ("planned", "doing")


@dataclass(frozen=True, slots=True)
class ImprovementLook:
    """An improvement; ``overdue``: it is neither done nor dropped, and its day has passed where the study is."""

    id: UUID
    title: str
    text: str
    insight_id: UUID | None
    stage: StageFacts | None
    party: str
    owner: Person | None
    starts: date | None
    due: date | None
    status: str
    overdue: bool
    version: int
    created_at: datetime
    updated_at: datetime


def improvements(session: Session, study_id: UUID) -> Sequence[ImprovementLook]:
    """Return a study's improvements, the latest first."""
    return _looks(session, study_id, queries.rows_of(session, Improvement, study_id, most=MOST_ROWS))


def improvement(session: Session, study_id: UUID, improvement_id: UUID) -> ImprovementLook:
    """Return one improvement; ImprovementNotFound."""
    return _looks(session, study_id, [_row(session, study_id, improvement_id)])[0]


def add_improvement(session: Session, access: StudyAccess, given: NewImprovement) -> tuple[ImprovementLook, bool]:
    """Store an improvement and return it, and whether it is new; IdTaken, InsightNotFound, Invalid, TooManyRows."""
    study_id = access.study.id
    queries.lock_study(session, study_id)
    known = queries.row_of(session, Improvement, study_id, given.id)
    if known is not None:
        look = _looks(session, study_id, [known])[0]
        if known.retired_at is not None or content(look) != _content_of(given):
            raise IdTaken()
        return look, False
    if len(queries.rows_of(session, Improvement, study_id, most=MOST_ROWS)) >= MOST_ROWS:
        raise TooManyRows(most=MOST_ROWS)
    now = clock.now()
    row = Improvement(
        study_id=study_id, id=given.id, version=1, created_at=now, created_by=access.actor.label, updated_at=now
    )
    _fill(session, row, given)
    session.add(row)
    session.flush()
    _log(session, access, "improvement.added", row, {"status": row.status})
    return _looks(session, study_id, [row])[0], True


def change_improvement(
    session: Session, access: StudyAccess, improvement_id: UUID, given: ImprovementIn, *, seen: int
) -> ImprovementLook:
    """Change an improvement that was seen in version ``seen``; StaleRow with what stands now when it was changed since."""
    row = _seen(session, access, improvement_id, seen)
    if content(_looks(session, access.study.id, [row])[0]) != _content_of(given):
        _fill(session, row, given)
        row.version, row.updated_at = row.version + 1, clock.now()
        session.flush()
        _log(session, access, "improvement.changed", row, {"status": row.status, "version": row.version})
    return _looks(session, access.study.id, [row])[0]


def retire_improvement(session: Session, access: StudyAccess, improvement_id: UUID, *, seen: int) -> None:
    """Put an improvement away; StaleRow, ImprovementNotFound."""
    row = _seen(session, access, improvement_id, seen)
    row.retired_at, row.version = clock.now(), row.version + 1
    _log(session, access, "improvement.retired", row, {})


def content(look: ImprovementLook) -> Mapping[str, object]:
    """Return what a program would send to make this improvement."""
    return {
        "title": look.title,
        "text": look.text,
        "insight": str(look.insight_id) if look.insight_id else None,
        "stage": look.stage.key if look.stage else None,
        "party": look.party,
        "owner": look.owner.login if look.owner else None,
        "starts": look.starts.isoformat() if look.starts else None,
        "due": look.due.isoformat() if look.due else None,
        "status": look.status,
    }


def _content_of(given: ImprovementIn) -> Mapping[str, object]:
    said = given.model_dump(mode="json", exclude={"id"})
    return said | {"stage": given.stage or None, "owner": given.owner.strip().lower() if given.owner else None}


def _fill(session: Session, row: Improvement, given: ImprovementIn) -> None:
    if given.insight is not None:
        insight = queries.row_of(session, Insight, row.study_id, given.insight)
        if insight is None or (insight.retired_at is not None and given.insight != row.insight_id):
            raise InsightNotFound()
    row.title, row.text, row.insight_id = given.title, given.text, given.insight
    row.stage_id = stage_id_of(studies.protocol(session, row.study_id), given.stage)
    row.party, row.status = given.party, given.status
    row.owner_id = owner_id_of(session, row.study_id, given.owner, now=row.owner_id)
    row.starts, row.due = given.starts, given.due


def _row(session: Session, study_id: UUID, improvement_id: UUID, *, lock: bool = False) -> Improvement:
    row = queries.row_of(session, Improvement, study_id, improvement_id, lock=lock)
    if row is None or row.retired_at is not None:
        raise ImprovementNotFound()
    return row


def _seen(session: Session, access: StudyAccess, improvement_id: UUID, seen: int) -> Improvement:
    row = _row(session, access.study.id, improvement_id, lock=True)
    if row.version != seen:
        look = _looks(session, access.study.id, [row])[0]
        raise StaleRow({"id": str(row.id), **content(look), "version": row.version})
    return row


def _looks(session: Session, study_id: UUID, rows: Sequence[Improvement]) -> Sequence[ImprovementLook]:
    protocol = studies.protocol(session, study_id)
    stage_of, today = stage_finder(protocol), today_in(protocol)
    people = people_of(session, [row.owner_id for row in rows])
    return [
        ImprovementLook(
            id=row.id,
            title=row.title,
            text=row.text,
            insight_id=row.insight_id,
            stage=stage_of(row.stage_id),
            party=row.party,
            owner=people.get(row.owner_id) if row.owner_id else None,
            starts=row.starts,
            due=row.due,
            status=row.status,
            overdue=row.status in OPEN and row.due is not None and row.due < today,
            version=row.version,
            created_at=row.created_at,
            updated_at=row.updated_at,
        )
        for row in rows
    ]


def _log(session: Session, access: StudyAccess, action: str, row: Improvement, detail: Mapping[str, object]) -> None:
    record(session, Change(access.actor.label, action, access.study.id, row.id, detail))

"""SELECTs behind a curve: cells, revisions, segments and the quotes of one point."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, bindparam, case, false, func, or_, select
from sqlalchemy.orm import Session

from app.core.db import to_micro
from app.participants.models import Participant
from app.participants.sight import Sight
from app.statements.cells import TEXT_SOURCES
from app.statements.models import CurveCell, CurveRevision, MachineCoding, Statement
from app.studies.protocol import StudyProtocol
from nlp import NEUTRAL_BELOW

CELL_COLUMNS = (
    CurveCell.participant_id,
    CurveCell.position,
    CurveCell.wave,
    CurveCell.source,
    CurveCell.entries,
    CurveCell.n,
    CurveCell.sum_model,
    CurveCell.sum_weight,
    CurveCell.sum_weight_model,
    CurveCell.sum_weight_human,
    CurveCell.coded,
)

CURVE_SOURCES = (*TEXT_SOURCES, "mood")
OBSERVED = "observer"


@dataclass(frozen=True, slots=True)
class Revisions:
    """How often each slot of a study's cells has changed, and when last."""

    by_slot: tuple[tuple[int, int], ...]
    changed_at: datetime | None


_REVISIONS = (
    select(CurveRevision.slot, CurveRevision.revision, CurveRevision.changed_at)
    .where(CurveRevision.study_id == bindparam("study_id"))
    .order_by(CurveRevision.slot)
)


def revisions(session: Session, study_id: UUID) -> Revisions:
    """Return the revisions of the study's cells."""
    rows = session.execute(_REVISIONS, {"study_id": study_id}).all()
    return Revisions(
        tuple((slot, revision) for slot, revision, _ in rows),
        max((changed_at for *_, changed_at in rows), default=None),
    )


def changed_cells(
    session: Session, study_id: UUID, axis: str, since: Sequence[tuple[int, int]], *, observed: bool = False
) -> Sequence[Any]:
    """Return the participants' cells of one axis, or those ``observed`` by the team, in the slots of ``since`` that changed
    after the revision given with each."""
    if not since:
        return ()
    changed = [and_(CurveCell.slot == slot, CurveCell.revision > revision) for slot, revision in since]
    query = select(*CELL_COLUMNS).where(CurveCell.study_id == study_id, CurveCell.axis == axis, or_(*changed))
    # What observers saw is nobody's own road: it is read apart, and its writers are no rows of any matrix.
    return session.execute(query.where(CurveCell.source.in_((OBSERVED,) if observed else CURVE_SOURCES))).all()


def segment_members(session: Session, study_id: UUID, attribute: str, value: str) -> set[UUID]:
    """Return the participants whose ``attribute`` is ``value``."""
    query = select(Participant.id).where(
        Participant.study_id == study_id, Participant.attributes[attribute].as_string() == value
    )
    return set(session.scalars(query))


def attribute_values(session: Session, study_id: UUID) -> dict[str, set[str]]:
    """Return every attribute of the study's participants and the values that occur."""
    return {name: set(counts) for name, counts in attribute_counts(session, study_id).items()}


def attribute_counts(session: Session, study_id: UUID) -> dict[str, Counter[str]]:
    """Return every attribute of the study's participants, and how many have each value that occurs."""
    counts: dict[str, Counter[str]] = {}
    for attributes in session.scalars(select(Participant.attributes).where(Participant.study_id == study_id)):
        for name, value in attributes.items():
            counts.setdefault(name, Counter())[str(value)] += 1
    return counts


def narrowed(session: Session, protocol: StudyProtocol, segment: str | None, wave: str | None) -> list[Any]:
    """Return the SQL conditions of statements of one segment (``attribute:value``) and one wave."""
    conditions: list[Any] = []
    if segment:
        attribute, _, value = segment.partition(":")
        conditions.append(Statement.participant_id.in_(segment_members(session, protocol.study.id, attribute, value)))
    if wave:
        known = protocol.wave(wave)
        conditions.append(Statement.wave_id == known.id if known else false())
    return conditions


@dataclass(frozen=True, slots=True)
class Quote:
    """A statement behind a point, with its participant's code."""

    id: UUID
    participant: str
    text: str
    role: str
    stage_id: UUID
    touchpoint_id: UUID | None
    occurred_at: datetime
    day: int | None
    sentiment_micro: int
    model_version: str
    participant_id: UUID
    source_id: UUID


def quotes(
    session: Session,
    sight: Sight,
    *,
    conditions: Sequence[Any],
    lowest_first: bool,
    limit: int,
    sources: Sequence[str] = TEXT_SOURCES,
) -> Sequence[Quote]:
    """Return statements of ``sources`` that may be seen and meet ``conditions``, the most extreme first."""
    order = Statement.sentiment_micro.asc() if lowest_first else Statement.sentiment_micro.desc()
    query = (
        select(
            Statement.id,
            Participant.code,
            Statement.text,
            Statement.role,
            Statement.stage_id,
            Statement.touchpoint_id,
            Statement.occurred_at,
            Statement.day,
            Statement.sentiment_micro,
            Statement.model_version,
            Statement.participant_id,
            Statement.source_id,
        )
        .join(Participant, and_(Participant.study_id == Statement.study_id, Participant.id == Statement.participant_id))
        .where(Statement.study_id == sight.study_id, Statement.retracted_at.is_(None))
        .where(sight.reaches(Statement.participant_id), Statement.source.in_(sources), *conditions)
        .order_by(order, Statement.id)
        .limit(limit)
    )
    return [Quote(*tuple(row)) for row in session.execute(query)]


def compared(session: Session, study_id: UUID, version: str) -> Sequence[Any]:
    """Return sums over the statements that ``version`` has coded too: participant_id, stage_id, the label (negative,
    neutral, positive) by the score in force (``before``) and by ``version`` (``after``), n, and both sums in millionths."""
    before, after = _label(Statement.sentiment_micro), _label(MachineCoding.sentiment_micro)
    query = (
        select(
            Statement.participant_id,
            Statement.stage_id,
            before.label("before"),
            after.label("after"),
            func.count().label("n"),
            func.sum(Statement.sentiment_micro).label("sum_before"),
            func.sum(MachineCoding.sentiment_micro).label("sum_after"),
        )
        .join(MachineCoding, _coded_by(version))
        .where(Statement.study_id == study_id, Statement.retracted_at.is_(None), Statement.source.in_(TEXT_SOURCES))
        .group_by(Statement.participant_id, Statement.stage_id, before, after)
    )
    return session.execute(query).all()


def not_compared(session: Session, study_id: UUID, version: str) -> int:
    """Return how many statements ``version`` has not coded."""
    coded = select(MachineCoding.statement_id).where(_coded_by(version)).correlate(Statement)
    said = (Statement.study_id == study_id, Statement.retracted_at.is_(None), Statement.source.in_(TEXT_SOURCES))
    query = select(func.count()).where(*said, ~coded.exists())
    return session.scalar(query) or 0


@dataclass(frozen=True, slots=True)
class ChangedQuote:
    """A statement with its score in force and by another version, in millionths."""

    id: UUID
    participant: str
    text: str
    stage_id: UUID
    before_micro: int
    after_micro: int
    participant_id: UUID
    source_id: UUID


def largest_changes(session: Session, sight: Sight, version: str, limit: int) -> Sequence[ChangedQuote]:
    """Return the statements that may be seen and whose score ``version`` changes most, the largest change first."""
    change = func.abs(MachineCoding.sentiment_micro - Statement.sentiment_micro)
    query = (
        select(
            Statement.id,
            Participant.code,
            Statement.text,
            Statement.stage_id,
            Statement.sentiment_micro,
            MachineCoding.sentiment_micro,
            Statement.participant_id,
            Statement.source_id,
        )
        .join(MachineCoding, _coded_by(version))
        .join(Participant, and_(Participant.study_id == Statement.study_id, Participant.id == Statement.participant_id))
        .where(Statement.study_id == sight.study_id, Statement.retracted_at.is_(None), change > 0)
        .where(sight.reaches(Statement.participant_id), Statement.source.in_(TEXT_SOURCES))
        .order_by(change.desc(), Statement.id)
        .limit(limit)
    )
    rows: Sequence[Any] = session.execute(query).all()
    return [ChangedQuote(*row) for row in rows]


def _coded_by(version: str) -> ColumnElement[bool]:
    return and_(
        MachineCoding.study_id == Statement.study_id,
        MachineCoding.statement_id == Statement.id,
        MachineCoding.model_version == version,
    )


def _label(score: Any) -> ColumnElement[str]:
    """As nlp.label_of says it."""
    cut = to_micro(NEUTRAL_BELOW)
    return case((score >= cut, "positive"), (score <= -cut, "negative"), else_="neutral")

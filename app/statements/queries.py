"""SELECTs of statements, and of what each version of a coder gave one."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, select
from sqlalchemy.orm import Session

from app.core.errors import NotFound
from app.participants.models import Participant
from app.participants.sight import Sight
from app.statements.models import MachineCoding, PendingRefinement, Statement


def seen_statement(session: Session, sight: Sight, statement_id: UUID) -> tuple[Statement, str]:
    """Return a statement that may be seen and its participant's code; NotFound for any other, and for a replaced one."""
    query = (
        select(Statement, Participant.code)
        .join(Participant, and_(Participant.study_id == Statement.study_id, Participant.id == Statement.participant_id))
        .where(Statement.study_id == sight.study_id, Statement.id == statement_id, Statement.retracted_at.is_(None))
        .where(sight.reaches(Statement.participant_id))
    )
    row = session.execute(query).one_or_none()
    if row is None:
        raise NotFound()
    return row[0], row[1]


def codings_of(session: Session, study_id: UUID, statement_id: UUID) -> Sequence[MachineCoding]:
    """Return every stored coding of a statement, the latest first."""
    query = (
        select(MachineCoding)
        .where(MachineCoding.study_id == study_id, MachineCoding.statement_id == statement_id)
        .order_by(MachineCoding.coded_at.desc(), MachineCoding.model_version)
    )
    return session.scalars(query).all()


def is_waiting(session: Session, study_id: UUID, statement_id: UUID) -> bool:
    """Return whether the study's slow coder has still to read the statement."""
    return session.get(PendingRefinement, (study_id, statement_id)) is not None


def cues_of_source(session: Session, study_id: UUID, source_id: UUID) -> set[str]:
    """Return the kinds of risk cues that the codings in force found in what stands of one entry or turn."""
    statement = (
        select(MachineCoding.risk)
        .join(
            Statement,
            and_(
                Statement.study_id == MachineCoding.study_id,
                Statement.id == MachineCoding.statement_id,
                Statement.model_version == MachineCoding.model_version,
            ),
        )
        .where(Statement.study_id == study_id, Statement.source_id == source_id, Statement.retracted_at.is_(None))
    )
    return {cue["kind"] for cues in session.scalars(statement) for cue in cues}


def standing_for_update(session: Session, study_id: UUID, *conditions: ColumnElement[bool]) -> Sequence[Any]:
    """Return the statements that stand and meet ``conditions``: where they count in the cells, and with what.

    They are locked in the order of their ids until the transaction ends, so that what is added to the cells is the
    difference to what they really held.
    """
    query = (
        select(
            Statement.id,
            Statement.participant_id,
            Statement.stage_id,
            Statement.touchpoint_id,
            Statement.wave_id,
            Statement.day,
            Statement.source,
            Statement.role,
            Statement.text,
            Statement.sentiment_micro,
            Statement.human_micro,
            Statement.weight_micro,
        )
        .where(Statement.study_id == study_id, Statement.retracted_at.is_(None), *conditions)
        .order_by(Statement.id)
        .with_for_update(key_share=True)  # what is locked keeps its key: codings of it may be inserted meanwhile
    )
    return session.execute(query).all()

"""SELECTs of one statement and of what each version of a coder gave it."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import and_, select
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

"""SELECTs for writing a project, each within one study, and for people of a batch where they read words."""

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, or_, select, true
from sqlalchemy.orm import Session

from app.coding.blinding import is_blind
from app.coding.models import Assignment, Draw, Excerpt, HumanCoding, Memo, StudyCoder
from app.diary.models import Entry
from app.interviews.models import Interview, Turn
from app.participants.models import AnchorEvent, Participant
from app.statements.models import MachineCoding, Statement

Row = Any


def people_of(session: Session, study_id: UUID) -> Sequence[Row]:
    """Return id and code of every participant, in the order of a project."""
    query = select(Participant.id, Participant.code).where(Participant.study_id == study_id)
    return session.execute(query.order_by(Participant.code, Participant.id)).all()


def participants(session: Session, study_id: UUID, ids: Collection[UUID]) -> dict[UUID, tuple[Participant, Any]]:
    """Return these participants with the day of their anchor event."""
    anchored = and_(AnchorEvent.study_id == Participant.study_id, AnchorEvent.participant_id == Participant.id)
    query = select(Participant, AnchorEvent.on).outerjoin(AnchorEvent, anchored)
    rows = session.execute(query.where(Participant.study_id == study_id, Participant.id.in_(ids)))
    return {person.id: (person, on) for person, on in rows}


def entries(session: Session, study_id: UUID, ids: Collection[UUID]) -> Sequence[Entry]:
    """Return the entries of these participants."""
    return session.scalars(select(Entry).where(Entry.study_id == study_id, Entry.participant_id.in_(ids))).all()


def interviews(session: Session, study_id: UUID, ids: Collection[UUID]) -> Sequence[Interview]:
    """Return the interviews with these participants, in the order of a project."""
    query = select(Interview).where(Interview.study_id == study_id, Interview.participant_id.in_(ids))
    return session.scalars(query.order_by(Interview.held_at, Interview.id)).all()


def turns(session: Session, study_id: UUID, ids: Collection[UUID]) -> Sequence[Turn]:
    """Return the turns of the interviews with these participants, in their order."""
    query = select(Turn).where(Turn.study_id == study_id, Turn.participant_id.in_(ids))
    return session.scalars(query.order_by(Turn.interview_id, Turn.position, Turn.id)).all()


def statements(session: Session, study_id: UUID, ids: Collection[UUID]) -> Sequence[Statement]:
    """Return the statements of these participants that stand."""
    query = select(Statement).where(Statement.study_id == study_id, Statement.participant_id.in_(ids))
    standing = query.where(Statement.retracted_at.is_(None))
    return session.scalars(standing.order_by(Statement.occurred_at, Statement.id)).all()


def machine_codings(
    session: Session, study_id: UUID, ids: Collection[UUID], *, open_only: bool
) -> Sequence[MachineCoding]:
    """Return the machine's codings of what these participants said; ``open_only``: not of what is coded blind just now."""
    query = _of_people(select(MachineCoding), MachineCoding, study_id, ids)
    seen = query.where(~is_blind(MachineCoding.study_id, MachineCoding.statement_id)) if open_only else query
    return session.scalars(seen.order_by(MachineCoding.model_version)).all()


def human_codings(
    session: Session, study_id: UUID, ids: Collection[UUID], visible: ColumnElement[bool] | None
) -> Sequence[HumanCoding]:
    """Return people's codings of what these participants said, as far as they are ``visible``."""
    query = _of_people(select(HumanCoding), HumanCoding, study_id, ids).where(true() if visible is None else visible)
    return session.scalars(query.order_by(HumanCoding.created_at, HumanCoding.coder_id)).all()


def excerpts(
    session: Session, study_id: UUID, ids: Collection[UUID], visible: ColumnElement[bool] | None
) -> Sequence[Excerpt]:
    """Return the excerpts of those codings."""
    coded = and_(
        HumanCoding.study_id == Excerpt.study_id,
        HumanCoding.statement_id == Excerpt.statement_id,
        HumanCoding.coder_id == Excerpt.coder_id,
    )
    query = _of_people(select(Excerpt).join(HumanCoding, coded), Excerpt, study_id, ids)
    seen = query.where(true() if visible is None else visible)
    return session.scalars(seen.order_by(Excerpt.start, Excerpt.end, Excerpt.id)).all()


def draws(session: Session, study_id: UUID, ids: Collection[UUID]) -> Sequence[Draw]:
    """Return the draws of what these participants said."""
    return session.scalars(_of_people(select(Draw), Draw, study_id, ids)).all()


def assignments(session: Session, study_id: UUID, ids: Collection[UUID]) -> Sequence[Assignment]:
    """Return the places at those draws."""
    return session.scalars(_of_people(select(Assignment), Assignment, study_id, ids)).all()


def coders(session: Session, study_id: UUID) -> Sequence[StudyCoder]:
    """Return everybody who codes in the study."""
    query = select(StudyCoder).where(StudyCoder.study_id == study_id)
    return session.scalars(query.order_by(StudyCoder.id)).all()


def memos(session: Session, study_id: UUID) -> Sequence[Memo]:
    """Return the study's memos."""
    return session.scalars(select(Memo).where(Memo.study_id == study_id).order_by(Memo.id)).all()


def withheld(session: Session, study_id: UUID, visible: ColumnElement[bool]) -> int:
    """Return how many people's codings are not ``visible``."""
    query = select(HumanCoding.statement_id).where(HumanCoding.study_id == study_id, ~visible)
    return len(session.execute(query).all())


def known(session: Session, study_id: UUID, model: type[Any], ids: Collection[UUID]) -> set[UUID]:
    """Return which of ``ids`` the study has in the table of ``model``."""
    return _in_batches(
        ids, lambda some: session.scalars(select(model.id).where(model.study_id == study_id, model.id.in_(some)))
    )


def coded_pairs(session: Session, study_id: UUID, statement_ids: Collection[UUID]) -> set[tuple[UUID, UUID]]:
    """Return (statement, coder) of the codings that there are of these statements."""
    return _in_batches(
        statement_ids,
        lambda some: (
            (one, other)
            for one, other in session.execute(
                select(HumanCoding.statement_id, HumanCoding.coder_id).where(
                    HumanCoding.study_id == study_id, HumanCoding.statement_id.in_(some)
                )
            )
        ),
    )


def machine_pairs(session: Session, study_id: UUID, statement_ids: Collection[UUID]) -> set[tuple[UUID, str]]:
    """Return (statement, model version) of the machine's codings that there are of these statements."""
    return _in_batches(
        statement_ids,
        lambda some: (
            (one, other)
            for one, other in session.execute(
                select(MachineCoding.statement_id, MachineCoding.model_version).where(
                    MachineCoding.study_id == study_id, MachineCoding.statement_id.in_(some)
                )
            )
        ),
    )


def statement_texts(session: Session, study_id: UUID, ids: Collection[UUID]) -> dict[UUID, str]:
    """Return the texts of these statements; an empty one for a statement that was replaced."""
    return dict(
        _in_batches(
            ids,
            lambda some: (
                (one, text if retracted is None else "")
                for one, text, retracted in session.execute(
                    select(Statement.id, Statement.text, Statement.retracted_at).where(
                        Statement.study_id == study_id, Statement.id.in_(some)
                    )
                )
            ),
        )
    )


def inhabited(session: Session, study_id: UUID, source_ids: Collection[UUID]) -> set[UUID]:
    """Return which of these entries and turns the study has, or has statements of."""
    found: set[UUID] = set()
    for column, study in (
        (Entry.id, Entry.study_id),
        (Turn.id, Turn.study_id),
        (Statement.source_id, Statement.study_id),
    ):
        found |= _in_batches(
            source_ids,
            lambda some, column=column, study=study: session.scalars(
                select(column).where(study == study_id, column.in_(some)).distinct()
            ),
        )
    return found


def hold_statements(session: Session, study_id: UUID, ids: Collection[UUID]) -> None:
    """Keep these statements from being coded by others until the transaction ends."""
    _in_batches(
        ids,
        lambda some: session.scalars(
            select(Statement.id)
            .where(Statement.study_id == study_id, Statement.id.in_(some))
            .order_by(Statement.id)
            .with_for_update(key_share=True)
        ),
    )


def people_by(session: Session, study_id: UUID, ids: Collection[UUID], codes: Collection[str]) -> Sequence[Participant]:
    """Return the participants with one of these ids or codes."""
    wanted = or_(Participant.id.in_(ids), Participant.code.in_(codes))
    return session.scalars(select(Participant).where(Participant.study_id == study_id, wanted)).all()


def _in_batches(ids: Collection[Any], ask: Any, size: int = 500) -> set[Any]:
    found: set[Any] = set()
    wanted = sorted(ids)
    for first in range(0, len(wanted), size):
        found.update(ask(wanted[first : first + size]))
    return found


def _of_people(query: Any, model: type[Any], study_id: UUID, ids: Collection[UUID]) -> Any:
    said = and_(Statement.study_id == model.study_id, Statement.id == model.statement_id)
    return query.join(Statement, said).where(
        model.study_id == study_id, Statement.participant_id.in_(ids), Statement.retracted_at.is_(None)
    )

"""SELECTs of codings, draws and who has what in hand; each names the study it may see."""

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import BindParameter, Select, Uuid, bindparam, func, select
from sqlalchemy.orm import Session

from app.coding.models import Assignment, Code, CodingChange, Draw, DrawPlan, Excerpt, HumanCoding, StudyCoder
from app.participants.models import Participant
from app.statements.models import Statement
from app.studies.models import Study


def coder_of_user(session: Session, study_id: UUID, user_id: UUID) -> StudyCoder | None:
    """Return the coder that this user is in the study, if they ever coded in it."""
    query = select(StudyCoder).where(StudyCoder.study_id == study_id, StudyCoder.user_id == user_id)
    return session.scalars(query).first()


def consensus(session: Session, study_id: UUID) -> StudyCoder | None:
    """Return the coder of adjudicated values, if the study has one."""
    query = select(StudyCoder).where(StudyCoder.study_id == study_id, StudyCoder.kind == "consensus")
    return session.scalars(query.order_by(StudyCoder.id)).first()


def coders(session: Session, study_id: UUID) -> Sequence[StudyCoder]:
    """Return everybody whose codes the study holds, the earliest first."""
    return session.scalars(select(StudyCoder).where(StudyCoder.study_id == study_id).order_by(StudyCoder.id)).all()


def coder(session: Session, study_id: UUID, coder_id: UUID) -> StudyCoder | None:
    """Return the coder ``coder_id`` of the study."""
    return session.get(StudyCoder, (study_id, coder_id))


def whose_statement(session: Session, study_id: UUID, statement_id: UUID) -> UUID | None:
    """Return the participant whose statement it is; None if the study has no such statement."""
    query = select(Statement.participant_id).where(Statement.study_id == study_id, Statement.id == statement_id)
    return session.scalar(query)


def held_statement(session: Session, study_id: UUID, participant_id: UUID, statement_id: UUID) -> Statement | None:
    """Return the statement, and hold it against other codings of it until the transaction ends; None if it is gone.

    The person is held first, as those who erase people do, so that neither waits for the other.
    """
    person = select(Participant.id).where(Participant.study_id == study_id, Participant.id == participant_id)
    session.execute(person.with_for_update(read=True, key_share=True))
    query = select(Statement).where(Statement.study_id == study_id, Statement.id == statement_id)
    held = query.with_for_update(key_share=True).execution_options(populate_existing=True)
    return session.scalars(held).first()


def study_now(session: Session, study_id: UUID) -> Study:
    """Return the study as it stands in this transaction."""
    query = select(Study).where(Study.id == study_id).execution_options(populate_existing=True)
    return session.scalars(query).one()


def coding(session: Session, study_id: UUID, statement_id: UUID, coder_id: UUID) -> HumanCoding | None:
    """Return what the coder said of the statement, as it stands now."""
    key = (study_id, statement_id, coder_id)
    return session.get(HumanCoding, key, populate_existing=True)


def excerpts(session: Session, study_id: UUID, statement_id: UUID, coder_id: UUID) -> Sequence[Excerpt]:
    """Return the coder's excerpts of the statement, in the order of the text."""
    query = select(Excerpt).where(
        Excerpt.study_id == study_id, Excerpt.statement_id == statement_id, Excerpt.coder_id == coder_id
    )
    ordered = query.order_by(Excerpt.start, Excerpt.end, Excerpt.id).execution_options(populate_existing=True)
    return session.scalars(ordered).all()


def elsewhere(session: Session, study_id: UUID, ids: Collection[UUID], statement_id: UUID, coder_id: UUID) -> set[UUID]:
    """Return which of these excerpt ids stand in another document already."""
    query = select(Excerpt.id).where(
        Excerpt.study_id == study_id,
        Excerpt.id.in_(ids),
        ~((Excerpt.statement_id == statement_id) & (Excerpt.coder_id == coder_id)),
    )
    return set(session.scalars(query)) if ids else set()


def usable_codes(session: Session, study_id: UUID, ids: Collection[UUID]) -> set[UUID]:
    """Return which of these codes may be applied, and hold them against being merged or retired meanwhile."""
    query = (
        select(Code.id)
        .where(Code.study_id == study_id, Code.id.in_(ids), Code.retired_at.is_(None))
        .order_by(Code.id)
        .with_for_update(read=True)
    )
    return set(session.scalars(query)) if ids else set()


def draw(session: Session, study_id: UUID, statement_id: UUID) -> Draw | None:
    """Return the draw of the statement, as it stands now."""
    return session.get(Draw, (study_id, statement_id), populate_existing=True)


def slots(session: Session, study_id: UUID, statement_id: UUID) -> Sequence[Assignment]:
    """Return who has the statement in hand or has coded it as drawn, by slot."""
    query = select(Assignment).where(Assignment.study_id == study_id, Assignment.statement_id == statement_id)
    return session.scalars(query.order_by(Assignment.slot).execution_options(populate_existing=True)).all()


def is_assigned(session: Session, study_id: UUID, statement_id: UUID, coder_id: UUID) -> bool:
    """Return whether the statement was given to this coder."""
    query = select(Assignment.slot).where(
        Assignment.study_id == study_id, Assignment.statement_id == statement_id, Assignment.coder_id == coder_id
    )
    return session.scalars(query).first() is not None


def history(session: Session, study_id: UUID, statement_id: UUID, coder_id: UUID) -> Sequence[CodingChange]:
    """Return every change of this coder's coding of the statement, the earliest first."""
    query = select(CodingChange).where(
        CodingChange.study_id == study_id,
        CodingChange.statement_id == statement_id,
        CodingChange.coder_id == coder_id,
    )
    return session.scalars(query.order_by(CodingChange.version, CodingChange.id)).all()


def latest_plan(session: Session, study_id: UUID) -> DrawPlan | None:
    """Return the plan in force."""
    query = select(DrawPlan).where(DrawPlan.study_id == study_id).order_by(DrawPlan.version.desc()).limit(1)
    return session.scalars(query.execution_options(populate_existing=True)).first()


def plans(session: Session, study_id: UUID) -> Sequence[DrawPlan]:
    """Return every plan of the study, the latest first."""
    query = select(DrawPlan).where(DrawPlan.study_id == study_id).order_by(DrawPlan.version.desc())
    return session.scalars(query).all()


def values_in_force(session: Session, study_id: UUID, ids: Collection[UUID]) -> Sequence[Any]:
    """Return (statement_id, probability, doubled, done, total, agreed) of drawn statements.

    ``done`` counts the slots whose coders have finished with a sentiment, ``total`` sums those sentiments, and ``agreed``
    is the adjudicated one, or None.
    """
    return session.execute(_VALUES, {"study_id": study_id, "ids": list(ids)}).all()


def _values() -> Select[Any]:
    # Put together once: every save runs it, and putting it together costs more than running it.
    study_id: BindParameter[UUID] = bindparam("study_id", type_=Uuid())
    ids: BindParameter[UUID] = bindparam("ids", expanding=True)
    slot = (
        select(
            Assignment.statement_id.label("statement_id"),
            func.count(HumanCoding.sentiment).label("done"),
            func.sum(HumanCoding.sentiment).label("total"),
        )
        .join(
            HumanCoding,
            (HumanCoding.study_id == Assignment.study_id)
            & (HumanCoding.statement_id == Assignment.statement_id)
            & (HumanCoding.coder_id == Assignment.coder_id),
        )
        .where(Assignment.study_id == study_id, Assignment.statement_id.in_(ids), HumanCoding.done_at.is_not(None))
        .group_by(Assignment.statement_id)
        .subquery()
    )
    agreed = (
        select(HumanCoding.statement_id.label("statement_id"), HumanCoding.sentiment.label("sentiment"))
        .join(StudyCoder, (StudyCoder.study_id == HumanCoding.study_id) & (StudyCoder.id == HumanCoding.coder_id))
        .where(StudyCoder.kind == "consensus", HumanCoding.study_id == study_id, HumanCoding.statement_id.in_(ids))
        .where(HumanCoding.done_at.is_not(None))
        .subquery()
    )
    return (
        select(
            Draw.statement_id,
            Draw.probability,
            Draw.doubled,
            func.coalesce(slot.c.done, 0).label("done"),
            func.coalesce(slot.c.total, 0).label("total"),
            agreed.c.sentiment.label("agreed"),
        )
        .outerjoin(slot, slot.c.statement_id == Draw.statement_id)
        .outerjoin(agreed, agreed.c.statement_id == Draw.statement_id)
        .where(Draw.study_id == study_id, Draw.statement_id.in_(ids))
    )


_VALUES = _values()

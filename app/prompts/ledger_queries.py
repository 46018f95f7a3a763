"""SELECTs of the ledger: one prompt, a person's prompts, and what workers look for. Each names its study where it has one."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, and_, false, func, not_, or_, select, text
from sqlalchemy.orm import Session

from app.prompts.models import (
    DELIVERED,
    Prompt,
)

IS_PLANNED = text("prompt.state = 'planned'")
"""Written out, for the partial index."""

NUDGE, ASKED = "nudge/", "asked/"
"""What the occasions of prompts by hand begin with: those sent at once, and those planned for later."""


@dataclass(frozen=True, slots=True)
class DuePrompt:
    """A claimed prompt: what a sender needs to know of it. ``zone`` is the person's; ``words`` a nudge's own.

    ``channel`` is set when a worker died after it had begun there: that channel is to be asked again, under the same id.
    """

    study_id: UUID
    id: UUID
    participant_id: UUID
    rule_key: str | None
    occasion: str
    revision: int
    wanted_at: datetime
    planned_at: datetime
    zone: str
    day: int | None
    due_at: datetime
    expires_at: datetime
    remind_minutes: int | None
    apart_minutes: int
    attempts: int
    reminder_of: UUID | None
    nudged_by: str | None
    words: str | None
    channel: str | None


_DUE_COLUMNS = (
    Prompt.study_id,
    Prompt.id,
    Prompt.participant_id,
    Prompt.rule_key,
    Prompt.occasion,
    Prompt.revision,
    Prompt.wanted_at,
    Prompt.planned_at,
    Prompt.planned_zone,
    Prompt.day,
    Prompt.due_at,
    Prompt.expires_at,
    Prompt.remind_minutes,
    Prompt.apart_minutes,
    Prompt.attempts,
    Prompt.reminder_of,
    Prompt.nudged_by,
    Prompt.words,
    Prompt.channel,
)


def due_prompts(session: Session, now: datetime, limit: int, people: Collection[UUID] | None = None) -> list[DuePrompt]:
    """Return prompts that are due and that no other worker is at, held until the transaction ends."""
    query = select(*_DUE_COLUMNS).where(IS_PLANNED, Prompt.due_at <= now).order_by(Prompt.due_at, Prompt.id)
    if people is not None:
        query = query.where(Prompt.participant_id.in_(people))
    return [DuePrompt(*tuple(row)) for row in session.execute(query.limit(limit).with_for_update(skip_locked=True))]


def find(session: Session, study_id: UUID, prompt_id: UUID, participant_id: UUID | None = None) -> Prompt | None:
    """Return one prompt of the study, of this participant where one is named."""
    prompt = session.get(Prompt, (study_id, prompt_id), populate_existing=True)
    if prompt is None or (participant_id is not None and prompt.participant_id != participant_id):
        return None
    return prompt


def held(session: Session, study_id: UUID, prompt_id: UUID, participant_id: UUID) -> Prompt | None:
    """Return one prompt of a person, held until the transaction ends."""
    query = select(Prompt).where(
        Prompt.study_id == study_id, Prompt.id == prompt_id, Prompt.participant_id == participant_id
    )
    return session.scalars(query.with_for_update().execution_options(populate_existing=True)).one_or_none()


def latest_open(session: Session, study_id: UUID, participant_id: UUID, at: datetime) -> Prompt | None:
    """Return the prompt that the person had in hand at ``at``: delivered, in its time, unanswered; the latest, held.

    One of the schedule before one sent by hand, which only repeats what the schedule asked.
    """
    query = select(Prompt).where(
        Prompt.study_id == study_id,
        Prompt.participant_id == participant_id,
        Prompt.reminder_of.is_(None),
        Prompt.state.in_((*DELIVERED, "sending")),
        Prompt.answered_at.is_(None),
        Prompt.claimed_at <= at,
        Prompt.expires_at > at,
    )
    query = query.order_by(Prompt.nudged_by.is_not(None), Prompt.planned_at.desc(), Prompt.id.desc()).limit(1)
    return session.scalars(query.with_for_update().execution_options(populate_existing=True)).one_or_none()


def of_person(session: Session, study_id: UUID, participant_id: UUID, most: int = 200) -> Sequence[Prompt]:
    """Return a person's prompts, the latest planned first."""
    query = select(Prompt).where(Prompt.study_id == study_id, Prompt.participant_id == participant_id)
    return session.scalars(query.order_by(Prompt.planned_at.desc(), Prompt.id.desc()).limit(most)).all()


def next_planned(session: Session, study_id: UUID, participant_id: UUID) -> Prompt | None:
    """Return the prompt that the person gets next."""
    query = select(Prompt).where(
        Prompt.study_id == study_id, Prompt.participant_id == participant_id, Prompt.state == "planned"
    )
    return session.scalars(query.order_by(Prompt.due_at).limit(1)).first()


def latest_nudge(session: Session, study_id: UUID, participant_id: UUID) -> datetime | None:
    """Return when the person was last nudged by hand, at once: a question that is planned for later keeps nobody back."""
    by_hand = Prompt.nudged_by.is_not(None) & Prompt.occasion.startswith(NUDGE)
    query = select(func.max(Prompt.created_at)).where(
        Prompt.study_id == study_id, Prompt.participant_id == participant_id, by_hand
    )
    return session.scalar(query)


def answered_of(session: Session, study_id: UUID, prompt_ids: Collection[UUID]) -> set[UUID]:
    """Return those of the prompts that have been answered."""
    if not prompt_ids:
        return set()
    query = select(Prompt.id).where(
        Prompt.study_id == study_id, Prompt.id.in_(prompt_ids), Prompt.answered_at.is_not(None)
    )
    return set(session.scalars(query))


def is_orphaned(living: Mapping[str, datetime]) -> ColumnElement[bool]:
    """Return the condition that a prompt is claimed by a process that is not ``living``: names and since when."""
    alive = [and_(Prompt.claimed_by == name, Prompt.claimed_at >= since) for name, since in living.items()]
    return and_(text("prompt.state = 'sending'"), not_(or_(false(), *alive)))


def orphaned(session: Session, living: Mapping[str, datetime]) -> bool:
    """Return whether any prompt is claimed by a process that is not ``living``."""
    return session.scalar(select(Prompt.id).where(is_orphaned(living)).limit(1)) is not None


def has_expired(session: Session, at: datetime) -> bool:
    """Return whether any prompt that is due was not sent in its time."""
    return (
        session.scalar(select(Prompt.id).where(IS_PLANNED, Prompt.due_at <= at, Prompt.expires_at <= at).limit(1))
        is not None
    )


def next_due(session: Session) -> datetime | None:
    """Return when the next prompt of any study is due; a sender need not look before."""
    return session.scalar(select(func.min(Prompt.due_at)).where(IS_PLANNED))

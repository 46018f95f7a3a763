"""Who sees whose codes, and when the machine's score: neither coder of a doubled statement sees anything before both are done."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, and_, exists, or_, select
from sqlalchemy.orm import Session

from app.coding import blinding_queries as queries
from app.coding.coders import CONSENSUS
from app.coding.documents import coding_out
from app.coding.models import Assignment, HumanCoding, StudyCoder
from app.coding.queries import coders
from app.coding.schemas import CodingOut
from app.core.db import MICRO
from app.studies.access import CODER, StudyAccess
from app.studies.models import Study

NEVER: Final = "never"
AFTER: Final = "after"
ALWAYS: Final = "always"
PROPOSALS: Final = (NEVER, AFTER, ALWAYS)

is_blind = queries.is_blind

BLIND: Final = "blind"
"""Hidden because two code it and not both have finished."""
UNFINISHED: Final = "unfinished"
"""The machine's is shown once the coder has finished with the statement."""
SWITCHED_OFF: Final = "never"
"""The study never shows the machine's."""


@dataclass(frozen=True, slots=True)
class OfCoder:
    """What another coder, or the team, says of a statement."""

    coder: StudyCoder
    coding: CodingOut


@dataclass(frozen=True, slots=True)
class Machine:
    """What the coder in force gave the statement: ``sentiment`` −1..1, ``confidence`` 0..1, emotions with their strength."""

    version: str
    sentiment: float
    confidence: float
    emotions: dict[str, float]


@dataclass(frozen=True, slots=True)
class SeenCodings:
    """What the actor may see of one statement: their own, the others' and the team's, and the machine's.

    ``hidden`` says why others' codes are left out ("blind"), ``machine_hidden`` why the machine's is ("blind",
    "unfinished" or "never"); None where nothing is kept back.
    """

    own: CodingOut | None = None
    others: Sequence[OfCoder] = field(default=())
    consensus: OfCoder | None = None
    machine: Machine | None = None
    hidden: str | None = None
    machine_hidden: str | None = None


def may_see(access: StudyAccess) -> ColumnElement[bool]:
    """Return the condition on HumanCoding rows that the actor may see them, for SELECTs over them.

    Their own always; others' only where the statement is not drawn for two coders, or both have finished. The role coder
    sees those of statements that were assigned to them.
    """
    study_id, user_id = access.study.id, access.actor.user_id
    mine = select(StudyCoder.id).where(StudyCoder.study_id == study_id, StudyCoder.user_id == user_id)
    own = HumanCoding.coder_id.in_(mine.scalar_subquery())
    open_to = ~queries.is_blind(HumanCoding.study_id, HumanCoding.statement_id)
    if access.role == CODER:
        assigned = exists().where(
            Assignment.study_id == HumanCoding.study_id,
            Assignment.statement_id == HumanCoding.statement_id,
            Assignment.coder_id.in_(mine.scalar_subquery()),
        )
        return and_(HumanCoding.study_id == study_id, assigned, or_(own, open_to))
    return and_(HumanCoding.study_id == study_id, or_(own, open_to))


def visible_codings(session: Session, access: StudyAccess, statement_ids: Collection[UUID]) -> dict[UUID, SeenCodings]:
    """Return per statement what the actor may see now. A statement that is not theirs to read has no row."""
    study_id = access.study.id
    rows = queries.statements(session, access, statement_ids)
    ids = [row.id for row in rows]
    blind = queries.blind_ones(session, study_id, ids)
    people = {one.id: one for one in coders(session, study_id)}
    marked = defaultdict(list)
    for excerpt in queries.excerpts(session, study_id, ids):
        marked[excerpt.statement_id, excerpt.coder_id].append(excerpt)
    codings: dict[UUID, list[OfCoder]] = defaultdict(list)
    for kept in queries.codings(session, study_id, ids, may_see(access)):
        shown = coding_out(kept, marked[kept.statement_id, kept.coder_id])
        codings[kept.statement_id].append(OfCoder(people[kept.coder_id], shown))
    return {row.id: _seen(access, codings[row.id], row.id in blind, _machine(row)) for row in rows}


def shows_anything(session: Session, study: Study, statement_id: UUID, coder_id: UUID, *, done: bool) -> bool:
    """Return whether a coder who has this statement before them could see others' codes of it, or the machine's."""
    if queries.blind_ones(session, study.id, [statement_id]):
        return False
    if study.proposals == ALWAYS or (study.proposals == AFTER and done):
        return True
    return queries.others_coded(session, study.id, statement_id, coder_id)


def _seen(access: StudyAccess, codings: Sequence[OfCoder], blind: bool, machine: Machine | None) -> SeenCodings:
    user_id = access.actor.user_id
    own = next((one.coding for one in codings if one.coder.user_id == user_id), None)
    why = _machine_hidden(access.study.proposals, blind, done=own is not None and own.done)
    return SeenCodings(
        own=own,
        others=[one for one in codings if one.coder.user_id != user_id and one.coder.kind != CONSENSUS],
        consensus=next((one for one in codings if one.coder.kind == CONSENSUS), None),
        machine=None if why else machine,
        hidden=BLIND if blind else None,
        machine_hidden=why,
    )


def _machine_hidden(proposals: str, blind: bool, *, done: bool) -> str | None:
    if proposals == NEVER:
        return SWITCHED_OFF
    if blind:
        return BLIND
    return None if proposals == ALWAYS or done else UNFINISHED


def _machine(row: queries.Row) -> Machine | None:
    if row.confidence is None:
        return None
    return Machine(row.model_version, row.sentiment_micro / MICRO, row.confidence, dict(row.emotions))

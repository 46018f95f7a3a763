"""What is planned for each phase of the relation: aim, moment of truth, one action; and the words it rests on."""

from collections.abc import Mapping, Sequence
from uuid import UUID, uuid5

from sqlalchemy.orm import Session

from app.audit.service import Change, record
from app.core import clock
from app.maps import quotations
from app.maps.groups import queries
from app.maps.groups.errors import GroupChanged
from app.maps.groups.models import PHASES, PhasePlan
from app.maps.groups.personas import spans
from app.maps.groups.schemas import PlanIn
from app.maps.quotations import Quoted
from app.participants import queries as participants
from app.participants.sight import Sight

FIELDS = ("goal", "moment", "action")


def owner_of(study_id: UUID, phase: str) -> UUID:
    """Return the id under which the words of a phase are kept."""
    return uuid5(study_id, f"phase:{phase}")


def set_plan(session: Session, actor: str, sight: Sight, phase: str, given: PlanIn, *, version: int) -> PhasePlan:
    """Return the plan of ``phase`` as it stands after; version 0 where there was none. GroupChanged; UnknownSpan."""
    participants.held_study(session, sight.study_id)
    held = queries.plans(session, sight.study_id).get(phase)
    if (held.version if held else 0) != version:
        raise GroupChanged(written(phase, held))
    if held is None:
        held = PhasePlan(study_id=sight.study_id, phase=phase, version=0)
        session.add(held)
    for name in FIELDS:
        setattr(held, name, getattr(given, name))
    held.version += 1
    held.updated_at, held.updated_by = clock.now(), actor
    session.flush()
    owner = owner_of(sight.study_id, phase)
    quotations.set_quotations(session, sight, "phase", owner, spans(given.quotes), found_by=actor)
    record(session, Change(actor, "phase.planned", sight.study_id, detail={"phase": phase, "version": held.version}))
    return held


def quotes_of(session: Session, sight: Sight) -> Mapping[str, Sequence[Quoted]]:
    """Return by phase the words that its plan rests on, as far as they may be seen."""
    owners = {owner_of(sight.study_id, phase): phase for phase in PHASES}
    found = quotations.quotations_of(session, sight, "phase", list(owners))
    return {owners[owner]: quotes for owner, quotes in found.items()}


def written(phase: str, held: PhasePlan | None) -> dict[str, object]:
    """Return what the team wrote, as JSON; version 0 where nothing was."""
    words = {name: getattr(held, name) if held else "" for name in FIELDS}
    return {"phase": phase, **words, "version": held.version if held else 0}

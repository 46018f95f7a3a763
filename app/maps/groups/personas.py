"""Personas: kinds of customers in the team's words, each resting on a segment and on words of people."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlalchemy.orm import Session

from app.audit.service import Change, record
from app.core import clock
from app.core.errors import NotFound
from app.maps import quotations
from app.maps.groups import queries
from app.maps.groups.errors import GroupChanged, PersonaTaken, TooManyPersonas
from app.maps.groups.models import Persona
from app.maps.groups.schemas import MOST_PERSONAS, NewPersona, PersonaIn, SpanIn
from app.maps.quotations import Quoted, Span
from app.participants import queries as participants
from app.participants.sight import Sight

FIELDS = ("name", "segment", "story", "goals", "worries")


def add(session: Session, actor: str, sight: Sight, given: NewPersona) -> tuple[Persona, bool]:
    """Return the persona with the sender's id, and whether it is new. PersonaTaken where the id says something else;
    TooManyPersonas; UnknownSpan."""
    participants.held_study(session, sight.study_id)
    held = queries.persona(session, sight.study_id, given.id)
    if held is not None:
        if held.retired_at is not None or any(getattr(held, name) != getattr(given, name) for name in FIELDS):
            raise PersonaTaken()
        return held, False
    if len(queries.personas(session, sight.study_id)) >= MOST_PERSONAS:
        raise TooManyPersonas()
    new = Persona(study_id=sight.study_id, id=given.id, position=queries.last_position(session, sight.study_id) + 1)
    new.version = 0
    session.add(new)
    _put(session, actor, sight, new, given)
    record(session, Change(actor, "persona.added", sight.study_id, given.id, {"quotes": len(given.quotes)}))
    return new, True


def change(session: Session, actor: str, sight: Sight, persona_id: UUID, given: PersonaIn, *, version: int) -> Persona:
    """Return the persona as it was changed. NotFound; GroupChanged where another version stands; UnknownSpan."""
    held = _standing(session, sight, persona_id, version)
    _put(session, actor, sight, held, given)
    detail = {"version": held.version, "quotes": len(given.quotes)}
    record(session, Change(actor, "persona.changed", sight.study_id, persona_id, detail))
    return held


def retire(session: Session, actor: str, sight: Sight, persona_id: UUID, *, version: int) -> None:
    """Take the persona out. NotFound; GroupChanged where another version stands."""
    held = _standing(session, sight, persona_id, version)
    held.retired_at = clock.now()
    held.version += 1
    quotations.set_quotations(session, sight, "persona", persona_id, [], found_by=actor)
    record(session, Change(actor, "persona.retired", sight.study_id, persona_id))


def quotes_of(session: Session, sight: Sight, those: Sequence[Persona]) -> Mapping[UUID, Sequence[Quoted]]:
    """Return the words that each persona rests on, as far as they may be seen."""
    return quotations.quotations_of(session, sight, "persona", [one.id for one in those])


def written(one: Persona) -> dict[str, object]:
    """Return what the team wrote, as JSON."""
    return {"id": str(one.id), **{name: getattr(one, name) for name in FIELDS}, "version": one.version}


def spans(given: Sequence[SpanIn]) -> list[Span]:
    """Return spans as quotations take them."""
    return [Span(one.statement, one.start, one.end) for one in given]


def _standing(session: Session, sight: Sight, persona_id: UUID, version: int) -> Persona:
    held = queries.persona(session, sight.study_id, persona_id, hold=True)
    if held is None or held.retired_at is not None:
        raise NotFound()
    if held.version != version:
        raise GroupChanged(written(held))
    return held


def _put(session: Session, actor: str, sight: Sight, held: Persona, given: PersonaIn) -> None:
    for name in FIELDS:
        setattr(held, name, getattr(given, name))
    held.version += 1
    held.updated_at, held.updated_by = clock.now(), actor
    session.flush()
    quotations.set_quotations(session, sight, "persona", held.id, spans(given.quotes), found_by=actor)

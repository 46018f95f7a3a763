"""Where a study stands in the programme: what it holds, counted, and what the team says of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.orm import Session

from app.audit.service import Change, record
from app.core import clock
from app.curves.service import K_ANONYMOUS
from app.maps.insights import evidence_queries, queries
from app.maps.insights.errors import StaleRow
from app.maps.insights.improving import ImprovementLook, improvements
from app.maps.insights.models import STATES, Programme, Result
from app.maps.insights.programme import Held
from app.maps.insights.schemas import MOST_ROWS, ProgrammeIn
from app.maps.insights.self_checking import SelfCheck
from app.maps.insights.service import InsightLook, insights
from app.participants import queries as participants
from app.studies.access import StudyAccess

FRONTLINE = ("reception", "professional", "assistant", "care", "service")
"""Who of the ten parties stands before the customer."""


@dataclass(frozen=True, slots=True)
class ProgrammeLook:
    """What the team wrote; version 0: nothing yet."""

    vision: str
    notes: Mapping[str, str]
    version: int


def programme(session: Session, study_id: UUID) -> ProgrammeLook:
    """Return the vision and what the team says of each step."""
    row = queries.programme(session, study_id)
    return ProgrammeLook(row.vision, dict(row.notes), row.version) if row else ProgrammeLook("", {}, 0)


def set_programme(session: Session, access: StudyAccess, given: ProgrammeIn, *, seen: int) -> ProgrammeLook:
    """Put the vision and the words in force, over version ``seen``; StaleRow when it was changed since."""
    study_id = access.study.id
    queries.lock_study(session, study_id)
    row = queries.programme(session, study_id, lock=True)
    notes: dict[str, str] = {key: words for key, words in given.notes.items() if words}
    now = ProgrammeLook(row.vision, dict(row.notes), row.version) if row else ProgrammeLook("", {}, 0)
    if now.version != seen:
        raise StaleRow({"vision": now.vision, "notes": now.notes, "version": now.version})
    if (now.vision, now.notes) == (given.vision, notes):
        return now
    if row is None:
        row = Programme(study_id=study_id, version=0)
        session.add(row)
    row.vision, row.notes, row.version = given.vision, dict(notes), now.version + 1
    row.updated_at, row.updated_by = clock.now(), access.actor.label
    session.flush()
    record(session, Change(access.actor.label, "programme.set", study_id, None, {"version": row.version}))
    return ProgrammeLook(row.vision, dict(row.notes), row.version)


def held(session: Session, study_id: UUID, checked: SelfCheck, *, anonymous: bool) -> Held:
    """Return what the study holds; ``anonymous`` counts people from 8 on only."""
    protocol = checked.protocol
    found: Sequence[InsightLook] = insights(session, study_id, None)
    doing = improvements(session, study_id)
    people = participants.count(session, study_id)
    return Held(
        vision=bool(programme(session, study_id).vision),
        stages=len(protocol.stages),
        touchpoints=len(protocol.touchpoints),
        stages_enough=sum(stage.enough for stage in checked.facts.stages),
        people=0 if anonymous and people < K_ANONYMOUS else people,
        statements=sum(stage.statements or 0 for stage in checked.facts.stages),
        insights=len(found),
        improvements=len(doing),
        owned_and_dated=sum(_settled(one) for one in doing),
        moving=sum(one.status == "doing" for one in doing),
        done=sum(one.status == "done" for one in doing),
        frontline=sum(one.party in FRONTLINE and one.owner is not None for one in doing),
        results=len(queries.rows_of(session, Result, study_id, most=MOST_ROWS)),
        measured=sum(one.state == STATES[-1] for one in found),
        **evidence_queries.counts(session, study_id),
    )


def _settled(one: ImprovementLook) -> bool:
    return one.owner is not None and one.due is not None and one.status != "dropped"

"""SELECTs of maps, their notes, targets, expectations and versions, and of what notes are proposed from."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session, aliased

from app.coding.blinding import is_blind
from app.coding.coders import CONSENSUS
from app.coding.models import Code, Excerpt, HumanCoding, StudyCoder
from app.core.errors import NotFound
from app.curves import queries as curves
from app.diary.models import Entry
from app.maps.board.models import Expectation, ExperienceMap, MapNote, MapTarget, MapVersion
from app.statements.cells import TEXT_SOURCES
from app.statements.models import Statement
from app.studies.protocol import StudyProtocol

MOST_IDS: Final = 5000
"""Ids that one statement names."""


@dataclass(frozen=True, slots=True)
class Written:
    """What somebody wrote in a text field of the form, by the role of the field."""

    id: UUID
    participant_id: UUID
    stage_id: UUID
    role: str
    text: str


@dataclass(frozen=True, slots=True)
class Marked:
    """A coded excerpt: which code on which span of whose words, and who put it there."""

    code_id: UUID
    statement_id: UUID
    start: int
    end: int
    coder: str
    participant_id: UUID
    stage_id: UUID
    text: str


def maps(session: Session, study_id: UUID, *, retired: bool = False) -> Sequence[ExperienceMap]:
    """Return the maps of a study, the oldest first; retired ones only when asked for."""
    query = select(ExperienceMap).where(ExperienceMap.study_id == study_id)
    if not retired:
        query = query.where(ExperienceMap.retired_at.is_(None))
    return session.scalars(query.order_by(ExperienceMap.created_at, ExperienceMap.id)).all()


def map_of(session: Session, study_id: UUID, map_id: UUID, *, held: bool = False) -> ExperienceMap:
    """Return a map, held for a change if asked; NotFound."""
    query = select(ExperienceMap).where(ExperienceMap.study_id == study_id, ExperienceMap.id == map_id)
    if held:
        query = query.with_for_update()
    found = session.scalars(query.execution_options(populate_existing=True)).one_or_none()
    if found is None:
        raise NotFound()
    return found


def notes(session: Session, study_id: UUID, map_id: UUID, *, removed: bool = False) -> Sequence[MapNote]:
    """Return the notes of a map in the order of their cells; those that were removed only when asked for."""
    query = select(MapNote).where(MapNote.study_id == study_id, MapNote.map_id == map_id)
    if not removed:
        query = query.where(MapNote.removed_at.is_(None))
    ordered = query.order_by(MapNote.stage_id, MapNote.lane, MapNote.position, MapNote.id)
    return session.scalars(ordered.execution_options(populate_existing=True)).all()


def note(session: Session, study_id: UUID, note_id: UUID) -> MapNote | None:
    """Return a note of the study, whichever map it stands in, removed or not."""
    query = select(MapNote).where(MapNote.study_id == study_id, MapNote.id == note_id)
    return session.scalars(query.execution_options(populate_existing=True)).one_or_none()


def targets(session: Session, study_id: UUID, map_id: UUID) -> Sequence[MapTarget]:
    """Return what a map aims at."""
    query = select(MapTarget).where(MapTarget.study_id == study_id, MapTarget.map_id == map_id)
    return session.scalars(query.execution_options(populate_existing=True)).all()


def expectations(session: Session, study_id: UUID) -> Sequence[Expectation]:
    """Return what is expected at stages and touchpoints of the study."""
    query = select(Expectation).where(Expectation.study_id == study_id).order_by(Expectation.axis, Expectation.position)
    return session.scalars(query.execution_options(populate_existing=True)).all()


def versions(session: Session, study_id: UUID, map_id: UUID) -> Sequence[MapVersion]:
    """Return the kept versions of a map, the newest first."""
    query = select(MapVersion).where(MapVersion.study_id == study_id, MapVersion.map_id == map_id)
    return session.scalars(query.order_by(MapVersion.number.desc())).all()


def version(session: Session, study_id: UUID, map_id: UUID, number: int) -> MapVersion:
    """Return one of them; NotFound."""
    found = session.get(MapVersion, (study_id, map_id, number))
    if found is None:
        raise NotFound()
    return found


def last_version(session: Session, study_id: UUID, map_id: UUID) -> tuple[int, int]:
    """Return the number of the last version that was kept (0: none), and how many there are."""
    query = select(func.max(MapVersion.number), func.count()).where(
        MapVersion.study_id == study_id, MapVersion.map_id == map_id
    )
    row = session.execute(query).one()
    return int(row[0] or 0), int(row[1])


def narrowed(
    session: Session, protocol: StudyProtocol, statement_ids: Collection[UUID], segment: str | None, wave: str | None
) -> set[UUID]:
    """Return which of the statements belong to a segment and a wave; all of them where neither is named."""
    conditions = curves.narrowed(session, protocol, segment, wave)
    if not conditions or not statement_ids:
        return set(statement_ids)
    query = select(Statement.id).where(Statement.study_id == protocol.study.id, *conditions)
    # Read whole and met here: thousands of ids would make a statement of thousands of parameters.
    return set(session.scalars(query)) & set(statement_ids)


def standing(session: Session, study_id: UUID, statement_ids: Collection[UUID]) -> set[UUID]:
    """Return which of the statements stand."""
    query = select(Statement.id).where(Statement.study_id == study_id, Statement.retracted_at.is_(None))
    ids, found = list(statement_ids), set[UUID]()
    for start in range(0, len(ids), MOST_IDS):
        found |= set(session.scalars(query.where(Statement.id.in_(ids[start : start + MOST_IDS]))))
    return found


def written(
    session: Session, protocol: StudyProtocol, roles: Collection[str], segment: str | None, wave: str | None, most: int
) -> Sequence[Written]:
    """Return what was written in fields of these roles, the ``most`` newest, in the order in which they came."""
    columns = (Statement.id, Statement.participant_id, Statement.stage_id, Statement.role, Statement.text)
    query = (
        select(*columns)
        .where(Statement.study_id == protocol.study.id, Statement.retracted_at.is_(None))
        .where(Statement.role.in_(roles), Statement.source.in_(TEXT_SOURCES))
        .where(*curves.narrowed(session, protocol, segment, wave))
        .order_by(Statement.id.desc())
        .limit(most)
    )
    return [Written(*_tuple(row)) for row in reversed(session.execute(query).all())]


def marked(
    session: Session,
    protocol: StudyProtocol,
    code_ids: Collection[UUID],
    segment: str | None,
    wave: str | None,
    most: int,
) -> Sequence[Marked]:
    """Return the excerpts of these codes, the ``most`` newest statements' first: the team's own where it has settled one.

    What two people are still coding blind is left out.
    """
    query = (
        select(
            Excerpt.code_id,
            Excerpt.statement_id,
            Excerpt.start,
            Excerpt.end,
            StudyCoder.name,
            Statement.participant_id,
            Statement.stage_id,
            Statement.text,
        )
        .join(Statement, and_(Statement.study_id == Excerpt.study_id, Statement.id == Excerpt.statement_id))
        .join(StudyCoder, and_(StudyCoder.study_id == Excerpt.study_id, StudyCoder.id == Excerpt.coder_id))
        .where(Excerpt.study_id == protocol.study.id, Excerpt.code_id.in_(code_ids))
        .where(Statement.retracted_at.is_(None), ~is_blind(Excerpt.study_id, Excerpt.statement_id))
        .where(_in_force(), *curves.narrowed(session, protocol, segment, wave))
        .order_by(Excerpt.statement_id.desc(), Excerpt.start, Excerpt.id)
        .limit(most)
    )
    return [Marked(*_tuple(row)) for row in session.execute(query)]


def _tuple(row: Sequence[Any]) -> tuple[Any, ...]:
    return tuple(row)


def _in_force() -> ColumnElement[bool]:
    settled, team = aliased(HumanCoding), aliased(StudyCoder)
    consensus = (
        select(settled.coder_id)
        .join(team, and_(team.study_id == settled.study_id, team.id == settled.coder_id))
        .where(settled.study_id == Excerpt.study_id, settled.statement_id == Excerpt.statement_id)
        .where(team.kind == CONSENSUS)
    )
    return or_(~consensus.exists(), StudyCoder.kind == CONSENSUS)


def codes(session: Session, study_id: UUID) -> Sequence[Code]:
    """Return the codes in use."""
    return session.scalars(select(Code).where(Code.study_id == study_id, Code.retired_at.is_(None))).all()


def efforts(session: Session, study_id: UUID, members: set[UUID] | None, wave_id: UUID | None) -> Sequence[Any]:
    """Return rows of stage, participant, entries and summed effort, of everybody or these people and wave."""
    query = (
        select(Entry.stage_id, Entry.participant_id, func.count(), func.sum(Entry.effort))
        .where(Entry.study_id == study_id, Entry.effort.is_not(None))
        .group_by(Entry.stage_id, Entry.participant_id)
    )
    if wave_id is not None:
        query = query.where(Entry.wave_id == wave_id)
    rows = session.execute(query).all()
    return rows if members is None else [row for row in rows if row[1] in members]

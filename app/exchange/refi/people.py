"""Everything of a batch of people that a project says, read at once, to be written one person after the other."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement
from sqlalchemy.orm import Session

from app.coding.models import Assignment, Draw, Excerpt, HumanCoding
from app.diary.models import Entry
from app.exchange.refi import queries
from app.interviews.models import Interview, Turn
from app.participants.models import Participant
from app.statements.models import MachineCoding, Statement

Kind = TypeVar("Kind")


@dataclass(frozen=True, slots=True)
class Sight:
    """What of other people's codings goes into a file. ``visible`` is a condition on HumanCoding; None: everything.

    ``machine_open`` keeps the machine's scores of what is coded blind just now out of it.
    """

    visible: ColumnElement[bool] | None = None
    machine_open: bool = False


@dataclass(frozen=True, slots=True)
class Said:
    """A statement with all that is made of it."""

    statement: Statement
    machine: Sequence[MachineCoding]
    people: Sequence[HumanCoding]
    excerpts: Sequence[Excerpt]
    draw: Draw | None
    places: Sequence[Assignment]


@dataclass(frozen=True, slots=True)
class Person:
    """A participant with their entries and interviews; ``said`` by the entry or turn that it comes from."""

    row: Participant
    anchor: Any
    entries: dict[UUID, Entry]
    interviews: Sequence[Interview]
    turns: dict[UUID, list[Turn]]
    said: dict[UUID, list[Said]]


def read_people(session: Session, study_id: UUID, ids: Sequence[UUID], sight: Sight) -> list[Person]:
    """Return these people in this order."""
    rows = queries.participants(session, study_id, ids)
    entries = _grouped(queries.entries(session, study_id, ids), "participant_id")
    interviews = _grouped(queries.interviews(session, study_id, ids), "participant_id")
    turns = _grouped(queries.turns(session, study_id, ids), "interview_id")
    said = _grouped(_said(session, study_id, ids, sight), "participant_id", lambda one: one.statement)
    return [
        Person(
            row=rows[person_id][0],
            anchor=rows[person_id][1],
            entries={one.id: one for one in entries[person_id]},
            interviews=interviews[person_id],
            turns={one.id: turns[one.id] for one in interviews[person_id]},
            said=_grouped(said[person_id], "source_id", lambda one: one.statement),
        )
        for person_id in ids
        if person_id in rows  # somebody may have been erased since
    ]


def _said(session: Session, study_id: UUID, ids: Sequence[UUID], sight: Sight) -> list[Said]:
    machine = _grouped(queries.machine_codings(session, study_id, ids, open_only=sight.machine_open), "statement_id")
    people = _grouped(queries.human_codings(session, study_id, ids, sight.visible), "statement_id")
    excerpts = _grouped(queries.excerpts(session, study_id, ids, sight.visible), "statement_id")
    places = _grouped(queries.assignments(session, study_id, ids), "statement_id")
    draws = {one.statement_id: one for one in queries.draws(session, study_id, ids)}
    return [
        Said(
            statement=one,
            machine=machine[one.id],
            people=people[one.id],
            excerpts=excerpts[one.id],
            draw=draws.get(one.id),
            places=sorted(places[one.id], key=lambda place: place.slot),
        )
        for one in queries.statements(session, study_id, ids)
    ]


def _grouped(rows: Iterable[Kind], name: str, of: Any = lambda row: row) -> dict[UUID, list[Kind]]:
    found: dict[UUID, list[Kind]] = defaultdict(list)
    for row in rows:
        found[getattr(of(row), name)].append(row)
    return found

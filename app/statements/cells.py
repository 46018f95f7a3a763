"""Curve cells: what one entry or turn adds to them, written as sums that add exactly."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ColumnElement, Insert, func, select
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Session

from app.core import clock
from app.core.bulk import insert_rows
from app.core.db import MICRO, table_of, to_micro
from app.statements.models import CurveCell, CurveRevision, Statement

SLOTS = 16
SUMS = ("entries", "n", "sum_model", "coded", "sum_weight", "sum_weight_model", "sum_weight_human")
PLAIN = 3
"""So many of them change with every entry; the others only with what people coded."""
_NOTHING = (0,) * len(SUMS)
TEXT_SOURCES = ("diary", "interview")
"""What a curve of texts is made of: what people say of themselves."""
OBSERVER = "observer"
STATEMENT_SOURCES = (*TEXT_SOURCES, OBSERVER)
"""What cells are kept of; what observers say of others is read apart."""
MOOD_LOWEST, MOOD_MIDDLE, MOOD_HIGHEST = 1, 5, 9
NOT_CODED = (0, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class Place:
    """Where on the journey something was said: the positions it counts for on each axis."""

    participant_id: UUID
    stage_id: UUID
    touchpoint_id: UUID | None
    wave_id: UUID | None
    day: int | None

    def positions(self) -> Iterable[tuple[str, str]]:
        """Yield (axis, position) of every cell this place counts in."""
        yield "stage", self.stage_id.hex
        if self.touchpoint_id is not None:
            yield "touchpoint", self.touchpoint_id.hex
        if self.day is not None:
            yield "day", str(self.day)


@dataclass(frozen=True, slots=True)
class Contribution:
    """What one entry (or turn) adds at its place: its scores in millionths and, for a diary entry, its mood in 1..9.

    ``drawn`` is of its statements that were drawn and are coded by people: how many, Σw, Σwf and Σwy (see weighted).
    """

    place: Place
    source: str
    scores: tuple[int, ...]
    mood: int | None = None
    drawn: tuple[int, int, int, int] = NOT_CODED


CellKey = tuple[str, int, UUID, str, str, str]


def weighted(weight_micro: int, score_micro: int) -> int:
    """Return weight × score in millionths, cut off toward zero as integers are divided in SQL on both databases."""
    product = weight_micro * score_micro
    return product // MICRO if product >= 0 else -(-product // MICRO)


def contribution_of(place: Place, source: str, said: Iterable[Any], mood: int | None = None) -> Contribution:
    """Return what ``said`` at one place adds: statements, or rows with their sentiment_micro, human_micro, weight_micro."""
    scores: list[int] = []
    coded = weight = model = human = 0
    for one in said:
        scores.append(one.sentiment_micro)
        if one.weight_micro is not None:
            coded += 1
            weight += one.weight_micro
            model += weighted(one.weight_micro, one.sentiment_micro)
            human += weighted(one.weight_micro, one.human_micro)
    return Contribution(place, source, tuple(scores), mood, (coded, weight, model, human))


def slot_of(participant_id: UUID) -> int:
    """Return the slot whose revision counts this participant's changes."""
    return participant_id.int % SLOTS


def mood_score(mood: int) -> float:
    """Return a self-report 1..9 (SAM valence) on the scale −1..1."""
    return (mood - MOOD_MIDDLE) / (MOOD_HIGHEST - MOOD_MIDDLE)


def deltas(added: Iterable[Contribution], removed: Iterable[Contribution] = ()) -> dict[CellKey, list[int]]:
    """Return per cell the change of its SUMS that adding and removing contributions makes."""
    changes: dict[CellKey, list[int]] = defaultdict(_zeros)
    for sign, contributions in ((1, added), (-1, removed)):
        for contribution in contributions:
            _add(changes, contribution, sign)
    return {key: change for key, change in changes.items() if any(change)}


def _zeros() -> list[int]:
    return [0] * len(SUMS)


def _add(changes: dict[CellKey, list[int]], contribution: Contribution, sign: int) -> None:
    place = contribution.place
    slot = slot_of(place.participant_id)
    wave = place.wave_id.hex if place.wave_id else ""
    for axis, position in place.positions():
        if contribution.scores:
            cell = changes[(axis, slot, place.participant_id, position, wave, contribution.source)]
            cell[0] += sign
            cell[1] += sign * len(contribution.scores)
            cell[2] += sign * sum(contribution.scores)
            if contribution.drawn[0]:
                cell[3:] = [old + sign * new for old, new in zip(cell[3:], contribution.drawn, strict=True)]
        if contribution.mood is not None:
            cell = changes[(axis, slot, place.participant_id, position, wave, "mood")]
            cell[0] += sign
            cell[1] += sign
            cell[2] += sign * to_micro(mood_score(contribution.mood))


def apply(session: Session, study_id: UUID, changes: Mapping[CellKey, Sequence[int]]) -> None:
    """Add ``changes`` to the cells of the study and count up the revision of every slot they touch."""
    if not changes:
        return
    keys = sorted(changes, key=lambda key: (key[1], key[2].int, key[0], key[3], key[4], key[5]))
    revisions = _advance(session, study_id, sorted({key[1] for key in keys}))
    rows = [_row(study_id, key, changes[key], revisions[key[1]]) for key in keys]
    coded = any(any(changes[key][PLAIN:]) for key in keys)
    insert_rows(session, _UPSERT[session.get_bind().dialect.name, coded], rows)


def _row(study_id: UUID, key: CellKey, change: Sequence[int], revision: int) -> dict[str, Any]:
    axis, slot, participant_id, position, wave, source = key
    return {
        "study_id": study_id,
        "axis": axis,
        "slot": slot,
        "participant_id": participant_id,
        "position": position,
        "wave": wave,
        "source": source,
        "entries": change[0],
        "n": change[1],
        "sum_model": change[2],
        "coded": change[3],
        "sum_weight": change[4],
        "sum_weight_model": change[5],
        "sum_weight_human": change[6],
        "revision": revision,
    }


def _advance(session: Session, study_id: UUID, slots: Sequence[int]) -> dict[int, int]:
    moment = clock.now()
    statement = _ADVANCE[session.get_bind().dialect.name]
    return {
        slot: session.execute(
            statement, {"study_id": study_id, "slot": slot, "revision": 1, "changed_at": moment}
        ).scalar_one()
        for slot in slots
    }


def _upsert(dialect: str, sums: Sequence[str]) -> Insert:
    """Return the statement that adds a row's ``sums`` to the cell, and makes the cell where there is none."""
    insert = postgresql_insert if dialect == "postgresql" else sqlite_insert
    statement = insert(table_of(CurveCell))
    given, table = statement.excluded, table_of(CurveCell).c
    return statement.on_conflict_do_update(
        index_elements=[
            table[name] for name in ("study_id", "axis", "slot", "participant_id", "position", "wave", "source")
        ],
        set_={name: table[name] + given[name] for name in sums} | {"revision": given.revision},
    )


def _advance_statement(dialect: str) -> Any:
    insert = postgresql_insert if dialect == "postgresql" else sqlite_insert
    table = table_of(CurveRevision)
    statement = insert(table)
    return statement.on_conflict_do_update(
        index_elements=[table.c.study_id, table.c.slot],
        set_={"revision": table.c.revision + 1, "changed_at": statement.excluded.changed_at},
    ).returning(table.c.revision)


# An entry adds nothing to the sums of what is coded: it need not touch them.
_UPSERT = {
    (dialect, coded): _upsert(dialect, SUMS if coded else SUMS[:PLAIN])
    for dialect in ("sqlite", "postgresql")
    for coded in (False, True)
}
_ADVANCE = {dialect: _advance_statement(dialect) for dialect in ("sqlite", "postgresql")}


def text_deltas(session: Session, study_id: UUID) -> dict[CellKey, list[int]]:
    """Return every text cell of the study, counted afresh from its statements."""
    columns = (
        Statement.participant_id,
        Statement.stage_id,
        Statement.touchpoint_id,
        Statement.wave_id,
        Statement.day,
        Statement.source,
    )
    counted: dict[CellKey, list[int]] = defaultdict(_zeros)
    query = (
        select(*columns, *_counted())
        .where(Statement.study_id == study_id, Statement.retracted_at.is_(None))
        .group_by(*columns)
    )
    for participant_id, stage_id, touchpoint_id, wave_id, day, source, *sums in session.execute(query):
        place = Place(participant_id, stage_id, touchpoint_id, wave_id, day)
        for axis, position in place.positions():
            key = (axis, slot_of(participant_id), participant_id, position, wave_id.hex if wave_id else "", source)
            for index, value in enumerate(sums):
                counted[key][index] += int(value)
    return counted


def _counted() -> tuple[ColumnElement[Any], ...]:
    """The SUMS of statements, in SQL. Integers are divided as ``weighted`` does it: cut off toward zero."""
    model, human = (
        (Statement.weight_micro * score).op("/", return_type=BigInteger())(MICRO)
        for score in (Statement.sentiment_micro, Statement.human_micro)
    )
    drawn = (func.coalesce(func.sum(part), 0) for part in (Statement.weight_micro, model, human))
    return (
        func.count(Statement.source_id.distinct()),
        func.count(),
        func.sum(Statement.sentiment_micro),
        func.count(Statement.weight_micro),
        *drawn,
    )


def recount(session: Session, study_id: UUID) -> None:
    """Bring the text cells of the study to what its statements say. Cells of moods stay: no coder changes them.

    The difference is added rather than rows replaced, so that a reader who asks for what changed hears of every cell.
    """
    counted, standing = text_deltas(session, study_id), stored(session, study_id)
    difference = {
        key: [new - old for new, old in zip(counted.get(key, _NOTHING), standing.get(key, _NOTHING), strict=True)]
        for key in counted.keys() | standing.keys()
    }
    apply(session, study_id, {key: change for key, change in difference.items() if any(change)})


def stored(session: Session, study_id: UUID, sources: Sequence[str] = STATEMENT_SOURCES) -> dict[CellKey, list[int]]:
    """Return the cells of the study as they stand, those that sum to nothing left out."""
    rows = session.scalars(select(CurveCell).where(CurveCell.study_id == study_id, CurveCell.source.in_(sources)))
    cells = {
        (row.axis, row.slot, row.participant_id, row.position, row.wave, row.source): [
            getattr(row, name) for name in SUMS
        ]
        for row in rows
    }
    return {key: sums for key, sums in cells.items() if any(sums)}

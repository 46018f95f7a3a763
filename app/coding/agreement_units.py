"""The units that agreement is measured on: statements that two coded blind, and every code point of their text.

What a coder changed after having seen the other's codes does not count: it is taken as it was said before. Otherwise coders who
settle their differences would seem never to have had any, and leaving such statements out would keep the easy ones.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias
from uuid import UUID

import numpy as np
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from app.coding import agreement_queries as queries
from app.core.db import MICRO

FloatArray: TypeAlias = NDArray[np.float64]
Span: TypeAlias = tuple[UUID, int, int]
Pair: TypeAlias = tuple[UUID, UUID]

LEVELS: Final = 5
LOWEST: Final = -2


@dataclass(frozen=True, slots=True)
class Said:
    """What one coder said of a statement before seeing anybody's codes: spans are (code, start, end) in code points."""

    coder_id: UUID
    sentiment: int | None
    emotions: tuple[str, ...]
    spans: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Coded:
    """A drawn statement that all its coders have finished. ``machine`` is the score in force, ``agreed`` what was settled.

    ``said`` is None where somebody had seen the machine's score, or another's codes, from the beginning.
    """

    id: UUID
    participant_id: UUID
    stage_id: UUID
    length: int
    doubled: bool
    probability: float
    machine: float
    agreed: int | None
    said: tuple[Said, ...] | None

    @property
    def pair(self) -> Pair:
        """The two coders of a doubled statement, in the order of their ids."""
        if self.said is None or len(self.said) != 2:
            raise ValueError("only what two coders said has a pair")
        return self.said[0].coder_id, self.said[1].coder_id


@dataclass(frozen=True, slots=True)
class CodedStatements:
    """All finished statements of a study, and how many drawn for two coders wait for one of them."""

    finished: tuple[Coded, ...]
    waiting: int

    @property
    def both(self) -> list[Coded]:
        """Those that two coded without seeing each other."""
        return [one for one in self.finished if one.doubled and one.said is not None]


def coded_statements(session: Session, study_id: UUID) -> CodedStatements:
    """Return the study's finished statements with what was said of them blind, ordered by id."""
    slots = defaultdict(list)
    for row in queries.finished_slots(session, study_id):
        slots[row.statement_id].append(row)
    drawn = queries.drawn_statements(session, study_id)
    finished = [one for one in drawn if len(slots[one.id]) == (2 if one.doubled else 1)]
    spans = _spans(session, study_id)
    late = {one.id for one in finished if not all(row.blind for row in slots[one.id])}
    before = _said_before(session, study_id, late)
    agreed = queries.agreed_sentiments(session, study_id)

    def said(row: Any) -> Said | None:
        key = (row.statement_id, row.coder_id)
        return _said_now(row, spans[key]) if row.blind else before.get(key)

    return CodedStatements(
        finished=tuple(_coded(one, agreed.get(one.id), [said(row) for row in slots[one.id]]) for one in finished),
        waiting=sum(one.doubled and len(slots[one.id]) < 2 for one in drawn),
    )


def _coded(row: Any, agreed: int | None, said: Sequence[Said | None]) -> Coded:
    known = tuple(one for one in said if one is not None)
    return Coded(
        id=row.id,
        participant_id=row.participant_id,
        stage_id=row.stage_id,
        length=row.length,
        doubled=row.doubled,
        probability=row.probability,
        machine=row.sentiment_micro / MICRO,
        agreed=agreed,
        said=known if len(known) == len(said) else None,
    )


def _said_now(row: Any, spans: Iterable[Span]) -> Said:
    return Said(row.coder_id, row.sentiment, tuple(row.emotions), tuple(spans))


def _spans(session: Session, study_id: UUID) -> dict[tuple[UUID, UUID], list[Span]]:
    spans: dict[tuple[UUID, UUID], list[Span]] = defaultdict(list)
    for one in queries.excerpts_of_doubled(session, study_id):
        spans[one.statement_id, one.coder_id].append((one.code_id, one.start, one.end))
    return spans


def _said_before(session: Session, study_id: UUID, late: set[UUID]) -> dict[tuple[UUID, UUID], Said]:
    """Return the last finished and still blind document of each coding of these statements."""
    if not late:
        return {}
    merged = queries.merged_codes(session, study_id)
    said = {}
    for row in queries.documents_once_done(session, study_id, late):
        if row.after.get("done") and row.after.get("blind"):
            said[row.statement_id, row.coder_id] = _of_document(row.coder_id, row.after, merged)
    return said


def _of_document(coder_id: UUID, document: Mapping[str, Any], merged: Mapping[UUID, UUID]) -> Said:
    spans = [(_code_now(UUID(one["code"]), merged), one["start"], one["end"]) for one in document["excerpts"]]
    return Said(coder_id, document["sentiment"], tuple(document["emotions"]), tuple(spans))


def _code_now(code_id: UUID, merged: Mapping[UUID, UUID]) -> UUID:
    """Return the code that stands for this one now; each step of the way is taken once, whatever the rows say."""
    for _ in range(len(merged)):
        if code_id not in merged:
            break
        code_id = merged[code_id]
    return code_id


@dataclass(frozen=True, slots=True)
class Places:
    """Which row and column of the tables belong to which participant and pair of coders."""

    participants: Mapping[UUID, int]
    pairs: Mapping[Pair, int]

    @classmethod
    def of(cls, statements: Sequence[Coded]) -> "Places":
        """Return the places of what two coded, in the order of ids, so that equal input gives equal draws."""
        people = sorted({one.participant_id for one in statements})
        pairs = sorted({one.pair for one in statements})
        return cls({one: i for i, one in enumerate(people)}, {one: i for i, one in enumerate(pairs)})

    def empty(self, values: int) -> FloatArray:
        """Return tables without a unit: shape (participants, pairs, values, values)."""
        return np.zeros((len(self.participants), max(len(self.pairs), 1), values, values))

    def at(self, statement: Coded) -> tuple[int, int]:
        """Return where a statement's units go."""
        return self.participants[statement.participant_id], self.pairs[statement.pair]


def sentiment_units(statements: Iterable[Coded]) -> list[Coded]:
    """Return the statements to which both coders gave a sentiment."""
    return [one for one in statements if all(said.sentiment is not None for said in one.said or ())]


def sentiment_tables(statements: Sequence[Coded], places: Places) -> FloatArray:
    """Return how often the first coder of a pair said −2…2 and the second −2…2; one unit for each of ``sentiment_units``."""
    tables = places.empty(LEVELS)
    for one in statements:
        first, second = (said.sentiment for said in one.said or ())
        if first is not None and second is not None:
            tables[*places.at(one), first - LOWEST, second - LOWEST] += 1
    return tables


def emotion_tables(statements: Sequence[Coded], places: Places) -> dict[str, FloatArray]:
    """Return, for each emotion that anybody named, on how many statements neither, one or both coders named it."""
    named = {name for one in statements for said in one.said or () for name in said.emotions}
    tables = {name: places.empty(2) for name in sorted(named)}
    for one in statements:
        first, second = (set(said.emotions) for said in one.said or ())
        for name, table in tables.items():
            table[*places.at(one), int(name in first), int(name in second)] += 1
    return tables


def code_tables(
    statements: Sequence[Coded], places: Places, above: Mapping[UUID, Sequence[UUID]], *, whole: bool
) -> dict[UUID, FloatArray]:
    """Return, for each code that anybody applied, how many units neither, one or both coders gave it: shape as ``Places.empty``.

    A unit is a code point of any of the ``statements``, coded or not; or with ``whole`` a statement, which has a code or has
    it not. A code stands for those under it as well: ``above`` names each code's ancestors.
    """
    background = places.empty(2)
    # Plain numbers first: an array operation for every statement and code would cost more than all the rest.
    counts: dict[UUID, dict[tuple[int, int], list[int]]] = {}
    for one in statements:
        place = places.at(one)
        background[*place, 0, 0] += 1 if whole else one.length
        for code, marked in _marked(one, above).items():
            sums = counts.setdefault(code, {}).setdefault(place, [0, 0, 0])
            for kind, units in enumerate(_counted(*marked, whole=whole)):
                sums[kind] += units
    return {code: _added(background, of_code) for code, of_code in counts.items()}


def _added(background: FloatArray, counts: Mapping[tuple[int, int], Sequence[int]]) -> FloatArray:
    table = background.copy()
    for place, (first, second, both) in counts.items():
        table[place] += [[-(first + second + both), second], [first, both]]
    return table


Runs: TypeAlias = tuple[list[tuple[int, int]], list[tuple[int, int]]]


def _marked(one: Coded, above: Mapping[UUID, Sequence[UUID]]) -> dict[UUID, Runs]:
    """Return by code what the first and what the second coder marked with it, or with one under it."""
    marked: dict[UUID, Runs] = {}
    for place, said in enumerate(one.said or ()):
        for code, start, end in said.spans:
            # What stands beyond the text (it cannot, unless a row was changed by hand) is no unit.
            span = (min(start, one.length), min(end, one.length))
            for each in (code, *above.get(code, ())):
                marked.setdefault(each, ([], []))[place].append(span)
    return marked


def _counted(first: list[tuple[int, int]], second: list[tuple[int, int]], *, whole: bool) -> tuple[int, int, int]:
    """Return how many units the first coder alone, the second alone, and both of them marked."""
    if whole:
        return int(not second), int(not first), int(bool(first and second))
    one, other = _covered(first), _covered(second)
    together = one + other - _covered([*first, *second])
    return one - together, other - together, together


def _covered(spans: list[tuple[int, int]]) -> int:
    """Return how many code points lie in any of the spans."""
    covered = reached = 0
    for start, end in sorted(spans):
        covered += max(0, end - max(start, reached))
        reached = max(reached, end)
    return covered

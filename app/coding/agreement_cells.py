"""The statements behind one cell of man against machine, some at a time."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlalchemy.orm import Session

from app.coding import agreement_queries as queries
from app.coding.agreement_machine import CUTS, MachineQuestion, compared_statements
from app.coding.agreement_queries import Quoted
from app.core.errors import NotFound
from app.studies import queries as studies
from app.studies.access import StudyAccess

CELL: Final = 50
"""Statements on a page."""


@dataclass(frozen=True, slots=True)
class Cell:
    """The levels that people and the machine gave."""

    human: int
    machine: int


@dataclass(frozen=True, slots=True)
class Lying:
    """A statement that lies in a cell: its words, its stage's key, both values in −1..1, and whether the team agreed on the
    human one."""

    quoted: Quoted
    stage: str
    human: float
    machine: float
    settled: bool


@dataclass(frozen=True, slots=True)
class LyingPage:
    """Some statements of a cell, of ``total``; ``more`` follow."""

    rows: Sequence[Lying]
    total: int
    more: bool

    def whose(self) -> list[tuple[UUID, UUID]]:
        """Return whose words are shown and where they stand, for the log of readings."""
        return [(one.quoted.participant_id, one.quoted.source_id) for one in self.rows]


def lying(
    session: Session,
    access: StudyAccess,
    question: MachineQuestion,
    cell: Cell,
    *,
    after: UUID | None = None,
    limit: int = CELL,
) -> LyingPage:
    """Return up to ``limit`` statements of a cell after the id ``after``, in the order of ids.

    For those who may read the study's words. NotFound for a cell that the table does not have; else as ``machine_agreement``.
    """
    if not {cell.human, cell.machine} <= set(CUTS[question.cut]):
        raise NotFound()
    found = [
        one
        for one in compared_statements(session, access, question)
        if (one.human_level, one.machine_level) == (cell.human, cell.machine)
    ]
    rest = [one for one in found if after is None or one.id > after]
    shown = rest[:limit]
    protocol = studies.protocol(session, access.study.id)
    words = queries.quoted(session, access.study.id, [one.id for one in shown])
    rows = [
        Lying(words[one.id], protocol.stage_of(one.stage_id).key, one.human, one.machine, one.settled)
        for one in shown
        if one.id in words
    ]
    return LyingPage(rows, len(found), len(rest) > len(shown))

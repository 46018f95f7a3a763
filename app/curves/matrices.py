"""Cells of a study held as arrays, brought up to date by reading only what changed.

A curve after one write costs the changed cells and one pass over participants × positions, whatever the number of entries.

Cells are added and updated, and counted by the revisions of their slots; a cell that is deleted leaves no trace there.
Only erasing people deletes cells, and it changes the protocol's revision in the same transaction. So what is held is
held of one revision of the protocol, and read afresh at the next.
"""

import threading
from collections import OrderedDict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

import numpy as np
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from app.core.db import MICRO
from app.curves import queries
from app.curves.queries import Revisions
from app.statements.cells import OBSERVER

SUMS = ("entries", "n", "sum_model", "sum_weight", "sum_weight_model", "sum_weight_human", "coded")
MOST_HELD = 32


@dataclass(frozen=True, slots=True, eq=False)
class Sums:
    """Arrays of shape (participants, positions); sums of scores and weights in units of 1."""

    entries: NDArray[np.float64]
    n: NDArray[np.float64]
    sum_model: NDArray[np.float64]
    sum_weight: NDArray[np.float64]
    sum_weight_model: NDArray[np.float64]
    sum_weight_human: NDArray[np.float64]
    coded: NDArray[np.float64]

    def rows(self, chosen: NDArray[np.bool_]) -> "Sums":
        """Return the sums of some participants."""
        return Sums(*(getattr(self, name)[chosen] for name in Sums.__slots__))


def aligned(sums: Sums, participants: Sequence[UUID], place: Mapping[UUID, int]) -> Sums:
    """Return the sums with each participant in the row that ``place`` gives; nothing for who is not in ``sums``, and
    without those who have no place."""
    there = np.array([place.get(one, -1) for one in participants], dtype=np.int64)
    kept = there >= 0

    def moved(part: NDArray[np.float64]) -> NDArray[np.float64]:
        matrix = np.zeros((len(place), part.shape[1]))
        matrix[there[kept]] = part[kept]
        return matrix

    return Sums(*(moved(getattr(sums, name)) for name in Sums.__slots__))


@dataclass(slots=True)
class _Axis:
    """The cells of one axis of one study at one revision of its protocol, in rows of integers that grow as cells appear."""

    protocol_revision: int
    observed: bool
    seen: dict[int, int] = field(default_factory=dict)
    row_of: dict[tuple[UUID, str, str, str], int] = field(default_factory=dict)
    participants: dict[UUID, int] = field(default_factory=dict)
    positions: dict[str, int] = field(default_factory=dict)
    waves: dict[str, int] = field(default_factory=dict)
    sources: dict[str, int] = field(default_factory=dict)
    labels: NDArray[np.int64] = field(default_factory=lambda: np.zeros((1024, 4), np.int64))
    sums: NDArray[np.int64] = field(default_factory=lambda: np.zeros((1024, len(SUMS)), np.int64))

    def bring_up_to_date(self, session: Session, study_id: UUID, axis: str, revisions: Revisions) -> None:
        stale = [
            (slot, self.seen.get(slot, 0)) for slot, revision in revisions.by_slot if self.seen.get(slot, 0) < revision
        ]
        for row in queries.changed_cells(session, study_id, axis, stale, observed=self.observed):
            self._take(row.participant_id, row.position, row.wave, row.source, tuple(row)[4:])
        self.seen.update(revisions.by_slot)

    def _take(self, participant_id: UUID, position: str, wave: str, source: str, sums: Sequence[int]) -> None:
        key = (participant_id, position, wave, source)
        row = self.row_of.get(key)
        if row is None:
            row = self.row_of[key] = len(self.row_of)
            if row >= len(self.labels):
                self.labels = np.concatenate([self.labels, np.zeros_like(self.labels)])
                self.sums = np.concatenate([self.sums, np.zeros_like(self.sums)])
            self.labels[row] = (
                self.participants.setdefault(participant_id, len(self.participants)),
                self.positions.setdefault(position, len(self.positions)),
                self.waves.setdefault(wave, len(self.waves)),
                self.sources.setdefault(source, len(self.sources)),
            )
        self.sums[row] = sums

    def select(
        self, index_of: Mapping[str, int], width: int, sources: Collection[str], wave: str | None
    ) -> tuple[Sums, list[UUID]]:
        used = len(self.row_of)
        participant, position, wave_number, source = self.labels[:used].T
        column_of = np.full(max(len(self.positions), 1), -1)
        for name, number in self.positions.items():
            column_of[number] = index_of.get(name, -1)
        column = column_of[position]
        keep = (column >= 0) & np.isin(source, [self.sources[name] for name in sources if name in self.sources])
        if wave is not None:
            keep &= wave_number == self.waves.get(wave, -1)
        shape = (len(self.participants), width)
        flat = participant[keep] * width + column[keep]
        sums = [
            np.bincount(flat, weights=self.sums[:used, number][keep], minlength=shape[0] * width).reshape(shape)
            / (MICRO if name.startswith("sum_") else 1)
            for number, name in enumerate(SUMS)
        ]
        return Sums(*sums), list(self.participants)


class CellMatrices:
    """The cells of the studies asked for lately, by study, axis and whether observers wrote them, in this process."""

    def __init__(self) -> None:
        self._held: OrderedDict[tuple[UUID, str, bool], _Axis] = OrderedDict()
        self._lock = threading.Lock()

    def forget(self, study_id: UUID) -> None:
        """Let go of what is held of the study: somebody in it was erased."""
        with self._lock:
            for held in [key for key in self._held if key[0] == study_id]:
                del self._held[held]

    def select(
        self,
        session: Session,
        study_id: UUID,
        axis: str,
        revisions: Revisions,
        index_of: Mapping[str, int],
        *,
        protocol_revision: int,
        width: int,
        sources: Collection[str],
        wave: str | None,
    ) -> tuple[Sums, list[UUID]]:
        """Return the sums of ``sources`` (and ``wave``) and the participants of their rows.

        What observers saw is held apart, so ``sources`` names it alone or not at all.
        ``index_of`` maps a position to its column of ``width``; several positions may share one, others are left out.
        ``revisions`` and ``protocol_revision`` must have been read in the session's own transaction, before this call.
        """
        with self._lock:
            key = (study_id, axis, OBSERVER in sources)
            held = self._held.get(key)
            if held is None or held.protocol_revision != protocol_revision:
                held = self._held[key] = _Axis(protocol_revision, observed=key[2])
            self._held.move_to_end(key)
            while len(self._held) > MOST_HELD:
                self._held.popitem(last=False)
            held.bring_up_to_date(session, study_id, axis, revisions)
            return held.select(index_of, width, sources, wave)

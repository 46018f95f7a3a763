"""Where two coders differ, and what the team decides: the decision is the consensus coder's document, with its history."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID

from sqlalchemy.orm import Session

from app.coding import adjudication_queries as found
from app.coding import coders, queries, service, slots
from app.coding.coders import CONSENSUS
from app.coding.documents import coding_out
from app.coding.errors import NotBothDone, OwnCodingOpen
from app.coding.models import CodingChange, HumanCoding, StudyCoder
from app.coding.schemas import CodingIn, CodingOut
from app.studies.access import StudyAccess

CHUNK = 500
Which = Literal["open", "decided", "all"]


@dataclass(frozen=True, slots=True)
class Side:
    """What one of the two says, or the team."""

    coder: StudyCoder
    coding: CodingOut

    @property
    def codes(self) -> frozenset[UUID]:
        """The codes that stand anywhere in the text."""
        return frozenset(one.code for one in self.coding.excerpts)

    @property
    def spans(self) -> frozenset[tuple[int, int, UUID]]:
        """The codes with the places where they stand."""
        return frozenset(one.span for one in self.coding.excerpts)


@dataclass(frozen=True, slots=True)
class Double:
    """A statement that two coders have finished; ``decided`` is what the team said of it, if it did."""

    statement_id: UUID
    stage_id: UUID
    first: Side
    second: Side
    decided: Side | None

    @property
    def apart(self) -> int:
        """How far apart their sentiments are, 0..4."""
        one, other = self.first.coding.sentiment, self.second.coding.sentiment
        return abs(one - other) if one is not None and other is not None else 0

    @property
    def differs(self) -> bool:
        """Whether they differ in anything that is measured."""
        return (
            self.apart > 0
            or set(self.first.coding.emotions) != set(self.second.coding.emotions)
            or self.first.spans != self.second.spans
        )

    def differs_on(self, code: UUID) -> bool:
        """Whether one of them gave this code somewhere where the other did not."""
        return any(span[2] == code for span in self.first.spans ^ self.second.spans)


@dataclass(frozen=True, slots=True)
class Filter:
    """Which doubles are wanted. ``least``: sentiments at least so far apart. ``which``: undecided differences, decided, all."""

    which: Which = "open"
    stage_id: UUID | None = None
    code: UUID | None = None
    least: int = 0

    def takes(self, one: Double) -> bool:
        """Return whether ``one`` is wanted."""
        if self.which == "open" and (one.decided is not None or not one.differs):
            return False
        if self.which == "decided" and one.decided is None:
            return False
        return one.apart >= self.least and (self.code is None or one.differs_on(self.code))


def doubles(session: Session, study_id: UUID, wanted: Filter) -> list[Double]:
    """Return the statements that two coders have finished and that are ``wanted``, the furthest apart first."""
    rows = found.completed(session, study_id, wanted.stage_id)
    people = {one.id: one for one in queries.coders(session, study_id)}
    ids = [row.statement_id for row in rows]
    sides: dict[UUID, list[Side]] = {}
    for first in range(0, len(ids), CHUNK):
        sides |= _sides(session, study_id, ids[first : first + CHUNK], people)
    all_of_them = [_double(row, sides[row.statement_id]) for row in rows]
    return sorted((one for one in all_of_them if wanted.takes(one)), key=lambda one: -one.apart)


def double(session: Session, study_id: UUID, statement_id: UUID) -> Double | None:
    """Return the statement with what both coders say of it; None where it was not drawn for two, or one is not done."""
    rows = found.completed(session, study_id, None, statement_id)
    if not rows:
        return None
    people = {one.id: one for one in queries.coders(session, study_id)}
    return _double(rows[0], _sides(session, study_id, [statement_id], people)[statement_id])


def settle(session: Session, access: StudyAccess, statement_id: UUID, given: CodingIn, version: int) -> CodingOut:
    """Store what the team decided of a statement, in place of ``version`` (0: the first), and return it.

    NotBothDone before the two have finished, OwnCodingOpen if one of them is the actor; StaleCoding and the others as of
    ``save_coding``. The curve takes the decision in the same transaction.
    """
    study_id = access.study.id
    team = coders.consensus_of(session, study_id)
    statement = service.hold_statement(session, access, team, statement_id)
    draw, taken = queries.draw(session, study_id, statement_id), queries.slots(session, study_id, statement_id)
    own = queries.coder_of_user(session, study_id, access.actor.user_id)
    waiting = [one for one in taken if one.done_at is None]
    if own is not None and any(one.coder_id == own.id for one in waiting):
        raise OwnCodingOpen()
    if draw is None or not draw.doubled or waiting or len(taken) < slots.places(draw.doubled):
        raise NotBothDone()
    final = given.model_copy(update={"done": True})
    return service.save_held(session, access, statement, final, version, team)


def history(session: Session, study_id: UUID, statement_id: UUID) -> Sequence[CodingChange]:
    """Return every decision on a statement, the earliest first: who, when, what stood before and what after."""
    team = queries.consensus(session, study_id)
    return queries.history(session, study_id, statement_id, team.id) if team else ()


def _sides(
    session: Session, study_id: UUID, ids: Collection[UUID], people: Mapping[UUID, StudyCoder]
) -> dict[UUID, list[Side]]:
    marked: dict[tuple[UUID, UUID], list[Any]] = defaultdict(list)
    for excerpt in found.excerpts(session, study_id, ids):
        marked[excerpt.statement_id, excerpt.coder_id].append(excerpt)
    sides: dict[UUID, list[Side]] = defaultdict(list)
    for kept, _kind, _slot in found.documents(session, study_id, ids):
        sides[kept.statement_id].append(_side(kept, marked, people))
    return sides


def _side(
    kept: HumanCoding, marked: Mapping[tuple[UUID, UUID], Sequence[Any]], people: Mapping[UUID, StudyCoder]
) -> Side:
    return Side(people[kept.coder_id], coding_out(kept, marked[kept.statement_id, kept.coder_id]))


def _double(row: Any, sides: Sequence[Side]) -> Double:
    two = [one for one in sides if one.coder.kind != CONSENSUS]
    team = [one for one in sides if one.coder.kind == CONSENSUS and one.coding.done]
    return Double(row.statement_id, row.stage_id, two[0], two[1], team[0] if team else None)

"""All that a report is written from, read in one session: curve, map, support, touchpoints, checks, and what is planned."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from app.core import clock
from app.curves.hardest import hardest_days
from app.curves.matrices import CellMatrices
from app.curves.service import Curve, CurvePoint
from app.maps.board import service as boards
from app.maps.board.looks import Board, BoardStage, Viewer
from app.maps.drawing.leaving import Leaving, leaving
from app.maps.drawing.service import MapToHand, days_of
from app.maps.ecosystem.looks import Ecosystem, Support
from app.maps.ecosystem.service import support as support_of
from app.maps.ecosystem.service import touchpoints as touchpoints_of
from app.maps.insights.improving import ImprovementLook, improvements
from app.maps.insights.outcomes import ResultLook, results
from app.maps.insights.self_checking import Looking, SelfCheck, self_check
from app.maps.insights.service import InsightLook, insights
from app.maps.insights.waves import BetweenWaves
from app.maps.quotations import Quoted
from app.maps.service import KeptScenes
from app.participants import queries as participants

MOST_QUOTES = 4
"""Of a place; a manager reads so many."""
MOST_PLACES = 3


@dataclass(frozen=True, slots=True)
class Place:
    """A stage that matters: its column of the map, whether it is the only candidate, and what may be quoted of it."""

    column: BoardStage
    certain: bool
    quotes: Sequence[Quoted]

    @property
    def point(self) -> CurvePoint:
        """Its point of the curve."""
        return self.column.point


@dataclass(frozen=True, slots=True)
class Findings:
    """What a report is written from, as one viewer may see it.

    ``valleys`` are the hardest places, the lowest first: it, and other candidates that lie below zero beyond chance. Empty
    where nothing can be told, as ``peak`` is None then. ``days`` is the curve by days from the anchor event.
    """

    board: Board
    support: Support
    ecosystem: Ecosystem
    checked: SelfCheck
    insights: Sequence[InsightLook]
    improvements: Sequence[ImprovementLook]
    results: Sequence[ResultLook]
    leaving: Leaving
    valleys: Sequence[Place]
    peak: Place | None
    days: Curve
    people: int
    at: datetime

    @property
    def curve(self) -> Curve:
        """The curve by stage."""
        return self.board.curve

    @property
    def hand(self) -> MapToHand:
        """The map as it is handed on beside the report."""
        return MapToHand(self.board, self.support, self.leaving, self.days, self.at)

    def whose(self) -> Iterator[tuple[UUID, UUID]]:
        """Yield of each quote whose it is and which entry it stands in, for the log of readings."""
        yield from self.hand.whose
        for place in (*self.valleys, *([self.peak] if self.peak else [])):
            for quote in place.quotes:
                yield quote.said.participant_id, quote.said.source_id


def findings(session: Session, matrices: CellMatrices, kept: KeptScenes, viewer: Viewer) -> Findings:
    """Return what the viewer's report is written from."""
    study_id, anonymous = viewer.sight.study_id, not viewer.text
    board = boards.board(session, matrices, kept, viewer)
    may_leave = leaving(session, study_id)
    sight = viewer.sight if viewer.text else None
    days = days_of(session, matrices, viewer, board)
    segment, wave = board.curve.segment, board.curve.wave
    return Findings(
        board=board,
        support=support_of(
            session, matrices, study_id, segment=segment, wave=wave, anonymous=anonymous, personal=False
        ),
        ecosystem=touchpoints_of(session, matrices, study_id, anonymous=anonymous),
        checked=self_check(session, matrices, kept, study_id, Looking(None, anonymous)),
        insights=insights(session, study_id, sight),
        improvements=improvements(session, study_id),
        results=results(session, study_id, BetweenWaves(session, matrices, study_id, anonymous), anonymous=anonymous),
        leaving=may_leave,
        valleys=_valleys(board, days, may_leave),
        peak=next(iter(_places(board, may_leave, board.curve.peak, lowest=False)), None),
        days=days,
        people=participants.count(session, study_id),
        at=clock.now(),
    )


def _valleys(board: Board, days: Curve, may_leave: Leaving) -> Sequence[Place]:
    hardest = hardest_days(board.curve, days, board.protocol.stages)
    if hardest is not None:
        # Days tell what stages do not.
        here = [one for one in board.stages if one.stage.id == hardest.stage.id]
        return [Place(one, True, _quotes(one, may_leave, "pain")) for one in here]
    candidates = _places(board, may_leave, board.curve.valley, lowest=True)
    below = [one for one in candidates[1:] if one.point.upper is not None and one.point.upper < 0]
    return [*candidates[:1], *below][:MOST_PLACES]


def _places(board: Board, may_leave: Leaving, keys: Sequence[str], *, lowest: bool) -> list[Place]:
    """The candidates, the most extreme first; none where they are all that is known, which says nothing."""
    enough = [one for one in board.stages if one.point.enough and one.point.estimate is not None]
    candidates = [one for one in enough if one.point.key in keys]
    if len(candidates) == len(enough) and len(enough) > 1:
        return []
    sign = 1 if lowest else -1
    ranked = sorted(candidates, key=lambda one: sign * (one.point.estimate or 0.0))
    lane = "pain" if lowest else "delight"
    return [Place(one, len(keys) == 1, _quotes(one, may_leave, lane)) for one in ranked]


def _quotes(column: BoardStage, may_leave: Leaving, lane: str) -> Sequence[Quoted]:
    """One quote of each note, those of the notes that most people told first; then more of the same; each entry once."""
    notes = sorted(column.cells[lane], key=lambda note: -(note.people or 0))
    ranked = [may_leave.quotes(note.quotes) for note in notes]
    turns = [quotes[turn] for turn in range(MOST_QUOTES) for quotes in ranked if turn < len(quotes)]
    return list({one.said.source_id: one for one in reversed(turns)}.values())[::-1][:MOST_QUOTES]

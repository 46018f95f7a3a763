"""Notes that were read, coded or laid down, put into a map when the team asks for it; asked again, nothing doubles."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final
from uuid import UUID

from sqlalchemy.orm import Session

from app.core import clock
from app.maps import quotation_queries, quotations
from app.maps.board import extraction, queries
from app.maps.board.errors import NotPaired
from app.maps.board.extraction import Proposal, overlap
from app.maps.board.maps import opened_for_change, touched
from app.maps.board.models import MapNote
from app.maps.board.schemas import MOST_IN_CELL, MOST_NOTES, NewMap
from app.maps.quotations import MOST_QUOTATIONS, Span
from app.maps.service import KeptScenes
from app.participants.sight import everyone
from app.studies import queries as studies
from app.studies.access import StudyAccess

PROPOSED: Final = "proposal"
"""Who wrote a note that nobody of the team has touched yet."""


@dataclass(frozen=True, slots=True)
class Proposed:
    """How many notes came to the map, and how many that nobody had touched rest on more words now."""

    added: int
    refreshed: int


@dataclass(frozen=True, slots=True)
class _Known:
    """A note of the map, removed ones too, and the words that it rests on."""

    row: MapNote
    spans: dict[Span, str]

    @property
    def open(self) -> bool:
        """Whether nobody of the team has touched it."""
        return self.row.removed_at is None and self.row.updated_by == PROPOSED


def found_for(session: Session, kept: KeptScenes, study_id: UUID, given: NewMap | UUID) -> Sequence[Proposal]:
    """Return what would be proposed for a map that there is, or is to be made.

    Reading takes a second or two: read in a session of its own, and give it to ``propose`` in the one that writes, so that
    nobody's diary waits meanwhile. NotFound.
    """
    protocol = studies.protocol(session, study_id)
    if isinstance(given, NewMap):
        map_id, segment, wave = given.id, given.segment or None, given.wave or None
    else:
        row = queries.map_of(session, study_id, given)
        map_id, segment, wave = row.id, row.segment, row.wave
    return extraction.proposals(session, kept, protocol, map_id, segment=segment, wave=wave)


def propose(
    session: Session,
    kept: KeptScenes,
    access: StudyAccess,
    map_id: UUID,
    *,
    found: Sequence[Proposal] | None = None,
) -> Proposed:
    """Put what is proposed and not there yet into an as-is map; ``found`` was read for it before (see found_for).

    A note that the team changed, moved or removed stays as they left it, and does not come back. NotPaired for a to-be
    map: what people say is no plan. NotFound, MapRetired.
    """
    row = opened_for_change(session, access.study.id, map_id)
    if row.kind != "as_is":
        raise NotPaired()
    if found is None:
        found = found_for(session, kept, row.study_id, map_id)
    known = _known(session, row.study_id, map_id)
    by_lane: defaultdict[tuple[UUID, str], list[_Known]] = defaultdict(list)
    for one in known.values():
        by_lane[one.row.stage_id, one.row.lane].append(one)
    filled = Counter({cell: sum(one.row.removed_at is None for one in those) for cell, those in by_lane.items()})
    added = refreshed = 0
    for proposal in _standing(session, row.study_id, found):
        cell = (proposal.stage_id, proposal.lane)
        there = known.get(proposal.id) or next((one for one in by_lane[cell] if _same(one, proposal)), None)
        if there is not None:
            refreshed += _refresh(session, there, proposal)
        elif filled[cell] < MOST_IN_CELL and filled.total() < MOST_NOTES:
            _add(session, row.study_id, map_id, proposal, filled[cell])
            filled[cell] += 1
            added += 1
    if added or refreshed:
        detail = {"added": added, "refreshed": refreshed}
        touched(session, access, row, "map.proposed", detail=detail)
    return Proposed(added, refreshed)


def _standing(session: Session, study_id: UUID, found: Sequence[Proposal]) -> Iterator[Proposal]:
    """Yield proposals with the words that still stand: somebody may have been erased since they were read."""
    ids = queries.standing(session, study_id, {span.statement_id for one in found for span, _ in one.spans})
    for one in found:
        spans = tuple((span, finder) for span, finder in one.spans if span.statement_id in ids)
        if spans or one.touchpoint_id is not None:
            yield replace(one, spans=spans)


def _known(session: Session, study_id: UUID, map_id: UUID) -> Mapping[UUID, _Known]:
    rows = queries.notes(session, study_id, map_id, removed=True)
    known = {one.id: _Known(one, {}) for one in rows}
    for one in quotation_queries.of_owners(session, study_id, "note", list(known)):
        known[one.owner_id].spans[Span(one.statement_id, one.start, one.end)] = one.found_by
    return known


def _same(known: _Known, proposal: Proposal) -> bool:
    """Whether the note tells of the same: what a code or the machine put together before stays one note as it grows."""
    if proposal.touchpoint_id is not None:
        return known.row.touchpoint_id == proposal.touchpoint_id
    if known.row.origin != proposal.origin:
        return False
    return any(overlap(span, other) for span, _ in proposal.spans for other in known.spans)


def _refresh(session: Session, known: _Known, proposal: Proposal) -> bool:
    """Let an untouched note rest on the new words as well; return whether there are any."""
    further = dict(extraction.beside(proposal, known.spans).spans)
    room = MOST_QUOTATIONS - len(known.spans)
    if not known.open or not further or room <= 0:
        return False
    spans = known.spans | dict(list(further.items())[:room])
    row = known.row
    quotations.set_quotations(session, everyone(row.study_id), "note", row.id, list(spans), found_by=spans)
    row.version, row.updated_at, row.source_name = row.version + 1, clock.now(), proposal.source_name
    return True


def _add(session: Session, study_id: UUID, map_id: UUID, proposal: Proposal, position: int) -> None:
    now = clock.now()
    session.add(
        MapNote(
            study_id=study_id,
            id=proposal.id,
            map_id=map_id,
            stage_id=proposal.stage_id,
            lane=proposal.lane,
            position=position,
            text="",
            origin=proposal.origin,
            source_name=proposal.source_name,
            touchpoint_id=proposal.touchpoint_id,
            version=1,
            created_at=now,
            updated_at=now,
            updated_by=PROPOSED,
        )
    )
    session.flush()
    spans = dict(proposal.spans)
    quotations.set_quotations(session, everyone(study_id), "note", proposal.id, list(spans), found_by=spans)

"""What a change of the codebook would do to the codings, told before it is done. Nothing here writes."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlalchemy.orm import Session

from app.coding import blinding
from app.coding import codebook_excerpt_queries as queries
from app.coding.codebook_excerpt_queries import Extent
from app.studies.access import StudyAccess

FEW: Final = 5
AROUND: Final = 18
"""Code points of a quote's surroundings on each side."""
LONGEST: Final = 120


@dataclass(frozen=True, slots=True)
class Quote:
    """An excerpt with the words around it. ``entry_id`` and ``participant_id`` are for the log of readings."""

    excerpt_id: UUID
    code_id: UUID
    before: str
    words: str
    after: str
    participant: str
    stage_id: UUID
    participant_id: UUID
    entry_id: UUID


@dataclass(frozen=True, slots=True)
class Uses:
    """What carries some codes. ``hidden``: how many excerpts lie in double codings that the actor may not see yet; they are
    in ``extent``, and never in ``quotes``."""

    extent: Extent
    hidden: int
    quotes: Sequence[Quote]


@dataclass(frozen=True, slots=True)
class MovePreview(Uses):
    """What moving excerpts would do: ``folded`` of them lie where their coder has the other code already."""

    folded: int


def uses_of(
    session: Session, access: StudyAccess, code_ids: Collection[UUID], *, most: int = FEW, after: UUID | None = None
) -> Uses:
    """Return what carries these codes, with up to ``most`` quotes from after the excerpt ``after`` on."""
    seen = blinding.may_see(access)
    extent = queries.extent(session, access.study.id, code_ids)
    visible = queries.extent(session, access.study.id, code_ids, seen)
    rows = queries.quoted(session, access.study.id, code_ids, seen, most=most, after=after)
    return Uses(extent, extent.excerpts - visible.excerpts, [_quote(row) for row in rows])


def merge_preview(session: Session, access: StudyAccess, source_ids: Collection[UUID], target_id: UUID) -> MovePreview:
    """Return what merging the sources into the target would do."""
    uses = uses_of(session, access, source_ids)
    target = queries.extent(session, access.study.id, [target_id])
    together = queries.extent(session, access.study.id, {*source_ids, target_id})
    folded = uses.extent.excerpts + target.excerpts - together.spans
    return MovePreview(uses.extent, uses.hidden, uses.quotes, folded)


def split_preview(
    session: Session, access: StudyAccess, destinations: Mapping[str, tuple[Sequence[UUID], UUID | None]]
) -> dict[str, MovePreview]:
    """Return what splitting would do, by the caller's names of the places that excerpts go to.

    A place is the excerpts that go there, and the code if it is one that is there already.
    """
    found = {}
    for name, (excerpt_ids, target_id) in destinations.items():
        extent = queries.extent_of(session, access.study.id, excerpt_ids)
        folded = queries.folded(session, access.study.id, excerpt_ids, target_id) if target_id else 0
        seen = blinding.may_see(access)
        rows = queries.quoted(session, access.study.id, None, seen, most=FEW, only=excerpt_ids)
        found[name] = MovePreview(extent, 0, [_quote(row) for row in rows], folded)
    return found


def whose(quotes: Sequence[Quote]) -> list[tuple[UUID, UUID]]:
    """Return of each quote whose it is and which entry or turn it stands in, for the log of readings."""
    return [(quote.participant_id, quote.entry_id) for quote in quotes]


def _quote(row: queries.Row) -> Quote:
    text: str = row.text
    end = min(row.end_at, row.start_at + LONGEST)
    return Quote(
        excerpt_id=row.id,
        code_id=row.code_id,
        before=("…" if row.start_at > AROUND else "") + text[max(row.start_at - AROUND, 0) : row.start_at],
        words=text[row.start_at : end] + ("…" if end < row.end_at else ""),
        after=text[row.end_at : row.end_at + AROUND] + ("…" if row.end_at + AROUND < len(text) else ""),
        participant=row.code,
        stage_id=row.stage_id,
        participant_id=row.participant_id,
        entry_id=row.source_id,
    )

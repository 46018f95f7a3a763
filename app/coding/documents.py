"""Stored codings as the documents that coders give and are shown."""

from collections.abc import Sequence

from app.coding.models import Excerpt, HumanCoding
from app.coding.schemas import CodingOut, ExcerptIn


def coding_out(kept: HumanCoding | None, excerpts: Sequence[Excerpt] = ()) -> CodingOut:
    """Return the stored coding with its excerpts, in the order of the text; an empty one of version 0 for None."""
    if kept is None:
        return CodingOut()
    marked = [
        ExcerptIn(id=one.id, code=one.code_id, start=one.start, end=one.end, memo=one.memo)
        for one in sorted(excerpts, key=lambda one: (one.start, one.end, one.id))
    ]
    return CodingOut(
        sentiment=kept.sentiment,
        emotions=list(kept.emotions),
        memo=kept.memo,
        excerpts=marked,
        done=kept.done_at is not None,
        version=kept.version,
        blind=kept.blind,
        done_at=kept.done_at,
        updated_at=kept.updated_at,
    )

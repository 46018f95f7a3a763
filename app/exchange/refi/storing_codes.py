"""Taking a file's codes into the codebook: those that are there by id or by name are used, the others added."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

from pydantic import ValidationError
from sqlalchemy.orm import Session

from app.coding import codebook_queries
from app.coding.codebook_book import OpenBook, open_book
from app.coding.codebook_schemas import MOST_DEPTH, MOST_EXAMPLES, MOST_NAME, MOST_WORDS, NewCode
from app.coding.codebook_tree import depth_of
from app.exchange.refi.errors import ProjectBroken
from app.exchange.refi.intake import NewCodeRow
from app.web.i18n import mark as _
from app.web.i18n import translate

_SHORT = re.compile(r"#([0-9a-f])([0-9a-f])([0-9a-f])")
_LONG = re.compile(r"#[0-9a-f]{6}")
_BLANKS = re.compile(r"[\x00-\x20\x7f-\x9f\u2028\u2029]+")
NAME_CUT = _("编码名太长，截短了")
WORDS_CUT = _("编码的说明太长，截短了")
LIFTED = _("编码层级太深，提到了上一层")


@dataclass(slots=True)
class StoredCodes:
    """Which code of the study each of the file's became, how many are new, and what was changed about them."""

    ids: dict[UUID, UUID] = field(default_factory=dict)
    new: int = 0
    left_out: Counter[tuple[str, str]] = field(default_factory=Counter)


def store(session: Session, actor: str, study_id: UUID, codes: Sequence[NewCodeRow]) -> StoredCodes:
    """Take ``codes`` in, parents first, as one version of the codebook."""
    stored = StoredCodes()
    if not codes:
        return stored
    book = open_book(session, study_id, codebook_queries.version_of(session, study_id))
    for code in codes:
        _take(book, actor, code, stored)
    if stored.new:
        book.close(actor, "imported", {"codes": stored.new})
    return stored


def _take(book: OpenBook, actor: str, code: NewCodeRow, stored: StoredCodes) -> None:
    if code.id in book.codes:
        merged = book.codes[code.id].merged_into
        if merged is not None:
            stored.ids[code.id] = merged
        return
    parent = _parent(book, code, stored)
    name = _name(code, stored)
    known = next((one for one in book.children(parent) if one.name.casefold() == name.casefold()), None)
    if known is not None:
        stored.ids[code.id] = known.id
        return
    if len(code.description) > MOST_WORDS or len(code.memo) > MOST_WORDS:
        stored.left_out["Code", WORDS_CUT] += 1
    taken = {one.shortcut for one in book.live.values()}
    try:
        given = NewCode(
            id=code.id,
            parent_id=parent,
            name=name,
            colour=_colour(code.colour),
            description=code.description[:MOST_WORDS],
            examples=code.examples[:MOST_EXAMPLES],
            memo=code.memo[:MOST_WORDS],
            shortcut=None if code.shortcut in taken else code.shortcut,
        )
    except ValidationError as error:
        raise ProjectBroken(why=translate(_("编码 %(name)s 没法存")) % {"name": name}) from error
    added = book.add(actor, given)
    if code.retired:
        added.retired_at = book.now
    stored.new += 1


def _parent(book: OpenBook, code: NewCodeRow, stored: StoredCodes) -> UUID | None:
    """Return the study's code to stand under; one level higher where the codebook's levels are used up."""
    parent = stored.ids.get(code.parent_id, code.parent_id) if code.parent_id else None
    if parent is not None and depth_of(book.codes, parent) >= MOST_DEPTH:
        stored.left_out["Code", LIFTED] += 1
        while parent is not None and depth_of(book.codes, parent) >= MOST_DEPTH:
            parent = book.codes[parent].parent_id
    return parent


def _name(code: NewCodeRow, stored: StoredCodes) -> str:
    name = _BLANKS.sub(" ", code.name).strip() or "?"
    if len(name) > MOST_NAME:
        stored.left_out["Code", NAME_CUT] += 1
        name = name[: MOST_NAME - 1].rstrip() + "…"
    return name


def _colour(given: str | None) -> str | None:
    colour = (given or "").strip().lower()
    short = _SHORT.fullmatch(colour)
    if short is not None:
        return "#" + "".join(one * 2 for one in short.groups())
    return colour if _LONG.fullmatch(colour) else None

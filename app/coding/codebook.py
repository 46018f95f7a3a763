"""Changing the codebook: every change is one version of it, with all codes as they stood after it.

Each function is given the ``version`` that its caller saw, and refuses with StaleCodebook when there is a newer one.
Changes of one study come one after the other; nothing is overwritten. ``actor`` is as the log names who acts.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.orm import Session

from app.coding.codebook_book import OpenBook, distinct_name, open_book
from app.coding.codebook_changes import NOTHING_MOVED, Moved, move_excerpts
from app.coding.codebook_errors import CodeCircle, CodeNotFound
from app.coding.codebook_schemas import CodeIn, NewCode
from app.coding.codebook_tree import below
from app.coding.models import Code
from app.core.errors import FieldError, Invalid
from app.web.i18n import mark as _

MOST_MERGED = 50
MOST_PARTS = 6
FACTS = ("name", "colour", "description", "examples", "memo", "shortcut")


@dataclass(frozen=True, slots=True)
class Part:
    """What a code is split into: a new code or one that is there, and which of the excerpts go to it."""

    code: NewCode | UUID
    excerpts: Collection[UUID]


def add_code(session: Session, actor: str, study_id: UUID, given: NewCode, *, version: int) -> Code:
    """Return the new code, the last one under its parent.

    CodeNotFound for a parent that is not in use; CodeNameTaken, ShortcutTaken, CodeTooDeep, CodebookFull.
    """
    book = open_book(session, study_id, version)
    code = book.add(actor, given)
    book.close(actor, "added", {"code": str(code.id)})
    return code


def add_codes(
    session: Session, actor: str, study_id: UUID, given: Sequence[NewCode], *, version: int, origin: str
) -> list[Code]:
    """Return new codes, stored as one change; a parent stands before its children, which name its ``id``.

    ``origin`` says in the log where they come from, such as a starter's key or "qdc". Errors as of ``add_code``.
    """
    return take_over(session, actor, study_id, given, {}, version=version, origin=origin)


def take_over(
    session: Session,
    actor: str,
    study_id: UUID,
    new: Sequence[NewCode],
    changed: Mapping[UUID, CodeIn],
    *,
    version: int,
    origin: str,
) -> list[Code]:
    """Add and change codes as one change of the codebook and return the new ones; without any nothing is changed."""
    book = open_book(session, study_id, version)
    for code_id, given in changed.items():
        _write(book, book.get(code_id), given)
    added = [book.add(actor, given) for given in new]
    if added or changed:
        book.close(actor, "imported", {"origin": origin, "added": len(added), "changed": len(changed)})
    return added


def change_code(session: Session, actor: str, study_id: UUID, code_id: UUID, given: CodeIn, *, version: int) -> Code:
    """Return the code as ``given`` says (a colour of None stays as it is); the same again is no change.

    CodeNotFound, CodeNameTaken, ShortcutTaken.
    """
    book = open_book(session, study_id, version)
    code = book.get(code_id)
    changed = _write(book, code, given)
    if changed:
        book.close(actor, "changed", {"code": str(code.id), "changed": changed})
    return code


def move_code(
    session: Session,
    actor: str,
    study_id: UUID,
    code_id: UUID,
    *,
    parent_id: UUID | None,
    place: int | None = None,
    version: int,
) -> Code:
    """Return the code, with all that is under it at ``place`` (from 0; None: the last) under ``parent_id`` (None: the top).

    Its codings stay as they are. CodeNotFound, CodeCircle, CodeTooDeep, CodeNameTaken.
    """
    book = open_book(session, study_id, version)
    code = book.get(code_id)
    if not _stands_there(book, code, parent_id, place):
        book.put(code, parent_id, place)
        book.close(actor, "moved", {"code": str(code.id), "parent": str(parent_id) if parent_id else None})
    return code


def merge_codes(
    session: Session, actor: str, study_id: UUID, source_ids: Collection[UUID], target_id: UUID, *, version: int
) -> Moved:
    """Let the excerpts of the sources carry the target, retire the sources, and return what was moved.

    An excerpt whose coder has the target on the very same span already folds into that one; no other is lost. Codes under
    a source go under the target. CodeNotFound; CodeCircle where the target stands under a source; CodeTooDeep.
    """
    book = open_book(session, study_id, version)
    target = book.get(target_id)
    sources = [book.get(code_id) for code_id in dict.fromkeys(source_ids)]
    if not 0 < len(sources) <= MOST_MERGED:
        raise Invalid(fields=[FieldError("source", _("请选要并过来的编码，一次最多 50 个"), "sources")])
    if any(target in below(book.live.values(), source.id) for source in sources):
        raise CodeCircle(_("编码不能并进自己，或者自己下面的编码里"))
    moved = NOTHING_MOVED
    for source in sources:
        _bring_children(book, source, target, but={one.id for one in sources})
        source.retired_at, source.merged_into = book.now, target.id
        moved = move_excerpts(session, actor, study_id, source.id, target.id, after=moved)
    book.close(actor, "merged", {"sources": [str(one.id) for one in sources], "target": str(target.id), **moved.counts})
    return moved


def split_code(
    session: Session, actor: str, study_id: UUID, code_id: UUID, parts: Sequence[Part], *, version: int
) -> tuple[list[Code], Moved]:
    """Give chosen excerpts of a code to others; returns the codes of the parts and what was moved.

    What no part names stays with the code. ExcerptsMoved if one of the excerpts is not the code's (any longer); else as
    of ``add_code``.
    """
    book = open_book(session, study_id, version)
    code = book.get(code_id)
    named = [excerpt for part in parts for excerpt in part.excerpts]
    if not 0 < len(parts) <= MOST_PARTS or len(set(named)) < len(named):
        raise Invalid(fields=[FieldError("parts", _("请分成 1 到 6 个编码，一个片段只能去一处"), "parts")])
    into: list[Code] = []
    moved = NOTHING_MOVED
    for part in parts:
        target = book.add(actor, part.code) if isinstance(part.code, NewCode) else book.get(part.code)
        if target is code:
            raise CodeCircle(_("请选别的编码"))
        into.append(target)
        moved = move_excerpts(session, actor, study_id, code.id, target.id, only=part.excerpts, after=moved)
    book.close(actor, "split", {"code": str(code.id), "into": [str(one.id) for one in into], **moved.counts})
    return into, moved


def retire_code(session: Session, actor: str, study_id: UUID, code_id: UUID, *, version: int) -> list[Code]:
    """Take a code and all under it out of use and return them; their excerpts stay as they are. CodeNotFound."""
    book = open_book(session, study_id, version)
    retired = below(book.live.values(), book.get(code_id).id)
    for code in retired:
        code.retired_at = book.now
    book.close(actor, "retired", {"code": str(code_id), "codes": len(retired)})
    return retired


def restore_code(session: Session, actor: str, study_id: UUID, code_id: UUID, *, version: int) -> Code:
    """Return a retired code, in use again: under its parent if that is in use, else at the top.

    One that was merged away comes back without excerpts. CodeNotFound, CodeNameTaken, CodeTooDeep, CodebookFull.
    """
    book = open_book(session, study_id, version)
    code = book.codes.get(code_id)
    if code is None or code.retired_at is None:
        raise CodeNotFound()
    parent_id = code.parent_id if code.parent_id in book.live else None
    book.require_space()
    book.require_room(parent_id, 1)
    book.require_free(code.name, parent_id)
    siblings = book.children(parent_id)
    if any(one.shortcut == code.shortcut for one in book.live.values()):
        code.shortcut = None
    code.parent_id, code.retired_at, code.merged_into = parent_id, None, None
    book.number([*siblings, code])
    book.close(actor, "restored", {"code": str(code.id)})
    return code


def _stands_there(book: OpenBook, code: Code, parent_id: UUID | None, place: int | None) -> bool:
    siblings = [one.id for one in book.children(code.parent_id)]
    last = len(siblings) - 1
    return code.parent_id == parent_id and siblings.index(code.id) == (
        last if place is None else min(max(place, 0), last)
    )


def _write(book: OpenBook, code: Code, given: CodeIn) -> list[str]:
    """Change a code's facts and return which were."""
    book.require_free(given.name, code.parent_id, but=code.id)
    becomes = {
        "name": given.name,
        "colour": given.colour or code.colour,
        "description": given.description,
        "examples": list(given.examples),
        "memo": given.memo,
        "shortcut": book.letter(given.shortcut, but=code.id),
    }
    changed = [name for name in FACTS if getattr(code, name) != becomes[name]]
    for name in changed:
        setattr(code, name, becomes[name])
    return changed


def _bring_children(book: OpenBook, source: Code, target: Code, *, but: Collection[UUID]) -> None:
    for child in book.children(source.id):
        if child.id in but:
            continue
        child.name = distinct_name(child.name, book.names(target.id, but=child.id))
        book.put(child, target.id, None)

"""A codebook that is being changed, with the rules that it keeps to, and its next version."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.audit.service import Change, record
from app.coding import codebook_queries as queries
from app.coding.codebook_colours import next_colour
from app.coding.codebook_errors import (
    CodebookFull,
    CodeCircle,
    CodeNameTaken,
    CodeNotFound,
    CodeTooDeep,
    ShortcutTaken,
    StaleCodebook,
)
from app.coding.codebook_schemas import AUTO, MOST_CODES, MOST_DEPTH, MOST_NAME, NewCode
from app.coding.codebook_tree import below, depth_of, free_letter, height, in_order
from app.coding.models import Code, CodebookVersion
from app.core import clock
from app.core.ids import uuid7
from app.studies.models import Study


def open_book(session: Session, study_id: UUID, version: int) -> "OpenBook":
    """Return the codebook to change; nobody else changes it until the transaction ends. StaleCodebook."""
    # Not FOR UPDATE: whoever writes a row of the study meanwhile only refers to it, and need not wait.
    session.execute(select(Study.id).where(Study.id == study_id).with_for_update(key_share=True)).one()
    if queries.version_of(session, study_id) != version:
        raise StaleCodebook()
    return OpenBook(session, study_id, version)


class OpenBook:
    """All codes of a study by id, held, with what may be done to them. ``close`` makes the next version of it."""

    def __init__(self, session: Session, study_id: UUID, version: int) -> None:
        self.session = session
        self.study_id = study_id
        self.version = version
        self.now = clock.now()
        self.codes = {code.id: code for code in queries.held_codes(session, study_id)}

    @property
    def live(self) -> dict[UUID, Code]:
        """The codes in use, by id."""
        return {code.id: code for code in self.codes.values() if code.retired_at is None}

    def get(self, code_id: UUID) -> Code:
        """Return a code in use; CodeNotFound."""
        code = self.codes.get(code_id)
        if code is None or code.retired_at is not None:
            raise CodeNotFound()
        return code

    def children(self, parent_id: UUID | None) -> list[Code]:
        """Return the codes in use right under ``parent_id`` (None: at the top), in order."""
        found = [code for code in self.live.values() if code.parent_id == parent_id]
        return sorted(found, key=lambda code: (code.position, code.id))

    def add(self, actor: str, given: NewCode) -> Code:
        """Return a new code, checked and stored, but not yet a version of its own."""
        self.require_space()
        parent = self.get(given.parent_id) if given.parent_id else None
        self.require_room(given.parent_id, 1)
        self.require_free(given.name, given.parent_id)
        siblings = self.children(given.parent_id)
        code = Code(
            study_id=self.study_id,
            id=given.id or uuid7(),
            parent_id=given.parent_id,
            name=given.name,
            colour=given.colour or (parent.colour if parent else next_colour(one.colour for one in siblings)),
            description=given.description,
            examples=list(given.examples),
            memo=given.memo,
            shortcut=self.letter(given.shortcut),
            position=siblings[-1].position + 1 if siblings else 0,
            created_at=self.now,
            created_by=actor[:80],
        )
        self.session.add(code)
        # At once: the next one may stand under it, and both databases look for a parent row by row.
        self.session.flush()
        self.codes[code.id] = code
        return code

    def put(self, code: Code, parent_id: UUID | None, place: int | None) -> None:
        """Move a code with all that is under it to ``place`` (from 0; None: the last) under ``parent_id``."""
        if parent_id is not None:
            self.get(parent_id)
            if parent_id in {one.id for one in below(self.live.values(), code.id)}:
                raise CodeCircle()
        self.require_room(parent_id, height(self.live.values(), code.id))
        self.require_free(code.name, parent_id, but=code.id)
        siblings = [one for one in self.children(parent_id) if one.id != code.id]
        siblings.insert(len(siblings) if place is None else max(place, 0), code)
        code.parent_id = parent_id
        self.number(siblings)

    def number(self, siblings: Sequence[Code]) -> None:
        """Let the codes of one parent stand in this order."""
        for place, one in enumerate(siblings):
            one.position = place

    def require_space(self) -> None:
        """CodebookFull unless one more code fits."""
        if len(self.live) >= MOST_CODES:
            raise CodebookFull(most=MOST_CODES)

    def require_room(self, parent_id: UUID | None, levels: int) -> None:
        """CodeTooDeep unless ``levels`` of codes fit under ``parent_id``."""
        if depth_of(self.codes, parent_id) + levels > MOST_DEPTH:
            raise CodeTooDeep(most=MOST_DEPTH)

    def require_free(self, name: str, parent_id: UUID | None, *, but: UUID | None = None) -> None:
        """CodeNameTaken where another code right under ``parent_id`` is called so."""
        if name.casefold() in self.names(parent_id, but=but):
            raise CodeNameTaken(name=name)

    def names(self, parent_id: UUID | None, *, but: UUID | None = None) -> set[str]:
        """Return the names of the codes right under ``parent_id``, as they are compared."""
        return {one.name.casefold() for one in self.children(parent_id) if one.id != but}

    def letter(self, shortcut: str | None, *, but: UUID | None = None) -> str | None:
        """Return the shortcut to store; ShortcutTaken where another code in use has it."""
        holders = {one.shortcut: one for one in self.live.values() if one.id != but}
        if shortcut == AUTO:
            return free_letter(holders)
        if shortcut is not None and shortcut in holders:
            raise ShortcutTaken(letter=shortcut.upper(), name=holders[shortcut].name)
        return shortcut

    def close(self, actor: str, action: str, detail: Mapping[str, Any]) -> None:
        """Store what was changed as the next version, and say so in the log."""
        self.session.flush()
        self.version += 1
        self.session.add(
            CodebookVersion(
                study_id=self.study_id,
                version=self.version,
                action=action,
                detail=dict(detail),
                codes=[snapshot(code) for code, _depth in in_order(self.codes.values())],
                at=self.now,
                by=actor[:80],
            )
        )
        told = {"version": self.version, **detail}
        record(self.session, Change(actor, f"codebook.{action}", self.study_id, self.study_id, told))
        self.session.flush()


def snapshot(code: Code) -> dict[str, Any]:
    """Return a code as a version of the codebook keeps it."""
    return {
        "id": str(code.id),
        "parent_id": str(code.parent_id) if code.parent_id else None,
        "name": code.name,
        "colour": code.colour,
        "description": code.description,
        "examples": list(code.examples),
        "memo": code.memo,
        "shortcut": code.shortcut,
        "position": code.position,
        "retired": code.retired_at is not None,
        "merged_into": str(code.merged_into) if code.merged_into else None,
    }


def distinct_name(name: str, taken: set[str]) -> str:
    """Return ``name``, with a number after it where it is ``taken`` (names as they are compared)."""
    found, number = name, 2
    while found.casefold() in taken:
        tail = f"（{number}）"
        found, number = name[: MOST_NAME - len(tail)] + tail, number + 1
    return found

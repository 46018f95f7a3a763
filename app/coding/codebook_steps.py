"""Where a step with the keyboard takes a code, and where it may go at all. Pure."""

from collections.abc import Collection
from typing import Final
from uuid import UUID

from app.coding.codebook_errors import CodeNotFound
from app.coding.codebook_queries import CodeFacts

WAYS: Final = ("up", "down", "in", "out")


def step(codes: Collection[CodeFacts], code_id: UUID, way: str) -> tuple[UUID | None, int | None]:
    """Return under which parent and at which place a step takes the code; where there is nowhere to go it stays."""
    known = {code.id: code for code in codes}
    code = known.get(code_id)
    if code is None or way not in WAYS:
        raise CodeNotFound()
    siblings = [one.id for one in codes if one.parent_id == code.parent_id]
    place = siblings.index(code_id)
    if way == "up":
        return code.parent_id, max(place - 1, 0)
    if way == "down":
        return code.parent_id, place + 1
    if way == "in":
        return (siblings[place - 1], None) if place else (code.parent_id, place)
    if code.parent_id is None:
        return None, place
    parent = known[code.parent_id]
    uncles = [one.id for one in codes if one.parent_id == parent.parent_id]
    return parent.parent_id, uncles.index(parent.id) + 1


def edges(codes: Collection[CodeFacts]) -> dict[UUID, Collection[str]]:
    """Return of each code the ways that lead nowhere."""
    first: dict[UUID | None, UUID] = {}
    last: dict[UUID | None, UUID] = {}
    for code in codes:
        first.setdefault(code.parent_id, code.id)
        last[code.parent_id] = code.id
    blocked: dict[UUID, set[str]] = {code.id: set() for code in codes}
    for code in codes:
        if first[code.parent_id] == code.id:
            blocked[code.id] |= {"up", "in"}
        if last[code.parent_id] == code.id:
            blocked[code.id].add("down")
        if code.parent_id is None:
            blocked[code.id].add("out")
    return {code_id: frozenset(ways) for code_id, ways in blocked.items()}


def under(codes: Collection[CodeFacts], code: CodeFacts | None) -> set[UUID]:
    """Return the code and all that stands under it; nothing for None. ``codes`` are in tree order."""
    found = {code.id} if code else set()
    for one in codes:
        if one.parent_id in found:
            found.add(one.id)
    return found

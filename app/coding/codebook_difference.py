"""What changed between two versions of a codebook. Pure: versions as they are stored."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

Snapshot = Mapping[str, Any]
FIELDS: Final = ("name", "colour", "shortcut", "description", "examples", "memo")


@dataclass(frozen=True, slots=True)
class Altered:
    """One code that changed. ``what``: added, retired, restored, merged, moved or changed; ``fields`` say from what to what."""

    code_id: str
    name: str
    what: tuple[str, ...]
    fields: tuple[tuple[str, str, str], ...] = ()
    where: tuple[str, str] = ("", "")
    into: str = ""


def difference(before: Sequence[Snapshot], after: Sequence[Snapshot]) -> list[Altered]:
    """Return which codes differ between two versions, in the order of the later one."""
    known = {code["id"]: code for code in before}
    names_before = {code["id"]: str(code["name"]) for code in before}
    names_after = {code["id"]: str(code["name"]) for code in after}
    found = []
    for code in after:
        was = known.get(code["id"])
        what, fields = _what(was, code), _fields(was, code)
        if fields:
            what = (*what, "changed")
        if what:
            where = (_path(names_before, was), _path(names_after, code)) if "moved" in what else ("", "")
            into = names_after.get(code["merged_into"] or "", "") if "merged" in what else ""
            found.append(Altered(code["id"], str(code["name"]), what, fields, where, into))
    return found


def _what(was: Snapshot | None, code: Snapshot) -> tuple[str, ...]:
    if was is None:
        return () if code["retired"] else ("added",)
    if was["retired"] != code["retired"]:
        if not code["retired"]:
            return ("restored",)
        return ("merged",) if code["merged_into"] else ("retired",)
    return ("moved",) if was["parent_id"] != code["parent_id"] and not code["retired"] else ()


def _fields(was: Snapshot | None, code: Snapshot) -> tuple[tuple[str, str, str], ...]:
    if was is None:
        return ()
    pairs = ((name, _told(was[name]), _told(code[name])) for name in FIELDS)
    return tuple(pair for pair in pairs if pair[1] != pair[2])


def _told(value: Any) -> str:
    return "\n".join(value) if isinstance(value, list) else str(value or "")


def _path(names: Mapping[str, str], code: Snapshot | None) -> str:
    return names.get(code["parent_id"] or "", "") if code else ""

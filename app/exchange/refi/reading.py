"""Reading a QDPX file into a `Project`: what every program writes, whatever it means by it."""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import IO, Final
from uuid import UUID

from app.exchange.refi.archive import Archive, open_archive
from app.exchange.refi.errors import ProjectBroken, ProjectTooLarge
from app.exchange.refi.nodes import Node, parts
from app.exchange.refi.project import (
    CaseRead,
    CodeRead,
    CodingRead,
    NoteRead,
    Project,
    SelectionRead,
    SourceRead,
    User,
)
from app.web.i18n import mark as _
from app.web.i18n import translate

MOST_SELECTIONS: Final = 1_000_000
MOST_PEOPLE: Final = 100_000
# As the schema has it: with braces or without, in any case.
_GUID = re.compile(r"\{?([0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})\}?")
_WHOLE = re.compile(r"[+-]?[0-9]{1,9}")
_VALUES = ("TextValue", "BooleanValue", "IntegerValue", "FloatValue", "DateValue", "DateTimeValue")
_MEDIA = ("PictureSource", "PDFSource", "AudioSource", "VideoSource")
NOT_KEPT: Final = _("心路里没有放它的地方")
NO_TEXT: Final = _("文字不在文件里")


def read_project(file: IO[bytes]) -> Project:
    """Return what ``file`` holds; the errors of this folder for what is no project, unsafe, too large, or contradictory.

    Every reference is checked: what points at nothing is not a project that anybody could understand.
    """
    with open_archive(file) as archive:
        reading = _Reading(archive)
        for section, node in parts(archive.pieces()):
            reading.take(section, node)
        reading.check()
        if archive.unread():
            reading.project.left_out["file", NOT_KEPT] += archive.unread()
        return reading.project


class _Reading:
    """A project that is being read."""

    def __init__(self, archive: Archive) -> None:
        self.project = Project()
        self._archive = archive
        self._seen: set[UUID] = set()
        self._selections = 0
        self._takers: Mapping[str, Callable[[Node], None]] = {
            "": self._frame,
            "Project": self._of_project,
            "Users": self._user,
            "Codes": self._top_code,
            "Variables": self._variable,
            "Cases": self._case,
            "Sources": self._source,
            "Notes": self._note,
            "Links": self._link,
        }

    def take(self, section: str, node: Node) -> None:
        """Take a part in."""
        taker = self._takers.get(section)
        if taker is None:
            self.project.left_out[node.tag, NOT_KEPT] += 1
        else:
            taker(node)

    def check(self) -> None:
        """ProjectBroken unless every reference has its target."""
        project = self.project
        notes = set(project.notes)
        _require("NoteRef", project.study_notes, notes)
        codes = project.codes.keys() | project.cases.keys()  # NVivo: a coding of a person's words refers to the case
        for code in project.codes.values():
            _require("NoteRef", code.notes, notes)
        for source in project.sources.values():
            of_selections = [coding for one in source.selections for coding in one.codings]
            codings = [*source.codings, *of_selections]
            _require("CodeRef", (coding.code for coding in codings), codes)
            _require("NoteRef", source.notes, notes)
            for selection in source.selections:
                _require("NoteRef", selection.notes, notes)
            _require("VariableRef", (variable for variable, _value in source.values), project.variables.keys())
        for case in project.cases.values():
            _require("CodeRef", case.codes, codes)
            _require("SourceRef", case.sources, self._seen)
            _require("SelectionRef", case.selections, self._seen)
            _require("VariableRef", (variable for variable, _value in case.values), project.variables.keys())

    def _frame(self, node: Node) -> None:
        self.project.name = node.attributes.get("name", "")
        self.project.origin = node.attributes.get("origin", "")

    def _of_project(self, node: Node) -> None:
        if node.tag == "Description":
            self.project.description = node.text
        elif node.tag == "NoteRef":
            self.project.study_notes.append(_target(node))
        else:
            self.project.left_out[node.tag, NOT_KEPT] += 1

    def _user(self, node: Node) -> None:
        guid = self._new(node)
        self.project.users[guid] = User(guid, node.attributes.get("name", ""), node.attributes.get("id", ""))
        _few(len(self.project.users), MOST_PEOPLE)

    def _top_code(self, node: Node) -> None:
        self._code(node, None)

    def _code(self, node: Node, parent: UUID | None) -> None:
        guid = self._new(node)
        codable = node.attributes.get("isCodable", "true").strip() in ("true", "1")
        colour = node.attributes.get("color")
        self.project.codes[guid] = CodeRead(
            guid, parent, node.attributes.get("name", ""), codable, colour, node.words("Description"), _notes(node)
        )
        _few(len(self.project.codes), MOST_PEOPLE)
        for child in node.all("Code"):
            self._code(child, guid)

    def _variable(self, node: Node) -> None:
        self.project.variables[self._new(node)] = node.attributes.get("name", "")

    def _case(self, node: Node) -> None:
        guid = self._new(node)
        self.project.cases[guid] = CaseRead(
            guid=guid,
            name=node.attributes.get("name", ""),
            description=node.words("Description"),
            values=_values(node),
            sources=tuple(map(_target, node.all("SourceRef"))),
            selections=tuple(map(_target, node.all("SelectionRef"))),
            codes=tuple(map(_target, node.all("CodeRef"))),
        )
        _few(len(self.project.cases), MOST_PEOPLE)

    def _source(self, node: Node) -> None:
        if node.tag != "TextSource":
            self._media(node)
            return
        guid = self._new(node)
        selections = tuple(map(self._selection, node.all("PlainTextSelection")))
        codings = tuple(map(_coding, node.all("Coding")))
        raw = self._text(node)
        if raw is None:
            self.project.left_out["PlainTextSelection", NO_TEXT] += len(selections)
        if node.attributes.get("richTextPath"):
            self.project.left_out["richTextPath", _("只取纯文字，不取排版")] += 1
        self.project.sources[guid] = SourceRead(
            guid=guid,
            name=node.attributes.get("name", ""),
            raw=raw,
            user=_user_of(node),
            at=_moment(node.attributes.get("creationDateTime")),
            description=node.words("Description"),
            selections=selections,
            codings=codings,
            notes=_notes(node),
            values=_values(node),
        )

    def _media(self, node: Node) -> None:
        """Count a picture, a PDF or a recording, with everything on it."""
        self._new(node)
        left_out = self.project.left_out
        left_out[node.tag, _("心路只取文字来源")] += 1
        waiting = list(node.children)
        while waiting:
            child = waiting.pop()
            waiting += child.children
            if child.tag == "Coding" or child.tag.endswith("Selection"):
                left_out[child.tag, _("心路只取文字来源")] += 1
                if "guid" in child.attributes and child.tag != "Coding":
                    self._new(child)

    def _selection(self, node: Node) -> SelectionRead:
        self._selections += 1
        _few(self._selections, MOST_SELECTIONS)
        return SelectionRead(
            guid=self._new(node),
            name=node.attributes.get("name", ""),
            start=_whole(node, "startPosition"),
            end=_whole(node, "endPosition"),
            user=_user_of(node),
            at=_moment(node.attributes.get("creationDateTime")),
            changed=_moment(node.attributes.get("modifiedDateTime")),
            description=node.words("Description"),
            codings=tuple(map(_coding, node.all("Coding"))),
            notes=_notes(node),
        )

    def _note(self, node: Node) -> None:
        guid = self._new(node)
        text = self._text(node)
        if text is None:
            text = node.words("Description")
        for child in node.children:
            if child.tag in ("PlainTextSelection", "Coding"):
                self.project.left_out[f"Note/{child.tag}", _("备忘录本身不再编码")] += 1
        self.project.notes[guid] = NoteRead(
            guid=guid,
            name=node.attributes.get("name", ""),
            text=text,
            description=node.words("Description"),
            user=_user_of(node),
            at=_moment(node.attributes.get("creationDateTime")),
            changed=_moment(node.attributes.get("modifiedDateTime")),
        )

    def _link(self, node: Node) -> None:
        ends = [node.attributes.get(name) for name in ("originGUID", "targetGUID")]
        if all(ends):
            self.project.links.append((_guid(ends[0], "Link"), _guid(ends[1], "Link")))
        else:
            self.project.left_out["Link", NOT_KEPT] += 1

    def _text(self, node: Node) -> str | None:
        inline = node.all("PlainTextContent")
        if inline:
            return inline[0].text
        path = node.attributes.get("plainTextPath")
        return self._archive.text(path) if path else None

    def _new(self, node: Node) -> UUID:
        guid = _guid(node.attributes.get("guid"), node.tag)
        if guid in self._seen:
            raise ProjectBroken(why=translate(_("有两个 %(tag)s 用了同一个 guid")) % {"tag": node.tag})
        self._seen.add(guid)
        return guid


def _require(tag: str, targets: object, known: object) -> None:
    for target in targets:  # type: ignore[attr-defined]
        if target not in known:  # type: ignore[operator]
            raise ProjectBroken(why=translate(_("有一个 %(tag)s 指向了不存在的东西")) % {"tag": tag})


def _few(n: int, most: int) -> None:
    if n > most:
        raise ProjectTooLarge(why=translate(_("超过 %(n)s 个元素")) % {"n": most})


@lru_cache(16_384)
def _guid(text: str | None, tag: str) -> UUID:
    found = _GUID.fullmatch((text or "").strip())
    if found is None:
        raise ProjectBroken(why=translate(_("有一个 %(tag)s 没有正确的 guid")) % {"tag": tag})
    return UUID(found[1])


def _target(node: Node) -> UUID:
    return _guid(node.attributes.get("targetGUID"), node.tag)


def _notes(node: Node) -> tuple[UUID, ...]:
    return tuple(map(_target, node.all("NoteRef")))


def _user_of(node: Node) -> UUID | None:
    given = node.attributes.get("creatingUser") or node.attributes.get("modifyingUser")
    return _guid(given, node.tag) if given else None


def _whole(node: Node, name: str) -> int:
    text = node.attributes.get(name, "").strip()
    if _WHOLE.fullmatch(text) is None:
        raise ProjectBroken(why=translate(_("有一个选段的位置不是整数")))
    return int(text)


def _coding(node: Node) -> CodingRead:
    references = node.all("CodeRef")
    if len(references) != 1:
        raise ProjectBroken(why=translate(_("有一处编码没有指明是哪个编码")))
    at = _moment(node.attributes.get("creationDateTime"))
    return CodingRead(
        _guid(node.attributes.get("guid"), "Coding"), _target(references[0]), _user_of(node), at, _notes(node)
    )


def _values(node: Node) -> tuple[tuple[UUID, str], ...]:
    found = []
    for value in node.all("VariableValue"):
        references = value.all("VariableRef")
        if len(references) != 1:
            raise ProjectBroken(why=translate(_("有一个变量值没有指明是哪个变量")))
        text = next((child.text for child in value.children if child.tag in _VALUES), "")
        found.append((_target(references[0]), text))
    return tuple(found)


@lru_cache(4096)
def _moment(text: str | None) -> datetime | None:
    """Return a time in UTC; one without a zone is taken as UTC, and what is no time as none."""
    try:
        at = datetime.fromisoformat((text or "").strip())
        return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None

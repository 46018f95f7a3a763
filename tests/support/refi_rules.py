"""The rules of REFI-QDA projects (schema version 1.0 of 18 March 2019, and what the standard says beside it), in our words.

``broken_rules(bytes of a .qdpx)`` names every rule that a file breaks. Elements stand in the schema's order; guids are
unique, written with or without braces; every reference finds its target of the right kind; every source is in the archive,
UTF-8, without a mark, with LF line ends; a selection lies within its text, counted in code points, its end exclusive.
"""

import io
import re
import zipfile
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from xml.etree import ElementTree as ET

NAMESPACE = "{urn:QDA-XML:project:1.0}"
GUID = re.compile(
    r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}|\{[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\}"
)
COLOUR = re.compile(r"#(?:[0-9a-fA-F]{6}|[0-9a-fA-F]{3})")

# What may stand in an element, in this order: ? at most once, * any number, + at least once, nothing: exactly once.
CONTENT = {
    "Project": "Users? CodeBook? Variables? Cases? Sources? Notes? Links? Sets? Graphs? Description? NoteRef*",
    "Users": "User+",
    "User": "",
    "CodeBook": "Codes",
    "Codes": "Code+",
    "Code": "Description? NoteRef* Code*",
    "Variables": "Variable+",
    "Variable": "Description?",
    "Cases": "Case+",
    "Case": "Description? CodeRef* VariableValue* SourceRef* SelectionRef*",
    "VariableValue": "VariableRef (TextValue|BooleanValue|IntegerValue|FloatValue|DateValue|DateTimeValue)?",
    "Sources": "(TextSource|PictureSource|PDFSource|AudioSource|VideoSource)+",
    "TextSource": "Description? PlainTextContent? PlainTextSelection* Coding* NoteRef* VariableValue*",
    "PlainTextSelection": "Description? Coding* NoteRef*",
    "Coding": "CodeRef NoteRef*",
    "Notes": "Note+",
    "Note": "Description? PlainTextContent? PlainTextSelection* Coding* NoteRef* VariableValue*",
    "Links": "Link+",
    "Link": "NoteRef*",
    "Sets": "Set+",
    "Set": "Description? MemberCode* MemberSource* MemberNote*",
}
WORDS = {
    "Description",
    "PlainTextContent",
    "TextValue",
    "BooleanValue",
    "IntegerValue",
    "FloatValue",
    "DateValue",
    "DateTimeValue",
}
REFERENCES = {
    "CodeRef": "Code",
    "NoteRef": "Note",
    "SourceRef": "TextSource",
    "SelectionRef": "PlainTextSelection",
    "VariableRef": "Variable",
    "MemberCode": "Code",
    "MemberSource": "TextSource",
    "MemberNote": "Note",
}
_MADE = {"creatingUser": "guid", "creationDateTime": "time", "modifyingUser": "guid", "modifiedDateTime": "time"}
_TEXT = {"guid!": "guid", "name": "text", "richTextPath": "text", "plainTextPath": "text", **_MADE}
ATTRIBUTES = {
    "Project": {
        "name!": "text",
        "origin": "text",
        "creatingUserGUID": "guid",
        "creationDateTime": "time",
        "modifyingUserGUID": "guid",
        "modifiedDateTime": "time",
        "basePath": "text",
    },
    "User": {"guid!": "guid", "name": "text", "id": "text"},
    "Code": {"guid!": "guid", "name!": "text", "isCodable!": "boolean", "color": "colour"},
    "Variable": {"guid!": "guid", "name!": "text", "typeOfVariable!": "type"},
    "Case": {"guid!": "guid", "name": "text"},
    "TextSource": _TEXT,
    "Note": _TEXT,
    "PlainTextSelection": {
        "guid!": "guid",
        "name": "text",
        "startPosition!": "integer",
        "endPosition!": "integer",
        **_MADE,
    },
    "Coding": {"guid!": "guid", "creatingUser": "guid", "creationDateTime": "time"},
    "Set": {"guid!": "guid", "name!": "text"},
    "Link": {
        "guid!": "guid",
        "name": "text",
        "direction": "text",
        "color": "colour",
        "originGUID": "guid",
        "targetGUID": "guid",
    },
    **{tag: {"targetGUID!": "guid"} for tag in REFERENCES},
}
TYPES = ("Text", "Boolean", "Integer", "Float", "Date", "DateTime")


def broken_rules(packed: bytes) -> list[str]:
    """Return what is wrong with a project, in words; nothing is wrong with an empty list."""
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        names = archive.namelist()
        if names.count("project.qde") != 1:
            return ["not exactly one project.qde"]
        raw = archive.read("project.qde")
        if raw[:3] == b"\xef\xbb\xbf" or b"\r" in raw:
            return ["project.qde has a mark or CR line ends"]
        root = ET.fromstring(raw)  # noqa: S314 - of our own making
        texts = {name: archive.read(name) for name in names if name != "project.qde"}
    if root.tag != NAMESPACE + "Project":
        return [f"the root is {root.tag}"]
    return [*_shape(root), *_identity(root), *_references(root), *_sources(root, texts)]


def _shape(element: ET.Element) -> Iterator[str]:
    tag = element.tag.removeprefix(NAMESPACE)
    children = [child.tag.removeprefix(NAMESPACE) for child in element]
    if tag in WORDS or tag in REFERENCES:
        if children:
            yield f"{tag} has children"
    elif tag not in CONTENT:
        yield f"unknown element {tag}"
    elif not _pattern(CONTENT[tag]).fullmatch("".join(f"{child} " for child in children)):
        yield f"{tag} holds {children[:8]}"
    if tag not in WORDS and (element.text or "").strip():
        yield f"{tag} holds text"
    if tag.endswith("Value") and tag in WORDS and not _is(tag.removesuffix("Value").lower(), element.text or ""):
        yield f"{tag} says {element.text}"
    yield from _attributes(tag, element)
    for child in element:
        yield from _shape(child)


def _pattern(content: str) -> "re.Pattern[str]":
    parts = []
    for part in content.split():
        often = part[-1] if part[-1] in "?*+" else ""
        parts.append(f"(?:(?:{part.rstrip('?*+').strip('()')}) ){often}")
    return re.compile("".join(parts))


def _attributes(tag: str, element: ET.Element) -> Iterator[str]:
    known = {name.rstrip("!"): kind for name, kind in ATTRIBUTES.get(tag, {}).items()}
    for name in ATTRIBUTES.get(tag, {}):
        if name.endswith("!") and name.rstrip("!") not in element.attrib:
            yield f"{tag} lacks {name.rstrip('!')}"
    for name, value in element.attrib.items():
        if name not in known:
            yield f"{tag} has an attribute {name}"
        elif not _is(known[name], value):
            yield f"{tag} {name}={value[:60]!r}"


def _is(kind: str, value: str) -> bool:
    checks = {"guid": GUID.fullmatch, "colour": COLOUR.fullmatch, "integer": re.compile(r"[+-]?\d+").fullmatch}
    if kind in checks:
        return checks[kind](value) is not None
    if kind == "boolean":
        return value in ("true", "false", "0", "1")
    if kind == "type":
        return value in TYPES
    if kind in ("time", "datetime", "date"):
        return _is_time(kind, value)
    if kind == "float":
        try:
            return Decimal(value).is_finite()
        except InvalidOperation:
            return False
    return True


def _is_time(kind: str, value: str) -> bool:
    try:
        if kind == "date":
            date.fromisoformat(value)
        else:
            return "T" in value and datetime.fromisoformat(value).tzinfo is not None
    except ValueError:
        return False
    return True


def _bare(guid: str) -> str:
    return guid.strip("{}").lower()


def _identity(root: ET.Element) -> Iterator[str]:
    seen = set()
    for element in root.iter():
        if "guid" in element.attrib:
            guid = _bare(element.attrib["guid"])
            if guid in seen:
                yield f"the guid {guid} stands twice"
            seen.add(guid)


def _references(root: ET.Element) -> Iterator[str]:
    kinds: dict[str, set[str]] = {}
    for element in root.iter():
        if "guid" in element.attrib:
            kinds.setdefault(element.tag.removeprefix(NAMESPACE), set()).add(_bare(element.attrib["guid"]))
    for element in root.iter():
        tag = element.tag.removeprefix(NAMESPACE)
        if tag in REFERENCES and _bare(element.attrib["targetGUID"]) not in kinds.get(REFERENCES[tag], set()):
            yield f"{tag} points at nothing"
        for name in ("creatingUser", "modifyingUser", "creatingUserGUID", "modifyingUserGUID"):
            if name in element.attrib and _bare(element.attrib[name]) not in kinds.get("User", set()):
                yield f"{tag} {name} is nobody"


def _sources(root: ET.Element, texts: dict[str, bytes]) -> Iterator[str]:
    named = set()
    for source in root.iter(NAMESPACE + "TextSource"):
        path, inline = source.get("plainTextPath"), source.find(NAMESPACE + "PlainTextContent")
        if (path is None) == (inline is None):
            yield "a TextSource has its text twice, or not at all"
            continue
        if path is not None:
            name = "sources/" + path.removeprefix("internal://")
            named.add(name)
            raw = texts.get(name)
            if raw is None or not path.startswith("internal://"):
                yield f"{path} is not in the archive"
                continue
            if b"\r" in raw or raw.startswith(b"\xef\xbb\xbf"):
                yield f"{path} has a mark or CR line ends"
            text = raw.decode("utf-8")
        else:
            text = (inline.text or "") if inline is not None else ""
        for selection in source.iter(NAMESPACE + "PlainTextSelection"):
            start, end = int(selection.attrib["startPosition"]), int(selection.attrib["endPosition"])
            if not 0 <= start <= end <= len(text):
                yield f"a selection {start}–{end} lies outside of its {len(text)} characters"
    for name in texts.keys() - named:
        yield f"{name} belongs to no source"

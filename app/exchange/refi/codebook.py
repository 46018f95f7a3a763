"""The codebook exchange of REFI-QDA 1.0 (QDC, namespace urn:QDA-XML:codebook:1.0): written and read. Pure.

A code keeps its id as its guid, so exporting twice gives the same bytes, and an imported codebook, exported again, gives it
too. The schema has a description and nothing else for words: examples, memo and shortcut stand at its end, as facts of ours.
"""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final
from uuid import UUID
from xml.parsers import expat

from app.coding.codebook_queries import CodeFacts
from app.coding.codebook_schemas import MOST_CODES
from app.exchange.codebook_shapes import GivenBook, checked, name_of
from app.exchange.errors import CodebookEmpty, CodebookUnreadable, CodebookUnsafe
from app.exchange.refi.names import ORIGIN, described, facts_of
from app.exchange.refi.nodes import Node
from app.exchange.refi.xml import element, words
from app.web.i18n import mark as _
from app.web.i18n import translate

SCHEMA: Final = "urn:QDA-XML:codebook:1.0"
MOST_BYTES: Final = 4 << 20
MOST_ELEMENTS: Final = 20_000
MOST_DEPTH: Final = 60
_KNOWN: Final[Mapping[str, frozenset[str]]] = {
    "CodeBook": frozenset({"origin"}),
    "Code": frozenset({"guid", "name", "isCodable", "color"}),
    "Set": frozenset({"guid", "name"}),
    "MemberCode": frozenset({"guid"}),
}
_SHORT_COLOUR: Final = 4  # #RGB, as the schema also allows


def write_qdc(codes: Sequence[CodeFacts]) -> str:
    """Return the codebook as QDC: UTF-8 text with LF line ends and no byte order mark, codes nested and in order.

    ``codes`` are in tree order. CodebookEmpty without any.
    """
    if not codes:
        raise CodebookEmpty()
    below: dict[UUID | None, list[CodeFacts]] = {}
    known = {code.id for code in codes}
    for code in codes:
        below.setdefault(code.parent_id if code.parent_id in known else None, []).append(code)
    tree = element("Codes", None, *(_written(code, below) for code in below[None]))
    book = element("CodeBook", {"xmlns": SCHEMA, "origin": ORIGIN}, tree)
    return f'<?xml version="1.0" encoding="utf-8"?>\n{book}'


def read_qdc(raw: bytes) -> GivenBook:
    """Return the codes of a QDC file. CodebookUnsafe for a document type or too much of anything; CodebookUnreadable;
    CodebookRefused."""
    root = _parsed(raw)
    notes = _Notes(letters=root.attributes.get("origin") == ORIGIN)
    notes.attributes(root)
    rows: list[tuple[str, dict[str, Any]]] = []
    for child in root.children:
        if child.tag == "Codes":
            for code in child.all("Code"):
                _read(code, None, rows, notes)
            notes.strangers(child, {"Code"})
        elif child.tag == "Sets":
            notes.sets(child)
    notes.strangers(root, {"Codes", "Sets"})
    if not rows:
        raise CodebookUnreadable(why=translate(_("里面一个编码也没有")))
    return GivenBook(checked(rows), list(notes.told()))


def _written(code: CodeFacts, below: Mapping[UUID | None, Sequence[CodeFacts]]) -> str:
    facts = {
        "examples": list(code.examples) or None,
        "memo": [code.memo] if code.memo else None,
        "shortcut": code.shortcut,
    }
    given = {"guid": code.id, "name": code.name, "isCodable": "true", "color": code.colour}
    children = (_written(child, below) for child in below.get(code.id, ()))
    return element("Code", given, words("Description", described(code.description, facts)), *children)


class _Notes:
    """What of a file is not taken, counted; and whether it speaks of ``letters``, as ours do."""

    def __init__(self, *, letters: bool) -> None:
        self.letters = letters
        self.lines: list[str] = []
        self.counted: Counter[tuple[str, str]] = Counter()

    def attributes(self, node: Node) -> None:
        """Count the attributes that the schema does not know."""
        for name in node.attributes:
            if name not in _KNOWN.get(node.tag, ()) and not name.startswith(
                "http://www.w3.org/2001/XMLSchema-instance}"
            ):
                self.counted[_("属性 %(what)s 没有导入（%(n)s 处）"), f"{node.tag}/@{name.rpartition('}')[2]}"] += 1

    def strangers(self, node: Node, known: set[str]) -> None:
        """Count the children that stand where the schema has none."""
        for child in node.children:
            if child.tag not in known:
                self.counted[_("元素 %(what)s 没有导入（%(n)s 处）"), f"{node.tag}/{child.tag}"] += 1

    def sets(self, node: Node) -> None:
        """Name the groups of codes: there is no place for them."""
        for one in node.all("Set"):
            told = {"name": one.attributes.get("name", ""), "n": len(one.all("MemberCode"))}
            self.lines.append(translate(_("编码组“%(name)s”没有导入（%(n)s 个编码，编码本身导入了）")) % told)
        self.strangers(node, {"Set"})

    def told(self) -> Iterator[str]:
        """Yield it all in sentences."""
        yield from self.lines
        for (sentence, what), n in self.counted.items():
            yield translate(sentence) % {"what": what, "n": n}


def _read(node: Node, parent: int | None, rows: list[tuple[str, dict[str, Any]]], notes: _Notes) -> None:
    if len(rows) > MOST_CODES:
        return  # refused as a whole when they are checked
    place = len(rows)
    name, whole = name_of(node.attributes.get("name", ""), notes.lines)
    said: dict[str, Any] = {"name": name, "parent": parent, "id": _guid(node, notes)}
    if notes.letters:
        said["shortcut"] = None
    if colour := _colour(node, notes):
        said["colour"] = colour
    if node.all("Description"):
        text, facts = facts_of(node.words("Description"))
        said |= {"description": text} | _facts(facts)
    if whole:
        said["description"] = f"{whole}\n\n{said.get('description', '')}".strip()
    if node.attributes.get("isCodable", "true").strip() in ("false", "0"):
        notes.counted[_("%(n)s 个编码在那边只作分类、不能直接标（%(what)s）；这里都可以标"), "isCodable"] += 1
    rows.append((name, said))
    notes.attributes(node)
    notes.strangers(node, {"Description", "Code"})
    for child in node.all("Code"):
        _read(child, place, rows, notes)


def _facts(facts: Mapping[str, str]) -> dict[str, Any]:
    """Return what our facts at the end of a description say."""
    examples, memo = _list(facts.get("examples")), _list(facts.get("memo"))
    said: dict[str, Any] = {"examples": examples, "memo": "\n".join(memo)}
    return said | ({"shortcut": facts["shortcut"]} if facts.get("shortcut") else {}) if facts else {}


def _list(text: str | None) -> list[str]:
    try:
        found = json.loads(text or "[]")
    except ValueError:
        return []
    return [str(one) for one in found] if isinstance(found, list) else []


def _guid(node: Node, notes: _Notes) -> UUID | None:
    try:
        return UUID(node.attributes.get("guid", "").strip())
    except ValueError:
        notes.counted[_("%(n)s 个编码的标识（%(what)s）不合规范，换了新的"), "guid"] += 1
        return None


def _colour(node: Node, notes: _Notes) -> str | None:
    given = node.attributes.get("color", "").strip().lower()
    if not given:
        return None
    if len(given) == _SHORT_COLOUR:
        given = "#" + "".join(2 * digit for digit in given[1:])
    if len(given) != 7 or not set(given[1:]) <= set("0123456789abcdef") or given[0] != "#":
        notes.counted[_("%(n)s 个编码的颜色（%(what)s）看不懂，换了一个"), "color"] += 1
        return None
    return given


def _parsed(raw: bytes) -> Node:
    if len(raw) > MOST_BYTES:
        raise CodebookUnsafe(why=translate(_("文件超过 4 MB")))
    tree = _Tree()
    try:
        tree.parser.Parse(raw, True)
    except (expat.ExpatError, UnicodeError, ValueError, LookupError) as error:
        raise CodebookUnreadable(why=translate(_("不是完整的 XML"))) from error
    if tree.root is None or tree.root.tag != "CodeBook":
        raise CodebookUnreadable(why=translate(_("根元素不是 CodeBook")))
    return tree.root


class _Tree:
    """Builds nodes from what expat tells, within limits."""

    def __init__(self) -> None:
        self.parser = expat.ParserCreate(namespace_separator="}")
        self.parser.buffer_text = True
        self.parser.StartDoctypeDeclHandler = _refuse
        self.parser.EntityDeclHandler = _refuse
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._hear
        self.root: Node | None = None
        self._open: list[Node] = []
        self._count = 0

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        space, _brace, tag = name.rpartition("}")
        if not self._open and space not in ("", SCHEMA):
            raise CodebookUnreadable(
                why=translate(_("不是 REFI-QDA 编码本 1.0；整个项目（.qdpx）请在“设置”的导入里给"))
            )
        self._count += 1
        if self._count > MOST_ELEMENTS or len(self._open) >= MOST_DEPTH:
            raise CodebookUnsafe(why=translate(_("元素太多，或者嵌套太深")))
        node = Node(tag, dict(attributes))
        if self._open:
            self._open[-1].children.append(node)
        else:
            self.root = node
        self._open.append(node)

    def _end(self, name: str) -> None:
        self._open.pop()

    def _hear(self, text: str) -> None:
        self._open[-1].texts.append(text)


def _refuse(*_arguments: object) -> None:
    raise CodebookUnsafe(why=translate(_("里面有文档类型声明或实体")))

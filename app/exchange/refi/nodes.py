"""The XML of a project, read part by part: no document type, no entities, no endless nesting, and bounded memory."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final
from xml.parsers import expat

from app.exchange.refi.errors import NotAProject, ProjectTooLarge, ProjectUnsafe
from app.web.i18n import mark as _
from app.web.i18n import translate

MOST_ELEMENTS: Final = 5_000_000
MOST_DEPTH: Final = 100
LISTS: Final = frozenset({"Users", "Codes", "Variables", "Cases", "Sources", "Notes", "Links", "Sets", "Graphs"})
"""Elements whose children are handed out one by one."""
_WRAPPERS: Final = LISTS | {"Project", "CodeBook"}


@dataclass(slots=True)
class Node:
    """An element without its namespace."""

    tag: str
    attributes: dict[str, str]
    children: list["Node"] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        """What the element holds itself."""
        return "".join(self.texts)

    def all(self, tag: str) -> list["Node"]:
        """Return the children called ``tag``."""
        return [child for child in self.children if child.tag == tag]

    def words(self, tag: str) -> str:
        """Return the text of the first child called ``tag``."""
        return next((child.text for child in self.children if child.tag == tag), "")


def parts(pieces: Iterable[bytes]) -> Iterator[tuple[str, Node]]:
    """Yield the project itself (with its attributes alone), then every part with the name of the list it stands in.

    NotAProject for what is not well-formed or no project; ProjectUnsafe for a document type; ProjectTooLarge.
    """
    reader = _Reader()
    try:
        for piece in pieces:
            reader.parser.Parse(piece, False)
            yield from reader.taken()
        reader.parser.Parse(b"", True)
    except (expat.ExpatError, UnicodeError, ValueError) as error:
        raise NotAProject(why=translate(_("project.qde 不是完整的 XML"))) from error
    yield from reader.taken()


class _Reader:
    """Builds nodes from what expat tells, and lets go of each part once it is complete."""

    def __init__(self) -> None:
        self.parser = expat.ParserCreate(namespace_separator="}")
        self.parser.buffer_text = True
        self.parser.StartDoctypeDeclHandler = _refuse
        self.parser.EntityDeclHandler = _refuse
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._hear
        self._outer: list[str] = []
        self._open: list[Node] = []
        self._done: list[tuple[str, Node]] = []
        self._count = 0

    def taken(self) -> list[tuple[str, Node]]:
        """Return the parts that are complete, once."""
        done, self._done = self._done, []
        return done

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        tag = name.rpartition("}")[2]
        self._count += 1
        if self._count > MOST_ELEMENTS:
            raise ProjectTooLarge(why=translate(_("超过 %(n)s 个元素")) % {"n": MOST_ELEMENTS})
        if len(self._outer) + len(self._open) >= MOST_DEPTH:
            raise ProjectTooLarge(why=translate(_("嵌套超过 %(n)s 层")) % {"n": MOST_DEPTH})
        if not self._outer and tag != "Project":
            raise NotAProject(why=translate(_("project.qde 的根元素不是 Project")))
        if not self._open and tag in _WRAPPERS and (self._outer[-1:] in ([], ["Project"], ["CodeBook"])):
            self._outer.append(tag)
            if tag == "Project":
                self._done.append(("", Node(tag, dict(attributes))))
            return
        node = Node(tag, dict(attributes))
        if self._open:
            self._open[-1].children.append(node)
        self._open.append(node)

    def _end(self, name: str) -> None:
        if not self._open:
            self._outer.pop()
            return
        node = self._open.pop()
        if not self._open:
            self._done.append((self._outer[-1], node))

    def _hear(self, text: str) -> None:
        if self._open:
            self._open[-1].texts.append(text)


def _refuse(*_given: object) -> None:
    raise ProjectUnsafe(why=translate(_("项目里带有 XML 实体或文档类型声明")))

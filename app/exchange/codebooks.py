"""Taking a codebook over from a file: what would become of each code, and doing it in one transaction."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from app.coding import codebook, codebook_queries
from app.coding.codebook_book import distinct_name
from app.coding.codebook_queries import CodeFacts
from app.coding.codebook_schemas import AUTO, MOST_DEPTH, CodeIn, NewCode
from app.coding.codebook_tree import free_letter
from app.core.ids import uuid7
from app.exchange.codebook_shapes import GivenCode
from app.web.i18n import mark as _
from app.web.i18n import translate

FACTS = ("name", "colour", "description", "examples", "memo")


@dataclass(frozen=True, slots=True)
class Planned:
    """What becomes of one code of the file: ``code_id`` is the one it is or will be; ``changed`` says from what to what."""

    given: GivenCode
    code_id: UUID
    parent_id: UUID | None
    name: str
    depth: int
    new: bool
    changed: tuple[tuple[str, str, str], ...] = ()


@dataclass(slots=True)
class Plan:
    """What taking a file over would do. ``notes`` are sentences on what does not fit; ``version`` is the codebook's."""

    version: int
    codes: list[Planned] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    alone: int = 0

    @property
    def new(self) -> list[Planned]:
        """The codes that would be added."""
        return [code for code in self.codes if code.new]

    @property
    def changed(self) -> list[Planned]:
        """The codes that are there and are otherwise in the file."""
        return [code for code in self.codes if code.changed]

    @property
    def same(self) -> list[Planned]:
        """The codes that are there as the file has them."""
        return [code for code in self.codes if not code.new and not code.changed]


def plan(session: Session, study_id: UUID, given: Sequence[GivenCode]) -> Plan:
    """Return what taking these codes over would do; nothing is changed.

    A code is the study's when it has its id, or its name under the same parent. ``alone`` counts codes of the study that
    the file does not have: they stay.
    """
    planning = _Planning(
        codebook_queries.codes_of(session, study_id), codebook_queries.all_codes(session, study_id), given
    )
    found = planning.plan
    found.version = codebook_queries.version_of(session, study_id)
    return found


def take_over(
    session: Session, actor: str, study_id: UUID, wanted: Plan, *, update: bool, version: int, origin: str
) -> int:
    """Carry the plan out as one change of the codebook and return how many codes were added or changed.

    ``update`` also changes codes that are there. StaleCodebook when the codebook is no longer that of ``version``.
    """
    parents = {code.parent_id for code in wanted.codes}
    new = [_new(code, is_parent=code.code_id in parents) for code in wanted.new]
    known = {code.id: code for code in codebook_queries.codes_of(session, study_id)}
    changed = {one.code_id: _changed(one, known[one.code_id]) for one in wanted.changed} if update else {}
    lettered = _with_letters(new, {code.shortcut for code in known.values()})
    codebook.take_over(session, actor, study_id, lettered, changed, version=version, origin=origin)
    return len(new) + len(changed)


class _Planning:
    """A plan that is being made, code by code."""

    def __init__(self, live: Sequence[CodeFacts], everything: Collection[Any], given: Sequence[GivenCode]) -> None:
        self.plan = Plan(0)
        self._live = {code.id: code for code in live}
        self._by_name = {(code.parent_id, code.name.casefold()): code for code in live}
        self._ids = {code.id for code in everything}
        self._names: dict[UUID | None, set[str]] = {}
        for code in live:
            self._names.setdefault(code.parent_id, set()).add(code.name.casefold())
        self._used: set[UUID] = set()
        for one in given:
            self._take(one)
        self.plan.alone = len(self._live.keys() - self._used)

    def _take(self, given: GivenCode) -> None:
        above = self.plan.codes[given.parent] if given.parent is not None else None
        if above is not None and above.depth + 1 >= MOST_DEPTH:
            above = next((one for one in self.plan.codes if one.code_id == above.parent_id), None)
            self._note(_("“%(name)s”嵌套得太深，放浅了一层"), given.name)
        parent_id = above.code_id if above else None
        known = self._known(given, parent_id)
        self.plan.codes.append(self._old(given, known) if known else self._new(given, parent_id, above))

    def _known(self, given: GivenCode, parent_id: UUID | None) -> CodeFacts | None:
        by_id = self._live.get(given.id) if given.id else None
        known = by_id or self._by_name.get((parent_id, given.name.casefold()))
        if known is None or known.id in self._used:
            return None
        if by_id is not None and by_id.parent_id != parent_id:
            self._note(_("“%(name)s”在文件里放在别处，这里没有移动它"), given.name)
        return known

    def _old(self, given: GivenCode, known: CodeFacts) -> Planned:
        self._used.add(known.id)
        name = given.name
        siblings = self._names[known.parent_id] - {known.name.casefold()}
        if name != known.name and name.casefold() in siblings:
            self._note(_("“%(name)s”和同一层的另一个编码重名，名称没有改"), name)
            name = known.name
        self._names[known.parent_id].add(name.casefold())
        said = {"name": name, **{fact: getattr(given, fact) for fact in FACTS[1:]}}
        pairs = ((fact, getattr(known, fact), value) for fact, value in said.items() if value is not None)
        changed = tuple((fact, _told(was), _told(becomes)) for fact, was, becomes in pairs if was != becomes)
        return Planned(given, known.id, known.parent_id, name, known.depth, new=False, changed=changed)

    def _new(self, given: GivenCode, parent_id: UUID | None, above: Planned | None) -> Planned:
        names = self._names.setdefault(parent_id, set())
        name = distinct_name(given.name, names)
        if name != given.name:
            self._note(_("同一层里有两个“%(name)s”，后一个加了序号"), given.name)
        names.add(name.casefold())
        fresh = given.id is None or given.id in self._ids
        code_id = uuid7() if fresh or given.id is None else given.id
        self._ids.add(code_id)
        return Planned(given, code_id, parent_id, name, above.depth + 1 if above else 0, new=True)

    def _note(self, sentence: str, name: str) -> None:
        self.plan.notes.append(translate(sentence) % {"name": name})


def _new(code: Planned, *, is_parent: bool) -> NewCode:
    given = code.given
    return NewCode(
        id=code.code_id,
        parent_id=code.parent_id,
        name=code.name,
        colour=given.colour,
        description=given.description or "",
        examples=given.examples or (),
        memo=given.memo or "",
        # Letters are few: where the file does not speak of them, only codes without others under them get one.
        shortcut=None if is_parent and given.shortcut == AUTO else given.shortcut,
    )


def _with_letters(codes: Sequence[NewCode], taken: set[str | None]) -> list[NewCode]:
    """Return the codes with letters that are free: first those that the file wishes for, then any."""
    wished: dict[UUID | None, str | None] = {}
    for code in codes:
        if code.shortcut not in (None, AUTO) and code.shortcut not in taken:
            wished[code.id] = code.shortcut
            taken.add(code.shortcut)
    for code in codes:
        if code.shortcut == AUTO:
            wished[code.id] = letter = free_letter(taken)
            taken.add(letter)
    return [code.model_copy(update={"shortcut": wished.get(code.id)}) for code in codes]


def _changed(one: Planned, known: CodeFacts) -> CodeIn:
    becomes = {fact: getattr(known, fact) for fact in (*FACTS, "shortcut")}
    given = {fact: getattr(one.given, fact) for fact in FACTS[1:] if getattr(one.given, fact) is not None}
    return CodeIn(**(becomes | given | {"name": one.name}))


def _told(value: Any) -> str:
    return "\n".join(value) if isinstance(value, tuple) else str(value)

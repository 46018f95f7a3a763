"""Writing a study as a REFI-QDA project (QDPX): the same study is the same bytes, and memory does not grow with it.

Sources go into the archive one by one; their selections wait in a file beside it, for the project's XML comes last.
"""

import tempfile
import zipfile
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import IO, Any
from uuid import UUID

from sqlalchemy.orm import Session

from app.coding.codebook_queries import CodeFacts, codes_of
from app.coding.models import Memo, StudyCoder
from app.exchange.refi import names, queries
from app.exchange.refi.archive import INTERNAL, PROJECT, SOURCES, stamped
from app.exchange.refi.codes import CODE_MEMO, code_memo, code_tree, stage_set
from app.exchange.refi.lines import flat
from app.exchange.refi.names import described, guid, moment
from app.exchange.refi.people import Person, Sight, read_people
from app.exchange.refi.sources import Source, sources_of
from app.exchange.refi.statements import StatementWriter, Used, shortened
from app.exchange.refi.xml import element, opening, reference, references, words
from app.studies import queries as studies
from app.studies.protocol import StudyProtocol

PEOPLE = 50
IN_MEMORY = 8 * 1024 * 1024
ABOUT = ("kind", "time_zone", "anchor_on", "enrolled_at", "withdrawn_at")
"""What a case says of a participant beside their attributes; each is a variable called xinlu.…"""
OF_INTERVIEW = ("held_at", "kind", "wave")
TYPES = {"anchor_on": "Date", "enrolled_at": "DateTime", "withdrawn_at": "DateTime", "held_at": "DateTime"}

Heard = Callable[[Sequence[tuple[UUID, UUID]]], None]


@dataclass(slots=True)
class Written:
    """What a project holds, in numbers, for the log and for who asked. ``withheld``: codings that were kept back."""

    people: int = 0
    sources: int = 0
    selections: int = 0
    withheld: int = 0


def write_project(session: Session, study_id: UUID, file: IO[bytes], sight: Sight, heard: Heard) -> Written:
    """Write the project of a study into ``file``.

    ``sight`` says whose codings may go into it; ``heard`` is told of each batch whose words were written: pairs of the
    participant and the entry or turn.
    """
    with tempfile.SpooledTemporaryFile(IN_MEMORY) as selections, zipfile.ZipFile(file, "w") as archive:
        project = _Project(session, studies.protocol(session, study_id), archive, selections, sight, heard)
        return project.write()


@dataclass(slots=True)
class _Project:
    """One export."""

    session: Session
    protocol: StudyProtocol
    archive: zipfile.ZipFile
    selections: IO[bytes]
    sight: Sight
    heard: Heard
    used: Used = field(default_factory=Used)
    written: Written = field(default_factory=Written)
    cases: list[str] = field(default_factory=list)
    attributes: set[str] = field(default_factory=set)
    memos: Sequence[Memo] = ()

    def write(self) -> Written:
        """Write all of it."""
        study_id = self.protocol.study.id
        self.memos = queries.memos(self.session, study_id)
        writer = StatementWriter(self.protocol, _by_subject(self.memos), self.used)
        people = [row.id for row in queries.people_of(self.session, study_id)]
        for first in range(0, len(people), PEOPLE):
            for person in read_people(self.session, study_id, people[first : first + PEOPLE], self.sight):
                self._person(person, writer)
            self.session.expunge_all()
        if self.sight.visible is not None:
            self.written.withheld = queries.withheld(self.session, study_id, self.sight.visible)
        self._frame(writer)
        return self.written

    def _person(self, person: Person, writer: StatementWriter) -> None:
        seen: list[tuple[UUID, UUID]] = []
        guids = []
        for source in sources_of(person, writer):
            self.archive.writestr(stamped(f"{SOURCES}{source.guid}.txt"), source.text.encode())
            self.selections.write(_source(source).encode())
            guids.append(source.guid)
            seen += [(person.row.id, one) for one in source.read]
            self.written.sources += 1
            self.written.selections += len(source.selections)
        self.cases.append(self._case(person, guids))
        self.written.people += 1
        self.heard(seen)

    def _case(self, person: Person, sources: Iterable[UUID]) -> str:
        row = person.row
        self.attributes.update(row.attributes)
        known = {
            "kind": row.kind,
            "time_zone": row.time_zone,
            "anchor_on": person.anchor.isoformat() if person.anchor else None,
            "enrolled_at": moment(row.enrolled_at),
            "withdrawn_at": moment(row.withdrawn_at),
        }
        values = [_value("about", name, known[name]) for name in ABOUT]
        values += [_value("attribute", name, str(row.attributes[name])) for name in sorted(row.attributes)]
        return element("Case", {"guid": row.id, "name": row.code}, *values, references("SourceRef", sources))

    def _frame(self, writer: StatementWriter) -> None:
        """Write the project's XML around what waits."""
        study = self.protocol.study
        coders = queries.coders(self.session, study.id)
        authors = _Authors(coders)
        codes = _standing(codes_of(self.session, study.id, retired=True))
        notes = [_note(memo, authors) for memo in self.memos]
        notes += [_code_note(code_memo(code), code.memo) for code in codes if code.memo]
        tree = code_tree(codes, self.protocol, self.used, writer.notes)
        namespaces = {"xmlns": names.SCHEMA, "name": study.title, "origin": names.ORIGIN}
        with self.archive.open(stamped(PROJECT), "w") as out:
            out.write(b'<?xml version="1.0" encoding="utf-8"?>\n')
            out.write((opening("Project", namespaces) + "\n").encode())
            out.write(_users(coders, authors, self.used).encode())
            out.write(element("CodeBook", None, tree).encode())
            out.write(self._variables().encode())
            _wrap(out, "Cases", self.cases)
            self._sources(out)
            _wrap(out, "Notes", notes)
            out.write(element("Sets", None, stage_set(self.protocol)).encode())
            out.write(words("Description", described("", {"form": names.FORM})).encode())
            out.write(references("NoteRef", writer.notes.get(("study", None), ())).encode())
            out.write(b"</Project>\n")

    def _sources(self, out: IO[bytes]) -> None:
        if not self.written.sources:
            return
        out.write(b"<Sources>\n")
        self.selections.seek(0)
        while piece := self.selections.read(256 * 1024):
            out.write(piece)
        out.write(b"</Sources>\n")

    def _variables(self) -> str:
        own = [_variable("about", name, f"xinlu.{name}") for name in ABOUT]
        own += [_variable("interview", name, f"xinlu.interview.{name}") for name in OF_INTERVIEW]
        return element("Variables", None, *own, *(_variable("attribute", one, one) for one in sorted(self.attributes)))


class _Authors:
    """The users behind what the log calls user:… or coder:…; others, such as cli, become users of that name."""

    def __init__(self, coders: Sequence[StudyCoder]) -> None:
        self._known = {f"user:{one.user_id}": one.id for one in coders if one.user_id}
        self._known |= {f"coder:{one.id}": one.id for one in coders}
        self.others: dict[str, UUID] = {}

    def of(self, label: str) -> UUID:
        """Return the user's guid."""
        if label in self._known:
            return self._known[label]
        return self.others.setdefault(label, guid("author", label))


def _users(coders: Sequence[StudyCoder], authors: _Authors, used: Used) -> str:
    told = [(names.PROGRAM, "心路 Xinlu", "xinlu:program")]
    told += [(one.id, one.name, f"xinlu:{'consensus' if one.kind == 'consensus' else 'coder'}") for one in coders]
    told += [(names.model_user(one), one, f"xinlu:model:{one}") for one in sorted(used.models)]
    told += [(authors.others[one], one, f"xinlu:author:{one}") for one in sorted(authors.others)]
    users = (element("User", {"guid": one, "name": name, "id": label}) for one, name, label in told)
    return element("Users", None, *users)


def _source(source: Source) -> str:
    given = {"guid": source.guid, "name": source.name, "plainTextPath": f"{INTERNAL}{source.guid}.txt"}
    return element(
        "TextSource",
        given,
        words("Description", source.description),
        *(one.written() for one in source.selections),
        references("NoteRef", source.notes),
        *(_value("interview", name, value) for name, value in source.values.items()),
    )


def _variable(kind: str, name: str, told: str) -> str:
    given = {"guid": guid("variable", kind, name), "name": told, "typeOfVariable": TYPES.get(name, "Text")}
    return element("Variable", given)


def _value(kind: str, name: str, value: Any) -> str:
    if value is None:
        return ""
    told = words(f"{TYPES.get(name, 'Text') if kind != 'attribute' else 'Text'}Value", str(value)) or "<TextValue/>\n"
    return element("VariableValue", None, reference("VariableRef", guid("variable", kind, name)), told)


def _note(memo: Memo, authors: _Authors) -> str:
    user = authors.of(memo.by)
    given = {
        "guid": memo.id,
        "name": shortened(flat(memo.text)),
        "creatingUser": user,
        "creationDateTime": memo.created_at,
        "modifyingUser": user,
        "modifiedDateTime": memo.updated_at,
    }
    facts = {"is": "memo", "about": memo.about, "of": memo.about_id, "person": memo.participant_id}
    description = described("", {**facts, "version": memo.version})
    return element("Note", given, words("Description", description), words("PlainTextContent", memo.text))


def _code_note(note: UUID, text: str) -> str:
    given = {"guid": note, "name": shortened(flat(text))}
    description = described("", {"is": CODE_MEMO})
    return element("Note", given, words("Description", description), words("PlainTextContent", text))


def _by_subject(memos: Iterable[Memo]) -> dict[tuple[str, UUID | None], list[UUID]]:
    found: dict[tuple[str, UUID | None], list[UUID]] = defaultdict(list)
    for memo in memos:
        found[memo.about, memo.about_id if memo.about != "study" else None].append(memo.id)
    return found


def _standing(codes: Sequence[CodeFacts]) -> list[CodeFacts]:
    """Return the codes in use, and of the retired ones those that excerpts still carry, with what stands above them."""
    parents = {code.id: code.parent_id for code in codes}
    wanted = {code.id for code in codes if code.retired_at is None}
    for code in codes:
        above: UUID | None = code.id if code.uses else None
        while above is not None and above not in wanted:
            wanted.add(above)
            above = parents.get(above)
    return [code for code in codes if code.id in wanted]


def _wrap(out: IO[bytes], tag: str, written: Sequence[str]) -> None:
    if written:
        out.write(f"<{tag}>\n".encode())
        for one in written:
            out.write(one.encode())
        out.write(f"</{tag}>\n".encode())

"""Storing what an import understood, in one transaction: what is there already stays as it is, so a repeat changes nothing."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import insert
from sqlalchemy.orm import Session

from app.audit.service import Change, record
from app.coding.coders import CONSENSUS, IMPORTED, MOST_NAME
from app.coding.models import Assignment, CodingChange, Draw, Excerpt, HumanCoding, Memo, StudyCoder
from app.coding.values import bring_along
from app.core import clock
from app.core.bulk import insert_rows
from app.core.db import table_of
from app.core.ids import uuid7
from app.diary.models import Entry
from app.exchange.refi import queries, storing_codes
from app.exchange.refi.errors import StageNeeded
from app.exchange.refi.intake import TWICE, Intake, NewPerson, Row
from app.exchange.refi.lines import flat
from app.exchange.refi.saying import Saying
from app.interviews.models import Interview, Turn
from app.participants.consents import agree_on_paper
from app.participants.models import AnchorEvent, Participant
from app.statements.holding import hold
from app.studies.protocol import StudyProtocol
from app.web.i18n import mark as _

IMPORTER = "import:"
HERE_OTHERWISE = _("研究里已经有，而且说的不一样，没有动它")
ALREADY_CODED = _("这位编码员在这里已经编过，没有动它")
_ENTRIES, _INTERVIEWS, _TURNS = (insert(table_of(one)) for one in (Entry, Interview, Turn))
_CODINGS, _EXCERPTS, _CHANGES = (insert(table_of(one)) for one in (HumanCoding, Excerpt, CodingChange))
_DRAWS, _PLACES, _MEMOS = (insert(table_of(one)) for one in (Draw, Assignment, Memo))


@dataclass(slots=True)
class Stored:
    """How many rows of each kind are new, and what was left out, by element and reason."""

    new: Counter[str] = field(default_factory=Counter)
    left_out: Counter[tuple[str, str]] = field(default_factory=Counter)

    @property
    def anything(self) -> bool:
        """Whether the import changed the study."""
        return any(self.new.values())


def store(session: Session, actor: str, protocol: StudyProtocol, intake: Intake) -> Stored:
    """Store ``intake`` in the session's transaction; ``actor`` is who imports, as the log names them.

    StageNeeded where something has no stage; Invalid errors of the codebook where it does not fit into it.
    """
    if intake.unstaged and any(row["stage_id"] is None for row in (*intake.statements, *intake.entries)):
        raise StageNeeded(n=intake.unstaged)
    return _Storing(session, f"{IMPORTER}{actor}"[:80], protocol, intake).run()


class _Storing:
    """One import on its way into the database."""

    def __init__(self, session: Session, actor: str, protocol: StudyProtocol, intake: Intake) -> None:
        self._session = session
        self._actor = actor
        self._protocol = protocol
        self._study_id = protocol.study.id
        self._intake = intake
        self._stored = Stored(left_out=Counter(intake.left_out))
        self._ids: dict[UUID, UUID] = {}

    def run(self) -> Stored:
        """Store everything, people first."""
        hold(self._session, self._study_id)
        self._people()
        self._coders()
        codes = storing_codes.store(self._session, self._actor, self._study_id, self._intake.codes)
        self._ids |= codes.ids
        self._stored.new["codes"] = codes.new
        self._stored.left_out += codes.left_out
        entries = self._words()
        self._coded(entries)
        self._memos()
        if self._stored.anything:
            detail = {name: n for name, n in self._stored.new.items() if n}
            change = Change(self._actor, "project.imported", self._study_id, self._study_id, detail)
            record(self._session, change)
        return self._stored

    def _people(self) -> None:
        given = self._intake.people
        here = queries.people_by(self._session, self._study_id, [one.id for one in given], [one.code for one in given])
        by_id, by_code = {one.id: one for one in here}, {one.code: one for one in here}
        new: list[Participant] = []
        for one in given:
            known = by_id.get(one.id) or by_code.get(one.code)
            if known is None:
                new.append(self._person(one))
            else:
                self._ids[one.id] = known.id
        self._session.flush()
        for one in given:
            if one.anchor_on and one.id not in self._ids:
                event = AnchorEvent(study_id=self._study_id, participant_id=one.id, on=one.anchor_on)
                self._session.add(event)
        changes = [
            Change(self._actor, "participant.enrolled", self._study_id, one.id, {"code": one.code}) for one in new
        ]
        record(self._session, *changes)
        self._session.flush()
        agreed = [one for one in new if one.withdrawn_at is None and one.kind == "participant"]
        agree_on_paper(self._session, self._actor, agreed, version=self._protocol.consent.version)
        self._stored.new["people"] = len(new)

    def _person(self, given: NewPerson) -> Participant:
        person = Participant(
            study_id=self._study_id,
            id=given.id,
            kind=given.kind,
            code=given.code,
            time_zone=given.time_zone or self._protocol.study.time_zone,
            attributes=given.attributes,
            enrolled_at=given.enrolled_at or clock.now(),
            withdrawn_at=given.withdrawn_at,
        )
        self._session.add(person)
        return person

    def _coders(self) -> None:
        here = queries.coders(self._session, self._study_id)
        known = {one.id for one in here}
        consensus = next((one.id for one in here if one.kind == CONSENSUS), None)
        for one in self._intake.coders:
            if one.id in known:
                continue
            if one.consensus and consensus is not None:
                self._ids[one.id] = consensus
                continue
            kind = CONSENSUS if one.consensus else IMPORTED
            consensus = one.id if one.consensus else consensus
            coder = StudyCoder(study_id=self._study_id, id=one.id, kind=kind, name=one.name[:MOST_NAME])
            coder.created_at = clock.now()
            self._session.add(coder)
            self._stored.new["coders"] += 1
        self._session.flush()

    def _words(self) -> set[UUID]:
        """Store entries, interviews, turns and what was said in them; returns the statements that coding may go to."""
        intake, stored = self._intake, self._stored.new
        entries = self._unknown(Entry, intake.entries)
        interviews = self._unknown(Interview, intake.interviews)
        turns = self._unknown(Turn, intake.turns)
        new_interviews = {row["id"] for row in interviews}
        late = [row for row in turns if row["interview_id"] not in new_interviews]
        self._leave_out("turn", len(late))
        turns = [row for row in turns if row["interview_id"] in new_interviews]
        self._insert(_ENTRIES, entries, self._form())
        self._insert(_INTERVIEWS, interviews)
        self._insert(_TURNS, turns)
        stored["entries"], stored["interviews"], stored["turns"] = len(entries), len(interviews), len(turns)
        saying = Saying(self._session, self._protocol, self._stored.new)
        fresh, standing = self._statements({row["id"] for row in (*entries, *turns)})
        machine = [row for row in intake.machine if row["statement_id"] in fresh or row["statement_id"] in standing]
        chosen = [row for row in intake.statements if row["id"] in fresh]
        saying.store([self._mine(row) for row in chosen], machine, [self._mine(row) for row in entries])
        self._fresh = fresh
        return fresh | standing

    def _statements(self, sources: set[UUID]) -> tuple[set[UUID], set[UUID]]:
        """Return which statements of the file are to be stored, and which stand here already with the same words."""
        rows = self._intake.statements
        here = queries.statement_texts(self._session, self._study_id, [row["id"] for row in rows])
        inhabited = queries.inhabited(self._session, self._study_id, [row["source_id"] for row in rows])
        fresh, standing = set(), set()
        for row in rows:
            text = here.get(row["id"])
            if text is not None and flat(text) == flat(row["text"]):
                standing.add(row["id"])
            elif text is None and (row["source_id"] in sources or row["source_id"] not in inhabited):
                fresh.add(row["id"])
            else:
                self._leave_out("statement", 1)
        return fresh, standing

    def _coded(self, statements: set[UUID]) -> None:
        intake, fresh = self._intake, self._fresh
        queries.hold_statements(self._session, self._study_id, statements - fresh)
        known = queries.coded_pairs(self._session, self._study_id, statements)
        codings = [
            row
            for row in map(self._mine, intake.codings)
            if row["statement_id"] in statements and (row["statement_id"], row["coder_id"]) not in known
        ]
        pairs = {(row["statement_id"], row["coder_id"]) for row in codings}
        again = queries.known(self._session, self._study_id, Excerpt, [row["id"] for row in intake.excerpts])
        marked = [
            row
            for row in map(self._mine, intake.excerpts)
            if (row["statement_id"], row["coder_id"]) in pairs and row["id"] not in again
        ]
        excerpts = _once(marked)
        if len(excerpts) < len(marked):
            self._stored.left_out["excerpt", TWICE] += len(marked) - len(excerpts)
        self._leave_out_coded(known, again, statements)
        drawn = [row for row in intake.draws if row["statement_id"] in fresh]
        in_draw = {row["statement_id"] for row in drawn}
        places = [row for row in map(self._mine, intake.places) if row["statement_id"] in in_draw]
        self._insert(_DRAWS, drawn)
        self._insert(_PLACES, places)
        self._insert(_CODINGS, codings)
        self._insert(_EXCERPTS, excerpts)
        self._insert(_CHANGES, self._history(codings, excerpts))
        bring_along(self._session, self._study_id, in_draw | {statement for statement, _coder in pairs})
        self._stored.new.update({"codings": len(codings), "excerpts": len(excerpts), "draws": len(drawn)})

    def _leave_out_coded(self, known: set[tuple[UUID, UUID]], again: set[UUID], statements: set[UUID]) -> None:
        """Count the excerpts of codings that stand here otherwise; those that stand here as they are count for nothing."""
        late = [
            row
            for row in map(self._mine, self._intake.excerpts)
            if row["id"] not in again
            and (row["statement_id"] not in statements or (row["statement_id"], row["coder_id"]) in known)
        ]
        if late:
            self._stored.left_out["excerpt", ALREADY_CODED] += len(late)

    def _history(self, codings: Sequence[Row], excerpts: Sequence[Row]) -> list[Row]:
        marked: dict[tuple[UUID, UUID], list[Row]] = {}
        for row in excerpts:
            marked.setdefault((row["statement_id"], row["coder_id"]), []).append(row)
        now = clock.now()
        return [
            {
                "id": uuid7(),
                "statement_id": row["statement_id"],
                "coder_id": row["coder_id"],
                "actor": self._actor,
                "at": now,
                "version": row["version"],
                "before": None,
                "after": _document(row, marked.get((row["statement_id"], row["coder_id"]), [])),
            }
            for row in codings
        ]

    def _memos(self) -> None:
        memos = []
        for row in map(self._mine, self._unknown(Memo, self._intake.memos)):
            about = row["about_id"]
            memos.append({**row, "about_id": self._ids.get(about, about) if about else None})
        for row in memos:
            label, _, coder = row["by"].partition(":")
            if label == "coder" and coder:
                row["by"] = f"coder:{self._ids.get(UUID(coder), UUID(coder))}"
        self._insert(_MEMOS, memos)
        self._stored.new["memos"] = len(memos)

    def _unknown(self, model: type[Any], rows: Sequence[Row]) -> list[Row]:
        known = queries.known(self._session, self._study_id, model, [row["id"] for row in rows])
        return [row for row in rows if row["id"] not in known]

    def _form(self) -> Mapping[str, Any]:
        """What the table of entries holds beside what a file says of them."""
        form = self._protocol.current_form
        empty = dict.fromkeys(("prompt_id", "device_occurred_at", "device_recorded_at", "clock_note"))
        return {"form_id": form.form_id, "author": self._actor, **empty}

    def _insert(self, statement: Any, rows: Sequence[Row], more: Mapping[str, Any] | None = None) -> None:
        known = self._protocol.forms
        ready = [{**self._mine(row), **(more or {}), "study_id": self._study_id} for row in rows]
        for row in ready:
            if "form_version" in row and row["form_version"] not in known:
                row["form_version"] = self._protocol.current_form.version
        insert_rows(self._session, statement, ready)

    def _mine(self, row: Row) -> Row:
        """Return the row with the study's own ids in place of the file's, where they differ."""
        if not self._ids:
            return row
        names = ("participant_id", "coder_id", "code_id")
        return row | {name: self._ids.get(row[name], row[name]) for name in names if name in row}

    def _leave_out(self, what: str, n: int) -> None:
        if n:
            self._stored.left_out[what, HERE_OTHERWISE] += n


def _once(rows: Sequence[Row]) -> list[Row]:
    """Return the excerpts, the first of those that mark the same code on the same span."""
    found: dict[tuple[Any, ...], Row] = {}
    for row in rows:
        key = tuple(row[name] for name in ("statement_id", "coder_id", "code_id", "start_at", "end_at"))
        found.setdefault(key, row)
    return list(found.values())


def _document(coding: Row, excerpts: Sequence[Row]) -> Row:
    """Return a coding as its history keeps it."""
    marked = [
        {
            "id": str(row["id"]),
            "code": str(row["code_id"]),
            "start": row["start_at"],
            "end": row["end_at"],
            "memo": row["memo"],
        }
        for row in sorted(excerpts, key=lambda row: (row["start_at"], row["end_at"], str(row["id"])))
    ]
    return {
        "sentiment": coding["sentiment"],
        "emotions": coding["emotions"],
        "memo": coding["memo"],
        "excerpts": marked,
        "done": coding["done_at"] is not None,
        "blind": coding["blind"],
    }

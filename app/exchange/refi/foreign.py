"""Understanding another program's project: text sources become interviews, their paragraphs turns, selections excerpts.

Nothing is lost on the way: what has a place of its own in the study gets it, other words become memos, and what is neither
is counted with its reason.
"""

import re
from collections import Counter, defaultdict
from typing import Any, Final
from uuid import UUID

from app.coding.schemas import MOST_MEMO
from app.core import clock
from app.exchange.refi.foreign_people import ForeignPeople
from app.exchange.refi.foreign_turns import Paragraph, Turns, paragraphs
from app.exchange.refi.intake import TWICE, Intake, NewCoder, NewCodeRow
from app.exchange.refi.names import guid
from app.exchange.refi.offsets import Counting, counting_of, says, units
from app.exchange.refi.places import Places
from app.exchange.refi.project import CodingRead, NoteRead, Project, SelectionRead, SourceRead
from app.exchange.refi.reading import NOT_KEPT
from app.web.i18n import mark as _
from app.web.i18n import translate

IMPORTED_BY: Final = "import:qdpx"
OUT_OF_TEXT: Final = _("选段的位置超出了文字")
EMPTY: Final = _("选段里没有字，也没有编码和备注")
OTHER_WORDS: Final = _("这里的文字和选段的名称不一样")
OF_A_CASE: Final = _("编到了个案上，不是编码")
DIVIDED: Final = _("跨段的编码按段分开")
WHOLE_SOURCE: Final = _("整份来源上的编码记成备忘")
_MAJORITY: Final = 2
_NAME = re.compile(r"\s+")


def understand_foreign(project: Project, places: Places, counting: str) -> Intake:
    """Return what the project says, everything at the stage that ``places`` gives for what has none."""
    return _Understanding(project, places, counting_of(project, counting)).intake()


class _Understanding:
    """A foreign project on its way into an intake."""

    def __init__(self, project: Project, places: Places, counting: Counting) -> None:
        self._project = project
        self._places = places
        self._counting = counting
        self._quoting = counting.asked > 0 and counting.agreeing * _MAJORITY >= counting.asked
        self._intake = Intake(own=False, name=project.name, origin=project.origin)
        self._intake.left_out = Counter(project.left_out)
        self._intake.counting, self._intake.sure = counting.way, counting.sure
        self._people = ForeignPeople(project, self._intake)
        self._coders: set[UUID] = set()
        self._codings: dict[tuple[UUID, UUID], dict[str, Any]] = {}
        self._spans: set[tuple[UUID, UUID, UUID, int, int]] = set()
        # What notes are about: (about, id, person), in the order in which the file names them.
        self._about: dict[UUID, list[tuple[str, UUID | None, UUID | None]]] = defaultdict(list)
        self._subjects: dict[UUID, tuple[str, UUID | None, UUID | None]] = {}

    def intake(self) -> Intake:
        """Return all of it."""
        for of_study in self._project.study_notes:
            self._about[of_study].append(("study", None, None))
        self._codes()
        for source in self._project.sources.values():
            if source.raw is None:
                self._intake.left_out["TextSource", _("文字不在文件里")] += 1
            else:
                self._source(source, source.raw)
        self._people.rest()
        self._links()
        for note in self._project.notes.values():
            self._note(note)
        self._intake.codings = list(self._codings.values())
        self._intake.coders = [self._coder(one) for one in sorted(self._coders)]
        return self._intake

    def _codes(self) -> None:
        for code in self._project.codes.values():
            self._subjects[code.guid] = ("code", code.guid, None)
            for note in code.notes:
                self._about[note].append(self._subjects[code.guid])
            row = NewCodeRow(
                code.guid, code.parent, code.name, code.colour, code.description.strip(), (), "", None, retired=False
            )
            self._intake.codes.append(row)

    def _source(self, source: SourceRead, raw: str) -> None:
        person = self._people.of(source)
        text = units(raw, self._counting.way)
        spans = {
            one.guid: (text.at(one.start), text.at(one.end)) for one in source.selections if _inside(one, text.length)
        }
        self._intake.interviews.append(self._interview(source, person))
        self._subjects[source.guid] = ("interview", source.guid, person)
        for note in source.notes:
            self._about[note].append(self._subjects[source.guid])
        if source.description.strip():
            self._memo(
                guid("described", source.guid), source.description.strip(), source.user, self._subjects[source.guid]
            )
        for coding in source.codings:
            self._whole(source, coding, self._subjects[source.guid])
        found = paragraphs(text.text, sorted(spans.values()))
        turns = Turns([(one, self._turn(source, person, place, one)) for place, one in enumerate(found)])
        for one in source.selections:
            if one.guid in spans:
                self._selection(source, one, spans[one.guid], text.text, turns)
            else:
                self._intake.mismatch(source.name, f"{one.start}–{one.end}", OUT_OF_TEXT)
                self._intake.left_out["PlainTextSelection", OUT_OF_TEXT] += 1

    def _interview(self, source: SourceRead, person: UUID) -> dict[str, Any]:
        origin = {"file": self._project.name[:120], "format": "qdpx", "program": self._project.origin[:120]}
        now = clock.now()
        return {
            "id": source.guid,
            "participant_id": person,
            "kind": "interview",
            "title": _NAME.sub(" ", source.name).strip()[:120] or "?",
            "held_at": source.at or now,
            "wave_id": None,
            "guide_version": None,
            "state": "ready",
            "origin": origin,
            "created_by": IMPORTED_BY,
            "created_at": now,
            "version": 1,
        }

    def _turn(self, source: SourceRead, person: UUID, place: int, said: Paragraph) -> UUID | None:
        """Add a turn, and its statement where it is one; returns that."""
        turn = guid("foreign turn", source.guid, place)
        now = clock.now()
        stage = self._places.instead if said.is_said else None
        empty = dict.fromkeys(("start_ms", "end_ms", "question", "mark", "proposed_stage_id", "touchpoint_id"))
        confirmed = {"confirmed_by": IMPORTED_BY if stage else None, "confirmed_at": now if stage else None}
        self._intake.turns.append(
            {
                "id": turn,
                "interview_id": source.guid,
                "participant_id": person,
                "position": place,
                "speaker": said.speaker,
                "role": said.role,
                "origin": "transcript",
                "text": said.text,
                "stage_id": stage,
                "version": 1,
                **empty,
                **confirmed,
            }
        )
        return self._statement(source, person, said, turn, stage) if said.is_said else None

    def _statement(self, source: SourceRead, person: UUID, said: Paragraph, turn: UUID, stage: UUID | None) -> UUID:
        self._intake.unstaged += stage is None
        statement = guid("foreign statement", turn)
        self._intake.statements.append(
            {
                "id": statement,
                "participant_id": person,
                "stage_id": stage,
                "touchpoint_id": None,
                "wave_id": None,
                "source": "interview",
                "source_id": turn,
                "role": "interview",
                "text": said.text,
                "occurred_at": source.at or clock.now(),
                "day": None,
                "model_version": None,
                "sentiment_micro": None,
            }
        )
        return statement

    def _selection(
        self,
        source: SourceRead,
        one: SelectionRead,
        span: tuple[int, int],
        text: str,
        turns: Turns,
    ) -> None:
        parts = turns.parts(span)
        person = self._people.of(source)
        subject = ("statement", parts[0][0], person) if parts else self._subjects[source.guid]
        self._subjects[one.guid] = subject
        for note in one.notes:
            self._about[note].append(subject)
        if self._quoting and says(one.name, text[slice(*span)]) is not True and one.name:
            self._intake.mismatch(source.name, f"{one.start}–{one.end}", OTHER_WORDS)
        described = one.description.strip()
        if not parts and (one.codings or described):
            self._intake.left_out["PlainTextSelection", OUT_OF_TEXT] += 1
            self._intake.mismatch(source.name, f"{one.start}–{one.end}", OUT_OF_TEXT)
        elif not one.codings and not described and not one.notes:
            self._intake.left_out["PlainTextSelection", EMPTY] += 1
        if len(parts) > 1 and one.codings:
            self._intake.changed[DIVIDED] += 1
        if described and (not one.codings or len(described) > MOST_MEMO):
            self._memo(guid("described", one.guid), described, one.user, subject, one)
        for coding in one.codings:
            for note in coding.notes:
                self._about[note].append(subject)
            self._coding(one, coding, parts, described[:MOST_MEMO])

    def _coding(self, one: SelectionRead, coding: CodingRead, parts: list[tuple[UUID, int, int]], memo: str) -> None:
        if coding.code not in self._project.codes:
            self._intake.left_out["Coding", OF_A_CASE] += 1
            return
        coder = self._user(coding.user or one.user)
        at = coding.at or one.at or clock.now()
        for place, (statement, start, end) in enumerate(parts):
            span = statement, coder, coding.code, start, end
            if span in self._spans:
                self._intake.changed[TWICE] += 1
                continue
            self._spans.add(span)
            document = self._codings.setdefault((statement, coder), _document(statement, coder, at))
            document["created_at"], document["updated_at"] = (
                min(document["created_at"], at),
                max(document["updated_at"], at),
            )
            self._intake.excerpts.append(
                {
                    "id": guid("foreign excerpt", one.guid, coding.guid, coding.code, place),
                    "statement_id": statement,
                    "coder_id": coder,
                    "code_id": coding.code,
                    "start_at": start,
                    "end_at": end,
                    "memo": memo,
                    "created_at": at,
                }
            )

    def _whole(self, source: SourceRead, coding: CodingRead, subject: tuple[str, UUID | None, UUID | None]) -> None:
        code = self._project.codes.get(coding.code)
        if code is None:
            self._intake.left_out["Coding", OF_A_CASE] += 1
            return
        self._intake.changed[WHOLE_SOURCE] += 1
        words = translate(_("整份都编为：%(code)s")) % {"code": code.name}
        self._memo(guid("whole", source.guid, coding.guid, coding.code), words, coding.user, subject)

    def _links(self) -> None:
        """Take links between a note and something else as what the note is about; other links have no place here."""
        for origin, target in self._project.links:
            note, other = (origin, target) if origin in self._project.notes else (target, origin)
            if note in self._project.notes and other in self._subjects:
                self._about[note].append(self._subjects[other])
            else:
                self._intake.left_out["Link", NOT_KEPT] += 1

    def _note(self, note: NoteRead) -> None:
        words = "\n".join(part for part in (note.name.strip(), note.text.strip()) if part)
        for place, subject in enumerate(dict.fromkeys(self._about.get(note.guid, [("study", None, None)]))):
            one = note.guid if place == 0 else guid("note", note.guid, place)
            self._memo(one, words or "?", note.user, subject, note)

    def _memo(
        self,
        one: UUID,
        words: str,
        user: UUID | None,
        subject: tuple[str, UUID | None, UUID | None],
        dated: NoteRead | SelectionRead | None = None,
    ) -> None:
        at = (dated.at if dated else None) or clock.now()
        self._intake.memos.append(
            {
                "id": one,
                "participant_id": subject[2],
                "about": subject[0],
                "about_id": subject[1],
                "text": words.replace("\x00", "\ufffd"),
                "by": f"coder:{self._user(user)}",
                "created_at": at,
                "updated_at": (dated.changed if dated else None) or at,
                "version": 1,
            }
        )

    def _user(self, user: UUID | None) -> UUID:
        found = user or guid("foreign coder", self._project.origin)
        self._coders.add(found)
        return found

    def _coder(self, coder: UUID) -> NewCoder:
        known = self._project.users.get(coder)
        name = _NAME.sub(" ", known.name).strip() if known else ""
        return NewCoder(coder, name or self._project.origin.strip() or "?", consensus=False)


def _inside(one: SelectionRead, length: int) -> bool:
    return 0 <= one.start <= one.end <= length


def _document(statement: UUID, coder: UUID, at: Any) -> dict[str, Any]:
    return {
        "statement_id": statement,
        "coder_id": coder,
        "sentiment": None,
        "emotions": [],
        "memo": "",
        "blind": False,
        "done_at": None,
        "created_at": at,
        "updated_at": at,
        "version": 1,
    }

"""What the coding page shows: a stream of passages, each with what its reader has said of it and what else may be seen."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final, Literal
from uuid import UUID

from markupsafe import Markup, escape
from sqlalchemy.orm import Session

from app.coding import stream_queries as queries
from app.coding.blinding import SeenCodings, visible_codings
from app.coding.codebook_queries import CodeFacts
from app.coding.schemas import CodingOut
from app.coding.stream_queries import Passage
from app.coding.work_words import SENTIMENTS
from app.core.errors import NotFound
from app.interviews.models import Interview
from app.participants.models import Participant
from app.statements.words import EMOTION_NAMES
from app.studies.access import StudyAccess
from app.studies.protocol import StudyProtocol
from app.web.i18n import mark as _
from app.web.i18n import translate
from app.web.pages import local_time, signed

MOST_PASSAGES: Final = 12_000
MOST_WAITING: Final = 200
MOST_FINISHED: Final = 20
"""How many of the finished ones stay before the unfinished, to go back to."""

LOOK_UP: Final = 1_000
CARRIAGE_RETURN: Final = Markup("&#13;")
NOTHING_SAID: Final = CodingOut()
Kind = Literal["statement", "ask", "other", "unstaged", "left_out"]


@dataclass(frozen=True, slots=True)
class Told:
    """What somebody else, or the machine, says of a statement: who, and what in words."""

    who: str
    said: str
    machine: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """One passage as it is shown. ``id`` is its statement's; None where there is nothing to code."""

    id: UUID | None
    kind: Kind
    text: str
    stamp: str
    stage: str
    spoken: str
    own: CodingOut
    seen: Sequence[Told] = ()
    hidden: str | None = None
    # Of a batch before this one: there to go back to, and not counted.
    earlier: bool = False

    @property
    def html(self) -> Markup:
        """The text, to the letter: a browser would read a carriage return as a line feed, and offsets would shift."""
        return escape(self.text).replace("\r", CARRIAGE_RETURN)


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads what: the study as it is open to somebody, its protocol, and the names of every code and stage."""

    session: Session
    access: StudyAccess
    protocol: StudyProtocol
    code_names: Mapping[UUID, str]
    stage_names: Mapping[UUID, str]

    @property
    def root(self) -> str:
        """The address under which the study's pages of coding stand."""
        return f"/studies/{self.access.study.slug}/coding"

    def moment(self, at: datetime) -> str:
        """Return a moment in the study's zone, in words."""
        return str(local_time({}, at, self.protocol.study.time_zone))  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class StageStop:
    """A stage of a stream, and its first statement."""

    name: str
    total: int
    first: UUID


@dataclass(frozen=True, slots=True)
class Stream:
    """A page of text to code."""

    kind: Literal["queue", "interview", "person"]
    heading: str
    detail: str
    batch: str
    address: str
    back: tuple[str, str] | None
    lines: Sequence[Line]
    stages: Sequence[StageStop] = ()
    more: str = ""
    sources: Sequence[tuple[UUID, UUID]] = field(default=())

    @property
    def codable(self) -> list[Line]:
        """The lines that are statements."""
        return [line for line in self.lines if line.id is not None]

    @property
    def total(self) -> int:
        """How many statements there are to code here."""
        return sum(not line.earlier for line in self.codable)

    @property
    def done(self) -> int:
        """How many of them are finished."""
        return sum(line.own.done for line in self.codable if not line.earlier)

    def at(self, statement_id: UUID | None) -> Line | None:
        """Return the line to begin with: the one that was asked for, else the first unfinished one, else the first."""
        lines = self.codable
        asked = next((line for line in lines if line.id == statement_id), None)
        return asked or next((line for line in lines if not line.own.done), lines[0] if lines else None)


def queue_stream(reader: Reader, coder_id: UUID | None) -> Stream:
    """Return what was given to the coder: the last ones finished, then those that wait."""
    given: list[queries.Given] = []
    if coder_id is not None:
        study_id = reader.access.study.id
        finished = queries.assigned(reader.session, study_id, coder_id, done=True, most=MOST_FINISHED)
        waiting = queries.assigned(reader.session, study_id, coder_id, done=False, most=MOST_WAITING)
        given = finished + waiting
    # What was given at one time is a batch.
    since = min((one.assigned_at for one in given if not one.done), default=None)
    since = since or max((one.assigned_at for one in given), default=None)
    passages = [one.passage for one in given]
    before = {one.passage.statement_id for one in given if since is not None and one.assigned_at < since}
    lines = _lines(reader, passages, lambda one: "")
    return Stream(
        kind="queue",
        heading=translate(_("分给我的")),
        detail="",
        batch=translate(_("这一批要编的")),
        address=f"{reader.root}/queue",
        back=(reader.root, translate(_("回到编码首页"))),
        lines=[replace(line, earlier=line.id in before) for line in lines],
        sources=_sources(passages),
    )


def interview_stream(reader: Reader, interview: Interview, participant: Participant) -> Stream:
    """Return an interview turn by turn, what was asked and what is no statement yet along with the rest."""
    passages = queries.turns_of(reader.session, interview, most=MOST_PASSAGES + 1)
    lines = _lines(reader, passages[:MOST_PASSAGES], _clock_of)
    return Stream(
        kind="interview",
        heading=interview.title,
        detail=f"{participant.code} · {reader.moment(interview.held_at)}",
        batch=translate(_("这次访谈") if interview.kind == "interview" else _("这份观察")),
        address=f"{reader.root}/interviews/{interview.id}",
        back=(reader.root, translate(_("回到编码首页"))),
        lines=lines,
        stages=_stops(lines),
        more=_more(passages),
        sources=_sources(passages[:MOST_PASSAGES]),
    )


def diary_stream(reader: Reader, person: Participant) -> Stream:
    """Return what one person wrote, in the order in which it happened."""
    passages = queries.diary_of(reader.session, reader.access.study.id, person.id, most=MOST_PASSAGES + 1)
    lines = _lines(reader, passages[:MOST_PASSAGES], lambda one: reader.moment(one.occurred_at))
    return Stream(
        kind="person",
        heading=translate(_("%(code)s 的日记")) % {"code": person.code},
        detail=" · ".join(str(value) for value in person.attributes.values())[:80],
        batch=translate(_("这个人写的")),
        address=f"{reader.root}/people/{person.id}",
        back=(reader.root, translate(_("回到编码首页"))),
        lines=lines,
        stages=_stops(lines),
        more=_more(passages),
        sources=_sources(passages[:MOST_PASSAGES]),
    )


def one_line(reader: Reader, statement_id: UUID) -> Line:
    """Return one statement as the actor may see it now; NotFound where they may not read it."""
    passage = queries.statement(reader.session, reader.access.study.id, statement_id)
    seen = visible_codings(reader.session, reader.access, [statement_id]) if passage else {}
    if passage is None or statement_id not in seen:
        raise NotFound()
    return _line(reader, passage, seen, "")


def _lines(reader: Reader, passages: Sequence[Passage], stamp: Callable[[Passage], str]) -> list[Line]:
    ids = [one.statement_id for one in passages if one.statement_id is not None]
    seen: dict[UUID, SeenCodings] = {}
    for start in range(0, len(ids), LOOK_UP):
        seen |= visible_codings(reader.session, reader.access, ids[start : start + LOOK_UP])
    # What the actor may not read has no row there: it is left out here too.
    readable = [one for one in passages if one.statement_id is None or one.statement_id in seen]
    return [_line(reader, one, seen, stamp(one)) for one in readable]


def _line(reader: Reader, passage: Passage, seen: Mapping[UUID, SeenCodings], stamp: str) -> Line:
    if passage.statement_id is None:
        return Line(None, _kind_of(passage), passage.text, stamp or passage.speaker, "", "", NOTHING_SAID)
    stage = reader.stage_names[passage.stage_id] if passage.stage_id else ""
    view = seen[passage.statement_id]
    return Line(
        id=passage.statement_id,
        kind="statement",
        text=passage.text,
        stamp=stamp,
        stage=stage,
        spoken=" ".join(part for part in (stage, stamp) if part) or translate(_("表述")),
        own=view.own or NOTHING_SAID,
        seen=told_of(view, reader.code_names),
        hidden=view.machine_hidden or view.hidden,
    )


def _kind_of(passage: Passage) -> Kind:
    if passage.role == queries.RESPONDENT:
        return "left_out" if passage.left_out else "unstaged"
    return "ask" if passage.role == queries.INTERVIEWER else "other"


def told_of(view: SeenCodings, code_names: Mapping[UUID, str]) -> list[Told]:
    """Return in words what others, the team and the machine say, as far as it may be seen."""
    told = [Told(one.coder.name, _said(one.coding, code_names)) for one in view.others]
    if view.consensus is not None:
        told.append(Told(translate(_("共识")), _said(view.consensus.coding, code_names)))
    if view.machine is not None:
        names = [translate(EMOTION_NAMES.get(name, name)) for name in view.machine.emotions]
        said = translate(_("、")).join([signed(view.machine.sentiment), *names])
        told.append(Told(translate(_("机器")), said, machine=True))
    return told


def state_of(stream: Stream, codes: Iterable[CodeFacts], *, standing: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the page's script takes: codes, and by statement what its reader has said, with the version."""
    return {
        **standing,
        "kind": stream.kind,
        "codes": [_code(code) for code in codes],
        "codings": {
            str(line.id): line.own.model_dump(
                mode="json", include={"sentiment", "emotions", "memo", "excerpts", "done", "version"}
            )
            for line in stream.codable
            if line.own.version
        },
    }


def _code(code: CodeFacts) -> dict[str, Any]:
    return {
        "id": str(code.id),
        "name": code.name,
        "colour": code.colour,
        "shortcut": (code.shortcut or "").lower(),
        "told": code.description,
        "examples": list(code.examples),
        "retired": code.retired_at is not None,
    }


def _said(coding: CodingOut, code_names: Mapping[UUID, str]) -> str:
    parts = [translate(SENTIMENTS[coding.sentiment])] if coding.sentiment is not None else []
    parts += [translate(EMOTION_NAMES.get(name, name)) for name in coding.emotions]
    parts += dict.fromkeys(code_names.get(one.code, "?") for one in coding.excerpts)
    return translate(_("、")).join(parts) or translate(_("还没编"))


def _stops(lines: Iterable[Line]) -> list[StageStop]:
    by_stage: dict[str, list[UUID]] = {}
    for line in lines:
        if line.id is not None and line.stage:
            by_stage.setdefault(line.stage, []).append(line.id)
    return [StageStop(name, len(ids), ids[0]) for name, ids in by_stage.items()]


def _clock_of(passage: Passage) -> str:
    if passage.start_ms is None:
        return passage.speaker
    seconds = passage.start_ms // 1000
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"


def _sources(passages: Iterable[Passage]) -> list[tuple[UUID, UUID]]:
    return [(one.participant_id, one.source_id) for one in passages]


def _more(passages: Sequence[Passage]) -> str:
    if len(passages) <= MOST_PASSAGES:
        return ""
    return translate(_("太长了，这里只放得下前 %(n)s 段；后面的请到“通读与查找”里看。")) % {"n": MOST_PASSAGES}

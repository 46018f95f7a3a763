"""What the notes of a map could be: scenes that were read, coded excerpts, fields of the form, and touchpoints."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal
from uuid import UUID, uuid5

from sqlalchemy.orm import Session

from app.coding.models import Code
from app.maps import service as scenes
from app.maps.board import queries, telling
from app.maps.board.queries import Marked, Written
from app.maps.quotations import MOST_QUOTATIONS, Span
from app.maps.service import KeptScenes, StudyScenes
from app.participants.sight import everyone
from app.studies.protocol import StudyProtocol
from nlp.scenes import Quote, Scene, specificity, version
from nlp.scenes.clauses import clauses_of
from nlp.scenes.grouping import grouped, most_telling

MOST_PER_CELL: Final = 5
MOST_WRITTEN: Final = 2000
MOST_MARKED: Final = 5000
FROM_PROTOCOL: Final = "protocol"
"""The source of a note that stands for a touchpoint: it shows the touchpoint's name, whatever that becomes."""

ROLES: Final[Mapping[str, str]] = {"action": "action", "thought": "thought", "worry": "thought"}
"""Which lane a text field of the form fills, by its role."""
FREE: Final = ("feeling", "other", "interview")
"""Roles of texts that tell of everything: read for scenes, and for clauses that tell of what was done and thought."""
ASKED_FOR: Final = 0.5
"""So much more it is worth that a field of the form asked for just that."""

NAMES: Final[Mapping[str, tuple[str, ...]]] = {
    "pain": ("痛点", "痛苦点", "pain"),
    "delight": ("爽点", "惊喜", "delight", "gain"),
    "action": ("行为", "行动", "做了什么", "action", "behaviour", "behavior"),
    "thought": ("想法", "需求", "担忧", "在乎", "thought", "need", "worr"),
}
"""Names of codes, or of those above them, that say which lane their excerpts belong to."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """A note to be: its cell, whose words it rests on (the telling ones first) and who found each, or its touchpoint."""

    id: UUID
    stage_id: UUID
    lane: str
    origin: Literal["team", "code", "model"]
    source_name: str
    spans: tuple[tuple[Span, str], ...] = ()
    people: int = 0
    touchpoint_id: UUID | None = None
    worth: float = 0.0

    @property
    def lead(self) -> Span | None:
        """The words that the note shows."""
        return self.spans[0][0] if self.spans else None


@dataclass(frozen=True, slots=True)
class _Told:
    """Words that tell of an action or a thought."""

    written: Written
    span: Span
    words: str

    @property
    def finder(self) -> str:
        """What found them: the field of the form that asked for them, or the reading of free text."""
        return f"form {self.written.role}" if self.written.role in ROLES else f"telling {telling.version()}"


def proposals(
    session: Session,
    kept: KeptScenes,
    protocol: StudyProtocol,
    map_id: UUID,
    *,
    segment: str | None = None,
    wave: str | None = None,
) -> list[Proposal]:
    """Return notes for the map ``map_id``, cell by cell, at most 5 a cell of people's words; the same each time.

    What people coded comes before what was read by the machine: a scene whose words carry a code already is left out.
    """
    seen = scenes.look(session, everyone(protocol.study.id))
    found = scenes.scenes(session, kept, seen)
    standing = queries.narrowed(session, protocol, [UUID(one) for one in found.quoted], segment, wave)
    coded = _coded(session, protocol, map_id, segment, wave)
    fields = queries.written(session, protocol, (*ROLES, *FREE), segment, wave, MOST_WRITTEN)
    told = [*_scenes(found, standing, map_id), *_fields(fields, map_id)]
    people = _best([*coded, *sorted(told, key=lambda one: (-one.people, -one.worth))])
    return [*people, *_touchpoints(protocol, map_id)]


def _best(candidates: Iterable[Proposal]) -> list[Proposal]:
    """Return the first few of each cell; of those whose leading words overlap, the first."""
    cells: defaultdict[tuple[UUID, str], list[Proposal]] = defaultdict(list)
    for one in candidates:
        cell = cells[one.stage_id, one.lane]
        if len(cell) < MOST_PER_CELL and not any(shared(one, other) for other in cell):
            cell.append(one)
    return [one for cell in cells.values() for one in cell]


def shared(one: Proposal, other: Proposal) -> bool:
    """Return whether the leading words of one are among those that the other rests on."""
    lead = one.lead
    return lead is not None and any(overlap(lead, span) for span, _ in other.spans)


def overlap(one: Span, other: Span) -> bool:
    """Return whether two spans have words in common."""
    return one.statement_id == other.statement_id and one.start < other.end and other.start < one.end


def lane_of(code: Code, codes: Mapping[UUID, Code]) -> str | None:
    """Return the lane that a code's name says, or else the nearest above it whose name says one."""
    at: Code | None = code
    while at is not None:
        name = at.name.casefold()
        for lane, words in NAMES.items():
            if any(word in name for word in words):
                return lane
        at = codes.get(at.parent_id) if at.parent_id else None
    return None


def _coded(
    session: Session, protocol: StudyProtocol, map_id: UUID, segment: str | None, wave: str | None
) -> list[Proposal]:
    codes = {one.id: one for one in queries.codes(session, protocol.study.id)}
    lanes = {one.id: lane for one in codes.values() if (lane := lane_of(one, codes))}
    cells: defaultdict[tuple[UUID, UUID], list[Marked]] = defaultdict(list)
    for one in queries.marked(session, protocol, list(lanes), segment, wave, MOST_MARKED):
        cells[one.stage_id, one.code_id].append(one)
    made = [
        Proposal(
            id=uuid5(map_id, f"code|{stage_id.hex}|{code_id.hex}"),
            stage_id=stage_id,
            lane=lanes[code_id],
            origin="code",
            source_name=codes[code_id].name,
            spans=_marked(those),
            people=len({one.participant_id for one in those}),
        )
        for (stage_id, code_id), those in cells.items()
    ]
    return sorted(made, key=lambda one: (-one.people, -len(one.spans), one.id))


def _marked(those: Sequence[Marked]) -> tuple[tuple[Span, str], ...]:
    words = [one.text[one.start : one.end] for one in those]
    lead = most_telling(words, [specificity(one) for one in words])
    ordered = [those[lead], *those[:lead], *those[lead + 1 :]]
    spans: dict[Span, str] = {}
    for one in ordered:
        spans.setdefault(Span(one.statement_id, one.start, one.end), one.coder)
    return tuple(spans.items())[:MOST_QUOTATIONS]


def _scenes(found: StudyScenes, standing: set[UUID], map_id: UUID) -> list[Proposal]:
    source = f"scenes {version()}"
    made = []
    for stage in found.stages:
        lists = (("pain", stage.pain_points), ("delight", stage.delights), ("thought", stage.needs))
        for lane, those in lists:
            for scene in those:
                quotes = [one for one in scene.quotes if UUID(one.statement) in standing]
                if quotes and (scene.people > 1 or _SIGN[lane] * scene.sentiment >= 0):
                    made.append(_scene(scene, quotes, lane, stage.stage.id, source, map_id))
    return made


def _scene(scene: Scene, quotes: Sequence[Quote], lane: str, stage_id: UUID, source: str, map_id: UUID) -> Proposal:
    lead = next((one for one in quotes if one.text == scene.phrase), quotes[0])
    ordered = [lead, *(one for one in quotes if one is not lead)][:MOST_QUOTATIONS]
    spans = [(Span(UUID(one.statement), one.start, one.end), source) for one in ordered]
    return _told(map_id, stage_id, lane, source, spans, len({one.person for one in quotes}), _worth(scene, lane))


def _worth(scene: Scene, lane: str) -> float:
    """What can be acted on comes first, and what its whole statement says rather than a clause of it against the rest."""
    return scene.specificity + _SIGN[lane] * scene.sentiment


_SIGN = {"pain": -1, "delight": 1, "thought": 0}
"""What one person said in a statement that leans the other way is read with the scenes, not laid on the map."""


def _told(
    map_id: UUID,
    stage_id: UUID,
    lane: str,
    source: str,
    spans: Sequence[tuple[Span, str]],
    people: int,
    worth: float,
) -> Proposal:
    lead = spans[0][0]
    name = f"model|{lane}|{lead.statement_id.hex}|{lead.start}|{lead.end}"
    return Proposal(uuid5(map_id, name), stage_id, lane, "model", source, tuple(spans), people, worth=worth)


def _fields(written: Sequence[Written], map_id: UUID) -> list[Proposal]:
    """Return what was written of actions and thoughts, what tells of the same put together."""
    cells: defaultdict[tuple[UUID, str], list[_Told]] = defaultdict(list)
    for one in written:
        for lane, start, end in _tellings(one):
            cells[one.stage_id, lane].append(_Told(one, Span(one.id, start, end), one.text[start:end]))
    return [
        _field([those[index] for index in members], stage_id, lane, map_id)
        for (stage_id, lane), those in cells.items()
        for members in grouped([one.words for one in those])
    ]


def _tellings(one: Written) -> Iterator[tuple[str, int, int]]:
    if one.role in ROLES:
        start, end = _telling(one.text)
        if start < end:
            yield ROLES[one.role], start, end
    else:
        yield from telling.tellings(one.text)


def _field(those: Sequence[_Told], stage_id: UUID, lane: str, map_id: UUID) -> Proposal:
    worths = [specificity(one.words) + (ASKED_FOR if one.written.role in ROLES else 0) for one in those]
    lead = most_telling([one.words for one in those], worths)
    ordered = [those[lead], *those[:lead], *those[lead + 1 :]][:MOST_QUOTATIONS]
    spans = [(one.span, one.finder) for one in ordered]
    people = len({one.written.participant_id for one in those})
    source = f"scenes {version()}" if ordered[0].written.role in ROLES else ordered[0].finder
    return _told(map_id, stage_id, lane, source, spans, people, worths[lead])


def _telling(text: str) -> tuple[int, int]:
    """Return the span of the sentence that says most; the whole text where it is one."""
    sentences: dict[int, tuple[int, int]] = {}
    for clause in clauses_of(text):
        start = sentences.get(clause.sentence, (clause.start, 0))[0]
        sentences[clause.sentence] = (start, clause.end)
    if not sentences:
        return 0, 0
    return max(sentences.values(), key=lambda span: (specificity(text[span[0] : span[1]]), -span[0]))


def _touchpoints(protocol: StudyProtocol, map_id: UUID) -> list[Proposal]:
    return [
        Proposal(
            id=uuid5(map_id, f"touchpoint|{one.id.hex}"),
            stage_id=one.stage_id,
            lane="frontstage" if one.frontstage else "backstage",
            origin="team",
            source_name=FROM_PROTOCOL,
            touchpoint_id=one.id,
        )
        for one in protocol.touchpoints
    ]


def beside(one: Proposal, known: Iterable[Span]) -> Proposal:
    """Return the proposal with the words that ``known`` lacks only."""
    there = set(known)
    return replace(one, spans=tuple((span, finder) for span, finder in one.spans if span not in there))

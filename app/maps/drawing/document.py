"""A map as one JSON document, to be kept or read by other programs: all notes, and what each rests on."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, Field

from app.curves.presentation import CurveOut
from app.curves.presentation import present as present_curve
from app.maps.board.looks import Board, BoardNote, BoardStage, Gap
from app.maps.board.words import mismatch_words, missing_words
from app.maps.drawing.leaving import Leaving
from app.maps.ecosystem.looks import StageSupport, Support


class QuoteDocument(BaseModel):
    """Words that a note rests on; ``start`` and ``end`` are code points of the statement."""

    statement: UUID
    start: int
    end: int
    words: str
    sentiment: float
    found_by: str


class NoteDocument(BaseModel):
    """One note. ``quotes`` hold the words of people who agreed to be quoted; ``quote_count`` counts all."""

    id: UUID
    text: str = Field(description="The team's own words; empty: the note is its first quote.")
    origin: Literal["team", "code", "model"]
    source: str = Field(description="Version of the model, or the code, that proposed it.")
    party: str | None
    touchpoint: UUID | None
    people: int | None
    observers: int | None
    quote_count: int | None
    quotes: list[QuoteDocument]


class GapDocument(BaseModel):
    """Expected − delivered on the axis −1..1; the interval is the curve's."""

    expected: float
    delivered: float | None
    gap: float | None
    lower: float | None
    upper: float | None
    clear: bool


class SupportDocument(BaseModel):
    """What is logged as given to each person in the stage; ``mismatch`` with its words where it fails them."""

    contacts: float
    generic: float | None
    mismatch: Literal["nothing", "only_generic", "least"] | None
    words: str


class TargetDocument(BaseModel):
    """What a to-be map aims at."""

    sentiment: float | None
    effort: float | None
    words: str


class StageDocument(BaseModel):
    """One column: notes by lane, gap, support, target, effort reported (1 to 7), and dimensions without evidence."""

    key: str
    name: str
    cells: dict[str, list[NoteDocument]]
    gap: GapDocument | None
    support: SupportDocument | None
    target: TargetDocument | None
    effort: float | None
    missing: list[Literal["did", "felt", "cared"]]


class MapDocument(BaseModel):
    """A map under its curve. ``id`` null: a proposal that nobody has kept yet."""

    format: Literal["xinlu-map-1"] = "xinlu-map-1"
    study: str
    id: UUID | None
    title: str
    kind: Literal["as_is", "to_be"]
    wave: str | None
    segment: str | None
    revision: int | None
    version: int | None
    made_at: datetime
    curve: CurveOut
    missing: str
    stages: list[StageDocument]


def map_document(board: Board, support: Support, whose: Leaving, now: datetime) -> MapDocument:
    """Return the whole map, with the words that may leave the team."""
    facts = board.map
    return MapDocument(
        study=board.protocol.study.slug,
        id=facts.id if facts else None,
        title=facts.title if facts else "",
        kind=facts.kind if facts else "as_is",
        wave=facts.wave if facts else None,
        segment=facts.segment if facts else None,
        revision=facts.revision if facts else None,
        version=board.number,
        made_at=now,
        curve=present_curve(board.curve),
        missing=missing_words(board),
        stages=[_stage(one, support.at(one.stage.key), whose) for one in board.stages],
    )


def _stage(one: BoardStage, support: StageSupport | None, whose: Leaving) -> StageDocument:
    aim = one.target
    return StageDocument(
        key=one.stage.key,
        name=one.stage.name,
        cells={lane: [_note(note, whose) for note in notes] for lane, notes in one.cells.items()},
        gap=_gap(one.gap) if one.gap else None,
        support=SupportDocument(
            contacts=support.contacts, generic=support.generic, mismatch=support.mismatch, words=mismatch_words(support)
        )
        if support
        else None,
        target=TargetDocument(sentiment=aim.sentiment, effort=aim.effort, words=aim.words) if aim else None,
        effort=one.effort.mean,
        missing=list(one.missing),
    )


def _gap(gap: Gap) -> GapDocument:
    return GapDocument(
        expected=gap.expected,
        delivered=gap.delivered,
        gap=gap.gap,
        lower=gap.gap_lower,
        upper=gap.gap_upper,
        clear=gap.clear,
    )


def _note(note: BoardNote, whose: Leaving) -> NoteDocument:
    return NoteDocument(
        id=note.id,
        text=note.shown if note.own else "",
        origin=note.origin,
        source=note.source_name,
        party=note.party,
        touchpoint=note.touchpoint_id,
        people=note.people,
        observers=note.observers,
        quote_count=note.quote_count,
        quotes=[
            QuoteDocument(
                statement=one.said.id,
                start=one.start,
                end=one.end,
                words=one.words,
                sentiment=one.said.sentiment,
                found_by=one.found_by,
            )
            for one in whose.quotes(note.quotes)
        ],
    )

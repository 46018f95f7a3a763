"""Maps as programs receive them."""

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, Field

from app.curves.presentation import PointOut
from app.curves.presentation import present as present_curve
from app.maps.board.looks import Board, BoardNote, BoardStage, Effort, Gap, MapFacts, Missing, Target
from app.maps.board.versions import VersionFacts
from app.maps.quotations import Quoted
from app.studies.protocol import StudyProtocol


class MapOut(BaseModel):
    """A map by itself; its ``revision`` is what If-Match takes."""

    id: UUID
    title: str
    kind: str
    as_is: UUID | None
    wave: str | None
    segment: str | None
    revision: int
    created_at: datetime
    retired_at: datetime | None


class QuoteOut(BaseModel):
    """Words that a note rests on: the statement's ``text`` with the span ``start`` to ``end`` in code points."""

    statement: UUID
    participant: str
    observed: bool
    text: str
    start: int
    end: int
    found_by: str
    day: int | None
    occurred_at: datetime
    sentiment: float


class NoteOut(BaseModel):
    """One note. ``shown`` is what the cell says: ``text`` of the team, or (``own`` false) a person's words.

    ``people``, ``observers`` and ``quotes_standing`` count what it rests on, null where that is not told; ``quotes`` are those
    that the caller may read. ``version`` is what If-Match takes.
    """

    id: UUID
    lane: str
    position: int
    text: str
    shown: str
    own: bool
    people: int | None
    observers: int | None
    quotes_standing: int | None
    quotes: list[QuoteOut]
    origin: str
    source: str
    party: str | None
    touchpoint: str | None
    version: int
    updated_at: datetime | None


class GapOut(BaseModel):
    """Expected and delivered on −1..1, delivered with its interval; ``gap`` = expected − delivered with its own."""

    axis: str
    key: str
    label: str
    expected: float
    basis: str
    version: int
    delivered: float | None
    lower: float | None
    upper: float | None
    gap: float | None
    gap_lower: float | None
    gap_upper: float | None
    enough: bool
    clear: bool


class TargetOut(BaseModel):
    """What a to-be map aims at in a stage."""

    sentiment: float | None
    effort: float | None
    words: str
    version: int


class EffortOut(BaseModel):
    """Mean reported effort, 1 to 7, with its interval; null where unknown or not told."""

    mean: float | None
    lower: float | None
    upper: float | None
    entries: int | None
    people: int | None


class StageOut(BaseModel):
    """One column of a map."""

    key: str
    name: str
    point: PointOut
    lanes: dict[str, list[NoteOut]]
    gap: GapOut | None
    touchpoint_gaps: list[GapOut]
    target: TargetOut | None
    effort: EffortOut
    missing: list[str]


class MissingOut(BaseModel):
    """A dimension (did, felt, cared) without evidence in these ``stages``; ``everywhere``: in all."""

    dimension: str
    stages: list[str]
    everywhere: bool


class BoardOut(BaseModel):
    """A map with its curve, stages in their order. ``map`` null: a live proposal, to be stored under ``live_id``."""

    study: str
    map: MapOut | None
    live_id: UUID | None
    pair: MapOut | None
    number: int | None = Field(description="The kept version that this is; null: the map as it stands.")
    incomplete: bool
    missing: list[MissingOut]
    valley: list[str]
    peak: list[str]
    level: float
    model_version: str
    stages: list[StageOut]


class VersionOut(BaseModel):
    """A kept version; ``label`` "—": kept by itself before an earlier one was put back."""

    number: int
    label: str
    created_at: datetime
    revision: int
    notes: int


def present(board: Board) -> BoardOut:
    """Return a map as it is served."""
    points = {one.key: one for one in present_curve(board.curve).points}
    return BoardOut(
        study=board.protocol.study.slug,
        map=map_out(board.map) if board.map else None,
        live_id=board.live_id,
        pair=map_out(board.pair) if board.pair else None,
        number=board.number,
        incomplete=board.incomplete,
        missing=[_missing(one) for one in board.missing],
        valley=list(board.curve.valley),
        peak=list(board.curve.peak),
        level=board.curve.level,
        model_version=board.curve.model_version,
        stages=[_stage(one, points[one.stage.key], board.protocol) for one in board.stages],
    )


def map_out(one: MapFacts) -> MapOut:
    """Return a map by itself as it is served."""
    return MapOut(as_is=one.as_is_id, **fields_of(MapOut, one, "as_is"))


def gap_out(one: Gap) -> GapOut:
    """Return an expectation with what is delivered as it is served."""
    return GapOut(**fields_of(GapOut, one))


def version_out(one: VersionFacts) -> VersionOut:
    """Return a kept version as it is served."""
    return VersionOut(**fields_of(VersionOut, one))


def target_out(one: Target) -> TargetOut:
    """Return a target as it is served."""
    return TargetOut(**fields_of(TargetOut, one))


def fields_of(shape: type[BaseModel], one: object, *without: str) -> dict[str, Any]:
    """Return what ``shape`` names of an object, but for ``without``."""
    return {name: getattr(one, name) for name in shape.model_fields if name not in without}


def _missing(one: Missing) -> MissingOut:
    stages = [stage.key for stage in one.stages]
    return MissingOut(dimension=one.dimension, stages=stages, everywhere=one.everywhere)


def _stage(one: BoardStage, point: PointOut, protocol: StudyProtocol) -> StageOut:
    return StageOut(
        key=one.stage.key,
        name=one.stage.name,
        point=point,
        lanes={lane: [_note(note, protocol) for note in notes] for lane, notes in one.cells.items()},
        gap=gap_out(one.gap) if one.gap else None,
        touchpoint_gaps=[gap_out(each) for each in one.touchpoint_gaps],
        target=target_out(one.target) if one.target else None,
        effort=effort_out(one.effort),
        missing=list(one.missing),
    )


def _note(one: BoardNote, protocol: StudyProtocol) -> NoteOut:
    touchpoint = protocol.touchpoint_of(one.touchpoint_id)
    return NoteOut(
        quotes=[_quote(each) for each in one.quotes],
        quotes_standing=one.quote_count,
        source=one.source_name,
        touchpoint=touchpoint.key if touchpoint else None,
        **fields_of(NoteOut, one, "quotes", "quotes_standing", "source", "touchpoint"),
    )


def _quote(one: Quoted) -> QuoteOut:
    return QuoteOut(
        statement=one.said.id,
        participant=one.said.participant,
        observed=one.observed,
        text=one.said.text,
        start=one.start,
        end=one.end,
        found_by=one.found_by,
        day=one.said.day,
        occurred_at=one.said.occurred_at,
        sentiment=one.said.sentiment,
    )


def effort_out(one: Effort) -> EffortOut:
    """Return effort as it is served."""
    return EffortOut(**fields_of(EffortOut, one))

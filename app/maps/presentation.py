"""Scenes as programs receive them."""

from collections.abc import Sequence
from uuid import UUID

from pydantic import BaseModel

from app.maps.service import EffortAt, StageScenes, StudyScenes
from app.studies.protocol import StudyProtocol
from nlp.scenes import SPECIFIC_FROM, Quote, Scene, TouchpointProposal


class QuotedOut(BaseModel):
    """A statement behind a phrase; ``start`` and ``end`` are code points of ``text``."""

    id: str
    participant: str
    text: str
    start: int
    end: int
    day: int | None
    occurred_at: str
    sentiment: float


class SceneOut(BaseModel):
    """A scene in one person's words; ``sentiment`` is the mean score of its statements, ``quotes`` the first of them."""

    phrase: str
    specificity: float
    specific: bool
    unexpected: bool
    people: int
    statements: int
    sentiment: float
    quotes: list[QuotedOut]


class TouchpointOut(BaseModel):
    """A psychological touchpoint that people's words propose. ``name`` is Chinese and stable."""

    name: str
    good: bool
    people: int
    statements: int
    sentiment: float
    quotes: list[QuotedOut]


class EffortOut(BaseModel):
    """Mean effort, 1 (none) to 7 (very much): ``told`` in texts, ``reported`` in the form. ``touchpoint`` null: none named."""

    touchpoint: str | None
    told: float | None
    told_statements: int
    reported: float | None
    reported_entries: int


class StageOut(BaseModel):
    """The scenes of one stage; each list with what most people told first."""

    key: str
    name: str
    people: int
    statements: int
    pain_points: list[SceneOut]
    delights: list[SceneOut]
    needs: list[SceneOut]
    touchpoints: list[TouchpointOut]
    effort: list[EffortOut]


class ScenesOut(BaseModel):
    """A study's scenes, stages in their order. Fewer ``statements_read`` than ``statements_total``: the newest were read."""

    study: str
    model_version: str
    specific_from: float
    statements_read: int
    statements_total: int
    stages: list[StageOut]


def present(found: StudyScenes, protocol: StudyProtocol, *, most: int, most_quotes: int) -> ScenesOut:
    """Return ``found`` as it is served: up to ``most`` of a kind and stage, each with up to ``most_quotes`` quotes."""
    return ScenesOut(
        study=protocol.study.slug,
        model_version=protocol.study.coder_version,
        specific_from=SPECIFIC_FROM,
        statements_read=found.read,
        statements_total=found.total,
        stages=[_stage(one, found, protocol, most, most_quotes) for one in found.stages],
    )


def _stage(one: StageScenes, found: StudyScenes, protocol: StudyProtocol, most: int, most_quotes: int) -> StageOut:
    def scenes(those: Sequence[Scene]) -> list[SceneOut]:
        return [_scene(scene, found, most_quotes) for scene in those[:most]]

    return StageOut(
        key=one.stage.key,
        name=one.stage.name,
        people=one.people,
        statements=one.statements,
        pain_points=scenes(one.pain_points),
        delights=scenes(one.delights),
        needs=scenes(one.needs),
        touchpoints=[_touchpoint(each, found, most_quotes) for each in one.touchpoints],
        effort=[
            _effort(each, {touchpoint.id: touchpoint.key for touchpoint in protocol.touchpoints})
            for each in one.efforts
        ],
    )


def _scene(scene: Scene, found: StudyScenes, most_quotes: int) -> SceneOut:
    return SceneOut(
        phrase=scene.phrase,
        specificity=scene.specificity,
        specific=scene.specific,
        unexpected=scene.unexpected,
        people=scene.people,
        statements=scene.statements,
        sentiment=scene.sentiment,
        quotes=[_quoted(quote, found) for quote in scene.quotes[:most_quotes]],
    )


def _touchpoint(one: TouchpointProposal, found: StudyScenes, most_quotes: int) -> TouchpointOut:
    return TouchpointOut(
        name=one.name,
        good=one.good,
        people=one.people,
        statements=one.statements,
        sentiment=one.sentiment,
        quotes=[_quoted(quote, found) for quote in one.quotes[:most_quotes]],
    )


def _quoted(quote: Quote, found: StudyScenes) -> QuotedOut:
    said = found.quoted[quote.statement]
    return QuotedOut(
        id=quote.statement,
        participant=said.participant,
        text=said.text,
        start=quote.start,
        end=quote.end,
        day=said.day,
        occurred_at=said.occurred_at.isoformat(),
        sentiment=said.sentiment,
    )


def _effort(one: EffortAt, keys: dict[UUID, str]) -> EffortOut:
    return EffortOut(
        touchpoint=keys.get(one.touchpoint_id) if one.touchpoint_id else None,
        told=one.told,
        told_statements=one.told_statements,
        reported=one.reported,
        reported_entries=one.reported_entries,
    )


def whose(found: StudyScenes, answer: ScenesOut) -> list[tuple[UUID, UUID]]:
    """Return of each quote in ``answer`` whose it is and which entry it stands in, for the log of readings."""
    quotes: list[QuotedOut] = []
    for stage in answer.stages:
        for scene in (*stage.pain_points, *stage.delights, *stage.needs):
            quotes += scene.quotes
        for touchpoint in stage.touchpoints:
            quotes += touchpoint.quotes
    said = (found.quoted[quote.id] for quote in quotes)
    return [(one.participant_id, one.source_id) for one in said]

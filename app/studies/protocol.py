"""The protocol of a study as the hot paths read it: parsed once, then looked up."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from typing import Any
from uuid import UUID

from app.studies.care_rules import CareRules
from app.studies.schemas import PurposeIn, Question


@dataclass(frozen=True, slots=True)
class StudyFacts:
    """What rarely changes of a study itself."""

    id: UUID
    slug: str
    title: str
    anchor_label: str
    time_zone: str
    language: str
    contact: str
    coder: str
    coder_version: str
    retention_until: date
    closed_at: datetime | None
    edit_hours: int
    reply_hours: int
    care: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class StageFacts:
    """A stage in its place."""

    id: UUID
    key: str
    name: str
    position: int
    day_from: int | None
    day_to: int | None


@dataclass(frozen=True, slots=True)
class TouchpointFacts:
    """A touchpoint of a stage."""

    id: UUID
    stage_id: UUID
    key: str
    name: str
    kind: str
    frontstage: bool


@dataclass(frozen=True, slots=True)
class WaveFacts:
    """A round of the study."""

    id: UUID
    key: str
    name: str


@dataclass(frozen=True, slots=True)
class FormFacts:
    """One published version of the diary form, its questions by key in their order."""

    form_id: UUID
    version: int
    questions: Mapping[str, Question]


@dataclass(frozen=True, slots=True)
class ConsentFacts:
    """The consent text in force."""

    version: int
    introduction: str
    purposes: tuple[PurposeIn, ...]
    text_hash: str
    published_at: datetime


@dataclass(frozen=True)
class StudyProtocol:
    """A study's protocol at one revision."""

    study: StudyFacts
    revision: int
    stages: tuple[StageFacts, ...]
    touchpoints: tuple[TouchpointFacts, ...]
    waves: tuple[WaveFacts, ...]
    forms: Mapping[int, FormFacts]
    consent: ConsentFacts
    required_purposes: frozenset[str]

    @cached_property
    def care_rules(self) -> CareRules:
        """When care staff are told of a person."""
        return CareRules.of(self.study.care)

    def stage(self, key: str) -> StageFacts | None:
        """Return the stage ``key``."""
        return self._stages_by_key.get(key)

    def stage_of(self, stage_id: UUID) -> StageFacts:
        """Return the stage with this id; StopIteration when it is another study's."""
        return next(stage for stage in self.stages if stage.id == stage_id)

    def touchpoint(self, stage_id: UUID, key: str) -> TouchpointFacts | None:
        """Return the touchpoint ``key`` of a stage."""
        return self._touchpoints_by_key.get((stage_id, key))

    def touchpoint_of(self, touchpoint_id: UUID | None) -> TouchpointFacts | None:
        """Return the touchpoint with this id."""
        return next((one for one in self.touchpoints if one.id == touchpoint_id), None)

    def touchpoints_of(self, stage_id: UUID) -> tuple[TouchpointFacts, ...]:
        """Return the touchpoints of a stage, in order."""
        return tuple(one for one in self.touchpoints if one.stage_id == stage_id)

    def wave(self, key: str) -> WaveFacts | None:
        """Return the wave ``key``."""
        return next((wave for wave in self.waves if wave.key == key), None)

    @cached_property
    def _stages_by_key(self) -> Mapping[str, StageFacts]:
        return {stage.key: stage for stage in self.stages}

    @cached_property
    def _touchpoints_by_key(self) -> Mapping[tuple[UUID, str], TouchpointFacts]:
        return {(one.stage_id, one.key): one for one in self.touchpoints}

    @property
    def current_form(self) -> FormFacts:
        """The latest published version of the diary form."""
        return self.forms[max(self.forms)]

    def form(self, version: int | None) -> FormFacts | None:
        """Return a published version of the diary form; None asks for the latest."""
        return self.current_form if version is None else self.forms.get(version)

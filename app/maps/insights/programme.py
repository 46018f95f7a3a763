"""The programme: six steps from a vision to keeping on (M29), the five of making a map (M16), and where a study stands.

Nobody ticks a step off: each is read from what the study holds. Rules only; ``standing`` gathers what they read.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

Standing = Literal["done", "begun", "open"]
SIX: Final = ("vision", "pains", "redesign", "quick", "frontline", "keep_on")
FIVE: Final = ("aim", "role", "gathering", "mapping", "improving")
ELEMENTS: Final = ("stages", "contacts", "emotion", "needs", "improvements")


@dataclass(frozen=True, slots=True)
class Held:
    """What a study holds, counted."""

    vision: bool = False
    stages: int = 0
    touchpoints: int = 0
    stages_enough: int = 0
    people: int = 0
    statements: int = 0
    interviews: int = 0
    personas: int = 0
    as_is_maps: int = 0
    map_notes: int = 0
    pain_notes: int = 0
    insights: int = 0
    to_be_maps: int = 0
    targets: int = 0
    improvements: int = 0
    owned_and_dated: int = 0
    moving: int = 0
    done: int = 0
    frontline: int = 0
    care_members: int = 0
    results: int = 0
    measured: int = 0


@dataclass(frozen=True, slots=True)
class Ground:
    """One thing that a step rests on: whether it is there, its count, and under which of the study's addresses it stands."""

    key: str
    met: bool
    count: int
    address: str


@dataclass(frozen=True, slots=True)
class ProgrammeStep:
    """One step: done when all its grounds are there, begun when one is."""

    key: str
    grounds: tuple[Ground, ...]
    note: str = ""

    @property
    def standing(self) -> Standing:
        """How far the step is."""
        met = [one.met for one in self.grounds]
        return "done" if all(met) else "begun" if any(met) else "open"


def six_steps(held: Held, notes: Mapping[str, str]) -> tuple[ProgrammeStep, ...]:
    """Return 愿景 痛点 重塑 快速迭代 授权一线 持续改进, with what the team says of each."""
    grounds: Mapping[str, Sequence[Ground]] = {
        "vision": [_ground("vision", int(held.vision), "programme#vision-form")],
        "pains": [_ground("curve", held.stages_enough, ""), _ground("insights", held.insights, "insights")],
        "redesign": [_ground("to_be", held.to_be_maps, "map"), _ground("targets", held.targets, "map")],
        "quick": [_ground("moving", held.moving + held.done, "roadmap"), _ground("done", held.done, "roadmap")],
        "frontline": [
            _ground("owned", held.owned_and_dated, "roadmap"),
            _ground("frontline", held.frontline, "roadmap"),
            _ground("care", held.care_members, "settings/members"),
        ],
        "keep_on": [_ground("results", held.results, "results"), _ground("measured", held.measured, "insights")],
    }
    return tuple(ProgrammeStep(key, tuple(grounds[key]), notes.get(key, "")) for key in SIX)


def five_steps(held: Held) -> tuple[ProgrammeStep, ...]:
    """Return 目标 角色 数据 绘图 改进: the way from a new study to its first improvement."""
    grounds: Mapping[str, Sequence[Ground]] = {
        "aim": [_ground("vision", int(held.vision), "programme#vision-form")],
        "role": [_ground("personas", held.personas, "groups")],
        "gathering": [_ground("people", held.people, "participants"), _ground("statements", held.statements, "")],
        "mapping": [_ground("map", held.as_is_maps, "map"), _ground("notes", held.map_notes, "map")],
        "improving": [_ground("owned", held.owned_and_dated, "roadmap")],
    }
    return tuple(ProgrammeStep(key, tuple(grounds[key])) for key in FIVE)


def elements(held: Held) -> tuple[Ground, ...]:
    """Return 阶段 接触点 情感 痛点和需求 改进措施: the five elements of a map, and whether each is there."""
    return (
        _ground("stages", held.stages, "settings/journey"),
        _ground("contacts", held.touchpoints, "touchpoints"),
        _ground("emotion", held.stages_enough, ""),
        _ground("needs", held.pain_notes, "scenes"),
        _ground("improvements", held.improvements, "roadmap"),
    )


def at(steps: Sequence[ProgrammeStep]) -> ProgrammeStep | None:
    """Return the first step that is not done; None when all are."""
    return next((one for one in steps if one.standing != "done"), None)


def _ground(key: str, count: int, address: str) -> Ground:
    return Ground(key, count > 0, count, address)

"""How many insights got how far, beside how far companies are said to get. Numbers only."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from app.maps.insights.models import STATES

BENCHMARK: Final[Mapping[str, float]] = MappingProxyType(
    {"collected": 0.95, "shared": 0.50, "used": 0.30, "improved": 0.10, "measured": 0.05}
)
"""A figure that practitioners quote (M17): the share of companies that get that far. It is not ours, and not of insights."""


@dataclass(frozen=True, slots=True)
class FunnelStep:
    """``reached`` insights are in this state or beyond, ``here`` of them in it; ``share`` is of all, None of none."""

    state: str
    here: int
    reached: int
    share: float | None
    benchmark: float


def funnel(states: Iterable[str]) -> tuple[FunnelStep, ...]:
    """Return the five steps for insights that are in these states. Who was brought back counts where they are now."""
    places = [STATES.index(state) for state in states]
    steps = []
    for place, state in enumerate(STATES):
        reached = sum(one >= place for one in places)
        share = reached / len(places) if places else None
        steps.append(FunnelStep(state, places.count(place), reached, share, BENCHMARK[state]))
    return tuple(steps)

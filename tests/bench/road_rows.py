"""How often the curve holds what it says on roads where that is hard, for every number of people; and on flat ones."""

from collections.abc import Iterator

from tests.bench.table import Row
from tests.support.hard_roads import FLAT, ROADS, shares

PARTICIPANTS = (24, 40, 80)


def rows(*, repetitions: int) -> Iterator[Row]:
    """Yield of each road and number of people the coverage of its intervals, and how often a flat one is misread."""
    for participants in PARTICIPANTS:
        for road in ROADS:
            found = shares(road, participants, repetitions=repetitions)
            flat = shares(road, participants, repetitions=repetitions, means=FLAT)
            who = f"{participants} people, {road}"
            yield Row(
                f"95 % intervals, {who}",
                found.interval,
                ">= 0.93",
                f"band {found.band:.3f}, true valley in the set {found.valley:.3f} of {found.candidates:.1f} stages, "
                f"another named alone {found.wrong:.3f}",
            )
            yield Row(
                f"flat road, a stage excluded, {who}",
                flat.wrong,
                "<= 0.05",
                f"intervals {flat.interval:.3f}, band {flat.band:.3f}; {repetitions} runs",
            )

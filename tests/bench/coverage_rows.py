"""How often the curve's intervals and its set of valleys hold the truth, simulated for every size and design."""

from collections.abc import Iterator

from app.coding.probabilities import Design
from tests.bench.table import Row
from tests.support.coded_diaries import BIAS, coverage

PARTICIPANTS = (24, 40, 80)
DESIGNS: tuple[Design, ...] = ("uniform", "stage", "active")


def rows(*, repetitions: int) -> Iterator[Row]:
    """Yield of each size and design the coverage of intervals and of the valley set; the model's own beside them."""
    for participants in PARTICIPANTS:
        for design in DESIGNS:
            found = coverage(participants, design, repetitions=repetitions)
            who = f"{participants} people, {design}"
            yield Row(
                f"95 % intervals of the corrected curve, {who}",
                found.interval,
                ">= 0.93",
                f"model only {found.model:.2f}, {found.biased:.2f} where it is off by {BIAS}; "
                f"band {found.band:.2f}, difference {found.difference:.2f}, {found.drawn:.0%} drawn",
            )
            yield Row(
                f"valley set holds the true valley, {who}",
                found.valley,
                ">= 0.95",
                f"{found.candidates:.1f} of 7 stages; model only {found.model_valley:.2f}; {repetitions} runs",
            )

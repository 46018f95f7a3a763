"""What a map lacks: what people did, what they felt, and what they truly care about; without one of them it is distorted.

What counts is evidence: words of people that stand. What the team only wrote down itself proves none of the three.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from app.maps.board.looks import DIMENSIONS, BoardStage, Dimension, Missing

LANES_OF: Final[Mapping[Dimension, tuple[str, ...]]] = {
    "did": ("action",),
    "felt": ("pain", "delight"),
    "cared": ("thought",),
}


def lacking(rested_on: Mapping[str, int], *, measured: bool) -> tuple[Dimension, ...]:
    """Return which dimensions of one stage lack evidence.

    ``rested_on`` counts people's words by lane; a ``measured`` point of the curve says what people felt as well.
    """
    return tuple(
        dimension
        for dimension in DIMENSIONS
        if not any(rested_on.get(lane) for lane in LANES_OF[dimension]) and not (dimension == "felt" and measured)
    )


def missing(stages: Sequence[BoardStage]) -> tuple[Missing, ...]:
    """Return what lacks evidence over the whole map, and where."""
    found = []
    for dimension in DIMENSIONS:
        where = tuple(one.stage for one in stages if dimension in one.missing)
        if where:
            found.append(Missing(dimension, where, len(where) == len(stages)))
    return tuple(found)

"""Segments side by side: how many they are, where each suffers, and how far each lies from the others, with intervals."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

import numpy as np
from sqlalchemy.orm import Session

from app.curves.difference import DifferenceEstimate, estimate_difference
from app.curves.matrices import CellMatrices
from app.maps.ecosystem.grounds import Ground
from app.maps.groups import footing, queries
from app.maps.groups.footing import Place, Road, Rows

MOST_VALUES = 8
"""An attribute with more values than this, such as a name, makes no segments."""


@dataclass(frozen=True, slots=True)
class Segment:
    """People with one value of an attribute: their curve, and how far it lies above that of the attribute's others.

    ``people`` counts those who take part, ``wrote`` those who said something; None where too few to tell.
    """

    attribute: str
    value: str
    people: int | None
    wrote: int | None
    entries: int | None
    road: Road
    whole: Place
    differences: tuple[Place, ...]

    @property
    def key(self) -> str:
        """The segment as it is asked for: attribute:value."""
        return f"{self.attribute}:{self.value}"

    @property
    def apart(self) -> Sequence[Place]:
        """Places where it differs from the others although all places are looked at together, the largest first."""
        clear = [one for one in self.differences if one.enough and one.lower is not None and not _holds(one)]
        return sorted(clear, key=lambda one: -abs(one.estimate or 0.0))


@dataclass(frozen=True, slots=True)
class Attribute:
    """An attribute and its segments, in the order of their values."""

    name: str
    segments: tuple[Segment, ...]


@dataclass(frozen=True, slots=True)
class Segments:
    """All segments of a study, and the curve of everybody."""

    ground: Ground
    attributes: tuple[Attribute, ...]


def look(session: Session, matrices: CellMatrices, study_id: UUID, *, anonymous: bool) -> Segments:
    """Return the segments of the study. ``anonymous`` keeps back every figure about fewer than 8 people."""
    ground = footing.stages(session, matrices, study_id, anonymous=anonymous)
    given = queries.attributes(session, study_id)
    names = sorted({name for one in given.values() for name in one})
    found = (_attribute(ground, name, given, anonymous=anonymous) for name in names)
    return Segments(ground, tuple(one for one in found if one is not None))


def values_of(given: Mapping[UUID, Mapping[str, object]], name: str) -> Mapping[str, set[UUID]]:
    """Return by value of the attribute ``name`` who has it."""
    found: dict[str, set[UUID]] = {}
    for person, attributes in given.items():
        if name in attributes:
            found.setdefault(str(attributes[name]), set()).add(person)
    return found


def _attribute(
    ground: Ground, name: str, given: Mapping[UUID, Mapping[str, object]], *, anonymous: bool
) -> Attribute | None:
    values = values_of(given, name)
    if not 1 < len(values) <= MOST_VALUES:
        return None
    everybody = set().union(*values.values())
    segments = [
        _segment(ground, (name, value), members, everybody - members, anonymous=anonymous)
        for value, members in sorted(values.items())
    ]
    return Attribute(name, tuple(segments))


def _segment(
    ground: Ground, named: tuple[str, str], members: set[UUID], others: set[UUID], *, anonymous: bool
) -> Segment:
    rows, beside = footing.rows_of(ground, members), footing.rows_of(ground, others)
    wrote = ground.text.n.sum(axis=1) > 0
    hidden = anonymous and footing.few_apart(wrote & rows, wrote)
    small = anonymous and (len(members) < footing.K_ANONYMOUS or 0 < len(others) < footing.K_ANONYMOUS)
    return Segment(
        attribute=named[0],
        value=named[1],
        people=None if small else len(members),
        wrote=None if hidden else int((wrote & rows).sum()),
        entries=None if hidden else int(ground.text.entries[rows].sum()),
        road=footing.road(ground, rows, anonymous=anonymous),
        whole=footing.whole(ground, rows, anonymous=anonymous),
        differences=_differences(ground, rows, beside, anonymous=anonymous),
    )


def _differences(ground: Ground, rows: Rows, beside: Rows, *, anonymous: bool) -> tuple[Place, ...]:
    score = footing.score_of(ground)
    found = estimate_difference(
        footing.side(ground.text, beside), footing.side(ground.text, rows), scores=(score, score)
    )
    hidden = np.zeros(len(ground.curve.points), dtype=bool)
    if anonymous:
        hidden = footing.hidden_places(ground, rows) | footing.hidden_places(ground, beside)
    return tuple(
        _difference(found, at, point.key, point.label, hidden=bool(hidden[at]))
        for at, point in enumerate(ground.curve.points)
    )


def _difference(found: DifferenceEstimate, at: int, key: str, label: str, *, hidden: bool) -> Place:
    """Return the difference at one place with the band that holds for all places at once."""
    value, lower, upper = (
        None if hidden or not np.isfinite(values[at]) else round(float(values[at]), 6)
        for values in (found.difference, found.band_lower, found.band_upper)
    )
    enough = bool(found.sufficient[at]) and not hidden
    return Place(key, label, value, lower, upper, None, None, enough=enough, suppressed=hidden)


def _holds(one: Place) -> bool:
    return one.lower is not None and one.upper is not None and one.lower <= 0 <= one.upper

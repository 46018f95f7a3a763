"""Effort by touchpoint and wave: as people chose it in the form and as their words tell it, and how it changed."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

import numpy as np
from sqlalchemy.orm import Session

from app.core.errors import NotFound
from app.curves.anonymity import too_few
from app.maps.ecosystem import queries
from app.maps.ecosystem.clustered import NOTHING, Figure, Means, clustered_means
from app.maps.ecosystem.queries import EffortSum
from app.studies import queries as studies
from app.studies.protocol import StageFacts, StudyProtocol, WaveFacts
from nlp.scenes import effort as effort_told

MOST_READ: Final = 4000
"""So many statements, the newest, are read for effort told in words."""


@dataclass(frozen=True, slots=True)
class EffortPair:
    """Mean effort, 1 (none) to 7 (very much): ``reported`` in the form, ``told`` in texts."""

    reported: Figure
    told: Figure


@dataclass(frozen=True, slots=True)
class EffortRow:
    """Effort at one touchpoint, or (``key`` "") wherever it was: over all waves, in each, and after minus before."""

    key: str
    label: str
    stage: StageFacts | None
    whole: EffortPair
    waves: tuple[EffortPair, ...]
    change: EffortPair | None

    @property
    def known(self) -> bool:
        """Whether anybody reported effort here or told of it, and it may be shown."""
        return self.whole.reported.value is not None or self.whole.told.value is not None

    @property
    def widely(self) -> bool:
        """Whether people enough did."""
        return self.whole.reported.enough or self.whole.told.enough


@dataclass(frozen=True, slots=True)
class Efforts:
    """The effort of a study. ``before`` and ``after`` are the waves compared, if it has two; ``read`` statements were read."""

    protocol: StudyProtocol
    waves: tuple[WaveFacts, ...]
    before: WaveFacts | None
    after: WaveFacts | None
    overall: EffortRow
    touchpoints: tuple[EffortRow, ...]
    read: int
    total: int


def efforts(
    session: Session,
    study_id: UUID,
    *,
    before: str | None = None,
    after: str | None = None,
    level: float = 0.95,
    anonymous: bool = False,
) -> Efforts:
    """Return effort by touchpoint and wave. Waves default to the first and the last; NotFound for one that is not the study's.

    ``anonymous`` keeps back figures about fewer than 8 people, and those that subtraction would tell of so few.
    """
    protocol = studies.protocol(session, study_id)
    reported = queries.reported_effort(session, study_id)
    told, read = _told(session, study_id)
    waves = protocol.waves
    first, last = _wave(protocol, before, 0), _wave(protocol, after, -1)
    pair = (waves.index(first), waves.index(last)) if first and last and first != last else None
    sides = [_side(protocol, sums, anonymous=anonymous) for sums in (reported, told)]
    rows = [_row(protocol, place, sides, pair, level) for place in range(len(protocol.touchpoints) + 1)]
    total = read if read < MOST_READ else queries.count_statements(session, study_id)
    first, last = (first, last) if pair else (None, None)
    return Efforts(protocol, waves, first, last, rows[-1], tuple(rows[:-1]), read, total)


@dataclass(frozen=True, slots=True)
class _Side:
    """Means of columns: of each place (the last: anywhere) over all waves, then in each; and which are kept back."""

    means: Means
    hidden: Sequence[bool]
    width: int

    def figure(self, place: int, wave: int, level: float) -> Figure:
        column = place * self.width + wave
        return NOTHING if self.hidden[column] else self.means.figure(column, level)

    def difference(self, place: int, waves: tuple[int, int], level: float) -> Figure:
        one, other = (place * self.width + 1 + wave for wave in waves)
        return NOTHING if self.hidden[one] or self.hidden[other] else self.means.difference(one, other, level)


def _side(protocol: StudyProtocol, sums: Sequence[EffortSum], *, anonymous: bool) -> _Side:
    places = {one.id: at for at, one in enumerate(protocol.touchpoints)}
    waves = {one.id: at for at, one in enumerate(protocol.waves)}
    people = {person: at for at, person in enumerate(sorted({one.participant_id for one in sums}))}
    anywhere, width = len(places), 1 + len(waves)
    totals = np.zeros((len(people), (anywhere + 1) * width))
    counts = np.zeros_like(totals)
    for one in sums:
        columns = [anywhere * width, *([places[one.touchpoint_id] * width] if one.touchpoint_id in places else [])]
        for column in columns:
            for at in (column, *([column + 1 + waves[one.wave_id]] if one.wave_id in waves else [])):
                totals[people[one.participant_id], at] += one.total
                counts[people[one.participant_id], at] += one.n
    everybody = np.repeat(counts[:, ::width], width, axis=1)
    hidden = too_few(counts, everybody).tolist() if anonymous else [False] * counts.shape[1]
    return _Side(clustered_means(totals, counts), hidden, width)


def _row(
    protocol: StudyProtocol, place: int, sides: Sequence[_Side], pair: tuple[int, int] | None, level: float
) -> EffortRow:
    touchpoint = protocol.touchpoints[place] if place < len(protocol.touchpoints) else None
    stage = protocol.stage_of(touchpoint.stage_id) if touchpoint else None
    return EffortRow(
        key=f"{stage.key}/{touchpoint.key}" if stage and touchpoint else "",
        label=touchpoint.name if touchpoint else "",
        stage=stage,
        whole=EffortPair(*(side.figure(place, 0, level) for side in sides)),
        waves=tuple(
            EffortPair(*(side.figure(place, 1 + wave, level) for side in sides)) for wave in range(len(protocol.waves))
        ),
        change=EffortPair(*(side.difference(place, pair, level) for side in sides)) if pair else None,
    )


def _wave(protocol: StudyProtocol, key: str | None, usual: int) -> WaveFacts | None:
    if key is not None:
        found = protocol.wave(key)
        if found is None:
            raise NotFound()
        return found
    return protocol.waves[usual] if protocol.waves else None


def _told(session: Session, study_id: UUID) -> tuple[Sequence[EffortSum], int]:
    """Return the effort that texts tell of, summed by person, touchpoint and wave; and how many texts were read."""
    sums: defaultdict[tuple[UUID, UUID | None, UUID | None], list[float]] = defaultdict(list)
    spoken = queries.spoken(session, study_id, MOST_READ)
    for person, touchpoint, wave, text in spoken:
        level = effort_told(text)
        if level is not None:
            sums[person, touchpoint, wave].append(level)
    return [EffortSum(*place, len(levels), sum(levels)) for place, levels in sums.items()], len(spoken)

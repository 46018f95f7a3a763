"""The scenes of a study by stage: read from its statements and the scores in force, kept while nothing changes."""

import hashlib
import threading
from collections import OrderedDict, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlalchemy.orm import Session

from app.curves import queries as curves
from app.maps import queries
from app.maps.queries import Reported, Said
from app.participants.sight import Sight
from app.studies import queries as studies
from app.studies.protocol import StageFacts, StudyProtocol
from nlp import load_coder
from nlp.scenes import Quote, Scene, Spoken, TouchpointProposal, effort, find_scenes, version

MOST_READ: Final = 4000
"""So many statements are read, the newest: a second or two, the first time after a change."""

MOST_KEPT: Final = 4
FORMAT: Final = 1


@dataclass(frozen=True, slots=True)
class EffortAt:
    """Effort (1 to 7) at one touchpoint of a stage, or where none was named: as texts tell it, and as people reported it."""

    touchpoint_id: UUID | None
    told: float | None
    told_statements: int
    reported: float | None
    reported_entries: int


@dataclass(frozen=True, slots=True)
class StageScenes:
    """What was found in one stage; each list with what most people told first."""

    stage: StageFacts
    statements: int
    people: int
    pain_points: tuple[Scene, ...]
    delights: tuple[Scene, ...]
    needs: tuple[Scene, ...]
    touchpoints: tuple[TouchpointProposal, ...]
    efforts: tuple[EffortAt, ...]

    @property
    def told(self) -> float | None:
        """The mean effort that the texts of the stage tell of."""
        return _mean([(one.told, one.told_statements) for one in self.efforts])

    @property
    def reported(self) -> float | None:
        """The mean effort that people reported in the stage."""
        return _mean([(one.reported, one.reported_entries) for one in self.efforts])


@dataclass(frozen=True, slots=True)
class StudyScenes:
    """The scenes of a study; ``read`` of ``total`` statements, and the quoted ones by id."""

    stages: tuple[StageScenes, ...]
    read: int
    total: int
    quoted: Mapping[str, Said]


@dataclass(frozen=True, slots=True)
class Look:
    """One look at a study's scenes: the state it is in, for whoever has this ``sight``."""

    protocol: StudyProtocol
    sight: Sight
    reported: tuple[Reported, ...]
    etag: str


class KeptScenes:
    """The scenes of a few studies as they were last read, in this process's memory only."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, tuple[UUID, int, StudyScenes]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, etag: str) -> StudyScenes | None:
        """Return what was read in the state that ``etag`` names."""
        with self._lock:
            if etag in self._kept:
                self._kept.move_to_end(etag)
            kept = self._kept.get(etag)
            return kept[2] if kept else None

    def keep(self, etag: str, scenes: StudyScenes, *, study_id: UUID, revision: int) -> None:
        """Keep what was read in that state; the one looked at longest ago goes.

        So does what the study was in another ``revision`` of its protocol: people who were erased stand in that.
        """
        with self._lock:
            for old in [old for old, kept in self._kept.items() if kept[0] == study_id and kept[1] != revision]:
                del self._kept[old]
            self._kept[etag] = (study_id, revision, scenes)
            while len(self._kept) > MOST_KEPT:
                self._kept.popitem(last=False)

    def forget(self, study_id: UUID) -> None:
        """Let go of what is kept of the study: somebody in it was erased."""
        with self._lock:
            for etag in [etag for etag, kept in self._kept.items() if kept[0] == study_id]:
                del self._kept[etag]


def look(session: Session, sight: Sight) -> Look:
    """Return the state of a study's scenes, cheap enough to answer 304 from.

    It changes with the statements and their scores, the protocol, whose words may be seen, reported effort, and the words
    and coder that scenes are read with.
    """
    protocol = studies.protocol(session, sight.study_id)
    reported = tuple(queries.reported_effort(session, sight.study_id))
    slots = curves.revisions(session, sight.study_id).by_slot
    people = queries.people_seen(session, sight) if sight.consents is not None else None
    basis = (FORMAT, sight.study_id, protocol.revision, slots, people, reported, version(), load_coder().version)
    return Look(protocol, sight, reported, hashlib.sha256(repr(basis).encode()).hexdigest()[:32])


def scenes(session: Session, kept: KeptScenes, seen: Look) -> StudyScenes:
    """Return the study's scenes in the state that ``seen`` saw, in the same session."""
    known = kept.get(seen.etag)
    if known is not None:
        return known
    statements = queries.said(session, seen.sight, MOST_READ)
    total = len(statements) if len(statements) < MOST_READ else queries.count_said(session, seen.sight)
    found = _by_stage(statements, seen)
    names = {quote.statement for one in found for each in _all(one) for quote in each.quotes}
    quoted = {str(one.id): one for one in statements if str(one.id) in names}
    read = StudyScenes(found, len(statements), total, quoted)
    kept.keep(seen.etag, read, study_id=seen.sight.study_id, revision=seen.protocol.revision)
    return read


def whose(found: StudyScenes, shown: Iterable[Iterable[Quote]]) -> list[tuple[UUID, UUID]]:
    """Return of each quote of ``shown`` lists whose it is and which entry it stands in, for the log of readings."""
    said = (found.quoted[quote.statement] for quotes in shown for quote in quotes)
    return [(one.participant_id, one.source_id) for one in said]


def _by_stage(statements: Sequence[Said], seen: Look) -> tuple[StageScenes, ...]:
    found = find_scenes([_spoken(one) for one in statements])
    by_stage: defaultdict[UUID, list[Said]] = defaultdict(list)
    for one in statements:
        by_stage[one.stage_id].append(one)
    return tuple(
        StageScenes(
            stage=stage,
            statements=len(by_stage[stage.id]),
            people=len({one.participant for one in by_stage[stage.id]}),
            pain_points=_of(found.pain_points, stage),
            delights=_of(found.delights, stage),
            needs=_of(found.needs, stage),
            touchpoints=tuple(one for one in found.touchpoints if one.stage == str(stage.id)),
            efforts=_efforts(by_stage[stage.id], [one for one in seen.reported if one.stage_id == stage.id]),
        )
        for stage in seen.protocol.stages
    )


def _spoken(one: Said) -> Spoken:
    return Spoken(str(one.id), one.participant, one.text, one.sentiment, str(one.stage_id))


def _of(found: Sequence[Scene], stage: StageFacts) -> tuple[Scene, ...]:
    return tuple(one for one in found if one.stage == str(stage.id))


def _all(one: StageScenes) -> tuple[Scene | TouchpointProposal, ...]:
    return (*one.pain_points, *one.delights, *one.needs, *one.touchpoints)


def _efforts(statements: Sequence[Said], reported: Sequence[Reported]) -> tuple[EffortAt, ...]:
    """Return effort by touchpoint, the hardest first; what named no touchpoint comes last."""
    told: defaultdict[UUID | None, list[float]] = defaultdict(list)
    for one in statements:
        level = effort(one.text)
        if level is not None:
            told[one.touchpoint_id].append(level)
    chosen = {one.touchpoint_id: one for one in reported}
    rows = [_effort_at(place, told[place], chosen.get(place)) for place in {*told, *chosen}]
    return tuple(
        sorted(
            rows, key=lambda row: (row.touchpoint_id is None, -(row.told or row.reported or 0), str(row.touchpoint_id))
        )
    )


def _mean(parts: Sequence[tuple[float | None, int]]) -> float | None:
    number = sum(count for _, count in parts)
    return round(sum((mean or 0.0) * count for mean, count in parts) / number, 2) if number else None


def _effort_at(place: UUID | None, told: Sequence[float], reported: Reported | None) -> EffortAt:
    return EffortAt(
        touchpoint_id=place,
        told=round(sum(told) / len(told), 2) if told else None,
        told_statements=len(told),
        reported=round(reported.total / reported.entries, 2) if reported else None,
        reported_entries=reported.entries if reported else 0,
    )

"""The self-check of a study: what the five rules read, gathered from the study's own objects."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

import numpy as np
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from app.curves import queries as curve_queries
from app.curves import service as curves
from app.curves.grid import DAY_BINS
from app.curves.matrices import CellMatrices
from app.curves.queries import Revisions
from app.curves.service import K_ANONYMOUS, Curve, CurveQuestion
from app.maps import service as maps
from app.maps.insights import evidence_queries as queries
from app.maps.insights.checking import (
    AFTER_DAYS,
    ENOUGH_PEOPLE,
    MOST,
    Check,
    Pain,
    Passage,
    Relation,
    StageCheck,
    StudyFactsForCheck,
    check_all,
)
from app.maps.quotations import Quoted, quotations_of
from app.maps.service import KeptScenes
from app.participants.sight import Sight, everyone
from app.studies import queries as studies
from app.studies.protocol import StudyProtocol
from nlp.scenes import Quote, Scene, specificity

TOLD_MOST: Final = 5
"""Where no map stands yet, so many pains of each stage are judged: those that most people told."""


@dataclass(frozen=True, slots=True)
class SelfCheck:
    """The five checks, what they read, and ``whose`` words (participant, entry) stand in them, for the log of readings."""

    checks: tuple[Check, ...]
    facts: StudyFactsForCheck
    protocol: StudyProtocol
    whose: tuple[tuple[UUID, UUID], ...]

    @property
    def score(self) -> int:
        """All points together."""
        return sum(check.score for check in self.checks)

    @property
    def whole(self) -> int:
        """How many points there are."""
        return MOST * len(self.checks)

    @property
    def failing(self) -> tuple[Check, ...]:
        """The checks that do not pass."""
        return tuple(check for check in self.checks if not check.passes)


@dataclass(frozen=True, slots=True)
class Looking:
    """Who looks at a self-check: with ``sight`` None nobody's words are shown; ``anonymous`` counts at least 8 people only."""

    sight: Sight | None
    anonymous: bool

    def people(self, number: int) -> int | None:
        """Return a number of people as it may be known."""
        return None if self.anonymous and number < K_ANONYMOUS else number


def self_check(
    session: Session, matrices: CellMatrices, kept: KeptScenes, study_id: UUID, looking: Looking
) -> SelfCheck:
    """Return the self-check of a study as ``looking`` may see it: who sees less is told less, and may count fewer points."""
    protocol = studies.protocol(session, study_id)
    revisions = curve_queries.revisions(session, study_id)
    question = CurveQuestion()
    curve = curves.curve(
        session, matrices, study_id, question, revisions=revisions,
        coder_version=protocol.study.coder_version, anonymous=looking.anonymous,
    )  # fmt: skip
    told = _told(session, matrices, study_id, question, revisions)
    late = _told(session, matrices, study_id, CurveQuestion(by="day"), revisions)
    pains, on_map, whose = _pains(session, kept, protocol, looking)
    facts = StudyFactsForCheck(
        stages=_stages(session, protocol, curve),
        corrected=curve.corrected,
        pains=pains,
        pains_on_map=on_map,
        passages=_passages(protocol, told, looking),
        relation=_relation(session, protocol, late, looking),
    )
    return SelfCheck(check_all(facts), facts, protocol, whose)


def _told(
    session: Session, matrices: CellMatrices, study_id: UUID, question: CurveQuestion, revisions: Revisions
) -> NDArray[np.bool_]:
    """Who told of which position, of shape (participants, positions)."""
    found = curves.basis(session, matrices, study_id, question, revisions=revisions, anonymous=False)
    told: NDArray[np.bool_] = found.sums.n > 0
    return told


def _stages(session: Session, protocol: StudyProtocol, curve: Curve) -> Sequence[StageCheck]:
    study_id = protocol.study.id
    map_id = queries.as_is_map(session, study_id)
    notes = queries.notes_of(session, study_id, map_id, "backstage") if map_id else ()
    behind = {note.stage_id for note in notes} | queries.supported_stages(session, study_id)
    behind |= {one.stage_id for one in protocol.touchpoints if not one.frontstage}
    checks = []
    for stage, point in zip(protocol.stages, curve.points, strict=True):
        kinds = frozenset(one.kind for one in protocol.touchpoints_of(stage.id))
        counted = (point.participants, point.statements)
        checks.append(StageCheck(stage.key, stage.name, kinds, stage.id in behind, *counted, point.enough))
    return checks


def _passages(protocol: StudyProtocol, told: NDArray[np.bool_], looking: Looking) -> Sequence[Passage]:
    found = []
    for place, (before, after) in enumerate(zip(protocol.stages, protocol.stages[1:], strict=False)):
        people = looking.people(int((told[:, place] & told[:, place + 1]).sum()))
        found.append(Passage(before.key, after.key, people, people is not None and people >= ENOUGH_PEOPLE))
    return found


def _relation(session: Session, protocol: StudyProtocol, told: NDArray[np.bool_], looking: Looking) -> Relation:
    study_id = protocol.study.id
    late = [place for place, one in enumerate(DAY_BINS) if one.first >= AFTER_DAYS]
    last = max(protocol.stages, key=lambda stage: stage.position, default=None)
    return Relation(
        late_people=looking.people(int(told[:, late].any(axis=1).sum())),
        event_people=looking.people(queries.event_people(session, study_id)),
        after_care=queries.after_care(session, study_id, last.id, AFTER_DAYS) if last else 0,
        phases_planned=queries.phases_planned(session, study_id),
    )


def _pains(
    session: Session, kept: KeptScenes, protocol: StudyProtocol, looking: Looking
) -> tuple[Sequence[Pain], bool, tuple[tuple[UUID, UUID], ...]]:
    """The pains on the map as it is; where there are none yet, those that most people told."""
    map_id = queries.as_is_map(session, protocol.study.id)
    if map_id is not None:
        found, whose = _noted(session, protocol, map_id, looking)
        if found:
            return found, True, whose
    found, whose = _scenes(session, kept, protocol, looking)
    return found, False, whose


def _noted(
    session: Session, protocol: StudyProtocol, map_id: UUID, looking: Looking
) -> tuple[list[Pain], tuple[tuple[UUID, UUID], ...]]:
    study_id = protocol.study.id
    notes = queries.notes_of(session, study_id, map_id, "pain")
    ids = [note.id for note in notes]
    everybody = quotations_of(session, everyone(study_id), "note", ids)
    seen = quotations_of(session, looking.sight, "note", ids) if looking.sight else {}
    pains, shown = [], []
    for note in sorted(notes, key=lambda one: (protocol.stage_of(one.stage_id).position, one.position)):
        quotes = everybody.get(note.id, ())
        if not note.text and not quotes:
            continue
        people = looking.people(len({one.said.participant_id for one in quotes}))
        if not note.text and people is None:
            continue
        mine: Sequence[Quoted] = () if note.text else seen.get(note.id, ())[:1]
        shown += [(one.said.participant_id, one.said.source_id) for one in mine]
        text = note.text or "".join(one.words for one in mine)
        score = specificity(note.text or quotes[0].words)
        pains.append(Pain(text, protocol.stage_of(note.stage_id).key, score, people, own=bool(note.text)))
    return pains, tuple(shown)


def _scenes(
    session: Session, kept: KeptScenes, protocol: StudyProtocol, looking: Looking
) -> tuple[list[Pain], tuple[tuple[UUID, UUID], ...]]:
    found = maps.scenes(session, kept, maps.look(session, looking.sight or everyone(protocol.study.id)))
    pains: list[Pain] = []
    shown: list[Scene] = []
    for stage in found.stages:
        for scene in sorted(stage.pain_points, key=lambda one: (-one.people, not one.specific))[:TOLD_MOST]:
            people = looking.people(scene.people)
            if people is not None:
                text = scene.phrase if looking.sight else ""
                pains.append(Pain(text, stage.stage.key, scene.specificity, people))
                shown += [scene] if looking.sight else []
    return pains, tuple(maps.whose(found, [_source(scene) for scene in shown]))


def _source(scene: Scene) -> Sequence[Quote]:
    """The quote that the phrase was taken from."""
    told = [quote for quote in scene.quotes if quote.text == scene.phrase]
    return told[:1] or scene.quotes[:1]

"""An as-is map beside its to-be map, stage by stage: the curve, the aim, the effort, and what happened to the notes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from sqlalchemy.orm import Session

from app.curves import queries as curve_queries
from app.curves.contrasts import CurveContrast, PointContrast, contrast
from app.curves.matrices import CellMatrices
from app.curves.service import CurvePoint, CurveQuestion
from app.maps import quotation_queries
from app.maps.board import queries, reading
from app.maps.board.differences import NoteDifference, State, differences
from app.maps.board.errors import NotPaired
from app.maps.board.looks import BoardNote, BoardStage, Effort, MapFacts, Target, Viewer
from app.maps.board.maps import descendant
from app.maps.board.models import ExperienceMap
from app.maps.board.reading import Seen, note_of
from app.maps.board.service import Columns, map_facts
from app.maps.board.targets import target_of
from app.maps.quotations import Span
from app.studies import queries as studies
from app.studies.protocol import StageFacts, StudyProtocol

NO_NOTES = Seen((), {})


@dataclass(frozen=True, slots=True)
class Aim:
    """How far a target lies from what is measured: ``wanted`` = target − measured, with the measurement's interval.

    ``reached``: yes where even the unfavourable end of the interval meets the target, no where not even the favourable
    end does, unclear between. Of effort, less is better.
    """

    target: float
    measured: float | None
    wanted: float | None
    lower: float | None
    upper: float | None
    reached: Literal["yes", "no", "unclear"]


@dataclass(frozen=True, slots=True)
class StageComparison:
    """One stage of both maps.

    ``before`` and ``after`` are points of the two maps' curves; ``after`` and ``difference`` (after − before) are None
    where the to-be map has no people of its own yet. The aims hold the target against ``after`` where that is measured,
    else against ``before``.
    """

    stage: StageFacts
    before: CurvePoint
    after: CurvePoint | None
    difference: PointContrast | None
    target: Target | None
    aim: Aim | None
    effort_before: Effort
    effort_after: Effort | None
    effort_aim: Aim | None
    notes: Sequence[NoteDifference]

    @property
    def effort_change(self) -> float | None:
        """Mean effort after − before, of what is measured, else of what is aimed at."""
        later = self.effort_after.mean if self.effort_after else self.target.effort if self.target else None
        earlier = self.effort_before.mean
        return None if later is None or earlier is None else round(later - earlier, 4)


@dataclass(frozen=True, slots=True)
class Comparison:
    """Both maps; ``measured``: the to-be map looks at people of its own (another wave or group), not at a plan alone.

    ``shown`` are the notes of both as the viewer sees them, by id: a difference names notes, and this has their words.
    """

    as_is: MapFacts
    to_be: MapFacts
    measured: bool
    contrast: CurveContrast | None
    stages: Sequence[StageComparison]
    shown: Mapping[UUID, BoardNote]

    def whose(self) -> list[tuple[UUID, UUID]]:
        """Return of each quote of ``shown`` whose it is and which entry it stands in, for the log of readings."""
        quotes = (quote for note in self.shown.values() for quote in note.quotes)
        return [(one.said.participant_id, one.said.source_id) for one in quotes]

    def count(self, what: Literal["added", "removed", "changed"]) -> int:
        """Return how many notes were added, removed or changed."""
        return sum(one.what == what for stage in self.stages for one in stage.notes)


def compare(session: Session, matrices: CellMatrices, viewer: Viewer, to_be_id: UUID) -> Comparison:
    """Return the to-be map beside the as-is map that it starts from. NotFound; NotPaired for an as-is map."""
    study_id = viewer.sight.study_id
    later = queries.map_of(session, study_id, to_be_id)
    if later.as_is_id is None:
        raise NotPaired()
    earlier = queries.map_of(session, study_id, later.as_is_id)
    protocol = studies.protocol(session, study_id)
    measured = (later.wave, later.segment) != (earlier.wave, earlier.segment)
    curves = _contrast(session, matrices, viewer, earlier, later) if measured else None
    _, before = Columns(session, matrices, viewer, protocol, earlier.segment, earlier.wave).laid_out(NO_NOTES, ())
    after: Sequence[BoardStage | None] = [None] * len(before)
    if measured:
        _, after = Columns(session, matrices, viewer, protocol, later.segment, later.wave).laid_out(NO_NOTES, ())
    targets = {one.stage_id: target_of(one) for one in queries.targets(session, study_id, to_be_id)}
    changes = _changes(session, protocol, earlier.id, later.id)
    stages = [
        _stage(
            one, other, curves, targets.get(one.stage.id), [each for each in changes if each.stage_id == one.stage.id]
        )
        for one, other in zip(before, after, strict=True)
    ]
    notes = [reading.stored(session, viewer, protocol, one.id).notes for one in (earlier, later)]
    shown = {note.id: note for those in notes for note in those}
    return Comparison(map_facts(earlier), map_facts(later), measured, curves, stages, shown)


def aim(
    target: float | None, measured: float | None, lower: float | None, upper: float | None, *, less: bool = False
) -> Aim | None:
    """Return how far the target lies from what is measured; ``less``: a smaller figure is a better one."""
    if target is None:
        return None
    if measured is None:
        return Aim(target, None, None, None, None, "unclear")
    worst, best = (upper, lower) if less else (lower, upper)
    reached: Literal["yes", "no", "unclear"] = "unclear"
    if worst is not None and best is not None:
        sign = -1 if less else 1
        reached = "yes" if sign * (worst - target) >= 0 else "no" if sign * (best - target) < 0 else "unclear"
    return Aim(target, measured, round(target - measured, 6), _minus(target, upper), _minus(target, lower), reached)


def _minus(one: float, other: float | None) -> float | None:
    return None if other is None else round(one - other, 6)


def _stage(
    before: BoardStage,
    after: BoardStage | None,
    curves: CurveContrast | None,
    target: Target | None,
    notes: Sequence[NoteDifference],
) -> StageComparison:
    known = after.point if after and after.point.enough else before.point
    effort = after.effort if after and after.effort.mean is not None else before.effort
    return StageComparison(
        stage=before.stage,
        before=before.point,
        after=after.point if after else None,
        difference=curves.point(before.point.key) if curves else None,
        target=target,
        aim=aim(target.sentiment, known.estimate, known.lower, known.upper) if target else None,
        effort_before=before.effort,
        effort_after=after.effort if after else None,
        effort_aim=aim(target.effort, effort.mean, effort.lower, effort.upper, less=True) if target else None,
        notes=notes,
    )


def _contrast(
    session: Session, matrices: CellMatrices, viewer: Viewer, earlier: ExperienceMap, later: ExperienceMap
) -> CurveContrast:
    return contrast(
        session,
        matrices,
        viewer.sight.study_id,
        CurveQuestion(segment=earlier.segment, wave=earlier.wave),
        CurveQuestion(segment=later.segment, wave=later.wave),
        revisions=curve_queries.revisions(session, viewer.sight.study_id),
        anonymous=not viewer.text,
    )


def _changes(session: Session, protocol: StudyProtocol, as_is_id: UUID, to_be_id: UUID) -> list[NoteDifference]:
    study_id = protocol.study.id
    before = {descendant(to_be_id, key): found for key, found in _state(session, study_id, as_is_id).items()}
    return differences(before, _state(session, study_id, to_be_id))


def _state(session: Session, study_id: UUID, map_id: UUID) -> State:
    notes = {row.id: note_of(row) for row in queries.notes(session, study_id, map_id)}
    spans: dict[UUID, list[Span]] = {note_id: [] for note_id in notes}
    for one in quotation_queries.of_owners(session, study_id, "note", list(notes)):
        spans[one.owner_id].append(Span(one.statement_id, one.start, one.end))
    return {note_id: (note, spans[note_id]) for note_id, note in notes.items()}

"""A map as somebody may see it: the stored one, a kept version of it, or the live proposal of a study without a map."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, cast
from uuid import UUID, uuid5

from sqlalchemy.orm import Session

from app.curves import deps as curve_deps
from app.curves import queries as curve_queries
from app.curves import service as curves
from app.curves.matrices import CellMatrices
from app.curves.service import By, Curve, CurveQuestion
from app.maps.board import completeness, extraction, gaps, queries, reading, versions
from app.maps.board.looks import Board, BoardStage, Gap, MapFacts, Target, Viewer
from app.maps.board.models import LANES, ExperienceMap
from app.maps.board.reading import Note, Seen
from app.maps.board.targets import target_of
from app.maps.service import KeptScenes
from app.participants.sight import everyone, sight_of
from app.studies import queries as studies
from app.studies.access import StudyAccess
from app.studies.protocol import StudyProtocol


def viewer_of(session: Session, access: StudyAccess) -> Viewer:
    """Return what the actor may see of a map: words for owner, researcher and (by consent) care, with keys that may."""
    return Viewer(sight_of(session, access), curve_deps.sees_text(access))


def full_viewer(study_id: UUID) -> Viewer:
    """Return the viewer who sees everything, such as a command of the operator's."""
    return Viewer(everyone(study_id), text=True)


def map_facts(row: ExperienceMap) -> MapFacts:
    """Return a stored map by itself."""
    return MapFacts(
        row.id,
        row.title,
        cast(Literal["as_is", "to_be"], row.kind),
        row.as_is_id,
        row.wave,
        row.segment,
        row.revision,
        row.created_at,
        row.created_by,
        row.retired_at,
    )


def maps_of(session: Session, study_id: UUID, *, retired: bool = False) -> list[MapFacts]:
    """Return the maps of a study, the oldest first."""
    return [map_facts(row) for row in queries.maps(session, study_id, retired=retired)]


def live_id(session: Session, study_id: UUID) -> UUID:
    """Return the id under which the live proposal is to be stored: the same until some map is."""
    return uuid5(study_id, f"map {len(queries.maps(session, study_id, retired=True))}")


def board(
    session: Session,
    matrices: CellMatrices,
    kept: KeptScenes,
    viewer: Viewer,
    map_id: UUID | None = None,
    *,
    number: int | None = None,
) -> Board:
    """Return the map ``map_id`` (None: the study's first as-is map, or the live proposal where there is none).

    ``number`` asks for a kept version: its notes, under today's curve. NotFound.
    """
    study_id = viewer.sight.study_id
    protocol = studies.protocol(session, study_id)
    if map_id is None:
        map_id = next((one.id for one in queries.maps(session, study_id) if one.kind == "as_is"), None)
    if map_id is None:
        return live(session, matrices, kept, viewer)
    row = queries.map_of(session, study_id, map_id)
    facts = map_facts(row)
    pair = map_facts(queries.map_of(session, study_id, row.as_is_id)) if row.as_is_id else None
    if number is None:
        notes = reading.stored(session, viewer, protocol, map_id)
        targets = [target_of(one) for one in queries.targets(session, study_id, map_id)]
    else:
        notes, targets = versions.opened(session, viewer, protocol, map_id, number)
    columns = Columns(session, matrices, viewer, protocol, row.segment, row.wave)
    curve, stages = columns.laid_out(notes, targets)
    return Board(facts, None, pair, protocol, curve, stages, completeness.missing(stages), viewer.text, number)


def live(session: Session, matrices: CellMatrices, kept: KeptScenes, viewer: Viewer) -> Board:
    """Return the map as it would be proposed now: nothing of it is stored."""
    protocol = studies.protocol(session, viewer.sight.study_id)
    new_id = live_id(session, protocol.study.id)
    notes = []
    for position, one in enumerate(extraction.proposals(session, kept, protocol, new_id)):
        note = Note(
            id=one.id,
            stage_id=one.stage_id,
            lane=one.lane,
            position=position,
            text="",
            origin=one.origin,
            source_name=one.source_name,
            party=None,
            touchpoint_id=one.touchpoint_id,
        )
        notes.append((note, one.spans))
    seen = reading.of_spans(session, viewer, protocol, notes, stored=False)
    curve, stages = Columns(session, matrices, viewer, protocol, None, None).laid_out(seen, ())
    return Board(None, new_id, None, protocol, curve, stages, completeness.missing(stages), viewer.text)


def gaps_of(
    session: Session, matrices: CellMatrices, viewer: Viewer, *, segment: str | None = None, wave: str | None = None
) -> list[Gap]:
    """Return every expectation of the study with what is delivered there, in the order of the road."""
    protocol = studies.protocol(session, viewer.sight.study_id)
    columns = Columns(session, matrices, viewer, protocol, segment, wave)
    return columns.gaps(columns.curve("stage"))


@dataclass(frozen=True, slots=True)
class Columns:
    """What the columns of a map are made of: whose curve, and how much of it the viewer may see."""

    session: Session
    matrices: CellMatrices
    viewer: Viewer
    protocol: StudyProtocol
    segment: str | None
    wave: str | None

    def curve(self, by: By) -> Curve:
        """Return the curve of the map's people."""
        study = self.protocol.study
        return curves.curve(
            self.session,
            self.matrices,
            study.id,
            CurveQuestion(by=by, segment=self.segment, wave=self.wave),
            revisions=curve_queries.revisions(self.session, study.id),
            coder_version=study.coder_version,
            anonymous=not self.viewer.text,
        )

    def gaps(self, by_stage: Curve) -> list[Gap]:
        """Return the gaps of the study's expectations under the map's curve."""
        stored = queries.expectations(self.session, self.protocol.study.id)
        at_touchpoints = any(one.axis == "touchpoint" for one in stored)
        return gaps.gaps(self.protocol, stored, by_stage, self.curve("touchpoint") if at_touchpoints else by_stage)

    def laid_out(self, seen: Seen, targets: Sequence[Target]) -> tuple[Curve, tuple[BoardStage, ...]]:
        """Return the curve, and the columns under it."""
        curve = self.curve("stage")
        found = self.gaps(curve)
        anonymous = not self.viewer.text
        efforts = gaps.efforts(self.session, self.protocol, self.segment, self.wave, anonymous=anonymous)
        aims = {one.stage_id: one for one in targets}
        stages = []
        for stage in self.protocol.stages:
            point = curve.point(stage.key)
            if point is None:
                continue
            mine = [one for one in seen.notes if one.stage_id == stage.id]
            rested_on = {lane: seen.rested_on.get((stage.id, lane), 0) for lane in LANES}
            stages.append(
                BoardStage(
                    stage=stage,
                    point=point,
                    cells={lane: tuple(one for one in mine if one.lane == lane) for lane in LANES},
                    gap=next((one for one in found if one.axis == "stage" and one.key == stage.key), None),
                    touchpoint_gaps=tuple(one for one in found if one.key.startswith(f"{stage.key}/")),
                    target=aims.get(stage.id),
                    effort=efforts.get(stage.id, gaps.NO_EFFORT),
                    missing=completeness.lacking(rested_on, measured=point.enough or point.suppressed),
                )
            )
        return curve, tuple(stages)

"""Where the road is hardest by all of a study's diaries, as its page says it: for rooms that act on it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from sqlalchemy.orm import Session

from app.curves import corrections, queries, service
from app.curves.hardest import HardestDays, hardest_days, stage_keys
from app.curves.matrices import CellMatrices
from app.curves.questions import CurveQuestion
from app.curves.service import Curve
from app.statements.pending import NOTHING_WAITS
from app.studies.protocol import StageFacts


@dataclass(frozen=True, slots=True)
class Hardest:
    """The stages that may be the hardest, the lowest first; none where the curve cannot tell. ``days`` as hardest_days."""

    stages: tuple[StageFacts, ...]
    days: HardestDays | None

    @property
    def certain(self) -> bool:
        """Whether one stage is named, and no other can be meant."""
        return len(self.stages) == 1

    def holds(self, day: int) -> bool:
        """Return whether a day from the anchor event is one of those that may be the lowest."""
        spans = [(one.day_from, one.day_to) for one in self.days.candidates] if self.days else []
        return any((first is None or first <= day) and (last is None or day <= last) for first, last in spans)


@dataclass(frozen=True, slots=True)
class HardestNote:
    """A sentence beside the hardest stage on the study's page, and where it leads to. Rooms above tell theirs in
    ``app.state.hardest_notes``, by functions of the session, the access and the Hardest."""

    words: str
    href: str | None


def hardest(session: Session, matrices: CellMatrices, study_id: UUID, *, anonymous: bool) -> Hardest:
    """Return where the road is hardest, from the curve that the study's page shows to such a reader unasked."""
    revisions = queries.revisions(session, study_id)
    asked = CurveQuestion()
    found = service.basis(session, matrices, study_id, asked, revisions=revisions, anonymous=anonymous)
    shown = corrections.of_basis(found, asked, as_of=None, coder_version="", refining=NOTHING_WAITS).shown
    by_day = service.curve(
        session,
        matrices,
        study_id,
        replace(asked, by="day", score=shown.score),
        revisions=revisions,
        coder_version="",
        anonymous=anonymous,
    )
    return of_curves(found.protocol.stages, shown, hardest_days(shown, by_day, found.protocol.stages))


def of_curves(stages: Sequence[StageFacts], by_stage: Curve, days: HardestDays | None) -> Hardest:
    """Return what a curve by stage, and the days that tell more, say. Of most of the road nothing is said by calling it hard."""
    known = sum(point.enough for point in by_stage.points)
    if days is None and not 0 < len(by_stage.valley) <= known / 2:
        return Hardest((), None)
    place = {key: number for number, key in enumerate(stage_keys(by_stage, days))}
    named = [stage for stage in stages if stage.key in place]
    return Hardest(tuple(sorted(named, key=lambda stage: place[stage.key])), days)

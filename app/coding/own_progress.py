"""How far a coder is with what was drawn, and how far all are."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.orm import Session

from app.coding import queue
from app.studies import queries as studies
from app.studies.access import StudyAccess


@dataclass(frozen=True, slots=True)
class StageMeter:
    """How many of the codes that a stage's draws want were given, by all coders."""

    name: str
    done: int
    total: int


@dataclass(frozen=True, slots=True)
class OwnProgress:
    """What a coder has in hand (``waiting``) and has finished, what nobody has in hand yet, and all coders' by stage."""

    waiting: int
    done: int
    left: int
    stages: Sequence[StageMeter]


def own_progress(session: Session, access: StudyAccess, coder_id: UUID | None) -> OwnProgress:
    """Return how far the coder is, and how far all are."""
    study_id = access.study.id
    everybody = queue.progress(session, study_id)
    own = queue.progress(session, study_id, coder_id) if coder_id else None
    by_stage = {one.stage_id: one for one in everybody.stages}
    stages = [
        StageMeter(stage.name, by_stage[stage.id].done, by_stage[stage.id].places)
        for stage in studies.protocol(session, study_id).stages
        if stage.id in by_stage and by_stage[stage.id].places
    ]
    left = everybody.places - everybody.done - everybody.in_hand
    return OwnProgress(own.in_hand if own else 0, own.done if own else 0, left, stages)

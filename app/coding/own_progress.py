"""How far a coder is with what was drawn, and how far all are."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlalchemy.orm import Session

from app.coding import queue, queue_queries
from app.studies import queries as studies
from app.studies.access import StudyAccess

NOBODY: Final = UUID(int=0)
MOST_COUNTED: Final = 100_000


@dataclass(frozen=True, slots=True)
class StageMeter:
    """How many of the codes that a stage's draws want were given, by all coders."""

    name: str
    done: int
    total: int


@dataclass(frozen=True, slots=True)
class OwnProgress:
    """What a coder has in hand (``waiting``) and has finished, what they may still be given, and all coders' by stage."""

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
    # Of what is drawn for two, the place that is still free is another's where this coder has had theirs.
    left = len(queue_queries.candidates(session, study_id, coder_id or NOBODY, MOST_COUNTED))
    return OwnProgress(own.in_hand if own else 0, own.done if own else 0, left, stages)

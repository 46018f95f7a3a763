"""Who codes what next: drawn statements, handed to coders so that no stage waits and nobody gets one twice."""

from collections import defaultdict, deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.orm import Session

from app.audit.service import Change, record
from app.coding import coders, drawing, queries, slots
from app.coding import drawing_queries as drawn
from app.coding import queue_queries as found
from app.coding.coders import STAFF
from app.coding.errors import UnknownCoder
from app.coding.models import Assignment
from app.core import clock
from app.statements.holding import hold
from app.studies.access import StudyAccess

MOST: Final = 20
MOST_AT_ONCE: Final = 200


@dataclass(frozen=True, slots=True)
class StageProgress:
    """One stage: statements there are and drawn; ``places`` are the codes wanted, ``given`` those in hand or done.

    With a coder named, ``given`` and ``done`` are that coder's alone.
    """

    stage_id: UUID
    statements: int
    drawn: int
    doubled: int
    places: int
    given: int
    done: int


@dataclass(frozen=True, slots=True)
class Progress:
    """How far coding is, by stage in no particular order."""

    stages: Sequence[StageProgress]

    @property
    def places(self) -> int:
        """Codes that the draws want."""
        return sum(one.places for one in self.stages)

    @property
    def done(self) -> int:
        """Codes that were given."""
        return sum(one.done for one in self.stages)

    @property
    def in_hand(self) -> int:
        """Codes that coders have begun or have before them."""
        return sum(one.given for one in self.stages) - self.done


def next_for(session: Session, access: StudyAccess) -> UUID | None:
    """Return the statement that the actor should code now, given to them if need be; None once nothing is left for them."""
    return next(iter(claim(session, access)), None)


def claim(session: Session, access: StudyAccess, most: int = MOST) -> list[UUID]:
    """Return up to ``most`` statements in the actor's hands, in order: what they have not finished, then further ones.

    What came since the last draw is drawn first where nothing else is left.
    """
    study_id, most = access.study.id, min(most, MOST_AT_ONCE)
    coder = coders.coder_of(session, access)
    held = list(found.in_hand(session, study_id, coder.id, most))
    if held:
        return held
    hold(session, study_id)
    drawn.hold_study(session, study_id)
    # Another request of the same coder may have been first.
    held = list(found.in_hand(session, study_id, coder.id, most))
    got = held or _give(session, study_id, coder.id, most)
    if not got and drawing.top_up(session, study_id):
        got = _give(session, study_id, coder.id, most)
    return got


def progress(session: Session, study_id: UUID, coder_id: UUID | None = None) -> Progress:
    """Return how far coding is, of everybody or of one coder."""
    rows = {row.stage_id: row for row in drawn.stage_progress(session, study_id, coder_id)}
    stages = []
    for stage_id, statements in drawn.stage_counts(session, study_id).items():
        row = rows.get(stage_id)
        # PostgreSQL sums counts to decimals.
        ones, doubled, given, done = map(int, (row.drawn, row.doubled, row.given, row.done)) if row else (0,) * 4
        numbers = (ones, doubled, ones + doubled, given, done)
        stages.append(StageProgress(stage_id, statements, *numbers))
    return Progress(stages)


def put_last(session: Session, access: StudyAccess, statement_id: UUID) -> None:
    """Let the actor's other statements come before this one, which they would rather do later."""
    own = queries.coder_of_user(session, access.study.id, access.actor.user_id)
    if own is None:
        return
    session.execute(
        update(Assignment)
        .where(
            Assignment.study_id == access.study.id,
            Assignment.statement_id == statement_id,
            Assignment.coder_id == own.id,
            Assignment.done_at.is_(None),
        )
        .values(assigned_at=clock.now())
        .execution_options(synchronize_session=False)
    )


def release(session: Session, access: StudyAccess, coder_id: UUID) -> int:
    """Give what a coder has in hand and not finished to others, and return how many; UnknownCoder. Drafts are kept."""
    study_id = access.study.id
    coder = queries.coder(session, study_id, coder_id)
    if coder is None or coder.kind != STAFF:
        raise UnknownCoder()
    hold(session, study_id)
    drawn.hold_study(session, study_id)
    freed = slots.free(session, study_id, coder_id)
    if freed:
        detail = {"coder": coder_id.hex, "statements": len(freed)}
        record(session, Change(access.actor.label, "draws.released", study_id, study_id, detail))
    return len(freed)


def _give(session: Session, study_id: UUID, coder_id: UUID, most: int) -> list[UUID]:
    """Give a coder the next statements; the study is held, so that two coders do not choose at the same moment."""
    chosen = _choose(session, study_id, coder_id, most)
    return slots.give(session, study_id, [(one.statement_id, one.slot) for one in chosen], coder_id)


def _choose(session: Session, study_id: UUID, coder_id: UUID, most: int) -> list[Any]:
    """Return rows of ``candidates``, each of the stage of which the least share is given, so that all go on together."""
    waiting: dict[UUID, deque[Any]] = defaultdict(deque)
    for row in found.candidates(session, study_id, coder_id, most):
        waiting[row.stage_id].append(row)
    given = {one.stage_id: [one.given, max(one.places, 1)] for one in progress(session, study_id).stages}
    chosen: list[Any] = []
    while waiting and len(chosen) < most:
        stage_id = min(waiting, key=lambda one: (given[one][0] / given[one][1], one))
        chosen.append(waiting[stage_id].popleft())
        given[stage_id][0] += 1
        if not waiting[stage_id]:
            del waiting[stage_id]
    return chosen

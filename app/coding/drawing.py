"""Plans of draws put in force, and statements drawn by them: those there are, and those that come later."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, cast
from uuid import UUID

from sqlalchemy import bindparam, insert, update
from sqlalchemy.orm import Session

from app.audit.service import Change, record
from app.coding import drawing_queries as found
from app.coding import queries, slots
from app.coding.blinding import PROPOSALS
from app.coding.errors import StalePlan
from app.coding.models import Draw, DrawPlan
from app.coding.plan_schemas import PlanIn
from app.coding.probabilities import ELSEWHERE, Design, Rates, chances, uncertainty
from app.coding.values import bring_along
from app.core import clock
from app.core.bulk import insert_rows
from app.core.db import table_of
from app.core.errors import FieldError, Invalid
from app.statements.holding import hold
from app.studies.access import StudyAccess
from app.web.i18n import mark as _

REFERENCE: Final = "reference"
HALF_WIDTH: Final = "half_width"
SEED_BYTES: Final = 32
_DRAWS = insert(table_of(Draw))
_RAISE = (
    update(table_of(Draw))
    .where(Draw.study_id == bindparam("of_study"), Draw.statement_id == bindparam("of_statement"))
    .values(probability=bindparam("larger"))
)
_DOUBLE = (
    update(table_of(Draw))
    .where(Draw.study_id == bindparam("of_study"), Draw.statement_id == bindparam("of_statement"))
    .values(doubled=True)
)


@dataclass(slots=True)
class _Look:
    """What one look at all statements asks for: new draws, and drawn ones with a larger π or a second coder."""

    new: list[dict[str, Any]] = field(default_factory=list)
    larger: dict[UUID, float] = field(default_factory=dict)
    second: list[UUID] = field(default_factory=list)

    def ids(self) -> set[UUID]:
        """Return every statement that changes."""
        return {one["statement_id"] for one in self.new} | self.larger.keys() | set(self.second)


def rates_of(plan: DrawPlan) -> Rates:
    """Return the plan in numbers."""
    return Rates(cast(Design, plan.design), plan.rates, plan.floor, plan.wanted.get(REFERENCE, {}))


def put_in_force(
    session: Session, access: StudyAccess, given: PlanIn, rates: Mapping[str, float], version: int
) -> DrawPlan:
    """Put a plan in force in place of ``version`` (0: the first), draw by it, and return it; StalePlan for another version.

    ``rates`` are by stage id (hex). What was drawn stays drawn, with the larger of the probabilities.
    """
    study_id = access.study.id
    hold(session, study_id)
    found.hold_study(session, study_id)
    before = queries.latest_plan(session, study_id)
    if (before.version if before else 0) != version:
        raise StalePlan()
    plan = DrawPlan(
        study_id=study_id,
        version=version + 1,
        design=given.design,
        rates={**rates, ELSEWHERE: max(rates.values(), default=given.rate)},
        floor=given.floor,
        double_share=given.double_share,
        seed=before.seed if before else secrets.token_hex(SEED_BYTES),
        wanted=wanted_of(session, study_id, given),
        at=clock.now(),
        by=access.actor.label[:80],
    )
    session.add(plan)
    session.flush()
    drawn = top_up(session, study_id)
    detail = {"version": plan.version, "design": plan.design, "double_share": plan.double_share, "drawn": drawn}
    record(session, Change(access.actor.label, "draws.planned", study_id, study_id, detail))
    return plan


def wanted_of(session: Session, study_id: UUID, given: PlanIn) -> dict[str, Any]:
    """Return what a plan is kept with: the interval that was wanted, and how unsure the model is of each stage today."""
    wanted: dict[str, Any] = {} if given.half_width is None else {HALF_WIDTH: given.half_width}
    if given.design == "active":
        sums: dict[str, list[float]] = {}
        for row in found.every_statement(session, study_id):
            kept = sums.setdefault(row.stage_id.hex, [0.0, 0])
            kept[0] += uncertainty(row.score, row.confidence)
            kept[1] += 1
        wanted[REFERENCE] = {stage: total / count for stage, (total, count) in sums.items()}
    return wanted


def top_up(session: Session, study_id: UUID) -> int:
    """Draw by the plan in force what came since and return how many were; 0 without a plan, and when nothing is new.

    Safe to repeat, and at the same time: a statement's number decides, and the largest probability is kept.
    """
    hold(session, study_id)
    found.hold_study(session, study_id)
    plan = queries.latest_plan(session, study_id)
    if plan is None:
        return 0
    look = _look(session, plan)
    if not look.ids():
        return 0
    # Held first: who codes one of them meanwhile is waited for, and what they say is seen below.
    standing = found.lock_statements(session, study_id, look.ids())
    new = [one for one in look.new if one["statement_id"] in standing]
    insert_rows(session, _DRAWS, new)
    _run(session, _RAISE, study_id, [{"of_statement": one, "larger": p} for one, p in look.larger.items()])
    _run(session, _DOUBLE, study_id, [{"of_statement": one} for one in look.second])
    adopted = _adopt(session, study_id, {one["statement_id"]: one["doubled"] for one in new})
    bring_along(session, study_id, [*adopted, *(one for one in look.larger if one in standing)])
    return len(new)


def _look(session: Session, plan: DrawPlan) -> _Look:
    rates, counts = rates_of(plan), found.stage_counts(session, plan.study_id)
    begun = found.begun(session, plan.study_id)
    look, now = _Look(), clock.now()
    for row in found.every_statement(session, plan.study_id):
        own = chances(plan.seed, row.id)
        unsure = uncertainty(row.score, row.confidence)
        probability = rates.of_statement(row.stage_id, counts.get(row.stage_id, 0), unsure)
        doubled = own.double < plan.double_share
        if row.probability is None:
            if own.draw < probability:
                look.new.append(_draw(plan, row.id, probability, doubled, own.turn, now))
            continue
        if probability > row.probability:
            look.larger[row.id] = probability
        if doubled and not row.doubled and row.id not in begun:
            look.second.append(row.id)
    return look


def _draw(
    plan: DrawPlan, statement_id: UUID, probability: float, doubled: bool, turn: float, now: Any
) -> dict[str, Any]:
    return {
        "study_id": plan.study_id,
        "statement_id": statement_id,
        "plan_version": plan.version,
        "probability": probability,
        "doubled": doubled,
        "queue_order": turn,
        "drawn_at": now,
    }


def _run(session: Session, statement: Any, study_id: UUID, rows: Sequence[dict[str, Any]]) -> None:
    if rows:
        session.connection().execute(statement, [row | {"of_study": study_id} for row in rows])


def _adopt(session: Session, study_id: UUID, doubled: Mapping[UUID, bool]) -> list[UUID]:
    """Let codings that staff gave before the draw take its places, and return the statements that have any.

    Two coders count as two only where neither had seen the other's.
    """
    adopted: list[UUID] = []
    taken: dict[UUID, int] = {}
    ids = list(doubled)
    for first in range(0, len(ids), found.CHUNK):
        for coding in found.staff_codings(session, study_id, ids[first : first + found.CHUNK]):
            one = coding.statement_id
            slot = taken.get(one, 0) + 1
            if slot > slots.places(doubled[one]) or (doubled[one] and not coding.blind):
                continue
            if coding.done_at is not None and coding.sentiment is None:
                continue
            slots.give(session, study_id, [(one, slot)], coding.coder_id, done_at=coding.done_at)
            taken[one] = slot
            adopted.append(one)
    return sorted(set(adopted))


def set_proposals(session: Session, access: StudyAccess, proposals: str) -> None:
    """Set when coders are shown the machine's score: never, after or always. Invalid for any other word."""
    if proposals not in PROPOSALS:
        raise Invalid(fields=[FieldError("proposals", _("请选一种"))])
    study = found.hold_study(session, access.study.id)
    if study.proposals == proposals:
        return
    before, study.proposals = study.proposals, proposals
    session.flush()
    detail = {"before": before, "after": proposals}
    record(session, Change(access.actor.label, "study.proposals", study.id, study.id, detail))

"""May a due prompt be sent now? Asked of everything that is due, at the moment of its claim."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy.orm import Session

from app.prompts import ledger_queries, planner, queries
from app.prompts.ledger_queries import DuePrompt
from app.prompts.localtime import QuietHours, quiet_until, zone_of
from app.prompts.models import CANCELLED, EXPIRED, PLANNED, SKIPPED, PromptPlan
from app.prompts.planning import PAUSED, QUIET_HOURS, is_paused, quiet_hours
from app.prompts.queries import Facts, InForce
from app.studies import queries as studies
from app.studies.retention import is_over


class Verdict(NamedTuple):
    """What becomes of a due prompt that is not sent now: put off until ``due_at``, or settled in ``state``."""

    state: str
    reason: str
    due_at: datetime | None = None

    @classmethod
    def later(cls, at: datetime, expires_at: datetime, reason: str) -> "Verdict":
        """Put off until ``at``; skipped where its time is over by then."""
        return cls(PLANNED, reason, at) if at < expires_at else cls(SKIPPED, reason)


@dataclass(frozen=True, slots=True)
class Circle:
    """A study and those of its people who have something due, with all that a claim must know of them."""

    force: InForce | None
    over: bool
    people: Mapping[UUID, Facts]
    agreed: Collection[UUID]
    answered: Collection[UUID]
    replanned: frozenset[UUID]

    @property
    def apart_minutes(self) -> int:
        """The least distance of any two prompts in the study."""
        return self.force.stored.schedule.apart_minutes if self.force else 0

    def judge(self, due: DuePrompt, now: datetime) -> Verdict | None:
        """Return why the prompt must not be sent now; None when it may."""
        facts = self.people[due.participant_id]
        if facts.withdrawn_at is not None:
            return Verdict(CANCELLED, "withdrawn")
        if self.over:
            return Verdict(CANCELLED, "study_over")
        if due.reminder_of is not None and due.reminder_of in self.answered:
            return Verdict(CANCELLED, "answered")
        if due.expires_at <= now:
            return Verdict(EXPIRED, "not_sent_in_time")
        if due.participant_id not in self.agreed:
            return Verdict(SKIPPED, "not_consented")
        if is_paused(facts.person, now):
            return Verdict(SKIPPED, PAUSED)
        return self._quiet(facts, due, now)

    def _quiet(self, facts: Facts, due: DuePrompt, now: datetime) -> Verdict | None:
        hours = quiet_hours(self.force.stored, facts.person) if self.force else own_quiet(facts)
        until = quiet_until(now, hours, zone_of(facts.person.zone)) if hours else None
        return Verdict.later(until, due.expires_at, QUIET_HOURS) if until else None


def own_quiet(facts: Facts) -> tuple[QuietHours, ...]:
    """Return the person's own quiet hours; a study without a schedule has none."""
    return (facts.person.quiet,) if facts.person.quiet else ()


def circles(session: Session, rows: Sequence[DuePrompt], now: datetime) -> dict[UUID, Circle]:
    """Return, by study, the people of ``rows`` whose plans fit; those whose plans do not are planned anew first."""
    people: dict[UUID, set[UUID]] = {}
    reminded: dict[UUID, set[UUID]] = {}
    for due in rows:
        people.setdefault(due.study_id, set()).add(due.participant_id)
        if due.reminder_of is not None:
            reminded.setdefault(due.study_id, set()).add(due.reminder_of)
    return {one: _circle(session, one, sorted(ids), reminded.get(one, set()), now) for one, ids in people.items()}


def _circle(session: Session, study_id: UUID, ids: list[UUID], reminded: set[UUID], now: datetime) -> Circle:
    force = queries.in_force(session, study_id)
    study = force.study if force else queries.study(session, study_id)
    over = is_over(study, now)
    facts = queries.facts(session, study_id, ids, force.revision if force else 0)
    stale: list[UUID] = []
    if force is not None and not over:
        plans = queries.plans(session, study_id, ids)
        stale = [one for one in ids if _is_stale(facts[one], plans.get(one))]
        planner.plan_people(session, force, stale, now)
        # Somebody else is planning those that still do not fit: their turn comes when that is done.
        plans = queries.plans(session, study_id, stale) if stale else {}
        busy = {one for one in stale if _is_stale(facts[one], plans.get(one))}
        facts = {one: known for one, known in facts.items() if one not in busy}
    required = studies.protocol(session, study_id).required_purposes
    agreed = {one for one, given in queries.agreements(session, study_id, ids).items() if required <= given}
    answered = ledger_queries.answered_of(session, study_id, reminded)
    return Circle(force, over, facts, agreed, answered, frozenset(stale))


def _is_stale(facts: Facts, plan: PromptPlan | None) -> bool:
    if facts.withdrawn_at is not None:
        return False
    return plan is None or plan.basis != facts.basis or plan.touched_at is not None

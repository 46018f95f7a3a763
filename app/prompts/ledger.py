"""What happens to planned prompts: claimed, sent, opened, answered. The ledger is the only one who says what is sent.

Every function works in the caller's transaction. How a sender uses them stands in ``app.prompts.channels``.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, bindparam, exists, select, update
from sqlalchemy.orm import Session, aliased

from app.core import clock
from app.core.db import table_of
from app.core.ids import uuid7
from app.participants.models import Participant
from app.prompts import ledger_queries, queries
from app.prompts.claiming import Circle, Verdict, circles
from app.prompts.ledger_queries import DuePrompt
from app.prompts.models import CANCELLED, EXPIRED, FAILED, PLANNED, SENDING, SENT, UNCERTAIN, Prompt
from app.prompts.planner import EMPTY, add_rows, local_place

REMINDER = "/reminder"
LATE_FROM = timedelta(minutes=20)
"""From then on a prompt counts as delayed, and keeps its distance from what was really sent before it."""

_PROMPTS = table_of(Prompt)
_OF_ROW = (_PROMPTS.c.study_id == bindparam("of_study"), _PROMPTS.c.id == bindparam("of_id"))
_DECIDE = update(_PROMPTS).where(*_OF_ROW, _PROMPTS.c.state == PLANNED)
_CLAIM = _DECIDE.values(
    state=SENDING, claimed_by=bindparam("worker"), claimed_at=bindparam("now"), attempts=_PROMPTS.c.attempts + 1
)


def claim_due(session: Session, now: datetime, worker: str, limit: int = 100) -> list[DuePrompt]:
    """Take up to ``limit`` prompts that are due, so that no other worker gets them; at most one a person.

    What may no longer be sent is settled on the way: expired, skipped (quiet hours that nothing of its time is left
    after, a pause, no consent) or cancelled (withdrawn, study over, reminder of an answered prompt). People whose plan no
    longer fits, for a changed zone or schedule, are planned anew first. Call again while it returns any.
    """
    rows = ledger_queries.due_prompts(session, now, limit)
    found = circles(session, rows, now)
    if replanned := {one for circle in found.values() for one in circle.replanned}:
        moved = ledger_queries.due_prompts(session, now, limit, people=replanned)
        rows = [due for due in rows if due.participant_id not in replanned] + moved
    claimed: list[DuePrompt] = []
    decided: list[dict[str, Any]] = []
    taken: set[UUID] = set()
    for due in rows:
        circle = found[due.study_id]
        if due.participant_id not in circle.people:
            continue
        verdict = circle.judge(due, now)
        if verdict is not None:
            decided.append(_verdict(due, verdict))
        elif due.participant_id not in taken:
            taken.add(due.participant_id)
            claimed.append(due)
    claimed, delayed = _keep_distance(session, claimed, found, now)
    _decide(session, [*decided, *delayed])
    if claimed:
        claim = [{"of_study": due.study_id, "of_id": due.id, "worker": worker, "now": now} for due in claimed]
        session.connection().execute(_CLAIM, claim)
    return claimed


def begin_sending(session: Session, due: DuePrompt, worker: str, channel: str, *, repeatable: bool) -> bool:
    """Say, and commit, that the prompt is now handed over to ``channel``. False: it is no longer yours to send."""
    return bool(begin_sending_all(session, [due], worker, channel, repeatable=repeatable))


def begin_sending_all(
    session: Session, dues: Sequence[DuePrompt], worker: str, channel: str, *, repeatable: bool
) -> set[UUID]:
    """Say that these prompts are now handed over to ``channel``; returns the ids that may be sent.

    Not those whose person has withdrawn since the claim: these are cancelled.
    """
    gone = exists().where(
        Participant.study_id == _PROMPTS.c.study_id,
        Participant.id == _PROMPTS.c.participant_id,
        Participant.withdrawn_at.is_not(None),
    )
    mine = _mine(worker)
    begun = _mark(session, dues, mine & ~gone, {"channel": channel, "repeatable": repeatable})
    if len(begun) < len(dues):
        _mark(session, dues, mine & gone, {"state": CANCELLED, "reason": "withdrawn"})
    return begun


def mark_sent(session: Session, due: DuePrompt, worker: str, at: datetime | None = None) -> bool:
    """Say that the prompt was sent at ``at`` (now); its reminder is planned. False: it was no longer yours."""
    return bool(mark_all_sent(session, [due], worker, at))


def mark_all_sent(session: Session, dues: Sequence[DuePrompt], worker: str, at: datetime | None = None) -> set[UUID]:
    """Say that these prompts were sent at ``at`` (now) and plan their reminders; returns the ids that were yours."""
    moment = at or clock.now()
    sent = _mark(session, dues, _mine(worker), {"state": SENT, "sent_at": moment, "reason": None})
    add_rows(session, list(_reminders((due for due in dues if due.id in sent), moment)))
    return sent


def mark_failed(
    session: Session, due: DuePrompt, worker: str, reason: str, *, retry_at: datetime | None = None
) -> bool:
    """Say that the channels refused for ``reason``, a short code. With ``retry_at`` in its time it becomes due then."""
    if retry_at is not None and retry_at < due.expires_at:
        values: dict[str, Any] = {"state": PLANNED, "due_at": retry_at, "claimed_by": None, "channel": None}
    else:
        values = {"state": FAILED, "claimed_by": None}
    return bool(_mark(session, [due], _mine(worker), {**values, "reason": reason[:40]}))


def mark_uncertain(session: Session, due: DuePrompt, worker: str, reason: str = "unknown") -> bool:
    """Say that nobody knows whether the prompt went out; it is not sent again."""
    return bool(_mark(session, [due], _mine(worker), {"state": UNCERTAIN, "reason": reason[:40]}))


def release_stale(session: Session, living: Mapping[str, datetime], now: datetime) -> int:
    """Settle what the dead had claimed and return how many. ``living``: names of the processes alive, and since when.

    Not begun, or begun on a repeatable channel: due again, under the same id. Otherwise uncertain: it may be out.
    """
    orphaned = ledger_queries.is_orphaned(living)
    safe = _PROMPTS.c.channel.is_(None) | _PROMPTS.c.repeatable
    # `channel` stays: a channel that was begun is asked again under the same key before any other.
    again = {"state": PLANNED, "claimed_by": None, "due_at": now, "reason": "worker_died"}
    released = session.connection().execute(update(_PROMPTS).where(orphaned, safe).values(again))
    lost = session.connection().execute(
        update(_PROMPTS).where(orphaned, ~safe).values(state=UNCERTAIN, reason="worker_died")
    )
    return released.rowcount + lost.rowcount


def opened(
    session: Session, study_id: UUID, participant_id: UUID, prompt_id: UUID, at: datetime | None = None
) -> Prompt | None:
    """Note that the person opened the prompt, or its reminder, and return the prompt itself; None if it is not theirs."""
    prompt = ledger_queries.held(session, study_id, prompt_id, participant_id)
    if prompt is None:
        return None
    moment = at or clock.now()
    prompt.opened_at = prompt.opened_at or moment
    first = ledger_queries.held(session, study_id, prompt.reminder_of, participant_id) if prompt.reminder_of else prompt
    if first is not None:
        first.opened_at = first.opened_at or moment
    session.flush()
    return first


def answered(
    session: Session,
    study_id: UUID,
    participant_id: UUID,
    *,
    entry_id: UUID,
    written_at: datetime,
    prompt_id: UUID | None = None,
) -> UUID | None:
    """Note that an entry answers a prompt and return the prompt's id; None where there is none to answer.

    ``written_at`` is when the person wrote it (the phone's ``recorded_at``), not when it reached us. Without
    ``prompt_id``, or with one that is not theirs, it is the latest prompt that they had in hand at that moment. An answer
    after its time counts and is marked late. The first answer stays: another entry changes nothing.
    """
    prompt = ledger_queries.held(session, study_id, prompt_id, participant_id) if prompt_id else None
    if prompt is not None and prompt.reminder_of is not None:
        prompt = ledger_queries.held(session, study_id, prompt.reminder_of, participant_id)
    prompt = prompt or ledger_queries.latest_open(session, study_id, participant_id, written_at)
    if prompt is None:
        return None
    if prompt.answered_at is not None:
        return prompt.id if prompt.answered_entry_id == entry_id else None
    prompt.answered_at = written_at
    prompt.answered_entry_id = entry_id
    prompt.late = written_at >= prompt.expires_at
    session.execute(
        update(Prompt)
        .where(Prompt.study_id == study_id, Prompt.participant_id == participant_id)
        .where(Prompt.reminder_of == prompt.id, Prompt.state == PLANNED)
        .values(state=CANCELLED, reason="answered")
        .execution_options(synchronize_session=False)
    )
    session.flush()
    return prompt.id


def expire_due(session: Session, now: datetime) -> int:
    """Settle what was not sent in its time, and return how many."""
    over = (_PROMPTS.c.due_at <= now) & (_PROMPTS.c.expires_at <= now)
    expired = update(_PROMPTS).where(ledger_queries.IS_PLANNED, over).values(state=EXPIRED, reason="not_sent_in_time")
    return session.connection().execute(expired).rowcount


def cancel_withdrawn(session: Session, study_id: UUID) -> int:
    """Cancel what is planned for people who have left the study, and return how many."""
    left = select(Participant.id).where(Participant.study_id == study_id, Participant.withdrawn_at.is_not(None))
    query = update(_PROMPTS).where(ledger_queries.IS_PLANNED, _PROMPTS.c.study_id == study_id)
    cancelled = query.where(_PROMPTS.c.participant_id.in_(left)).values(state=CANCELLED, reason="withdrawn")
    return session.connection().execute(cancelled).rowcount


def _mine(worker: str) -> ColumnElement[bool]:
    return (_PROMPTS.c.state == SENDING) & (_PROMPTS.c.claimed_by == worker)


def _mark(
    session: Session, dues: Sequence[DuePrompt], where: ColumnElement[bool], values: Mapping[str, Any]
) -> set[UUID]:
    """Set ``values`` on those of the prompts for which ``where`` holds; returns their ids."""
    marked: set[UUID] = set()
    by_study: dict[UUID, list[UUID]] = {}
    for due in dues:
        by_study.setdefault(due.study_id, []).append(due.id)
    for study_id, ids in by_study.items():
        change = update(_PROMPTS).where(_PROMPTS.c.study_id == study_id, _PROMPTS.c.id.in_(ids), where)
        marked.update(session.connection().scalars(change.values(values).returning(_PROMPTS.c.id)))
    return marked


def _verdict(prompt: DuePrompt, verdict: Verdict) -> dict[str, Any]:
    values = {"state": verdict.state, "reason": verdict.reason, "due_at": verdict.due_at or prompt.due_at}
    return {"of_study": prompt.study_id, "of_id": prompt.id, **values}


def _decide(session: Session, decided: list[dict[str, Any]]) -> None:
    if decided:
        session.connection().execute(_DECIDE, decided)


def _keep_distance(
    session: Session, claimed: list[DuePrompt], found: Mapping[UUID, Circle], now: datetime
) -> tuple[list[DuePrompt], list[dict[str, Any]]]:
    """Put off delayed prompts that would come close upon what was really sent; others keep the distance of their plan."""
    late = [due for due in claimed if now - due.planned_at > LATE_FROM and _apart(due, found)]
    if not late:
        return claimed, []
    other = aliased(Prompt)
    since = now - queries.NEAR
    query = select(Prompt.id, other.claimed_at).join(
        other, (other.study_id == Prompt.study_id) & (other.participant_id == Prompt.participant_id)
    )
    query = query.where(Prompt.id.in_([due.id for due in late]), other.claimed_at > since, other.id != Prompt.id)
    latest: dict[UUID, datetime] = {}
    for one, at in session.execute(query):
        if at is not None:
            latest[one] = max(latest.get(one, at), at)
    put_off: dict[UUID, Verdict] = {}
    for due in late:
        free = latest[due.id] + _apart(due, found) if due.id in latest else now
        if free > now:
            put_off[due.id] = Verdict.later(free, due.expires_at, "too_close")
    decided = [_verdict(due, put_off[due.id]) for due in late if due.id in put_off]
    return [due for due in claimed if due.id not in put_off], decided


def _apart(due: DuePrompt, found: Mapping[UUID, Circle]) -> timedelta:
    if due.reminder_of is not None or due.nudged_by is not None:
        return timedelta()
    return timedelta(minutes=max(due.apart_minutes, found[due.study_id].apart_minutes))


def _reminders(dues: Iterable[DuePrompt], sent_at: datetime) -> Iterable[dict[str, Any]]:
    for due in dues:
        if due.remind_minutes is None or due.reminder_of is not None:
            continue
        at = sent_at + timedelta(minutes=due.remind_minutes)
        if at >= due.expires_at:
            continue
        yield {
            **EMPTY,
            "study_id": due.study_id,
            "id": uuid7(),
            "participant_id": due.participant_id,
            "rule_key": due.rule_key,
            "occasion": due.occasion + REMINDER,
            "revision": due.revision,
            "wanted_at": at,
            "planned_at": at,
            **local_place(at, due.zone, None),
            "day": due.day,
            "due_at": at,
            "expires_at": due.expires_at,
            "apart_minutes": 0,
            "remind_minutes": None,
            "state": PLANNED,
            "reason": None,
            "reminder_of": due.id,
            "words": due.words,
            "created_at": sent_at,
        }

"""Mail to the addresses that a study names, when somebody is to be followed up: each once, whatever happens.

A notice is wanted in one transaction, claimed in another, handed over outside of any, and marked in a third. Whoever dies
between claiming and marking may have sent it: then it is ``uncertain`` and not sent again.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import product
from typing import Any, Final
from uuid import UUID

import structlog
from sqlalchemy import update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Session

from app.care import notice_queries as queries
from app.care.alert_models import CLOSED, FollowUp
from app.care.follow_up_queries import is_met
from app.care.notice_models import (
    DROPPED,
    FAILED,
    LATE,
    OPENED,
    SENDING,
    SENT,
    UNCERTAIN,
    URGENT,
    WAITING,
    CareNotice,
)
from app.care.notice_queries import DueNotice
from app.care.notice_words import NoticeMail, message_of
from app.care.queries import person_seen
from app.core import clock
from app.core.ids import uuid7
from app.core.settings import Settings
from app.jobs.context import WorkerContext
from app.participants.sight import care_sight
from app.prompts.channels import Channel, Outcome
from app.prompts.delivery.console import ConsoleChannel
from app.prompts.delivery.ways import CONSOLE, names_in_force
from app.studies import queries as studies
from app.studies.care_rules import CareRules
from app.studies.models import Study
from app.studies.retention import is_over

FIRST_WAIT, LONGEST_WAIT = timedelta(minutes=1), timedelta(hours=1)
GIVEN_UP = timedelta(days=1)
HUNG = timedelta(minutes=10)
"""Far longer than handing a mail over can take."""
GRAVITY: Final = (OPENED, URGENT, LATE)
"""The occasions, the gravest last."""

log = structlog.get_logger()


def way_of(settings: Settings) -> Channel | None:
    """Return how notices are sent: by e-mail; in development as a line in the log; None where neither is set up."""
    names = names_in_force(settings)
    if NoticeMail.name in names:
        return NoticeMail(settings)
    return ConsoleChannel() if CONSOLE in names else None


def occasions_for(told: set[str], now: datetime, *, urgent: bool, due_at: datetime) -> Sequence[str]:
    """Return on what occasions a follow-up, of which was written on those of ``told``, is to be written of now.

    Its opening once, its becoming urgent later once, its being late once; the graver last.
    """
    found = [URGENT] if urgent and URGENT not in told else []
    if due_at <= now and LATE not in told:
        found.append(LATE)
    return found or ([] if told else [OPENED])


def wanted(session: Session, now: datetime) -> list[dict[str, Any]]:
    """Return the rows of the notices that follow-ups want and that are not there yet, one an address."""
    return [row for study_id in queries.studies_with_open(session) for row in _wanted_of(session, study_id, now)]


def want(session: Session, now: datetime) -> None:
    """Put down the notices that follow-ups want."""
    put(session, wanted(session, now))


def put(session: Session, rows: Sequence[dict[str, Any]]) -> None:
    """Put down these notices, unless another worker has put down the same."""
    if rows:
        insert = postgresql_insert if session.get_bind().dialect.name == "postgresql" else sqlite_insert
        session.execute(insert(CareNotice).values(rows).on_conflict_do_nothing())


def claim(session: Session, now: datetime, worker: str) -> DueNotice | None:
    """Take one notice that is due, so that nobody else sends it; None when there is none.

    What nobody needs any more is dropped on the way, what could not be sent for a day is given up.
    """
    while (found := queries.next_due(session, now)) is not None:
        notice, follow_up, code, study = found
        end = _end_of(session, notice, follow_up, study, now)
        if end is None:
            notice.state, notice.claimed_by, notice.claimed_at = SENDING, worker, now
            notice.attempts += 1
            session.flush()
            return _due(session, notice, follow_up, code, study)
        notice.state, notice.ended_at = end, now
        session.flush()
    return None


def mark(session: Session, due: DueNotice, worker: str, outcome: Outcome, now: datetime) -> None:
    """Put down what became of a notice that ``worker`` sent: ended, or to be tried again."""
    if outcome.kind in ("later", "unreached"):
        grown = min(LONGEST_WAIT, FIRST_WAIT * 2 ** min(due.attempts - 1, 10))
        wait = timedelta(seconds=outcome.wait) if outcome.wait is not None else grown
        values: dict[str, Any] = {"state": WAITING, "try_at": now + wait, "claimed_by": None}
    else:
        ends = {"sent": SENT, "uncertain": UNCERTAIN}
        values = {"state": ends.get(outcome.kind, FAILED), "ended_at": now}
    mine = (CareNotice.study_id == due.study_id, CareNotice.id == due.id)
    held = (CareNotice.state == SENDING, CareNotice.claimed_by == worker)
    session.execute(update(CareNotice).where(*mine, *held).values(reason=outcome.reason[:40] or None, **values))


def settle(session: Session, now: datetime) -> None:
    """Say of what has been on its way for too long, its sender being dead, that nobody knows whether it went out."""
    hung = (CareNotice.state == SENDING, CareNotice.claimed_at < now - HUNG)
    session.execute(update(CareNotice).where(*hung).values(state=UNCERTAIN, ended_at=now, reason="worker_died"))


def tell(context: WorkerContext) -> None:
    """Want, claim, send and mark until nothing is due."""
    now = clock.now()
    with context.database.read() as session:
        fresh, due = bool(wanted(session, now)), queries.has_due(session, now)
        hung = queries.has_hung(session, now - HUNG)
    if fresh or hung:
        with context.database.write() as session:
            settle(session, now)
            want(session, now)
    channel = way_of(context.settings) if fresh or due else None
    while channel is not None and not context.stopping.is_set():
        with context.database.write() as session:
            notice = claim(session, clock.now(), context.settings.worker_name)
        if notice is None:
            break
        outcome = _send(channel, notice, context.settings)
        with context.database.write() as session:
            mark(session, notice, context.settings.worker_name, outcome, clock.now())


def _send(channel: Channel, notice: DueNotice, settings: Settings) -> Outcome:
    try:
        outcome = channel.send(notice.address, message_of(notice, settings.public_address, clock.now()))
    except Exception as error:  # noqa: BLE001 - whatever a channel meets, nobody knows what has gone out
        log.error("care notice failed", error=type(error).__name__)
        outcome = Outcome("uncertain", "internal")
    log.info("care notice", occasion=notice.occasion, outcome=outcome.kind, reason=outcome.reason)
    return outcome


def _wanted_of(session: Session, study_id: UUID, now: datetime) -> Iterator[dict[str, Any]]:
    rules = studies.protocol(session, study_id).care_rules
    if not rules.watching or not rules.notices or is_over(session.get_one(Study, study_id), now):
        return
    told = queries.occasions(session, study_id)
    for one in queries.open_follow_ups(session, study_id):
        occasions = occasions_for(told.get(one.id, set()), now, urgent=one.urgent, due_at=one.due_at)
        for occasion, address in product(occasions, dict.fromkeys(rules.notices)):
            yield {
                "study_id": study_id,
                "id": uuid7(),
                "follow_up_id": one.id,
                "occasion": occasion,
                "address": address,
                "state": WAITING,
                "wanted_at": now,
                "try_at": now,
                "attempts": 0,
            }


def _end_of(session: Session, notice: CareNotice, follow_up: FollowUp, study: Study, now: datetime) -> str | None:
    """Return how a notice ends without being sent; None when it is to be sent."""
    rules = CareRules.of(study.care)
    graver = queries.is_outdone(session, notice, GRAVITY[GRAVITY.index(notice.occasion) + 1 :])
    seen_to = follow_up.state == CLOSED or is_met(session, follow_up)
    if seen_to or graver or not rules.watching or notice.address not in rules.notices:
        return DROPPED
    return FAILED if now - notice.wanted_at > GIVEN_UP else None


def _due(session: Session, notice: CareNotice, follow_up: FollowUp, code: str, study: Study) -> DueNotice:
    named = person_seen(session, care_sight(session, study.id), follow_up.participant_id)
    return DueNotice(
        study_id=notice.study_id,
        id=notice.id,
        follow_up_id=notice.follow_up_id,
        occasion=notice.occasion,
        address=notice.address,
        attempts=notice.attempts,
        due_at=follow_up.due_at,
        code=code if named else None,
        slug=study.slug,
        title=study.title,
        language=study.language,
    )

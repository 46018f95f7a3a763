"""Sending what is due: claimed in one transaction, handed over outside of any, marked in another.

A prompt is begun on a channel before it is handed over, so that whoever finds it after a crash knows what may be out
(see ``app.prompts.ledger``). Ways are tried in the person's order, each only when the one before has surely not taken it.
"""

import random
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import structlog
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from app.core import clock
from app.jobs.context import WorkerContext
from app.jobs.errors import Interrupted
from app.prompts import ledger
from app.prompts import queries as prompts
from app.prompts.channels import Channel, Message, Outcome
from app.prompts.delivery import queries
from app.prompts.delivery.contacts import disable_contact
from app.prompts.delivery.counters import TRIES
from app.prompts.delivery.keys import AddressUnreadable, open_address
from app.prompts.delivery.models import Contact
from app.prompts.delivery.rates import Rates
from app.prompts.delivery.relay import joined
from app.prompts.delivery.ways import CONSOLE, open_channels
from app.prompts.delivery.wording import message_of
from app.prompts.ledger_queries import DuePrompt

BATCH = 40
AT_ONCE = 4
SHORT_WAIT = 2.0
FIRST_WAIT, LONGEST_WAIT = 60.0, 3600.0
TOGETHER = "webpush"
"""A person's browsers are all sent to: nobody knows which of them is at hand."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Way:
    """One way to a person: a channel, and the addresses on it that are sent to together."""

    channel: str
    addresses: tuple[tuple[UUID | None, str], ...]


@dataclass(frozen=True, slots=True)
class Delivery:
    """A prompt with its words and its ways."""

    due: DuePrompt
    message: Message
    ways: Sequence[Way]


class Sender:
    """One process's sender."""

    def __init__(self, context: WorkerContext) -> None:
        self._context = context
        self._name = context.settings.worker_name
        self._channels = open_channels(context.settings, context.keyring)
        self._rates = Rates(context.settings)
        self._unmarked: dict[UUID, Callable[[Session], object]] = {}

    def send_due(self) -> int:
        """Send everything that is due and return how many prompts were taken up."""
        taken = 0
        while not self._context.stopping.is_set():
            self._mark_left()
            with self._context.database.write() as session:
                dues = ledger.claim_due(session, clock.now(), self._name, BATCH)
            if not dues:
                break
            with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="xinlu-send") as pool:
                list(pool.map(self._deliver, dues))
            taken += len(dues)
        return taken

    def _mark_left(self) -> None:
        for prompt_id, change in list(self._unmarked.items()):
            with self._context.database.write() as session:
                change(session)
            del self._unmarked[prompt_id]

    def _deliver(self, due: DuePrompt) -> None:
        try:
            self._context.pause(0)
            with self._context.database.read() as session:
                delivery = self._prepared(session, due)
            if due.channel is None:
                self._try_ways(delivery)
            else:
                self._try_again(delivery)
        except Interrupted:
            self._put_off(due, Outcome("later", "stopped", 0.0))
        except Exception as error:  # noqa: BLE001 - one prompt must not keep the others from being sent
            log.error("reminder failed", error=type(error).__name__)
            self._put_off(due, Outcome("later", "internal"))

    def _prepared(self, session: Session, due: DuePrompt) -> Delivery:
        study = prompts.study(session, due.study_id)
        contacts = queries.contacts_of(session, due.study_id, due.participant_id)
        template = queries.study_channel(session, due.study_id, "apprise")
        shared = open_address(self._context.keyring, due.study_id, template.sealed) if template else None
        ways = self._ways([one for one in contacts if one.confirmed_at and not one.disabled_at], shared)
        words = due.words or _words_of_rule(prompts.in_force(session, due.study_id), due.rule_key)
        message = message_of(due, words, study.language, self._context.settings.public_address)
        return Delivery(due, message, ways)

    def _ways(self, contacts: Sequence[Contact], shared: str | None) -> list[Way]:
        found: list[Way] = []
        for contact in contacts:
            try:
                address = open_address(self._context.keyring, contact.study_id, contact.sealed)
            except AddressUnreadable:
                continue
            if contact.channel == "apprise":
                address = joined(shared, address)
            if contact.channel in self._channels:
                _add(found, contact, address)
        return [*found, Way(CONSOLE, ((None, ""),))] if CONSOLE in self._channels else found

    def _try_ways(self, delivery: Delivery) -> None:
        due, reason, waiting = delivery.due, "no_address", None
        for way in delivery.ways:
            outcome = self._try_way(delivery, way)
            if outcome is None or self._settled(due, outcome):
                return
            reason = outcome.reason
            waiting = waiting or (outcome if outcome.kind == "unreached" else None)
        if waiting is not None:
            self._put_off(due, waiting)
        else:
            self._mark(due, lambda session: ledger.mark_failed(session, due, self._name, reason))

    def _try_again(self, delivery: Delivery) -> None:
        """Repeat what a dead worker had begun, by the same way: only so does the repetition show one message."""
        due = delivery.due
        way = next((one for one in delivery.ways if one.channel == due.channel), None)
        outcome = self._try_way(delivery, way) if way is not None else Outcome("refused")
        if outcome is None:
            return
        if outcome.kind == "sent":
            self._settled(due, outcome)
        else:
            self._mark(due, lambda session: ledger.mark_uncertain(session, due, self._name, "worker_died"))

    def _try_way(self, delivery: Delivery, way: Way) -> Outcome | None:
        """Return what became of it by this way; None when the prompt is no longer ours to send."""
        channel = self._channels[way.channel]
        wait = self._rates.take(way.channel)
        if wait > SHORT_WAIT:
            return Outcome("later", "rate", wait)
        if wait:
            self._context.pause(wait)
        with self._context.database.write() as session:
            mine = ledger.begin_sending(session, delivery.due, self._name, channel.name, repeatable=channel.repeatable)
        if not mine:
            return None
        if clock.now() >= delivery.due.expires_at:
            return Outcome("refused", "not_sent_in_time")
        return _joint([self._hand_over(channel, delivery, *one) for one in way.addresses])

    def _hand_over(self, channel: Channel, delivery: Delivery, contact_id: UUID | None, address: str) -> Outcome:
        try:
            outcome = channel.send(address, delivery.message)
        except Exception as error:  # noqa: BLE001 - whatever a channel meets, nobody knows what has gone out
            log.error("channel failed", channel=channel.name, error=type(error).__name__)
            outcome = Outcome("later" if channel.repeatable else "uncertain", "internal")
        TRIES.labels(channel.name, outcome.kind).inc()
        log.info("reminder", channel=channel.name, outcome=outcome.kind, reason=outcome.reason)
        if outcome.kind == "gone" and contact_id is not None:
            with self._context.database.write() as session:
                contact = queries.contact(session, delivery.due.study_id, delivery.due.participant_id, contact_id)
                if contact is not None:
                    disable_contact(session, contact, outcome.reason)
        return outcome

    def _settled(self, due: DuePrompt, outcome: Outcome) -> bool:
        """Mark what is final and return True; False when the next way may be tried."""
        if outcome.kind == "sent":
            at = clock.now()
            self._mark(due, lambda session: ledger.mark_sent(session, due, self._name, at))
        elif outcome.kind == "uncertain":
            self._mark(due, lambda session: ledger.mark_uncertain(session, due, self._name, outcome.reason))
        elif outcome.kind == "later":
            self._put_off(due, outcome)
        else:
            return False
        return True

    def _put_off(self, due: DuePrompt, outcome: Outcome) -> None:
        grown = min(LONGEST_WAIT, FIRST_WAIT * 2.0 ** min(due.attempts, 10)) * random.uniform(0.75, 1.25)  # noqa: S311
        at = clock.now() + timedelta(seconds=max(1.0, outcome.wait if outcome.wait is not None else grown))
        self._mark(due, lambda session: ledger.mark_failed(session, due, self._name, outcome.reason, retry_at=at))

    def _mark(self, due: DuePrompt, change: Callable[[Session], object]) -> None:
        """Write what became of a prompt; when the database cannot now, before anything else is claimed."""
        try:
            with self._context.database.write() as session:
                change(session)
        except SQLAlchemyError as error:
            log.error("reminder not marked", error=type(error).__name__)
            self._unmarked[due.id] = change


def _words_of_rule(force: prompts.InForce | None, key: str | None) -> str:
    rules = force.stored.schedule.rules if force else ()
    return next((rule.words for rule in rules if rule.key == key), "")


def _add(found: list[Way], contact: Contact, address: str) -> None:
    if contact.channel == TOGETHER:
        for place, way in enumerate(found):
            if way.channel == TOGETHER:
                found[place] = Way(TOGETHER, (*way.addresses, (contact.id, address)))
                return
    found.append(Way(contact.channel, ((contact.id, address),)))


def _joint(outcomes: Sequence[Outcome]) -> Outcome:
    """Return what became of it on several addresses: delivered when one took it, and otherwise the most hopeful."""
    for kind in ("sent", "uncertain", "later", "unreached", "refused", "gone"):
        for outcome in outcomes:
            if outcome.kind == kind:
                return outcome
    raise ValueError("a way without an address")

"""Messages that are sent at once, because somebody asked for them: a test, and the digits that confirm an address."""

from dataclasses import replace

from fastapi import Request

from app.core.crypto import Keyring
from app.core.db import Database
from app.participants.models import Participant
from app.prompts.channels import Message, Outcome
from app.prompts.delivery import queries
from app.prompts.delivery.contacts import disable_contact
from app.prompts.delivery.keys import AddressUnreadable, confirmation_code, open_address
from app.prompts.delivery.models import Contact
from app.prompts.delivery.relay import joined
from app.prompts.delivery.ways import open_channels
from app.prompts.delivery.wording import trial
from app.web.i18n import mark as _
from app.web.i18n import translate
from app.web.ratelimit import FailureLimit

NOWHERE = Outcome("refused", "no_address")


def count_message(request: Request, participant: Participant) -> None:
    """Count one message that was asked for; RateLimited when there were too many within a quarter of an hour."""
    limit: FailureLimit = request.app.state.limits["message"]
    limit.check(str(participant.id))
    limit.failed(str(participant.id))


def send_code(request: Request, contact: Contact) -> Outcome:
    """Send the digits that confirm an address, to that address."""
    keyring: Keyring = request.app.state.keyring
    message = trial(request.app.state.settings)
    words = translate(_("您的六位数字是 %(code)s。请在提醒那一页输进去；不是您要的，不用理会。"))
    code = confirmation_code(keyring, contact.id)
    return _send(request, contact, replace(message, title=translate(_("确认这个邮箱")), words=words % {"code": code}))


def send_trial(request: Request, participant: Participant) -> list[tuple[Contact, Outcome]]:
    """Send a test message by each of the person's ways that is in use, and return what became of each."""
    database: Database = request.app.state.database
    with database.read() as session:
        contacts = queries.contacts_of(session, participant.study_id, participant.id)
    message = trial(request.app.state.settings)
    found = []
    for contact in contacts:
        if contact.confirmed_at is None or contact.disabled_at is not None:
            continue
        outcome = _send(request, contact, message)
        if outcome.kind == "gone":
            with database.write() as session:
                gone = queries.contact(session, contact.study_id, contact.participant_id, contact.id)
                if gone is not None:
                    disable_contact(session, gone, outcome.reason)
        found.append((contact, outcome))
    return found


def _send(request: Request, contact: Contact, message: Message) -> Outcome:
    state = request.app.state
    channel = open_channels(state.settings, state.keyring).get(contact.channel)
    if channel is None:
        return NOWHERE
    try:
        address = open_address(state.keyring, contact.study_id, contact.sealed)
    except AddressUnreadable:
        return NOWHERE
    if contact.channel == "apprise":
        with state.database.read() as session:
            template = queries.study_channel(session, contact.study_id, "apprise")
        address = joined(open_address(state.keyring, contact.study_id, template.sealed) if template else None, address)
    return channel.send(address, message)

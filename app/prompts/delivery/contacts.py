"""Adding, confirming, ordering and removing the ways to reach a person."""

import hmac
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.orm import Session

from app.audit.service import Change, record
from app.core import clock
from app.core.crypto import Keyring
from app.core.errors import FieldError, Invalid, NotFound
from app.participants.models import Participant
from app.prompts.delivery import queries
from app.prompts.delivery.addresses import masked
from app.prompts.delivery.keys import (
    AddressUnreadable,
    address_mark,
    confirmation_code,
    open_address,
    seal_address,
)
from app.prompts.delivery.models import Contact, StudyChannel
from app.web.i18n import mark as _

MOST_OF_A_KIND = 5
LABEL = 60


@dataclass(frozen=True, slots=True)
class ShownContact:
    """A way to reach a person as it is shown: its address masked."""

    id: UUID
    channel: str
    label: str
    address: str
    confirmed: bool
    disabled_because: str | None


def add_contact(
    session: Session,
    keyring: Keyring,
    actor: str,
    participant: Participant,
    channel: str,
    address: str,
    *,
    label: str = "",
    confirmed: bool,
) -> Contact:
    """Keep ``address``, checked before, as a way to reach the person; one that is there is taken into use again."""
    study_id, mark = participant.study_id, address_mark(keyring, participant.study_id, address)
    present = queries.contacts_of(session, study_id, participant.id)
    found = next((one for one in present if one.channel == channel and one.mark == mark), None)
    if found is None:
        if sum(one.channel == channel for one in present) >= MOST_OF_A_KIND:
            raise Invalid(fields=[FieldError("address", _("这一类已经有五个了，请先删掉一个。"), "too_many")])
        found = Contact(
            study_id=study_id,
            participant_id=participant.id,
            channel=channel,
            sealed=seal_address(keyring, study_id, address),
            mark=mark,
            label=label[:LABEL],
            position=max((one.position for one in present), default=0) + 1,
            created_at=clock.now(),
        )
        session.add(found)
    elif found.disabled_at is None and (found.confirmed_at is not None or not confirmed):
        return found
    found.disabled_at = found.disabled_because = None
    if confirmed:
        found.confirmed_at = clock.now()
    session.flush()
    record(session, Change(actor, "contact.added", study_id, participant.id, {"channel": channel}))
    return found


def find_contact(session: Session, participant: Participant, contact_id: UUID) -> Contact:
    """Return one way to reach the person; NotFound for any other's."""
    found = queries.contact(session, participant.study_id, participant.id, contact_id)
    if found is None:
        raise NotFound()
    return found


def confirm_contact(session: Session, keyring: Keyring, actor: str, contact: Contact, code: str) -> None:
    """Take a way into use whose six digits the person has read; Invalid for other digits."""
    typed = "".join(character for character in code if character.isdigit())
    if not hmac.compare_digest(typed.encode(), confirmation_code(keyring, contact.id).encode()):
        raise Invalid(fields=[FieldError("code", _("这六位数字不对，请照邮件里的再输一次。"))])
    if contact.confirmed_at is None:
        contact.confirmed_at = clock.now()
        session.flush()
        detail = {"channel": contact.channel}
        record(session, Change(actor, "contact.confirmed", contact.study_id, contact.participant_id, detail))


def prefer_contact(session: Session, contact: Contact) -> None:
    """Let this way be tried before the person's others."""
    present = queries.contacts_of(session, contact.study_id, contact.participant_id)
    for position, one in enumerate([contact, *(one for one in present if one.id != contact.id)], start=1):
        one.position = position
    session.flush()


def remove_contact(session: Session, actor: str, contact: Contact) -> None:
    """Forget a way, address and all."""
    channel, study_id, participant_id = contact.channel, contact.study_id, contact.participant_id
    session.delete(contact)
    session.flush()
    record(session, Change(actor, "contact.removed", study_id, participant_id, {"channel": channel}))


def disable_contact(session: Session, contact: Contact, because: str) -> None:
    """Use a way no more: its address is gone. The person sees it, and can take it away or renew it."""
    if contact.disabled_at is None:
        contact.disabled_at, contact.disabled_because = clock.now(), because
        session.flush()


def shown(keyring: Keyring, contact: Contact) -> ShownContact:
    """Return the way as it may be shown."""
    try:
        address = masked(contact.channel, open_address(keyring, contact.study_id, contact.sealed))
    except AddressUnreadable:
        address = "***"
    return ShownContact(
        contact.id,
        contact.channel,
        contact.label,
        address,
        contact.confirmed_at is not None,
        contact.disabled_because if contact.disabled_at is not None else None,
    )


def set_study_channel(
    session: Session, keyring: Keyring, actor: str, study_id: UUID, channel: str, address: str | None
) -> None:
    """Keep what the study brings to a channel; None takes it away."""
    present = queries.study_channel(session, study_id, channel)
    if present is not None:
        session.delete(present)
        session.flush()
    if address is not None:
        sealed = seal_address(keyring, study_id, address)
        session.add(StudyChannel(study_id=study_id, channel=channel, sealed=sealed))
        session.flush()
    record(session, Change(actor, "channel.set", study_id, detail={"channel": channel, "set": address is not None}))

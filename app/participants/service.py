"""Taking people in, their links and phones, and leaving."""

import re
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import delete, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.audit.service import Change, record
from app.core import clock, ids
from app.core.crypto import Keyring
from app.core.ids import uuid7
from app.participants import queries
from app.participants.consents import (
    ConsentState,
    consent_state,
    consent_states,
    give_consent,
    require_consent,
    withdraw_consents,
    withdraw_purpose,
)
from app.participants.errors import CodeTaken, LinkRevoked, LinkUnknown, StudyClosed, Withdrawn
from app.participants.links import PersonalLink, new_link, secret_in
from app.participants.models import AnchorEvent, DiarySession, Invite, Participant, ParticipantZone
from app.participants.roster import Roster, RowProblem
from app.participants.schemas import Enrolment
from app.studies.models import Study
from app.studies.retention import is_over
from app.web.i18n import mark as _

__all__ = [
    "ConsentState",
    "EnrolledRoster",
    "OpenedDiary",
    "consent_state",
    "consent_states",
    "enrol",
    "enrol_roster",
    "give_consent",
    "leave_phone",
    "open_diary",
    "renew_link",
    "require_consent",
    "set_anchor",
    "set_attributes",
    "set_zone",
    "withdraw",
    "withdraw_purpose",
]

NUMBERED = re.compile(r"^P(\d{1,9})$")
TRIES = 5


@dataclass(frozen=True, slots=True)
class OpenedDiary:
    """A phone that has just opened a link: the token of its session, and whose diary it is."""

    session_token: str
    study: Study
    participant: Participant
    consented: bool


@dataclass(frozen=True, slots=True)
class EnrolledRoster:
    """What became of a roster: people taken in with their links, codes that were there already, rows left out."""

    enrolled: tuple[tuple[Participant, PersonalLink], ...]
    existing: tuple[str, ...]
    problems: tuple[RowProblem, ...]


def enrol(
    session: Session, keyring: Keyring, actor: str, study: Study, enrolment: Enrolment
) -> tuple[Participant, PersonalLink]:
    """Take one person in; returns them and the link to hand over. CodeTaken if the code is in use."""
    _open_for_joining(study)
    for _attempt in range(TRIES):
        code = enrolment.code or next_code(queries.codes(session, study.id))
        participant = _new_participant(study, enrolment, code)
        try:
            # A savepoint: on PostgreSQL another researcher may take the same number at this very moment.
            with session.begin_nested():
                session.add(participant)
        except IntegrityError:
            if enrolment.code:
                raise CodeTaken() from None
            continue
        _add_anchor(session, participant, enrolment)
        link = _add_link(session, keyring, participant)
        session.flush()
        record(session, _enrolled(actor, participant, enrolment))
        return participant, link
    raise CodeTaken()


def enrol_roster(session: Session, keyring: Keyring, actor: str, study: Study, roster: Roster) -> EnrolledRoster:
    """Take in every sound row whose code is new; sending the same roster again changes nothing."""
    _open_for_joining(study)
    known = queries.codes(session, study.id)
    new = [row.enrolment for row in roster.rows if row.enrolment.code not in known]
    people = [_new_participant(study, enrolment, enrolment.code) for enrolment in new]
    try:
        with session.begin_nested():
            session.add_all(people)
    except IntegrityError:
        raise CodeTaken() from None
    for participant, enrolment in zip(people, new, strict=True):
        _add_anchor(session, participant, enrolment)
    enrolled = tuple((participant, _add_link(session, keyring, participant)) for participant in people)
    session.flush()
    record(session, *(_enrolled(actor, *pair) for pair in zip(people, new, strict=True)))
    existing = tuple(row.enrolment.code for row in roster.rows if row.enrolment.code in known)
    return EnrolledRoster(enrolled, existing, tuple(roster.problems))


def next_code(taken: set[str]) -> str:
    """Return the code after the highest of P01, P02, … in ``taken``."""
    numbers = [int(match[1]) for code in taken if (match := NUMBERED.match(code))]
    return f"P{max(numbers, default=0) + 1:02d}"


def set_anchor(session: Session, actor: str, participant: Participant, on: date | None) -> bool:
    """Set or clear the day of the anchor event; returns whether it changed. The diary moves days of entries."""
    event = session.get(AnchorEvent, (participant.study_id, participant.id))
    before = event.on if event else None
    if before == on:
        return False
    if event is None and on is not None:
        session.add(AnchorEvent(study_id=participant.study_id, participant_id=participant.id, on=on))
    elif event is not None and on is not None:
        event.on = on
    elif event is not None:
        session.delete(event)
    session.flush()
    detail = {"before": before and before.isoformat(), "after": on and on.isoformat()}
    record(session, Change(actor, "participant.anchor_set", participant.study_id, participant.id, detail))
    return True


def set_zone(session: Session, actor: str, participant: Participant, zone: str) -> bool:
    """Set the person's time zone from now on, and keep the one before; returns whether it changed."""
    before = participant.time_zone
    if before == zone:
        return False
    mine = {"study_id": participant.study_id, "participant_id": participant.id}
    if not queries.zone_history(session, participant):
        session.add(ParticipantZone(**mine, since=participant.enrolled_at, time_zone=before))
    session.merge(ParticipantZone(**mine, since=clock.now(), time_zone=zone))
    participant.time_zone = zone
    session.flush()
    detail = {"before": before, "after": zone}
    record(session, Change(actor, "participant.time_zone_set", participant.study_id, participant.id, detail))
    return True


def set_attributes(session: Session, actor: str, participant: Participant, attributes: dict[str, str]) -> None:
    """Replace the attributes."""
    participant.attributes = dict(attributes)
    session.flush()
    detail = {"attributes": sorted(attributes)}
    record(session, Change(actor, "participant.attributes_set", participant.study_id, participant.id, detail))


def renew_link(session: Session, keyring: Keyring, actor: str, participant: Participant) -> PersonalLink:
    """Give the person a new link; the old one and every phone that it opened stop working."""
    if participant.withdrawn_at is not None:
        raise Withdrawn(_("这位参与者已经退出，不能再发链接"))
    mine = (Invite.study_id == participant.study_id, Invite.participant_id == participant.id)
    session.execute(update(Invite).where(*mine, Invite.revoked_at.is_(None)).values(revoked_at=clock.now()))
    session.execute(
        delete(DiarySession).where(
            DiarySession.study_id == participant.study_id, DiarySession.participant_id == participant.id
        )
    )
    link = _add_link(session, keyring, participant)
    session.flush()
    record(session, Change(actor, "link.renewed", participant.study_id, participant.id))
    return link


def open_diary(session: Session, keyring: Keyring, typed: str, *, days: int) -> OpenedDiary:
    """Open the diary of the link or short code that was ``typed``, on a phone, for ``days``.

    Raises LinkUnknown, LinkRevoked, Withdrawn or StudyClosed. The lookup is by HMAC, so that its time tells nothing.
    """
    found = queries.invite_by_hash(session, keyring.token_hash(secret_in(typed)))
    if found is None:
        raise LinkUnknown()
    invite, study, participant = found
    if invite.revoked_at is not None:
        raise LinkRevoked()
    if participant.withdrawn_at is not None:
        raise Withdrawn()
    if is_over(study, clock.now()):
        raise StudyClosed()
    token, moment = ids.token(), clock.now()
    session.add(
        DiarySession(
            token_hash=keyring.token_hash(token),
            study_id=study.id,
            participant_id=participant.id,
            created_at=moment,
            expires_at=moment + timedelta(days=days),
        )
    )
    session.flush()
    record(session, Change(f"participant:{participant.id}", "link.opened", study.id, participant.id))
    consented = consent_state(session, participant).suffices(on_phone=True)
    return OpenedDiary(token, study, participant, consented)


def leave_phone(session: Session, keyring: Keyring, session_token: str) -> None:
    """Sign this phone out of its diary."""
    session.execute(delete(DiarySession).where(DiarySession.token_hash == keyring.token_hash(session_token)))


def withdraw(session: Session, actor: str, participant: Participant) -> None:
    """End the person's part in the study, and every consent with it; saying it twice changes nothing."""
    if participant.withdrawn_at is not None:
        return
    withdraw_consents(
        session, actor, participant, queries.consents_in_force(session, participant.study_id, [participant.id])
    )
    participant.withdrawn_at = clock.now()
    session.flush()
    record(session, Change(actor, "participant.withdrawn", participant.study_id, participant.id))


def _open_for_joining(study: Study) -> None:
    if is_over(study, clock.now()):
        raise StudyClosed(_("这项研究已经结束，不能再加人"))


def _new_participant(study: Study, enrolment: Enrolment, code: str) -> Participant:
    return Participant(
        study_id=study.id,
        id=uuid7(),
        code=code,
        time_zone=enrolment.time_zone or study.time_zone,
        attributes=dict(enrolment.attributes),
        enrolled_at=clock.now(),
    )


def _add_anchor(session: Session, participant: Participant, enrolment: Enrolment) -> None:
    if enrolment.anchor_on is not None:
        on = enrolment.anchor_on
        session.add(AnchorEvent(study_id=participant.study_id, participant_id=participant.id, on=on))


def _add_link(session: Session, keyring: Keyring, participant: Participant) -> PersonalLink:
    link = new_link()
    session.add(
        Invite(
            study_id=participant.study_id,
            participant_id=participant.id,
            token_hash=keyring.token_hash(link.token),
            code_hash=keyring.token_hash(link.code),
            created_at=clock.now(),
        )
    )
    return link


def _enrolled(actor: str, participant: Participant, enrolment: Enrolment) -> Change:
    detail: dict[str, Any] = {"code": participant.code, "anchor": enrolment.anchor_on is not None}
    return Change(actor, "participant.enrolled", participant.study_id, participant.id, detail)

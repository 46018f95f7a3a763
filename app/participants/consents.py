"""Consent: what a person was asked, what they agreed to, and taking it back."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Final, Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from pydantic import TypeAdapter
from sqlalchemy.orm import Session

from app.audit.service import Change, record
from app.core import clock
from app.core.errors import FieldError, Invalid, NotFound
from app.participants import queries
from app.participants.errors import ConsentMissing, ConsentTextChanged, Withdrawn
from app.participants.models import Consent, Participant
from app.studies.models import ConsentText, Study
from app.studies.schemas import PurposeIn
from app.web.i18n import mark as _

Method = Literal["person", "paper"]
QUOTES: Final = "quotes"
"""The purpose of a consent text under which words may be quoted in reports."""

_PURPOSES: TypeAdapter[tuple[PurposeIn, ...]] = TypeAdapter(tuple[PurposeIn, ...])


@dataclass(frozen=True, slots=True)
class Paper:
    """A consent form that was signed: which version (default: the one of that day), and when (default: now)."""

    version: int | None = None
    given_on: date | None = None


@dataclass(frozen=True, slots=True)
class ConsentState:
    """What is asked in the latest text, and what of it a person has agreed to and not taken back."""

    text: ConsentText | None
    purposes: tuple[PurposeIn, ...]
    agreed: tuple[Consent, ...]

    @property
    def given(self) -> frozenset[str]:
        """Purposes in force, however they were agreed to."""
        return frozenset(consent.purpose for consent in self.agreed)

    @property
    def given_in_person(self) -> frozenset[str]:
        """Purposes that the person agreed to with their own hand on the phone."""
        return frozenset(consent.purpose for consent in self.agreed if consent.method == "person")

    @property
    def required(self) -> frozenset[str]:
        """Purposes without which nobody can take part."""
        return frozenset(purpose.key for purpose in self.purposes if purpose.required)

    def suffices(self, *, on_phone: bool) -> bool:
        """Return whether an entry may be written; on the phone only the person's own word counts."""
        return self.text is not None and self.required <= (self.given_in_person if on_phone else self.given)


def consent_state(session: Session, participant: Participant) -> ConsentState:
    """Return where one person stands with the latest text."""
    return consent_states(session, participant.study_id, [participant.id])[participant.id]


def consent_states(session: Session, study_id: UUID, participant_ids: Sequence[UUID]) -> dict[UUID, ConsentState]:
    """Return where each of these people stands with the latest text of their study."""
    text = queries.consent_text(session, study_id)
    purposes = purposes_of(text) if text else ()
    agreed: dict[UUID, list[Consent]] = {}
    for consent in queries.consents_in_force(session, study_id, participant_ids, text.version) if text else ():
        agreed.setdefault(consent.participant_id, []).append(consent)
    return {one: ConsentState(text, purposes, tuple(agreed.get(one, ()))) for one in participant_ids}


def may_be_quoted(session: Session, study_id: UUID) -> set[UUID] | None:
    """Return who agreed that their words are quoted in reports; None where the latest text does not ask for it.

    The team reads everyone's words; this says whose may leave it.
    """
    text = queries.consent_text(session, study_id)
    if text is None or QUOTES not in {purpose.key for purpose in purposes_of(text)}:
        return None
    return queries.agreed_to(session, study_id, QUOTES, text.version)


def purposes_of(text: ConsentText) -> tuple[PurposeIn, ...]:
    """Return the purposes that ``text`` asks for, in its order."""
    return _PURPOSES.validate_python(text.purposes)


def require_consent(session: Session, participant: Participant, *, on_phone: bool) -> None:
    """Raise ConsentMissing unless the person agreed to every required purpose of the latest text."""
    if not consent_state(session, participant).suffices(on_phone=on_phone):
        raise ConsentMissing()


def give_consent(
    session: Session,
    actor: str,
    participant: Participant,
    purposes: Collection[str],
    *,
    version: int,
    method: Method,
) -> ConsentState:
    """Store that the person agreed to ``purposes`` under ``version``, the latest; agreeing twice changes nothing.

    Invalid when a purpose is unknown or a required one is missing; ConsentTextChanged for another version.
    """
    if participant.withdrawn_at is not None:
        raise Withdrawn()
    state = consent_state(session, participant)
    if state.text is None or state.text.version != version:
        raise ConsentTextChanged()
    _check_purposes(state, purposes)
    already = state.given_in_person if method == "person" else state.given
    new = [purpose.key for purpose in state.purposes if purpose.key in purposes and purpose.key not in already]
    _store(session, actor, state.text, [(participant, key) for key in new], method)
    return consent_state(session, participant)


def record_paper(
    session: Session, actor: str, participant: Participant, purposes: Collection[str], paper: Paper
) -> ConsentState:
    """Store consent that was given on paper: today, under the text in force, or on an earlier day under the one of then.

    ConsentTextChanged for a version that was not the one to sign on that day; Invalid for a day to come.
    """
    if paper.given_on is None:
        version = paper.version or _latest(session, participant).version
        return give_consent(session, actor, participant, purposes, version=version, method="paper")
    if participant.withdrawn_at is not None:
        raise Withdrawn()
    study = session.get_one(Study, participant.study_id)
    text = _text_of_day(session, study, paper.given_on, paper.version)
    state = ConsentState(text, purposes_of(text), tuple(_in_force(session, participant, text.version)))
    _check_purposes(state, purposes)
    new = [purpose.key for purpose in state.purposes if purpose.key in purposes and purpose.key not in state.given]
    noon = datetime.combine(paper.given_on, time(12), ZoneInfo(study.time_zone))
    _store(session, actor, text, [(participant, key) for key in new], "paper", at=min(noon, clock.now()))
    return consent_state(session, participant)


def agree_on_paper(session: Session, actor: str, people: Sequence[Participant], *, version: int) -> None:
    """Store that ``people``, who have agreed to nothing yet, gave the required purposes of ``version`` on paper.

    ConsentTextChanged if it is not the latest; Withdrawn if one of them has left.
    """
    if any(participant.withdrawn_at is not None for participant in people):
        raise Withdrawn()
    text = queries.consent_text(session, people[0].study_id) if people else None
    if text is None:
        return
    if text.version != version:
        raise ConsentTextChanged()
    required = [purpose.key for purpose in purposes_of(text) if purpose.required]
    _store(session, actor, text, [(participant, key) for participant in people for key in required], "paper")


def withdraw_purpose(session: Session, actor: str, participant: Participant, purpose: str) -> ConsentState:
    """Take back one purpose, from now on; NotFound if the latest text has no such purpose."""
    state = consent_state(session, participant)
    if purpose not in {one.key for one in state.purposes}:
        raise NotFound()
    agreed = queries.consents_in_force(session, participant.study_id, [participant.id])
    withdraw_consents(session, actor, participant, [one for one in agreed if one.purpose == purpose])
    return consent_state(session, participant)


def withdraw_consents(session: Session, actor: str, participant: Participant, consents: Collection[Consent]) -> None:
    """Mark ``consents`` as taken back now."""
    moment = clock.now()
    for consent in consents:
        consent.withdrawn_at = moment
    session.flush()
    changes = (
        Change(
            actor,
            "consent.withdrawn",
            participant.study_id,
            participant.id,
            {"purpose": consent.purpose, "version": consent.version, "method": consent.method},
        )
        for consent in consents
    )
    record(session, *changes)


def _latest(session: Session, participant: Participant) -> ConsentText:
    text = queries.consent_text(session, participant.study_id)
    if text is None:
        raise NotFound()
    return text


def _in_force(session: Session, participant: Participant, version: int) -> Sequence[Consent]:
    return queries.consents_in_force(session, participant.study_id, [participant.id], version)


def _text_of_day(session: Session, study: Study, day: date, version: int | None) -> ConsentText:
    """Return the text that was to be signed on ``day``: from the day it was published until the next one was.

    The first text may have been signed before the study was made here; a day still to come is Invalid.
    """
    if day > clock.local_date(clock.now(), study.time_zone):
        raise Invalid(fields=[FieldError("given_on", _("请填已经过去的日期"), "in_future")])
    texts = sorted(queries.consent_texts(session, study.id), key=lambda text: text.version)
    if not texts:
        raise NotFound()
    begun = [text for text in texts if clock.local_date(text.published_at, study.time_zone) <= day] or texts[:1]
    # On the day of a change either may have lain on the table.
    usable = [text for text in begun if text is begun[-1] or _ends(texts, text, study) == day]
    found = usable[-1] if version is None else next((text for text in usable if text.version == version), None)
    if found is None:
        raise ConsentTextChanged(_("那一天要签的不是这一版同意书"), remedy=_("请核对纸上的日期和版本。"))
    return found


def _ends(texts: Sequence[ConsentText], text: ConsentText, study: Study) -> date | None:
    later = [one for one in texts if one.version > text.version]
    return clock.local_date(later[0].published_at, study.time_zone) if later else None


def _store(
    session: Session,
    actor: str,
    text: ConsentText,
    given: Sequence[tuple[Participant, str]],
    method: Method,
    *,
    at: datetime | None = None,
) -> None:
    moment = at or clock.now()
    session.add_all(
        Consent(
            study_id=text.study_id,
            participant_id=participant.id,
            purpose=key,
            version=text.version,
            text_hash=text.text_hash,
            method=method,
            given_at=moment,
        )
        for participant, key in given
    )
    session.flush()
    detail = {"version": text.version, "text_hash": text.text_hash, "method": method, "given_at": moment.isoformat()}
    changes = (
        Change(actor, "consent.given", text.study_id, participant.id, {"purpose": key, **detail})
        for participant, key in given
    )
    record(session, *changes)


def _check_purposes(state: ConsentState, purposes: Collection[str]) -> None:
    known = {purpose.key for purpose in state.purposes}
    errors = [
        FieldError("purposes", _("同意书里没有这一项"), "unknown_purpose") for key in purposes if key not in known
    ]
    errors += [
        FieldError(f"purposes.{purpose.key}", _("不同意这一项就不能参加；您可以不参加，不会有任何影响"), "required")
        for purpose in state.purposes
        if purpose.required and purpose.key not in purposes
    ]
    if errors:
        raise Invalid(fields=errors)

"""Follow-ups as staff see and move them: taken, given back, written down whom they reached, closed. Never commits.

Whoever changes one says which version they saw: a new alert, or somebody else's word, is a new version.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.orm import Session

from app.accounts.actors import StaffActor
from app.audit.service import Change, record
from app.care import follow_up_queries as queries
from app.care.alert_models import CLOSED, OPEN, TAKEN, Alert, CareContact, FollowUp
from app.care.contacting import Way, log_contact
from app.care.errors import ContactNeeded, FollowUpClosed, PassedToNeeded
from app.care.follow_up_queries import State
from app.care.holding import check_version, hold
from app.care.looking import look, raise_silence
from app.core import clock
from app.core.errors import FieldError, Invalid, NotFound
from app.participants.models import Participant
from app.participants.sight import Sight, care_sight
from app.studies.models import Study
from app.web.i18n import mark as _

__all__ = [
    "LEFT", "OUTCOMES", "Counts", "FollowUpLook", "State", "Way", "close", "close_left", "counts", "follow_up",
    "follow_ups", "give_back", "log_contact", "look", "looks", "raise_silence", "take",
]  # fmt: skip

OUTCOMES = ("helped", "passed_on", "no_need", "not_reached")
"""How a member of the staff can close one."""
LEFT = "left"
"""How it ends when the person withdraws."""
MOST = 200


@dataclass(frozen=True, slots=True)
class FollowUpLook:
    """A follow-up as staff see it: ``alerts`` the newest first, ``contacts`` the first one first.

    ``late``: its time is over, and nobody has reached the person since the newest alert.
    """

    person: Participant
    follow_up: FollowUp
    alerts: Sequence[Alert]
    contacts: Sequence[CareContact]
    taken_by: str | None
    late: bool

    @property
    def etag(self) -> str:
        """The ETag of the version that is shown."""
        return f'"{self.follow_up.version}"'


@dataclass(frozen=True, slots=True)
class Counts:
    """How many people something is open for, of whom the reader may see. ``urgent``: and nobody reached them since the last
    alert; ``met``: somebody did. ``hidden``: of the open, those whom care staff do not see, for who sees everyone."""

    open: int
    urgent: int
    late: int
    hidden: int
    met: int


def follow_ups(
    session: Session, study: Study, sight: Sight, *, state: State = "open", most: int = MOST, after: UUID | None = None
) -> Sequence[FollowUpLook]:
    """Return up to ``most`` follow-ups of people who may be seen, beginning after the follow-up ``after``.

    Open ones: the urgent first, then by the time that is over first. Closed ones: the latest first. All: as they were
    opened. NotFound where ``after`` is none of the study's.
    """
    last = None
    if after is not None:
        last = queries.by_id(session, study.id, after)
        if last is None or (state == "closed" and last.closed_at is None):
            raise NotFound()
    return looks(session, study.id, queries.page(session, sight, state, most, last))


def follow_up(session: Session, study: Study, sight: Sight, follow_up_id: UUID) -> FollowUpLook:
    """Return one follow-up; NotFound for another study's, or of a person who may not be seen."""
    found = queries.seen(session, sight, follow_up_id)
    if found is None:
        raise NotFound()
    return looks(session, study.id, [found])[0]


def counts(session: Session, study: Study, sight: Sight) -> Counts:
    """Return how many people something is open, urgent, late, done, or hidden from care staff for."""
    found = queries.open_counts(session, sight, clock.now())
    hidden = 0
    if found.open and sight.consents is None:
        hidden = found.open - queries.open_counts(session, care_sight(session, study.id), clock.now()).open
    return Counts(found.open, found.urgent, found.late, hidden, found.met)


def take(
    session: Session, actor: StaffActor, study: Study, sight: Sight, follow_up_id: UUID, *, version: int | None
) -> FollowUp:
    """Let the actor see to it from now on, also in the place of somebody else. Whose it is already: nothing changes.

    PreconditionRequired, FollowUpChanged; FollowUpClosed; NotFound.
    """
    held = hold(session, study.id, sight, follow_up_id)
    if held.state == TAKEN and held.taken_by == actor.user_id and version is not None:
        return held  # the answer to the first time may have been lost
    check_version(held, version)
    _not_closed(held)
    before = held.taken_by
    held.state, held.taken_by, held.taken_at = TAKEN, actor.user_id, clock.now()
    return _changed(session, actor.label, held, "follow_up.taken", {"over": before is not None})


def give_back(
    session: Session, actor: StaffActor, study: Study, sight: Sight, follow_up_id: UUID, *, version: int | None
) -> FollowUp:
    """Let it wait for somebody again; where nobody has it, nothing changes.

    PreconditionRequired, FollowUpChanged; FollowUpClosed; NotFound.
    """
    held = hold(session, study.id, sight, follow_up_id)
    if held.state == OPEN and version is not None:
        return held
    check_version(held, version)
    _not_closed(held)
    held.state, held.taken_by, held.taken_at = OPEN, None, None
    return _changed(session, actor.label, held, "follow_up.given_back", {})


def close(
    session: Session,
    actor: StaffActor,
    study: Study,
    sight: Sight,
    follow_up_id: UUID,
    *,
    outcome: str,
    version: int | None,
) -> FollowUp:
    """Close it with one of OUTCOMES; closed by the actor with that outcome already: nothing changes.

    PreconditionRequired, FollowUpChanged; FollowUpClosed; ContactNeeded for an urgent one without a contact, and for
    ``not_reached`` without an attempt; PassedToNeeded for ``passed_on`` to nobody; Invalid; NotFound.
    """
    if outcome not in OUTCOMES:
        raise Invalid(fields=[FieldError("outcome", _("请选一个结果"))])
    held = hold(session, study.id, sight, follow_up_id)
    if (held.outcome, held.closed_by) == (outcome, actor.label) and version is not None:
        return held
    _not_closed(held)
    check_version(held, version)
    logged = queries.contacts(session, study.id, [held.id]).get(held.id, [])
    if not logged and (held.urgent or outcome == "not_reached"):
        raise ContactNeeded()
    if outcome == "passed_on" and not any(one.passed_to for one in logged):
        raise PassedToNeeded()
    return _close(session, actor.label, held, outcome)


def close_left(session: Session, study_id: UUID, follow_up_id: UUID) -> bool:
    """Close what is open for a person who has withdrawn; returns whether it was open, and they had."""
    found = queries.by_id(session, study_id, follow_up_id)
    person = queries.held_person(session, study_id, found.participant_id) if found else None
    held = queries.by_id(session, study_id, follow_up_id) if person else None
    if person is None or person.withdrawn_at is None or held is None or held.state == CLOSED:
        return False
    _close(session, "care", held, LEFT)
    return True


def looks(session: Session, study_id: UUID, found: Sequence[tuple[FollowUp, Participant]]) -> Sequence[FollowUpLook]:
    """Return these follow-ups with all that belongs to them, in a fixed number of SELECTs."""
    ids = [one.id for one, _person in found]
    alerts, contacts = queries.alerts(session, study_id, ids), queries.contacts(session, study_id, ids)
    names = queries.names(session, {one.taken_by for one, _person in found if one.taken_by is not None})
    late = queries.late_among(session, study_id, ids, clock.now())
    return [
        FollowUpLook(
            person=person,
            follow_up=one,
            alerts=alerts.get(one.id, []),
            contacts=contacts.get(one.id, []),
            taken_by=names.get(one.taken_by) if one.taken_by else None,
            late=one.id in late,
        )
        for one, person in found
    ]


def _not_closed(held: FollowUp) -> None:
    if held.state == CLOSED:
        raise FollowUpClosed()


def _close(session: Session, label: str, held: FollowUp, outcome: str) -> FollowUp:
    held.state, held.outcome = CLOSED, outcome
    held.closed_at, held.closed_by = clock.now(), label[:80]
    return _changed(session, label, held, "follow_up.closed", {"outcome": outcome})


def _changed(session: Session, label: str, held: FollowUp, action: str, detail: dict[str, object]) -> FollowUp:
    held.version += 1
    session.flush()
    told = {"follow_up": str(held.id), "version": held.version, **detail}
    record(session, Change(label, action, held.study_id, held.participant_id, told))
    return held

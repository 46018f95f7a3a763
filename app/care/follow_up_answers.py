"""What the API answers about follow-ups: who, why and what was done, by ids; no word of a diary."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Literal, Self
from uuid import UUID

from pydantic import BaseModel, Field

from app.care.alert_models import Alert, CareContact
from app.care.contacting import LONGEST_NAME, LONGEST_NOTE, Way
from app.care.follow_ups import FollowUpLook
from app.studies.protocol import StudyProtocol
from app.studies.schemas import Strict


class AlertOut(BaseModel):
    """Why somebody is to be looked at. ``mood`` (1..9) and ``score`` (−1..1, the entry's lowest) are those of that moment."""

    id: UUID
    follow_up: UUID
    participant: str
    kind: str = Field(description="self_harm, emergency, low, marked, effort or silent.")
    entry: UUID | None
    stage: str | None
    day: int | None
    mood: int | None
    score: float | None
    occurred_at: datetime
    raised_at: datetime

    @classmethod
    def of(cls, alert: Alert, participant: str, protocol: StudyProtocol) -> Self:
        return cls(
            id=alert.id,
            follow_up=alert.follow_up_id,
            participant=participant,
            kind=alert.kind,
            entry=alert.entry_id,
            stage=None if alert.stage_id is None else protocol.stage_of(alert.stage_id).key,
            day=alert.day,
            mood=alert.mood,
            score=alert.score,
            occurred_at=alert.occurred_at,
            raised_at=alert.raised_at,
        )


class ContactOut(BaseModel):
    """One attempt to be in touch, with the team's own note. ``by`` is as the log names who wrote it down."""

    id: UUID
    follow_up: UUID
    participant: str
    at: datetime
    by: str
    way: Way
    reached: bool
    passed_to: str
    note: str
    asked_again: bool = Field(description="Whether the person was, or is to be, asked how it is now.")

    @classmethod
    def of(cls, contact: CareContact, participant: str) -> Self:
        return cls.model_validate(
            {
                "id": contact.id,
                "follow_up": contact.follow_up_id,
                "participant": participant,
                "at": contact.at,
                "by": contact.author,
                "way": contact.way,
                "reached": contact.reached,
                "passed_to": contact.passed_to,
                "note": contact.note,
                "asked_again": contact.prompt_id is not None,
            }
        )


class FollowUpOut(BaseModel):
    """What is to be done, or was, for one person. ``late``: past its time, and nobody reached since the newest alert."""

    id: UUID
    participant: str
    state: Literal["open", "taken", "closed"]
    urgent: bool
    late: bool
    opened_at: datetime
    due_at: datetime
    taken_by: str | None
    taken_at: datetime | None
    contacted_at: datetime | None = Field(description="When the person was first reached.")
    closed_at: datetime | None
    outcome: str | None = Field(description="helped, passed_on, no_need, not_reached or left.")
    version: int
    alerts: list[AlertOut] = Field(description="The newest first.")
    contacts: list[ContactOut] = Field(description="The first one first.")

    @classmethod
    def of(cls, look: FollowUpLook, protocol: StudyProtocol) -> Self:
        one, code = look.follow_up, look.person.code
        names = "id state urgent opened_at due_at taken_at contacted_at closed_at outcome version"
        return cls.model_validate(
            {name: getattr(one, name) for name in names.split()}
            | {
                "participant": code,
                "late": look.late,
                "taken_by": look.taken_by,
                "alerts": [AlertOut.of(alert, code, protocol) for alert in look.alerts],
                "contacts": [ContactOut.of(contact, code) for contact in look.contacts],
            }
        )


class LaterOut(BaseModel):
    """What the person reported, or wrote, after the first contact: ``mood`` 1..9, ``score`` −1..1."""

    entry: UUID
    at: datetime
    mood: int | None
    score: float | None


class OneFollowUpOut(FollowUpOut):
    """One follow-up, and the person's next entries within a week after they were first reached."""

    later: list[LaterOut]


class CountsOut(BaseModel):
    """How many follow-ups are open, of these urgent and late ones whose person nobody has reached since, and ``met``: those
    whose person somebody has. ``hidden``: of people who did not agree to be seen by care staff; not known to these."""

    open: int
    urgent: int
    late: int
    met: int
    hidden: int


class ContactIn(Strict):
    """An attempt to be in touch. The note is the team's own: nobody's diary is copied into it."""

    way: Way
    reached: bool
    note: str = Field("", max_length=LONGEST_NOTE)
    passed_to: str = Field("", max_length=LONGEST_NAME, description="To whom it was passed on.")


class CloseIn(Strict):
    """How a follow-up ended."""

    outcome: Literal["helped", "passed_on", "no_need", "not_reached"]


FOLLOW_UP_COLUMNS = (
    "id", "participant", "state", "urgent", "late", "opened_at", "due_at", "taken_by", "taken_at", "contacted_at",
    "closed_at", "outcome", "alerts", "contacts", "reached",
)  # fmt: skip
ALERT_COLUMNS = tuple(AlertOut.model_fields)
CONTACT_COLUMNS = tuple(ContactOut.model_fields)


def follow_up_cells(looks: Iterable[FollowUpLook]) -> Iterable[Sequence[object]]:
    """Yield a row for each: the kinds of its alerts joined, how many contacts there were, and how many reached the person."""
    for look in looks:
        one = look.follow_up
        kinds = dict.fromkeys(alert.kind for alert in look.alerts)
        moments = (one.taken_at, one.contacted_at, one.closed_at)
        taken, contacted, closed = (None if at is None else at.isoformat() for at in moments)
        yield [
            str(one.id), look.person.code, one.state, one.urgent, look.late, one.opened_at.isoformat(),
            one.due_at.isoformat(), look.taken_by, taken, contacted, closed, one.outcome, ";".join(kinds),
            len(look.contacts), sum(contact.reached for contact in look.contacts),
        ]  # fmt: skip


def cells(row: BaseModel) -> Sequence[object]:
    """Return a row of a table: its values in the order of its fields, moments in ISO 8601."""
    return list(row.model_dump(mode="json").values())

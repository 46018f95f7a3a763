"""What a person takes along of being followed up: why the team was told of them, what it did and wrote down."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from app.care import alert_listing_queries as listing
from app.care import follow_up_queries as queries
from app.care.alert_models import Alert, CareContact, FollowUp
from app.participants.models import Participant
from app.studies.protocol import StudyProtocol
from app.web.i18n import mark as _

REASONS: Mapping[str, str] = {
    "self_harm": _("您写的话让人放心不下"),
    "emergency": _("您写到的不舒服，可能要马上处理"),
    "low": _("您那时心情很低"),
    "marked": _("您把那一刻标成了低谷"),
    "effort": _("您说事情办得很费力"),
    "silent": _("有些日子没有您的消息"),
}
ATTEMPTS: Mapping[tuple[str, bool], str] = {
    ("phone", True): _("打过电话，和您说上了话"),
    ("phone", False): _("打过电话，没有找到您"),
    ("message", True): _("发过消息，联系上了您"),
    ("message", False): _("发过消息，没有等到回音"),
    ("chat", True): _("用聊天软件联系上了您"),
    ("chat", False): _("用聊天软件找过您，没有等到回音"),
    ("in_person", True): _("当面见到了您"),
    ("in_person", False): _("当面去找过您，没有见到"),
    ("other", True): _("用别的办法联系上了您"),
    ("other", False): _("用别的办法找过您，没有联系上"),
}
"""What was tried, by way and whether the person was reached, as the person is told it."""


def care_of(session: Session, protocol: StudyProtocol, person: Participant) -> list[dict[str, Any]]:
    """Return the person's follow-ups with their alerts and contacts, the first one first; who of the team is not named."""
    found = listing.of_person(session, person.study_id, person.id)
    ids = [one.id for one in found]
    alerts = queries.alerts(session, person.study_id, ids)
    contacts = queries.contacts(session, person.study_id, ids)
    return [_follow_up(one, protocol, alerts.get(one.id, ()), contacts.get(one.id, ())) for one in found]


def _follow_up(
    one: FollowUp, protocol: StudyProtocol, alerts: Sequence[Alert], contacts: Sequence[CareContact]
) -> dict[str, Any]:
    moments = {name: _told(getattr(one, name)) for name in ("opened_at", "due_at", "contacted_at", "closed_at")}
    return {
        "id": str(one.id),
        "state": one.state,
        "urgent": one.urgent,
        "outcome": one.outcome,
        **moments,
        "alerts": [_alert(alert, protocol) for alert in reversed(alerts)],
        "contacts": [_contact(contact) for contact in contacts],
    }


def _alert(one: Alert, protocol: StudyProtocol) -> dict[str, Any]:
    return {
        "id": str(one.id),
        "kind": one.kind,
        "entry": _told(one.entry_id),
        "stage": None if one.stage_id is None else protocol.stage_of(one.stage_id).key,
        "day": one.day,
        "mood": one.mood,
        "score": one.score,
        "occurred_at": _told(one.occurred_at),
        "raised_at": _told(one.raised_at),
    }


def _contact(one: CareContact) -> dict[str, Any]:
    return {
        "id": str(one.id),
        "at": _told(one.at),
        "way": one.way,
        "reached": one.reached,
        "passed_to": one.passed_to,
        "note": one.note,
        "prompt": _told(one.prompt_id),
    }


def _told(value: datetime | UUID | None) -> str | None:
    return value.isoformat() if isinstance(value, datetime) else None if value is None else str(value)

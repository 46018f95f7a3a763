"""Follow-ups as the list shows them, a row for each person."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from app.care.alert_models import CLOSED, Alert, CareContact, FollowUp
from app.care.follow_up_words import GRAVE, GRAVEST_FIRST, ago, attempt, clock_words, due_words, ending, reason
from app.care.said import Bit, Said
from app.participants.models import Participant
from app.statements.words import day_words
from app.studies.protocol import StudyProtocol
from app.web.i18n import mark as _
from app.web.i18n import translate


class Look(Protocol):
    """A follow-up with its person, its alerts (the newest first), its contacts (the first one first), and whose it is."""

    @property
    def person(self) -> Participant: ...
    @property
    def follow_up(self) -> FollowUp: ...
    @property
    def alerts(self) -> Sequence[Alert]: ...
    @property
    def contacts(self) -> Sequence[CareContact]: ...
    @property
    def taken_by(self) -> str | None: ...
    @property
    def late(self) -> bool: ...


@dataclass(frozen=True, slots=True)
class Reason:
    """Why, in words; ``grave``: somebody may be in danger."""

    words: str
    grave: bool


@dataclass(frozen=True, slots=True)
class Row:
    """One row. ``due`` is empty where nothing is due any more; ``pressing``: urgent, and nobody has reached the person since."""

    id: UUID
    code: str
    pressing: bool
    late: bool
    due: str
    ending: str
    reasons: Sequence[Reason]
    excerpt: Sequence[Bit]
    where: str
    when: str
    last: str
    with_whom: str
    unseen_by_care: bool


def gravest(alerts: Sequence[Alert]) -> Alert | None:
    """Return the alert that says most: of the gravest kind, the one of the newest moment."""
    return min(alerts, key=lambda one: (GRAVEST_FIRST.index(one.kind), -one.occurred_at.timestamp()), default=None)


def reasons_of(alerts: Sequence[Alert]) -> list[Reason]:
    """Return why the person is listed, each kind of reason once in its newest words, the gravest first."""
    newest = {one.kind: one for one in sorted(alerts, key=lambda one: one.occurred_at)}
    return [Reason(reason(newest[kind]), kind in GRAVE) for kind in GRAVEST_FIRST if kind in newest]


def is_met(look: Look) -> bool:
    """Return whether the person was reached since the newest alert came in."""
    newest = max((one.raised_at for one in look.alerts), default=look.follow_up.opened_at)
    return any(one.reached and one.at >= newest for one in look.contacts)


def rows_of(
    looks: Sequence[Look], said: Mapping[UUID, Said], protocol: StudyProtocol, unseen: Collection[UUID], now: datetime
) -> list[Row]:
    """Return the rows of ``looks``; ``said`` are entries in words by id, ``unseen`` people whom care staff do not see."""
    return [_row(look, said, protocol, unseen, now) for look in looks]


def place_words(alert: Alert, protocol: StudyProtocol) -> str:
    """Return where on the road it was: 恢复 · 手术后第 3 天."""
    stage = next((one.name for one in protocol.stages if one.id == alert.stage_id), "")
    day = "" if alert.day is None else day_words(protocol.study.anchor_label, alert.day)
    return " · ".join(part for part in (stage, day) if part)


def _row(
    look: Look, said: Mapping[UUID, Said], protocol: StudyProtocol, unseen: Collection[UUID], now: datetime
) -> Row:
    follow_up, zone = look.follow_up, protocol.study.time_zone
    first = gravest(look.alerts)
    entry = said.get(first.entry_id) if first and first.entry_id else None
    open_still = follow_up.state != CLOSED and not is_met(look)
    return Row(
        id=follow_up.id,
        code=look.person.code,
        pressing=follow_up.urgent and open_still,
        late=look.late,
        due=due_words(follow_up.due_at, now) if open_still else "",
        ending=ending(follow_up),
        reasons=reasons_of(look.alerts),
        excerpt=entry.excerpt if entry else (),
        where=place_words(first, protocol) if first else "",
        when=clock_words(follow_up.closed_at or (first.occurred_at if first else follow_up.opened_at), zone),
        last=_last(look, now, zone),
        with_whom=_with_whom(look),
        unseen_by_care=look.person.id in unseen,
    )


def _last(look: Look, now: datetime, zone: str) -> str:
    if not look.contacts:
        return ""
    last = max(look.contacts, key=lambda one: one.at)
    return f"{attempt(last)}{translate(_('（'))}{ago(last.at, now, zone)}{translate(_('）'))}"


def _with_whom(look: Look) -> str:
    if look.follow_up.state == CLOSED or not look.taken_by:
        return ""
    return translate(_("%(name)s在跟")) % {"name": look.taken_by}

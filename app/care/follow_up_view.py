"""One follow-up as its page shows it: why, how to reach the person, what was done, and how it went on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any, Final
from uuid import UUID

from fastapi import Request
from sqlalchemy.orm import Session

from app.care import queries as messages
from app.care import service as messaging
from app.care.alert_models import CLOSED, Alert, CareContact
from app.care.follow_up_rows import Look, Reason, gravest, is_met, place_words, reasons_of
from app.care.follow_up_words import GRAVE, attempt, clock_words, due_words, ending
from app.care.said import Later, Said, later_of, said_of
from app.coding.codebook_queries import names_of_users
from app.coding.codebook_words import who
from app.core import clock
from app.diary.words import MOODS
from app.participants.sight import Sight
from app.prompts.delivery import contacts as delivery
from app.prompts.delivery import queries as delivery_queries
from app.prompts.delivery.models import Contact
from app.statements.words import LABELS
from app.studies import queries as studies
from app.studies.access import RESEARCHERS, StudyAccess
from app.studies.protocol import StudyProtocol
from app.web.i18n import mark as _
from app.web.i18n import translate
from nlp import label_of

MOST_WHOLE: Final = 2
"""Moments that are shown whole; earlier ones take a line each."""

EXCERPT: Final = 60


@dataclass(frozen=True, slots=True)
class Moment:
    """Why, as of one moment: an entry with its signs, or a silence."""

    at: datetime
    reasons: Sequence[Reason]
    said: Said | None
    where: str
    when: str
    mood: str


@dataclass(frozen=True, slots=True)
class Moments:
    """All moments: those shown whole, the newest first, and the earlier ones; ``grave``: somebody may be in danger."""

    shown: Sequence[Moment]
    earlier: Sequence[Moment]
    grave: bool


@dataclass(frozen=True, slots=True)
class Track:
    """One step of what happened."""

    at: datetime
    words: str
    when: str
    by: str = ""
    note: str = ""
    passed_to: str = ""


@dataclass(frozen=True, slots=True)
class Felt:
    """How somebody felt at a moment, in words."""

    when: str
    words: str
    id: UUID | None = None


def context_of(
    session: Session, request: Request, access: StudyAccess, sight: Sight, look: Look
) -> tuple[dict[str, Any], Sequence[tuple[UUID, UUID]]]:
    """Return what the page is rendered with, and whose words of which entries stand on it."""
    protocol = studies.protocol(session, access.study.id)
    said = said_of(session, sight, protocol, {one.entry_id for one in look.alerts if one.entry_id})
    moments = _moments(look.alerts, said, protocol)
    first = look.follow_up.contacted_at
    later = later_of(session, sight, look.person.id, first) if first else []
    shown = [one.said.id for one in moments.shown if one.said]
    context = {
        "look": look,
        "heading": _heading(look),
        "standing": _standing(look, protocol.study.time_zone),
        "open": look.follow_up.state != CLOSED,
        "mine": look.follow_up.taken_by == access.actor.user_id,
        "taken_by": look.taken_by,
        "moments": moments,
        "reach": _reach(session, request, access, look),
        "tracks": _tracks(session, look, protocol),
        "then": _then(look, protocol.study.time_zone) if first else None,
        "later": [_felt(one, protocol.study.time_zone) for one in later],
        "asks_again": protocol.care_rules.ask_again_hours,
    }
    return context, [(look.person.id, entry_id) for entry_id in shown]


def now_words(look: Look, reader: UUID) -> str:
    """Return how a follow-up stands, for a ``reader`` who has to compare it with what they were about to do."""
    follow_up = look.follow_up
    said = []
    if follow_up.state == CLOSED:
        said.append(translate(_("已经结束：%(how)s")) % {"how": ending(follow_up)})
    elif follow_up.taken_by == reader:
        said.append(translate(_("您在跟")))
    elif look.taken_by:
        said.append(translate(_("%(name)s在跟")) % {"name": look.taken_by})
    else:
        said.append(translate(_("还没有人跟")))
    if look.contacts:
        said.append(_last_contact(look.contacts[-1]))
    newest = max((one.raised_at for one in look.alerts), default=None)
    if newest and (not look.contacts or newest > look.contacts[-1].at):
        said.append(translate(_("最新的情况：%(why)s")) % {"why": reasons_of(look.alerts)[0].words})
    return "\n".join(said)


def felt_words(mood: int | None, score: float | None) -> str:
    """Return a mood (1..9) and a score (−1..1) in words, the number behind."""
    said = []
    if mood is not None:
        said.append(translate(_("心情%(mood)s")) % {"mood": translate(MOODS[mood - 1])})
    if score is not None:
        number = f"{score:+.2f}".replace("-", "−")
        said.append(
            translate(_("写的话：%(label)s（%(score)s）"))
            % {"label": translate(LABELS[label_of(score)]), "score": number}
        )
    return translate(_("，")).join(said) or translate(_("没有心情，也没有写字"))


def _moments(alerts: Sequence[Alert], said: Mapping[UUID, Said], protocol: StudyProtocol) -> Moments:
    ordered = sorted(alerts, key=lambda one: (one.occurred_at, one.key), reverse=True)
    found = [_moment(list(those), said, protocol) for _key, those in groupby(ordered, key=lambda one: one.key)]
    # Who may be in danger stands on top, also where something slighter came in later.
    found.sort(key=lambda one: not any(reason.grave for reason in one.reasons))
    return Moments(found[:MOST_WHOLE], found[MOST_WHOLE:], any(one.kind in GRAVE for one in alerts))


def _moment(alerts: Sequence[Alert], said: Mapping[UUID, Said], protocol: StudyProtocol) -> Moment:
    first = alerts[0]
    entry = said.get(first.entry_id) if first.entry_id else None
    mood = entry.words.mood_words if entry else None
    return Moment(
        at=first.occurred_at,
        reasons=reasons_of(alerts),
        said=entry,
        where=place_words(first, protocol),
        when=clock_words(first.occurred_at, protocol.study.time_zone),
        mood=translate(mood) if mood else "",
    )


def _heading(look: Look) -> str:
    follow_up, code = look.follow_up, look.person.code
    if follow_up.state == CLOSED:
        return translate(_("%(code)s 的回访结束了：%(how)s")) % {"code": code, "how": ending(follow_up)}
    if is_met(look):
        return translate(_("%(code)s 联系上了，还没有结束")) % {"code": code}
    if follow_up.urgent:
        return translate(_("%(code)s 要马上看")) % {"code": code}
    return translate(_("%(code)s 等过了时间") if look.late else _("%(code)s 要联系")) % {"code": code}


def _standing(look: Look, zone: str) -> str:
    due_at, now = look.follow_up.due_at, clock.now()
    if look.follow_up.state == CLOSED or is_met(look):
        return ""
    words = _("%(left)s，本该在%(when)s 之前联系。") if due_at < now else _("%(left)s，最晚%(when)s 联系。")
    return translate(words) % {"left": due_words(due_at, now), "when": clock_words(due_at, zone)}


def _reach(session: Session, request: Request, access: StudyAccess, look: Look) -> dict[str, Any]:
    person, state = look.person, request.app.state
    found: Sequence[Contact] = ()
    # As on the person's own page: who manages people sees the ways that they left, masked; nobody else does.
    if access.can(RESEARCHERS):
        found = delivery_queries.contacts_of(session, access.study.id, person.id)
    return {
        "messages": messaging.is_open(access.study, person),
        "last": _last_message(session, access, look),
        "contacts": [delivery.shown(state.keyring, one) for one in found if one.disabled_at is None],
        "lines": access.study.help_lines,
    }


def _last_message(session: Session, access: StudyAccess, look: Look) -> dict[str, str] | None:
    last = messages.last_messages(session, access.study.id, [look.person.id]).get(look.person.id)
    if last is None:
        return None
    by = look.person.code if last.from_person else translate(_("团队"))
    words = _("上一条消息（%(by)s，%(when)s）：")
    text = last.text if len(last.text) <= EXCERPT else f"{last.text[: EXCERPT - 1]}…"
    return {
        "before": translate(words) % {"by": by, "when": clock_words(last.sent_at, access.study.time_zone)},
        "text": text,
    }


def _tracks(session: Session, look: Look, protocol: StudyProtocol) -> list[Track]:
    """Return what happened, the latest first."""
    zone, follow_up = protocol.study.time_zone, look.follow_up
    labels = {one.author for one in look.contacts} | ({follow_up.closed_by} if follow_up.closed_by else set())
    names = names_of_users(session, {label for label in labels if label.startswith("user:")})
    raised = sorted(look.alerts, key=_of_once)
    found = [_raised(list(those), zone) for _once, those in groupby(raised, key=_of_once)]
    found += [
        Track(one.at, attempt(one), clock_words(one.at, zone), who(one.author, names), one.note, one.passed_to)
        for one in look.contacts
    ]
    if follow_up.taken_at and look.taken_by:
        found.append(
            Track(follow_up.taken_at, translate(_("接手了")), clock_words(follow_up.taken_at, zone), look.taken_by)
        )
    if follow_up.closed_at:
        by = "" if follow_up.closed_by == "care" else who(follow_up.closed_by or "", names)
        words = translate(_("结束：%(how)s")) % {"how": ending(follow_up)}
        found.append(Track(follow_up.closed_at, words, clock_words(follow_up.closed_at, zone), by))
    return sorted(found, key=lambda one: one.at, reverse=True)


def _of_once(alert: Alert) -> tuple[datetime, str]:
    return alert.raised_at, alert.key


def _raised(alerts: Sequence[Alert], zone: str) -> Track:
    words = translate(_("；")).join(one.words for one in reasons_of(alerts))
    return Track(alerts[0].raised_at, words, clock_words(alerts[0].raised_at, zone))


def _then(look: Look, zone: str) -> Felt | None:
    """Return how it was at the alert for which the person was called."""
    before = [
        one for one in look.alerts if one.entry_id and one.raised_at <= (look.follow_up.contacted_at or clock.now())
    ]
    first = gravest(before)
    if first is None:
        return None
    return Felt(clock_words(first.occurred_at, zone), felt_words(first.mood, first.score))


def _felt(one: Later, zone: str) -> Felt:
    return Felt(clock_words(one.at, zone), felt_words(one.mood, one.score), one.entry_id)


def _last_contact(contact: CareContact) -> str:
    return f"{attempt(contact)}{translate(_('：'))}{contact.note}" if contact.note else attempt(contact)

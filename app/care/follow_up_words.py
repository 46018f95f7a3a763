"""Follow-ups in words: why, by when, what was done, and the sentence that opens the page."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Final, Protocol
from zoneinfo import ZoneInfo

from app.care.alert_models import Alert, CareContact, FollowUp
from app.core import clock
from app.diary.words import MOODS
from app.web.i18n import current_language, translate
from app.web.i18n import mark as _

GRAVEST_FIRST: Final = ("self_harm", "emergency", "low", "marked", "effort", "silent")
GRAVE: Final = frozenset({"self_harm", "emergency"})
REASONS: Final[Mapping[str, str]] = {
    "self_harm": _("写的话让人放心不下，可能想伤害自己"),
    "emergency": _("写到的不舒服可能是急症"),
    "marked": _("自己标成了低谷"),
    "effort": _("事情办得很费力"),
    "silent": _("好些天没有写了"),
}
WAYS: Final[Mapping[str, str]] = {
    "phone": _("电话"),
    "message": _("这里的消息"),
    "chat": _("微信等"),
    "in_person": _("当面"),
    "other": _("别的办法"),
}
OUTCOMES: Final[Mapping[str, str]] = {
    "helped": _("帮上了"),
    "passed_on": _("转给别人了"),
    "no_need": _("不用再跟"),
    "not_reached": _("一直没联系上"),
    "left": _("本人退出了研究"),
}
LOW_MOOD: Final = 4
LOW_SCORE: Final = -0.3
HOUR: Final = timedelta(hours=1)
DAY: Final = timedelta(days=1)
HALF_A_YEAR: Final = 180
"""Days; a date farther away is told with its year."""

MINUTES_UP_TO: Final = timedelta(hours=3)
MOST_HOURS: Final = 48
"""Up to here lengths of time are told in hours, beyond in days."""


class Tally(Protocol):
    """How many people something is open for. ``urgent`` and ``late`` wait still; ``met`` were reached and are not closed."""

    @property
    def open(self) -> int: ...
    @property
    def urgent(self) -> int: ...
    @property
    def late(self) -> int: ...
    @property
    def hidden(self) -> int: ...
    @property
    def met(self) -> int: ...


def headline(counts: Tally, *, ever: bool, watching: bool) -> str:
    """Return the sentence on top of the list: what a colleague would say when you come in."""
    if counts.urgent:
        return _counted(_("有 1 个人要马上看"), _("有 %(n)s 个人要马上看"), counts.urgent)
    if counts.late:
        return _counted(_("有 1 个人等过了时间"), _("有 %(n)s 个人等过了时间"), counts.late)
    if counts.open > counts.met:
        return _counted(_("有 1 个人要联系"), _("有 %(n)s 个人要联系"), counts.open - counts.met)
    if not watching:
        return translate(_("回访没有开"))
    return translate(_("没有人在等了")) if ever else translate(_("现在没有人要回访"))


def beside(counts: Tally) -> str:
    """Return what is to be said beside the headline: who else waits, and how many are late; empty where nothing is."""
    said = []
    waiting = counts.open - counts.met
    others = waiting - counts.urgent
    if counts.urgent and others:
        said.append(_counted(_("另外还有 1 个人要联系。"), _("另外还有 %(n)s 个人要联系。"), others))
    if counts.late and counts.urgent:
        said.append(_counted(_("其中 1 个人已经等过了时间。"), _("其中 %(n)s 个人已经等过了时间。"), counts.late))
    elif counts.late and waiting > counts.late:
        said.append(_counted(_("另外还有 1 个人要联系。"), _("另外还有 %(n)s 个人要联系。"), waiting - counts.late))
    if counts.met and not waiting:
        said.append(
            _counted(_("有 1 个人联系上了，还没有结束。"), _("有 %(n)s 个人联系上了，还没有结束。"), counts.met)
        )
    return "".join(said) if current_language.get() != "en" else " ".join(said)


def reason(alert: Alert) -> str:
    """Return one reason in words, with what was reported or read."""
    if alert.kind == "low":
        return _low(alert)
    if alert.kind == "silent":
        return _silent(alert)
    return translate(REASONS[alert.kind])


def due_words(due_at: datetime, now: datetime) -> str:
    """Return how long there is still time, or how long it has been over: 还有 3 小时, 晚了 2 小时."""
    left = due_at - now
    if abs(left) < timedelta(minutes=1):
        return translate(_("时间到了"))
    words = _("还有 %(time)s") if left > timedelta(0) else _("晚了 %(time)s")
    return translate(words) % {"time": length(abs(left))}


def length(span: timedelta) -> str:
    """Return a length of time as people say it, rounded down so that nobody is promised more time than there is."""
    if span < HOUR:
        return _counted(_("1 分钟"), _("%(n)s 分钟"), max(1, int(span.total_seconds() // 60)))
    if span < MINUTES_UP_TO and (minutes := int(span.total_seconds() // 60) % 60):
        return translate(_("%(hours)s 小时 %(minutes)s 分钟")) % {"hours": span // HOUR, "minutes": minutes}
    if span < MOST_HOURS * HOUR:
        return _counted(_("1 小时"), _("%(n)s 小时"), span // HOUR)
    return _counted(_("1 天"), _("%(n)s 天"), span // DAY)


def ago(moment: datetime, now: datetime, zone: str) -> str:
    """Return how long ago something was: 刚才, 3 小时前; the date of what was longer ago."""
    span = now - moment
    if span >= MOST_HOURS * HOUR:
        return clock_words(moment, zone)
    return translate(_("刚才")) if span < timedelta(minutes=1) else translate(_("%(time)s前")) % {"time": length(span)}


def clock_words(moment: datetime, zone: str) -> str:
    """Return a moment as colleagues tell it: 今天 17:30, 明天 09:00, 昨天 08:10, else the date."""
    there = ZoneInfo(zone)
    local = moment.astimezone(there)
    near = {0: _("今天 %(time)s"), 1: _("明天 %(time)s"), -1: _("昨天 %(time)s")}
    apart = (local.date() - clock.now().astimezone(there).date()).days
    time = f"{local:%H:%M}"
    if apart in near:
        return translate(near[apart]) % {"time": time}
    return f"{_date(local.date())} {time}"


def attempt(contact: CareContact) -> str:
    """Return one attempt in words: 电话，联系上了."""
    return attempt_words(contact.way, contact.reached)


def attempt_words(way: str, reached: bool) -> str:
    """Return an attempt of one of WAYS in words."""
    return f"{translate(WAYS[way])}{translate(_('，'))}{translate(_('联系上了') if reached else _('没联系上'))}"


def ending(follow_up: FollowUp) -> str:
    """Return how a closed follow-up ended; empty for one that is not closed."""
    return translate(OUTCOMES[follow_up.outcome]) if follow_up.outcome else ""


def _low(alert: Alert) -> str:
    said = []
    if alert.mood is not None and alert.mood <= LOW_MOOD:
        said.append(translate(_("心情%(mood)s")) % {"mood": translate(MOODS[alert.mood - 1])})
    if alert.score is not None and alert.score <= LOW_SCORE:
        said.append(translate(_("写的话很低落")))
    return translate(_("，")).join(said) or translate(_("心情很低"))


def _silent(alert: Alert) -> str:
    try:
        since = date.fromisoformat(alert.key)
    except ValueError:
        return translate(REASONS["silent"])
    return translate(_("从%(day)s起没有再写")) % {"day": _date(since)}


def _date(day: date) -> str:
    """Return a day as people say it, with the year where it is far away."""
    other = abs((clock.now().date() - day).days) > HALF_A_YEAR
    if current_language.get() == "en":
        return f"{day:%b} {day.day}, {day.year}" if other else f"{day:%b} {day.day}"
    return f"{day.year}年{day.month}月{day.day}日" if other else f"{day.month}月{day.day}日"


def _counted(one: str, many: str, n: int) -> str:
    return translate(one) if n == 1 else translate(many) % {"n": n}

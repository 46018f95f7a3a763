"""What became of prompts, and what is worth a look, in words."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from app.core import clock
from app.diary.compliance import Column, Compliance
from app.diary.compliance_dropout import Kind, Signal
from app.diary.compliance_grid import By, Mark, Tally
from app.prompts.delivery.ways import KINDS
from app.statements.words import day_words
from app.web.i18n import current_language, translate
from app.web.i18n import mark as _

MARKS: Final[Mapping[Mark, str]] = {
    Mark.ANSWERED: _("按时写了"),
    Mark.LATE: _("迟了才写"),
    Mark.UNPROMPTED: _("日程之外写的"),
    Mark.OPENED: _("打开了，还没写"),
    Mark.SENT: _("发出了，还没打开"),
    Mark.MISSED: _("没写"),
    Mark.FAILED: _("没送到，或不知道送到没有"),
    Mark.SKIPPED: _("没有发（暂停、安静时段等）"),
    Mark.PLANNED: _("还没到时间"),
    Mark.NUDGED: _("手动提醒过"),
}
SIGNALS: Final[Mapping[Kind, str]] = {
    "unanswered": _("最近 %(n)s 次到期的提醒都没有写。"),
    "pause": _("平常大约 %(usual)s 天写一条，现在已经 %(days)s 天没写了。"),
    "never": _("参加 %(days)s 天了，还一条都没写。"),
    "undelivered": _("最近 %(n)s 次提醒都没有送到：请看看联系方式和渠道。"),
    "unsent": _("手机上还有 %(n)s 条没发出来：写了，只是没有网络。"),
}
SHORT: Final[Mapping[Kind, str]] = {
    "unanswered": _("连着 %(n)s 次没写"),
    "pause": _("%(days)s 天没写"),
    "never": _("还没写过"),
    "undelivered": _("送不到"),
    "unsent": _("手机上有 %(n)s 条"),
}
SOURCES: Final[Mapping[str, str]] = {"reminder": _("再提醒一次"), "nudge": _("手动"), "entry": _("日记")}
REASONS: Final[Mapping[str, str]] = {
    "quiet_hours": _("安静时段里"),
    "too_close": _("离上一次太近"),
    "paused": _("暂停提醒期间"),
    "not_consented": _("还没有同意"),
    "no_address": _("没有留联系方式"),
    "not_sent_in_time": _("没赶上发"),
    "too_late": _("没赶上发"),
    "schedule_changed": _("日程改过了"),
    "withdrawn": _("已经退出"),
    "study_over": _("研究结束了"),
    "answered": _("已经写过了"),
    "worker_died": _("发送的程序中途停了"),
    "unknown": _("不知道送到没有"),
    "broken_off": _("发到一半断了，不知道送到没有"),
    "unreachable": _("连不上发送的服务"),
    "rate": _("一下子发得太多"),
    "gateway_refused": _("短信网关没有收"),
    "relay_refused": _("对方的服务没有收"),
    "apprise_missing": _("服务器上没有装 apprise"),
}
MOST_NAMED = 5
WEEKDAYS = "一二三四五六日"


def cell_words(cell: Tally) -> str:
    """Return what stands in a cell, for those who do not see its marks."""
    said = []
    for mark in Mark:
        if n := cell.counts.get(mark):
            words = translate(MARKS[mark])
            said.append(words if n == 1 else translate(_("%(words)s %(n)s 次")) % {"words": words, "n": n})
    return translate(_("，")).join(said)


def signal_words(one: Signal) -> str:
    """Return a sign as a sentence with the numbers that it rests on."""
    return translate(SIGNALS[one.kind]) % one.numbers


def short_signal(one: Signal) -> str:
    """Return a sign in a few characters, for a list."""
    return translate(SHORT[one.kind]) % one.numbers


def reason_words(reason: str) -> str:
    """Return why a prompt did not go out; a reason that has no words here stands as the ledger has it."""
    return translate(REASONS.get(reason, reason))


def channel_words(channel: str) -> str:
    """Return by which way a prompt went."""
    return translate(KINDS.get(channel, channel))


def heading(seen: Compliance) -> str:
    """Return the page's first sentence: what was asked and what came of it, in numbers that were counted."""
    if not seen.people:
        return translate(_("还没有参与者"))
    if not seen.scheduled:
        words = _("%(n)s 个人，%(m)s 个写过日记")
        return translate(words) % {"n": seen.people, "m": seen.writing}
    if not seen.overall.sent:
        return translate(_("日程定好了，还没有发出提醒"))
    words = _("发出 %(n)s 次提醒，%(m)s 次按时写了")
    return translate(words) % {"n": seen.overall.sent, "m": seen.overall.of(Mark.ANSWERED)}


def worrying_words(codes: Sequence[str]) -> str:
    """Return a sentence that names who may be about to stop; empty where there is nobody."""
    if not codes:
        return ""
    names = translate(_("、")).join(codes[:MOST_NAMED])
    if len(codes) > MOST_NAMED:
        return translate(_("%(names)s等 %(n)s 个人可能快停下来了。")) % {"names": names, "n": len(codes)}
    return translate(_("%(names)s可能快停下来了。")) % {"names": names}


def column_of(place: int, by: By, anchor: str, today: int, *, first: bool) -> Column:
    """Return how a day is headed: its number, and where a week or month begins; and how it is said."""
    if by == "anchor":
        over = translate(_("天")) if first else ""
        return Column(place, str(place).replace("-", "−"), day_words(anchor, place), over, False, place % 7 == 0)
    on = date.fromordinal(place)
    over = _month(on) if first or on.day == 1 else ""
    return Column(place, str(on.day), _date_words(on), over, place == today, on.weekday() == 0)


def percent(rate: float | None) -> str:
    """Return a share in whole percent, a dash where there is none."""
    return "—" if rate is None else f"{100 * rate:.0f}%"


def span(seconds: float | None) -> str:
    """Return a length of time as people say it, a dash where there is none."""
    if seconds is None:
        return "—"
    minutes = round(seconds / 60)
    if minutes < 1:
        return translate(_("不到 1 分钟"))
    if minutes < 90:
        return translate(_("%(n)s 分钟")) % {"n": minutes}
    hours = seconds / timedelta(hours=1).total_seconds()
    if hours < 36:
        return translate(_("%(n)s 小时")) % {"n": f"{hours:.1f}".removesuffix(".0")}
    return translate(_("%(n)s 天")) % {"n": f"{hours / 24:.1f}".removesuffix(".0")}


def moment(at: datetime, zone: str) -> str:
    """Return a moment on the clock of ``zone``, to the minute; the year where it is not this one."""
    local = at.astimezone(ZoneInfo(zone))
    other_year = local.year != clock.now().astimezone(ZoneInfo(zone)).year
    if current_language.get() == "en":
        return f"{local:%b} {local.day}{f', {local.year}' if other_year else ''}, {local:%H:%M}"
    return f"{f'{local.year}年' if other_year else ''}{local.month}月{local.day}日 {local:%H:%M}"


def _month(on: date) -> str:
    return f"{on:%b}" if current_language.get() == "en" else f"{on.month}月"


def _date_words(on: date) -> str:
    if current_language.get() == "en":
        return f"{on:%a}, {on:%b} {on.day}"
    return f"{on.month}月{on.day}日 周{WEEKDAYS[on.weekday()]}"

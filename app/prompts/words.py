"""A schedule in sentences."""

from collections.abc import Sequence

from app.prompts.schemas import (
    AfterEvent,
    AnchorDays,
    Daily,
    EveryDays,
    EveryHours,
    RandomTimes,
    Rule,
    ScheduleIn,
    Window,
)
from app.web.i18n import mark as _
from app.web.i18n import translate

WEEKDAYS = (_("周一"), _("周二"), _("周三"), _("周四"), _("周五"), _("周六"), _("周日"))
KINDS = {
    "anchor_days": _("从那一天数起的第几天"),
    "daily": _("每天，或每周几"),
    "random": _("一段时间里随机"),
    "every_days": _("每隔几天"),
    "every_hours": _("每隔几小时"),
    "after_event": _("某件事之后"),
}


def sentence(rule: Rule, schedule: ScheduleIn, anchor: str) -> str:
    """Return what the rule does, in one sentence; ``anchor`` is what the study calls its anchor event."""
    parts = [_when(rule, schedule, anchor), *_limits(rule)]
    parts.append(translate(_("%(span)s内有效")) % {"span": span(rule.expires_minutes)})
    if rule.remind_minutes is not None:
        parts.append(translate(_("没写的话 %(span)s后再提醒一次")) % {"span": span(rule.remind_minutes)})
    if rule.apart_minutes:
        parts.append(translate(_("与别的提醒至少隔 %(span)s")) % {"span": span(rule.apart_minutes)})
    return translate(_("；")).join(parts) + translate(_("。"))


def span(minutes: int) -> str:
    """Return a length of time in words: minutes, hours or days."""
    if minutes and minutes % 1440 == 0:
        return translate(_("%(n)s 天")) % {"n": minutes // 1440}
    if minutes and minutes % 60 == 0:
        return translate(_("%(n)s 小时")) % {"n": minutes // 60}
    return translate(_("%(n)s 分钟")) % {"n": minutes}


def _when(rule: Rule, schedule: ScheduleIn, anchor: str) -> str:
    when = rule.when
    if isinstance(when, AnchorDays):
        return _anchor_days(when, anchor)
    if isinstance(when, Daily):
        return translate(_("%(days)s %(times)s")) % {"days": _days(when.weekdays), "times": listed(when.at)}
    if isinstance(when, RandomTimes):
        windows = listed([_window(window) for window in when.windows])
        return translate(_("%(days)s在%(windows)s")) % {"days": _days(when.weekdays), "windows": windows}
    if isinstance(when, EveryDays):
        given = {"origin": _origin(when.since, anchor), "n": when.every, "times": listed(when.at)}
        return translate(_("从%(origin)s起每 %(n)s 天，%(times)s")) % given
    if isinstance(when, EveryHours):
        given = {"origin": _origin(when.since, anchor), "n": when.every, "at": when.at}
        return translate(_("从%(origin)s %(at)s 起每 %(n)s 小时")) % given
    return _after(when, schedule)


def _anchor_days(when: AnchorDays, anchor: str) -> str:
    after = [day for day in when.days if day > 0]
    before = [-day for day in when.days if day < 0]
    parts = []
    if before:
        parts.append(
            translate(_("%(anchor)s前第 %(days)s 天"))
            % {"anchor": anchor, "days": listed(sorted(before, reverse=True))}
        )
    if 0 in when.days:
        parts.append(translate(_("%(anchor)s当天")) % {"anchor": anchor})
    if after:
        parts.append(translate(_("%(anchor)s后第 %(days)s 天")) % {"anchor": anchor, "days": listed(sorted(after))})
    return translate(_("%(days)s，%(times)s")) % {"days": listed(parts), "times": listed(when.at)}


def _after(when: AfterEvent, schedule: ScheduleIn) -> str:
    name = next((event.name for event in schedule.events if event.key == when.event), when.event)
    if when.delay_minutes == 0:
        return translate(_("每次%(event)s之后马上")) % {"event": name}
    return translate(_("每次%(event)s之后 %(span)s")) % {"event": name, "span": span(when.delay_minutes)}


def _limits(rule: Rule) -> Sequence[str]:
    parts = []
    if rule.day_from is not None and rule.day_to is not None:
        parts.append(translate(_("只在第 %(first)s 到第 %(last)s 天")) % {"first": rule.day_from, "last": rule.day_to})
    elif rule.day_from is not None:
        parts.append(translate(_("从第 %(first)s 天开始")) % {"first": rule.day_from})
    elif rule.day_to is not None:
        parts.append(translate(_("到第 %(last)s 天为止")) % {"last": rule.day_to})
    if rule.date_from is not None:
        parts.append(translate(_("%(day)s 以后")) % {"day": rule.date_from})
    if rule.date_to is not None:
        parts.append(translate(_("%(day)s 为止")) % {"day": rule.date_to})
    return parts


def listed(parts: Sequence[object]) -> str:
    """Return the parts with the commas of a list between them."""
    return translate(_("、")).join(str(part) for part in parts)


def _days(weekdays: Sequence[int]) -> str:
    if not weekdays or len(set(weekdays)) == 7:
        return translate(_("每天"))
    return translate(_("每%(days)s")) % {"days": listed([translate(WEEKDAYS[one - 1]) for one in sorted(weekdays)])}


def _window(window: Window) -> str:
    given = {"start": window.start, "end": window.end, "n": window.count}
    return translate(_(" %(start)s–%(end)s 之间随机 %(n)s 次")) % given


def _origin(since: str, anchor: str) -> str:
    return anchor if since == "anchor" else translate(_("加入那天"))

"""The form of the schedule's page: its fields as a schedule stands, and the schedule that was posted."""

import re
import secrets
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from pydantic import TypeAdapter, ValidationError
from starlette.datastructures import FormData

from app.core.errors import FieldError, Invalid
from app.prompts.schemas import Clock, EventKind, Quiet, Rule, ScheduleIn
from app.web.i18n import mark as _

NEW = "+"
_SEPARATORS = re.compile(r"[,，、;；\s]+")
_WINDOW = re.compile(r"^(\d{1,2}:\d{2})\s*[-–—~～至到]\s*(\d{1,2}:\d{2})(?:\s*[x×*]\s*(\d{1,2}))?$")
_LETTERS = "23456789abcdefghjkmnpqrstwxyz"
_CLOCK: TypeAdapter[str] = TypeAdapter(Clock)
TIMES = _("时间请写成 20:00；几个时间用顿号分开")
NUMBER = _("请填一个数")
WRONG: Mapping[str, str] = {
    "at": TIMES,
    "days": _("请填天数，例如 1、2、3、5、7、14；之前的日子用负数"),
    "windows": _("请写成 10:00-12:00，要几次就写 10:00-20:00×3；时段不要重叠，要放得下"),
    "every": NUMBER,
    "expires": _("请填小时数，最少 0.2，最多 720"),
    "remind": _("请填小时数，要比“多久内有效”短"),
    "apart": _("请填分钟数，最多 1440"),
    "name": _("请起个名字，不超过 40 字"),
    "words": _("太长了，请缩短到 100 字以内"),
    "day_from": _("请填整数天数"),
    "day_to": _("请填整数天数，不早于开始"),
    "date_from": _("请选一个日期"),
    "date_to": _("请选一个日期，不早于开始"),
    "event": _("请选一种事件"),
    "delay": _("请填小时数，最多 720"),
}
_HOURS = {"expires": "expires_minutes", "remind": "remind_minutes"}


def schedule_values(schedule: ScheduleIn) -> dict[str, Any]:
    """Return the fields of the form as ``schedule`` stands."""
    values: dict[str, Any] = {"active": "on" if schedule.active else "", "apart": schedule.apart_minutes or ""}
    values["quiet_start"] = schedule.quiet.start if schedule.quiet else ""
    values["quiet_end"] = schedule.quiet.end if schedule.quiet else ""
    values["events"] = "、".join(event.name for event in schedule.events)
    for rule in schedule.rules:
        values |= {f"{rule.key}.{name}": value for name, value in _rule_values(rule).items()}
    return values


def _rule_values(rule: Rule) -> dict[str, Any]:
    when = rule.when.model_dump(mode="json")
    values: dict[str, Any] = {
        "name": rule.name,
        "kind": when["kind"],
        "active": "on" if rule.active else "",
        "expires": _as_hours(rule.expires_minutes),
        "remind": "" if rule.remind_minutes is None else _as_hours(rule.remind_minutes),
        "apart": rule.apart_minutes or "",
        "words": rule.words,
        "delay": _as_hours(when.get("delay_minutes", 0)),
        "event": when.get("event", ""),
        "every": when.get("every", ""),
        "since": when.get("since", "anchor"),
    }
    for name in ("day_from", "day_to", "date_from", "date_to"):
        given = getattr(rule, name)
        values[name] = "" if given is None else given
    at = when.get("at", ())
    values["at"] = at if isinstance(at, str) else "、".join(at)
    values["days"] = "、".join(str(day) for day in when.get("days", ()))
    values["windows"] = "、".join(_window_words(window) for window in when.get("windows", ()))
    return values | {f"weekday.{day}": "on" for day in when.get("weekdays", ())}


def posted_schedule(form: FormData, current: ScheduleIn) -> ScheduleIn:
    """Return the schedule as posted: rules of ``current`` kept, changed or left out, one added. Invalid names each field."""
    wrong: list[FieldError] = []
    events = _events(form, current, wrong)
    kept = [rule.key for rule in current.rules if not _given(form, f"{rule.key}.remove")]
    rules = [rule for key in kept if (rule := _rule(form, key, key, events, wrong))]
    if _given(form, f"{NEW}.kind") and (rule := _rule(form, NEW, _new_key("r"), events, wrong)):
        rules.append(rule)
    quiet = _quiet(form, wrong)
    apart = _number(form, "apart", wrong, default=0)
    if wrong:
        raise Invalid(fields=wrong)
    try:
        return ScheduleIn(
            active=bool(_given(form, "active")),
            rules=tuple(rules),
            quiet=quiet,
            apart_minutes=int(apart or 0),
            events=tuple(events),
        )
    except ValidationError as error:
        raise Invalid(fields=[FieldError("", _("这些规则放在一起不行：请看看事件的名字、时段和间隔"))]) from error


def _rule(form: FormData, place: str, key: str, events: Sequence[EventKind], wrong: list[FieldError]) -> Rule | None:
    before = len(wrong)
    given: dict[str, Any] = {"key": key, "name": _given(form, f"{place}.name"), "words": _given(form, f"{place}.words")}
    given["active"] = place == NEW or bool(_given(form, f"{place}.active"))
    given["when"] = _when(form, place, wrong)
    for name, field in _HOURS.items():
        given[field] = _minutes(form, f"{place}.{name}", wrong, name)
    if given["expires_minutes"] is None:
        given["expires_minutes"] = 360
    given["apart_minutes"] = int(_number(form, f"{place}.apart", wrong, default=0) or 0)
    for name in ("day_from", "day_to"):
        given[name] = _whole(form, f"{place}.{name}", wrong, name)
    for name in ("date_from", "date_to"):
        given[name] = _date(form, f"{place}.{name}", wrong, name)
    if given["when"].get("kind") == "after_event" and given["when"]["event"] not in {one.key for one in events}:
        wrong.append(FieldError(f"{place}.event", WRONG["event"]))
    if len(wrong) > before:
        return None
    try:
        return Rule.model_validate(given)
    except ValidationError as error:
        wrong.extend(_refusals(place, error))
        return None


def _refusals(place: str, error: ValidationError) -> list[FieldError]:
    """Return what is wrong by the fields of the page; what concerns several stands at the likeliest of them."""
    found: dict[str, FieldError] = {}
    for one in error.errors():
        path = [str(part) for part in one["loc"]]
        name = next((part for part in reversed(path) if part in WRONG), None)
        name = name or next((shown for shown, field in _HOURS.items() if field in path), None)
        if name is None and "delay_minutes" in path:
            name = "delay"
        if name is None:
            name = _likeliest(one["msg"])
        found.setdefault(name, FieldError(f"{place}.{name}", WRONG.get(name, WRONG["at"])))
    return list(found.values())


def _likeliest(message: str) -> str:
    for word, name in (("reminder", "remind"), ("window", "windows"), ("time ends", "day_to"), ("time key", "at")):
        if word in message:
            return name
    return "name"


def _when(form: FormData, place: str, wrong: list[FieldError]) -> dict[str, Any]:
    kind = _given(form, f"{place}.kind")
    given: dict[str, Any] = {"kind": kind}
    if kind in ("anchor_days", "daily", "every_days", "every_hours"):
        times = [_clock(one) for one in _parts(_given(form, f"{place}.at"))]
        given["at"] = times[0] if kind == "every_hours" and times else times
    if kind == "anchor_days":
        given["days"] = [part.replace("−", "-") for part in _parts(_given(form, f"{place}.days"))]
    if kind in ("daily", "random"):
        given["weekdays"] = [day for day in range(1, 8) if _given(form, f"{place}.weekday.{day}")]
    if kind == "random":
        given["windows"] = _windows(_given(form, f"{place}.windows"))
    if kind in ("every_days", "every_hours"):
        given |= {"every": _given(form, f"{place}.every"), "since": _given(form, f"{place}.since") or "anchor"}
    if kind == "after_event":
        given["event"] = _given(form, f"{place}.event")
        given["delay_minutes"] = _minutes(form, f"{place}.delay", wrong, "delay") or 0
    return given


def _windows(text: str) -> list[dict[str, Any]]:
    found = []
    for part in re.split(r"[,，、;；\n]+", text):
        if part.strip():
            match = _WINDOW.match(part.strip())
            start, end, count = match.groups() if match else ("", "", None)
            found.append({"start": _clock(start), "end": _clock(end), "count": int(count or 1)})
    return found


def _events(form: FormData, current: ScheduleIn, wrong: list[FieldError]) -> list[EventKind]:
    known = {event.name: event for event in current.events}
    names = list(dict.fromkeys(_parts(_given(form, "events"))))
    if len(names) > 20 or any(len(name) > 40 for name in names):
        wrong.append(FieldError("events", _("最多 20 种，每种不超过 40 字")))
        return []
    return [known.get(name) or EventKind(key=_new_key("e"), name=name) for name in names]


def _quiet(form: FormData, wrong: list[FieldError]) -> Quiet | None:
    start, end = (_clock(_given(form, f"quiet_{name}")) for name in ("start", "end"))
    if not start and not end:
        return None
    try:
        return Quiet(start=start, end=end)
    except ValidationError:
        wrong.append(FieldError("quiet_end", _("从几点到几点都要填，而且不能一样，例如 22:00 到 08:00")))
        return None


def _given(form: FormData, name: str) -> str:
    return str(form.get(name, "")).replace("\r\n", "\n").replace("：", ":").strip()


def _parts(text: str) -> list[str]:
    return [part for part in _SEPARATORS.split(text) if part]


def _clock(text: str) -> str:
    text = text.strip().replace("：", ":")
    return "0" + text if re.fullmatch(r"\d:\d{2}", text) else text


def _number(form: FormData, name: str, wrong: list[FieldError], default: float | None = None) -> float | None:
    text = _given(form, name)
    if not text:
        return default
    if not re.fullmatch(r"\d{1,5}(\.\d{1,3})?", text):
        wrong.append(FieldError(name, WRONG.get(name.rpartition(".")[2], NUMBER)))
        return default
    return float(text)


def _minutes(form: FormData, name: str, wrong: list[FieldError], field: str) -> int | None:
    hours = _number(form, name, wrong)
    return None if hours is None else round(hours * 60)


def _whole(form: FormData, name: str, wrong: list[FieldError], field: str) -> int | None:
    text = _given(form, name).replace("−", "-")
    if text and not re.fullmatch(r"-?\d{1,4}", text):
        wrong.append(FieldError(name, WRONG[field]))
        return None
    return int(text) if text else None


def _date(form: FormData, name: str, wrong: list[FieldError], field: str) -> date | None:
    text = _given(form, name)
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        wrong.append(FieldError(name, WRONG[field]))
        return None


def _as_hours(minutes: int) -> str:
    return f"{minutes / 60:.2f}".rstrip("0").rstrip(".")


def _window_words(window: Mapping[str, Any]) -> str:
    times = f"{window['start']}-{window['end']}"
    return times if window["count"] == 1 else f"{times}×{window['count']}"


def _new_key(kind: str) -> str:
    return f"{kind}_" + "".join(secrets.choice(_LETTERS) for _ in range(8))

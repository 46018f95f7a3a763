"""What the form of an entry needs to be shown: today's, and that of an entry which is being changed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from fastapi import Request

from app.core import clock
from app.core.errors import AppError, FieldError
from app.diary import limits
from app.diary.curve import own_curve
from app.diary.journal import Journal
from app.diary.moments import EARLIER, NOW, PARTS, DayPart, parts_until
from app.diary.today import ANSWER, Sheet
from app.diary.words import EFFORTS, MARKS, MOODS, answer_of, condition_words
from app.participants.deps import PhoneAccess
from app.participants.helping import help_words
from app.studies.protocol import FormFacts, StageFacts, StudyProtocol, TouchpointFacts
from app.studies.schemas import Question, answers_of
from app.web.i18n import choose_language, current_language, translate
from app.web.i18n import mark as _
from app.web.problems import problem

MOST_DAYS = 99
MONTH_DAYS = 30.4
SHORTEST_EVENT = 2
NO_EVENTS = frozenset({"关键", "重要"})
PLACE_FIELDS = frozenset({"stage", "touchpoint", "occurred_at"})
FORM_WORDS = {
    "unset": _("还没选"),
    "drag": _("拖一拖，选一个"),
    "stage": _("在“%(stage)s”这一段"),
    "now": _("就是刚才的事"),
    "earlier": _("早些时候的事"),
    "missing": _("请回答这一题"),
    "empty": _("请至少回答一题"),
    "future": _("时间还没到，请检查一下"),
    "no_time": _("请填上大概的日期和时间"),
}
CAPTURE_WORDS = {
    "photo": _("照片 %(n)s"),
    "voice": _("录音 %(n)s，%(seconds)s 秒"),
    "remove": _("去掉"),
    "play": _("听一听"),
    "stop": _("停，录好了"),
    "recording": _("正在听您说，最多 %(most)s 秒"),
    "many_photos": _("一条日记最多带 %(most)s 张照片，多的没有加上。"),
    "many_voices": _("一条日记最多带 %(most)s 段录音。"),
    "unreadable": _("这张照片打不开，换一张试试。"),
    "refused": _("没有得到麦克风的许可。可以在浏览器或手机的设置里允许，也可以用输入法的语音输入。"),
    "no_microphone": _("这里用不了麦克风。可以用输入法的语音输入，或选一段录好的音频。"),
    "silent": _("没有录到声音，请再试一次。"),
}


def form_context(
    request: Request, access: PhoneAccess, journal: Journal, sheet: Sheet, error: AppError | None = None
) -> dict[str, Any]:
    """Return what the form's template needs to show ``sheet``, with ``error`` in words beside the fields it names."""
    current_language.set(choose_language(request, access.language))
    protocol, zone = journal.protocol, access.participant.time_zone
    problems = _beside(error.fields if error else ())
    first, more = _arranged(sheet.form)
    stage = protocol.stage(sheet.one("stage")) or protocol.stages[0]
    named = {f"{ANSWER}{key}" for key in sheet.form.questions} | PLACE_FIELDS
    return {
        "greeting": greeting(protocol.study.anchor_label, journal.day),
        "error": problem(error) if error else None,
        "problems": problems,
        "general": [words for name, words in problems.items() if name not in named],
        "sheet": sheet,
        "first": first,
        "first_text": _first_text(sheet.form),
        "more": more,
        "more_open": any(sheet.one(ANSWER + key).strip() or f"{ANSWER}{key}" in problems for key in more),
        "conditions": _conditions(sheet.form),
        "stage": stage,
        "stages": protocol.stages,
        "last_stage": protocol.stage_of(journal.entries[0].stage_id).key if journal.entries else None,
        "touchpoints": {one.key: _met(protocol, one, sheet) for one in protocol.stages},
        **_when(sheet, zone, asked_again=not PLACE_FIELDS.isdisjoint(problems)),
        "scales": {"moods": MOODS, "efforts": EFFORTS, "marks": MARKS},
        "capture": True,
        "limits": limits,
        "form_words": {name: translate(words) for name, words in FORM_WORDS.items()},
        "capture_words": {name: translate(words) for name, words in CAPTURE_WORDS.items()},
        "curve": own_curve(journal.entries, protocol),
        "help": help_words(access),
    }


def _met(protocol: StudyProtocol, stage: StageFacts, sheet: Sheet) -> list[TouchpointFacts]:
    """Return the touchpoints of ``stage`` that somebody meets, and the one that was chosen; the backstage is not seen."""
    chosen = sheet.one(f"touchpoint.{stage.key}")
    return [one for one in protocol.touchpoints_of(stage.id) if one.frontstage or one.key == chosen]


def _when(sheet: Sheet, zone: str, *, asked_again: bool) -> dict[str, Any]:
    """Return what the question about the time needs; a part of the day that was chosen stays to be chosen."""
    now = clock.now()
    parts = parts_until(now, zone)
    when = sheet.one("when") or NOW
    label = next((part.label for part in parts if part.value == when), None)
    if label is None and when not in (NOW, EARLIER):
        parts.insert(0, DayPart(_("早些时候"), when))
        label = parts[0].label
    told = _("就是刚才的事") if when == NOW else _("早些时候的事")
    return {
        "zone": zone,
        "when": when,
        "when_words": translate(label or told),
        "parts": [DayPart(translate(part.label), part.value) for part in parts],
        "day_parts": [[translate(label), first, last] for label, first, last in PARTS],
        "latest": now.astimezone(ZoneInfo(zone)).strftime("%Y-%m-%dT%H:%M"),
        "place_open": asked_again or when == EARLIER,
    }


@dataclass(frozen=True, slots=True)
class Hidden:
    """When a question shows: after one of ``values`` in ``field``; ``words`` say it where no script can."""

    field: str
    values: Sequence[str]
    words: str


def _conditions(form: FormFacts) -> dict[str, Hidden]:
    found = {}
    for key, question in form.questions.items():
        if question.show_if and (asked := form.questions.get(question.show_if.question)):
            values = [value for value in answers_of(asked) if question.show_if.holds(answer_of(asked, value))]
            found[key] = Hidden(f"{ANSWER}{asked.key}", values, condition_words(asked, values))
    return found


def _beside(fields: Sequence[FieldError]) -> dict[str, str]:
    return {field.field: translate(field.message) for field in reversed(fields)}


def _arranged(form: FormFacts) -> tuple[Mapping[str, Question], Mapping[str, Question]]:
    """Return what stands open, so that it takes under a minute, and what waits behind a tap.

    Open are the mood, the first text, the mark, whatever is required, and what depends on one of these.
    """
    first_text = _first_text(form)
    order = {"mood": 0, "text": 1, "mark": 2}
    open_keys = [
        key
        for key, question in form.questions.items()
        if (question.required and not question.show_if) or key == first_text or question.type in ("mood", "mark")
    ]
    open_keys.sort(key=lambda key: order.get(form.questions[key].type, 3))
    # What depends on an answer that stands open appears right behind it; it takes no room before.
    for key, question in form.questions.items():
        if question.show_if and question.show_if.question in open_keys and key not in open_keys:
            open_keys.insert(open_keys.index(question.show_if.question) + 1, key)
    first = {key: form.questions[key] for key in open_keys}
    return first, {key: question for key, question in form.questions.items() if key not in first}


def _first_text(form: FormFacts) -> str | None:
    return next((key for key, question in form.questions.items() if question.type == "text"), None)


def greeting(event: str, day: int | None) -> str:
    """Return where the person stands, counted from the anchor event; empty where its day is not known."""
    if day is None:
        return ""
    if day <= 0:
        words = translate(_("今天是%(event)s，") if day == 0 else _("离%(event)s还有 %(n)s 天，"))
        return words % {"event": event, "n": -day}
    # 手术日 is a day, and what one counts from is 手术: 手术后第 3 天.
    stem = event.removesuffix("日")
    named = stem if len(stem) >= SHORTEST_EVENT and stem not in NO_EVENTS else event
    if day > MOST_DAYS:
        # Nobody counts that many days; «手术后第 614 天» would only puzzle.
        return translate(_("%(event)s后第 %(n)s 个月，")) % {"event": named, "n": round(day / MONTH_DAYS)}
    return translate(_("%(event)s后第 %(n)s 天，")) % {"event": named, "n": day}

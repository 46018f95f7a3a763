"""What the form of an entry needs to be shown: today's, and that of an entry which is being changed."""

from collections.abc import Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from fastapi import Request

from app.core import clock
from app.core.errors import AppError, FieldError
from app.diary.curve import own_curve
from app.diary.journal import Journal
from app.diary.today import ANSWER, EARLIER, Sheet
from app.diary.words import EFFORTS, MARKS, MOODS
from app.participants.deps import PhoneAccess
from app.participants.phone_pages import help_words
from app.studies.protocol import FormFacts
from app.studies.schemas import Question
from app.web.i18n import choose_language, current_language, translate
from app.web.i18n import mark as _
from app.web.problems import problem

MOST_DAYS = 99
MONTH_DAYS = 30.4
SHORTEST_EVENT = 2
NO_EVENTS = frozenset({"关键", "重要"})
PLACE_FIELDS = frozenset({"stage", "touchpoint", "occurred_at"})


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
        "more": more,
        "more_open": any(sheet.one(ANSWER + key).strip() or f"{ANSWER}{key}" in problems for key in more),
        "stage": stage,
        "stages": protocol.stages,
        "touchpoints": {one.key: protocol.touchpoints_of(one.id) for one in protocol.stages},
        "earlier": sheet.one("when") == EARLIER,
        "place_open": bool(error) and (not PLACE_FIELDS.isdisjoint(problems) or sheet.one("when") == EARLIER),
        "latest": clock.now().astimezone(ZoneInfo(zone)).strftime("%Y-%m-%dT%H:%M"),
        "moods": MOODS,
        "efforts": EFFORTS,
        "marks": MARKS,
        "curve": own_curve(journal.entries, protocol),
        "help": help_words(access),
    }


def _beside(fields: Sequence[FieldError]) -> dict[str, str]:
    return {field.field: translate(field.message) for field in reversed(fields)}


def _arranged(form: FormFacts) -> tuple[Mapping[str, Question], Mapping[str, Question]]:
    """Return what stands open, so that it takes under a minute, and what waits behind a tap.

    Open are the mood, the first text, the mark and whatever is required.
    """
    first_text = next((key for key, question in form.questions.items() if question.type == "text"), None)
    order = {"mood": 0, "text": 1, "mark": 2}
    open_keys = [
        key
        for key, question in form.questions.items()
        if question.required or key == first_text or question.type in ("mood", "mark")
    ]
    open_keys.sort(key=lambda key: order.get(form.questions[key].type, 3))
    first = {key: form.questions[key] for key in open_keys}
    return first, {key: question for key, question in form.questions.items() if key not in first}


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

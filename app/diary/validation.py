"""Checking an entry against its study and its form version; every field that is wrong is named at once."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, TypeGuard

from app.core.errors import FieldError
from app.diary.schemas import clean_text, storable
from app.studies.schemas import MARKS, SCALES, Question
from app.web.i18n import mark as _

EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
CLOCK_SKEW = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Answers:
    """Checked answers: as they are kept, the texts (role, text) among them, and the three the curve and lists use."""

    kept: dict[str, Any]
    texts: tuple[tuple[str, str], ...]
    mood: int | None
    effort: int | None
    mark: str | None


def check_answers(questions: Mapping[str, Question], given: Mapping[str, Any]) -> tuple[Answers, list[FieldError]]:
    """Return the answers as they are kept, and what is wrong with them.

    What a condition hides is neither required nor kept: the person may have answered it before changing their mind about
    the answer that it depended on.
    """
    errors = [
        FieldError(f"answers.{key}", _("这份日记表里没有这个问题"), "unknown_question")
        for key in given
        if key not in questions
    ]
    kept: dict[str, Any] = {}
    for key, question in questions.items():
        if question.show_if and not question.show_if.holds(kept.get(question.show_if.question)):
            continue
        value = _present(given.get(key))
        if value is None:
            if question.required:
                errors.append(FieldError(f"answers.{key}", _("请回答这一题"), "required"))
            continue
        problem = _problem(question, value)
        if problem:
            errors.append(FieldError(f"answers.{key}", problem, "invalid_answer"))
        else:
            kept[key] = value
    if not kept and not errors:
        errors.append(FieldError("answers", _("请至少回答一题"), "empty"))
    return _sorted_out(questions, kept), errors


def check_times(occurred_at: datetime, recorded_at: datetime | None, received_at: datetime) -> Iterator[FieldError]:
    """Yield what is wrong with an entry's times; a phone's clock may be a little ahead."""
    for field, moment in (("occurred_at", occurred_at), ("recorded_at", recorded_at)):
        if moment is None:
            continue
        if moment > received_at + CLOCK_SKEW:
            yield FieldError(field, _("时间还没到，请检查一下"), "future")
        elif moment < EARLIEST:
            yield FieldError(field, _("时间太早了，请检查年份"), "too_early")


def _present(value: Any) -> Any:
    if isinstance(value, str):
        return clean_text(value) or None
    return None if value == [] else value


def _problem(question: Question, value: Any) -> str | None:
    if question.type == "text":
        return _text_problem(question, value)
    if question.type in SCALES:
        low, high = SCALES[question.type]
        words = _("请在 1 到 9 之间选一个") if high == 9 else _("请在 1 到 7 之间选一个")
        return None if _is_whole(value) and low <= value <= high else words
    if question.type == "mark":
        return None if value in MARKS else _("请选高峰、低谷或都不算")
    allowed = {choice.value for choice in question.choices}
    chosen = value if question.type == "choices" and isinstance(value, list) else [value]
    known = all(isinstance(one, str) and one in allowed for one in chosen) and len(set(chosen)) == len(chosen)
    return None if known else _("请在给出的选项里选")


def _text_problem(question: Question, value: Any) -> str | None:
    if not isinstance(value, str):
        return _("请用文字回答")
    if len(value) > question.max_length:
        return _("写得太长了，请分成几条来写")
    return None if storable(value) else _("里面有无法保存的字符，请删掉再试")


def _is_whole(value: Any) -> TypeGuard[int]:
    # True is an int to Python, but not to a person.
    return isinstance(value, int) and not isinstance(value, bool)


def _sorted_out(questions: Mapping[str, Question], kept: dict[str, Any]) -> Answers:
    by_type = {
        questions[key].type: value for key, value in kept.items() if questions[key].type in ("mood", "effort", "mark")
    }
    texts = tuple(
        (questions[key].role or "other", value) for key, value in kept.items() if questions[key].type == "text"
    )
    return Answers(kept, texts, by_type.get("mood"), by_type.get("effort"), by_type.get("mark"))

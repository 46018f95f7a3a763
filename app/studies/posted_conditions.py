"""When a question is asked, as the page of the form ticks it: a box for each answer of the questions before it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from app.core.errors import FieldError
from app.studies.schemas import SCALES, Condition, Question, answers_of, condition_stands
from app.web.i18n import mark

MARK_WORDS = {"peak": mark("高峰"), "valley": mark("低谷"), "none": mark("都不算")}


class Reads(Protocol):
    """What reads a posted form and remembers what is wrong with it."""

    def given(self, name: str) -> str: ...

    def refuse(self, name: str, message: str) -> None: ...


@dataclass(frozen=True, slots=True)
class Offered:
    """A question whose answers another may depend on; ``answers`` maps each to its words, for the catalogue."""

    question: Question
    answers: Mapping[str, str]


def offered(questions: Iterable[Question]) -> list[Offered]:
    """Return the questions that others may depend on."""
    return [Offered(question, _words(question)) for question in questions if answers_of(question)]


def ticks_of(place: str, question: Question, earlier: Mapping[str, Question]) -> dict[str, str]:
    """Return the boxes that stand ticked for the condition of ``question``."""
    condition = question.show_if
    if condition is None or condition.question not in earlier:
        return {}
    asked = earlier[condition.question]
    answers = [answer for answer in answers_of(asked) if condition.holds(int(answer) if answer.isdigit() else answer)]
    return {tick(place, asked.key, answer): "on" for answer in answers}


def tick(place: str, asked: str, answer: str) -> str:
    """Return the name of a box."""
    return f"{place}.show.{asked}.{answer}"


def posted_condition(
    reader: Reads, place: str, questions: Mapping[str, Question], current: Question | None = None
) -> Condition | None:
    """Return the condition that is ticked at ``place``, that of ``current`` as it is where the same boxes are ticked.

    What is wrong with it is remembered.
    """
    chosen = []
    ticked = set()
    for one in offered(questions.values()):
        names = {answer: tick(place, one.question.key, answer) for answer in one.answers}
        answers = [answer for answer, name in names.items() if reader.given(name)]
        chosen += [(one.question, answers)] if answers else []
        ticked |= {names[answer] for answer in answers}
    if current and ticked == set(ticks_of(place, current, questions)):
        return current.show_if
    if not chosen:
        return None
    question, answers = chosen[0]
    if len(chosen) > 1:
        reader.refuse(f"{place}.show", mark("只能看一道题的回答，请把别的题的勾去掉"))
        return None
    if question.type not in SCALES:
        return Condition(question=question.key, values=tuple(answers))
    numbers = [int(answer) for answer in answers]
    if numbers[-1] - numbers[0] + 1 != len(numbers):
        reader.refuse(f"{place}.show", mark("请勾连着的几个数"))
        return None
    return Condition(question=question.key, at_least=numbers[0], at_most=numbers[-1])


def misplaced(questions: Sequence[Question], places: Mapping[str, str]) -> list[FieldError]:
    """Return the questions whose condition cannot be met where they stand now; ``places`` names their fields."""
    earlier: dict[str, Question] = {}
    wrong = []
    for question in questions:
        if not condition_stands(question, earlier):
            message = mark("它要看的那一题和那个回答，得留在新版里，而且排在它前面")
            wrong.append(FieldError(f"{places.get(question.key, question.key)}.show", message))
        earlier[question.key] = question
    return wrong


def _words(question: Question) -> Mapping[str, str]:
    if question.type == "mark":
        return MARK_WORDS
    if question.type in SCALES:
        return {answer: answer for answer in answers_of(question)}
    return {choice.value: choice.label for choice in question.choices}

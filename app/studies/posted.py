"""Turning the posted forms of the settings pages into what the service takes; every field that is wrong is named."""

import secrets
from collections.abc import Sequence

from starlette.datastructures import FormData

from app.core.errors import FieldError, Invalid
from app.studies.posted_conditions import misplaced, posted_condition, ticks_of
from app.studies.protocol import ConsentFacts, FormFacts, StudyProtocol
from app.studies.schemas import (
    Choice,
    ConsentIn,
    FormVersionIn,
    NewTouchpoint,
    PurposeIn,
    Question,
    StageChange,
    TouchpointKind,
)
from app.web.i18n import mark

NEW = "+"
FARTHEST_DAY = 3650
KINDS: dict[TouchpointKind, str] = {
    "digital": mark("数字"),
    "physical": mark("物理"),
    "human": mark("人际"),
    "psychological": mark("心理"),
}
TYPES = {
    "text": mark("文字"),
    "choice": mark("单选"),
    "choices": mark("多选"),
    "mood": mark("心情 1–9"),
    "effort": mark("费力 1–7"),
    "mark": mark("高峰或低谷"),
}
ROLES = {
    "feeling": mark("感受"),
    "thought": mark("想法"),
    "worry": mark("担忧"),
    "action": mark("做了什么"),
    "other": mark("其他"),
}
_LETTERS = "23456789abcdefghjkmnpqrstwxyz"


class Reader:
    """Reads a posted form field by field and remembers what is wrong."""

    def __init__(self, form: FormData) -> None:
        self.form = form
        self.wrong: list[FieldError] = []

    def given(self, name: str) -> str:
        """Return what was typed, trimmed; line ends as one character."""
        return str(self.form.get(name, "")).replace("\r\n", "\n").strip()

    def words(self, name: str, most: int, *, least: int = 1) -> str:
        """Return a text of ``least`` to ``most`` characters."""
        text = self.given(name)
        if len(text) < least:
            self.refuse(name, mark("这里不能空着"))
        elif len(text) > most:
            self.refuse(name, mark("太长了，请缩短一些"))
        return text

    def day(self, name: str) -> int | None:
        """Return a number of days, or None where nothing was typed."""
        text = self.given(name).replace("−", "-")
        if not text:
            return None
        try:
            day = int(text)
        except ValueError:
            day = FARTHEST_DAY + 1
        if abs(day) > FARTHEST_DAY:
            self.refuse(name, mark("请填整数天数，之前的日子用负数，例如 -7"))
            return None
        return day

    def refuse(self, name: str, message: str) -> None:
        """Remember that ``name`` is wrong."""
        self.wrong.append(FieldError(name, message))

    def finish(self) -> None:
        """Raise Invalid if anything was wrong."""
        if self.wrong:
            raise Invalid(fields=self.wrong)


def journey_values(protocol: StudyProtocol) -> dict[str, object]:
    """Return the fields of the journey form as the protocol stands."""
    values: dict[str, object] = {}
    for stage in protocol.stages:
        values[f"{stage.key}.name"] = stage.name
        values[f"{stage.key}.from"] = "" if stage.day_from is None else stage.day_from
        values[f"{stage.key}.to"] = "" if stage.day_to is None else stage.day_to
        for one in protocol.touchpoints_of(stage.id):
            place = f"{stage.key}.{one.key}"
            values |= {f"{place}.name": one.name, f"{place}.kind": one.kind, f"{place}.side": _side(one.frontstage)}
    return values


def posted_journey(form: FormData, protocol: StudyProtocol) -> tuple[list[StageChange], list[NewTouchpoint]]:
    """Return the stages as they shall be, and the touchpoints that are new or changed; Invalid names each field."""
    reader = Reader(form)
    stages = [_stage(reader, stage.key, stage.key) for stage in protocol.stages]
    touchpoints: list[NewTouchpoint | None] = []
    for stage in protocol.stages:
        for one in protocol.touchpoints_of(stage.id):
            wanted = _touchpoint(reader, stage.key, one.key, one.key)
            if wanted and (wanted.name, wanted.kind, wanted.frontstage) != (one.name, one.kind, one.frontstage):
                touchpoints.append(wanted)
        if reader.given(f"{stage.key}.{NEW}.name"):
            touchpoints.append(_touchpoint(reader, stage.key, NEW, _new_key("t")))
    if reader.given(f"{NEW}.name"):
        stages.append(_stage(reader, NEW, _new_key("s")))
    reader.finish()
    return [stage for stage in stages if stage], [one for one in touchpoints if one]


def form_values(form: FormFacts) -> dict[str, object]:
    """Return the fields of the question form as the published version stands."""
    values: dict[str, object] = {}
    for place, question in enumerate(form.questions.values(), start=1):
        key = question.key
        values |= {f"{key}.order": place, f"{key}.label": question.label, f"{key}.hint": question.hint}
        values |= {f"{key}.keep": "on", f"{key}.required": "on" if question.required else ""}
        values |= {f"{key}.choice.{choice.value}": choice.label for choice in question.choices}
        values |= ticks_of(key, question, form.questions)
    return values


def posted_questions(form: FormData, current: FormFacts) -> list[Question]:
    """Return the questions of the next version, in order; Invalid names each field."""
    reader = Reader(form)
    placed: list[tuple[int, Question]] = []
    for place, question in enumerate(current.questions.values(), start=1):
        changed = _question(reader, question, current) if reader.given(f"{question.key}.keep") else None
        order = reader.day(f"{question.key}.order")
        if changed:
            placed.append((place if order is None else order, changed))
    places = {}
    if reader.given(f"{NEW}.label") and (added := _new_question(reader, current)):
        placed.append((reader.day(f"{NEW}.order") or len(placed) + 1, added))
        places[added.key] = NEW
    questions = [question for _, question in sorted(placed, key=lambda pair: pair[0])]
    reader.wrong += [] if reader.wrong else misplaced(questions, places)
    reader.finish()
    try:
        FormVersionIn(questions=tuple(questions))
    except ValueError as error:
        message = mark("日记表至少要有一道文字题或心情题；心情、费力、高峰低谷各最多一道")
        raise Invalid(fields=[FieldError("", message)]) from error
    return questions


def consent_values(consent: ConsentFacts) -> dict[str, object]:
    """Return the fields of the consent form as published."""
    values: dict[str, object] = {"introduction": consent.introduction}
    for purpose in consent.purposes:
        values |= {f"{purpose.key}.label": purpose.label, f"{purpose.key}.explanation": purpose.explanation}
    return values


def posted_consent(form: FormData, current: ConsentFacts) -> ConsentIn:
    """Return the consent text as it shall be; its purposes and which are required stay. Invalid names each field."""
    reader = Reader(form)
    introduction = reader.words("introduction", 8000)
    words = [
        (reader.words(f"{one.key}.label", 200), reader.words(f"{one.key}.explanation", 1000, least=0))
        for one in current.purposes
    ]
    reader.finish()
    purposes = [
        PurposeIn(key=one.key, label=label, explanation=explanation, required=one.required)
        for one, (label, explanation) in zip(current.purposes, words, strict=True)
    ]
    return ConsentIn(introduction=introduction, purposes=tuple(purposes))


def _stage(reader: Reader, place: str, key: str) -> StageChange | None:
    before = len(reader.wrong)
    name = reader.words(f"{place}.name", 40)
    first, last = reader.day(f"{place}.from"), reader.day(f"{place}.to")
    if first is not None and last is not None and first > last:
        reader.refuse(f"{place}.to", mark("结束不能早于开始"))
    if len(reader.wrong) > before:
        return None
    return StageChange(key=key, name=name, day_from=first, day_to=last)


def _touchpoint(reader: Reader, stage: str, place: str, key: str) -> NewTouchpoint | None:
    name = reader.words(f"{stage}.{place}.name", 40)
    given = reader.given(f"{stage}.{place}.kind")
    kind = next((known for known in KINDS if known == given), None)
    if kind is None:
        reader.refuse(f"{stage}.{place}.kind", mark("请选一种"))
    if kind is None or not 1 <= len(name) <= 40:
        return None
    return NewTouchpoint(
        stage=stage, key=key, name=name, kind=kind, frontstage=reader.given(f"{stage}.{place}.side") != "back"
    )


def _question(reader: Reader, question: Question, current: FormFacts) -> Question | None:
    before = len(reader.wrong)
    key = question.key
    label, hint = reader.words(f"{key}.label", 200), reader.words(f"{key}.hint", 200, least=0)
    labels = {choice.value: reader.words(f"{key}.choice.{choice.value}", 40, least=0) for choice in question.choices}
    choices = [Choice(value=value, label=words) for value, words in labels.items() if 1 <= len(words) <= 40]
    choices += _new_choices(reader, f"{key}.choices")
    if question.choices and len(choices) < 2:
        reader.refuse(f"{key}.choices", mark("选择题至少要有两个选项"))
    condition = posted_condition(reader, key, current.questions, question)
    if len(reader.wrong) > before:
        return None
    changes = {"label": label, "hint": hint, "required": bool(reader.given(f"{key}.required")), "show_if": condition}
    return question.model_copy(update={**changes, "choices": tuple(choices)})


def _new_question(reader: Reader, current: FormFacts) -> Question | None:
    before = len(reader.wrong)
    label, hint = reader.words(f"{NEW}.label", 200), reader.words(f"{NEW}.hint", 200, least=0)
    kind, role = reader.given(f"{NEW}.type"), reader.given(f"{NEW}.role")
    choices = _new_choices(reader, f"{NEW}.choices") if kind in ("choice", "choices") else []
    if kind not in TYPES:
        reader.refuse(f"{NEW}.type", mark("请选一种"))
    if kind in ("choice", "choices") and len(choices) < 2:
        reader.refuse(f"{NEW}.choices", mark("选择题至少要有两个选项"))
    condition = posted_condition(reader, NEW, current.questions)
    if len(reader.wrong) > before:
        return None
    about = role if kind == "text" and role in ROLES else None
    asked = {"key": _new_key("q"), "type": kind, "label": label, "hint": hint, "role": about, "choices": choices}
    return Question.model_validate(
        {**asked, "required": bool(reader.given(f"{NEW}.required")), "show_if": condition and condition.model_dump()}
    )


def _new_choices(reader: Reader, name: str) -> Sequence[Choice]:
    lines = [line.strip() for line in reader.given(name).split("\n") if line.strip()]
    if any(len(line) > 40 for line in lines):
        reader.refuse(name, mark("每个选项不超过 40 字"))
        return []
    return [Choice(value=_new_key("c"), label=line) for line in lines]


def _side(frontstage: bool) -> str:
    return "front" if frontstage else "back"


def _new_key(kind: str) -> str:
    return f"{kind}_" + "".join(secrets.choice(_LETTERS) for _ in range(8))

"""Questions of a form and the shape of a protocol, checked before anything is stored."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator, model_validator

KEY_PATTERN = r"^[a-z][a-z0-9_]{0,39}$"
SLUG_PATTERN = r"^[a-z0-9](?:[a-z0-9-]{0,58}[a-z0-9])?$"
MOST_STAGES = 40
MOST_TOUCHPOINTS = 60
MOST_QUESTIONS = 60
MOST_TEXT = 4000
MOST_HOURS = 8760
SCALES: Mapping[str, tuple[int, int]] = {"mood": (1, 9), "effort": (1, 7)}
MARKS = ("peak", "valley", "none")
MOST_HELP_LINES = 6
TELEPHONE_PATTERN = r"^\+?[0-9](?:[0-9 -]{0,18}[0-9])?$"

Key = Annotated[str, StringConstraints(pattern=KEY_PATTERN)]
Slug = Annotated[str, StringConstraints(pattern=SLUG_PATTERN)]
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=40)]
Words = Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)]
QuestionType = Literal["text", "mood", "effort", "mark", "choice", "choices"]
Role = Literal["feeling", "thought", "worry", "action", "other"]
TouchpointKind = Literal["digital", "physical", "human", "psychological"]


Title = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=120)]
Language = Literal["zh-CN", "en"]
MemberRole = Literal["owner", "researcher", "coder", "care", "viewer"]


class Strict(BaseModel):
    """A shape that refuses fields it does not know: a misspelt one must not be lost in silence."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Choice(Strict):
    """One answer that can be chosen."""

    value: Key
    label: Name


class Condition(Strict):
    """When a question is asked: after one of ``values`` of an earlier choice or mark, or in a range of a mood or effort.

    An earlier question that was not answered, or not asked itself, meets no condition.
    """

    question: Key
    values: tuple[Key, ...] = Field((), max_length=40)
    at_least: int | None = Field(None, ge=1, le=9)
    at_most: int | None = Field(None, ge=1, le=9)

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        ranged = self.at_least is not None or self.at_most is not None
        if bool(self.values) == ranged:
            raise ValueError("a condition has either values or at_least / at_most")
        if (self.at_least or 1) > (self.at_most or 9):
            raise ValueError("at_least must not exceed at_most")
        return self

    def holds(self, answer: object) -> bool:
        """Return whether ``answer``, as it is kept, meets the condition."""
        if self.values:
            chosen = answer if isinstance(answer, list) else [answer]
            return any(value in self.values for value in chosen)
        return isinstance(answer, int) and (self.at_least or 1) <= answer <= (self.at_most or 9)


class Question(Strict):
    """One question. ``role`` says what a text answer is about; a text answer becomes a statement of that role.

    With ``show_if`` it is asked only where an earlier answer meets that condition; what was not asked is neither required
    nor kept.
    """

    key: Key
    type: QuestionType
    label: Words
    hint: Words = ""
    required: bool = False
    role: Role | None = None
    choices: tuple[Choice, ...] = ()
    max_length: int = Field(2000, ge=1, le=MOST_TEXT)
    show_if: Condition | None = None

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.type in ("choice", "choices") and len(self.choices) < 2:
            raise ValueError("a choice question needs at least two choices")
        if self.type not in ("choice", "choices") and self.choices:
            raise ValueError("only choice questions have choices")
        return self


class TouchpointIn(Strict):
    """A contact within a stage, as given."""

    key: Key
    name: Name
    kind: TouchpointKind = "human"
    frontstage: bool = True


class StageIn(Strict):
    """A step of the journey, as given, in its order. Days are counted from the anchor event."""

    key: Key
    name: Name
    day_from: int | None = Field(None, ge=-3650, le=3650)
    day_to: int | None = Field(None, ge=-3650, le=3650)
    touchpoints: tuple[TouchpointIn, ...] = Field((), max_length=MOST_TOUCHPOINTS)


class HelpLine(Strict):
    """A number that someone in need can call, as it is shown on every page of their phone."""

    label: Name
    number: Annotated[str, StringConstraints(strip_whitespace=True, pattern=TELEPHONE_PATTERN)]
    note: Annotated[str, StringConstraints(strip_whitespace=True, max_length=100)] = ""


HelpLines = Annotated[tuple[HelpLine, ...], Field(max_length=MOST_HELP_LINES)]


class PurposeIn(Strict):
    """One purpose that a participant can agree to; without the required ones nobody can take part."""

    key: Key
    label: Words
    explanation: str = Field("", max_length=1000)
    required: bool = False


class ConsentIn(Strict):
    """The words of the consent form."""

    introduction: str = Field(min_length=1, max_length=8000)
    purposes: tuple[PurposeIn, ...] = Field(min_length=1, max_length=20)


class Protocol(Strict):
    """Stages, touchpoints, the diary form and the consent text: what a template holds and a study starts with."""

    stages: tuple[StageIn, ...] = Field(min_length=1, max_length=MOST_STAGES)
    questions: tuple[Question, ...] = Field(min_length=1, max_length=MOST_QUESTIONS)
    consent: ConsentIn
    anchor_label: Name
    help_lines: HelpLines = ()

    @model_validator(mode="after")
    def _keys_differ(self) -> Self:
        require_distinct([stage.key for stage in self.stages], "stage")
        for stage in self.stages:
            require_distinct([touchpoint.key for touchpoint in stage.touchpoints], f"touchpoint of {stage.key}")
        require_usable_form(self.questions)
        return self


class StudyIn(Strict):
    """A new study: from ``template`` or from ``protocol``; with neither, a blank one."""

    title: Title
    slug: Slug | None = None
    description: str = Field("", max_length=4000)
    template: str | None = Field(None, max_length=40)
    protocol: Protocol | None = None
    time_zone: str = "Asia/Shanghai"
    language: Language = "zh-CN"
    retention_until: date | None = None
    contact: str = Field("", max_length=200)
    coder: str | None = Field(None, max_length=60)

    @field_validator("time_zone")
    @classmethod
    def _zone_known(cls, value: str) -> str:
        return known_zone(value)


class StageChange(Strict):
    """A stage as it shall be: a known key is renamed, a new one is added after the others."""

    key: Key
    name: Name
    day_from: int | None = Field(None, ge=-3650, le=3650)
    day_to: int | None = Field(None, ge=-3650, le=3650)


class StudyChange(Strict):
    """What to change in a study; what is absent stays. Listing every stage also sets their order."""

    title: Title | None = None
    description: str | None = Field(None, max_length=4000)
    anchor_label: Name | None = None
    time_zone: str | None = None
    language: Language | None = None
    retention_until: date | None = None
    contact: str | None = Field(None, max_length=200)
    edit_hours: int | None = Field(
        None, ge=0, le=MOST_HOURS, description="How long people may change an entry; 0: never."
    )
    reply_hours: int | None = Field(None, ge=0, le=MOST_HOURS, description="Messages are answered within; 0: none.")
    stages: tuple[StageChange, ...] | None = Field(None, min_length=1, max_length=MOST_STAGES)
    help_lines: HelpLines | None = Field(None, description="Numbers that are one tap away on every page of the phone.")

    @field_validator("time_zone")
    @classmethod
    def _zone_known(cls, value: str | None) -> str | None:
        return value if value is None else known_zone(value)

    @field_validator("stages")
    @classmethod
    def _stages_differ(cls, value: tuple[StageChange, ...] | None) -> tuple[StageChange, ...] | None:
        require_distinct([stage.key for stage in value or ()], "stage")
        return value


class FormVersionIn(Strict):
    """The questions of the next version of the form."""

    questions: tuple[Question, ...] = Field(min_length=1, max_length=MOST_QUESTIONS)

    @model_validator(mode="after")
    def _usable(self) -> Self:
        require_usable_form(self.questions)
        return self


class NewTouchpoint(TouchpointIn):
    """A touchpoint and the stage that it belongs to; a known key is changed, a new one is added."""

    stage: Key


class WaveIn(Strict):
    """A round of the study."""

    key: Key
    name: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=60)]


def known_zone(name: str) -> str:
    """Return ``name`` if it is an IANA time zone; ValueError otherwise."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError("use an IANA time zone such as Asia/Shanghai") from error
    return name


def require_distinct(keys: Sequence[str], what: str) -> None:
    """Raise ValueError if a key stands twice."""
    if len(set(keys)) != len(keys):
        raise ValueError(f"each {what} key may stand once")


def require_usable_form(questions: Sequence[Question]) -> None:
    """Raise ValueError unless ``questions`` make a form that a curve can be drawn from."""
    require_distinct([question.key for question in questions], "question")
    for kind in ("mood", "effort", "mark"):
        if sum(question.type == kind for question in questions) > 1:
            raise ValueError(f"a form has at most one {kind} question")
    if not any(question.type in ("text", "mood") for question in questions):
        raise ValueError("a form needs a text or a mood question")
    earlier: dict[str, Question] = {}
    for question in questions:
        if not condition_stands(question, earlier):
            raise ValueError(
                f"show_if of {question.key} must name an earlier question of this form: values of a choice or mark, "
                "or a range within a mood (1 to 9) or effort (1 to 7)"
            )
        earlier[question.key] = question


def answers_of(question: Question) -> Sequence[str]:
    """Return the answers of ``question`` that others may depend on, as strings, in order; none for a text."""
    if question.type in SCALES:
        low, high = SCALES[question.type]
        return [str(value) for value in range(low, high + 1)]
    return MARKS if question.type == "mark" else [choice.value for choice in question.choices]


def condition_stands(question: Question, earlier: Mapping[str, Question]) -> bool:
    """Return whether the condition of ``question`` can be met by the answers to ``earlier`` ones; true without one."""
    condition = question.show_if
    if condition is None:
        return True
    asked = earlier.get(condition.question)
    if asked is None or asked.type == "text":
        return False
    if asked.type in SCALES:
        high = SCALES[asked.type][1]
        return not condition.values and max(condition.at_least or 1, condition.at_most or 1) <= high
    return bool(condition.values) and set(condition.values) <= set(answers_of(asked))

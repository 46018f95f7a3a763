"""An entry in the words of the person who wrote it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from app.diary.models import Entry
from app.statements.cells import MOOD_MIDDLE
from app.studies.protocol import StudyProtocol
from app.studies.schemas import SCALES, Question
from app.web.i18n import mark as _
from app.web.i18n import translate

Tone = Literal["low", "even", "high"]
MOODS: Sequence[str] = (
    _("很糟"),
    _("糟糕"),
    _("不太好"),
    _("有点低落"),
    _("说不上好坏"),
    _("还可以"),
    _("不错"),
    _("挺好"),
    _("很好"),
)
EFFORTS: Sequence[str] = (
    _("毫不费力"),
    _("很省力"),
    _("比较省力"),
    _("一般"),
    _("有点费力"),
    _("很费力"),
    _("费了很大的劲"),
)
MARKS: Mapping[str, str] = {"peak": _("高峰"), "valley": _("低谷"), "none": _("都不算")}


@dataclass(frozen=True, slots=True)
class Told:
    """One answer as it reads: the question's words, and the answer's."""

    label: str
    words: str
    free: bool


@dataclass(frozen=True, slots=True)
class EntryWords:
    """One entry as it is shown back. ``mood`` is 1..9; words of scales and marks are sentences of the catalogue."""

    id: UUID
    occurred_at: datetime
    received_at: datetime
    stage: str
    touchpoint: str | None
    mood: int | None
    mark: str | None
    told: Sequence[Told]

    @property
    def mood_words(self) -> str | None:
        """The word of the mood, for the catalogue."""
        return MOODS[self.mood - 1] if self.mood else None

    @property
    def first_text(self) -> str:
        """What they wrote first, empty when they wrote nothing."""
        return next((told.words for told in self.told if told.free), "")

    @property
    def tone(self) -> Tone:
        """How this moment was, by the person's own marks: their peak or valley first, then their mood."""
        if self.mark in ("peak", "valley"):
            return "high" if self.mark == "peak" else "low"
        return tone_of(self.mood)


def tone_of(mood: int | None) -> Tone:
    """Return on which side of neutral a mood (1..9) lies."""
    if mood is None or mood == MOOD_MIDDLE:
        return "even"
    return "low" if mood < MOOD_MIDDLE else "high"


def answer_of(asked: Question, value: str) -> Any:
    """Return the answer to ``asked`` that a form sends as ``value``, as it is kept."""
    return int(value) if asked.type in SCALES else value


def condition_words(asked: Question, values: Sequence[str]) -> str:
    """Return in words that a question is for those only who answered ``asked`` with one of ``values``."""
    if asked.type in SCALES:
        named = MOODS if asked.type == "mood" else EFFORTS
        ends = [translate(named[int(value) - 1]) for value in (values[0], values[-1])]
        if ends[0] == ends[1]:
            ends = ends[:1]
        chosen = translate(_("”到“")).join(ends)
    else:
        labels = MARKS if asked.type == "mark" else {choice.value: choice.label for choice in asked.choices}
        chosen = translate(_("”或“")).join(translate(labels[value]) for value in values)
    return translate(_("“%(question)s”选了“%(chosen)s”，才需要答这一题。")) % {
        "question": asked.label,
        "chosen": chosen,
    }


def words_of(entry: Entry, protocol: StudyProtocol) -> EntryWords:
    """Return ``entry`` in words, by the questions of the form version that it answered."""
    form = protocol.form(entry.form_version)
    questions = form.questions if form else {}
    touchpoint = protocol.touchpoint_of(entry.touchpoint_id)
    told = [_told(questions[key], value) for key, value in entry.answers.items() if key in questions]
    return EntryWords(
        id=entry.id,
        occurred_at=entry.occurred_at,
        received_at=entry.received_at,
        stage=protocol.stage_of(entry.stage_id).name,
        touchpoint=touchpoint.name if touchpoint else None,
        mood=entry.mood,
        mark=entry.mark,
        told=[one for one in told if one is not None],
    )


def _told(question: Question, value: Any) -> Told | None:
    if question.type == "text":
        return Told(question.label, value, free=True)
    if question.type == "effort":
        return Told(question.label, EFFORTS[value - 1], free=False)
    if question.type in ("choice", "choices"):
        labels = {choice.value: choice.label for choice in question.choices}
        chosen = value if isinstance(value, list) else [value]
        return Told(question.label, translate(_("、")).join(labels[one] for one in chosen), free=False)
    return None

"""Today's form: the stage it proposes, what stands in it, and the entry that it becomes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from pydantic import ValidationError
from starlette.datastructures import FormData

from app.core.errors import FieldError, Invalid
from app.core.ids import uuid7
from app.diary.moments import NOW, moment_of
from app.diary.schemas import Submission
from app.diary.validation import check_answers
from app.studies.protocol import FormFacts, StageFacts, StudyProtocol
from app.studies.schemas import Question
from app.web.i18n import mark as _

ANSWER = "answers."
NUMBERS = frozenset({"mood", "effort"})


@dataclass(frozen=True, slots=True)
class Sheet:
    """What stands in the form, exactly as typed. ``entry_id`` was made with the page: one page makes one entry."""

    entry_id: UUID
    form: FormFacts
    typed: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def one(self, name: str) -> str:
        """Return the field ``name``, empty when nothing stands there."""
        values = self.typed.get(name, ())
        return values[0] if values else ""

    def all(self, name: str) -> Sequence[str]:
        """Return every value of the field ``name``."""
        return self.typed.get(name, ())

    @property
    def texts(self) -> list[tuple[str, str]]:
        """What was typed into text questions, with their labels."""
        found = ((question.label, self.one(ANSWER + key).strip()) for key, question in self._texts())
        return [(label, text) for label, text in found if text]

    def _texts(self) -> list[tuple[str, Question]]:
        return [(key, question) for key, question in self.form.questions.items() if question.type == "text"]


def blank_sheet(protocol: StudyProtocol, *, stage: StageFacts, prompt: UUID | None = None) -> Sheet:
    """Return a fresh form that proposes ``stage`` and this moment, and answers ``prompt``."""
    typed = {"stage": [stage.key], "when": [NOW], "prompt": [str(prompt)] if prompt else []}
    return Sheet(uuid7(), protocol.current_form, typed)


def sheet_of(form: FormData, protocol: StudyProtocol) -> Sheet:
    """Return what a form that was sent holds; a page that was tampered with counts as a fresh one of today's version."""
    typed = {name: [value for value in form.getlist(name) if isinstance(value, str)] for name in form}
    version = typed.get("form_version", [""])[0]
    facts = protocol.form(int(version)) if version.isascii() and version.isdigit() and len(version) < 7 else None
    try:
        entry_id = UUID(typed.get("entry_id", [""])[0])
    except ValueError:
        entry_id = uuid7()
    return Sheet(entry_id, facts or protocol.current_form, typed)


def propose_stage(stages: Sequence[StageFacts], day: int | None, last_stage_id: UUID | None) -> StageFacts:
    """Return the stage that the person is most likely in: by the day from the anchor event, never before the last entry's.

    Without a day, or on a day that no stage spans, it is the last entry's stage, or the first one.
    """
    last = next((stage for stage in stages if stage.id == last_stage_id), None)
    if day is None:
        return last or stages[0]
    spanning = [stage for stage in stages if _spans(stage, day)]
    if last in spanning or not spanning:
        return last or stages[0]
    reached = [stage for stage in spanning if last is None or stage.position >= last.position]
    return (reached or spanning)[0]


def submission_of(sheet: Sheet, protocol: StudyProtocol, participant_id: UUID, zone: str) -> Submission:
    """Return the entry that ``sheet`` asks to store; Invalid when a time is missing or cannot be read."""
    stage = sheet.one("stage")
    try:
        return Submission(
            study=protocol.study.slug,
            participant=str(participant_id),
            stage=stage,
            touchpoint=sheet.one(f"touchpoint.{stage}") or None,
            occurred_at=moment_of(sheet.one("when"), sheet.one("occurred_local"), zone),
            form_version=sheet.form.version,
            answers=_answers(sheet),
            prompt=_prompt(sheet),
        )
    except ValidationError as error:
        names = {str(problem["loc"][0]) for problem in error.errors()}
        raise Invalid(fields=[FieldError(name, _("请重新选一下")) for name in sorted(names)]) from None


def kept_answers(sheet: Sheet) -> dict[str, Any]:
    """Return the answers as they would be kept."""
    return check_answers(sheet.form.questions, _answers(sheet))[0].kept


def _spans(stage: StageFacts, day: int) -> bool:
    if stage.day_from is None and stage.day_to is None:
        return False
    after = stage.day_from is None or stage.day_from <= day
    return after and (stage.day_to is None or day <= stage.day_to)


def _prompt(sheet: Sheet) -> UUID | None:
    try:
        return UUID(sheet.one("prompt"))
    except ValueError:
        return None


def _answers(sheet: Sheet) -> dict[str, Any]:
    answers: dict[str, Any] = {}
    for key, question in sheet.form.questions.items():
        values = [value for value in sheet.all(ANSWER + key) if value.strip()]
        if values:
            answers[key] = _answer(question, values)
    return answers


def _answer(question: Question, values: Sequence[str]) -> Any:
    if question.type == "choices":
        return list(values)
    value = values[0]
    if question.type in NUMBERS and value.isascii() and value.isdigit() and len(value) < 4:
        return int(value)
    return value

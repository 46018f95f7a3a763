"""Entries: one way in for the phone's page, the API, batches and imports.

``prepare`` reads, checks and codes; ``storing`` writes a batch of prepared entries in the caller's
transaction: entry, statements, codings, cells, receipt and audit together, or none of them.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import TypeVar
from uuid import UUID

from sqlalchemy.orm import Session

from app.core import clock
from app.core.errors import FieldError, Invalid
from app.diary.clocks import DeviceWord, Moments, believed
from app.diary.schemas import Submission
from app.diary.validation import Answers, check_answers, check_times
from app.participants import standing
from app.statements import service as statements
from app.statements.cells import Place
from app.statements.service import Spoken
from app.studies import queries as studies
from app.studies.adaptations import choice_in_force
from app.studies.protocol import FormFacts, StudyProtocol
from app.web.i18n import mark as _

_Found = TypeVar("_Found")
_canonical = json.JSONEncoder(sort_keys=True, ensure_ascii=True, separators=(",", ":")).encode


@dataclass(frozen=True, slots=True)
class Writer:
    """Who hands an entry in: ``label`` for the log; ``on_phone`` when it is the person themselves."""

    label: str
    on_phone: bool = False


@dataclass(frozen=True, slots=True)
class Prepared:
    """An entry that is in order, coded, and waits to be stored; ``recorded`` if it says when it was written down."""

    protocol: StudyProtocol
    entry_id: UUID
    participant_id: UUID
    writer: Writer
    stage_id: UUID
    touchpoint_id: UUID | None
    wave_id: UUID | None
    form_id: UUID
    form_version: int
    occurred_at: datetime
    recorded_at: datetime
    answers: Answers
    spoken: tuple[Spoken, ...]
    model_version: str
    digest: str
    if_match: str | None = None
    prompt_id: UUID | None = None
    device: DeviceWord | None = None
    recorded: bool = True

    @property
    def study_id(self) -> UUID:
        """The study's id."""
        return self.protocol.study.id

    def place(self, day: int | None) -> Place:
        """Return where on the journey the entry stands."""
        return Place(self.participant_id, self.stage_id, self.touchpoint_id, self.wave_id, day)


@dataclass(frozen=True, slots=True)
class Handed:
    """An entry as handed in by its writer, with the id that the writer made.

    ``skew`` is by how much a phone's clock was ahead when it sent; with one given, no time is refused.
    """

    entry_id: UUID
    submission: Submission
    writer: Writer
    if_match: str | None = None
    skew: timedelta | None = None


@dataclass(frozen=True, slots=True)
class _Checked:
    """An entry in order, before its texts are coded."""

    handed: Handed
    participant_id: UUID
    stage_id: UUID
    touchpoint_id: UUID | None
    wave_id: UUID | None
    form: FormFacts
    answers: Answers
    moments: Moments


def prepare(session: Session, study_id: UUID, batch: Sequence[Handed]) -> list[Prepared | Invalid]:
    """Return each entry of ``batch`` checked and coded, or the Invalid that names every field that is wrong with it."""
    protocol = studies.protocol(session, study_id)
    received_at = clock.now()
    people = standing.find_ids(session, study_id, {handed.submission.participant for handed in batch})
    checked = [_check(protocol, people, handed, received_at) for handed in batch]
    sound = [one for one in checked if isinstance(one, _Checked)]
    coder = choice_in_force(session, study_id, protocol.study.coder, protocol.study.coder_version).quick()
    texts = [text for one in sound for text in one.answers.texts]
    spoken = iter(statements.code(coder, texts))

    def prepared(one: _Checked) -> Prepared:
        submission = one.handed.submission
        return Prepared(
            protocol=protocol,
            entry_id=one.handed.entry_id,
            participant_id=one.participant_id,
            writer=one.handed.writer,
            stage_id=one.stage_id,
            touchpoint_id=one.touchpoint_id,
            wave_id=one.wave_id,
            form_id=one.form.form_id,
            form_version=one.form.version,
            occurred_at=one.moments.occurred_at,
            recorded_at=one.moments.recorded_at,
            answers=one.answers,
            spoken=tuple(islice(spoken, len(one.answers.texts))),
            model_version=coder.version,
            digest=digest_of(submission),
            if_match=one.handed.if_match,
            prompt_id=submission.prompt,
            device=one.moments.device,
            recorded=submission.recorded_at is not None,
        )

    return [prepared(one) if isinstance(one, _Checked) else one for one in checked]


def _check(
    protocol: StudyProtocol, people: Mapping[str, UUID], handed: Handed, received_at: datetime
) -> _Checked | Invalid:
    given = handed.submission
    errors: list[FieldError] = []
    if handed.skew is None:
        errors += check_times(given.occurred_at, given.recorded_at, received_at)
        moments = Moments(given.occurred_at, given.recorded_at or received_at)
    else:
        moments = believed(given.occurred_at, given.recorded_at, received_at, handed.skew)

    def need(found: _Found | None, field: str, message: str) -> _Found | None:
        if found is None:
            errors.append(FieldError(field, message, "unknown"))
        return found

    participant_id = need(people.get(given.participant), "participant", _("研究里没有这位参与者"))
    stage = need(protocol.stage(given.stage), "stage", _("研究里没有这个阶段"))
    touchpoint = wave = answers = None
    if stage and given.touchpoint:
        touchpoint = need(protocol.touchpoint(stage.id, given.touchpoint), "touchpoint", _("这个阶段里没有这个触点"))
    if given.wave:
        wave = need(protocol.wave(given.wave), "wave", _("研究里没有这个轮次"))
    form = need(protocol.form(given.form_version), "form_version", _("日记表没有这个版本"))
    if form:
        answers, problems = check_answers(form.questions, given.answers)
        errors += problems
    if errors or not (participant_id and stage and form and answers):
        return Invalid(fields=errors)
    touchpoint_id = touchpoint.id if touchpoint else None
    return _Checked(handed, participant_id, stage.id, touchpoint_id, wave.id if wave else None, form, answers, moments)


def digest_of(submission: Submission) -> str:
    """Return SHA-256 over the canonical JSON of what was sent (keys sorted, times in UTC), as hex.

    Fields that came later are left out when they are not given: what was signed before them stays a repeat.
    """
    content = submission.model_dump(exclude={"id"})
    prompt = content.pop("prompt")
    if prompt is not None:
        content["prompt"] = str(prompt)
    for name in ("occurred_at", "recorded_at"):
        moment = content[name]
        content[name] = moment and [moment.astimezone(UTC).isoformat(), clock.offset_minutes(moment)]
    return hashlib.sha256(_canonical(content).encode()).hexdigest()

"""Reading one row of a sheet as an entry: what it says, in the study's own keys, and an id that is the same next time."""

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

from pydantic import ValidationError

from app.core.clock import offset_minutes
from app.core.errors import FieldError
from app.diary.schemas import Submission
from app.exchange.columns import REQUIRED, Columns
from app.exchange.sheets import SheetRow
from app.studies.protocol import StudyProtocol
from app.studies.schemas import Question
from app.web.i18n import mark as _

WHOLE = re.compile(r"[+-]?\d{1,9}(?:\.0+)?")
WITH_TIME = re.compile(r"\d[T ]\d")
LOOSE_TIME = re.compile(
    r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日? *[T ] *(\d{1,2})[:：](\d{1,2})(?:[:：](\d{1,2}))?", re.ASCII
)
BETWEEN_CHOICES = re.compile(r"[;；,，、|]")
PLAUSIBLE_YEARS = range(1000, 9000)
MARKS = {"高峰": "peak", "低谷": "valley", "都不算": "none"}
UNREADABLE_TIME = _("请写成 2025-03-08T20:15 或 2025-03-08T20:15:00+08:00 这样，要有日期和时间")


@dataclass(frozen=True, slots=True)
class Draft:
    """A row that could be read: ``fields`` in the study's keys, times as written (with or without an offset)."""

    row: SheetRow
    given_id: UUID | None
    fields: dict[str, Any]

    @property
    def participant(self) -> str:
        """The participant's code or id."""
        return str(self.fields["participant"])

    def content(self) -> str:
        """Return what the row says, as text that is the same however the sheet orders or words it."""
        return _canonical(self.fields)

    def submission(self, zone: str) -> Submission | list[FieldError]:
        """Return the entry, its times in the IANA ``zone`` where they name no offset; or what is wrong with it."""
        times = {
            name: _in_zone(self.fields[name], zone) for name in ("occurred_at", "recorded_at") if name in self.fields
        }
        try:
            return Submission.model_validate(self.fields | times)
        except ValidationError as error:
            return [FieldError(str(one["loc"][0]), _("这一格太长，或写法不对"), one["type"]) for one in error.errors()]


class RowReader:
    """Reads the rows of one sheet."""

    def __init__(self, protocol: StudyProtocol, columns: Columns) -> None:
        self._protocol = protocol
        self._columns = columns
        self._places = [(field, place) for field, place in columns.places.items() if not field.startswith("answers.")]
        self._stages = _by_name(protocol.stages)
        self._waves = _by_name(protocol.waves)
        self._touchpoints = {stage.key: _by_name(protocol.touchpoints_of(stage.id)) for stage in protocol.stages}
        self._answers = [
            (field.removeprefix("answers."), place)
            for field, place in columns.places.items()
            if field.startswith("answers.")
        ]

    def read(self, row: SheetRow) -> Draft | list[FieldError]:
        """Return what the row says, or what is wrong with its cells."""
        cells = row.cells
        given: dict[str, Any] = {
            field: text for field, place in self._places if place < len(cells) and (text := cells[place].strip())
        }
        errors = [FieldError(field, _("这一格不能空着"), "missing") for field in REQUIRED if field not in given]
        for field, (parse, message) in PARSED.items():
            if field in given:
                try:
                    given[field] = parse(given[field])
                except (ValueError, OverflowError):
                    errors.append(FieldError(field, message, "unreadable"))
        if errors:
            return errors
        given_id = given.pop("id", None)
        stage = given["stage"] = self._stages.get(given["stage"], given["stage"])
        if "touchpoint" in given:
            given["touchpoint"] = self._touchpoints.get(stage, {}).get(given["touchpoint"], given["touchpoint"])
        if "wave" in given:
            given["wave"] = self._waves.get(given["wave"], given["wave"])
        given["study"] = self._protocol.study.slug
        given["answers"] = self._read_answers(cells)
        return Draft(row, given_id, given)

    def _read_answers(self, cells: list[str]) -> dict[str, Any]:
        found = {key: cells[place].strip() for key, place in self._answers if place < len(cells)}
        return {key: _answer(self._columns.questions[key], text) for key, text in found.items() if text}


class EntryIds:
    """Gives each row the id that it names, else one made of its content, so that the same row is the same entry again.

    Rows that say exactly the same are different entries: the second of them counts as the second in every run.
    """

    def __init__(self, study_id: UUID) -> None:
        self._study_id = study_id
        self._seen: dict[UUID, int] = {}

    def id_of(self, draft: Draft) -> UUID:
        """Return the id of the next row, in the order of the sheet."""
        if draft.given_id is not None:
            return draft.given_id
        content = draft.content()
        first = uuid5(self._study_id, content)
        count = self._seen.get(first, 0) + 1
        self._seen[first] = count
        return first if count == 1 else uuid5(self._study_id, f"{content}#{count}")


def _by_name(named: Iterable[Any]) -> Mapping[str, str]:
    """Return the key of each by its name, and by its key where no other bears that as its name."""
    known = list(named)
    return {one.name: one.key for one in known} | {one.key: one.key for one in known}


def _whole(text: str) -> int:
    """Return the whole number in ``text``, which spreadsheets may have written as 7.0; ValueError for anything else."""
    if WHOLE.fullmatch(text) is None:
        raise ValueError("not a whole number")
    return int(float(text))


def _time(text: str) -> datetime:
    loose = LOOSE_TIME.fullmatch(text)
    if loose is not None:
        year, month, day, hour, minute, second = map(int, loose.groups(default="0"))
        moment = datetime(year, month, day, hour, minute, second)  # noqa: DTZ001 - its zone comes later
    elif WITH_TIME.search(text):
        moment = datetime.fromisoformat(text)
    else:
        raise ValueError("not a time")
    if moment.year not in PLAUSIBLE_YEARS:
        raise ValueError("so far from today that not every zone can tell it")
    return moment


PARSED: Mapping[str, tuple[Callable[[str], Any], str]] = {
    "id": (UUID, _("请写一个 UUID，或者空着")),
    "occurred_at": (_time, UNREADABLE_TIME),
    "recorded_at": (_time, UNREADABLE_TIME),
    "form_version": (_whole, _("请写一个整数")),
}


def _in_zone(moment: datetime, zone: str) -> datetime:
    return moment.replace(tzinfo=ZoneInfo(zone)) if moment.tzinfo is None else moment


def _moment(moment: datetime) -> list[object]:
    if moment.tzinfo is None:
        return [moment.isoformat()]
    return [moment.astimezone(UTC).isoformat(), offset_minutes(moment)]


_canonical = json.JSONEncoder(default=_moment, sort_keys=True, ensure_ascii=True, separators=(",", ":")).encode


def _answer(question: Question, text: str) -> Any:
    """Return the answer that a cell means; what it cannot mean stays as it is, for the form's own check to name."""
    if question.type in ("mood", "effort"):
        return int(float(text)) if WHOLE.fullmatch(text) else text
    if question.type == "mark":
        return MARKS.get(text, text)
    if question.type in ("choice", "choices"):
        values = {choice.label: choice.value for choice in question.choices}
        if question.type == "choice":
            return values.get(text, text)
        return [values.get(one.strip(), one.strip()) for one in BETWEEN_CHOICES.split(text) if one.strip()]
    return text

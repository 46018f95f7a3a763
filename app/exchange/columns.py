"""Which column of a sheet says what of an entry."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from app.exchange.errors import ColumnsMissing, ColumnTwice
from app.studies.protocol import StudyProtocol
from app.studies.schemas import Question

NAMES: Mapping[str, Sequence[str]] = {
    "id": ("id", "条目编号"),
    "participant": ("participant_code", "participant", "参与者", "参与者编号"),
    "stage": ("stage", "阶段", "旅程阶段"),
    "touchpoint": ("touchpoint", "触点"),
    "wave": ("wave", "轮次"),
    "occurred_at": ("occurred_at", "发生时间"),
    "recorded_at": ("recorded_at", "记录时间"),
    "form_version": ("form_version", "日记表版本"),
    "mood": ("mood_self_report", "mood", "心情", "心情自评"),
    "effort": ("effort", "费力度"),
    "mark": ("mark", "高峰低谷"),
    "text": ("text", "正文", "内容"),
}
FIELDS: Mapping[str, str] = {name: field for field, names in NAMES.items() for name in names}
REQUIRED = ("participant", "occurred_at", "stage")
ANSWERS = ("mood", "effort", "mark", "text")


@dataclass(frozen=True, slots=True)
class Columns:
    """Where each field stands: index of the column by field; answers are fields named ``answers.<question key>``.

    ``ignored`` are the names of the columns that say nothing of an entry.
    """

    header: Sequence[str]
    places: Mapping[str, int]
    questions: Mapping[str, Question]
    ignored: Sequence[str]

    def name_of(self, field: str) -> str:
        """Return how the sheet calls ``field``; the field itself where the sheet has no such column."""
        place = self.places.get(field)
        return field if place is None else self.header[place]


def is_known(protocol: StudyProtocol, name: str) -> bool:
    """Return whether a column of this name says something of an entry."""
    return _field(name, all_questions(protocol)) is not None


def read_header(protocol: StudyProtocol, header: Sequence[str]) -> Columns:
    """Return the columns of a sheet with this first row; ColumnsMissing or ColumnTwice."""
    questions = all_questions(protocol)
    places: dict[str, int] = {}
    ignored = []
    for place, name in enumerate(header):
        field = _field(name, questions)
        if field is None:
            ignored.append(name or f"({place + 1})")
        elif field in places:
            raise ColumnTwice(column=f"{header[places[field]]}, {name}")
        else:
            places[field] = place
    if missing := [NAMES[field][0] for field in REQUIRED if field not in places]:
        raise ColumnsMissing(columns=", ".join(missing))
    return Columns(header, places, questions, ignored)


def all_questions(protocol: StudyProtocol) -> dict[str, Question]:
    """Return every question that any version of the form asks, as its latest version does, the latest form's first."""
    found: dict[str, Question] = {}
    for version in sorted(protocol.forms, reverse=True):
        for key, question in protocol.forms[version].questions.items():
            found.setdefault(key, question)
    return found


def _field(name: str, questions: Mapping[str, Question]) -> str | None:
    field = FIELDS.get(name.lower())
    if field is None:
        return f"answers.{name}" if name in questions else None
    if field not in ANSWERS:
        return field
    key = _question_for(field, questions)
    return f"answers.{key}" if key else None


def _question_for(field: str, questions: Mapping[str, Question]) -> str | None:
    if field != "text":
        return next((key for key, one in questions.items() if one.type == field), None)
    texts = {key: one.role for key, one in questions.items() if one.type == "text"}
    return next((key for key, role in texts.items() if role == "feeling"), next(iter(texts), None))

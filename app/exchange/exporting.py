"""A study's ledger of prompts, its entries with the times of the prompts that they answer, and its follow-ups, as files."""

from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Any
from uuid import UUID

from pydantic_core import to_json

from app.care import alert_listing
from app.care.follow_up_answers import ALERT_COLUMNS, CONTACT_COLUMNS, FOLLOW_UP_COLUMNS, cells, follow_up_cells
from app.core.db import Database
from app.diary import compliance_queries as queries
from app.diary import compliance_rows
from app.diary.models import Entry
from app.exchange.sheets import private_file
from app.participants.readings import OPERATOR, Readings
from app.participants.sight import everyone
from app.prompts.models import Prompt
from app.studies.models import Study
from app.studies.protocol import StudyProtocol
from app.web.tables import csv_pieces

ACTOR = "cli"
BATCH = 1000
ANSWER = "answers."


class What(StrEnum):
    """What can be exported."""

    PROMPTS = "prompts"
    ENTRIES = "entries"
    CODEBOOK = "codebook"
    FOLLOW_UPS = "follow-ups"
    ALERTS = "alerts"
    CONTACTS = "care-contacts"


class Format(StrEnum):
    """In which form: a table, one JSON array of objects, (the whole study) a REFI-QDA project, or (the codebook) a QDC."""

    CSV = "csv"
    JSON = "json"
    QDPX = "qdpx"
    QDC = "qdc"


ENTRY_COLUMNS = (
    "id",
    "participant",
    "stage",
    "touchpoint",
    "wave",
    "occurred_at",
    "recorded_at",
    "received_at",
    "recall_lag",
    "day",
    "form_version",
    "version",
    "prompt",
    "prompt_planned_at",
    "prompt_sent_at",
    "prompt_opened_at",
    "prompt_answered_at",
    "prompt_late",
)


def write_prompts(database: Database, study_id: UUID, path: Path, form: Format) -> int:
    """Write the ledger of prompts into the new file ``path`` and return how many there are; Unwritable."""
    rows = compliance_rows.every_prompt(database, study_id)
    return _write(path, form, compliance_rows.COLUMNS, (compliance_rows.cells(row) for row in rows))


def write_entries(database: Database, protocol: StudyProtocol, path: Path, form: Format) -> int:
    """Write the entries with the times of the prompts that they answer into the new file ``path``; returns how many.

    Each question of any version of the form has a column ``answers.…``. Unwritable.
    """
    keys = list(dict.fromkeys(key for version in protocol.forms.values() for key in version.questions))
    columns = [*ENTRY_COLUMNS, *(ANSWER + key for key in keys)]
    return _write(path, form, columns, _entry_rows(database, protocol, keys))


def write_care(database: Database, protocol: StudyProtocol, what: What, path: Path, form: Format) -> int:
    """Write follow-ups, alerts or contacts of everyone into the new file ``path`` and return how many; Unwritable."""
    sight = everyone(protocol.study.id)
    if what is What.FOLLOW_UPS:
        with database.read() as session:
            study = session.get_one(Study, protocol.study.id)
        looks = alert_listing.every_follow_up(database, study, sight)
        return _write(path, form, FOLLOW_UP_COLUMNS, follow_up_cells(looks))
    if what is What.ALERTS:
        return _write(path, form, ALERT_COLUMNS, map(cells, alert_listing.every_alert(database, sight, protocol)))
    return _write(path, form, CONTACT_COLUMNS, map(cells, alert_listing.every_contact(database, sight)))


def _entry_rows(database: Database, protocol: StudyProtocol, keys: Sequence[str]) -> Iterator[list[Any]]:
    after: UUID | None = None
    while True:
        with database.read() as session:
            found = queries.entries(session, protocol.study.id, after=after, limit=BATCH)
        seen = Readings()
        whose = [(entry.participant_id, entry.id) for entry, *_ in found]
        seen.note_of(protocol.study, ACTOR, OPERATOR, whose, exported=True)
        with database.write() as session:
            seen.write_in(session)
        for entry, code, prompt in found:
            yield [*_facts(protocol, entry, code), *_times(prompt), *(_told(entry.answers.get(key)) for key in keys)]
        if len(found) < BATCH:
            return
        after = found[-1][0].id


def _facts(protocol: StudyProtocol, entry: Entry, code: str) -> list[Any]:
    touchpoint = protocol.touchpoint_of(entry.touchpoint_id)
    return [
        str(entry.id),
        code,
        protocol.stage_of(entry.stage_id).key,
        touchpoint.key if touchpoint else None,
        next((wave.key for wave in protocol.waves if wave.id == entry.wave_id), None),
        entry.occurred_at.isoformat(),
        entry.recorded_at.isoformat(),
        entry.received_at.isoformat(),
        int((entry.recorded_at - entry.occurred_at).total_seconds()),
        entry.day,
        entry.form_version,
        entry.version,
    ]


def _times(prompt: Prompt | None) -> list[Any]:
    if prompt is None:
        return [None] * 6
    moments = (prompt.planned_at, prompt.sent_at, prompt.opened_at, prompt.answered_at)
    return [str(prompt.id), *(at.isoformat() if at else None for at in moments), prompt.late]


def _told(value: Any) -> Any:
    return ";".join(map(str, value)) if isinstance(value, list) else value


def _write(path: Path, form: Format, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> int:
    counted = _Counted(rows)
    pieces = csv_pieces(columns, counted) if form is Format.CSV else _json_pieces(columns, counted)
    with private_file(path) as file:
        for piece in pieces:
            file.write(piece)
    return counted.n


def _json_pieces(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> Iterator[str]:
    before = "[\n"
    for row in rows:
        yield before + to_json(dict(zip(columns, row, strict=True))).decode()
        before = ",\n"
    yield "\n]\n" if before == ",\n" else "[]\n"


class _Counted:
    """Rows, and how many there were."""

    def __init__(self, rows: Iterable[Sequence[Any]]) -> None:
        self._rows = rows
        self.n = 0

    def __iter__(self) -> Iterator[Sequence[Any]]:
        for row in self._rows:
            self.n += 1
            yield row

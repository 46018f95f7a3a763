"""Taking in what an organisation knows of participants: dated events, and a value of each outcome. CSV, row by row.

A sheet is read as a whole; what can be stored is stored in one transaction, every other row is named with its reason, and
the same sheet again changes nothing.
"""

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import islice
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from sqlalchemy.orm import Session

from app.core import clock
from app.core.db import Database
from app.core.errors import FieldError
from app.exchange.entries import Refused
from app.exchange.errors import ColumnsMissing, ColumnTwice, SheetTooLong, StudyUnknown
from app.exchange.sheets import Sheet, SheetRow, open_sheet
from app.participants import relation, relation_queries
from app.participants.relation import EventGiven, MeasureGiven, Recorded
from app.participants.relation_models import OutcomeMeasure
from app.studies import queries as studies
from app.studies.models import Study
from app.studies.protocol import StudyProtocol
from app.web.i18n import mark as _
from app.web.i18n import translate

MOST_ROWS: Final = 20_000
LONGEST_NAME: Final = 60
PERSON = ("participant_code", "participant", "参与者", "参与者编号", "编号")
EVENT_COLUMNS: Mapping[str, Sequence[str]] = {
    "participant": PERSON,
    "kind": ("kind", "event", "类型", "事件"),
    "on": ("on", "date", "日期"),
    "label": ("label", "what", "名称", "项目", "内容"),
    "touchpoint": ("touchpoint", "触点"),
    "amount": ("amount", "金额"),
}
EVENT_NEEDS = ("participant", "kind", "on")
KINDS: Mapping[str, str] = {
    "到访": "visit", "就诊": "visit", "来访": "visit",
    "购买": "purchase", "付费": "purchase", "消费": "purchase",
    "推荐": "referral", "转介绍": "referral",
    "投诉": "complaint",
    "评价": "review", "点评": "review",
    "联系": "contact", "随访": "contact", "咨询": "contact",
    "离开": "left", "流失": "left",
}  # fmt: skip
YES_NO: Mapping[str, float] = {
    "是": 1.0, "有": 1.0, "yes": 1.0, "y": 1.0, "true": 1.0, "√": 1.0,
    "否": 0.0, "没有": 0.0, "无": 0.0, "no": 0.0, "n": 0.0, "false": 0.0, "×": 0.0,
}  # fmt: skip
DAY = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?:[T ]\d{1,2}:\d{2}.*)?", re.ASCII)
NUMBER = re.compile(r"[¥￥]?\s*([+-]?\d[\d,]*(?:\.\d+)?)\s*元?")
KEY = re.compile(r"[a-z][a-z0-9_]{0,39}")


@dataclass(slots=True)
class Imported:
    """What an import did, in rows (events) or values (outcomes); ``measures`` are the names of those that were made."""

    stored: int = 0
    changed: int = 0
    present: int = 0
    refused: list[Refused] = field(default_factory=list)
    ignored: Sequence[str] = ()
    measures: list[str] = field(default_factory=list)

    def add(self, done: Recorded) -> None:
        """Count what a call has done."""
        self.stored += done.stored
        self.changed += done.changed
        self.present += done.present


def import_events(database: Database, slug: str, path: Path, *, by: str) -> Imported:
    """Take in the events of the CSV at ``path``. StudyUnknown; Unreadable, ColumnsMissing, ColumnTwice, SheetTooLong."""
    known = {name.lower() for names in EVENT_COLUMNS.values() for name in names}
    with open_sheet(path, lambda name: name.lower() in known) as sheet:
        places, ignored = _places(sheet.header, EVENT_COLUMNS, EVENT_NEEDS)
        rows = _rows(sheet)
        with database.write() as session:
            study = _study(session, slug)
            done = Imported(ignored=ignored)
            reader = _EventReader(
                studies.protocol(session, study.id), relation_queries.people(session, study.id), places
            )
            read = _read(rows, reader.read, sheet.header, done)
            done.add(relation.record_events(session, f"import:{by}", study.id, [one for _row, one in read]))
    return done


def import_outcomes(database: Database, slug: str, path: Path, *, by: str) -> Imported:
    """Take in the outcomes of the CSV at ``path``: a row for each person, a column for each measure, by its key or name.

    A column that is no measure yet becomes one: of yes and no if all its cells are, else of numbers. Empty cells say
    nothing. Raises as import_events does.
    """
    with open_sheet(path, lambda name: name.lower() in PERSON) as sheet:
        places, _rest = _places(sheet.header, {"participant": PERSON}, ("participant",))
        rows = _rows(sheet)
        with database.write() as session:
            study = _study(session, slug)
            done = Imported()
            columns = _measures(session, study, sheet.header, places, rows, f"import:{by}", done)
            reader = _OutcomeReader(relation_queries.people(session, study.id), places, columns)
            given: dict[str, dict[UUID, float | None]] = {}
            for _row, (person, values) in _read(rows, reader.read, sheet.header, done):
                for key, value in values.items():
                    given.setdefault(key, {})[person] = value
            for key, people in given.items():
                done.add(relation.set_outcomes(session, f"import:{by}", study.id, key, people))
    return done


class _EventReader:
    def __init__(
        self, protocol: StudyProtocol, people: Mapping[str, tuple[UUID, bool]], places: Mapping[str, int]
    ) -> None:
        self._people = people
        self._places = places
        self._today = clock.local_date(clock.now(), protocol.study.time_zone)
        self._seen: dict[object, EventGiven] = {}
        self._touchpoints = {one.name: one.id for one in reversed(protocol.touchpoints)}
        for one in protocol.touchpoints:
            self._touchpoints[f"{protocol.stage_of(one.stage_id).key}/{one.key}"] = one.id
            self._touchpoints.setdefault(one.key, one.id)

    def read(self, row: SheetRow) -> EventGiven | list[FieldError]:
        """Return the event that the row tells, or what is wrong with its cells."""
        cells = {name: _cell(row, place) for name, place in self._places.items()}
        wrong = [FieldError(name, _("这一格不能空着"), "missing") for name in EVENT_NEEDS if not cells[name]]
        if wrong:
            return wrong
        person, on, amount = _person(self._people, cells["participant"]), _day(cells["on"]), None
        touchpoint = self._touchpoints.get(cells.get("touchpoint", ""))
        if isinstance(person, FieldError):
            wrong.append(person)
        if on is None:
            wrong.append(FieldError("on", _("请写成 2025-03-08 这样的日期")))
        if cells.get("touchpoint") and touchpoint is None:
            wrong.append(FieldError("touchpoint", _("没有这个触点；请写它的名字，或 阶段/键")))
        if cells.get("amount") and (amount := _number(cells["amount"])) is None:
            wrong.append(FieldError("amount", _("请写一个不小于 0 的数")))
        if wrong or isinstance(person, FieldError) or on is None:
            return wrong
        kind = KINDS.get(cells["kind"], cells["kind"].lower())
        event = EventGiven(person, kind, on, cells.get("label", ""), touchpoint, amount)
        problems = relation.problems_of(event, self._today)
        if not problems and self._seen.setdefault(event.key, event) != event:
            problems = [FieldError("", _("前面有同一件事，金额或触点不一样"))]
        return problems or event


class _OutcomeReader:
    def __init__(
        self,
        people: Mapping[str, tuple[UUID, bool]],
        places: Mapping[str, int],
        columns: Mapping[int, OutcomeMeasure],
    ) -> None:
        self._people = people
        self._place = places["participant"]
        self._columns = columns
        self._seen: set[UUID] = set()

    def read(self, row: SheetRow) -> tuple[UUID, dict[str, float | None]] | list[FieldError]:
        """Return whose row it is with their values by measure, or what is wrong with its cells."""
        person = _person(self._people, _cell(row, self._place))
        if isinstance(person, FieldError):
            return [person]
        if person in self._seen:
            return [FieldError("participant", _("前面已经有这个人的一行了"))]
        values: dict[str, float | None] = {}
        wrong = []
        for place, measure in self._columns.items():
            text = _cell(row, place)
            value = _value(text, measure.kind) if text else None
            if text and (value is None or relation.objection(measure.kind, value)):
                wrong.append(FieldError(measure.name, _("请写是或否") if measure.kind == "yes_no" else _("请写一个数")))
            elif value is not None:
                values[measure.key] = value
        if wrong:
            return wrong
        self._seen.add(person)
        return person, values


def _measures(
    session: Session,
    study: Study,
    header: Sequence[str],
    places: Mapping[str, int],
    rows: Sequence[SheetRow],
    actor: str,
    done: Imported,
) -> Mapping[int, OutcomeMeasure]:
    """Return the measure of each further column, made where there is none of its name."""
    held = {name: one for one in relation_queries.measures(session, study.id) for name in (one.name, one.key)}
    found: dict[int, OutcomeMeasure] = {}
    for place, name in enumerate(header):
        if place == places["participant"] or not name:
            continue
        if name not in held:
            cells = [text for row in rows if (text := _cell(row, place))]
            if not cells or len(name) > LONGEST_NAME:
                done.ignored = [*done.ignored, name]
                continue
            kind = "yes_no" if all(text.lower() in YES_NO for text in cells) else "number"
            given = MeasureGiven(_key(name, {one.key for one in held.values()}), name, kind)
            held[name] = relation.define_measure(session, actor, study.id, given)
            done.measures.append(name)
        if held[name] in found.values():
            raise ColumnTwice(column=name)
        found[place] = held[name]
    if not found:
        raise ColumnsMissing(columns=translate(_("至少一个结果指标")))
    return found


def _key(name: str, taken: set[str]) -> str:
    wanted = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")
    if KEY.fullmatch(wanted) and wanted not in taken:
        return wanted
    return next(key for n in range(1, 1000) if (key := f"outcome_{n}") not in taken)


def _read(
    rows: Sequence[SheetRow], read: Callable[[SheetRow], Any], header: Sequence[str], done: Imported
) -> list[tuple[SheetRow, Any]]:
    """Return the rows that can be read with what they say; the others go into ``done``."""
    found = []
    for row in rows:
        said = read(row) if row.problem is None else [FieldError("", row.problem)]
        if isinstance(said, list):
            done.refused.append(Refused(row, _in_words(said)))
        else:
            found.append((row, said))
    return found


def _in_words(problems: Sequence[FieldError]) -> str:
    words = (
        translate(_("%(column)s：%(problem)s"))
        % {"column": COLUMN_NAMES.get(one.field, one.field), "problem": translate(one.message)}
        if one.field
        else translate(one.message)
        for one in problems
    )
    return translate(_("；")).join(words)


COLUMN_NAMES: Mapping[str, str] = {name: names[0] for name, names in EVENT_COLUMNS.items()}


def _places(
    header: Sequence[str], columns: Mapping[str, Sequence[str]], needed: Sequence[str]
) -> tuple[Mapping[str, int], Sequence[str]]:
    """Return the place of each column that is known, and the names of the others. ColumnTwice, ColumnsMissing."""
    fields = {name: field_ for field_, names in columns.items() for name in names}
    places: dict[str, int] = {}
    ignored = []
    for place, name in enumerate(header):
        found = fields.get(name.lower())
        if found is None:
            ignored.append(name or f"({place + 1})")
        elif found in places:
            raise ColumnTwice(column=f"{header[places[found]]}, {name}")
        else:
            places[found] = place
    if missing := [columns[name][0] for name in needed if name not in places]:
        raise ColumnsMissing(columns=", ".join(missing))
    return places, ignored


def _rows(sheet: Sheet) -> list[SheetRow]:
    rows = list(islice(sheet.rows, MOST_ROWS + 1))
    if len(rows) > MOST_ROWS:
        raise SheetTooLong()
    return rows


def _study(session: Session, slug: str) -> Study:
    found = studies.study_by_slug(session, slug)
    if found is None:
        raise StudyUnknown(slug=slug)
    return found


def _person(people: Mapping[str, tuple[UUID, bool]], code: str) -> UUID | FieldError:
    found = people.get(code)
    if found is None:
        return FieldError("participant", _("研究里没有这个编号") if code else _("这一格不能空着"))
    return FieldError("participant", _("这个人已经退出研究，不再记新的事")) if found[1] else found[0]


def _cell(row: SheetRow, place: int) -> str:
    return row.cells[place].strip() if place < len(row.cells) else ""


def _day(text: str) -> date | None:
    match = DAY.fullmatch(text)
    try:
        return date(*map(int, match.groups())) if match else None
    except ValueError:
        return None


def _number(text: str) -> float | None:
    match = NUMBER.fullmatch(text)
    value = float(match[1].replace(",", "")) if match else math.nan
    return value if math.isfinite(value) else None


def _value(text: str, kind: str) -> float | None:
    return YES_NO.get(text.lower(), _number(text)) if kind == "yes_no" else _number(text)

"""Importing entries from a sheet, through the same service as the phone and the API.

A row is stored as a whole or not at all; a batch of rows is one transaction. An entry's id comes from its row's content,
so that a run that was cut off, or is repeated, stores nothing twice.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import islice

from sqlalchemy.orm import Session

from app.audit.service import Change, record
from app.core import clock
from app.core.crypto import Keyring
from app.core.db import Database
from app.core.errors import AppError, FieldError
from app.diary.service import Handed, Prepared, Writer, digest_of, prepare
from app.diary.storing import Store, Stored
from app.exchange import queries
from app.exchange.columns import Columns, is_known, read_header
from app.exchange.errors import StudyUnknown
from app.exchange.newcomers import Newcomers, Rules
from app.exchange.rows import Draft, EntryIds, RowReader
from app.exchange.sheets import Sheet, SheetRow
from app.participants.errors import StudyClosed
from app.studies import queries as studies
from app.studies.retention import is_over
from app.web.i18n import translate

BATCH = 3000


@dataclass(frozen=True, slots=True)
class Refused:
    """A row that was not stored, and in words why not."""

    row: SheetRow
    reason: str


@dataclass(slots=True)
class Summary:
    """What an import has done so far, in rows; ``enrolled`` and ``agreed`` (on paper) in people."""

    stored: int = 0
    present: int = 0
    refused: int = 0
    enrolled: int = 0
    agreed: int = 0
    ignored: Sequence[str] = field(default_factory=list)

    @property
    def rows(self) -> int:
        """Rows read."""
        return self.stored + self.present + self.refused


@dataclass(frozen=True, slots=True)
class _Row:
    """A row on its way to be stored."""

    row: SheetRow
    handed: Handed

    @property
    def participant(self) -> str:
        return self.handed.submission.participant


@dataclass(frozen=True, slots=True)
class _Sorted:
    """Rows of a batch by what becomes of them: ready to be stored, in need of their person to be taken in, or wrong."""

    ready: list[tuple[_Row, Prepared]]
    newcomers: list[_Row]
    wrong: list[Refused]


class EntryImport:
    """Imports sheets into the study ``slug``; ``by`` says for the log who runs it: ``cli``, or ``user:<id>``."""

    def __init__(self, database: Database, keyring: Keyring, slug: str, *, by: str, rules: Rules) -> None:
        with database.read() as session:
            study = studies.study_by_slug(session, slug)
            if study is None:
                raise StudyUnknown(slug=slug)
            if is_over(study, clock.now()):
                raise StudyClosed()
            self._protocol = studies.protocol(session, study.id)
        self._database = database
        self._study_id = study.id
        self._store = Store(keyring)
        self._writer = Writer(f"import:{by}")
        self._newcomers = Newcomers(keyring, study, self._protocol, self._writer.label, rules)

    def knows(self, column: str) -> bool:
        """Return whether a column of this name says something of an entry."""
        return is_known(self._protocol, column)

    def run(
        self, sheet: Sheet, refuse: Callable[[Refused], None], report: Callable[[Summary], None], *, batch: int = BATCH
    ) -> Summary:
        """Import ``sheet``; ``refuse`` hears of every row that was not stored, ``report`` after every batch."""
        columns = read_header(self._protocol, sheet.header)
        importing = _Importing(RowReader(self._protocol, columns), columns, EntryIds(self._study_id), Summary())
        importing.summary.ignored = columns.ignored
        while rows := list(islice(sheet.rows, batch)):
            for one in sorted(self._import(importing, rows), key=lambda one: one.row.number):
                importing.summary.refused += 1
                refuse(one)
            report(importing.summary)
        self._log(importing.summary)
        return importing.summary

    def _import(self, importing: "_Importing", rows: Sequence[SheetRow]) -> list[Refused]:
        drafts, refused = importing.read(rows)
        with self._database.read() as session:
            named, unnamed = self._name(session, importing, drafts)
            fresh = self._not_yet_stored(session, named)
            importing.summary.present += len(named) - len(fresh)
            sorted_out = self._prepare(session, importing, fresh)
        refused += unnamed + sorted_out.wrong
        if sorted_out.ready or sorted_out.newcomers:
            with self._database.write() as session:
                done = self._write(session, importing, sorted_out)
            refused += done.refused
            importing.summary.stored += done.stored
            importing.summary.present += done.present
            importing.summary.enrolled += done.enrolled
            importing.summary.agreed += done.agreed
        return refused

    def _name(
        self, session: Session, importing: "_Importing", drafts: Sequence[Draft]
    ) -> tuple[list[_Row], list[Refused]]:
        """Give each draft its id and its person's time zone."""
        zones = queries.time_zones(session, self._study_id, {draft.participant for draft in drafts})
        named, refused = [], []
        for draft in drafts:
            entry_id = importing.ids.id_of(draft)
            submission = draft.submission(zones.get(draft.participant, self._protocol.study.time_zone))
            if isinstance(submission, list):
                refused.append(importing.refused(draft.row, submission))
            else:
                named.append(_Row(draft.row, Handed(entry_id, submission, self._writer)))
        return named, refused

    def _not_yet_stored(self, session: Session, rows: Sequence[_Row]) -> list[_Row]:
        known = queries.digests(session, self._study_id, {row.handed.entry_id for row in rows})
        return [
            row
            for row in rows
            if row.handed.entry_id not in known or digest_of(row.handed.submission) not in known[row.handed.entry_id]
        ]

    def _prepare(self, session: Session, importing: "_Importing", rows: Sequence[_Row]) -> _Sorted:
        sorted_out = _Sorted([], [], [])
        prepared = prepare(session, self._study_id, [row.handed for row in rows])
        for row, one in zip(rows, prepared, strict=True):
            if isinstance(one, Prepared):
                sorted_out.ready.append((row, one))
                continue
            others = [problem for problem in one.fields if (problem.field, problem.code) != ("participant", "unknown")]
            if len(others) < len(one.fields):
                objection = self._newcomers.objection(row.participant)
                others += [FieldError("participant", objection)] if objection else []
            if others:
                sorted_out.wrong.append(importing.refused(row.row, others))
            else:
                sorted_out.newcomers.append(row)
        return sorted_out

    def _write(self, session: Session, importing: "_Importing", given: _Sorted) -> "_Done":
        """Store what is ready, and what newcomers say once they have been taken in."""
        enrolled, ready, wrong = 0, given.ready, []
        if given.newcomers:
            enrolled = self._newcomers.enrol(session, {row.participant for row in given.newcomers})
            late = self._prepare(session, importing, given.newcomers)
            ready, wrong = ready + late.ready, late.wrong
        agreed = self._newcomers.agree_on_paper(session, {one.participant_id for _, one in ready})
        done = _Done(wrong, enrolled=enrolled, agreed=enrolled + agreed)
        for (row, _), result in zip(ready, self._store(session, [one for _, one in ready]), strict=True):
            if isinstance(result, Stored):
                done.stored += result.created
                done.present += not result.created
            else:
                done.refused.append(importing.refused(row.row, _problems(result)))
        return done

    def _log(self, summary: Summary) -> None:
        counts = {"stored": summary.stored, "present": summary.present, "refused": summary.refused}
        people = {"enrolled": summary.enrolled, "agreed_on_paper": summary.agreed}
        with self._database.write() as session:
            record(session, Change(self._writer.label, "entries.imported", self._study_id, detail={**counts, **people}))


@dataclass(slots=True)
class _Done:
    refused: list[Refused]
    enrolled: int
    agreed: int
    stored: int = 0
    present: int = 0


@dataclass(frozen=True, slots=True)
class _Importing:
    """One run over one sheet."""

    reader: RowReader
    columns: Columns
    ids: EntryIds
    summary: Summary

    def read(self, rows: Iterable[SheetRow]) -> tuple[list[Draft], list[Refused]]:
        """Return the rows that can be read, and the others."""
        drafts: list[Draft] = []
        refused: list[Refused] = []
        for row in rows:
            read = self.reader.read(row) if row.problem is None else [FieldError("", row.problem)]
            if isinstance(read, Draft):
                drafts.append(read)
            else:
                refused.append(self.refused(row, read))
        return drafts, refused

    def refused(self, row: SheetRow, problems: Iterable[FieldError]) -> Refused:
        """Return the row with what is wrong with it, in words and by the names of its columns."""
        words = (
            translate("%(column)s：%(problem)s")
            % {"column": self.columns.name_of(problem.field), "problem": translate(problem.message)}
            if problem.field
            else translate(problem.message)
            for problem in problems
        )
        return Refused(row, translate("；").join(words))


def _problems(error: AppError) -> Sequence[FieldError]:
    return error.fields or (FieldError("", error.title),)

"""Storing prepared entries: exactly once, with history, in the caller's transaction."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, insert, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Session

from app.audit import service as audit
from app.core import clock
from app.core.bulk import insert_rows
from app.core.crypto import Keyring
from app.core.db import table_of
from app.core.errors import AppError, PreconditionFailed
from app.diary import history, queries
from app.diary.errors import EditTooLate, EntryConflict
from app.diary.models import Entry, EntryRevision, Receipt
from app.diary.schemas import ReceiptOut
from app.diary.service import Prepared
from app.diary.telling import tell_care
from app.participants.errors import ConsentMissing, StudyClosed, Withdrawn
from app.participants.standing import Standing, standings
from app.prompts import ledger
from app.statements import service as statements
from app.statements.cells import Place
from app.statements.service import Utterance
from app.web.i18n import mark as _

SAME_MOMENT = timedelta(minutes=1)
"""Forms know no seconds."""

_RECEIPTS = insert(table_of(Receipt))
_ENTRIES = insert(table_of(Entry))
_ANSWERS = (
    update(table_of(Entry))
    .where(Entry.study_id == bindparam("of_study"), Entry.id == bindparam("of_entry"))
    .values(prompt_id=bindparam("of_prompt"))
)
_INSERT = {
    name: dialect(table_of(Entry)).on_conflict_do_nothing().returning(Entry.id)
    for name, dialect in (("sqlite", sqlite_insert), ("postgresql", postgresql_insert))
}


@dataclass(frozen=True, slots=True)
class Stored:
    """What became of one entry: its receipt, and whether this very call made it."""

    receipt: ReceiptOut
    created: bool = False

    @property
    def etag(self) -> str:
        """The ETag of the entry's stored version."""
        return etag_of(self.receipt.version, self.receipt.digest)


def etag_of(version: int, digest: str) -> str:
    """Return the strong ETag of one version of an entry."""
    return f'"{version}-{digest[:16]}"'


class Store:
    """Stores batches of prepared entries of any studies."""

    def __init__(self, keyring: Keyring) -> None:
        self.keyring = keyring

    def __call__(self, session: Session, batch: Sequence[Prepared]) -> list[Stored | AppError]:
        """Return what became of each entry of ``batch``, in order; a refusal changes nothing and stops no other."""
        results: list[Stored | AppError | None] = [None] * len(batch)
        by_study: dict[UUID, list[int]] = defaultdict(list)
        for index, prepared in enumerate(batch):
            by_study[prepared.study_id].append(index)
        for study_id, indices in sorted(by_study.items()):
            for index, result in zip(indices, self._store(session, study_id, [batch[i] for i in indices]), strict=True):
                results[index] = result
        return [result for result in results if result is not None]

    def _store(self, session: Session, study_id: UUID, batch: Sequence[Prepared]) -> list[Stored | AppError]:
        people = standings(session, study_id, sorted({one.participant_id for one in batch}))
        present = queries.entries_by_id(session, study_id, {one.entry_id for one in batch}, lock=True)
        received_at = clock.now()
        over = queries.is_over(session, study_id, received_at)
        fresh: dict[UUID, Prepared] = {}
        refused: dict[UUID, AppError] = {}
        for one in batch:
            if one.entry_id in present or one.entry_id in fresh:
                continue
            refusal = _refusal(one, people.get(one.participant_id), over=over)
            if refusal:
                refused.setdefault(one.entry_id, refusal)
            else:
                fresh[one.entry_id] = one
        receipts = self._insert(session, study_id, fresh, people, received_at)
        results: list[Stored | AppError] = []
        for one in batch:
            if fresh.get(one.entry_id) is one and one.entry_id in receipts:
                results.append(Stored(receipts[one.entry_id], created=True))
            elif one.entry_id in refused:
                results.append(refused[one.entry_id])
            else:
                results.append(self._again(session, one, people.get(one.participant_id), received_at, over=over))
        return results

    def _insert(
        self,
        session: Session,
        study_id: UUID,
        fresh: Mapping[UUID, Prepared],
        people: Mapping[UUID, Standing],
        received_at: datetime,
    ) -> dict[UUID, ReceiptOut]:
        """Insert what is new; an id that another transaction just took is left out and handled as present."""
        if not fresh:
            return {}
        days = {one.entry_id: _day(one, people[one.participant_id]) for one in fresh.values()}
        rows = [_entry_row(one, days[one.entry_id], received_at, version=1) for one in fresh.values()]
        inserted = _insert_entries(session, rows)
        mine = [one for one in fresh.values() if one.entry_id in inserted]
        receipts = {one.entry_id: self._receipt(one, 1, received_at) for one in mine}
        if mine:
            given = [_receipt_row(study_id, receipts[one.entry_id], received_at) for one in mine]
            insert_rows(session, _RECEIPTS, given)
            by_version: dict[str, list[Utterance]] = defaultdict(list)
            for one in mine:
                by_version[one.model_version].append(_utterance(one, days[one.entry_id]))
            for model_version, utterances in by_version.items():
                statements.record(session, study_id, model_version, utterances)
            audit.record(session, *(_change(one, "entry.create", 1) for one in mine))
            _answer_prompts(session, mine)
            tell_care(session, study_id, mine, received_at)
        return receipts

    def _again(
        self, session: Session, one: Prepared, person: Standing | None, received_at: datetime, *, over: bool
    ) -> Stored | AppError:
        """Answer an id that is already there: the same content, an edit, or a conflict."""
        present = queries.entries_by_id(session, one.study_id, {one.entry_id}, lock=True)[one.entry_id]
        if present.participant_id != one.participant_id:
            return EntryConflict()
        if present.digest == one.digest:
            return Stored(queries.receipt(session, one.study_id, one.entry_id, present.version))
        if one.if_match is None:
            return EntryConflict()
        if one.if_match not in ("*", etag_of(present.version, present.digest)):
            return PreconditionFailed(headers={"ETag": etag_of(present.version, present.digest)})
        refusal = _refusal(one, person, over=over)
        if refusal or person is None:
            return refusal or Withdrawn(_("参与已经结束，这条没有保存"))
        if one.writer.on_phone and not history.may_edit(session, present, one.protocol):
            return EditTooLate()
        return self._edit(session, present, one, person, received_at)

    def _edit(self, session: Session, present: Entry, one: Prepared, person: Standing, received_at: datetime) -> Stored:
        version = present.version + 1
        place = Place(present.participant_id, present.stage_id, present.touchpoint_id, present.wave_id, present.day)
        session.execute(
            insert(EntryRevision).values(
                study_id=one.study_id,
                entry_id=one.entry_id,
                version=present.version,
                content=queries.content_of(present),
                digest=present.digest,
                replaced_at=received_at,
            )
        )
        day = _day(one, person)
        values = _entry_row(one, day, received_at, version=version)
        left = _left_by_edit(present, one)
        session.execute(
            update(Entry)
            .where(Entry.study_id == one.study_id, Entry.id == one.entry_id)
            .values({name: value for name, value in values.items() if name not in left})
            .execution_options(synchronize_session=False)
        )
        receipt = self._receipt(one, version, received_at)
        session.execute(insert(Receipt).values(_receipt_row(one.study_id, receipt, received_at)))
        statements.revise(session, one.study_id, one.model_version, _utterance(one, day), place, present.mood)
        audit.record(session, _change(one, "entry.edit", version))
        tell_care(session, one.study_id, [one], received_at)
        return Stored(receipt)

    def _receipt(self, one: Prepared, version: int, received_at: datetime) -> ReceiptOut:
        moment = received_at.isoformat()
        signature = self.keyring.sign(f"{one.entry_id}|{one.digest}|{moment}".encode())
        return ReceiptOut(id=one.entry_id, version=version, digest=one.digest, received_at=moment, signature=signature)


def _left_by_edit(present: Entry, one: Prepared) -> set[str]:
    """Return the columns that an edit leaves as they are.

    It answers no other prompt for naming none; when it was first written down stays, or recall would seem to lag until the
    edit; and so does what the phone's clock said of a moment that was not changed.
    """
    left = {"study_id", "id"}
    if one.prompt_id is None:
        left.add("prompt_id")
    if one.writer.on_phone or not one.recorded:
        left |= {"recorded_at", "recorded_offset"}
    if one.device is None and abs(one.occurred_at - present.occurred_at) < SAME_MOMENT:
        left |= {"device_occurred_at", "device_recorded_at", "clock_note"}
    return left


def _insert_entries(session: Session, rows: Sequence[dict[str, Any]]) -> set[UUID]:
    """Insert the rows and return the ids of those that no other transaction had inserted."""
    dialect = session.get_bind().dialect.name
    if dialect == "sqlite":
        # Nobody else writes while this transaction does, and it has looked which ids are there.
        insert_rows(session, _ENTRIES, rows)
        return {row["id"] for row in rows}
    return set(session.scalars(_INSERT[dialect], rows))


def _answer_prompts(session: Session, stored: Sequence[Prepared]) -> None:
    """Tell the ledger which prompts were answered: by entries of phones, and by those that name one."""
    for one in stored:
        if not (one.writer.on_phone or one.prompt_id):
            continue
        answers = ledger.answered(
            session,
            one.study_id,
            one.participant_id,
            entry_id=one.entry_id,
            written_at=one.recorded_at,
            prompt_id=one.prompt_id,
        )
        if answers is not None and answers != one.prompt_id:
            session.execute(_ANSWERS, {"of_study": one.study_id, "of_entry": one.entry_id, "of_prompt": answers})


def study_closed() -> StudyClosed:
    """Return the refusal of an entry for a study that is over."""
    return StudyClosed(_("这项研究已经结束，这条没有保存"))


def _refusal(one: Prepared, person: Standing | None, *, over: bool) -> AppError | None:
    if person is None or person.withdrawn_at is not None:
        return Withdrawn(_("参与已经结束，这条没有保存"))
    if over:
        return study_closed()
    # What happened before the text in force was published is covered by the one that was in force then.
    consent = one.protocol.consent
    since = consent.version if one.occurred_at >= consent.published_at else 1
    if not person.may_write(one.protocol.required_purposes, on_phone=one.writer.on_phone, since_version=since):
        return ConsentMissing()
    return None


def _day(one: Prepared, person: Standing) -> int | None:
    if person.anchor_on is None:
        return None
    return clock.days_between(person.anchor_on, one.occurred_at, person.time_zone)


def _utterance(one: Prepared, day: int | None) -> Utterance:
    return Utterance("diary", one.entry_id, one.place(day), one.occurred_at, one.spoken, one.answers.mood)


def _change(one: Prepared, action: str, version: int) -> audit.Change:
    return audit.Change(
        one.writer.label,
        action,
        one.study_id,
        one.participant_id,
        {"entry": str(one.entry_id), "version": version, "digest": one.digest},
    )


def _receipt_row(study_id: UUID, receipt: ReceiptOut, received_at: datetime) -> dict[str, Any]:
    return {
        "study_id": study_id,
        "entry_id": receipt.id,
        "version": receipt.version,
        "digest": receipt.digest,
        "received_at": received_at,
        "signature": receipt.signature,
    }


def _entry_row(one: Prepared, day: int | None, received_at: datetime, *, version: int) -> dict[str, Any]:
    # Not told when it was written down: then that is when it came, to the microsecond.
    recorded_at = one.recorded_at if one.recorded else received_at
    return {
        "study_id": one.study_id,
        "id": one.entry_id,
        "participant_id": one.participant_id,
        "stage_id": one.stage_id,
        "touchpoint_id": one.touchpoint_id,
        "wave_id": one.wave_id,
        "form_id": one.form_id,
        "form_version": one.form_version,
        "answers": one.answers.kept,
        "mood": one.answers.mood,
        "effort": one.answers.effort,
        "mark": one.answers.mark,
        "occurred_at": one.occurred_at,
        "occurred_offset": clock.offset_minutes(one.occurred_at),
        "recorded_at": recorded_at,
        "recorded_offset": clock.offset_minutes(recorded_at),
        "received_at": received_at,
        "day": day,
        "digest": one.digest,
        "version": version,
        "author": one.writer.label,
        "prompt_id": one.prompt_id,
        "device_occurred_at": one.device and one.device.occurred_at,
        "device_recorded_at": one.device and one.device.recorded_at,
        "clock_note": one.device and one.device.note,
    }

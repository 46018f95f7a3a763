"""Everything that is kept of one person, as JSON: read from every room, and nothing of anybody else in it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Table, select
from sqlalchemy.orm import Session

from app.audit.models import AuditEvent
from app.care.models import Message
from app.core.crypto import Keyring
from app.core.db import MICRO, Base
from app.diary import attachment_queries
from app.diary import queries as diary
from app.diary.models import Attachment, Entry, EntryRevision, Receipt
from app.exchange import belongings_queries as queries
from app.exchange.belongings_care import care_of
from app.participants import queries as participants
from app.participants import relation_queries as relations
from app.participants.models import Participant
from app.prompts.delivery.keys import AddressUnreadable, open_address
from app.prompts.delivery.queries import contacts_of
from app.statements.models import MachineCoding, Statement
from app.studies import queries as studies
from app.studies.models import Study
from app.studies.protocol import StudyProtocol

FORMAT = "xinlu-takeaway/1"
TOLD_APART = frozenset(
    [
        "participant",
        "anchor_event",
        "entry",
        "statement",
        "consent",
        "message",
        "reading",
        "contact",
        "attachment",
        "relation_event",
        "participant_outcome",
        "follow_up",
        "alert",
    ],
)
"""Tables whose rows stand in sections of their own; those of all others are given as they are kept."""

NOT_TOLD = frozenset(
    [
        "study_id",
        "participant_id",
        "token_hash",
        "code_hash",
        "mark",
        "claimed_by",
        "claimed_at",
        "basis",
        "seen",
        "sealed",
    ]
)
"""Columns that say nothing of the person: keys of ours, hashes of secrets, the machinery of sending."""

STAFF = ("user:", "key:")


@dataclass(frozen=True, slots=True)
class Belongings:
    """What is kept of one person: ``content`` is JSON-ready, the rows behind it are for the page that people read."""

    study: Study
    person: Participant
    protocol: StudyProtocol
    content: dict[str, Any]
    entries: Sequence[Entry]
    revisions: Mapping[UUID, Sequence[EntryRevision]]
    attachments: Sequence[Attachment]
    messages: Sequence[Message]


def collect(session: Session, keyring: Keyring, study: Study, person: Participant) -> Belongings:
    """Return everything that is kept of ``person`` of ``study``."""
    protocol = studies.protocol(session, study.id)
    entries = list(reversed(diary.own_entries(session, study.id, person.id, limit=None)))
    ids = {entry.id for entry in entries}
    revisions = diary.revisions_of(session, study.id, ids)
    attached = attachment_queries.of_person(session, study.id, person.id)
    messages = queries.messages_of(session, study.id, person.id)
    about = _about(session, keyring, study, person)
    content = {
        "format": FORMAT,
        **about,
        "forms": {
            str(version): [question.model_dump(mode="json") for question in form.questions.values()]
            for version, form in protocol.forms.items()
        },
        "entries": _entries(session, protocol, entries, revisions, attached),
        "messages": [_message(one) for one in messages],
        "read_by": [_reading(one) for one in participants.readings_of(session, study.id, person.id, most=100_000)],
        "relation": _relation(session, protocol, person),
        "care": care_of(session, protocol, person),
        "further": _further(session, study.id, person.id),
        "log": [_event(one) for one in queries.events_about(session, study.id, person.id)],
    }
    return Belongings(study, person, protocol, content, entries, revisions, attached, messages)


def file_of(one: Attachment) -> str:
    """Return the path of an attachment inside the archive."""
    suffix = {"image/jpeg": "jpg", "audio/mpeg": "mp3"}.get(one.media_type, "bin")
    return f"attachments/{one.kind}-{one.id}.{suffix}"


def plain(value: Any) -> Any:
    """Return ``value`` as JSON can hold it; who of the staff did something is told by the side, never by the name."""
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, str) and value.startswith(STAFF):
        return side_of(value)
    if isinstance(value, dict):
        return {str(name): plain(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [plain(one) for one in value]
    return value


def side_of(author: str) -> str:
    """Return who wrote or did something: you, team, program (a team's program) or system."""
    kind = author.partition(":")[0]
    return {"participant": "you", "user": "team", "key": "program"}.get(kind, "system")


def _about(session: Session, keyring: Keyring, study: Study, person: Participant) -> dict[str, Any]:
    anchor = participants.anchor_of(session, study.id, person.id)
    texts = participants.consent_texts(session, study.id)
    return {
        "study": {"slug": study.slug, "title": study.title, "contact": study.contact, "time_zone": study.time_zone},
        "person": {
            "id": str(person.id),
            "code": person.code,
            "attributes": dict(person.attributes),
            "time_zone": person.time_zone,
            "anchor": {"label": study.anchor_label, "on": plain(anchor)},
            "enrolled_at": plain(person.enrolled_at),
            "withdrawn_at": plain(person.withdrawn_at),
        },
        "receipt_key": {"algorithm": "Ed25519", "public_key": keyring.public_key},
        "consents": [
            _row(one, "purpose version text_hash method given_at withdrawn_at")
            for one in queries.consents_of(session, study.id, person.id)
        ],
        "consent_texts": [_row(one, "version introduction purposes text_hash published_at") for one in texts],
        "contacts": [
            _row(one, "channel label created_at confirmed_at disabled_at") | {"address": _address(keyring, one)}
            for one in contacts_of(session, study.id, person.id)
        ],
    }


def _address(keyring: Keyring, contact: Any) -> str | None:
    try:
        return open_address(keyring, contact.study_id, contact.sealed)
    except AddressUnreadable:
        return None


def _entries(
    session: Session,
    protocol: StudyProtocol,
    entries: Sequence[Entry],
    revisions: Mapping[UUID, Sequence[EntryRevision]],
    attached: Sequence[Attachment],
) -> list[dict[str, Any]]:
    study_id = protocol.study.id
    receipts = queries.receipts_of(session, study_id, [entry.id for entry in entries])
    statements = queries.statements_of(session, study_id, [entry.id for entry in entries])
    codings = queries.codings_of(session, study_id, [entry.id for entry in entries])
    shown = []
    for entry in entries:
        touchpoint = protocol.touchpoint_of(entry.touchpoint_id)
        stage = protocol.stage_of(entry.stage_id)
        names = (
            "id occurred_at recorded_at received_at day form_version answers mood effort mark version digest "
            "device_occurred_at device_recorded_at clock_note prompt_id"
        )
        shown.append(
            _row(entry, names)
            | {
                "stage": {"key": stage.key, "name": stage.name},
                "touchpoint": {"key": touchpoint.key, "name": touchpoint.name} if touchpoint else None,
                "wave": next((wave.key for wave in protocol.waves if wave.id == entry.wave_id), None),
                "written_by": side_of(entry.author),
                "receipts": [_receipt(one) for one in receipts.get(entry.id, ())],
                "earlier": [_row(one, "version content digest replaced_at") for one in revisions[entry.id]],
                "statements": [_statement(one, codings.get(one.id, ())) for one in statements.get(entry.id, ())],
                "attachments": [_attachment(one) for one in attached if one.entry_id == entry.id],
            }
        )
    return shown


def _receipt(one: Receipt) -> dict[str, Any]:
    """As ReceiptOut gives it: the signature is over these very texts, ``id|digest|received_at``."""
    moment = one.received_at.isoformat()
    content = {"id": str(one.entry_id), "version": one.version, "digest": one.digest, "received_at": moment}
    return content | {"signature": one.signature}


def _statement(one: Statement, codings: Sequence[MachineCoding]) -> dict[str, Any]:
    return _row(one, "id role text occurred_at day model_version retracted_at") | {
        "sentiment": one.sentiment_micro / MICRO,
        "scores": [
            _row(each, "model_version confidence emotions risk coded_at") | {"sentiment": each.sentiment_micro / MICRO}
            for each in codings
        ],
    }


def _attachment(one: Attachment) -> dict[str, Any]:
    names = "id kind media_type size width height milliseconds recorded_at received_at sent_digest signature"
    return _row(one, names) | {"file": file_of(one)}


def _message(one: Message) -> dict[str, Any]:
    return _row(one, "id text sent_at read_at") | {"from": "you" if one.from_person else "team"}


def _reading(one: Any) -> dict[str, Any]:
    return _row(one, "day role entries exported")


def _event(one: AuditEvent) -> dict[str, Any]:
    return {"at": plain(one.at), "by": side_of(one.actor), "action": one.action, "detail": plain(one.detail)}


def _relation(session: Session, protocol: StudyProtocol, person: Participant) -> dict[str, list[dict[str, Any]]]:
    """Return what the organisation knows of the person beside the diary: events, and outcomes."""
    events = []
    for one in relations.events(session, person.study_id, person.id):
        touchpoint = protocol.touchpoint_of(one.touchpoint_id)
        told = {"touchpoint": touchpoint.name if touchpoint else None, "recorded_by": recorder(one.recorded_by)}
        events.append(_row(one, "kind on label amount recorded_at") | told)
    outcomes = [
        _row(measure, "key name kind unit")
        | _row(held, "value recorded_at")
        | {"recorded_by": recorder(held.recorded_by)}
        for held, measure in relations.outcomes_of(session, person.study_id, person.id)
    ]
    return {"events": events, "outcomes": outcomes}


def recorder(author: str) -> str:
    """Return which side recorded something, by hand or from a sheet."""
    return side_of(author.removeprefix("import:"))


def _further(session: Session, study_id: UUID, participant_id: UUID) -> dict[str, list[dict[str, Any]]]:
    """Return the rows of every other table that names the person, so that a room added later is not forgotten here."""
    found = {}
    for name, table in sorted(Base.metadata.tables.items()):
        if name in TOLD_APART or "participant_id" not in table.columns or "study_id" not in table.columns:
            continue
        rows = _rows(session, table, study_id, participant_id)
        if rows:
            found[name] = rows
    return found


def _rows(session: Session, table: Table, study_id: UUID, participant_id: UUID) -> list[dict[str, Any]]:
    columns = [column for column in table.columns if column.name not in NOT_TOLD]
    query = select(*columns).where(table.c.study_id == study_id, table.c.participant_id == participant_id)
    return [
        {name: plain(value) for name, value in row._mapping.items() if not isinstance(value, bytes)}
        for row in session.execute(query)
    ]


def _row(row: Any, names: str) -> dict[str, Any]:
    return {name: plain(getattr(row, name)) for name in names.split()}

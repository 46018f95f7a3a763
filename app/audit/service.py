"""Writing the log, sealing it, and checking that nobody changed it.

Events are appended in the change's own transaction without waiting for one another; a sealer links them into the chain in
batches a moment later. Erasing a person destroys salt and detail; the commitments stay and the chain still verifies.
"""

import hashlib
import json
import secrets
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import insert, null, select, update
from sqlalchemy.orm import Session

from app.audit.models import AuditEvent, AuditSeal
from app.core import clock
from app.core.bulk import insert_rows
from app.core.crypto import Keyring, verify
from app.core.db import table_of
from app.core.ids import uuid7

GENESIS = "0" * 64
BATCH = 5000
_EVENTS = insert(table_of(AuditEvent))
_canonical = json.JSONEncoder(sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode


@dataclass(frozen=True, slots=True)
class Change:
    """One change to log: ``actor`` such as user:…, key:…, participant:…, cli; ``detail`` never holds diary text."""

    actor: str
    action: str
    study_id: UUID | None = None
    subject_id: UUID | None = None
    detail: Mapping[str, object] | None = None


def record(session: Session, *changes: Change) -> None:
    """Append ``changes`` in the session's transaction."""
    if changes:
        insert_rows(session, _EVENTS, rows(changes, clock.now()))


def rows(changes: Sequence[Change], at: datetime) -> list[dict[str, Any]]:
    """Return the rows of ``changes`` at the moment ``at``, for an insert."""
    salts = [secrets.token_bytes(16) for _ in changes]
    return [
        {
            "id": uuid7(),
            "study_id": change.study_id,
            "subject_id": change.subject_id,
            "at": at,
            "actor": change.actor,
            "action": change.action,
            "detail": dict(change.detail or {}),
            "salt": salt,
            "commitment": commitment(salt, change.detail or {}),
            "seal_seq": None,
        }
        for change, salt in zip(changes, salts, strict=True)
    ]


def commitment(salt: bytes, detail: Mapping[str, object]) -> str:
    """Return SHA-256 over the salt and the canonical JSON of ``detail``."""
    return hashlib.sha256(salt + _canonical(detail).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Sealing:
    """The next link of the chain, hashed and signed but not stored yet, and the events it seals."""

    seal: Mapping[str, Any]
    event_ids: Sequence[UUID]


def destroy_details(session: Session, study_id: UUID, subject_ids: Collection[UUID]) -> int:
    """Destroy salt and detail of a study's events about these people, and return of how many; the chain still verifies."""
    about = (AuditEvent.study_id == study_id, AuditEvent.subject_id.in_(subject_ids), AuditEvent.salt.is_not(None))
    destroyed = session.scalars(
        update(AuditEvent)
        .where(*about)
        .values(detail=null(), salt=null())
        .returning(AuditEvent.id)
        .execution_options(synchronize_session=False)
    )
    return len(destroyed.all())


def prepare_seal(session: Session, keyring: Keyring, *, most: int = BATCH) -> Sealing | None:
    """Return the link that seals up to ``most`` waiting events, or None if none waits. Only reads, so nobody waits for it."""
    # The last link first: whatever is sealed after this look makes the link stale, and store_seal refuses it.
    last = _last_seal(session)
    query = select(AuditEvent).where(AuditEvent.seal_seq.is_(None)).order_by(AuditEvent.id).limit(most)
    events = session.scalars(query).all()
    if not events:
        return None
    seq = last.seq + 1 if last else 1
    previous = last.chain_hash if last else GENESIS
    batch = batch_hash(events)
    chain = chain_hash(seq, batch, previous)
    link = {
        "seq": seq,
        "sealed_at": clock.now(),
        "events": len(events),
        "batch_hash": batch,
        "previous_hash": previous,
        "chain_hash": chain,
        "signature": keyring.sign(chain.encode()),
    }
    return Sealing(link, [event.id for event in events])


def store_seal(session: Session, sealing: Sealing) -> bool:
    """Store the link; False, and nothing stored, if another came before it. Call it from one process at a time."""
    last = _last_seal(session)
    if (last.chain_hash if last else GENESIS) != sealing.seal["previous_hash"]:
        return False
    session.execute(insert(AuditSeal).values(sealing.seal))
    for start in range(0, len(sealing.event_ids), 500):
        ids = sealing.event_ids[start : start + 500]
        session.execute(
            update(AuditEvent)
            .where(AuditEvent.id.in_(ids))
            .values(seal_seq=sealing.seal["seq"])
            .execution_options(synchronize_session=False)
        )
    return True


def _last_seal(session: Session) -> AuditSeal | None:
    return session.scalars(select(AuditSeal).order_by(AuditSeal.seq.desc()).limit(1)).first()


def batch_hash(events: Sequence[AuditEvent]) -> str:
    """Return SHA-256 over the leaves of ``events`` in the order of their ids."""
    digest = hashlib.sha256()
    for event in sorted(events, key=lambda one: one.id):
        leaf = [
            event.id,
            event.study_id,
            event.subject_id,
            event.at.isoformat(),
            event.actor,
            event.action,
            event.commitment,
        ]
        digest.update(hashlib.sha256("\x1f".join(str(part) for part in leaf).encode()).digest())
    return digest.hexdigest()


def chain_hash(seq: int, batch: str, previous: str) -> str:
    """Return the hash that the next link builds on."""
    return hashlib.sha256(f"{seq}:{batch}:{previous}".encode()).hexdigest()


def check(session: Session, public_key: str) -> list[str]:
    """Return what is wrong with the chain, in words; empty when it holds."""
    problems: list[str] = []
    previous = GENESIS
    for expected, link in enumerate(session.scalars(select(AuditSeal).order_by(AuditSeal.seq)), start=1):
        events = session.scalars(select(AuditEvent).where(AuditEvent.seal_seq == link.seq)).all()
        problems += _check_link(link, events, expected, previous, public_key)
        previous = link.chain_hash
    return problems


def _check_link(
    link: AuditSeal, events: Sequence[AuditEvent], expected: int, previous: str, public_key: str
) -> list[str]:
    problems = []
    if link.seq != expected:
        problems.append(f"seal {expected} is missing")
    if link.previous_hash != previous:
        problems.append(f"seal {link.seq} does not follow the one before it")
    if len(events) != link.events or batch_hash(events) != link.batch_hash:
        problems.append(f"the events of seal {link.seq} were changed, added or removed")
    if link.chain_hash != chain_hash(link.seq, link.batch_hash, link.previous_hash):
        problems.append(f"seal {link.seq} does not hash to what it says")
    if not verify(public_key, link.chain_hash.encode(), link.signature):
        problems.append(f"seal {link.seq} is not signed by this installation")
    return problems + [f"the detail of event {event.id} was changed" for event in events if not _detail_holds(event)]


def _detail_holds(event: AuditEvent) -> bool:
    """Return whether the detail is what was committed to; erased detail holds nothing that could be wrong."""
    if event.salt is None or event.detail is None:
        return True
    return commitment(event.salt, event.detail) == event.commitment

"""The sealer: links what was logged into the chain, a second or two behind."""

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app.audit.models import AuditEvent
from app.audit.service import seal
from app.core.crypto import Keyring
from app.core.db import Database
from app.jobs.context import WorkerContext
from app.jobs.declare import recurring

LOCK = 0x7365616C  # "seal"
BATCH = 200
"""Events a transaction: on SQLite, others wait to write meanwhile, so that it must be over in milliseconds."""


@recurring("audit.seal", seconds=1.0)
def seal_waiting(context: WorkerContext) -> None:
    """Seal what waits, batch by batch, each in a transaction of its own; leaves it to another process that is at it."""
    while not context.stopping.is_set() and seal_batch(context.database, context.keyring) == BATCH:
        pass


def seal_batch(database: Database, keyring: Keyring) -> int:
    """Seal up to 200 events and return how many; 0 if none waits or another process is at it."""
    if not _any_waiting(database):
        return 0
    with database.write() as session:
        return seal(session, keyring, most=BATCH) if _alone(session) else 0


def _any_waiting(database: Database) -> bool:
    # Looked at with a reading connection: an idle second must not take the writing one.
    with database.read() as session:
        return session.scalar(select(AuditEvent.id).where(AuditEvent.seal_seq.is_(None)).limit(1)) is not None


def _alone(session: Session) -> bool:
    """Return whether this transaction may seal, which it then does alone until it ends."""
    if session.get_bind().dialect.name != "postgresql":
        return True  # there, one transaction writes at a time
    return bool(session.scalar(text("SELECT pg_try_advisory_xact_lock(:key)"), {"key": LOCK}))

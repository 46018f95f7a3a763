"""The sealer: links what was logged into the chain, a second or two behind."""

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.audit.service import prepare_seal, store_seal
from app.core.crypto import Keyring
from app.core.db import Database
from app.jobs.context import WorkerContext
from app.jobs.declare import recurring

LOCK = 0x7365616C  # "seal"
BATCH = 500
"""Events a link: marking them is the only part that others may wait for, and takes milliseconds."""


@recurring("audit.seal", seconds=1.0)
def seal_waiting(context: WorkerContext) -> None:
    """Seal what waits, each link in a transaction of its own; leaves it to another process that is at it."""
    while not context.stopping.is_set() and seal_batch(context.database, context.keyring, BATCH) == BATCH:
        pass


def seal_batch(database: Database, keyring: Keyring, most: int) -> int:
    """Seal up to ``most`` events and return how many; 0 if none waits or another process is at it."""
    # Read and hashed without the writing connection: nobody waits for that, and an idle second takes nothing.
    with database.read() as session:
        sealing = prepare_seal(session, keyring, most=most)
    if sealing is None:
        return 0
    with database.write() as session:
        stored = _alone(session) and store_seal(session, sealing)
    return len(sealing.event_ids) if stored else 0


def _alone(session: Session) -> bool:
    """Return whether this transaction may seal, which it then does alone until it ends."""
    if session.get_bind().dialect.name != "postgresql":
        return True  # there, one transaction writes at a time
    return bool(session.scalar(text("SELECT pg_try_advisory_xact_lock(:key)"), {"key": LOCK}))

"""A worker inside a command."""

from collections.abc import Iterator
from contextlib import contextmanager

from app.cli.by_name import load
from app.core.crypto import keyring_of
from app.core.db import Database
from app.core.settings import Settings
from app.jobs.worker import Worker
from app.studies.coders import use_models


@contextmanager
def working(settings: Settings, database: Database) -> Iterator[None]:
    """Work on jobs for the length of the block."""
    load("app.registry")  # declares every task
    use_models(settings)
    worker = Worker(settings, database, keyring_of(settings))
    worker.start()
    try:
        yield
    finally:
        worker.stop()

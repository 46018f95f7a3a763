"""A worker alone in its process: ``python -m tests.jobs.working MODULE…``, the modules being those that declare tasks."""

import importlib
import signal
import sys
import threading
from types import FrameType

from app.core.crypto import Keyring
from app.core.db import Database
from app.core.settings import Settings
from app.jobs.worker import Pace, Worker

KEYRING = Keyring(b"a secret for tests, of 32 bytes and more")
QUICK = Pace(hand_over=0.05, poll=0.05, beat=0.3)


def main() -> None:
    """Work until told to end."""
    for module in sys.argv[1:]:
        importlib.import_module(module)
    settings = Settings.from_environment()
    database = Database(settings.database_address)
    worker = Worker(settings, database, KEYRING, pace=QUICK)
    told = threading.Event()

    def end(_signal: int, _frame: FrameType | None) -> None:
        told.set()

    signal.signal(signal.SIGTERM, end)
    worker.start()
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    told.wait()
    worker.stop()
    database.close()


if __name__ == "__main__":
    main()

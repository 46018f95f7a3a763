"""A process's worker: hands jobs to the engine, runs them, takes over from the dead, and repeats recurring calls."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

import structlog
from sqlalchemy import delete, update

from app.core import clock
from app.core.crypto import Keyring
from app.core.db import Database
from app.core.settings import Settings
from app.jobs import presence, queries
from app.jobs.context import WorkerContext
from app.jobs.declare import RECURRENCES
from app.jobs.models import Job
from app.jobs.runner import Runner

if TYPE_CHECKING:
    from app.jobs.engine import Engine

BATCH = 100
KEPT = timedelta(days=30)

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Pace:
    """How often a worker does what, in seconds."""

    hand_over: float = 0.5
    poll: float = 0.5
    beat: float = 10.0
    forget: float = 3600.0
    stop_within: float = 10.0


class Worker:
    """Works on jobs in threads of its own, inside `serve` or alone; one at a time in a process."""

    def __init__(self, settings: Settings, database: Database, keyring: Keyring, *, pace: Pace | None = None) -> None:
        self._context = WorkerContext(settings, database, keyring, threading.Event())
        self._name = settings.worker_name
        self._pace = pace or Pace()
        self._engine: Engine | None = None
        self._loops: list[_Loop] = []
        self._runner: Runner | None = None

    def start(self) -> None:
        """Begin to work; not in an event loop's thread. WorkerNameTaken if another live process has this name."""
        # DBOS costs 0.7 s and 20 MB to import: only a process that works pays for it.
        from app.jobs import engine  # noqa: PLC0415

        with self._context.database.write() as session:
            presence.claim(session, self._name)
        self._runner = Runner(self._context, self._name, engine.keep_step)
        self._engine = engine.Engine(self._context.database.address, self._name, self._runner.run, poll=self._pace.poll)
        try:
            self._engine.launch()
            self._beat(self._engine)  # what the dead have left is taken up at once
        except BaseException:
            self.stop()
            raise
        self._begin("hand-over", self._pace.hand_over, partial(self._hand_over, self._engine))
        self._begin("beat", self._pace.beat, partial(self._beat, self._engine))
        self._begin("forget", self._pace.forget, partial(self._forget, self._engine))
        for recurrence in RECURRENCES.values():
            self._begin(recurrence.name, recurrence.seconds, partial(recurrence.call, self._context))

    def stop(self) -> None:
        """End within seconds. A job that runs stops at its next step and stays open for whoever works next."""
        self._context.stopping.set()
        for loop in self._loops:
            loop.join()
        if self._runner is not None and not self._runner.wait_until_idle(self._pace.stop_within):
            log.warning("a job is still in the middle of a step")
        if self._engine is not None:
            self._engine.close()
            self._engine = None
        with self._context.database.write() as session:
            presence.release(session, self._name)

    def _begin(self, name: str, seconds: float, call: Callable[[], None]) -> None:
        loop = _Loop(name, seconds, call, self._context.stopping)
        loop.start()
        self._loops.append(loop)

    def _hand_over(self, engine: "Engine") -> None:
        with self._context.database.read() as session:
            waiting = queries.waiting(session, BATCH)
        for job_id in waiting:
            engine.hand(job_id)
        if waiting:
            with self._context.database.write() as session:
                session.execute(update(Job).where(Job.id.in_(waiting)).values(handed_at=clock.now()))

    def _beat(self, engine: "Engine") -> None:
        with self._context.database.write() as session:
            if not presence.beat(session, self._name):
                presence.claim(session, self._name)
        with self._context.database.read() as session:
            living = presence.live(session)
        if taken := engine.take_over({*living, self._name}):
            log.info("took over jobs of a dead worker", jobs=taken)

    def _forget(self, engine: "Engine") -> None:
        with self._context.database.write() as session:
            presence.forget(session, clock.now() - KEPT)
            old = queries.ended_before(session, clock.now() - KEPT, BATCH)
        if old:
            engine.forget(old)
            with self._context.database.write() as session:
                session.execute(delete(Job).where(Job.id.in_(old)))


class _Loop(threading.Thread):
    """Calls something again and again; what goes wrong is logged by its kind, and the next round tries anew."""

    def __init__(self, name: str, seconds: float, call: Callable[[], None], stopping: threading.Event) -> None:
        super().__init__(name=f"xinlu-{name}", daemon=True)
        self._seconds = seconds
        self._call = call
        self._stopping = stopping

    def run(self) -> None:
        while not self._stopping.wait(self._seconds):
            try:
                self._call()
            except Exception as error:  # noqa: BLE001 - one bad round must not end the loop
                log.error("recurring call failed", call=self.name, error=type(error).__name__)

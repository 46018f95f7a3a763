"""Group commit: writes that arrive together share one transaction, and so one wait for the disk.

On SQLite every durable commit costs a flush, and only one writer works at a time; taking along whatever has queued up in
the meantime multiplies what can be stored and leaves a lone write as fast as before. A caller is answered only after the
commit of its own work.
"""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, wait
from queue import SimpleQueue
from typing import Generic, TypeVar

from sqlalchemy.orm import Session

from app.core.db import Database

Work = TypeVar("Work")
Result = TypeVar("Result")
MOST_TOGETHER = 64


class GroupCommit(Generic[Work, Result]):
    """Applies works in order of arrival; ``apply`` returns one result for each of the works it is given."""

    def __init__(self, database: Database, apply: Callable[[Session, Sequence[Work]], Sequence[Result]]) -> None:
        self._database = database
        self._apply = apply
        self._queue: SimpleQueue[tuple[Work, Future[Result]] | None] = SimpleQueue()
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()
        self._closed = False

    def run(self, work: Work) -> Result:
        """Return the result of ``work`` once it is durable; raises what applying or committing it raised."""
        return self.run_all([work])[0]

    def hand_in(self, work: Work) -> Future[Result]:
        """Return at once; the future has the result of ``work`` once it is durable. On SQLite only: elsewhere use ``run``."""
        future: Future[Result] = Future()
        self._hand_over([(work, future)])
        return future

    @property
    def groups(self) -> bool:
        """Whether works are taken together by a thread of their own."""
        return self._database.dialect == "sqlite"

    def run_all(self, works: Sequence[Work]) -> list[Result]:
        """Return the results of ``works`` once each is durable or has failed; raises what the first that failed raised."""
        waiting: list[tuple[Work, Future[Result]]] = [(work, Future()) for work in works]
        if self._database.dialect == "sqlite":
            self._hand_over(waiting)
        else:
            for start in range(0, len(waiting), MOST_TOGETHER):
                self._commit(waiting[start : start + MOST_TOGETHER])
        wait([future for _, future in waiting])
        return [future.result() for _, future in waiting]

    def _hand_over(self, waiting: Sequence[tuple[Work, Future[Result]]]) -> None:
        with self._lock:
            if self._closed:
                raise RuntimeError("the writer has been closed")
            if self._thread is None:
                self._thread = threading.Thread(target=self._serve, name="group-commit", daemon=True)
                self._thread.start()
            for one in waiting:
                self._queue.put(one)

    def close(self) -> None:
        """Finish what has been handed in, then stop."""
        with self._lock:
            self._closed = True
            thread = self._thread
            self._queue.put(None)
        if thread is not None:
            thread.join()

    def _serve(self) -> None:
        while (first := self._queue.get()) is not None:
            together = [first]
            last = False
            while len(together) < MOST_TOGETHER and not self._queue.empty():
                following = self._queue.get()
                if following is None:
                    last = True
                    break
                together.append(following)
            # Who has gone away meanwhile is not served; from here on nobody can call it off.
            taken = [one for one in together if one[1].set_running_or_notify_cancel()]
            if taken:
                self._commit(taken)
            if last:
                return

    def _commit(self, together: list[tuple[Work, Future[Result]]]) -> None:
        try:
            with self._database.write() as session:
                results = self._apply(session, [work for work, _ in together])
        except BaseException as error:  # noqa: BLE001 - whatever it was, the one who waits must hear it
            if len(together) > 1:
                # One of them may be at fault: each gets a transaction, and an answer, of its own.
                for single in together:
                    self._commit([single])
            else:
                together[0][1].set_exception(error)
            return
        for (_, future), result in zip(together, results, strict=True):
            future.set_result(result)

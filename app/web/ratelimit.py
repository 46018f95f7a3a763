"""Counting failures per address and purpose, in this process. More processes allow proportionally more tries; docs say so."""

import threading
import time
from collections import OrderedDict

from app.core.errors import RateLimited

WINDOW_SECONDS = 900
MOST_KEYS = 50_000


class FailureLimit:
    """At most ``limit`` failures per key in a window of fifteen minutes."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._failures: OrderedDict[str, tuple[float, int]] = OrderedDict()
        self._lock = threading.Lock()

    def check(self, key: str) -> None:
        """Raise RateLimited (with Retry-After, in seconds) once ``key`` has failed too often."""
        with self._lock:
            began, failures = self._current(key)
        if failures >= self.limit:
            wait = max(1, round(began + WINDOW_SECONDS - time.monotonic()))
            raise RateLimited(headers={"Retry-After": str(wait)})

    def failed(self, key: str) -> None:
        """Count one failure of ``key``."""
        with self._lock:
            began, failures = self._current(key)
            self._failures[key] = (began, failures + 1)
            self._failures.move_to_end(key)
            while len(self._failures) > MOST_KEYS:
                self._failures.popitem(last=False)

    def succeeded(self, key: str) -> None:
        """Forget the failures of ``key``."""
        with self._lock:
            self._failures.pop(key, None)

    def _current(self, key: str) -> tuple[float, int]:
        moment = time.monotonic()
        began, failures = self._failures.get(key, (moment, 0))
        return (moment, 0) if moment - began > WINDOW_SECONDS else (began, failures)

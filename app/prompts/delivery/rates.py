"""How many messages a minute each channel takes, in this process."""

import threading
import time
from collections import deque

from app.core.settings import Settings, listed

WINDOW = 60.0


class Rates:
    """At most so many a minute and channel; a channel without a number takes all."""

    def __init__(self, settings: Settings) -> None:
        pairs = (one.partition("=") for one in listed(settings.send_rates))
        self._most = {name: int(number) for name, _, number in pairs}
        self._taken: dict[str, deque[float]] = {name: deque() for name in self._most}
        self._lock = threading.Lock()

    def take(self, channel: str) -> float:
        """Take one; returns 0, or after how many seconds there is one again, and then none was taken."""
        if channel not in self._most:
            return 0.0
        moment = time.monotonic()
        with self._lock:
            taken = self._taken[channel]
            while taken and taken[0] <= moment - WINDOW:
                taken.popleft()
            if len(taken) >= self._most[channel]:
                return taken[0] + WINDOW - moment
            taken.append(moment)
            return 0.0

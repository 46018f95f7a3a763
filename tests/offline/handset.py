"""A phone's browser whose profile outlives it: opened, killed in the middle of anything, and opened again."""

import os
import signal
import time
from contextlib import suppress
from pathlib import Path

from playwright.sync_api import BrowserContext, Page, Playwright
from playwright.sync_api import Error as DriverError

from scripts.system_packages import find_chromium
from tests.support.browser import FLAGS, SIZES, START_MS

DEATH_SECONDS = 60.0
PATIENCE_MS = 30_000


class Handset:
    """Chromium as a phone, on the profile in ``folder``."""

    def __init__(self, driver: Playwright, folder: Path) -> None:
        self.folder = folder
        self._driver = driver
        self._opened: BrowserContext | None = None

    @property
    def context(self) -> BrowserContext:
        """The running browser."""
        assert self._opened is not None, "the browser does not run"
        return self._opened

    def open(self) -> Page:
        """Start the browser and return its first page."""
        width, height = SIZES["phone"]
        self._opened = self._driver.chromium.launch_persistent_context(
            self.folder,
            executable_path=find_chromium(),
            args=FLAGS,
            timeout=START_MS,
            viewport={"width": width, "height": height},
            device_scale_factor=2,
            is_mobile=True,
            has_touch=True,
            locale="zh-CN",
            timezone_id="Asia/Shanghai",
            reduced_motion="reduce",
        )
        self._opened.set_default_timeout(PATIENCE_MS)
        return self._opened.pages[0]

    def kill(self) -> None:
        """Kill the browser and every process of it at once, as an empty battery does."""
        groups = set()
        for pid in self._pids():
            with suppress(ProcessLookupError):  # one of its many that has just ended by itself
                groups.add(os.getpgid(pid))
        assert groups, "the browser's processes are found"
        assert os.getpgrp() not in groups, "the browser stands in a group of its own"
        for group in groups:
            os.killpg(group, signal.SIGKILL)
        deadline = time.monotonic() + DEATH_SECONDS
        while self._pids():
            assert time.monotonic() < deadline, "the browser is dead"
            time.sleep(0.02)
        self.close()

    def close(self) -> None:
        """End the browser in order, if it still runs."""
        context, self._opened = self._opened, None
        if context is not None:
            with suppress(DriverError):
                context.close()

    def _pids(self) -> list[int]:
        """Return the processes that were started on this profile and live."""
        found = []
        for folder in Path("/proc").iterdir():
            with suppress(OSError):
                if folder.name.isdigit() and f"--user-data-dir={self.folder}".encode() in (
                    folder / "cmdline"
                ).read_bytes().split(b"\0"):
                    found.append(int(folder.name))
        return found

"""A browser whose profile stays, for the tests that kill it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Playwright, sync_playwright

from tests.offline.handset import Handset
from tests.support import run


@pytest.fixture(scope="module")
def driver() -> Iterator[Playwright]:
    """What starts browsers."""
    run.require("chromium", "chinese-font")
    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture
def handset(driver: Playwright, tmp_path: Path) -> Iterator[Handset]:
    """A phone, not opened yet, with an empty profile."""
    phone = Handset(driver, tmp_path / "profile")
    yield phone
    phone.close()

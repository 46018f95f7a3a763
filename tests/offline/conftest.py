"""A browser whose profile stays, for the tests that kill it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Playwright, sync_playwright

from tests.offline.faults import FaultProxy
from tests.offline.handset import Handset
from tests.offline.site import Site, site
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


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Site]:
    """A running server with a study, and a look into its database."""
    folder = tmp_path / "data"
    folder.mkdir()
    with site(folder) as running:
        yield running


@pytest.fixture
def network(served: Site) -> Iterator[FaultProxy]:
    """What lies between the phone and ``served``; good until told otherwise."""
    with FaultProxy(served.server.port) as proxy:
        yield proxy

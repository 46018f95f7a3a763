"""Histories of the sync protocol, more of them than tests have time for: what a phone writes arrives, and once."""

from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import sync_playwright

from scripts.system_packages import find_chromium
from tests.bench.table import Row
from tests.offline.histories import play_many, staged
from tests.support.browser import FLAGS

ROUND = 500
FIRST_SEED = 1_000_000


def rows(folder: Path, *, histories: int) -> Iterator[Row]:
    """Play ``histories`` made-up histories, others than the tests do; AssertionError shows the first that breaks a promise."""
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=find_chromium(), args=FLAGS)
        with staged(folder, browser.new_page()) as stage:
            for number in range(0, histories, ROUND):
                play_many(stage, FIRST_SEED + number, count=min(ROUND, histories - number))
            met = stage.met
            told = f"{met['write']} entries written, {met['run']} rounds, {stage.acknowledged} objects acknowledged"
            yield Row("sync protocol, histories played", stage.played, f">= {histories}", told)
            yield Row(
                "sync protocol, acknowledged objects lost or doubled", 0, "0", "or the run would have stopped here"
            )
        browser.close()

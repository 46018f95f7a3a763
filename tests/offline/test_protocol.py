"""The phone's own sync code against the real server, through thousands of histories that hypothesis makes up.

A history is a list of steps: entries written, corrected, dropped, tried again, carried to a second phone in a backup; rounds of
one tab or two over a line that loses requests before and after the server, doubles, reorders and forges answers; tabs that
die at any step of the store or the line; clocks that jump by years; links renewed, phones lent and signed out, people who
leave. ``histories.check`` says what must hold.
"""

from collections.abc import Iterator
from dataclasses import replace

import httpx
import pytest
from hypothesis.errors import Flaky
from playwright.sync_api import Browser

from tests.offline.histories import Stage, play_many, staged

CHUNKS = 20
HISTORIES = 100
DURABLE = 40
MOST_SEEDS = 10


@pytest.fixture(scope="module")
def stage(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """One server and one page for all histories of this process; each history has a person of its own."""
    page = browser.new_context().new_page()
    with staged(tmp_path_factory.mktemp("protocol"), page) as built:
        yield built
    page.context.close()


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_nothing_acknowledged_is_lost_and_nothing_doubled(stage: Stage, chunk: int) -> None:
    before = stage.played
    play_many(stage, chunk, count=HISTORIES)
    assert stage.played - before >= HISTORIES


def test_the_same_on_the_browsers_own_database(stage: Stage) -> None:
    play_many(stage, CHUNKS, count=DURABLE, durable=True)


RENEWED = """
      const id = crypto.randomUUID();
      const body = await this.store.get("bodies", object.id);
      await this.store.put("bodies", { ...body, id });
      const sealed = await this.sealAgain({ ...object, id }, (await this.store.facts()).seal_key);
      if (sealed) await this.store.keep([{ object: { ...object, id }, sealed, copy: body.copy }], { gone: [object.id] });
"""
MUTANTS = {
    "forgets for a receipt that nobody signed": (
        'verdict === "receipt" && (await this.proves(object, answer.body))',
        'verdict === "receipt"',
    ),
    "forgets for any 200": (
        '    if (verdict === "seal_key") return this',
        '    if (answer.status === 200) await this.store.forget(object.id);\n    if (verdict === "seal_key") return this',
    ),
    "forgets what was refused": (
        'this.store.change(object.id, { state: "refused",',
        'this.store.forget(object.id, { state: "refused",',
    ),
    "sends again under another id": ("      await this.store.change(object.id, { tries: object.tries + 1 });", RENEWED),
    "gives up when the server is busy": ("|| status === 503", "|| STAYS.push(503) < 0"),
    "waits for years when the clock was set back": (" || left > LONGEST_SECONDS * 1000", ""),
}
TELLING = {
    "forgets for a receipt that nobody signed": "forge",
    "forgets for any 200": "portal",
    "sends again under another id": "cut",
    "gives up when the server is busy": "busy",
}
"""The fault that shows what is wrong, where it takes one."""


@pytest.mark.parametrize("change", MUTANTS)
def test_the_histories_find_what_is_wrong(stage: Stage, change: str) -> None:
    """The protocol with one thing changed: histories like those above find it, within a few dozen.

    They are fuller of the fault that tells, and of seed after seed: what one seed draws is much alike, and hangs on which
    modules the process has loaded.
    """
    before, after = MUTANTS[change]
    folder = f"mutant-{list(MUTANTS).index(change)}"
    page = stage.page.context.new_page()
    sound = httpx.get(f"{stage.site.server.base_url}/static/current/sync.js").text
    assert sound.count(before) == 1, "what is changed is there"
    page.route(
        f"**/static/{folder}/sync.js",
        lambda route: route.fulfill(body=sound.replace(before, after), content_type="text/javascript"),
    )
    stage.load(page, folder)
    with pytest.raises((AssertionError, Flaky)):
        play_seeds(replace(stage, page=page), TELLING.get(change))
    page.close()


def play_seeds(stage: Stage, often: str | None) -> None:
    """Play the histories of one seed after another."""
    for number in range(MOST_SEEDS):
        play_many(stage, number, count=HISTORIES, shrink=False, often=often)

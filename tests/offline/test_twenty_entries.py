"""Twenty entries and two photos without a network, over two tabs; a dead battery; a flapping line. Nothing lost or doubled."""

import io
import time

from PIL import Image
from playwright.sync_api import Page, expect

from tests.offline.diary import come_back, join, waiting, write
from tests.offline.faults import MEAN, FaultProxy
from tests.offline.handset import Handset
from tests.offline.site import Site, colour_of

ENTRIES = 20
PHOTOS = {4: [1], 11: [2]}
BOUND_SECONDS = 240.0


def sentence(number: int) -> str:
    return f"第{number}条：半夜疼醒，数着钟点等天亮。{'很长的一夜。' * number}"


def write_offline(tabs: list[Page]) -> None:
    """Write all entries, in turn in each tab, as the shell of the page lets one write."""
    for number in range(ENTRIES):
        page = tabs[number % len(tabs)]
        write(page, sentence(number), mood=1 + number % 9, photos=PHOTOS.get(number, ()))
        expect(page.locator(".kept-here h1")).to_be_visible()
        page.locator(".kept-here a.button").click()
        page.wait_for_selector("form#entry")


def flap_until_empty(tabs: list[Page], network: FaultProxy) -> None:
    """Let the connection come and go, through every fault, until nothing waits any more."""
    context = tabs[0].context
    deadline = time.monotonic() + BOUND_SECONDS
    while left := waiting(tabs[0]):
        assert time.monotonic() < deadline, (left, network.counts())
        context.set_offline(True)
        context.set_offline(False)
        tabs[0].wait_for_timeout(500)


def test_twenty_entries_two_photos_two_tabs_one_kill(handset: Handset, served: Site, network: FaultProxy) -> None:
    page = handset.open()
    link = served.scene.links["P01"].url(network.base_url)
    join(page, link)
    network.switch_off()
    tabs = [page, handset.context.new_page()]
    for tab in tabs:
        tab.goto(network.base_url + "/d/today")
    write_offline(tabs)
    kept = waiting(page)
    assert sorted(one["kind"] for one in kept) == ["attachment"] * 2 + ["entry"] * ENTRIES
    for tab in tabs:
        expect(tab.locator("[data-unsent]")).to_contain_text(str(ENTRIES))
    handset.kill()

    page = handset.open()
    page.goto(network.base_url + "/d/today")
    assert {one["id"] for one in waiting(page)} == {one["id"] for one in kept}, "what was kept outlived the kill"
    network.worsen(seed=4)
    network.switch_on()
    come_back(page, link)
    tabs = [page, handset.context.new_page()]
    tabs[1].goto(network.base_url + "/d/queue")
    flap_until_empty(tabs, network)
    network.mend()

    for tab in tabs:
        expect(tab.locator("[data-unsent]")).to_be_hidden()
    met = network.counts()
    assert set(MEAN) <= met.keys(), f"the line was as bad as it was meant to be: {met}"
    everything_is_there_once(served, {one["id"] for one in kept})


def everything_is_there_once(served: Site, ids: set[str]) -> None:
    """All 22 objects, under the ids that the phone gave them, with their content and receipts that verify."""
    person = served.scene.people["P01"]
    entries, files = served.entries(person), served.attachments(person)
    assert entries.keys() | files.keys() == ids
    assert len(ids) == ENTRIES + len(PHOTOS)
    said = {one["answers"]["feeling"]: one for one in entries.values()}
    assert said.keys() == {sentence(number) for number in range(ENTRIES)}
    for number in range(ENTRIES):
        assert said[sentence(number)]["answers"]["mood"] == 1 + number % 9
    for number, (picture,) in PHOTOS.items():
        (file,) = [one for one in files.values() if one["entry_id"] == said[sentence(number)]["id"]]
        with Image.open(io.BytesIO(file["content"])) as kept:
            colour = kept.convert("RGB").resize((1, 1)).tobytes()
        assert all(abs(one - other) < 12 for one, other in zip(colour, colour_of(picture), strict=True)), colour
    assert served.receipts_that_verify(person) == ids

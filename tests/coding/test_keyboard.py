"""A hundred statements, coded in a browser without ever touching the mouse: taken, scored, coded and finished."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.coding.coding_site import CodingSite, coding_site
from tests.support.browser import OpenPage

pytestmark = pytest.mark.browser

STATEMENTS = 100
BATCH = 20
SAID = "半夜肿得睁不开眼😣，{n}号药也吃了。后来大夫来电话，心里踏实多了。"
FIRST, LAST = "半夜肿得睁不开眼😣", "心里踏实多了"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CodingSite]:
    with coding_site(tmp_path_factory.mktemp("coding")) as served:
        yield served


def code_one(page: Page, number: int) -> None:
    """Code the statement at hand by keys, as ``expected`` says, and finish it."""
    press = page.keyboard.press
    press(str(number % 5 + 1))
    if number % 2 == 0:
        press("v")
        press("a")
    if number % 5 == 0:
        # The last clause, by a letter that would walk on if nothing were selected.
        press("Escape")
        press("ArrowLeft")
        press("j")
    if number % 10 == 0:
        press("Shift+Digit1")
        press("e")
        press("9")
    if number % 25 == 0:
        press("/")
        page.keyboard.type("害怕")
        press("Enter")
    if number % 50 == 0:
        press("m")
        page.keyboard.type(f"想到 {number}")
        press("Escape")
    press("Enter")


def test_a_hundred_statements_by_keyboard_alone(site: CodingSite, open_page: OpenPage) -> None:
    said = site.scene.say(texts=[SAID.format(n=number) for number in range(STATEMENTS)])
    site.scene.give_draw(said)
    page = open_page("desktop")
    site.enter(page, "first")
    page.goto(site.address())
    expect(page.get_by_role("button", name="开始编")).to_be_focused()
    page.keyboard.press("Enter")
    for first in range(0, STATEMENTS, BATCH):
        expect(page.locator("#reading li[aria-current] .said")).to_be_focused()
        for number in range(first, first + BATCH):
            expect(page.locator("li[aria-current] .text")).to_contain_text(f"{number}号药")
            code_one(page, number)
        expect(page.get_by_role("button", name="再取一批")).to_be_focused()
        expect(page.locator("#saved")).to_have_attribute("data-state", "saved")
        page.keyboard.press("Enter")
    expect(page.get_by_text("都编完了，一共 100 条")).to_be_visible()

    kept = site.codings("first")
    assert len(kept) == STATEMENTS
    for number, statement_id in enumerate(said):
        coding, text = kept[statement_id], SAID.format(n=number)
        assert coding.done_at is not None
        assert coding.sentiment == number % 5 - 2
        assert sorted(coding.emotions) == (["平静", "焦虑"] if number % 10 == 0 else [])
        assert coding.memo == (f"想到 {number}" if number % 50 == 0 else "")
        wanted = set()
        if number % 2 == 0:
            wanted.add(("疼痛", 0, len(FIRST)))
        if number % 5 == 0:
            wanted.add(("安心", text.index(LAST), text.index(LAST) + len(LAST)))
        if number % 25 == 0:
            wanted.add(("害怕", text.index(LAST), text.index(LAST) + len(LAST)))
        assert set(site.spans("first", statement_id)) == wanted

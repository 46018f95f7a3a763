"""A talk held in a real browser: nothing that was typed is lost to a dead network, a closed tab or a server that ends."""

from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, Route, expect
from sqlalchemy import select

from app.core.crypto import keyring_of
from app.core.db import Database
from app.core.settings import Settings
from app.interviews.models import Interview, Turn
from tests.support.browser import OpenPage
from tests.support.databases import only_on
from tests.support.scene import PASSWORD, SLUG, set_scene
from tests.support.server import ServerProcess

pytestmark = pytest.mark.browser

STORED, UNSENT = "全部存好了", "条还没发出去"


def signed_in(server: ServerProcess, page: Page, who: str) -> Page:
    page.goto(f"{server.base_url}/sign-in")
    page.fill("input[name=login]", who)
    page.fill("input[name=password]", PASSWORD)
    page.locator("main form button").last.click()
    page.wait_for_url("**/studies")
    return page


def begun(server: ServerProcess, page: Page) -> str:
    """Begin a talk with P01 and return the address of its page."""
    page.goto(f"{server.base_url}/studies/{SLUG}/interviews/start")
    page.get_by_label("和谁谈").select_option("P01")
    page.get_by_role("button", name="开始，计时从现在算").click()
    page.wait_for_url("**/conduct*")
    ready(page)
    return page.url.partition("?")[0]


def ready(page: Page) -> None:
    expect(page.locator("[data-talk][data-ready=true]")).to_have_count(1)


def kept(page: Page) -> int:
    """Return how many notes this device still holds."""
    return int(
        page.evaluate(
            """() => new Promise((resolve) => {
              const opening = indexedDB.open("xinlu-talks", 1);
              opening.onsuccess = () => {
                const counting = opening.result.transaction("notes").objectStore("notes").count();
                counting.onsuccess = () => { opening.result.close(); resolve(counting.result); };
              };
            })"""
        )
    )


def texts(store: Database) -> list[str]:
    with store.read() as session:
        return list(session.scalars(select(Turn.text).where(Turn.origin == "note").order_by(Turn.start_ms, Turn.id)))


def assert_usable(page: Page) -> None:
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0, "the page is wider than its window"
    page.wait_for_load_state()
    assert Axe().run(page).response["violations"] == []


@only_on("sqlite")  # the network, the tab and the server are tried here; what both kinds store is tried beside
def test_nothing_typed_is_lost(
    store: Database, settings: Settings, start_server: Callable[..., ServerProcess], open_page: OpenPage
) -> None:
    set_scene(store, keyring_of(settings))
    server = start_server()
    page = signed_in(server, open_page("tablet"), "owner")
    address = begun(server, page)
    unsent = page.locator("[data-unsent]")
    page.locator("section.question:not([hidden]) .note textarea").first.fill("第一次听说是在公众号上。")
    expect(unsent).to_have_text(STORED)
    assert_usable(page)

    # No network: two more, one of them at another question; ending waits.
    page.context.set_offline(True)
    page.get_by_role("button", name="另起一条").locator("visible=true").click()
    second = page.locator("section.question:not([hidden]) .note").nth(1)
    second.locator("textarea").fill("心里打鼓，😀怕疼。")
    second.get_by_role("button", name="低谷").click()
    page.get_by_role("link", name="治疗", exact=True).click()
    page.locator("section.question:not([hidden]) .note textarea").first.fill("手术那天一个人去的。")
    expect(unsent).to_contain_text("2 " + UNSENT)
    expect(page.locator("[data-notices]")).to_contain_text("没有网络")
    page.get_by_role("button", name="结束这场访谈").click()
    expect(page.locator("[data-finish-waits]")).to_be_visible()
    assert_usable(page)

    # The tab is gone, the server is killed and started again; what was typed comes back and is sent.
    context = page.context
    page.close()
    server.kill()
    server.start()
    context.set_offline(False)
    page = context.new_page()
    page.goto(address)
    ready(page)
    expect(page.locator("[data-unsent]")).to_have_text(STORED)
    assert texts(store) == ["第一次听说是在公众号上。", "心里打鼓，😀怕疼。", "手术那天一个人去的。"]
    assert kept(page) == 0

    # No server at all, and the page opens again: what is typed then is kept and sent, too.
    expect(page.locator("[data-talk][data-kept=true]")).to_have_count(1)
    server.kill()
    page.reload()
    ready(page)
    expect(page.locator("[data-notices]")).to_contain_text("现在没有网络")
    expect(page.locator("[data-clock]")).not_to_have_text("0:00")
    assert not any(text in page.content() for text in texts(store)), "what was stored stays on no device"
    page.locator("section.question:not([hidden]) .note textarea").first.fill("服务器不在的时候写的。")
    page.reload()
    ready(page)
    server.start()
    expect(page.locator("[data-unsent]")).to_have_text(STORED, timeout=30_000)
    assert "服务器不在的时候写的。" in texts(store)
    page.reload()
    ready(page)

    # Another device: both change the first note, both are told, nothing is overwritten.
    other = signed_in(server, open_page("phone", dark=True), "teammate")
    other.goto(address)
    ready(other)
    assert_usable(other)
    other.locator("section.question:not([hidden]) .note textarea").first.fill("第一次听说是在公众号上，同事转的。")
    expect(other.locator("[data-unsent]")).to_have_text(STORED)
    mine = page.locator("section.question:not([hidden]) .note").first
    mine.locator("textarea").fill("第一次听说是在短视频里。")
    expect(mine.locator("[data-theirs]")).to_have_text("第一次听说是在公众号上，同事转的。")
    assert "第一次听说是在短视频里。" not in texts(store)
    mine.get_by_role("button", name="两条都留").click()
    expect(page.locator("[data-unsent]")).to_have_text(STORED)
    assert {"第一次听说是在公众号上，同事转的。", "第一次听说是在短视频里。"} <= set(texts(store))

    # All is stored: the talk can be ended, and its notes propose their question's stage.
    page.get_by_role("button", name="结束这场访谈").click()
    expect(page.get_by_role("heading", name="这场访谈结束了")).to_be_visible()
    with store.read() as session:
        assert session.scalars(select(Interview.state)).one() == "ready"
        turns = session.scalars(select(Turn)).all()
        assert all(one.role == "respondent" and one.proposed_stage_id and one.stage_id is None for one in turns)
        assert [one.mark for one in turns if one.mark] == ["valley"]
    assert page.evaluate("caches.keys()") == []
    assert page.evaluate("navigator.serviceWorker.getRegistrations().then((found) => found.length)") == 0


@only_on("sqlite")  # the page is what is tried here
def test_a_lost_answer_is_no_clash_and_a_second_tab_stays_out(
    store: Database, settings: Settings, start_server: Callable[..., ServerProcess], open_page: OpenPage
) -> None:
    set_scene(store, keyring_of(settings))
    server = start_server()
    page = signed_in(server, open_page("tablet"), "owner")
    address = begun(server, page)
    lost: list[int] = []

    def lose_the_first_answer(route: Route) -> None:
        if not lost:
            lost.append(route.fetch().status)
            route.abort()
        else:
            route.continue_()

    page.route("**/notes/*", lose_the_first_answer)
    note = page.locator("section.question:not([hidden]) .note").first
    note.locator("textarea").fill("先写半句")
    expect(page.locator("[data-notices]")).to_contain_text("没有网络")
    assert lost == [201]
    note.locator("textarea").fill("先写半句，再写完。")
    expect(page.locator("[data-unsent]")).to_have_text(STORED)
    expect(note.locator("[data-clash]")).to_be_hidden()
    assert texts(store) == ["先写半句，再写完。"]

    small = signed_in(server, open_page("phone", dark=True), "owner")
    large = page.context.new_page()
    for path in ("interviews/guide", "interviews/guide/1", "interviews/start", "observations"):
        for other in (small, large):
            other.goto(f"{server.base_url}/studies/{SLUG}/{path}")
            assert_usable(other)

    second = page.context.new_page()
    second.goto(address)
    expect(second.locator("[data-notices]")).to_contain_text("另一个标签页")
    expect(second.locator("section.question:not([hidden]) .note textarea").first).to_be_disabled()

"""The diary in a real browser: small, whole without scripts, reachable for everyone, and shut tight."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.support.browser import OpenPage
from tests.support.server import DemoServer

MOST_BYTES = 40 * 1024
MOST_REQUESTS = 4
LONG = "半夜三点疼醒，看着天花板数羊，越数越清醒。" * 40

NewLink = Callable[[], dict[str, str]]


@pytest.fixture
def new_link(demo_server: DemoServer) -> NewLink:
    """Takes one more person into the demo study and gives their link and short code."""

    def take_in() -> dict[str, str]:
        address = f"{demo_server.base_url}/api/v1/studies/{demo_server.demo['study']}/participants"
        answer = httpx.post(address, json={}, headers={"Authorization": f"Bearer {demo_server.demo['api_key']}"})
        assert answer.status_code == 201, answer.text
        link: dict[str, str] = answer.json()["link"]
        return link

    return take_in


def agree(page: Page, link: dict[str, str]) -> None:
    """Open a link, tick what is required, and go on to today's form."""
    page.goto(link["url"])
    page.wait_for_url("**/d/consent")
    page.locator("input[name=purposes]").first.check()
    page.get_by_role("button", name="同意，开始写日记").click()
    page.wait_for_url("**/d/today")


def accessible(page: Page) -> None:
    """No axe violation, and nothing wider than the screen."""
    page.wait_for_load_state()
    found = Axe().run(page).response["violations"]
    assert not found, [(one["id"], [node["html"] for node in one["nodes"]]) for one in found]
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


def test_the_token_never_reaches_the_server_or_stays_in_the_address(
    demo_server: DemoServer, open_page: OpenPage, new_link: NewLink
) -> None:
    link = new_link()
    token = link["url"].split("#")[1]
    page, addresses = open_page(), []
    page.on("request", lambda request: addresses.append((request.method, request.url, request.headers.get("referer"))))
    page.goto(link["url"])
    page.wait_for_url("**/d/consent")
    assert [method for method, url, _ in addresses if url.endswith("/d/open")] == ["POST"]
    # The browser's own record shows the fragment of what was typed; what goes over the wire has none.
    wire = [url.split("#")[0] for _, url, _ in addresses] + [str(referrer) for _, _, referrer in addresses]
    assert not any(token in seen for seen in wire)
    assert page.evaluate("document.cookie") == ""
    assert token not in demo_server.said()
    page.go_back()
    assert token not in page.url


@pytest.mark.parametrize("path", ["link", "/d/today"])
def test_the_first_open_is_small(open_page: OpenPage, demo_server: DemoServer, new_link: NewLink, path: str) -> None:
    page = open_page()
    if path != "link":
        agree(page, new_link())
    cold = page.context.new_cdp_session(page)
    cold.send("Network.enable")
    cold.send("Network.clearBrowserCache")
    bytes_seen: list[float] = []
    requests: list[str] = []
    cold.on("Network.loadingFinished", lambda done: bytes_seen.append(done["encodedDataLength"]))
    cold.on("Network.requestWillBeSent", lambda sent: requests.append(sent["request"]["url"]))
    page.goto(demo_server.base_url + ("/d" if path == "link" else path))
    page.wait_for_load_state("networkidle")
    assert len(requests) <= MOST_REQUESTS, requests
    assert sum(bytes_seen) <= MOST_BYTES


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_an_entry_from_link_to_saved(
    open_page: OpenPage, demo_server: DemoServer, new_link: NewLink, scripts: bool
) -> None:
    link = new_link()
    page = open_page(scripts=scripts)
    if scripts:
        page.goto(link["url"])
    else:
        page.goto(demo_server.base_url + "/d")
        page.get_by_label("短码").fill(link["short_code"].lower())
        page.get_by_role("button", name="打开我的日记").click()
    page.wait_for_url("**/d/consent")
    page.locator("input[name=purposes]").first.check()
    page.get_by_role("button", name="同意，开始写日记").click()
    page.wait_for_url("**/d/today")
    page.get_by_role("radio", name="不太好").check(force=True)
    page.get_by_role("textbox").first.fill("麻药劲过了，半边脸肿着。")
    page.get_by_text("改一改").click()
    page.get_by_role("radio", name="恢复").check(force=True)
    page.get_by_role("radio", name="低谷").check(force=True)
    page.get_by_role("button", name="保存这条日记").click()
    page.wait_for_url("**/d/entries/*")
    expect(page.get_by_role("heading", level=1)).to_have_text("存好了。")
    expect(page.get_by_label("这条日记")).to_contain_text("麻药劲过了，半边脸肿着。")
    expect(page.get_by_label("这条日记")).to_contain_text("恢复")
    page.reload()
    page.get_by_role("link", name="我写过的").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("您一路写了 1 条")


def test_the_keyboard_alone_suffices(open_page: OpenPage, new_link: NewLink) -> None:
    page = open_page("desktop")
    agree(page, new_link())
    page.locator("input[name='answers.mood'][value='6']").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Tab")
    page.keyboard.type("键盘写的")
    page.get_by_role("button", name="保存这条日记").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/d/entries/*")
    expect(page.get_by_label("这条日记")).to_contain_text("键盘写的")


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_every_page_is_accessible_and_fits(
    open_page: OpenPage, demo_server: DemoServer, new_link: NewLink, dark: bool
) -> None:
    page = open_page(dark=dark)
    page.goto(demo_server.base_url + "/d")
    accessible(page)
    link = new_link()
    page.goto(link["url"])
    page.wait_for_url("**/d/consent")
    accessible(page)
    page.get_by_role("button", name="同意，开始写日记").click()
    expect(page.get_by_role("alert").first).to_be_visible()
    page.wait_for_load_state()
    accessible(page)
    agree(page, link)
    page.get_by_text("改一改").click()
    page.get_by_text("还想多说一点").click()
    accessible(page)
    page.get_by_role("textbox").first.fill(LONG * 4)
    page.get_by_role("button", name="保存这条日记").click()
    expect(page.get_by_role("alert").first).to_be_visible()
    assert page.get_by_role("textbox").first.input_value() == LONG * 4
    accessible(page)
    page.get_by_role("textbox").first.fill("x" * 1900)
    page.get_by_role("button", name="保存这条日记").click()
    page.wait_for_url("**/d/entries/*")
    accessible(page)
    for path in ("/d/mine", "/d/consent"):
        page.goto(demo_server.base_url + path)
        accessible(page)


def test_what_a_finger_must_hit_is_large_enough(open_page: OpenPage, new_link: NewLink) -> None:
    page = open_page()
    agree(page, new_link())
    page.get_by_text("改一改").click()
    page.get_by_text("还想多说一点").click()
    low = page.locator("button:visible, summary:visible, .chip:visible, .top nav a:visible, .face:visible")
    heights: list[Any] = low.evaluate_all(
        "all => all.map(one => [one.textContent.trim(), one.getBoundingClientRect().height])"
    )
    assert len(heights) > 20
    assert [one for one in heights if one[1] < 47.9] == []
    assert page.evaluate("parseFloat(getComputedStyle(document.body).fontSize)") >= 17


def test_the_demos_own_link_shows_its_road(open_page: OpenPage, demo_server: DemoServer) -> None:
    page = open_page()
    page.goto(demo_server.demo["participant_link"])
    page.wait_for_url("**/d/*")
    if page.url.endswith("/d/consent"):
        page.locator("input[name=purposes]").first.check()
        page.locator("form[action='/d/consent'] button").click()
    page.wait_for_url("**/d/today")
    expect(page.get_by_role("img", name="这些天走过的路")).to_be_visible()
    accessible(page)

"""The codebook in a browser: merging with its preview by keyboard, told to whoever codes at that moment; every size, axe."""

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from app.coding import codebook
from app.coding.codebook_queries import version_of
from app.coding.codebook_schemas import NewCode
from tests.coding.coding_site import CodingSite, coding_site
from tests.support.browser import OpenPage
from tests.support.scene import SLUG

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CodingSite]:
    with coding_site(tmp_path_factory.mktemp("codebook")) as served:
        yield served


def assert_usable(page: Page) -> None:
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0, "the page is wider than its window"
    page.wait_for_load_state()
    assert Axe().run(page).response["violations"] == []


def test_a_merge_is_seen_before_it_is_done_and_told_to_who_is_coding(site: CodingSite, open_page: OpenPage) -> None:
    interview, (answer,) = site.hold_interview([("respondent", "半夜肿得睁不开眼，一个人有点害怕。")])
    statement = site.statements_of([answer])[0]
    site.scene.save("owner", statement, -2, site.scene.mark("疼痛", 0, 4), site.scene.mark("害怕", 0, 4), done=False)
    coding = open_page("desktop")
    site.enter(coding, "owner")
    coding.goto(site.address(f"/interviews/{interview}"))
    expect(coding.get_by_text("半夜肿得睁不开眼").first).to_be_visible()

    page = open_page("desktop", scripts=False)
    site.enter(page, "teammate")
    page.goto(f"{site.server.base_url}/studies/{SLUG}/codebook")
    page.get_by_role("link", name="疼痛").focus()
    page.keyboard.press("Enter")
    page.get_by_label("并进哪一个").select_option(label="— 害怕")
    page.get_by_role("button", name="看看会怎样").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="“疼痛” 并进“害怕”，会这样")).to_be_visible()
    page.wait_for_load_state()
    shown = dict(
        zip(page.locator("dt").all_inner_texts(), page.locator("dd .num, dd.num").all_inner_texts(), strict=True)
    )
    assert shown == {"片段": "1", "在几条表述里": "1", "由几位编码员": "1", "重合的": "1"}
    expect(page.locator("blockquote mark")).to_have_text("半夜肿得")
    page.get_by_role("button", name="合并").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("并好了")
    assert site.spans("owner", statement) == [("害怕", 0, 4)]

    # Whoever had the statement open is told as soon as they say something, and nothing is overwritten.
    coding.locator(f"[data-statement='{statement}'], #s-{statement}").first.click()
    coding.keyboard.press("1")
    expect(coding.locator(".clash")).to_be_visible()
    assert site.spans("owner", statement) == [("害怕", 0, 4)]


def test_two_hundred_codes_at_every_size(site: CodingSite, open_page: OpenPage) -> None:
    long = "换不了行的很长的名称abcdefghijklmnopqrstuvwxyz"
    with site.scene.store.write() as session:
        new = [NewCode(name=f"{long}{number}", description=long * 9) for number in range(200)]
        version = version_of(session, site.scene.study_id)
        codebook.add_codes(session, "user:test", site.scene.study_id, new, version=version, origin="test")
    book = f"{site.server.base_url}/studies/{SLUG}/codebook"
    for size, dark, path in (("phone", False, "?order=1"), ("phone", True, ""), ("tablet", False, "/merge")):
        page = open_page(size, dark=dark)  # type: ignore[arg-type]
        site.enter(page, "owner")
        page.goto(book + path)
        expect(page.get_by_text(f"{long}199").first).to_be_attached()
        assert_usable(page)
    page = open_page("desktop", dark=True)
    site.enter(page, "owner")
    for path in ("", "/new", "/versions", "/import"):
        page.goto(book + path)
        assert_usable(page)

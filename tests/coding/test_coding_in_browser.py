"""The coding page in a browser: two windows on one statement, a lost network, undoing, blindness, and who can use it."""

import time
from collections.abc import Iterator
from uuid import UUID

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Dialog, Page, expect
from sqlalchemy import select

from app.coding.models import CodingChange
from tests.coding.coding_site import CodingSite, coding_site
from tests.support.browser import OpenPage, Size

pytestmark = pytest.mark.browser

ASKED = "回家之后呢？头几天是怎么过的？"
# A family, a flag, a skin tone, a character beyond the basic plane, one with a combining mark, and a line end of two characters.
RARE = "👨‍👩‍👧来看我，𠮷野家的粥🇨🇳👍🏽。\r\n半夜又肿了，cafe\u0301也喝不下。"
CALM = "第四天大夫发了条微信，我一下就踏实了。"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CodingSite]:
    with coding_site(tmp_path_factory.mktemp("coding")) as served:
        yield served


@pytest.fixture
def statements(site: CodingSite, open_page: OpenPage) -> tuple[str, list[UUID]]:
    """An interview of three answers, fresh for each test: its address and its statements."""
    turns = [
        ("interviewer", ASKED),
        ("respondent", RARE),
        ("respondent", CALM),
        ("other", "嗯。"),
        ("respondent", CALM),
    ]
    interview, answers = site.hold_interview(turns)
    return site.address(f"/interviews/{interview}"), site.statements_of(answers)


def opened(site: CodingSite, page: Page, address: str, who: str = "owner") -> Page:
    """Sign in and open a page of text; its first statement has the keys."""
    site.enter(page, who)
    page.goto(address)
    expect(page.locator("li[aria-current] .said")).to_be_focused()
    return page


def saved(page: Page) -> None:
    expect(page.locator("#saved")).to_have_attribute("data-state", "saved")


def test_rare_characters_shift_nothing_by_mouse_and_by_keyboard(
    site: CodingSite, open_page: OpenPage, statements: tuple[str, list[UUID]]
) -> None:
    address, (first, *_) = statements
    page = opened(site, open_page("desktop"), address)
    assert page.locator("li[aria-current] .text").evaluate("place => place.textContent") == RARE
    for key in ("ArrowLeft", "a", "v", "s"):  # The last clause, then all of it.
        page.keyboard.press(key)
    page.keyboard.press("Escape")
    for key in ("Shift+ArrowRight", "j"):  # One character as people see it: the family, five code points.
        page.keyboard.press(key)
    saved(page)
    last = RARE.index("cafe")
    assert site.spans("owner", first) == [("安心", 0, 5), ("害怕", 0, len(RARE)), ("疼痛", last, len(RARE) - 1)]
    # By mouse.
    page.keyboard.press("Escape")
    place = page.locator("li[aria-current] .text")
    box = place.evaluate(
        """place => {
          const walker = document.createTreeWalker(place, NodeFilter.SHOW_TEXT);
          while (walker.nextNode()) {
            const at = walker.currentNode.data.indexOf("半夜");
            if (at < 0) continue;
            const range = document.createRange();
            range.setStart(walker.currentNode, at);
            range.setEnd(walker.currentNode, at + 2);
            const { left, right, top, bottom } = range.getBoundingClientRect();
            return [left + 1, right - 1, (top + bottom) / 2];
          }
        }"""
    )
    page.mouse.move(box[0], box[2])
    page.mouse.down()
    page.mouse.move(box[1], box[2], steps=4)
    page.mouse.up()
    page.locator("#codes").get_by_role("button", name="安心").click()
    saved(page)
    start = RARE.index("半夜")
    assert ("安心", start, start + 2) in site.spans("owner", first)
    assert place.evaluate("place => place.textContent") == RARE


def test_undo_and_redo_reach_over_statements(
    site: CodingSite, open_page: OpenPage, statements: tuple[str, list[UUID]]
) -> None:
    address, (first, second, _) = statements
    page = opened(site, open_page("desktop"), address)
    for key in ("2", "v", "a", "Enter", "5", "Shift+Digit4"):
        page.keyboard.press(key)
    saved(page)
    assert site.codings("owner")[second].emotions == ["安心"]
    for _ in range(3):
        page.keyboard.press("Control+z")
    expect(page.locator("#reading li[data-id]").first).to_have_attribute("aria-current", "true")
    saved(page)
    kept = site.codings("owner")
    assert (kept[second].sentiment, kept[second].emotions) == (None, [])
    assert kept[first].done_at is None
    assert kept[first].sentiment == -1
    for _ in range(2):
        page.keyboard.press("Control+z")
    saved(page)
    assert site.spans("owner", first) == []
    assert site.codings("owner")[first].sentiment is None
    for _ in range(5):
        page.keyboard.press("Control+Shift+z")
    saved(page)
    kept = site.codings("owner")
    assert (kept[first].sentiment, kept[second].sentiment, kept[second].emotions) == (-1, 2, ["安心"])
    assert kept[first].done_at is not None
    assert len(site.spans("owner", first)) == 1


def test_what_another_window_changed_is_shown_and_not_overwritten(
    site: CodingSite, open_page: OpenPage, statements: tuple[str, list[UUID]]
) -> None:
    address, (first, second, _) = statements
    page = opened(site, open_page("desktop"), address)
    other = page.context.new_page()
    other.goto(address)
    expect(other.locator("li[aria-current] .said")).to_be_focused()
    page.keyboard.press("1")
    saved(page)
    other.keyboard.press("5")
    clash = other.get_by_role("alertdialog", name="这一条在别处改过了")
    expect(clash).to_be_focused()
    expect(clash).to_contain_text("很糟")
    expect(clash).to_contain_text("很好")
    assert site.codings("owner")[first].sentiment == -2
    clash.get_by_role("button", name="用我这里的").click()
    saved(other)
    assert site.codings("owner")[first].sentiment == 2
    # The first window is the stale one now, and this time it gives way.
    page.keyboard.press("Shift+Digit1")
    page.get_by_role("button", name="用那边的").click()
    expect(page.get_by_role("radio", name="很好")).to_be_checked()
    saved(page)
    assert (site.codings("owner")[first].sentiment, site.codings("owner")[first].emotions) == (2, [])
    with site.scene.store.read() as session:
        changes = session.scalars(select(CodingChange).where(CodingChange.statement_id == first)).all()
    assert [one.after["sentiment"] for one in changes] == [-2, 2]
    assert second not in site.codings("owner")


def test_what_a_lost_network_holds_back_is_counted_and_comes_along(
    site: CodingSite, open_page: OpenPage, statements: tuple[str, list[UUID]]
) -> None:
    address, (first, second, _) = statements
    page = opened(site, open_page("desktop"), address)
    page.context.set_offline(True)
    for key in ("2", "j", "4"):
        page.keyboard.press(key)
    expect(page.locator("#saved")).to_contain_text("2 条还没存")
    asked: list[str] = []

    def stay(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.dismiss()

    page.on("dialog", stay)
    page.close(run_before_unload=True)
    deadline = time.monotonic() + 90
    while not asked:
        assert time.monotonic() < deadline, "it asks before it closes"
        page.wait_for_timeout(50)
    assert asked == ["beforeunload"]
    page.context.set_offline(False)
    saved(page)
    kept = site.codings("owner")
    assert (kept[first].sentiment, kept[second].sentiment) == (-1, 1)


def test_codes_and_words_are_found(site: CodingSite, open_page: OpenPage, statements: tuple[str, list[UUID]]) -> None:
    address, _ = statements
    page = opened(site, open_page("desktop"), address)
    for key in ("v", "a", "Shift+F"):
        page.keyboard.press(key)
    page.keyboard.type("踏实")
    expect(page.locator("#found")).to_have_text("0 / 2")
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    expect(page.locator("#reading li[data-id]").nth(2)).to_have_attribute("aria-current", "true")
    page.locator("#sought").fill("疼痛")
    page.keyboard.press("Enter")
    expect(page.locator("#reading li[data-id]").nth(0)).to_have_attribute("aria-current", "true")
    page.keyboard.press("Escape")
    expect(page.locator("li[aria-current] .said")).to_be_focused()


def test_letters_written_into_a_memo_are_letters(
    site: CodingSite, open_page: OpenPage, statements: tuple[str, list[UUID]]
) -> None:
    address, (first, *_) = statements
    page = opened(site, open_page("desktop"), address)
    page.keyboard.press("v")
    page.keyboard.press("m")
    page.keyboard.type("a 1 jk?")
    page.keyboard.press("Escape")
    expect(page.locator("li[aria-current] .said")).to_be_focused()
    saved(page)
    coding = site.codings("owner")[first]
    assert (coding.memo, coding.sentiment, site.spans("owner", first)) == ("a 1 jk?", None, [])


def test_a_coder_reads_what_was_assigned_and_the_machine_only_afterwards(site: CodingSite, open_page: OpenPage) -> None:
    single, double, others = site.scene.say(
        texts=["一个人编的一条，有点疼。", "两个人编的一条，有点疼。", "没有分给她的一条。"]
    )
    site.scene.give_draw([single])
    site.scene.give_draw([double], doubled=True)
    site.scene.assign("second", [single, double])
    site.scene.assign("first", [double])
    site.scene.save("first", double, -2)
    page = opened(site, open_page("desktop"), site.address("/queue"), who="second")
    assert "没有分给她" not in page.content()
    expect(page.get_by_text("机器的判断：编完后显示")).to_be_visible()
    for key in ("3", "Enter", "k"):
        page.keyboard.press(key)
    expect(page.locator("li[aria-current] .tag.m")).to_contain_text("机器")
    page.keyboard.press("j")
    expect(page.get_by_text("机器和另一位的判断：两人都编完后显示")).to_be_visible()
    assert "First" not in page.locator("#work").inner_text()
    for key in ("4", "Enter"):
        page.keyboard.press(key)
    expect(page.locator("li[aria-current]")).to_contain_text("First 很糟")
    assert page.goto(site.address(f"/people/{site.scene.people['P01']}")).status == 403  # type: ignore[union-attr]
    assert page.goto(site.address(f"/statements/{others}/seen")).status == 404  # type: ignore[union-attr]


def test_without_scripts_a_form_does_it(
    site: CodingSite, open_page: OpenPage, statements: tuple[str, list[UUID]]
) -> None:
    address, (first, second, _) = statements
    site.scene.save("owner", second, None, site.scene.mark("疼痛", 0, 3), done=False)
    page = open_page("phone", scripts=False)
    site.enter(page, "owner")
    page.goto(address)
    page.get_by_role("link", name="编这一条").nth(1).click()
    page.get_by_role("radio", name="不错").check(force=True)
    page.get_by_role("checkbox", name="安心").check(force=True)
    page.get_by_label("这段话的备注").fill("没有脚本")
    page.get_by_role("button", name="编完，下一条").click()
    expect(page.get_by_text("存下了。")).to_be_visible()
    kept = site.codings("owner")[second]
    assert (kept.sentiment, kept.emotions, kept.memo) == (1, ["安心"], "没有脚本")
    assert kept.done_at is not None
    assert site.spans("owner", second) == [("疼痛", 0, 3)]
    assert first not in site.codings("owner")


@pytest.mark.parametrize("size", ["phone", "tablet", "desktop"])
def test_everyone_can_use_it(
    site: CodingSite, open_page: OpenPage, statements: tuple[str, list[UUID]], size: Size
) -> None:
    address, _ = statements
    page = opened(site, open_page(size), address)
    for key in ("2", "Shift+Digit1", "v", "a", "v", "v", "s", "Escape", "]"):
        page.keyboard.press(key)
    expect(page.locator("#toast")).to_be_hidden()
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        assert_usable(page)
        page.keyboard.press("?")
        expect(page.get_by_role("dialog", name="用键盘编码")).to_be_visible()
        assert_usable(page)
        page.keyboard.press("Escape")
    page.goto(site.address())
    assert_usable(page)
    page.emulate_media(color_scheme="light")
    assert_usable(page)


def assert_usable(page: Page) -> None:
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0, "the page is wider than its window"
    page.wait_for_load_state()
    assert Axe().run(page).response["violations"] == []


def test_what_is_refused_is_said_and_tried_again_after_signing_in(
    site: CodingSite, open_page: OpenPage, statements: tuple[str, list[UUID]]
) -> None:
    address, (first, *_) = statements
    page = opened(site, open_page("desktop"), address)
    kept = page.context.cookies()
    page.context.clear_cookies()
    page.keyboard.press("2")
    expect(page.locator("#saved")).to_have_text("1 条没有存下")
    page.context.add_cookies(kept)  # type: ignore[arg-type]
    page.get_by_role("button", name="再试").click()
    saved(page)
    assert site.codings("owner")[first].sentiment == -1
    page.context.clear_cookies()
    page.keyboard.press("5")
    page.get_by_role("button", name="不存了").click()
    expect(page.get_by_role("radio", name="不好")).to_be_checked()
    saved(page)


def test_a_researcher_gets_from_a_drawn_statement_to_what_stands_around_it(
    site: CodingSite, open_page: OpenPage, statements: tuple[str, list[UUID]]
) -> None:
    address, (_, second, _) = statements
    site.scene.give_draw([second])
    site.scene.assign("teammate", [second])
    page = opened(site, open_page("desktop"), site.address("/queue"), who="teammate")
    expect(page.get_by_text(ASKED)).to_have_count(0)
    with page.context.expect_page() as opening:
        page.get_by_role("link", name="看前后文").click()
    around = opening.value
    around.wait_for_url(f"{address}?at={second}")
    expect(around.get_by_text(ASKED)).to_be_visible()
    expect(around.locator("#reading li[data-id]").nth(1)).to_have_attribute("aria-current", "true")

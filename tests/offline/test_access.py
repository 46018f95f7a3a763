"""Every page of the phone, for everyone: axe at three sizes, in the dark, with large type, in English, without scripts.

A page that the table lacks fails the last test: a new route under ``/d`` is covered by adding its row.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import pytest
from axe_playwright_python.sync_playwright import Axe
from fastapi import FastAPI
from fastapi.routing import APIRoute, iter_route_contexts
from playwright.sync_api import Browser, Page, StorageState, expect

from app.participants import service as participants
from app.participants.schemas import Enrolment
from app.studies.models import Study
from tests.offline.diary import join, waiting, write
from tests.offline.site import Site, site
from tests.support.browser import SIZES, Size
from tests.support.databases import only_on

PAGES = {
    "/d": "/d",
    "/d/today": "/d/today",
    "/d/queue": "/d/queue",
    "/d/mine": "/d/mine",
    "/d/consent": "/d/consent",
    "/d/readers": "/d/readers",
    "/d/messages": "/d/messages",
    "/d/reminders": "/d/reminders",
    "/d/takeaway": "/d/takeaway",
    "/d/erase": "/d/erase",
    "/d/entries/{entry_id}": "/d/entries/{entry}?new=1",
    "/d/entries/{entry_id}/edit": "/d/entries/{entry}/edit",
    "/d/p/{prompt_id}": "/d/p/{prompt}",
}
"""The address of every page that a signed-in phone can open, by its route."""
NO_PAGES = {"/d/sync/ping", "/d/sw.js", "/d/manifest.webmanifest", "/d/attachments/{attachment_id}"}
"""What a phone fetches that is no page."""
ROLES = {"button", "link", "radio", "checkbox", "textbox", "slider", "combobox", "spinbutton", "img", "radiogroup"}
LONG = "半夜三点疼醒，看着天花板数羊，越数越清醒，想起白天护士说的那句没事的，心里又暖了一点。" * 8


@dataclass(frozen=True)
class View:
    """How somebody looks at a page."""

    size: Size = "phone"
    query: str = ""
    font: str = ""
    options: dict[str, Any] = field(default_factory=dict)

    @property
    def scripts(self) -> bool:
        """Whether the page's scripts run."""
        return bool(self.options.get("java_script_enabled", True))


VIEWS = {
    "phone": View(),
    "tablet": View("tablet"),
    "desktop": View("desktop"),
    "dark": View(options={"color_scheme": "dark"}),
    "200 percent": View(font="200%"),
    "large type": View(query="type=large"),
    "English": View(query="lang=en"),
    "forced colours": View(options={"forced_colors": "active"}),
    "motion": View(options={"reduced_motion": "no-preference"}),
    "without scripts": View(options={"java_script_enabled": False}),
}


@dataclass(frozen=True)
class Diary:
    """Somebody's diary on a running server: the cookies of their phone, and one entry with a photo."""

    site: Site
    state: StorageState
    entry: str

    def address(self, path: str, query: str = "") -> str:
        """Return the whole address of a row of PAGES."""
        filled = path.format(entry=self.entry, prompt=uuid4())
        return f"{self.site.server.base_url}{filled}{'&' if '?' in filled else '?'}{query}"


@contextmanager
def looking(browser: Browser, view: View, state: StorageState | None = None) -> Iterator[Page]:
    """A browser of its own that shows pages as ``view`` says."""
    width, height = SIZES[view.size]
    phone = view.size == "phone"
    common = {"locale": "zh-CN", "timezone_id": "Asia/Shanghai", "reduced_motion": "reduce"}
    options: dict[str, Any] = {**common, **view.options, "is_mobile": phone, "has_touch": view.size != "desktop"}
    context = browser.new_context(viewport={"width": width, "height": height}, storage_state=state, **options)
    context.set_default_timeout(30_000)
    yield context.new_page()
    context.close()


@pytest.fixture(scope="module")
def diary(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Diary]:
    """The diary of somebody who has written one entry; tests look at it and change nothing."""
    with site(tmp_path_factory.mktemp("access")) as served:
        with looking(browser, View()) as page:
            join(page, served.scene.links["P01"].url(served.server.base_url))
            write(page, LONG, photos=[5])
            page.wait_for_url("**/d/entries/*")
            entry = page.url.split("/d/entries/")[1].split("?")[0]
            state = page.context.storage_state()
        yield Diary(served, state, entry)


@pytest.mark.parametrize("view", VIEWS)
def test_every_page_is_open_to_everyone(browser: Browser, diary: Diary, view: str) -> None:
    look = VIEWS[view]
    with looking(browser, look, diary.state) as page:
        found: list[str] = []
        for path in PAGES.values():
            answer = page.goto(diary.address(path, look.query))
            assert answer is not None
            assert answer.status == 200, path
            if look.font:
                page.evaluate("(size) => { document.documentElement.style.fontSize = size; }", look.font)
            found += barriers(page, path, scripts=look.scripts)
        assert found == []


@pytest.mark.parametrize("view", ["phone", "dark", "without scripts"])
def test_the_way_in_is_open_to_everyone(browser: Browser, diary: Diary, view: str) -> None:
    served = diary.site
    with served.scene.store.write() as session:
        study = session.get_one(Study, served.scene.study_id)
        _, link = participants.enrol(session, served.scene.keyring, "user:test", study, Enrolment())
    scripts = VIEWS[view].scripts
    with looking(browser, VIEWS[view]) as page:
        page.goto(served.server.base_url + "/d")
        assert barriers(page, "/d", scripts=scripts) == []
        page.locator("input[name=secret]").fill("AAAAA-AAAAA")
        page.locator("form[data-door] button, form:has(input[name=secret]) button").first.click()
        expect(page.get_by_role("alert")).to_be_visible()
        page.wait_for_load_state()
        assert barriers(page, "/d, refused", scripts=scripts) == []
        page.locator("input[name=secret]").fill(link.shown_code)
        page.locator("form[data-door] button, form:has(input[name=secret]) button").first.click()
        page.wait_for_url("**/d/consent")
        assert barriers(page, "/d/consent, asked", scripts=scripts) == []


def barriers(page: Page, path: str, *, scripts: bool = True) -> list[str]:
    """Return axe's violations, more or less than one heading, what is wider than the screen, what has no name: each in words.

    Axe is itself a script that waits for the page's clock, which stands still where ``scripts`` do not run.
    """
    # The list of what was not sent writes its own heading, once its script has come.
    page.locator("h1:visible").first.wait_for()
    page.wait_for_load_state()
    violations = Axe().run(page).response["violations"] if scripts else []
    found = [f"{one['id']}: {[node['html'][:200] for node in one['nodes']]}" for one in violations]
    if (headings := page.locator("h1:visible").count()) != 1:
        found.append(f"{headings} main headings")
    if (wide := page.evaluate("document.documentElement.scrollWidth - innerWidth")) > 0:
        found.append(f"{wide} px wider than the screen")
    found += [f"a {role} without a name" for role in nameless(page)]
    return [f"{path}: {one}" for one in found]


def nameless(page: Page) -> list[str]:
    """Return what a screen reader can come to but has no words for."""
    tree = page.context.new_cdp_session(page).send("Accessibility.getFullAXTree")["nodes"]
    named = [
        (one.get("role", {}).get("value"), one.get("name", {}).get("value", "")) for one in tree if not one["ignored"]
    ]
    return [role for role, name in named if role in ROLES and not name.strip()]


def test_the_keyboard_alone_writes_an_entry(browser: Browser, diary: Diary) -> None:
    """From the top of the page with Tab, arrows and typing to the saved entry; where one is can be seen at each step."""
    with looking(browser, View("desktop"), diary.state) as page:
        page.goto(diary.address("/d/today"))
        expect(page.locator("form#entry:not([data-once])")).to_be_attached()
        tab_to(page, "input[name='answers.mood']")
        page.keyboard.press("ArrowRight")
        tab_to(page, "[name='answers.feeling']")
        page.keyboard.type("只用键盘写的一条")
        tab_to(page, "button[form=entry]")
        page.keyboard.press("Enter")
        page.wait_for_url("**/d/entries/*")
        expect(page.locator("main")).to_contain_text("只用键盘写的一条")


def tab_to(page: Page, selector: str) -> None:
    """Press Tab until ``selector`` has the focus; every stop on the way must show that it has it."""
    for _ in range(60):
        page.keyboard.press("Tab")
        assert page.evaluate(SEEN), page.evaluate("document.activeElement.outerHTML.slice(0, 200)")
        if page.evaluate("(wanted) => document.activeElement.matches(wanted)", selector):
            return
    raise AssertionError(f"the keyboard does not reach {selector}")


SEEN = """() => {
  const focused = document.activeElement;
  const shown = [focused, focused.nextElementSibling, focused.closest("label"), focused.parentElement].filter(Boolean);
  return shown.some((one) => {
    const style = getComputedStyle(one);
    return (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0) || style.boxShadow !== "none";
  });
}"""


def test_a_screen_reader_is_told_what_the_form_asks(browser: Browser, diary: Diary) -> None:
    with looking(browser, View(), diary.state) as page:
        page.goto(diary.address("/d/today"))
        moods = page.get_by_role("group", name="此刻的心情").get_by_role("radio")
        expect(moods).to_have_count(9)
        names = [moods.nth(number).evaluate("(radio) => radio.labels[0].innerText.trim()") for number in range(9)]
        assert len(set(names)) == 9
        assert all(names)
        expect(page.get_by_role("button", name="保存这条日记")).to_be_visible()
        assert page.locator("html").get_attribute("lang") == "zh-CN"


def test_what_waits_on_the_phone_is_open_to_everyone(browser: Browser, diary: Diary) -> None:
    with looking(browser, View(), diary.state) as page:
        page.goto(diary.address("/d/today"))
        page.context.set_offline(True)
        write(page, LONG)
        expect(page.locator(".kept-here h1")).to_be_visible()
        assert barriers(page, "kept here") == []
        page.context.set_offline(False)
        expect(page.locator("[data-unsent]").first).to_be_hidden()
        assert waiting(page) == []
        page.context.set_offline(True)


@only_on("sqlite")  # which routes there are does not hang on the database
def test_the_table_has_every_page(app: FastAPI) -> None:
    found = {
        context.original_route.path
        for context in iter_route_contexts(app.routes)
        if isinstance(context.original_route, APIRoute) and "GET" in (context.original_route.methods or ())
    }
    on_phone = {path for path in found if path == "/d" or path.startswith("/d/")}
    assert on_phone - NO_PAGES == PAGES.keys()

"""The workbench in a real browser: nothing runs over, nothing is out of reach, light and dark."""

import pytest
from axe_playwright_python.sync_playwright import Axe

from app.accounts import service
from app.core.db import Database as Store
from tests.support.browser import OpenPage, Size
from tests.support.databases import only_on
from tests.support.server import ServerProcess

PASSWORD = "a-long-enough-password"
LONG = "一项名字特别特别长的研究用来看看会不会撑破页面" * 3 + "AndOneVeryLongWordWithoutAnySpace"
PAGES = (
    "/studies",
    "/studies/new",
    "/account/keys",
    "/studies/long/settings",
    "/studies/long/settings/journey",
    "/studies/long/settings/form",
    "/studies/long/settings/consent",
    "/studies/long/settings/help",
    "/studies/long/settings/members",
    "/studies/long/settings/coder",
    "/studies/absent/settings",
)


@only_on("sqlite")  # what a page looks like does not depend on the database
@pytest.mark.parametrize(("screen", "dark"), [("phone", False), ("tablet", True), ("desktop", False), ("phone", True)])
def test_every_page_fits_and_is_accessible(
    live_server: ServerProcess, store: Store, open_page: OpenPage, screen: Size, dark: bool
) -> None:
    with store.write() as session:
        service.create_user(session, "owner", "负责人", PASSWORD)
    page = open_page(screen, dark=dark)
    page.goto(live_server.base_url + "/studies/new")
    page.fill("#login", "owner")
    page.fill("#password", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/studies/new")
    page.check("input[value=dental_implant]")
    page.fill("#title", LONG)
    page.click("summary")
    page.fill("#slug", "long")
    page.click("main .button")
    page.wait_for_url("**/studies/long")
    width = page.evaluate("innerWidth")
    for path in PAGES:
        page.goto(live_server.base_url + path)
        page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true })")
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
        page.wait_for_load_state()
        assert Axe().run(page).response["violations"] == [], path

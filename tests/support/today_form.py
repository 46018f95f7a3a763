"""Today's form in a browser, of somebody new to the demo study."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest
from playwright.sync_api import Page

from app.core import clock
from tests.support.browser import OpenPage, Size
from tests.support.server import DemoServer

SHANGHAI = ZoneInfo("Asia/Shanghai")

OpenForm = Callable[..., Page]


@pytest.fixture
def open_form(open_page: OpenPage, demo_server: DemoServer) -> OpenForm:
    """Opens today's form of somebody new, three days after surgery."""

    def open_form(size: Size = "phone", *, at: datetime | None = None, **how: Any) -> Page:
        address = f"{demo_server.base_url}/api/v1/studies/{demo_server.demo['study']}/participants"
        key = {"Authorization": f"Bearer {demo_server.demo['api_key']}"}
        anchor = (clock.now().astimezone(SHANGHAI).date() - timedelta(days=3)).isoformat()
        answer = httpx.post(address, json={"anchor_on": anchor}, headers=key)
        assert answer.status_code == 201, answer.text
        page = open_page(size, **how)
        page.goto(f"{demo_server.base_url}/d")
        page.locator("[name=secret]").last.fill(answer.json()["link"]["short_code"])
        page.locator("form[action='/d/open'] button").last.click()
        page.wait_for_url("**/d/consent")
        page.locator("input[name=purposes]").first.check()
        if at:
            page.clock.set_fixed_time(at)
        page.locator("form[action='/d/consent'] button").first.click()
        page.wait_for_url("**/d/today")
        return page

    return open_form


def save(page: Page) -> None:
    """Save the form and wait for what is shown then."""
    page.get_by_role("button", name="保存这条日记").click()
    page.wait_for_url("**/d/entries/*")

"""Phones of people of the demo study, each in a browser of its own."""

from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import Page

from tests.diary.phone_diary import Diary, NewDiary
from tests.support.browser import OpenPage
from tests.support.server import DemoServer


@pytest.fixture
def new_diary(demo_server: DemoServer, open_page: OpenPage) -> NewDiary:
    """Takes one more person into the demo study and opens their diary on a phone of its own."""

    def take_in(page: Page | None = None) -> Diary:
        address = f"{demo_server.base_url}/api/v1/studies/{demo_server.demo['study']}/participants"
        answer = httpx.post(address, json={}, headers={"Authorization": f"Bearer {demo_server.demo['api_key']}"})
        assert answer.status_code == 201, answer.text
        return Diary(page or open_page(), demo_server, answer.json())

    return take_in


@pytest.fixture
def diary(new_diary: NewDiary) -> Iterator[Diary]:
    """A person's phone, signed in and online."""
    opened = new_diary().sign_in()
    yield opened
    opened.context.set_offline(False)

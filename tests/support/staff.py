"""A staff member's browser, without a browser: pages fetched and forms posted as a person would."""

import re
from collections.abc import Mapping

from httpx2 import Response
from starlette.testclient import TestClient

TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')


def csrf_of(page: Response) -> str:
    """Return the forgery token that the forms of a page carry."""
    found = TOKEN.search(page.text)
    assert found is not None, page.text[:500]
    return found[1]


def submit(client: TestClient, page: str, address: str, fields: Mapping[str, str | list[str]]) -> Response:
    """Open ``page`` and post one of its forms to ``address``."""
    token = csrf_of(client.get(page))
    return client.post(address, data={**fields, "csrf_token": token})


def sign_in(client: TestClient, login: str, password: str, *, back: str = "/studies") -> Response:
    """Sign in through the page."""
    return submit(client, "/sign-in", "/sign-in", {"login": login, "password": password, "next": back})

"""A participant's phone without scripts: pages fetched, forms filled in and posted as a person would."""

import re
from collections.abc import Mapping, Sequence
from html import unescape

from httpx2 import Response
from starlette.testclient import TestClient

from tests.support.staff import submit

Fields = Mapping[str, str | Sequence[str]]
HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)">')
TAG = re.compile(r"<[^>]+>")


class Phone:
    """One phone; give each its own client to keep their cookies apart."""

    def __init__(self, client: TestClient) -> None:
        self.client = client

    def open(self, secret: str) -> Response:
        """Open the personal link or short code ``secret``."""
        return submit(self.client, "/d", "/d/open", {"secret": secret})

    def agree(self, *purposes: str, version: str = "1") -> Response:
        """Tick ``purposes`` and agree."""
        return submit(self.client, "/d/consent", "/d/consent", {"version": version, "purposes": list(purposes)})

    def start(self, secret: str) -> None:
        """Open the link and agree to what is required, so that today's form stands open."""
        assert self.open(secret).status_code == 303
        assert self.agree("diary").headers["location"] == "/d/today"

    def sheet(self) -> dict[str, str | Sequence[str]]:
        """Return today's form as it stands when nothing was touched."""
        page = self.client.get("/d/today")
        assert page.status_code == 200, page.text[:300]
        chosen = re.search(r'name="stage" value="([^"]+)" checked', page.text)
        assert chosen is not None
        return {**dict(HIDDEN.findall(page.text)), "stage": chosen[1], "when": "now"}

    def send(self, sheet: Fields, **answers: str | Sequence[str]) -> Response:
        """Save the form with ``answers`` filled in."""
        typed = {f"answers.{key}": value for key, value in answers.items()}
        return self.client.post("/d/entries", data={**sheet, **typed})

    def write(self, **answers: str | Sequence[str]) -> Response:
        """Fill today's form in and save it."""
        return self.send(self.sheet(), **answers)


def words(page: Response) -> str:
    """Return a page's words without its tags."""
    return unescape(TAG.sub("", page.text))

"""A study with a map, over HTTP: who makes, writes and reads what, in a word."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from httpx2 import Response

from tests.support.cast import Cast
from tests.support.scene import SLUG

API = f"/api/v1/studies/{SLUG}"


@dataclass
class MapSite:
    """The cast before the API of maps."""

    cast: Cast

    def call(
        self, method: str, path: str, body: object = None, *, version: int | None = None, who: str = "owner"
    ) -> Response:
        """Call the API as ``who``; ``version`` goes into If-Match."""
        headers = dict(self.cast.headers[who])
        if version is not None:
            headers["If-Match"] = f'"{version}"'
        return self.cast.client.request(method, API + path, json=body, headers=headers)

    def make(self, *, propose: bool = False, map_id: UUID | None = None, **more: Any) -> str:
        """Make a map and return its id."""
        given = {"id": str(map_id or uuid4()), "title": "现在的路", "propose": propose, **more}
        answer = self.call("POST", "/maps", given)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    def note(
        self, map_id: str, text: str = "打电话问前台", *, stage: str = "recovery", lane: str = "action", **more: Any
    ) -> dict[str, Any]:
        """Write a note and return it."""
        given = {"id": str(uuid4()), "stage": stage, "lane": lane, "text": text, **more}
        answer = self.call("POST", f"/maps/{map_id}/notes", given)
        assert answer.status_code == 201, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def change(self, map_id: str, note: dict[str, Any], *, who: str = "owner", **given: Any) -> Response:
        """Change a note upon the version that ``note`` has."""
        return self.call("PATCH", f"/maps/{map_id}/notes/{note['id']}", given, version=note["version"], who=who)

    def board(self, map_id: str, *, who: str = "owner") -> dict[str, Any]:
        """Return a map as ``who`` sees it."""
        answer = self.call("GET", f"/maps/{map_id}", who=who)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def cell(self, map_id: str, lane: str, *, stage: str = "recovery", who: str = "owner") -> list[dict[str, Any]]:
        """Return the notes of a cell."""
        return list(stage_of(self.board(map_id, who=who), stage)["lanes"][lane])

    def revision(self, map_id: str) -> int:
        """Return how often the map was changed."""
        return int(self.board(map_id)["map"]["revision"])


def stage_of(board: dict[str, Any], key: str) -> dict[str, Any]:
    """Return one column of a map."""
    found: dict[str, Any] = next(one for one in board["stages"] if one["key"] == key)
    return found


def words(cell: list[dict[str, Any]]) -> list[str]:
    """Return what the notes of a cell say."""
    return [str(note["shown"]) for note in cell]

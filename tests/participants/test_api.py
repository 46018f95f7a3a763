"""Participants over REST: taken in, listed page by page, changed, and each call tried as everyone."""

from typing import Any

import pytest

from app.accounts.actors import READ_CURVES, READ_STATEMENTS
from tests.support.cast import Cast
from tests.support.phone import Phone
from tests.support.scene import SLUG

BASE = f"/api/v1/studies/{SLUG}/participants"


def post(cast: Cast, path: str = "", body: Any = None, *, who: str = "owner") -> Any:
    return cast.client.post(BASE + path, json=body, headers=cast.headers[who])


def test_taking_someone_in_answers_with_a_link_that_opens(cast: Cast) -> None:
    answer = post(cast, body={"anchor_on": "2026-03-10", "attributes": {"年龄": 61}})
    assert answer.status_code == 201
    body = answer.json()
    assert body["participant"]["code"] == "P03"
    assert body["participant"]["attributes"] == {"年龄": "61"}
    assert body["participant"]["consent"] == {"version": 1, "complete": False, "on_phone": False, "purposes": []}
    assert Phone(cast.client).open(body["link"]["url"]).status_code == 303


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"code": "a b"}, "code"),
        ({"code": "x" * 41}, "code"),
        ({"anchor_on": "tomorrow"}, "anchor_on"),
        ({"anchor_on": "1066-10-14"}, "anchor_on"),
        ({"time_zone": "Nowhere"}, "time_zone"),
        ({"attributes": {f"k{n}": "v" for n in range(31)}}, "attributes"),
        ({"attributes": {"k": "a\u0000b"}}, "attributes"),
        ({"name": "somebody"}, "name"),
    ],
)
def test_what_cannot_be_used_is_named(cast: Cast, body: dict[str, Any], field: str) -> None:
    answer = post(cast, body=body)
    assert answer.status_code == 422
    assert [error["field"].split(".")[0] for error in answer.json()["errors"]] == [field]


def test_a_code_in_use_is_a_409(cast: Cast) -> None:
    answer = post(cast, body={"code": "P01"})
    assert (answer.status_code, answer.json()["code"]) == (409, "code_taken")


def test_the_list_comes_in_pages(cast: Cast) -> None:
    for n in range(3, 8):
        cast.add_patient(f"P{n:02d}", age="60")
    first = cast.get("/participants?limit=3").json()
    second = cast.get(f"/participants?limit=3&after={first['next']}").json()
    third = cast.get(f"/participants?limit=3&after={second['next']}").json()
    codes = [row["code"] for page in (first, second, third) for row in page["rows"]]
    assert codes == [f"P{n:02d}" for n in range(1, 8)]
    assert third["next"] is None
    assert third["rows"][0]["attributes"] == {"age": "60"}
    assert cast.get("/participants?after=nonsense").status_code == 422


def test_one_participant_is_read_by_code(cast: Cast) -> None:
    body = cast.get("/participants/P01").json()
    assert (body["id"], body["anchor_on"]) == (str(cast.people["P01"]), "2026-03-10")
    assert body["consent"]["purposes"] == ["diary"]
    assert cast.get("/participants/P99").status_code == 404


def test_changes_replace_what_they_name_and_leave_the_rest(cast: Cast) -> None:
    assert cast.put(cast.entry()).status_code == 201
    headers = cast.headers["teammate"]
    changed = cast.client.patch(f"{BASE}/P01", json={"anchor_on": "2026-03-11"}, headers=headers).json()
    assert changed["anchor_on"] == "2026-03-11"
    changed = cast.client.patch(f"{BASE}/P01", json={"attributes": {"组": "甲"}}, headers=headers).json()
    assert (changed["anchor_on"], changed["attributes"]) == ("2026-03-11", {"组": "甲"})
    assert cast.get("/entries").json()["rows"][0]["day"] == 2
    cleared = cast.client.patch(f"{BASE}/P01", json={"anchor_on": None}, headers=headers).json()
    assert cleared["anchor_on"] is None
    assert cast.get("/entries").json()["rows"][0]["day"] is None


def test_paper_consent_and_withdrawal(cast: Cast) -> None:
    cast.add_patient("P03", consent=False)
    assert post(cast, "/P03/consents", {"purposes": ["quotes"]}).status_code == 422
    assert post(cast, "/P03/consents", {"purposes": ["diary"], "version": 9}).status_code == 409
    given = post(cast, "/P03/consents", {"purposes": ["diary"]})
    assert given.json()["consent"] == {"version": 1, "complete": True, "on_phone": False, "purposes": ["diary"]}
    left = post(cast, "/P03/withdraw").json()
    assert left["withdrawn_at"]
    assert left["consent"]["complete"] is False
    assert post(cast, "/P03/withdraw").json()["withdrawn_at"] == left["withdrawn_at"]
    assert post(cast, "/P03/link").status_code == 410
    assert post(cast, "/P03/consents", {"purposes": ["diary"]}).status_code == 410


@pytest.mark.parametrize(
    ("who", "read", "manage"), [("teammate", 200, 201), ("viewer", 403, 403), ("stranger", 404, 404)]
)
def test_each_role_may_do_what_it_may(cast: Cast, who: str, read: int, manage: int) -> None:
    assert cast.get("/participants", who=who).status_code == read
    assert post(cast, body={}, who=who).status_code == manage
    assert post(cast, "/P01/link", who=who).status_code == manage


def test_a_lesser_key_may_do_less(cast: Cast) -> None:
    reader, curves = cast.key("owner", READ_STATEMENTS), cast.key("owner", READ_CURVES)
    assert cast.client.get(BASE, headers=reader).status_code == 200
    assert cast.client.post(BASE, json={}, headers=reader).status_code == 403
    assert cast.client.get(BASE, headers=curves).status_code == 403
    assert cast.client.get(BASE).status_code == 401

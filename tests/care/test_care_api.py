"""Follow-ups by programs: listed, taken, contacts logged once, closed; by whom it may be; and the study's rules."""

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from httpx2 import Response

from app.core.clock import frozen_at
from app.participants import consents
from app.participants.models import Participant
from tests.care.care_site import HARM, HOUR, NOW, add_carer, do_jobs, write
from tests.support.cast import Cast
from tests.support.databases import ScratchDatabase
from tests.support.program import xinlu
from tests.support.scene import SLUG

NOTE = "她说昨晚没睡，女儿在身边。"
HERE = f"/api/v1/studies/{SLUG}"
CALLED = {"way": "phone", "reached": True, "note": NOTE}


@pytest.fixture
def low(cast: Cast) -> Iterator[Cast]:
    """The cast at noon: P01 in danger, P02 low; neither agreed to be seen by care staff, of whom there is one."""
    with frozen_at(NOW):
        add_carer(cast)
        write(cast, HARM, mood=1)
        write(cast, code="P02", mood=2)
        do_jobs(cast)
        yield cast


def rows(cast: Cast, query: str = "", who: str = "owner") -> list[dict[str, Any]]:
    answer = cast.get(f"/follow-ups{query}", who=who)
    assert answer.status_code == 200, answer.text
    return list(answer.json()["rows"])


def first(cast: Cast) -> str:
    return str(rows(cast)[0]["id"])


def act(
    cast: Cast, path: str, body: dict[str, Any] | None = None, *, who: str = "owner", tag: str | None = None
) -> Response:
    headers = cast.headers[who] | ({"If-Match": tag} if tag else {})
    return cast.client.post(f"{HERE}/follow-ups/{path}", json=body, headers=headers)


def log(
    cast: Cast, follow_up: str, body: dict[str, Any], *, contact: UUID | None = None, who: str = "owner"
) -> Response:
    path = f"{HERE}/follow-ups/{follow_up}/contacts/{contact or uuid4()}"
    return cast.client.put(path, json=body, headers=cast.headers[who])


def let_care_see(cast: Cast, code: str) -> None:
    with cast.store.write() as session:
        person = session.get_one(Participant, (cast.study_id, cast.people[code]))
        consents.give_consent(session, "user:test", person, ["diary", "care"], version=1, method="paper")


def table(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))


def test_the_urgent_come_first_with_why_and_without_a_word_of_the_diary(low: Cast) -> None:
    answer = low.get("/follow-ups")
    assert HARM not in answer.text
    assert answer.headers["cache-control"] == "private, no-store"
    one, two = answer.json()["rows"]
    assert (one["participant"], one["urgent"], one["state"], one["late"]) == ("P01", True, "open", False)
    assert [alert["kind"] for alert in one["alerts"]] == ["low", "self_harm"]
    assert {alert["mood"] for alert in one["alerts"]} == {1}
    assert one["alerts"][0]["stage"] == "recovery"
    assert (two["participant"], two["urgent"], two["contacts"]) == ("P02", False, [])


def test_pages_go_on_where_the_one_before_ended(low: Cast) -> None:
    page = low.get("/follow-ups?limit=1").json()
    rest = low.get(f"/follow-ups?limit=1&after={page['next']}").json()
    assert [page["rows"][0]["participant"], rest["rows"][0]["participant"], rest["next"]] == ["P01", "P02", None]


def test_taken_called_asked_after_and_closed(low: Cast) -> None:
    follow_up = first(low)
    seen = low.get(f"/follow-ups/{follow_up}")
    assert act(low, f"{follow_up}/take").status_code == 428
    taken = act(low, f"{follow_up}/take", tag=seen.headers["etag"])
    assert (taken.json()["state"], taken.json()["taken_by"]) == ("taken", "Owner")
    stale = act(low, f"{follow_up}/give-back", tag=seen.headers["etag"])
    assert (stale.status_code, stale.json()["code"]) == (412, "follow_up_changed")
    tag = taken.headers["etag"]
    assert stale.headers["etag"] == tag
    needed = act(low, f"{follow_up}/close", {"outcome": "helped"}, tag=tag)
    assert (needed.status_code, needed.json()["code"]) == (409, "contact_needed")
    called = log(low, follow_up, CALLED)
    assert (called.status_code, called.json()["asked_again"]) == (201, True)
    closed = act(low, f"{follow_up}/close", {"outcome": "helped"}, tag=called.headers["etag"])
    assert (closed.json()["state"], closed.json()["outcome"]) == ("closed", "helped")
    assert [one["participant"] for one in rows(low)] == ["P02"]
    assert [one["participant"] for one in rows(low, "?state=closed")] == ["P01"]


def test_given_back_it_waits_for_somebody_again(low: Cast) -> None:
    follow_up = first(low)
    taken = act(low, f"{follow_up}/take", tag=low.get(f"/follow-ups/{follow_up}").headers["etag"])
    back = act(low, f"{follow_up}/give-back", tag=taken.headers["etag"])
    assert (back.json()["state"], back.json()["taken_by"]) == ("open", None)


def test_a_contact_is_logged_once_however_often_it_is_sent(low: Cast) -> None:
    follow_up, contact = first(low), uuid4()
    assert [log(low, follow_up, CALLED, contact=contact).status_code for _time in range(3)] == [201, 200, 200]
    other = log(low, follow_up, CALLED | {"note": "别的话"}, contact=contact)
    assert (other.status_code, other.json()["code"]) == (409, "contact_conflict")
    (logged,) = low.get(f"/follow-ups/{follow_up}").json()["contacts"]
    assert (logged["note"], logged["by"]) == (NOTE, rows(low)[0]["contacts"][0]["by"])


def test_what_the_person_says_after_the_call_stands_beside_it(low: Cast) -> None:
    follow_up = first(low)
    log(low, follow_up, CALLED)
    with frozen_at(NOW + 20 * HOUR):
        write(low, mood=7)
        (later,) = low.get(f"/follow-ups/{follow_up}").json()["later"]
    assert (later["mood"], later["score"] > 0) == (7, True)


@pytest.mark.parametrize(
    "body",
    [
        {"way": "pigeon", "reached": True},
        {"way": "phone"},
        {"way": "phone", "reached": True, "note": "字" * 2001},
        {"way": "phone", "reached": True, "passed_to": "字" * 81},
        {"way": "phone", "reached": True, "extra": 1},
    ],
)
def test_a_contact_that_makes_no_sense_is_refused(low: Cast, body: dict[str, Any]) -> None:
    assert log(low, first(low), body).status_code == 422


def test_care_staff_see_who_agreed_to_it(low: Cast) -> None:
    hidden = first(low)
    assert rows(low, who="carer") == []
    assert low.get(f"/follow-ups/{hidden}", who="carer").status_code == 404
    assert log(low, hidden, CALLED, who="carer").status_code == 404
    assert low.get("/alerts", who="carer").json()["rows"] == []
    assert low.get("/follow-ups/counts", who="carer").json() == {
        "open": 0,
        "urgent": 0,
        "late": 0,
        "met": 0,
        "hidden": 0,
    }
    assert low.get("/follow-ups/counts").json() == {"open": 2, "urgent": 1, "late": 0, "met": 0, "hidden": 2}
    let_care_see(low, "P01")
    assert [one["participant"] for one in rows(low, who="carer")] == ["P01"]
    assert log(low, hidden, CALLED, who="carer").status_code == 201
    text = low.get("/follow-ups.csv", who="carer").text + low.get("/alerts.csv", who="carer").text
    assert "P02" not in text
    assert low.get("/follow-ups/counts").json() == {"open": 2, "urgent": 0, "late": 0, "met": 1, "hidden": 1}


def test_viewers_get_figures_without_people(low: Cast) -> None:
    follow_up = first(low)
    for path in ("/follow-ups", f"/follow-ups/{follow_up}", "/follow-ups.csv", "/alerts", "/alerts.csv", "/care/rules"):
        assert low.get(path, who="viewer").status_code == 403, path
        assert low.get(path, who="stranger").status_code == 404, path
    assert log(low, follow_up, CALLED, who="viewer").status_code == 403
    assert low.get("/follow-ups/counts", who="viewer").json() == {
        "open": 2,
        "urgent": 1,
        "late": 0,
        "met": 0,
        "hidden": 0,
    }


@pytest.mark.parametrize(
    ("scope", "allowed"),
    [
        ("curves:read", {"/follow-ups/counts"}),
        ("statements:read", {"/follow-ups", "/alerts", "/care/rules"}),
        ("export", {"/follow-ups.csv", "/alerts.csv", "/care/contacts.csv"}),
        ("entries:write", set()),
    ],
)
def test_a_key_opens_what_its_scope_says(low: Cast, scope: str, allowed: set[str]) -> None:
    low.headers["lesser"] = low.key("owner", scope)
    paths = ("counts", "")
    every = {f"/follow-ups/{one}".rstrip("/") for one in paths} | {
        "/follow-ups.csv", "/alerts", "/alerts.csv", "/care/contacts.csv", "/care/rules",
    }  # fmt: skip
    assert {path for path in every if low.get(path, who="lesser").status_code == 200} == allowed
    assert log(low, first(low), CALLED, who="lesser").status_code == 403


def test_tables_hold_a_row_each(low: Cast) -> None:
    follow_up = first(low)
    log(low, follow_up, CALLED | {"note": "=1+1"})
    one, two = table(low.get("/follow-ups.csv").text)
    assert (one["participant"], one["alerts"], one["contacts"], one["reached"]) == ("P01", "low;self_harm", "1", "1")
    assert (two["participant"], two["contacted_at"]) == ("P02", "")
    assert [row["kind"] for row in table(low.get("/alerts.csv").text)] == ["self_harm", "low", "low"]
    (contact,) = table(low.get("/care/contacts.csv").text)
    assert (contact["follow_up"], contact["note"]) == (follow_up, "'=1+1")


@pytest.mark.parametrize(("what", "n"), [("follow-ups", 2), ("alerts", 3), ("care-contacts", 1)])
def test_the_command_exports_the_same(low: Cast, database: ScratchDatabase, tmp_path: Path, what: str, n: int) -> None:
    log(low, first(low), CALLED)
    target = tmp_path / "rows.json"
    xinlu("export", SLUG, "--what", what, "--format", "json", "-o", str(target), env=database.env)
    found = json.loads(target.read_text())
    assert len(found) == n
    assert {row["participant"] for row in found} <= {"P01", "P02"}


def test_rules_are_changed_from_what_was_read(low: Cast) -> None:
    read = low.get("/care/rules")
    assert (read.json()["mood_at_most"], read.json()["notices"]) == (2, [])
    given = {"mood_at_most": 3, "notices": ["nurse@example.org"]}
    assert set_over_api(low, given, None).status_code == 428
    changed = set_over_api(low, given, read.headers["etag"])
    assert (changed.status_code, changed.json()["mood_at_most"], changed.json()["due_hours"]) == (200, 3, 24)
    stale = set_over_api(low, {"mood_at_most": 4}, read.headers["etag"])
    assert (stale.status_code, stale.json()["code"]) == (412, "care_rules_changed")
    assert stale.json()["current"]["mood_at_most"] == 3
    assert low.get("/care/rules").json() == changed.json()
    write(low, code="P02", mood=3)
    assert do_jobs(low) == 1, "the rules hold for what is written from now on"


def test_rules_have_limits_and_are_the_researchers(low: Cast) -> None:
    tag = low.get("/care/rules").headers["etag"]
    for wrong in ({"mood_at_most": 9}, {"notices": ["nobody"]}, {"notices": ["a@b.org"] * 6}, {"score": 1}):
        assert set_over_api(low, wrong, tag).status_code == 422, wrong
    assert low.get("/care/rules", who="carer").status_code == 200
    assert set_over_api(low, {}, tag, who="carer").status_code == 403
    assert set_over_api(low, {}, tag, who="teammate").status_code == 200


def set_over_api(cast: Cast, rules: dict[str, Any], tag: str | None, who: str = "owner") -> Response:
    headers = cast.headers[who] | ({"If-Match": tag} if tag else {})
    return cast.client.put(f"{HERE}/care/rules", json=rules, headers=headers)

"""The schedule over REST and on its page: read, looked at before it takes effect, put in force, stale changes told."""

import html
import re
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from starlette.testclient import TestClient

from app.core import clock
from app.prompts import ledger, planner
from tests.studies.test_study_pages import fields_of
from tests.support.cast import Cast
from tests.support.scene import PASSWORD, SLUG
from tests.support.staff import sign_in

NOW = datetime.fromisoformat("2026-03-12T12:00:00+08:00")
"""The second day after P01's and P02's surgery, at noon."""
BASE = f"/api/v1/studies/{SLUG}"
PAGE = f"/studies/{SLUG}/settings/schedule"
DAILY: dict[str, Any] = {
    "key": "daily",
    "name": "每天",
    "when": {"kind": "daily", "at": ["20:00"]},
    "expires_minutes": 360,
}


@pytest.fixture(autouse=True)
def at_noon() -> Any:
    with clock.frozen_at(NOW):
        yield


def put(cast: Cast, rules: list[dict[str, Any]], revision: int, *, who: str = "owner", **more: Any) -> Any:
    body = {"active": True, "rules": rules, **more}
    headers = cast.headers[who] | {"If-Match": f'"{revision}"'}
    return cast.client.put(f"{BASE}/schedule", json=body, headers=headers)


def plan(cast: Cast) -> None:
    with cast.store.write() as session:
        planner.plan_next(session, cast.study_id, clock.now())
        planner.plan_newcomers(session, cast.study_id, clock.now())


def test_a_template_proposes_and_nothing_runs_by_itself(cast: Cast) -> None:
    answer = cast.get("/schedule")
    assert (answer.json()["revision"], answer.json()["active"], answer.headers["etag"]) == (0, False, '"0"')
    assert [rule["key"] for rule in answer.json()["rules"]] == ["before", "after", "month", "visit"]
    plan(cast)
    assert cast.get("/schedule").json()["revision"] == 0


def test_a_schedule_is_put_in_force_once(cast: Cast) -> None:
    assert put(cast, [DAILY], 0).json()["revision"] == 1
    stale = put(cast, [], 0)
    assert (stale.status_code, stale.json()["code"]) == (412, "schedule_changed")
    missing = cast.client.put(f"{BASE}/schedule", json={"rules": []}, headers=cast.headers["owner"])
    assert missing.status_code == 428
    assert put(cast, [], 1, who="viewer").status_code == 403
    assert put(cast, [], 1, who="stranger").status_code == 404
    assert cast.get("/schedule", who="viewer").json()["rules"][0]["when"]["at"] == ["20:00"]


def test_the_difference_is_what_then_happens(cast: Cast) -> None:
    put(cast, [DAILY], 0)
    plan(cast)
    moved = {**DAILY, "when": {"kind": "daily", "at": ["21:00"]}}
    extra = {"key": "weekly", "name": "周末", "when": {"kind": "daily", "at": ["10:00"], "weekdays": [6]}}
    body = {"active": True, "rules": [moved, extra]}
    shown = cast.client.post(f"{BASE}/schedule/preview", json=body, headers=cast.headers["owner"]).json()
    assert (shown["appears"], shown["moves"], shown["goes"], shown["people"]) == (4, 20, 0, 2)
    assert {example["what"] for example in shown["examples"]} == {"appears", "moves"}
    assert {example["participant"] for example in shown["examples"]} <= {"P01", "P02"}
    saturday = next(day for day in shown["days"] if day["day"] == "2026-03-14")
    assert (saturday["before"], saturday["after"]) == (2, 4)
    put(cast, [moved, extra], 1)
    plan(cast)
    again = cast.client.post(f"{BASE}/schedule/preview", json=body, headers=cast.headers["owner"]).json()
    assert (again["appears"], again["moves"], again["goes"], again["stays"]) == (0, 0, 0, 24)


def test_a_time_that_is_over_by_the_new_schedule_is_told_before(cast: Cast) -> None:
    put(cast, [DAILY], 0)
    plan(cast)
    body = {"active": True, "rules": [{**DAILY, "when": {"kind": "daily", "at": ["11:00"]}}]}
    shown = cast.client.post(f"{BASE}/schedule/preview", json=body, headers=cast.headers["owner"]).json()
    assert shown["at_once"] == 2
    put(cast, body["rules"], 1)  # type: ignore[arg-type]
    plan(cast)
    with cast.store.write() as session:
        assert len(ledger.claim_due(session, clock.now(), "one")) == 2


def test_refused_schedules_name_the_place(cast: Cast) -> None:
    answer = put(cast, [{**DAILY, "when": {"kind": "daily", "at": ["24:00"]}}], 0)
    assert answer.status_code == 422
    assert any("at" in field["field"] for field in answer.json()["errors"])


def test_an_event_is_recorded_once(cast: Cast) -> None:
    rule = {"key": "visit", "name": "复诊", "when": {"kind": "after_event", "event": "visit", "delay_minutes": 60}}
    events = [{"key": "visit", "name": "复诊"}]
    put(cast, [rule], 0, events=events)
    body = {"id": str(uuid4()), "kind": "visit", "at": NOW.isoformat()}
    where = f"{BASE}/participants/P01/events"
    headers = cast.headers["owner"]
    assert cast.client.post(where, json=body, headers=headers).status_code == 201
    assert cast.client.post(where, json=body, headers=headers).status_code == 200
    other = cast.client.post(where, json=body | {"at": (NOW + timedelta(1)).isoformat()}, headers=headers)
    assert (other.status_code, other.json()["code"]) == (409, "event_conflict")
    unknown = cast.client.post(where, json={"kind": "party", "at": NOW.isoformat()}, headers=headers)
    assert (unknown.status_code, unknown.json()["errors"][0]["field"]) == (422, "kind")
    assert [one["kind"] for one in cast.get("/participants/P01/events").json()] == ["visit"]
    assert cast.get("/participants/P01/events", who="viewer").status_code == 403
    plan(cast)
    with cast.store.write() as session:
        assert [due.occasion for due in ledger.claim_due(session, NOW + timedelta(hours=1), "one")] == [
            f"event/{body['id']}"
        ]


@pytest.fixture
def desk(cast: Cast) -> TestClient:
    sign_in(cast.client, "owner", PASSWORD)
    return cast.client


def confirm(desk: TestClient, fields: dict[str, str]) -> tuple[str, Any]:
    """Post the schedule's form, read the difference, and confirm it; returns the page of the difference and the answer."""
    shown = desk.post(f"{PAGE}/preview", data=fields)
    assert shown.status_code == 200, shown.text
    return shown.text, desk.post(PAGE, data={name: html.unescape(text) for name, text in fields_of(shown.text).items()})


def test_the_page_says_the_schedule_in_sentences_and_switches_it_on(desk: TestClient, cast: Cast) -> None:
    page = desk.get(PAGE).text
    assert "手术日当天、手术日后第 1、2、3、5、7、14 天，20:00；6 小时内有效；没写的话 2 小时后再提醒一次。" in page
    difference, answer = confirm(desk, fields_of(page) | {"active": "on"})
    assert "多出来" in difference
    assert answer.status_code == 303
    schedule = cast.get("/schedule").json()
    assert (schedule["revision"], schedule["active"], len(schedule["rules"])) == (1, True, 4)


def test_a_rule_is_added_changed_and_taken_out_on_the_page(desk: TestClient, cast: Cast) -> None:
    put(cast, [DAILY], 0)
    fields = fields_of(desk.get(f"{PAGE}?add=random").text)
    fields |= {
        "+.name": "随机",
        "+.windows": "10:00–12:00、14：00-20:00×2",
        "+.weekday.3": "on",
        "daily.at": "19:30，21:00",
    }
    _, answer = confirm(desk, fields)
    assert answer.status_code == 303
    daily, random = cast.get("/schedule").json()["rules"]
    assert daily["when"]["at"] == ["19:30", "21:00"]
    assert random["when"]["weekdays"] == [3]
    assert [(one["start"], one["end"], one["count"]) for one in random["when"]["windows"]] == [
        ("10:00", "12:00", 1),
        ("14:00", "20:00", 2),
    ]
    difference, _ = confirm(desk, fields_of(desk.get(PAGE).text) | {"daily.remove": "on"})
    assert "去掉" in difference
    assert [rule["key"] for rule in cast.get("/schedule").json()["rules"]] == [random["key"]]


@pytest.mark.parametrize(
    ("field", "text"),
    [
        ("daily.at", "八点"),
        ("daily.expires", "很久"),
        ("daily.remind", "7"),
        ("daily.name", ""),
        ("daily.day_from", "第一天"),
        ("quiet_end", "08:00"),
        ("apart", "x"),
    ],
)
def test_what_is_wrong_on_the_page_is_named_and_kept(desk: TestClient, cast: Cast, field: str, text: str) -> None:
    put(cast, [DAILY], 0)
    answer = desk.post(f"{PAGE}/preview", data=fields_of(desk.get(PAGE).text) | {field: text})
    assert answer.status_code == 422
    assert f'id="{field}-problem"' in answer.text
    assert not text or f'value="{text}"' in answer.text


def test_two_researchers_at_once_are_told(desk: TestClient, cast: Cast) -> None:
    put(cast, [DAILY], 0)
    shown = desk.post(f"{PAGE}/preview", data=fields_of(desk.get(PAGE).text)).text
    put(cast, [], 1)
    answer = desk.post(PAGE, data={name: html.unescape(text) for name, text in fields_of(shown).items()})
    assert answer.status_code == 412
    assert "日程刚刚被别人改过了" in answer.text


def test_one_persons_prompts_can_be_paused_and_nudged(desk: TestClient, cast: Cast) -> None:
    put(cast, [DAILY], 0)
    plan(cast)
    where = f"/studies/{SLUG}/participants/{cast.people['P01']}/prompts"
    page = desk.get(where).text
    token = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert token is not None
    fields = {"csrf_token": token[1]}
    assert "3月12日 20:00" in page
    assert desk.post(f"{where}/nudge", data=fields | {"words": "今天好些了吗"}).status_code == 303
    assert desk.post(f"{where}/nudge", data=fields).status_code == 409
    assert desk.post(f"{where}/pause", data=fields | {"until": "2026-03-20"}).status_code == 303
    assert desk.post(f"{where}/nudge", data=fields).status_code == 409
    assert desk.post(f"{where}/pause", data=fields | {"until": "gestern"}).status_code == 422
    assert desk.post(f"{where}/quiet", data=fields | {"start": "20:00", "end": ""}).status_code == 422
    shown = desk.get(where).text
    assert "暂停中" in shown
    assert "手动提醒" in shown
    assert desk.post(f"{where}/pause", data=fields | {"resume": "1"}).status_code == 303
    assert "暂停中</span>" not in desk.get(where).text

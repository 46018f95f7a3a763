"""Improvements, results, the self-check and the programme over HTTP and as pages, on both kinds of database."""

import re
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from httpx2 import Response
from sqlalchemy import select

from app.core import clock
from app.maps.board.models import ExperienceMap, MapNote
from app.maps.insights.models import Improvement, Insight, InsightStep
from app.statements.models import Statement
from app.studies.models import Stage, Study, Wave
from tests.support.cast import Cast
from tests.support.scene import PASSWORD, SLUG
from tests.support.staff import sign_in

API = f"/api/v1/studies/{SLUG}"
PAGES = f"/studies/{SLUG}"
GOOD, BAD = "术后第一天晚上不知道如何缓解肿胀", "术后指导不够"
SHARE = {
    "name": "预约转化", "kind": "share", "before_n": 80, "before_value": 48, "after_n": 70, "after_value": 56,
}  # fmt: skip


def send(cast: Cast, method: str, path: str, body: Any = None, *, who: str = "owner", seen: object = None) -> Response:
    headers = cast.headers[who] | ({} if seen is None else {"If-Match": f'"{seen}"'})
    return cast.client.request(method, f"{API}{path}", json=body, headers=headers)


def post(cast: Cast, path: str, **fields: object) -> Response:
    """Send a form of a page as a browser without scripts does."""
    token = re.search(r'name="csrf_token" value="([^"]+)"', cast.client.get(f"{PAGES}/programme").text)
    assert token is not None
    return cast.client.post(f"{PAGES}{path}", data={"csrf_token": token.group(1), **fields})


def plan(cast: Cast, **more: object) -> dict[str, Any]:
    answer = send(cast, "POST", "/improvements", {"id": str(uuid4()), "title": "首夜来电", "party": "care", **more})
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def test_an_improvement_is_planned_once_and_changed_by_nobody_unseen(cast: Cast) -> None:
    body = {"id": str(uuid4()), "title": "首夜来电", "party": "care", "owner": "teammate", "due": "2020-02-01"}
    assert [send(cast, "POST", "/improvements", body).status_code for _ in range(2)] == [201, 200]
    assert send(cast, "POST", "/improvements", {**body, "party": "service"}).json()["code"] == "id_taken"
    path = f"/improvements/{body['id']}"
    assert cast.get(path).json()["overdue"] is True
    change = {key: value for key, value in body.items() if key != "id"} | {"status": "done"}
    assert send(cast, "PUT", path, change).status_code == 428
    assert send(cast, "PUT", path, change, seen=1).json()["overdue"] is False
    late = send(cast, "PUT", path, {**change, "title": "晚了"}, seen=1)
    assert (late.status_code, late.json()["current"]["status"]) == (412, "done")
    assert [one["status"] for one in cast.get("/improvements?status=done").json()] == ["done"]
    assert send(cast, "DELETE", path, seen=2).status_code == 204
    assert cast.get(path).json()["code"] == "improvement_not_found"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"party": "nobody"}, "invalid"),
        ({"starts": "2026-03-01", "due": "2026-02-01"}, "invalid"),
        ({"insight": str(uuid4())}, "insight_not_found"),
    ],
)
def test_an_improvement_that_cannot_be_is_refused(cast: Cast, change: dict[str, str], code: str) -> None:
    body = {"id": str(uuid4()), "title": "x", "party": "care", **change}
    assert send(cast, "POST", "/improvements", body).json()["code"] == code
    assert cast.get("/improvements").json() == []


def test_the_roadmap_holds_lanes_of_parties_and_the_blueprint(cast: Cast) -> None:
    plan(cast, starts="2026-02-10", due="2026-05-01", stage="recovery")
    plan(cast, title="没有日子", party="technology")
    found = cast.get("/roadmap").json()
    (lane,) = found["lanes"]
    assert (lane["party"], lane["bars"][0]["first_month"], lane["bars"][0]["months"]) == ("care", "2026-02", 4)
    assert len(found["undated"]) == 1
    (does,) = [one for one in found["blueprint"] if one["party"] == "care"]
    assert next(cell for cell in does["cells"] if cell["stage"] == "recovery")["does"] == [
        {"source": "improvement", "words": "首夜来电"}
    ]


def test_a_result_says_the_difference_and_the_ratio_apart(cast: Cast) -> None:
    body = {"id": str(uuid4()), **SHARE}
    found = send(cast, "POST", "/results", body).json()
    change, relative = found["effect"]["difference"], found["effect"]["relative"]
    # Newcombe 1998: 56 of 70 beside 48 of 80.
    assert [round(change[name], 4) for name in ("estimate", "lower", "upper")] == [0.2, 0.0524, 0.3339]
    assert (round(relative["estimate"], 4), found["improved"]) == (0.3333, True)
    assert "+20.0 个百分点（95% 区间 +5.2 到 +33.4）" in found["summary"]
    assert "相对原来 +33%" in found["summary"]
    assert send(cast, "POST", "/results", body).status_code == 200
    path = f"/results/{body['id']}"
    worse = send(cast, "PUT", path, {**SHARE, "better": "lower"}, seen=1)
    assert (worse.json()["improved"], worse.headers["etag"]) == (False, '"2"')
    assert send(cast, "PUT", path, SHARE, seen=1).json()["current"]["better"] == "lower"
    table = cast.get("/results.csv").text
    assert "difference_lower" in table.splitlines()[0]
    assert send(cast, "DELETE", path, seen=2).status_code == 204
    assert cast.get("/results").json() == []


@pytest.mark.parametrize(
    "change", [{"before_value": 81}, {"after_n": None}, {"kind": "mean"}, {"kind": "curve"}, {"after_value": 3.5}]
)
def test_a_result_that_is_not_whole_is_refused(cast: Cast, change: dict[str, object]) -> None:
    assert send(cast, "POST", "/results", {"id": str(uuid4()), **SHARE, **change}).status_code == 422


def test_few_people_are_not_shown_to_who_sees_no_text(cast: Cast) -> None:
    few = {**SHARE, "before_n": 7, "before_value": 3}
    assert send(cast, "POST", "/results", {"id": str(uuid4()), **few}).json()["few"] is True
    (seen,) = cast.get("/results", who="viewer").json()
    assert (seen["suppressed"], seen["effect"], seen["before_n"], seen["after_value"]) == (True, None, None, None)


def test_a_curve_between_two_waves_is_a_result(cast: Cast) -> None:
    with cast.store.write() as session:
        for position, key in enumerate(("before", "after"), start=10):
            session.add(Wave(study_id=cast.study_id, key=key, name=key, position=position))
        session.info["protocol_changed"] = True
        session.get_one(Study, cast.study_id).protocol_revision += 1
    codes = ["P01", "P02", *(f"Q{n}" for n in range(4))]
    for code in codes[2:]:
        cast.add_patient(code)
    for code in codes:
        bad = cast.entry("疼得睡不着，太难受了，很害怕" + "！" * codes.index(code), participant=code, wave="before")
        good = cast.entry("护士很好，今天很开心，安心多了" + "！" * codes.index(code), participant=code, wave="after")
        assert [cast.put(one).status_code for one in (bad, good)] == [201, 201]
    body = {
        "id": str(uuid4()), "name": "恢复的情绪", "kind": "curve", "stage": "recovery", "before_wave": "before",
        "after_wave": "after",
    }  # fmt: skip
    found = send(cast, "POST", "/results", body).json()
    assert (found["before_n"], found["after_n"], found["improved"], found["few"]) == (6, 6, True, True)
    effect = found["effect"]
    assert effect["difference"]["estimate"] == pytest.approx(
        effect["after"]["estimate"] - effect["before"]["estimate"], abs=2e-6
    )
    (seen,) = cast.get("/results", who="viewer").json()
    assert (seen["effect"], seen["before_n"]) == (None, None)


def specificity_check(cast: Cast, who: str = "owner") -> dict[str, Any]:
    found = cast.get("/self-check", who=who).json()
    return dict(next(one for one in found["checks"] if one["key"] == "specificity"))


def note(cast: Cast, text: str, position: int) -> None:
    """Put a pain of the team's own on the map as it is."""
    with cast.store.write() as session:
        study_id, now = cast.study_id, clock.now()
        found = session.scalars(select(ExperienceMap).where(ExperienceMap.study_id == study_id)).first()
        if found is None:
            found = ExperienceMap(study_id=study_id, title="现状", kind="as_is", created_at=now, created_by="user:test")
            session.add(found)
            session.flush()
        stage = session.scalars(select(Stage).where(Stage.study_id == study_id, Stage.key == "recovery")).one()
        session.add(
            MapNote(
                study_id=study_id, map_id=found.id, stage_id=stage.id, lane="pain", position=position, text=text,
                origin="team", created_at=now, updated_at=now, updated_by="user:test",
            )
        )  # fmt: skip


def test_the_self_check_tells_a_scene_from_a_complaint(cast: Cast) -> None:
    note(cast, GOOD, 0)
    note(cast, BAD, 1)
    check = specificity_check(cast)
    assert [(one["met"], one["words"].split("：")[0]) for one in check["evidence"]] == [
        (True, f"“{GOOD}”"), (False, f"“{BAD}”"),
    ]  # fmt: skip
    assert (check["score"], check["passes"], bool(check["next"])) == (1, False, True)
    for position in (2, 3):
        note(cast, GOOD, position)
    assert (specificity_check(cast)["score"], specificity_check(cast)["passes"]) == (3, True)
    page = sign_and_get(cast, "/self-check")
    assert GOOD in page
    assert "太笼统" in page
    # The team's own words are no participant's.
    assert [one["met"] for one in specificity_check(cast, "viewer")["evidence"]] == [True, False, True, True]


def sign_and_get(cast: Cast, path: str, who: str = "owner") -> str:
    cast.client.cookies.clear()
    sign_in(cast.client, who, PASSWORD)
    answer = cast.client.get(f"{PAGES}{path}")
    assert answer.status_code == 200, answer.text
    return answer.text


def test_a_sentence_can_be_tried_and_is_not_kept(cast: Cast) -> None:
    tried = send(cast, "POST", "/self-check/sentence", {"text": GOOD}, who="viewer").json()
    assert (tried["passes"], tried["needed"]) == (True, 0.5)
    assert send(cast, "POST", "/self-check/sentence", {"text": BAD}).json()["passes"] is False
    assert send(cast, "POST", "/self-check/sentence", {"text": "x" * 401}).status_code == 422
    sign_in(cast.client, "viewer", PASSWORD)
    page = post(cast, "/self-check", text="周三晚上九点打前台电话没人接").text
    assert "够具体，通过" in page.split('role="status"')[1].split("</div>")[0]


def test_the_self_check_hides_words_and_few_people_from_who_sees_no_text(cast: Cast) -> None:
    for code in ("P01", "P02"):
        cast.put(cast.entry("半夜疼得睡不着，按铃没人理", participant=code))
    assert "半夜疼" in cast.get("/self-check").text
    hidden = cast.get("/self-check", who="viewer")
    assert "半夜疼" not in hidden.text
    emotion = next(one for one in hidden.json()["checks"] if one["key"] == "emotion")
    assert all("不到 8 人" in one["words"] for one in emotion["evidence"] if one["kind"] == "point")
    assert cast.get("/self-check", who="stranger").status_code == 404


def test_the_programme_is_read_from_what_there_is(cast: Cast) -> None:
    first = cast.get("/programme")
    assert {step["standing"] for step in first.json()["steps"]} == {"open"}
    assert send(cast, "PUT", "/programme", {"vision": "一直有人在"}).status_code == 428
    given = {"vision": "一直有人在", "notes": {"pains": "先看头一周"}}
    assert send(cast, "PUT", "/programme", given, seen=0).json()["steps"][0]["standing"] == "done"
    stale = send(cast, "PUT", "/programme", {"vision": "别的"}, seen=0)
    assert (stale.status_code, stale.json()["current"]["vision"]) == (412, "一直有人在")
    tomorrow = (datetime.now(UTC).date() + timedelta(days=1)).isoformat()
    plan(cast, status="doing", owner="teammate", due=tomorrow)
    found = {step["key"]: step for step in cast.get("/programme").json()["steps"]}
    assert (found["quick"]["standing"], found["frontline"]["standing"]) == ("begun", "begun")
    assert found["pains"]["note"] == "先看头一周"
    improving = cast.get("/programme").json()["making_a_map"][-1]
    assert (improving["name"], improving["standing"]) == ("改进", "done")


def test_every_form_works_without_scripts(cast: Cast) -> None:
    cast.put(cast.entry("半夜疼得睡不着，按铃没人理"))
    with cast.store.read() as session:
        statement = session.scalars(select(Statement)).one()
    sign_in(cast.client, "owner", PASSWORD)
    form = cast.client.get(f"{PAGES}/insights/new?stage=recovery&statement={statement.id}&start=0&end=7").text
    assert f'value="{statement.id}:0:7" checked' in form
    assert "半夜疼得睡不着" in form
    given = {"id": str(uuid4()), "title": "夜里按铃没人理", "place": "recovery", "quote": f"{statement.id}:0:7"}
    for _ in range(2):  # a second press of the button
        answer = post(cast, "/insights/new", **given)
        assert (answer.status_code, answer.headers["location"]) == (303, f"{PAGES}/insights/{given['id']}?done=added")
    step = {"version": "1", "state": "measured", "id": str(uuid4())}
    assert post(cast, f"/insights/{given['id']}/steps", **step).status_code == 303
    back = post(cast, f"/insights/{given['id']}/steps", version="2", state="used", id=str(uuid4()))
    assert (back.status_code, "往回退要写一句为什么" in back.text) == (422, True)
    late = post(cast, f"/insights/{given['id']}/edit", version="1", title="晚了")
    assert (late.status_code, 'value="晚了"' in late.text, "夜里按铃没人理" in late.text) == (412, True, True)
    wrong = post(cast, "/insights/new", title="")
    assert (wrong.status_code, "请写一句话，不超过 120 字" in wrong.text) == (422, True)
    assert (
        post(cast, "/improvements/new", title="加铃", party="care", status="planned", due="2026-09-01").status_code
        == 303
    )
    assert (
        post(cast, "/improvements/new", title="x", party="care", starts="2026-09-02", due="2026-09-01").status_code
        == 422
    )
    texts = {name: str(value) for name, value in SHARE.items()}
    assert post(cast, "/results/new", **texts, better="higher").status_code == 303
    short = post(cast, "/results/new", **{**texts, "before_value": "99"}, better="higher")
    assert (short.status_code, "不多于人数" in short.text) == (422, True)
    assert post(cast, "/programme", version="0", vision="一直有人在").status_code == 303
    assert post(cast, f"/insights/{given['id']}/retire", version="2").status_code == 303
    with cast.store.read() as session:
        assert len(session.scalars(select(Insight)).all()) == 1
        assert [one.state for one in session.scalars(select(InsightStep).order_by(InsightStep.at))] == [
            "collected", "measured",
        ]  # fmt: skip
        assert session.scalars(select(Improvement)).one().due == date(2026, 9, 1)


@pytest.mark.parametrize("path", ["/insights", "/self-check", "/results", "/roadmap", "/programme"])
def test_pages_speak_to_who_may_open_them(cast: Cast, path: str) -> None:
    page = sign_and_get(cast, path, "viewer")
    assert "/insights/new" not in page
    assert "/improvements/new" not in page
    cast.client.cookies.clear()
    sign_in(cast.client, "stranger", PASSWORD)
    assert cast.client.get(f"{PAGES}{path}").status_code == 404
    cast.client.cookies.clear()
    sign_in(cast.client, "viewer", PASSWORD)
    assert cast.client.get(f"{PAGES}/insights/new").status_code == 403

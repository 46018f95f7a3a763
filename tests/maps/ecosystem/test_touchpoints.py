"""Touchpoints over HTTP: what is low, what falls, what is silent, what the list does not know, and who may see it."""

from datetime import date
from typing import Any

import pytest

from app.core import clock
from app.participants.relation_models import RelationEvent
from tests.support.cast import Cast
from tests.support.databases import only_on
from tests.support.scene import SLUG
from tests.support.walked_road import PEOPLE, touchpoint_id

FACTS = "/touchpoints/recovery/at_home/facts"
ROOT = f"/api/v1/studies/{SLUG}"


def look(cast: Cast, key: str = "recovery/at_home", *, who: str = "owner") -> dict[str, Any]:
    answer = cast.get("/touchpoints", who=who)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = next(one for one in answer.json()["touchpoints"] if one["key"] == key)
    return found


def put_facts(
    cast: Cast, body: dict[str, Any], version: str | None = '"0"', *, who: str = "owner", at: str = FACTS
) -> Any:
    extra = {"If-Match": version} if version else {}
    return cast.client.put(ROOT + at, json=body, headers=cast.headers[who] | extra)


def test_a_road_is_read_where_it_breaks_and_what_its_list_does_not_know(road: Cast) -> None:
    home, surgery = look(road), look(road, "treatment/surgery")
    assert home["experience"]["people"] == 10
    assert home["experience"]["upper"] < 0 < surgery["experience"]["lower"]
    assert home["breaks"] == ["low", "falls"]
    assert (surgery["breaks"], surgery["chances"]) == ([], ["loved"])
    assert (home["effort"]["value"], home["effort"]["people"]) == (6.0, 10)
    walked = road.get("/transitions").json()
    assert set(walked["broken"]) == {"treatment/surgery > recovery/at_home", "treatment > recovery"}
    steps = {(one["origin"], one["target"]): one for one in walked["touchpoints"]}
    down = steps["treatment/surgery", "recovery/at_home"]
    assert (down["change"]["people"], down["change"]["n"], down["falls"]) == (10, 10, True)
    assert steps["recovery/at_home", "sharing/before_after_photo"]["rises"]
    assert not steps["visit/consultation", "treatment/surgery"]["falls"]

    road.put(road.entry("没说在哪儿", participant="P01"))
    found = road.get("/touchpoints").json()
    assert "treatment/anaesthesia" in found["unmentioned"]
    assert "recovery/at_home" not in found["unmentioned"]
    assert "awareness/content_writing" not in found["unmentioned"]  # backstage: nobody could
    recovery = next(one for one in found["stages"] if one["key"] == "recovery")
    assert (recovery["unplaced"], recovery["entries"]) == (1, 11)


def test_facts_tell_what_is_slow_little_used_and_silent(road: Cast) -> None:
    given = {"customers": 400, "users": 60, "first_contacts": 8, "complaints": 0, "efficiency": 1, "basis": "前台登记"}
    assert put_facts(road, given, at="/touchpoints/treatment/surgery/facts").status_code == 200
    surgery = look(road, "treatment/surgery")
    assert (surgery["breaks"], surgery["chances"]) == (["slow"], ["loved", "little_used"])
    use = surgery["facts"]["use"]
    assert (use["part"], use["whole"], use["value"]) == (60, 400, 0.15)
    assert (use["lower"], use["upper"]) == pytest.approx(
        (0.1184, 0.1884), abs=5e-4
    )  # Wilson's, as published tables give it
    assert road.get("/touchpoints").json()["silent"] == []  # nobody knows yet who complains
    put_facts(road, {"users": 400, "complaints": 2})
    found = road.get("/touchpoints").json()
    assert (found["silent"], found["silent_stages"]) == (["recovery/at_home"], ["recovery"])
    home = look(road)
    assert home["complaint_rate"]["value"] == 0.005
    assert home["silent"]["index"]["people"] == 10
    put_facts(road, {"users": 400, "complaints": 120}, '"1"')
    assert road.get("/touchpoints").json()["silent"] == []


def test_facts_are_changed_over_the_version_that_was_seen(cast: Cast) -> None:
    assert put_facts(cast, {"customers": 10}, None).json()["code"] == "precondition_required"
    first = put_facts(cast, {"customers": 10, "users": 5})
    assert (first.status_code, first.headers["etag"], first.json()["version"]) == (200, '"1"', 1)
    stale = put_facts(cast, {"customers": 99})
    assert (stale.status_code, stale.json()["code"]) == (412, "stale_facts")
    assert (stale.json()["current"]["customers"], stale.json()["current"]["version"]) == (10, 1)
    again = put_facts(cast, {"customers": 10, "users": 5}, '"1"')
    assert again.json()["version"] == 1
    assert put_facts(cast, {"customers": 20}, '"1"').json()["users"] is None
    kept = cast.get(FACTS)
    assert (kept.headers["etag"], kept.json()["customers"]) == ('"2"', 20)


@pytest.mark.parametrize(
    "body", [{"customers": 4, "users": 5}, {"users": 3, "complaints": 4}, {"efficiency": 6}, {"users": -1}, {"used": 1}]
)
def test_facts_that_contradict_each_other_are_refused(cast: Cast, body: dict[str, Any]) -> None:
    assert put_facts(cast, body).status_code == 422


@pytest.mark.parametrize(("who", "status"), [("teammate", 200), ("viewer", 403), ("stranger", 404)])
def test_facts_are_put_down_by_researchers(cast: Cast, who: str, status: int) -> None:
    assert put_facts(cast, {"customers": 4}, who=who).status_code == status
    assert cast.get(FACTS, who=who).status_code == (404 if who == "stranger" else 200)


def test_unknown_touchpoints_are_not_found(cast: Cast) -> None:
    for at in ("/touchpoints/recovery/nowhere/facts", "/touchpoints/nowhere/at_home/facts"):
        assert put_facts(cast, {}, at=at).status_code == 404


@only_on("sqlite")  # two SELECTs without anything of one kind
def test_complaints_known_of_participants_count_where_the_team_has_no_counts(road: Cast) -> None:
    with road.store.write() as session:
        point = touchpoint_id(session, road, "recovery/at_home")
        for code in PEOPLE[:4]:
            session.add(
                RelationEvent(
                    study_id=road.study_id,
                    participant_id=road.people[code],
                    kind="complaint",
                    on=date(2026, 3, 14),
                    touchpoint_id=point,
                    recorded_at=clock.now(),
                    recorded_by="user:test",
                )
            )
    home = look(road)
    assert (home["complaint_rate"]["part"], home["complaint_rate"]["whole"]) == (4, 10)
    assert home["silent"] is None
    assert look(road, "treatment/surgery")["complaint_rate"]["part"] == 0


MIND = {
    "visit": ("术语焦虑", ("单子上全是看不懂的名词，心里直发毛", "片子报告上一串英文缩写，越看越慌")),
    "consideration": ("付费后担忧", ("两万块交出去，晚上翻来覆去想值不值", "刷完卡出来腿都软了，这钱会不会白花")),
    "recovery": ("恢复孤独", ("回家养着，夜里肿成这样也没个人可问", "出院回来白天家里没人，疼起来就自己硬扛")),
}


@pytest.fixture
def told(cast: Cast) -> Cast:
    """Two people each tell of what no touchpoint of the list is."""
    for stage, (_, texts) in MIND.items():
        for code, text in zip(("P01", "P02"), texts, strict=True):
            assert cast.put(cast.entry(text, participant=code, stage=stage)).status_code == 201
    return cast


def test_psychological_touchpoints_are_found_and_taken_over_by_one_press(told: Cast) -> None:
    proposed = {(one["stage"], one["name"]): one["people"] for one in told.get("/touchpoints").json()["proposed"]}
    for stage, (name, _) in MIND.items():
        assert proposed[stage, name] == 2
    body = {"stage": "recovery", "name": "恢复孤独"}
    for _ in range(2):  # pressed twice
        answer = told.client.post(f"{ROOT}/touchpoints/proposed", json=body, headers=told.headers["owner"])
        assert answer.status_code == 201, answer.text
    found = told.get("/touchpoints").json()
    added = [one for one in found["touchpoints"] if one["name"] == "恢复孤独"]
    assert [(one["kind"], one["frontstage"], one["stage"]) for one in added] == [("psychological", True, "recovery")]
    assert ("recovery", "恢复孤独") not in {(one["stage"], one["name"]) for one in found["proposed"]}


def test_only_what_words_propose_is_taken_over_and_by_whom_it_may(told: Cast) -> None:
    def press(who: str = "owner", **body: str) -> Any:
        return told.client.post(f"{ROOT}/touchpoints/proposed", json=body, headers=told.headers[who])

    assert press(stage="recovery", name="随便写的").json()["code"] == "not_proposed"
    assert press(stage="nowhere", name="恢复孤独").json()["code"] == "not_proposed"
    assert press("viewer", stage="recovery", name="恢复孤独").status_code == 403
    assert told.get("/touchpoints", who="viewer").json()["proposed"] is None
    lesser = told.client.get(f"{ROOT}/touchpoints", headers=told.key("owner", "curves:read"))
    assert lesser.json()["proposed"] is None


def test_fewer_than_eight_people_are_shown_to_nobody_who_reads_no_words(road: Cast) -> None:
    for code in PEOPLE[:3]:
        road.put(road.entry("短信来得及时", participant=code, touchpoint="text_reminder"))
    few, many = look(road, "recovery/text_reminder", who="viewer"), look(road, who="viewer")
    assert few["experience"]["suppressed"]
    assert (few["experience"]["estimate"], few["effort"]["value"], few["impact"]["value"]) == (None, None, None)
    assert many["experience"]["people"] == 10
    assert look(road, "recovery/text_reminder")["experience"]["people"] == 3
    steps = road.get("/transitions", who="viewer").json()["touchpoints"]
    assert {one["change"]["people"] for one in steps} <= {0, 10, 9, 8}


def test_an_unchanged_answer_is_304(cast: Cast) -> None:
    for path in ("/touchpoints", "/support", "/transitions", "/effort", "/paradox"):
        tag = cast.get(path).headers["etag"]
        assert cast.get(path, **{"If-None-Match": tag}).status_code == 304
    before = cast.get("/touchpoints").headers["etag"]
    put_facts(cast, {"customers": 3})
    assert cast.get("/touchpoints", **{"If-None-Match": before}).status_code == 200

"""Making a study and changing its protocol over REST."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, text

from app.core import clock
from app.studies.schemas import ConsentIn
from app.studies.service import text_hash
from tests.support.cast import Cast
from tests.support.scene import SLUG

STUDY = f"/api/v1/studies/{SLUG}"


def call(cast: Cast, method: str, path: str, body: object = None) -> Any:
    answer = cast.client.request(method, path, json=body, headers=cast.headers["owner"])
    assert answer.status_code < 300, answer.text
    return answer.json()


def refusal(cast: Cast, method: str, path: str, body: object) -> tuple[int, str, list[str]]:
    answer = cast.client.request(method, path, json=body, headers=cast.headers["owner"])
    problem = answer.json()
    return answer.status_code, problem["code"], [one["field"] for one in problem.get("errors", [])]


@pytest.mark.parametrize(
    "template",
    [
        "dental_implant",
        "joint_replacement",
        "property_service",
        "parcel_delivery",
        "bank",
        "retail",
        "contact_centre",
        "telecom",
        "blank",
    ],
)
def test_each_template_opens_a_working_study(cast: Cast, template: str) -> None:
    listed = {one["key"]: one for one in call(cast, "GET", "/api/v1/templates")}
    made = call(cast, "POST", "/api/v1/studies", {"title": "试一试", "template": template, "contact": "010-1"})
    assert made["slug"].startswith(template.replace("_", "-") + "-")
    assert [stage["name"] for stage in made["stages"]] == listed[template]["stages"]
    assert "请联系010-1" in made["consent"]["introduction"]
    assert "{" not in made["consent"]["introduction"]
    participant = {"code": "P01"}
    call(cast, "POST", f"/api/v1/studies/{made['slug']}/participants", participant)


def test_an_entry_fits_the_study_as_made(cast: Cast) -> None:
    kept = cast.put(cast.entry(touchpoint="at_home"))
    assert kept.status_code in (200, 201), kept.text


def test_a_blank_study_is_made_without_a_template(cast: Cast) -> None:
    made = call(cast, "POST", "/api/v1/studies", {"title": "空白"})
    assert (made["template"], made["role"], made["language"], made["time_zone"]) == (
        "blank",
        "owner",
        "zh-CN",
        "Asia/Shanghai",
    )
    today = clock.local_date(clock.now(), "Asia/Shanghai")
    assert made["retention_until"] == today.replace(year=today.year + 3).isoformat()
    assert made["coder"] == "default"
    assert made["coder_version"]


def test_a_study_is_made_from_a_protocol_of_ones_own(cast: Cast) -> None:
    protocol = {
        "anchor_label": "搬家日",
        "stages": [{"key": "packing", "name": "打包"}, {"key": "moving", "name": "搬运", "day_from": 0, "day_to": 0}],
        "questions": [{"key": "said", "type": "text", "label": "怎么样", "role": "feeling"}],
        "consent": {"introduction": "谢谢", "purposes": [{"key": "diary", "label": "愿意", "required": True}]},
    }
    made = call(cast, "POST", "/api/v1/studies", {"title": "搬家", "protocol": protocol})
    assert [stage["key"] for stage in made["stages"]] == ["packing", "moving"]
    assert made["anchor_label"] == "搬家日"
    assert made["consent"]["text_hash"] == text_hash(ConsentIn.model_validate(protocol["consent"]))


def test_a_slug_is_given_once(cast: Cast) -> None:
    assert refusal(cast, "POST", "/api/v1/studies", {"title": "又一个", "slug": SLUG})[:2] == (409, "slug_taken")
    assert refusal(cast, "POST", "/api/v1/studies", {"title": "又一个", "slug": "new"})[:2] == (409, "slug_taken")
    assert len(call(cast, "GET", "/api/v1/studies")["rows"]) == 1


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"title": " "}, "title"),
        ({"title": "x", "slug": "Big Slug"}, "slug"),
        ({"title": "x", "time_zone": "Mars/Base"}, "time_zone"),
        ({"title": "x", "retention_until": "2020-01-01"}, "retention_until"),
        ({"title": "x", "coder": "nobody"}, "coder"),
        ({"title": "x", "colour": "red"}, "colour"),
    ],
)
def test_what_is_wrong_is_named(cast: Cast, given: dict[str, str], field: str) -> None:
    assert refusal(cast, "POST", "/api/v1/studies", given) == (422, "invalid", [field])


def test_an_unknown_template_is_named(cast: Cast) -> None:
    assert refusal(cast, "POST", "/api/v1/studies", {"title": "x", "template": "moon"})[:2] == (404, "unknown_template")


def test_the_whole_protocol_is_read_and_cached_by_its_revision(cast: Cast) -> None:
    answer = cast.get("")
    study = answer.json()
    assert [stage["name"] for stage in study["stages"]] == ["知晓", "考虑", "预约", "到店", "治疗", "恢复", "分享"]
    assert "居家" in [one["name"] for one in study["stages"][5]["touchpoints"]]
    assert [question["key"] for question in study["form"]["questions"]][:3] == ["mood", "feeling", "thought"]
    assert {one["key"]: one["required"] for one in study["consent"]["purposes"]} == {
        "diary": True,
        "quotes": False,
        "care": False,
        "reuse": False,
    }
    unchanged = cast.get("", **{"If-None-Match": answer.headers["etag"]})
    assert (unchanged.status_code, unchanged.content) == (304, b"")
    call(cast, "PATCH", STUDY, {"description": "新的说明"})
    changed = cast.get("", **{"If-None-Match": answer.headers["etag"]})
    assert (changed.status_code, changed.json()["description"]) == (200, "新的说明")


def test_stages_are_renamed_added_and_ordered_never_removed(cast: Cast) -> None:
    stages = call(cast, "GET", STUDY)["stages"]
    renamed = call(cast, "PATCH", STUDY, {"stages": [{"key": "recovery", "name": "养伤", "day_from": 1, "day_to": 90}]})
    assert [stage["name"] for stage in renamed["stages"]] == ["知晓", "考虑", "预约", "到店", "治疗", "养伤", "分享"]
    wanted = [{"key": "crown", "name": "戴牙"}, *({"key": stage["key"], "name": stage["name"]} for stage in stages)]
    ordered = call(cast, "PATCH", STUDY, {"stages": wanted})
    assert [stage["key"] for stage in ordered["stages"]] == ["crown", *(stage["key"] for stage in stages)]


def test_touchpoints_are_added_and_renamed(cast: Cast) -> None:
    given = {"stage": "visit", "key": "tea", "name": "茶水间", "kind": "physical", "frontstage": False}
    call(cast, "POST", f"{STUDY}/touchpoints", given)
    call(cast, "POST", f"{STUDY}/touchpoints", {**given, "name": "休息区"})
    own = [one for one in call(cast, "GET", STUDY)["stages"][3]["touchpoints"] if one["key"] == "tea"]
    assert own == [{"key": "tea", "name": "休息区", "kind": "physical", "frontstage": False}]
    unknown = {"stage": "moon", "key": "tea", "name": "茶水间"}
    assert refusal(cast, "POST", f"{STUDY}/touchpoints", unknown) == (422, "invalid", ["stage"])


def test_a_wave_is_added_once(cast: Cast) -> None:
    call(cast, "POST", f"{STUDY}/waves", {"key": "before", "name": "改之前"})
    call(cast, "POST", f"{STUDY}/waves", {"key": "after", "name": "改之后"})
    assert refusal(cast, "POST", f"{STUDY}/waves", {"key": "after", "name": "又一次"})[:2] == (409, "key_taken")
    assert [wave["key"] for wave in call(cast, "GET", STUDY)["waves"]] == ["before", "after"]


def test_a_published_form_stays_and_the_next_one_counts(cast: Cast, engine: Engine) -> None:
    questions = call(cast, "GET", STUDY)["form"]["questions"]
    changed = [{**questions[0], "label": "现在的心情"}, questions[1]]
    assert call(cast, "POST", f"{STUDY}/form-versions", {"questions": changed})["version"] == 2
    assert call(cast, "GET", STUDY)["form"]["questions"][0]["label"] == "现在的心情"
    with engine.connect() as connection:
        first = connection.execute(text("SELECT questions FROM form_version WHERE version = 1")).scalar_one()
    assert "此刻的心情" in str(first) or "\\u6b64\\u523b" in str(first)


def test_a_question_keeps_its_type_even_after_it_was_dropped(cast: Cast) -> None:
    mood = {"key": "mood", "type": "mood", "label": "心情"}
    call(cast, "POST", f"{STUDY}/form-versions", {"questions": [mood]})
    changed = [mood, {"key": "worry", "type": "effort", "label": "费力"}]
    expected = (409, "question_type_changed", ["worry"])
    assert refusal(cast, "POST", f"{STUDY}/form-versions", {"questions": changed}) == expected
    assert call(cast, "GET", STUDY)["form"]["version"] == 2


@pytest.mark.parametrize(
    "questions",
    [
        [],
        [{"key": "pick", "type": "choice", "label": "选", "choices": [{"value": "a", "label": "甲"}]}],
        [{"key": "a", "type": "mood", "label": "一"}, {"key": "b", "type": "mood", "label": "二"}],
        [{"key": "a", "type": "effort", "label": "只有费力"}],
        [{"key": "a", "type": "text", "label": "一"}, {"key": "a", "type": "text", "label": "二"}],
    ],
)
def test_a_form_that_no_curve_can_use_is_refused(cast: Cast, questions: list[object]) -> None:
    assert refusal(cast, "POST", f"{STUDY}/form-versions", {"questions": questions})[:2] == (422, "invalid")


def test_members_come_change_and_go(cast: Cast) -> None:
    call(cast, "PUT", f"{STUDY}/members/stranger", {"role": "care"})
    assert cast.client.get(STUDY, headers=cast.headers["stranger"]).json()["role"] == "care"
    call(cast, "PUT", f"{STUDY}/members/Stranger", {"role": "owner"})
    assert call(cast, "GET", f"{STUDY}/members/stranger")["role"] == "owner"
    gone = cast.client.delete(f"{STUDY}/members/stranger", headers=cast.headers["owner"])
    assert gone.status_code == 204
    assert cast.client.get(STUDY, headers=cast.headers["stranger"]).status_code == 404
    assert refusal(cast, "PUT", f"{STUDY}/members/nobody", {"role": "care"})[:2] == (404, "unknown_login")
    assert refusal(cast, "DELETE", f"{STUDY}/members/stranger", None)[:2] == (404, "unknown_login")


def test_a_study_keeps_an_owner(cast: Cast) -> None:
    assert refusal(cast, "PUT", f"{STUDY}/members/owner", {"role": "viewer"})[:2] == (409, "last_owner")
    assert refusal(cast, "DELETE", f"{STUDY}/members/owner", None)[:2] == (409, "last_owner")
    call(cast, "PUT", f"{STUDY}/members/teammate", {"role": "owner"})
    call(cast, "PUT", f"{STUDY}/members/owner", {"role": "viewer"})


def test_the_list_is_paged(cast: Cast) -> None:
    for number in range(3):
        call(cast, "POST", "/api/v1/studies", {"title": str(number), "slug": f"s{number}"})
    seen: list[str] = []
    after = ""
    while True:
        page = call(cast, "GET", f"/api/v1/studies?limit=2{after}")
        seen += [row["slug"] for row in page["rows"]]
        if page["next"] is None:
            break
        after = f"&after={page['next']}"
    assert seen == ["s2", "s1", "s0", SLUG]


def test_each_change_is_in_the_log_under_its_actor(cast: Cast, engine: Engine) -> None:
    call(cast, "PATCH", STUDY, {"title": "新名字", "stages": [{"key": "recovery", "name": "养伤"}]})
    with engine.connect() as connection:
        query = text("SELECT actor FROM audit_event WHERE action = 'study.changed'")
        actors = connection.execute(query).scalars().all()
    assert len(actors) == 1
    assert actors[0].startswith("key:")


def test_retention_is_judged_in_the_studys_own_zone(cast: Cast) -> None:
    tomorrow = clock.local_date(clock.now() + timedelta(days=1), "Asia/Shanghai").isoformat()
    assert call(cast, "PATCH", STUDY, {"retention_until": tomorrow})["retention_until"] == tomorrow
    today = clock.local_date(clock.now(), "Asia/Shanghai").isoformat()
    expected = (422, "invalid", ["retention_until"])
    assert refusal(cast, "PATCH", STUDY, {"retention_until": today}) == expected

"""Scenes of a study: what people told together, who may read it, what an unchanged study answers, and the page."""

import re
from html import unescape
from uuid import uuid4

import pytest
from sqlalchemy import update

from app.accounts import service as accounts
from app.accounts.actors import SCOPES, StaffActor
from app.maps import service
from app.maps.service import KeptScenes, StudyScenes
from app.maps.words import TOUCHPOINT_NAMES
from app.participants import service as participants
from app.participants.models import Participant
from app.statements.models import Statement
from app.studies import membership
from nlp.scenes import touchpoint_names
from tests.support.cast import Cast
from tests.support.databases import only_on
from tests.support.scene import PASSWORD, SLUG
from tests.support.staff import sign_in

CHINESE = re.compile(r"[\u3400-\u9fff]")
OWN_WORDS = re.compile(r'<(\w+)[^>]* lang="zh-CN"[^>]*>.*?</\1>', re.DOTALL)
NIGHT = ("半夜疼得睡不着，按铃没人理", "夜里疼醒三次，再也睡不着", "护士不错")
PAGE = f"/studies/{SLUG}/scenes"


@pytest.fixture
def told(cast: Cast) -> Cast:
    """Two people tell of painful nights, one of a nurse and of a form filled in five times; one wishes for a sheet of paper."""
    for code, text in zip(("P01", "P02", "P01"), NIGHT, strict=True):
        assert cast.put(cast.entry(text, participant=code)).status_code == 201
    for text in (
        "为了报销跑了五趟，累死人",
        "护士蹲下来握着我的手说别怕，心里好暖",
        "希望出院时有张纸写清楚哪些东西能吃",
    ):
        assert cast.put(cast.entry(text, participant="P02", stage="sharing")).status_code == 201
    return cast


def stage(cast: Cast, key: str = "recovery", *, who: str = "owner") -> dict[str, list[dict[str, object]]]:
    answer = cast.get("/scenes", who=who)
    assert answer.status_code == 200, answer.text
    found: dict[str, list[dict[str, object]]] = next(one for one in answer.json()["stages"] if one["key"] == key)
    return found


def carer(cast: Cast) -> None:
    """Let ``carer`` join as care staff; P01 agrees that they may read, P02 does not."""
    with cast.store.write() as session:
        user = accounts.create_user(session, "carer", "Carer", PASSWORD)
        membership.set_role(session, _owner(cast), cast.study_id, "carer", "care")
        _, token = accounts.create_api_key(session, cast.keyring, user.id, "test", list(SCOPES))
        person = session.get_one(Participant, (cast.study_id, cast.people["P01"]))
        participants.give_consent(session, "user:test", person, ["diary", "care"], version=1, method="paper")
    cast.headers["carer"] = {"Authorization": f"Bearer {token}"}


def _owner(cast: Cast) -> StaffActor:
    return StaffActor(cast.user_ids["owner"], "owner", "Owner", False)


def test_what_two_people_told_is_one_scene_with_their_words(told: Cast) -> None:
    scene = stage(told)["pain_points"][0]
    assert (scene["people"], scene["statements"], scene["specific"]) == (2, 2, True)
    quotes = scene["quotes"]
    assert isinstance(quotes, list)
    assert {quote["participant"] for quote in quotes} == {"P01", "P02"}
    assert all(quote["text"] in NIGHT for quote in quotes)
    assert scene["phrase"] in {quote["text"][quote["start"] : quote["end"]] for quote in quotes}


def test_delights_needs_effort_and_touchpoints_stand_in_their_stage(told: Cast) -> None:
    sharing = stage(told, "sharing")
    assert "握着我的手" in str(sharing["delights"][0]["phrase"])
    assert "有张纸写清楚" in str(sharing["needs"][0]["phrase"])
    (effort,) = sharing["effort"]
    assert (effort["touchpoint"], effort["reported"], effort["reported_entries"]) == (None, 5.0, 3)
    assert effort["told_statements"] == 1
    assert float(str(effort["told"])) > 5
    assert stage(told)["effort"][0]["told"] is None
    assert stage(told, "awareness")["pain_points"] == []


def test_the_score_in_force_is_used_and_nothing_is_coded_again(cast: Cast) -> None:
    cast.put(cast.entry("护士给我换了三次药"))
    with cast.store.write() as session:
        session.execute(update(Statement).values(sentiment_micro=900_000))
    (delight,) = stage(cast)["delights"]
    assert (delight["phrase"], delight["sentiment"]) == ("护士给我换了三次药", 0.9)


@pytest.mark.parametrize(("who", "status"), [("teammate", 200), ("viewer", 403), ("stranger", 404)])
def test_only_those_who_may_read_text(told: Cast, who: str, status: int) -> None:
    assert told.get("/scenes", who=who).status_code == status
    told.client.cookies.clear()
    sign_in(told.client, who, PASSWORD)
    assert told.client.get(PAGE).status_code == status


def test_a_key_needs_the_scope_to_read_statements(told: Cast) -> None:
    address = f"/api/v1/studies/{SLUG}/scenes"
    assert told.client.get(address, headers=told.key("owner", "curves:read")).json()["code"] == "missing_scope"
    assert told.client.get(address, headers=told.key("owner", "statements:read")).status_code == 200


def test_care_staff_see_scenes_of_those_who_agreed(told: Cast) -> None:
    told.get("/scenes")  # what others were shown before must not be kept for care staff
    carer(told)
    night = stage(told, who="carer")["pain_points"][0]
    assert (night["people"], stage(told)["pain_points"][0]["people"]) == (1, 2)
    assert "P02" not in told.get("/scenes", who="carer").text
    with told.store.write() as session:
        person = session.get_one(Participant, (told.study_id, told.people["P01"]))
        participants.withdraw_purpose(session, "user:test", person, "care")
    assert stage(told, who="carer")["pain_points"] == []


def test_an_unchanged_study_answers_304_and_a_changed_one_does_not(told: Cast) -> None:
    def tag() -> str:
        return told.get("/scenes").headers["etag"]

    first = tag()
    assert told.get("/scenes", **{"If-None-Match": first}).status_code == 304
    assert told.get("/scenes?limit=3", **{"If-None-Match": first}).status_code == 200
    written = uuid4()
    entry = told.put(told.entry("护士换药手很重，疼得我直冒汗", participant="P02"), written)
    second = tag()
    assert "手很重" in told.get("/scenes?limit=500").text
    effort_only = told.entry()
    effort_only["answers"] = {"effort": 7}
    told.put(effort_only)
    third = tag()
    told.put(told.entry("换药的护士手很轻，真舒服", participant="P02"), written, if_match=entry.headers["etag"])
    assert len({first, second, third, tag()}) == 4
    assert "手很重" not in told.get("/scenes?limit=500").text


def test_of_many_statements_the_newest_are_read_and_the_page_says_so(
    told: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "MOST_READ", 3)
    found = told.get("/scenes").json()
    assert (found["statements_read"], found["statements_total"]) == (3, 6)
    assert [one["statements"] for one in found["stages"] if one["key"] in ("recovery", "sharing")] == [0, 3]
    sign_in(told.client, "owner", PASSWORD)
    assert "只读了最近送到的 3 条，一共 6 条" in told.client.get(PAGE).text


def test_limits_are_kept(told: Cast) -> None:
    assert all(len(one["pain_points"]) <= 1 for one in told.get("/scenes?limit=1&quotes=0").json()["stages"])
    assert '"quotes":[{' not in told.get("/scenes?quotes=0").text
    assert told.get("/scenes?limit=0").status_code == 422


def test_the_page_shows_both_lists_and_marks_what_is_too_general(told: Cast) -> None:
    sign_in(told.client, "owner", PASSWORD)
    page = told.client.get(PAGE).text
    assert page.count("<h3>痛点</h3>") == page.count("<h3>爽点</h3>") == 2
    assert re.search(r"<mark>[^<]*夜里疼醒三次", page)
    assert "2 人" in page
    assert "太笼统" in page
    general = re.search(r'<span class="phrase" lang="zh-CN">(护士不错)</span>', page)
    assert general is not None
    only = told.client.get(f"{PAGE}?only=specific").text
    assert '<span class="phrase" lang="zh-CN">护士不错</span>' not in only
    assert "夜里疼醒三次" in only


def test_what_people_wrote_is_text_on_the_page(cast: Cast) -> None:
    cast.put(cast.entry("夜里疼得睡不着<script>alert(1)</script>，难受死了"))
    sign_in(cast.client, "owner", PASSWORD)
    page = cast.client.get(PAGE).text
    assert "<script>alert" not in page
    assert "<script>alert(1)</script>" in unescape(re.sub(r"</?mark>", "", page))


def test_a_study_without_words_says_what_will_stand_here(cast: Cast) -> None:
    sign_in(cast.client, "owner", PASSWORD)
    page = cast.client.get(PAGE).text
    assert "还没有可以读的话" in page
    assert f'href="{PAGE}" aria-current="page"' in page


@only_on("sqlite")  # words do not depend on the kind of database
def test_the_page_speaks_english_about_chinese_words(told: Cast) -> None:
    sign_in(told.client, "owner", PASSWORD)
    told.client.get("/studies?lang=en")
    page = told.client.get(PAGE).text
    assert '<html lang="en">' in page
    left = OWN_WORDS.sub("", page)
    names = re.compile("种植牙恢复日记|知晓|考虑|预约|到店|治疗|恢复|分享|手术日?|中文|" + "|".join(NIGHT))
    assert CHINESE.findall(names.sub("", left)) == []


def test_every_touchpoint_that_may_be_proposed_has_a_name_in_the_catalogue() -> None:
    assert set(TOUCHPOINT_NAMES) == set(touchpoint_names())


def test_the_oldest_look_is_forgotten_first() -> None:
    kept, scenes, study = KeptScenes(), StudyScenes((), 0, 0, {}), uuid4()
    for number in range(service.MOST_KEPT):
        kept.keep(str(number), scenes, study_id=study, revision=1)
    assert kept.get("0") is scenes
    kept.keep("new", scenes, study_id=study, revision=1)
    assert [kept.get(key) is None for key in ("0", "1", "2", "new")] == [False, True, False, False]

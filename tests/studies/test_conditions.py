"""Questions that only some are asked, and numbers to call: over REST and on the pages of the settings."""

import re
from typing import Any

import pytest
from starlette.testclient import TestClient

from tests.support.cast import Cast
from tests.support.databases import only_on
from tests.support.scene import PASSWORD, SLUG
from tests.support.staff import csrf_of, sign_in

# What is checked is the same code before either kind of database.
pytestmark = only_on("sqlite")

STUDY = f"/api/v1/studies/{SLUG}"
SETTINGS = f"/studies/{SLUG}/settings"
MOOD = {"key": "mood", "type": "mood", "label": "心情"}
EFFORT = {"key": "effort", "type": "effort", "label": "费力"}
WHERE = {
    "key": "place",
    "type": "choices",
    "label": "在哪儿",
    "choices": [{"value": "home", "label": "家里"}, {"value": "ward", "label": "病房"}],
}
FELT = {"key": "felt", "type": "text", "label": "怎么样"}


def asked(**condition: Any) -> dict[str, Any]:
    return {"key": "why", "type": "text", "label": "为什么", "show_if": condition}


def publish(cast: Cast, *questions: dict[str, Any]) -> tuple[int, str]:
    answer = cast.client.post(
        f"{STUDY}/form-versions", json={"questions": list(questions)}, headers=cast.headers["owner"]
    )
    return answer.status_code, answer.text


def questions(cast: Cast) -> dict[str, dict[str, Any]]:
    return {one["key"]: one for one in cast.get("").json()["form"]["questions"]}


@pytest.mark.parametrize(
    "condition",
    [
        {"question": "mood", "at_most": 4},
        {"question": "effort", "at_least": 3, "at_most": 7},
        {"question": "place", "values": ["home", "ward"]},
    ],
)
def test_a_condition_on_an_earlier_question_is_published_as_given(cast: Cast, condition: dict[str, Any]) -> None:
    status, answer = publish(cast, MOOD, EFFORT, WHERE, asked(**condition))
    assert status == 201, answer
    kept = {name: value for name, value in questions(cast)["why"]["show_if"].items() if value}
    assert kept == condition


@pytest.mark.parametrize(
    "condition",
    [
        {"question": "felt", "values": ["yes"]},
        {"question": "later", "at_most": 4},
        {"question": "why", "at_most": 4},
        {"question": "nowhere", "at_most": 4},
        {"question": "place", "values": ["garden"]},
        {"question": "place", "at_most": 1},
        {"question": "mood", "values": ["low"]},
        {"question": "effort", "at_least": 8},
        {"question": "mood", "at_least": 5, "at_most": 4},
        {"question": "mood"},
    ],
    ids=str,
)
def test_a_condition_that_can_never_be_met_is_refused(cast: Cast, condition: dict[str, Any]) -> None:
    later = {"key": "later", "type": "mark", "label": "后面的"}
    status, answer = publish(cast, MOOD, EFFORT, WHERE, FELT, asked(**condition), later)
    assert status == 422, answer
    assert cast.get("").json()["form"]["version"] == 1


@pytest.fixture
def desk(cast: Cast) -> TestClient:
    """The owner's desk, signed in."""
    sign_in(cast.client, "owner", PASSWORD)
    return cast.client


def form_fields(page: str) -> dict[str, str]:
    """Return what the form of the questions would send as it stands."""
    fields: dict[str, str] = {}
    for tag in re.findall(r"<input [^>]*>", page):
        name, value = re.search(r'name="([^"]+)"', tag), re.search(r'value="([^"]*)"', tag)
        if name and ("checkbox" not in tag or " checked" in tag):
            fields[name[1]] = value[1] if value else "on"
    return fields


def test_boxes_make_the_condition_and_an_untouched_page_changes_nothing(desk: TestClient, cast: Cast) -> None:
    fields = form_fields(desk.get(f"{SETTINGS}/form").text)
    assert [name for name in fields if ".show." in name] == [f"pain.show.mood.{n}" for n in (1, 2, 3, 4)]
    assert desk.post(f"{SETTINGS}/form", data=fields).status_code == 303
    assert cast.get("").json()["form"]["version"] == 1
    ticked = {"worry.show.mood.3": "on", "worry.show.mood.4": "on", "discomfort.show.mark.valley": "on"}
    added = {"+.label": "哪里肿", "+.type": "text", "+.show.discomfort.swelling": "on", "+.required": "on"}
    assert desk.post(f"{SETTINGS}/form", data={**fields, **ticked, **added}).status_code == 303
    found = questions(cast)
    assert found["worry"]["show_if"] == {"question": "mood", "values": [], "at_least": 3, "at_most": 4}
    assert found["discomfort"]["show_if"]["values"] == ["valley"]
    new = next(one for one in found.values() if one["label"] == "哪里肿")
    assert (new["show_if"]["question"], new["show_if"]["values"], new["required"]) == ("discomfort", ["swelling"], True)


@pytest.mark.parametrize(
    ("changes", "place", "words"),
    [
        ({"worry.show.mood.1": "on", "worry.show.mood.3": "on"}, "worry", "请勾连着的几个数"),
        ({"discomfort.show.mood.1": "on", "discomfort.show.mark.peak": "on"}, "discomfort", "只能看一道题的回答"),
        ({"mood.order": "90"}, "pain", "而且排在它前面"),
        ({"mood.keep": ""}, "pain", "得留在新版里"),
    ],
)
def test_boxes_that_cannot_stand_are_named_beside_the_question(
    desk: TestClient, cast: Cast, changes: dict[str, str], place: str, words: str
) -> None:
    fields = {**form_fields(desk.get(f"{SETTINGS}/form").text), **changes}
    page = desk.post(f"{SETTINGS}/form", data=fields)
    assert page.status_code == 422
    problem = re.search(rf'id="{place}\.show-problem">([^<]*)<', page.text)
    assert problem is not None
    assert words in problem[1]
    assert cast.get("").json()["form"]["version"] == 1


def test_the_numbers_to_call_are_the_studys_own(desk: TestClient, cast: Cast) -> None:
    assert [line["number"] for line in cast.get("").json()["help_lines"]] == ["120", "12356"]
    page = desk.get(f"{SETTINGS}/help")
    fields = {"csrf_token": csrf_of(page), "0.label": "值班护士", "0.number": "010-6234 5678", "0.note": "白天"}
    wrong = desk.post(f"{SETTINGS}/help", data={**fields, "1.label": "错的", "1.number": "打电话"})
    assert wrong.status_code == 422
    assert "只用数字、空格和短横线" in wrong.text
    assert 'value="打电话"' in wrong.text
    assert desk.post(f"{SETTINGS}/help", data=fields).status_code == 303
    expected = [{"label": "值班护士", "number": "010-6234 5678", "note": "白天"}]
    assert cast.get("").json()["help_lines"] == expected
    assert 'value="值班护士"' in desk.get(f"{SETTINGS}/help").text


def test_numbers_to_call_are_changed_over_rest_and_checked(cast: Cast) -> None:
    def change(number: str) -> int:
        line = {"label": "热线", "number": number}
        return cast.client.patch(STUDY, json={"help_lines": [line]}, headers=cast.headers["owner"]).status_code

    assert [change(number) for number in ("12356", "+86 10 62345678", "tel:110", "1", "")] == [200, 200, 422, 200, 422]
    assert cast.get("").json()["help_lines"][0]["number"] == "1"

"""A study made and shaped on the pages, as someone at a desk does it."""

import re

import pytest
from starlette.testclient import TestClient

from tests.support.cast import Cast
from tests.support.scene import PASSWORD, SLUG
from tests.support.staff import sign_in, submit

SETTINGS = f"/studies/{SLUG}/settings"
NEW = {
    "template": "parcel_delivery",
    "title": "寄一箱苹果",
    "contact": "快递组 010-2",
    "time_zone": "Asia/Shanghai",
    "language": "zh-CN",
    "retention_until": "2099-01-01",
    "slug": "apples",
    "description": "",
}


@pytest.fixture
def desk(cast: Cast) -> TestClient:
    """The owner's desk, signed in."""
    sign_in(cast.client, "owner", PASSWORD)
    return cast.client


def fields_of(page: str) -> dict[str, str]:
    """Return what a page's own form would send as it stands."""
    form = page[page.index("<main") :]
    fields: dict[str, str] = {}
    for tag in re.findall(r"<input [^>]*>", form):
        name, value = re.search(r'name="([^"]+)"', tag), re.search(r'value="([^"]*)"', tag)
        if name and ("checkbox" not in tag or "checked" in tag):
            fields[name[1]] = value[1] if value else "on"
    fields |= dict(re.findall(r'<textarea [^>]*name="([^"]+)"[^>]*>(.*?)</textarea>', form, re.DOTALL))
    for name_, options in re.findall(r'<select [^>]*name="([^"]+)"[^>]*>(.*?)</select>', form, re.DOTALL):
        chosen = re.search(r'value="([^"]*)" selected', options) or re.search(r'value="([^"]*)"', options)
        fields[name_] = chosen[1] if chosen else ""
    return fields


def save(desk: TestClient, part: str, **changes: str) -> tuple[int, str]:
    """Change some fields of a settings page and save it; returns the status and the page shown next."""
    fields = {**fields_of(desk.get(SETTINGS + part).text), **changes}
    answer = desk.post(SETTINGS + part, data=fields)
    return answer.status_code, answer.text if answer.status_code != 303 else desk.get(answer.headers["location"]).text


def test_a_study_is_made_in_one_form(desk: TestClient) -> None:
    made = submit(desk, "/studies/new", "/studies/new", NEW)
    assert (made.status_code, made.headers["location"]) == (303, "/studies/apples")
    listed = desk.get("/studies").text
    assert "寄一箱苹果" in listed
    assert "选快递 → 填写运单" in listed


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"title": " "}, "请写一个标题"),
        ({"slug": "Äpfel"}, "只用小写字母"),
        ({"slug": SLUG}, "这个网址名已经有研究在用了"),
        ({"time_zone": "Mars"}, "请填时区名"),
        ({"retention_until": "2001-01-01"}, "请选一个今天以后的日期"),
        ({"retention_until": "soon"}, "请选一个今天以后的日期"),
    ],
)
def test_what_was_typed_stays_beside_what_is_wrong(desk: TestClient, changes: dict[str, str], words: str) -> None:
    page = submit(desk, "/studies/new", "/studies/new", {**NEW, "description": "为了“苹果”<b>", **changes})
    assert page.status_code in (409, 422)
    assert words in page.text
    assert "为了“苹果”&lt;b&gt;" in page.text
    assert re.search(r'value="parcel_delivery"[^>]* checked', page.text)
    assert 'value="快递组 010-2"' in page.text


def test_facts_are_changed(desk: TestClient, cast: Cast) -> None:
    status, page = save(desk, "", title="新的名字", anchor_label="种牙日")
    assert (status, "已经保存" in page) == (303, True)
    assert (cast.get("").json()["title"], cast.get("").json()["anchor_label"]) == ("新的名字", "种牙日")
    status, page = save(desk, "", retention_until="2001-01-01", title="别的")
    assert (status, 'value="别的"' in page) == (422, True)
    assert cast.get("").json()["title"] == "新的名字"


def test_saving_a_page_as_it_stands_changes_nothing(desk: TestClient, cast: Cast) -> None:
    before = cast.get("").json()
    for part in ("/form", "/consent"):
        assert save(desk, part)[0] == 303
        assert cast.get("").json() == before
    assert save(desk, "/journey")[0] == save(desk, "")[0] == 303
    after = cast.get("").json()
    assert after["revision"] > before["revision"]
    assert {**after, "revision": 0} == {**before, "revision": 0}


def test_the_journey_is_renamed_and_grows(desk: TestClient, cast: Cast) -> None:
    changes = {
        "recovery.name": "养伤",
        "recovery.to": "−",
        "recovery.at_home.name": "在家",
        "visit.+.name": "茶水间",
        "visit.+.kind": "physical",
        "visit.+.side": "back",
        "+.name": "以后",
    }
    status, page = save(desk, "/journey", **changes)
    assert (status, "请填整数天数" in page, 'value="茶水间"' in page) == (422, True, True)
    assert cast.get("").json()["stages"][5]["name"] == "恢复"
    status, _ = save(desk, "/journey", **{**changes, "recovery.to": "90"})
    assert status == 303
    stages = cast.get("").json()["stages"]
    assert [stage["name"] for stage in stages][5:] == ["养伤", "分享", "以后"]
    assert stages[5]["day_to"] == 90
    assert "在家" in [one["name"] for one in stages[5]["touchpoints"]]
    added = stages[3]["touchpoints"][-1]
    assert (added["name"], added["kind"], added["frontstage"]) == ("茶水间", "physical", False)


def test_a_stage_cannot_end_before_it_begins(desk: TestClient) -> None:
    status, page = save(desk, "/journey", **{"recovery.from": "10", "recovery.to": "1"})
    assert (status, "结束不能早于开始" in page) == (422, True)


def test_the_form_is_published_anew(desk: TestClient, cast: Cast) -> None:
    changes = {
        "mood.label": "心情",
        "feeling.order": "1",
        "mood.order": "2",
        "discomfort.choice.sleep": "",
        "discomfort.choices": "发烧\n头晕",
        "+.label": "谁陪着您",
        "+.type": "choices",
        "+.choices": "家人\n朋友",
    }
    fields = {**fields_of(desk.get(SETTINGS + "/form").text), **changes}
    del fields["thought.keep"]
    assert desk.post(SETTINGS + "/form", data=fields).status_code == 303
    form = cast.get("").json()["form"]
    questions = form["questions"]
    assert form["version"] == 2
    assert [question["key"] for question in questions][:4] == ["feeling", "mood", "worry", "action"]
    labels = {question["label"]: [choice["label"] for choice in question["choices"]] for question in questions}
    assert labels["现在最不舒服的是"] == ["没有不舒服", "疼", "肿", "出血", "吃东西不方便", "发烧", "头晕"]
    assert labels["谁陪着您"] == ["家人", "朋友"]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"mood.label": ""}, "这里不能空着"),
        ({"+.label": "选一个", "+.type": "choice", "+.choices": "只有一个"}, "选择题至少要有两个选项"),
        ({"+.label": "又一个心情", "+.type": "mood"}, "心情、费力、高峰低谷各最多一道"),
    ],
)
def test_a_form_that_is_wrong_is_shown_again(desk: TestClient, cast: Cast, changes: dict[str, str], words: str) -> None:
    status, page = save(desk, "/form", **changes)
    assert (status, words in page) == (422, True)
    assert cast.get("").json()["form"]["version"] == 1


def test_a_changed_consent_text_is_a_new_version_with_its_own_hash(desk: TestClient, cast: Cast) -> None:
    before = cast.get("").json()["consent"]
    assert save(desk, "/consent", **{"quotes.label": "可以引用"})[0] == 303
    after = cast.get("").json()["consent"]
    assert (before["version"], after["version"]) == (1, 2)
    assert after["text_hash"] != before["text_hash"]
    assert [one["required"] for one in after["purposes"]] == [True, False, False, False]
    status, page = save(desk, "/consent", introduction=" ")
    assert (status, "这里不能空着" in page) == (422, True)


def test_members_are_kept_on_their_page(desk: TestClient, cast: Cast) -> None:
    page = SETTINGS + "/members"
    assert submit(desk, page, page, {"login": "stranger", "role": "care"}).status_code == 303
    assert cast.client.get(f"/api/v1/studies/{SLUG}", headers=cast.headers["stranger"]).json()["role"] == "care"
    unknown = submit(desk, page, page, {"login": "nobody", "role": "care"})
    assert (unknown.status_code, "没有这个账号" in unknown.text, 'value="nobody"' in unknown.text) == (404, True, True)
    assert submit(desk, page, f"{page}/remove", {"login": "stranger"}).status_code == 303
    last = submit(desk, page, f"{page}/remove", {"login": "owner"})
    assert (last.status_code, "研究至少要有一位负责人" in last.text) == (409, True)

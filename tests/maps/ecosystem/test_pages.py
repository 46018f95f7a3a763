"""The pages of touchpoints and support: what they say, what is filled in on them, and who may do that."""

import re
from uuid import uuid4

import pytest

from app.maps.ecosystem.words import BREAKS, CHANCES, CHANNELS, KINDS, PHASES
from tests.support.cast import Cast
from tests.support.databases import only_on
from tests.support.scene import PASSWORD, SLUG
from tests.support.staff import sign_in, submit

TOUCHPOINTS, SUPPORT = f"/studies/{SLUG}/touchpoints", f"/studies/{SLUG}/support"
FACTS = f"{TOUCHPOINTS}/recovery/at_home/facts"


def test_the_pages_say_what_was_found_and_take_what_the_team_knows(road: Cast) -> None:
    client = road.client
    sign_in(client, "owner", PASSWORD)
    page = client.get(TOUCHPOINTS).text
    assert "最让人难受的触点是“居家”" in page
    assert "从“手术”到“居家”掉得最多" in page
    assert "还不知道有多少人投诉" in page
    edit = f"{TOUCHPOINTS}?edit=recovery/at_home"
    given = {"version": "0", "customers": "400", "users": "380", "complaints": "1", "basis": "前台登记"}
    answer = submit(client, edit, FACTS, given)
    assert (answer.status_code, answer.headers["location"]) == (303, f"{TOUCHPOINTS}?done=facts#point-recovery-at_home")
    assert "却少有人投诉" in client.get(TOUCHPOINTS).text
    stale = submit(client, edit, FACTS, {**given, "customers": "7777", "users": ""})
    assert stale.status_code == 412
    assert 'value="7777"' in stale.text
    assert "现在记着的是：顾客 400，用过 380" in stale.text
    assert 'name="version" value="1"' in stale.text
    wrong = submit(client, edit, FACTS, {"version": "1", "customers": "3", "users": "9"})
    assert wrong.status_code == 422
    assert "都不能超过" in wrong.text


def test_support_is_put_down_and_taken_out_on_its_page(road: Cast) -> None:
    client = road.client
    sign_in(client, "owner", PASSWORD)
    assert "还没有记下给了什么支持" in client.get(SUPPORT).text
    line = {"id": str(uuid4()), "channel": "sms", "generic": "yes", "contacts": "2", "words": "术后注意事项"}
    for place, generic in (("recovery", "yes"), ("treatment", "no"), ("sharing/before_after_photo", "no")):
        given = {**line, "id": str(uuid4()), "place": place, "generic": generic}
        for _ in range(2):  # sent twice
            assert submit(client, SUPPORT, SUPPORT, given).status_code == 303
    page = client.get(SUPPORT).text
    assert "“恢复”难受，却只有群发的话" in page
    assert page.count("：术后注意事项") == 3
    refused = submit(client, SUPPORT, SUPPORT, {**line, "place": "nowhere", "contacts": "0"})
    assert refused.status_code == 422
    assert "请填 1 到 1000 之间的整数" in refused.text
    unknown = submit(client, SUPPORT, SUPPORT, {**line, "place": "recovery", "participant": "NOBODY"})
    assert unknown.status_code == 422
    assert 'id="participant-problem"' in unknown.text
    address = re.search(rf'action="({SUPPORT}/[0-9a-f-]+/remove)"', page)
    assert address is not None
    assert submit(client, SUPPORT, address[1], {}).status_code == 303
    assert client.get(SUPPORT).text.count("：术后注意事项") == 2


@only_on("sqlite")  # who may do what does not depend on the kind of database
@pytest.mark.parametrize(
    ("who", "sees", "edits"), [("teammate", 200, 422), ("viewer", 200, 403), ("stranger", 404, 404)]
)
def test_who_sees_and_who_changes(cast: Cast, who: str, sees: int, edits: int) -> None:
    sign_in(cast.client, who, PASSWORD)
    for page in (TOUCHPOINTS, SUPPORT):
        assert cast.client.get(page).status_code == sees
    for address in (SUPPORT, f"{TOUCHPOINTS}/proposed"):
        assert submit(cast.client, "/studies", address, {"place": ""}).status_code == edits
    if who == "viewer":
        assert '<form method="post" action="/studies' not in cast.client.get(SUPPORT).text


@only_on("sqlite")  # words do not depend on the kind of database
def test_a_study_without_words_says_what_to_do(cast: Cast) -> None:
    sign_in(cast.client, "owner", PASSWORD)
    page = cast.client.get(TOUCHPOINTS).text
    for words in ("还没有人写到触点", "表里还没有问满意度", "表里加一题“费力度”", "要有人在前后两个阶段都写过"):
        assert words in page
    assert "把每个阶段发过的短信" in cast.client.get(SUPPORT).text


@only_on("sqlite")  # words do not depend on the kind of database
def test_the_pages_speak_english(road: Cast) -> None:
    sign_in(road.client, "owner", PASSWORD)
    road.client.get("/studies?lang=en")
    own = re.compile(r'<(\w+)[^>]* lang="zh-CN"[^>]*>.*?</\1>', re.DOTALL)
    protocol = road.get("").json()
    names = sorted(
        {one["name"] for stage in protocol["stages"] for one in (stage, *stage["touchpoints"])}
        | {"种植牙恢复日记", "手术日", "中文"},
        key=len,
        reverse=True,
    )
    for address in (TOUCHPOINTS, f"{TOUCHPOINTS}?edit=recovery/at_home", SUPPORT):
        page = own.sub("", road.client.get(address).text)
        assert '<html lang="en">' in page
        page = re.sub(r'name="name" value="[^"]*"', "", page)  # what a button sends is no word on the page
        left = re.sub("|".join(map(re.escape, names)), "", page)
        assert sorted(set(re.findall(r"[\u3400-\u9fff]+", left))) == []


def test_every_kind_has_words() -> None:
    assert (len(KINDS), len(CHANNELS), len(PHASES), len(BREAKS), len(CHANCES)) == (4, 9, 4, 3, 2)

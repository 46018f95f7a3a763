"""Agreement through the front door: the page says it in a sentence, the API in figures, and each to whom it may."""

import csv
import io
import re
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect
from sqlalchemy import select

from app.coding.agreement import cohen_kappa, krippendorff_alpha
from app.coding.models import Code, StudyCoder
from app.core.crypto import Keyring
from app.core.db import Database
from app.participants.models import Reading
from app.statements.models import Statement
from tests.support.browser import OpenPage
from tests.support.coding import CodedScene, CodingCast, coded_scene
from tests.support.databases import only_on
from tests.support.scene import PASSWORD, SLUG
from tests.support.server import ServerProcess
from tests.support.staff import sign_in

PAGE = f"/studies/{SLUG}/agreement"
FIRST = [-2, -1, 0, 1, 2, -2, 0, 1, -1, 2]
SECOND = [-2, -1, 0, 1, 1, -1, 0, 1, -1, 2]
MACHINE = [-0.9, -0.5, 0.1, 0.6, 0.9, 0.4, 0.0, 0.5, -0.5, 0.9]


def fill(scene: CodedScene) -> list[Any]:
    """Let ten people say something each, and two coders code it; the machine is far off on the sixth."""
    for number in range(3, 11):
        scene.add_patient(f"P{number:02d}")
    people = sorted(scene.people)
    ids = [scene.say(participant=one, texts=[f"{one}：夜里疼得睡不着，打电话没人接😣。" * 4])[0] for one in people]
    scene.give_draw(ids, doubled=True)
    for who, sentiments in (("first", FIRST), ("second", SECOND)):
        scene.assign(who, ids)
        for place, (one, sentiment) in enumerate(zip(ids, sentiments, strict=True)):
            # Each calls a place of his own "害怕": rare, and never the same.
            own = [scene.mark("害怕", 0, 1)] if (place, who) in {(0, "first"), (3, "second")} else []
            scene.save(who, one, sentiment, scene.mark("疼痛", 4, 8 if who == "first" else 9), *own)
    with scene.store.write() as session:
        for one, score in zip(ids, MACHINE, strict=True):
            session.get_one(Statement, (scene.study_id, one)).sentiment_micro = round(score * 1_000_000)
    return ids


def words_of(page: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


def test_the_page_says_how_far_they_agree_and_opens_the_words(coding_cast: CodingCast) -> None:
    ids = fill(coding_cast)
    sign_in(coding_cast.client, "owner", PASSWORD)
    page = coding_cast.client.get(PAGE)
    alpha = krippendorff_alpha([FIRST, SECOND], level="ordinal")
    said = words_of(page.text)
    assert re.search(
        rf"两位编码者在情感上很一致（α {alpha:.2f}，区间 0\.\d\d–[01]\.\d\d），看的是 10 位参与者的 10 条话。", said
    )
    assert f"{cohen_kappa(FIRST, SECOND):.2f}" in said
    assert "“害怕” 很少用到" in said.replace("“害怕”", "“害怕” ").replace("  ", " ")
    assert "还没人用过：安心。" in said
    cell = next(
        one
        for one in re.findall(r'href="([^"]+/agreement/statements[^"]+)"', page.text)
        if "machine=1" in one and "human=-1" in one
    )
    listed = coding_cast.client.get(cell.replace("&amp;", "&"))
    assert listed.status_code == 200
    shown = words_of(listed.text)
    assert "人说不好，机器说不错" in shown
    assert "P06：夜里疼得睡不着" in shown
    assert "人 −0.75" in shown
    assert "机器 +0.40" in shown
    assert shown.count("为什么是这个分数") == 1
    coding_cast.app.state.readings.flush()
    with coding_cast.store.read() as session:
        seen = session.scalars(select(Reading.participant_id).where(Reading.reader.startswith("user:"))).all()
        whose = session.get_one(Statement, (coding_cast.study_id, ids[5])).participant_id
    assert seen == [whose]


def test_programs_get_the_same_figures_and_a_cell_in_pieces(coding_cast: CodingCast) -> None:
    fill(coding_cast)
    with coding_cast.store.write() as session:
        session.get_one(Code, (coding_cast.study_id, coding_cast.codes["害怕"])).name = '=HYPERLINK("x")'
    found = coding_cast.get("/agreement").json()
    assert found["n_statements"] == 10
    assert found["sentiment"]["figures"]["alpha"]["value"] == pytest.approx(
        krippendorff_alpha([FIRST, SECOND], level="ordinal"), abs=1e-6
    )
    assert found["machine"]["counts"][1] == [0, 2, 0, 1, 0]
    assert coding_cast.get("/agreement.json").json() == found
    lines = list(csv.DictReader(io.StringIO(coding_cast.get("/agreement.csv").text.removeprefix("\ufeff"))))
    kappa = next(one for one in lines if one["about"] == "sentiment" and one["figure"] == "kappa")
    assert float(kappa["value"]) == pytest.approx(cohen_kappa(FIRST, SECOND), abs=1e-6)
    assert {one["label"] for one in lines if one["about"] == "code"} == {"情绪", "疼痛", '\'=HYPERLINK("x")'}
    assert found["by_pair"] == []
    pair = next(iter(found["pairs"]))
    assert coding_cast.get(f"/agreement?pair={pair}&unit=statement&cut=three&weighted=true").json()["machine"][
        "levels"
    ] == [-1, 0, 1]

    first = coding_cast.get("/agreement/statements?human=1&machine=1&limit=1").json()
    assert len(first["rows"]) == 1
    second = coding_cast.get(f"/agreement/statements?human=1&machine=1&limit=1&after={first['next']}").json()
    assert second["rows"][0]["id"] > first["rows"][0]["id"]
    assert second["next"] is None
    assert coding_cast.get("/agreement/statements?human=2&machine=2&after=nonsense").status_code == 422
    assert coding_cast.get("/agreement/statements?human=2&machine=0&cut=three").status_code == 404


@only_on("sqlite")  # who may what is decided before any row is read
def test_each_sees_what_they_may(coding_cast: CodingCast) -> None:
    """Those who see no words get figures of eight people or more, and no statements; a stranger learns nothing."""
    ids = fill(coding_cast)
    assert coding_cast.get("/agreement", who="stranger").status_code == 404
    lesser = coding_cast.key("owner", "curves:read")
    client = coding_cast.client
    address = f"/api/v1/studies/{SLUG}/agreement"
    for headers in (coding_cast.headers["viewer"], lesser):
        found = client.get(address, headers=headers).json()
        assert found["sentiment"]["figures"]["raw"]["value"] == 0.8
        assert found["machine"]["counts"] is None
        assert client.get(f"{address}/statements?human=2&machine=2", headers=headers).status_code == 403
    for one in ids[:3]:
        coding_cast.retract(one)
    for headers in (coding_cast.headers["viewer"], lesser):
        found = client.get(address, headers=headers).json()
        assert (found["sentiment"]["suppressed"], found["sentiment"]["figures"]) == (True, {})
        assert (found["machine"]["suppressed"], found["machine"]["figures"]) == (True, {})
        assert all(one["suppressed"] and not one["n_units"] for one in found["codes"])
        assert str(krippendorff_alpha([FIRST[3:], SECOND[3:]], level="ordinal"))[:6] not in str(found)
    assert not coding_cast.get("/agreement").json()["sentiment"]["suppressed"]
    sign_in(client, "viewer", PASSWORD)
    page = client.get(PAGE)
    assert "人数太少，不显示" in page.text
    assert "/agreement/statements" not in page.text
    assert client.get(f"{PAGE}/statements?human=2&machine=2").status_code == 403


@only_on("sqlite")  # as above
def test_a_coder_finishes_blind_work_first(coding_cast: CodingCast) -> None:
    fill(coding_cast)
    assert coding_cast.get("/agreement", who="first").status_code == 200
    assert coding_cast.get("/agreement/statements?human=2&machine=2", who="first").status_code == 403
    more = coding_cast.say(texts=["还没编的话"])
    coding_cast.give_draw(more, doubled=True)
    coding_cast.assign("first", more)
    refused = coding_cast.get("/agreement", who="first")
    assert (refused.status_code, refused.json()["code"]) == (409, "blind_work_open")
    assert refused.json()["title"] == "您手上还有 1 条双人编码没编完"
    sign_in(coding_cast.client, "first", PASSWORD)
    page = coding_cast.client.get(PAGE).text
    assert "您手上还有 1 条要两个人各编一遍的话。" in page
    assert "α" not in page


@only_on("sqlite")  # nothing is stored
def test_what_there_is_not_is_said(coding_cast: CodingCast) -> None:
    sign_in(coding_cast.client, "owner", PASSWORD)
    empty = coding_cast.client.get(PAGE).text
    assert "还没有两人都编完的话" in empty
    assert f"/studies/{SLUG}/draws" in empty
    assert coding_cast.get("/agreement").json()["sentiment"] is None
    assert coding_cast.get("/agreement?stage=nowhere").json()["code"] == "unknown_stage"
    assert coding_cast.get("/agreement?pair=nobody").json()["code"] == "unknown_pair"
    ids = coding_cast.say(texts=["一句"])
    coding_cast.give_draw(ids, doubled=True)
    assert "有 1 条要两个人各编一遍" in coding_cast.client.get(PAGE).text
    for who in ("first", "second"):
        coding_cast.assign(who, ids)
        coding_cast.save(who, ids[0], 1)
    said = words_of(coding_cast.client.get(PAGE).text)
    assert "两位编码者给这 1 条的情感全都一样，没有高低可比，α 算不出来。" in said
    assert "两人都还没用过任何编码。" in said
    assert "这样选，没有一条是两人都编完的。" in coding_cast.client.get(f"{PAGE}?stage=treatment").text
    assert "The two coders gave all 1 statements the same sentiment" in coding_cast.client.get(f"{PAGE}?lang=en").text


def assert_usable(page: Page) -> None:
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0, "the page is wider than its window"
    page.wait_for_load_state()
    assert Axe().run(page).response["violations"] == []


@pytest.mark.browser
@only_on("sqlite")  # what a browser makes of the page
def test_the_page_is_usable_at_every_size(
    store: Database, live_server: ServerProcess, open_page: OpenPage, cheap_passwords: None
) -> None:
    scene = coded_scene(store, Keyring(b"0" * 32))
    fill(scene)
    more = scene.say("treatment", texts=["打麻药不疼"])
    scene.give_draw(more, doubled=True)
    for who in ("first", "teammate"):
        scene.assign(who, more)
        scene.save(who, more[0], 2)
    with store.write() as session:
        session.execute(select(StudyCoder)).scalars().first().name = "名字很长很长很长很长很长很长很长的编码者"  # type: ignore[union-attr]
    for size, dark in (("phone", False), ("tablet", True), ("desktop", False)):
        page = open_page(size, dark=dark)  # type: ignore[arg-type]
        page.goto(f"{live_server.base_url}/sign-in?next={PAGE}")
        page.fill("input[name=login]", "owner")
        page.fill("input[name=password]", PASSWORD)
        page.locator("main form button").last.click()
        page.wait_for_url("**/agreement")
        assert_usable(page)
        page.get_by_text("这些数字怎么看").click()
        page.get_by_role("link", name="人说不好，机器说不错：1 条").click()
        expect(page.locator("blockquote")).to_contain_text("P06")
        assert_usable(page)

"""The diary on a phone without scripts: what is typed is stored once, shown back, and never lost."""

import re
import threading
from typing import Any
from uuid import uuid4

import pytest
from fastapi import FastAPI
from sqlalchemy import Engine, event, text
from starlette.testclient import TestClient

from app.core import clock
from app.core.db import Database
from app.studies.models import Study
from tests.support.cast import Cast
from tests.support.phone import Phone, words


@pytest.fixture
def phone(cast: Cast) -> Phone:
    """The first patient's phone, opened and agreed."""
    opened = Phone(cast.client)
    opened.start(cast.links["P01"].token)
    return opened


def entries(engine: Engine) -> list[dict[str, Any]]:
    with engine.connect() as connection:
        return [dict(row._mapping) for row in connection.execute(text("SELECT * FROM entry ORDER BY received_at"))]


def test_the_form_stands_ready_with_its_stage_and_real_controls(phone: Phone) -> None:
    page = phone.client.get("/d/today")
    assert page.text.count('type="radio" name="answers.mood"') == 9
    assert page.text.count('type="radio" name="answers.mark"') == 3
    assert page.text.count("<textarea") == 4
    assert not re.search(r"\son\w+=|style=|<script>|<style", page.text)
    assert phone.sheet()["stage"] == "sharing"  # anchored long ago: the template's last stage spans that day


def test_an_entry_is_saved_and_shown_back_in_their_words(phone: Phone, engine: Engine) -> None:
    answer = phone.write(
        feeling="夜里疼醒两回，<b>没人</b>接电话。", mood="2", effort="7", mark="valley", discomfort="pain"
    )
    assert answer.status_code == 303
    page = phone.client.get(answer.headers["location"])
    assert page.status_code == 200
    said = words(page)
    assert "夜里疼醒两回，<b>没人</b>接电话。" in said
    assert "<b>" not in page.text
    for told in ("存好了", "糟糕", "费了很大的劲", "低谷", "疼", "难受的时候还愿意写下来"):
        assert told in said
    (row,) = entries(engine)
    assert (row["mood"], row["effort"], row["mark"], row["version"]) == (2, 7, "valley", 1)
    assert row["author"].startswith("participant:")
    assert "夜里疼醒两回" in words(phone.client.get("/d/mine"))


def test_a_reload_of_the_same_page_makes_one_entry(phone: Phone, engine: Engine) -> None:
    sheet = phone.sheet()
    first = phone.send(sheet, feeling="只有一次", mood="5")
    second = phone.send(sheet, feeling="只有一次", mood="5")
    assert first.headers["location"] == second.headers["location"]
    assert [row["version"] for row in entries(engine)] == [1]


def test_two_taps_at_once_make_one_entry(phone: Phone, engine: Engine) -> None:
    sheet = phone.sheet()
    barrier, answers = threading.Barrier(4), []

    def tap() -> None:
        barrier.wait()
        answers.append(phone.send(sheet, feeling="点了好几下", mood="4").status_code)

    taps = [threading.Thread(target=tap) for _ in range(4)]
    for one in taps:
        one.start()
    for one in taps:
        one.join()
    assert answers == [303] * 4
    assert [row["version"] for row in entries(engine)] == [1]
    with engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM statement")).scalar_one() == 1


def test_going_back_and_saving_other_words_edits_that_entry(phone: Phone, engine: Engine) -> None:
    sheet = phone.sheet()
    phone.send(sheet, feeling="写错了", mood="5")
    answer = phone.send(sheet, feeling="改过来了", mood="5")
    assert answer.status_code == 303
    assert "改过来了" in words(phone.client.get(answer.headers["location"]))
    assert [row["version"] for row in entries(engine)] == [2]
    with engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM entry_revision")).scalar_one() == 1


def test_a_fresh_page_makes_an_entry_of_its_own(phone: Phone, engine: Engine) -> None:
    phone.write(feeling="一", mood="5")
    phone.write(feeling="一", mood="5")
    assert len(entries(engine)) == 2


def test_everything_typed_survives_an_error_and_can_then_be_saved(phone: Phone, engine: Engine) -> None:
    sheet = phone.sheet()
    typed: dict[str, str] = {
        "thought": "想“明天”会好些 & <更好>",
        "worry": "\n第一行空着",
        "mood": "8",
        "effort": "6",
        "mark": "peak",
        "discomfort": "bleeding",
    }
    place = {
        "stage": "visit",
        "touchpoint.visit": "consultation",
        "when": "earlier",
        "occurred_local": "2026-03-01T08:30",
    }
    page = phone.send({**sheet, **place}, feeling="长" * 2001, **typed)
    assert page.status_code == 422
    assert entries(engine) == []
    assert "写得太长了" in words(page)
    assert "长" * 2001 in page.text
    assert "想“明天”会好些 & <更好>" in words(page)
    assert re.search(r'id="q-worry"[^>]*>\n\n第一行空着</textarea>', page.text)
    for name, value in {
        **{f"answers.{key}": typed[key] for key in ("mood", "effort", "mark", "discomfort")},
        "stage": "visit",
    }.items():
        assert re.search(rf'name="{name}" value="{value}" checked', page.text), name
    assert 'value="2026-03-01T08:30"' in page.text
    assert re.search(r'id="q-feeling"[^>]*aria-invalid="true"', page.text)
    assert f'value="{sheet["entry_id"]}"' in page.text
    saved = phone.send({**sheet, **place}, feeling="短一点", **typed)
    assert saved.status_code == 303
    assert len(entries(engine)) == 1
    assert "到店 · " in words(phone.client.get(saved.headers["location"]))


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({}, "请至少回答一题"),
        ({"answers.mood": "10"}, "请在 1 到 9 之间选一个"),
        ({"answers.mood": "high"}, "请在 1 到 9 之间选一个"),
        ({"answers.mark": "both"}, "请选高峰、低谷或都不算"),
        ({"answers.feeling": "好", "stage": "nowhere"}, "研究里没有这个阶段"),
        ({"answers.feeling": "好", "when": "earlier", "occurred_local": ""}, "请填上大概的日期和时间"),
        ({"answers.feeling": "好", "when": "earlier", "occurred_local": "2999-01-01T00:00"}, "时间还没到"),
        ({"answers.feeling": "好", "when": "earlier", "occurred_local": "0001-01-01T00:00"}, "时间太早了"),
        ({"answers.feeling": "有\x00字"}, "无法保存的字符"),
        ({"answers.unknown": "好"}, "请至少回答一题"),
    ],
)
def test_what_cannot_be_stored_is_told_in_words(
    phone: Phone, engine: Engine, changes: dict[str, str], told: str
) -> None:
    page = phone.client.post("/d/entries", data={**phone.sheet(), **changes})
    assert page.status_code == 422
    assert told in words(page)
    assert entries(engine) == []


def test_a_moment_is_read_in_the_persons_own_zone(phone: Phone, cast: Cast, engine: Engine) -> None:
    zone = {"time_zone": "America/New_York"}
    cast.client.patch("/api/v1/studies/implant/participants/P01", json=zone, headers=cast.headers["owner"])
    place = {"when": "earlier", "occurred_local": "2026-03-12T23:30"}
    phone.send({**phone.sheet(), **place}, feeling="晚上十一点半", mood="5")
    (row,) = entries(engine)
    assert (row["occurred_offset"], row["day"]) == (-240, 2)
    assert str(row["occurred_at"]).startswith("2026-03-13 03:30")


def test_an_old_page_is_shown_again_with_every_word_and_then_saves(phone: Phone, engine: Engine) -> None:
    sheet = phone.sheet()
    page = phone.send({**sheet, "csrf_token": "old"}, feeling="放了一夜的页面")
    assert page.status_code == 403
    assert "放了一夜的页面" in words(page)
    assert entries(engine) == []
    fresh = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', page.text))
    assert phone.send({**sheet, **fresh}, feeling="放了一夜的页面").status_code == 303


def test_a_phone_that_lost_its_session_shows_what_was_typed(phone: Phone, engine: Engine) -> None:
    sheet = phone.sheet()
    phone.client.cookies.delete("xinlu_diary")
    page = phone.send(sheet, feeling="这些字不能丢", mood="3")
    assert page.status_code == 401
    assert "这些字不能丢" in words(page)
    assert entries(engine) == []


def test_consent_taken_back_in_another_tab_keeps_what_was_typed(phone: Phone, cast: Cast, engine: Engine) -> None:
    sheet = phone.sheet()
    with cast.app.state.database.write() as session:
        session.execute(text("UPDATE consent SET withdrawn_at = given_at WHERE method = 'person'"))
    page = phone.send(sheet, feeling="还在吗")
    assert page.status_code == 403
    assert "还在吗" in words(page)
    assert entries(engine) == []


def test_a_database_that_cannot_write_never_says_saved(
    phone: Phone, store: Database, engine: Engine, app: FastAPI
) -> None:
    sheet = phone.sheet()

    def fail(_connection: object) -> None:
        raise OSError("disk full")

    event.listen(app.state.database.writer, "commit", fail)
    try:
        with pytest.raises(OSError, match="disk full"):
            phone.send(sheet, feeling="存不进去")
    finally:
        event.remove(app.state.database.writer, "commit", fail)
    assert entries(engine) == []
    assert phone.send(sheet, feeling="存不进去").status_code == 303


def test_a_closed_study_takes_no_more_and_shows_what_was_written(phone: Phone, cast: Cast) -> None:
    sheet = phone.sheet()
    phone.write(feeling="以前写的", mood="6")
    with cast.app.state.database.write() as session:
        session.get_one(Study, cast.study_id).closed_at = clock.now()
    assert phone.client.get("/d/today").status_code == 410
    page = phone.send(sheet, feeling="晚了一步")
    assert page.status_code == 410
    assert "晚了一步" in words(page)
    assert "以前写的" in words(phone.client.get("/d/mine"))


def test_nobody_sees_or_changes_anothers_entry(cast: Cast, engine: Engine) -> None:
    entry_id = uuid4()
    assert cast.put(cast.entry(participant="P02"), entry_id).status_code == 201
    phone = Phone(cast.client)
    phone.start(cast.links["P01"].token)
    assert phone.client.get(f"/d/entries/{entry_id}").status_code == 404
    assert phone.client.get(f"/d/entries/{uuid4()}").status_code == 404
    assert "夜里肿得厉害" not in words(phone.client.get("/d/mine"))
    page = phone.send({**phone.sheet(), "entry_id": str(entry_id)}, feeling="想改别人的", mood="9")
    assert page.status_code == 409
    assert [row["version"] for row in entries(engine)] == [1]


def test_the_next_form_proposes_where_the_last_entry_was(phone: Phone) -> None:
    phone.send({**phone.sheet(), "stage": "visit"}, feeling="还在到店", mood="5")
    page = phone.client.get("/d/today")
    # Day 100+ lies in one stage only; the last entry decides where no day does.
    assert phone.sheet()["stage"] == "sharing"
    assert "这些天走过的路" not in words(page)
    phone.write(feeling="第二条", mood="8")
    assert "这些天走过的路" in words(phone.client.get("/d/today"))


def test_own_entries_come_in_pages(phone: Phone, cast: Cast) -> None:
    for n in range(51):
        cast.put(cast.entry(f"第 {n} 句", occurred_at=f"2026-03-13T21:{n:02d}:00+08:00"))
    first, second = phone.client.get("/d/mine"), phone.client.get("/d/mine?page=2")
    assert "您一路写了 51 条" in words(first)
    assert "第 50 句" in words(first)
    assert "第 0 句" in words(second)
    assert "第 50 句" not in words(second)


def test_the_contact_and_emergency_words_stand_on_every_page(phone: Phone, cast: Cast) -> None:
    with cast.app.state.database.write() as session:
        session.get_one(Study, cast.study_id).contact = "护士站 010-6234 5678"
    for path in ("/d/today", "/d/mine", "/d/consent"):
        page = phone.client.get(path)
        assert 'href="tel:010-62345678"' in page.text
        assert 'href="tel:120"' in page.text
        assert 'id="help"' in page.text


def test_words_typed_by_staff_and_people_are_never_markup(cast: Cast, client: TestClient) -> None:
    with cast.app.state.database.write() as session:
        session.get_one(Study, cast.study_id).contact = "<script>alert(1)</script>"
    phone = Phone(client)
    phone.start(cast.links["P01"].token)
    phone.write(feeling="</textarea><script>x</script>", mood="5")
    for path in ("/d/today", "/d/mine"):
        assert "<script>" not in client.get(path).text

"""A person changes what they wrote while the study lets them; what it said before stays, and nothing is overwritten unseen."""

import re
from collections.abc import Sequence
from datetime import timedelta
from html import unescape
from uuid import UUID

import pytest
from httpx2 import Response
from sqlalchemy import Engine, text

from app.core import clock
from app.studies.models import Study
from tests.support.cast import Cast
from tests.support.phone import HIDDEN, Phone, words

PLACE = {"stage": "visit", "when": "earlier", "occurred_local": "2026-03-01T08:30", "touchpoint.visit": "consultation"}


@pytest.fixture
def phone(cast: Cast) -> Phone:
    opened = Phone(cast.client)
    opened.start(cast.links["P01"].token)
    return opened


def written(phone: Phone, **answers: str) -> UUID:
    answer = phone.send({**phone.sheet(), **PLACE}, **{"feeling": "第一遍写的", "mood": "3", **answers})
    assert answer.status_code == 303, words(answer)
    return UUID(answer.headers["location"].removeprefix("/d/entries/").partition("?")[0])


def filled(page: Response) -> dict[str, str | Sequence[str]]:
    """Return the form of the page as it stands when nothing is touched."""
    form: dict[str, str | Sequence[str]] = {name: unescape(value) for name, value in HIDDEN.findall(page.text)}
    form |= dict(re.findall(r'name="([^"]+)" value="([^"]*)" checked', page.text))
    areas = re.findall(r'<textarea[^>]*name="([^"]+)"[^>]*>\n(.*?)</textarea>', page.text, re.DOTALL)
    form |= {name: unescape(value) for name, value in areas}
    local = re.search(r'name="occurred_local"[^>]*value="([^"]+)"', page.text)
    assert local is not None
    return {**form, "occurred_local": local[1]}


def edit(phone: Phone, entry: UUID, sheet: dict[str, str | Sequence[str]] | None = None, **answers: str) -> Response:
    page = f"/d/entries/{entry}/edit"
    typed = {f"answers.{key}": value for key, value in answers.items()}
    return phone.client.post(page, data={**(sheet or filled(phone.client.get(page))), **typed})


def rows(engine: Engine, table: str) -> int:
    with engine.connect() as connection:
        return int(connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one())


def test_the_form_is_filled_with_what_was_written(phone: Phone) -> None:
    entry = written(phone, effort="6", mark="valley", discomfort="pain", thought="<想>“明天”")
    page = phone.client.get(f"/d/entries/{entry}/edit")
    assert page.status_code == 200
    form = filled(page)
    wanted = {"feeling": "第一遍写的", "mood": "3", "effort": "6", "mark": "valley", "thought": "<想>“明天”"}
    assert {key: form[f"answers.{key}"] for key in wanted} == wanted
    assert {name: form[name] for name in PLACE} == PLACE
    assert "以前都可以改" in words(page)


def test_a_change_is_stored_and_the_earlier_words_are_shown(phone: Phone, engine: Engine, cast: Cast) -> None:
    entry = written(phone)
    before = cast.get(f"/entries/{entry}").json()
    answer = edit(phone, entry, feeling="第二遍写的", mood="7")
    assert answer.headers["location"] == f"/d/entries/{entry}?changed=1"
    edit(phone, entry, feeling="第三遍写的")
    page = words(phone.client.get(f"/d/entries/{entry}?changed=1"))
    assert "改好了，已经存下" in page
    assert "改过 2 次" in page
    assert [one in page for one in ("第一遍写的", "第二遍写的", "第三遍写的")] == [True] * 3
    assert page.index("第三遍写的") < page.index("第二遍写的") < page.index("第一遍写的"), "the latest first"
    after = cast.get(f"/entries/{entry}").json()
    assert (after["version"], after["answers"]["feeling"], after["answers"]["mood"]) == (3, "第三遍写的", 7)
    assert after["occurred_at"] == before["occurred_at"]
    assert [one["text"] for one in after["statements"]] == ["第三遍写的"]
    assert rows(engine, "entry") == 1


def test_saving_without_a_change_makes_no_version(phone: Phone, engine: Engine) -> None:
    entry = written(phone)
    assert edit(phone, entry).status_code == 303
    assert rows(engine, "entry_revision") == 0


def test_a_page_left_open_overwrites_nothing_unseen(phone: Phone, engine: Engine, cast: Cast) -> None:
    entry = written(phone)
    old = filled(phone.client.get(f"/d/entries/{entry}/edit"))
    edit(phone, entry, feeling="在别处改的")
    page = edit(phone, entry, old, feeling="放了一会儿才保存的")
    assert page.status_code == 412
    said = words(page)
    assert "刚刚在别处改过" in said
    assert "在别处改的" in said
    assert "放了一会儿才保存的" in said
    assert cast.get(f"/entries/{entry}").json()["answers"]["feeling"] == "在别处改的"
    assert edit(phone, entry, filled(page)).status_code == 303
    assert cast.get(f"/entries/{entry}").json()["answers"]["feeling"] == "放了一会儿才保存的"
    assert rows(engine, "entry_revision") == 2


def test_a_form_without_its_version_overwrites_nothing(phone: Phone, cast: Cast) -> None:
    entry = written(phone)
    sheet = filled(phone.client.get(f"/d/entries/{entry}/edit"))
    assert edit(phone, entry, {**sheet, "etag": ""}, feeling="没带版本").status_code == 412
    assert cast.get(f"/entries/{entry}").json()["version"] == 1


def test_after_the_time_it_says_why_and_offers_a_new_one(phone: Phone, cast: Cast) -> None:
    entry = written(phone)
    sheet = filled(phone.client.get(f"/d/entries/{entry}/edit"))
    with clock.frozen_at(clock.now() + timedelta(hours=72, minutes=1)):
        page = phone.client.get(f"/d/entries/{entry}/edit")
        assert page.status_code == 409
        assert "写好以后 72 小时内可以改" in words(page)
        assert 'href="/d/today"' in page.text
        refused = edit(phone, entry, sheet, feeling="晚了才改的")
        assert refused.status_code == 409
        assert "晚了才改的" in words(refused), "what was typed is given back"
        assert "改一改这一条" not in words(phone.client.get(f"/d/entries/{entry}"))
    assert cast.get(f"/entries/{entry}").json()["version"] == 1


def test_editing_does_not_prolong_the_time(phone: Phone) -> None:
    entry = written(phone)
    with clock.frozen_at(clock.now() + timedelta(hours=71)):
        assert edit(phone, entry, feeling="快到时间才改").status_code == 303
    with clock.frozen_at(clock.now() + timedelta(hours=73)):
        assert phone.client.get(f"/d/entries/{entry}/edit").status_code == 409


def test_going_back_to_the_form_does_not_get_around_it(phone: Phone, cast: Cast) -> None:
    sheet = phone.sheet()
    entry = phone.send(sheet, feeling="刚写的", mood="5").headers["location"].split("/")[3].partition("?")[0]
    with clock.frozen_at(clock.now() + timedelta(hours=80)):
        page = phone.send(sheet, feeling="很久以后从旧页面改", mood="5")
    assert page.status_code == 409
    assert "很久以后从旧页面改" in words(page)
    assert cast.get(f"/entries/{entry}").json()["version"] == 1


def test_zero_hours_means_never_and_staff_are_not_bound(phone: Phone, cast: Cast) -> None:
    entry = written(phone)
    answer = cast.client.patch("/api/v1/studies/implant", json={"edit_hours": 0}, headers=cast.headers["owner"])
    assert answer.json()["edit_hours"] == 0
    page = phone.client.get(f"/d/entries/{entry}/edit")
    assert page.status_code == 409
    assert "写好的日记不再改动" in words(page)
    etag = cast.get(f"/entries/{entry}").headers["etag"]
    assert cast.put(cast.entry("研究者代为更正"), entry, if_match=etag).status_code == 200


def test_nobody_edits_anothers_entry(phone: Phone, cast: Cast) -> None:
    other = cast.put(cast.entry(participant="P02")).json()["id"]
    assert phone.client.get(f"/d/entries/{other}/edit").status_code == 404
    sheet = filled(phone.client.get(f"/d/entries/{written(phone)}/edit"))
    assert edit(phone, UUID(other), {**sheet, "etag": "*"}, feeling="改别人的").status_code == 404


def test_a_closed_study_takes_no_change_and_gives_the_words_back(phone: Phone, cast: Cast) -> None:
    entry = written(phone)
    sheet = filled(phone.client.get(f"/d/entries/{entry}/edit"))
    with cast.app.state.database.write() as session:
        session.get_one(Study, cast.study_id).closed_at = clock.now()
    refused = edit(phone, entry, sheet, feeling="关了以后改的")
    assert refused.status_code == 410
    assert "关了以后改的" in words(refused)


def test_what_is_wrong_is_told_and_kept_in_the_form(phone: Phone, cast: Cast) -> None:
    entry = written(phone)
    page = edit(phone, entry, feeling="长" * 2001)
    assert page.status_code == 422
    assert "长" * 2001 in page.text
    assert cast.get(f"/entries/{entry}").json()["version"] == 1


def test_an_old_page_and_a_lost_session_lose_no_word(phone: Phone) -> None:
    entry = written(phone)
    sheet = filled(phone.client.get(f"/d/entries/{entry}/edit"))
    assert "隔夜改的" in words(edit(phone, entry, {**sheet, "csrf_token": "old"}, feeling="隔夜改的"))
    phone.client.cookies.delete("xinlu_diary")
    assert "忘了也不丢" in words(edit(phone, entry, sheet, feeling="忘了也不丢"))


ROADS = {
    "too few": ([2, 3, 4, 8], None),
    "never hard": ([5, 6, 7, 6, 8], "没有特别难的一天"),
    "down and up": (
        [6, 5, 2, 4, 6, 7],
        "最难的是3月3日前后，在“恢复”这一段。从3月4日起好一些了，最近一次您选的是“不错”。",
    ),
    "still hard": ([6, 5, 4, 3, 2], "就是最近这一次"),
    "up and down": ([6, 2, 7, 3, 6, 3], "还没有完全好起来"),
}


@pytest.mark.parametrize("name", ROADS)
def test_their_curve_is_told_in_words_that_score_nobody(cast: Cast, name: str) -> None:
    moods, told = ROADS[name]
    phone = Phone(cast.client)
    phone.start(cast.links["P01"].token)
    for day, mood in enumerate(moods, 1):
        body = cast.entry(occurred_at=f"2026-03-{day:02d}T21:00:00+08:00")
        body["answers"] = {"feeling": "写一句", "mood": mood}
        assert cast.put(body).status_code == 201
    page = words(phone.client.get("/d/mine"))
    road = page[page.index("这些天走过的路") : page.index("写过的日记") if "写过的日记" in page else None]
    if told is None:
        assert "最难的是" not in road
        assert "特别难" not in road
    else:
        assert told in road
    assert "低谷" not in road
    assert "分" not in road.replace("部分", "")

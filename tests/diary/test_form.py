"""What the form asks and when: conditions, required questions, parts of the day, numbers to call, larger type. No scripts."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import Engine, text

from app.core import clock
from app.participants.models import Participant
from tests.support.cast import Cast
from tests.support.databases import only_on
from tests.support.forms import BRANCHING
from tests.support.phone import HIDDEN, Phone, words
from tests.support.scene import SLUG

# What is stored is stored by the code that test_pages.py tries on both kinds of database.
pytestmark = only_on("sqlite")


@pytest.fixture
def phone(cast: Cast) -> Phone:
    """The first patient's phone, opened and agreed, with the form above."""
    published = cast.client.post(
        f"/api/v1/studies/{SLUG}/form-versions", json={"questions": BRANCHING}, headers=cast.headers["owner"]
    )
    assert published.status_code == 201, published.text
    opened = Phone(cast.client)
    opened.start(cast.links["P01"].token)
    return opened


def entry(engine: Engine) -> dict[str, Any]:
    with engine.connect() as connection:
        return dict(connection.execute(text("SELECT * FROM entry")).mappings().one())


def test_the_server_decides_whatever_the_page_showed(phone: Phone, engine: Engine) -> None:
    refused = phone.write(mood="3", felt="疼")
    assert refused.status_code == 422
    assert re.search(r'id="q-pain"[^>]*aria-describedby="q-pain-problem"', refused.text)
    assert "请回答这一题" in words(refused)
    assert phone.write(mood="8", felt="好多了", pain="yes", where="脸").status_code == 303
    assert '"pain"' not in entry(engine)["answers"]


def test_without_scripts_every_question_says_whom_it_is_for(phone: Phone) -> None:
    page = phone.client.get("/d/today")
    assert "“心情”选了“很糟”到“有点低落”，才需要答这一题。" in words(page)
    assert "“疼吗”选了“疼”，才需要答这一题。" in words(page)
    assert re.search(r'id="q-pain"[^>]*data-if="answers.mood" data-is="1 2 3 4"', page.text)
    assert words(page).count("（要填）") == 3
    # What hangs on an answer stands behind it, before the text; and nothing is hidden.
    assert page.text.index('id="q-mood"') < page.text.index('id="q-pain"') < page.text.index('id="q-where-card"')
    assert "disabled" not in page.text
    assert 'autocomplete="off"' in re.findall(r"<form id=\"entry\"[^>]*>", page.text)[0]


@contextmanager
def at(monkeypatch: pytest.MonkeyPatch, moment: datetime) -> Iterator[None]:
    with monkeypatch.context() as patch:
        patch.setattr(clock, "now", lambda: moment)
        yield


def test_a_part_of_the_day_gives_a_declared_time_in_the_persons_zone(
    phone: Phone, cast: Cast, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    with cast.app.state.database.write() as session:
        session.get_one(Participant, (cast.study_id, cast.people["P01"])).time_zone = "Asia/Tokyo"
    written = clock.now().replace(hour=3, minute=30)  # half past noon in Tokyo
    with at(monkeypatch, written):
        sheet = phone.sheet()
        page = phone.client.get("/d/today").text
        morning = re.search(r'value="([^"]+)"><span class="chip">今天上午', page)
        assert morning is not None
        assert phone.send({**sheet, "when": morning[1]}, mood="6", felt="上午的事").status_code == 303
    kept = entry(engine)
    assert morning[1].endswith("T10:30")
    assert str(kept["occurred_at"])[11:16] == "01:30"
    assert kept["occurred_offset"] == 540
    assert datetime.fromisoformat(str(kept["recorded_at"])).replace(tzinfo=UTC) == written.replace(tzinfo=UTC)


def test_a_part_that_has_passed_from_the_list_stays_chosen_when_the_page_comes_back(phone: Phone) -> None:
    sheet = {**phone.sheet(), "when": "2026-03-01T08:30"}
    page = phone.send(sheet, felt="没选心情")
    assert page.status_code == 422
    assert 'value="2026-03-01T08:30" checked' in page.text
    assert "早些时候" in words(page)


@pytest.mark.parametrize(
    ("felt", "shown", "number"),
    [
        ("真的不想活了，没什么意思。", "不用一个人扛着", True),
        ("伤口大出血，止不住。", "尽快让医生看看", True),
        ("伤口大出血，我不想活了。", "不用一个人扛着", True),
        ("今天还行，肿消了一点。", "", False),
    ],
)
def test_worrying_words_are_met_with_kind_ones_after_saving(phone: Phone, felt: str, shown: str, number: bool) -> None:
    saved = phone.write(mood="6", felt=felt)
    assert saved.status_code == 303
    page = phone.client.get(saved.headers["location"])
    cue = re.search(r'<section class="cue".*?</section>', page.text, re.DOTALL)
    assert (cue is not None) is number
    assert shown in (cue[0] if cue else "")
    if cue:
        assert 'href="tel:12356"' in cue[0]
    # Not again whenever it is looked at.
    assert 'class="cue"' not in phone.client.get(saved.headers["location"].partition("?")[0]).text


def test_the_numbers_stand_on_the_door_and_are_told_in_english_too(phone: Phone) -> None:
    door = phone.client.get("/d?lang=en")
    assert "Emergency" in words(door)
    assert 'href="tel:120"' in door.text


def test_large_type_is_remembered_and_drawn_by_the_server(phone: Phone) -> None:
    assert '<html lang="zh-CN">' in phone.client.get("/d/today").text
    assert 'class="large"' in phone.client.get("/d/today?type=large").text
    assert 'class="large"' in phone.client.get("/d/mine").text
    assert 'class="large"' not in phone.client.get("/d/today?type=usual").text
    assert 'class="large"' not in phone.client.get("/d/today?type=huge").text


def test_microphone_and_camera_are_this_pages_own(phone: Phone) -> None:
    policy = phone.client.get("/d/today").headers["permissions-policy"]
    assert "microphone=(self)" in policy
    assert "camera=(self)" in policy


def test_the_form_carries_the_prompt_that_it_answers(phone: Phone, engine: Engine) -> None:
    asked = uuid4()
    sheet = {**phone.sheet(), **dict(HIDDEN.findall(phone.client.get(f"/d/today?prompt={asked}").text))}
    assert sheet["prompt"] == str(asked)
    refused = phone.send(sheet, felt="没选心情")
    assert f'name="prompt" value="{asked}"' in refused.text
    assert phone.send(sheet, mood="5").status_code == 303
    assert str(entry(engine)["prompt_id"]).replace("-", "") == asked.hex
    assert phone.client.get("/d/today?prompt=nonsense").status_code == 422

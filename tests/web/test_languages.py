"""Pages in English speak English wherever they do not show the study's own words, and lead back to Chinese."""

import re
from collections.abc import Iterator
from html import unescape
from html.parser import HTMLParser
from typing import Any

import pytest
from fastapi import FastAPI
from sqlalchemy import Engine, MetaData, inspect, select
from starlette.testclient import TestClient

from app.studies.models import ConsentText, Study
from app.studies.study_templates import study_templates
from tests.support.cast import Cast
from tests.support.databases import only_on
from tests.support.phone import Phone
from tests.support.scene import PASSWORD, SLUG
from tests.support.staff import sign_in, submit

CHINESE = re.compile(r"[\u2e80-\u303f\u3400-\u9fff\uff01-\uff5e]")
SPACE = re.compile(r"\s+")
SPOKEN = frozenset({"aria-label", "placeholder", "title", "alt", "value", "content"})
# Languages go by their own names; a roster's column may be called so in any language.
EVERYWHERE = ("简体中文", "中文", "编号")
WORKBENCH = (
    "/studies",
    "/studies/new",
    f"/studies/{SLUG}",
    f"/studies/{SLUG}?by=day",
    f"/studies/{SLUG}?by=touchpoint&score=mood",
    f"/studies/{SLUG}/quotes?by=stage&at=recovery",
    f"/studies/{SLUG}/participants",
    f"/studies/{SLUG}/participants/new",
    *(f"/studies/{SLUG}/settings{part}" for part in ("", "/journey", "/form", "/consent", "/members")),
    "/account/keys",
    "/studies/nothing",
)
DIARY = ("/d/consent", "/d/today", "/d/mine", "/d", "/d/nothing")
# Words do not depend on the kind of database.
pytestmark = only_on("sqlite")


class Spoken(HTMLParser):
    """What a page says: its texts, and the attributes that are shown or read out."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.texts: list[str] = []
        self._silent = False
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._silent = tag in ("script", "style")
        self.texts += [value for name, value in attrs if name in SPOKEN and value]

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.texts.append(data)


def strings(value: Any) -> Iterator[str]:
    """Yield every text within a stored value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for part in value.values():
            yield from strings(part)
    elif isinstance(value, list):
        for part in value:
            yield from strings(part)


def study_words(engine: Engine) -> list[str]:
    """Return every Chinese text that is the study's, the participants' or a template's: the longest first."""
    metadata = MetaData()
    metadata.reflect(engine, only=[name for name in inspect(engine).get_table_names() if name != "audit_event"])
    with engine.connect() as connection:
        rows = [row for table in metadata.sorted_tables for row in connection.execute(select(table))]
    stored = {text for row in rows for value in row for text in strings(value)}
    offered = {text for one in study_templates().values() for text in strings(one.model_dump(mode="json"))}
    # 手术日 is counted from as 手术: 手术后第 3 天.
    stems = {text.removesuffix("日") for text in stored if text.endswith("日")}
    known = {SPACE.sub(" ", text).strip() for text in stored | offered | stems}
    return sorted((text for text in known if CHINESE.search(text)), key=len, reverse=True)


def own_chinese(page: str, engine: Engine) -> list[str]:
    """Return what ``page`` says in Chinese by itself."""
    known = [*study_words(engine), *EVERYWHERE]
    left = []
    for text in Spoken(page).texts:
        rest = SPACE.sub(" ", text)
        for words in known:
            rest = rest.replace(words, "")
        if CHINESE.search(rest):
            left.append(rest.strip())
    return left


@pytest.fixture
def workbench(cast: Cast) -> TestClient:
    """The owner's browser, signed in, in English; five people wrote, so that the curve has something to say."""
    for code in ("P03", "P04", "P05"):
        cast.add_patient(code, age_band="60+")
    for code in ("P01", "P02", "P03", "P04", "P05"):
        assert cast.put(cast.entry(participant=code)).status_code == 201
        good = cast.entry("出院了，心里踏实多了。", participant=code, stage="sharing")
        good["answers"] |= {"mood": 8, "mark": "peak"}
        assert cast.put(good).status_code == 201
    sign_in(cast.client, "owner", PASSWORD)
    cast.client.get("/studies?lang=en")
    return cast.client


@pytest.fixture
def phone(cast: Cast) -> Phone:
    """The first patient's phone, opened and agreed, in English."""
    opened = Phone(cast.client)
    opened.start(cast.links["P01"].token)
    cast.client.get("/d/today?lang=en")
    return opened


def test_the_workbench_speaks_english(workbench: TestClient, cast: Cast, engine: Engine) -> None:
    person = f"/studies/{SLUG}/participants/{cast.people['P01']}"
    for address in (*WORKBENCH, person):
        page = workbench.get(address).text
        assert '<html lang="en">' in page, address
        assert own_chinese(page, engine) == [], address
    assert own_chinese(workbench.get("/studies?lang=zh-CN").text, engine)


def test_the_diary_speaks_english(phone: Phone, engine: Engine) -> None:
    saved = phone.write(feeling="夜里疼醒两回", mood="2", effort="7", mark="valley", discomfort="pain")
    phone.write(feeling="今天好多了", mood="8")
    for address in (saved.headers["location"], *DIARY):
        page = phone.client.get(address).text
        assert '<html lang="en">' in page, address
        assert own_chinese(page, engine) == [], address
    assert "Very hard" in phone.client.get(saved.headers["location"]).text
    assert own_chinese(phone.client.get("/d/mine?lang=zh-CN").text, engine)


def test_what_is_refused_is_said_in_english(workbench: TestClient, engine: Engine) -> None:
    new = {
        "template": "",
        "title": "",
        "slug": "A B",
        "time_zone": "?",
        "language": "en",
        "retention_until": "1999-01-01",
    }
    people = f"/studies/{SLUG}/participants"
    answers = (
        submit(workbench, "/studies/new", "/studies/new", new),
        submit(workbench, "/account/keys", "/account/keys", {"name": ""}),
        submit(workbench, f"{people}/new", people, {"code": "P01"}),
    )
    workbench.cookies.clear()
    workbench.get("/sign-in?lang=en")
    stranger = sign_in(workbench, "owner", "not this one")
    for answer in (*answers, stranger):
        assert 400 <= answer.status_code < 500
        assert own_chinese(answer.text, engine) == []
    assert "Wrong login or password" in stranger.text


def test_a_refused_entry_is_said_in_english(phone: Phone, engine: Engine) -> None:
    refused = phone.write(feeling="")
    assert refused.status_code == 422
    assert own_chinese(refused.text, engine) == []
    assert "Please answer" in refused.text
    phone.client.post("/d/leave", data={"csrf_token": phone.sheet()["csrf_token"]})
    lost = phone.client.post("/d/entries", data={"answers.feeling": "still here"})
    assert own_chinese(lost.text, engine) == []
    assert "still here" in lost.text


@pytest.mark.parametrize("address", ["/sign-in?next=/account/keys", f"/studies/{SLUG}?by=day", "/d"])
def test_a_page_leads_to_itself_in_the_other_language(workbench: TestClient, address: str) -> None:
    if address.startswith("/sign-in"):
        workbench.cookies.clear()
        workbench.get("/sign-in?lang=en")
    link = re.search(r'<a class="language" lang="zh-CN"[^>]* href="([^"]+)">中文</a>', workbench.get(address).text)
    assert link is not None
    path, _, asked = address.partition("?")
    told = unescape(link[1])
    assert told.startswith("?")
    assert "lang=zh-CN" in told
    assert all(part in told.replace("%2F", "/") for part in asked.split("&"))
    assert '<html lang="zh-CN">' in workbench.get(path + told).text
    again = workbench.get(address).text
    assert '<html lang="zh-CN">' in again, "the choice is kept"
    assert re.search(r'<a class="language" lang="en"[^>]*>English</a>', again)


def test_the_answer_to_a_form_offers_no_other_language(workbench: TestClient) -> None:
    refused = submit(workbench, "/account/keys", "/account/keys", {"name": ""})
    assert refused.status_code == 422
    assert 'class="language"' not in refused.text


@pytest.mark.parametrize(
    ("language", "written"),
    [("zh-CN", ("请联系发给您链接的人", "2099年1月2日")), ("en", ("Please contact the person", "January 2, 2099"))],
)
def test_a_consent_is_filled_in_the_studys_language(
    workbench: TestClient, app: FastAPI, language: str, written: tuple[str, ...]
) -> None:
    new = {"template": "blank", "title": "Apples", "slug": "apples", "language": language, "contact": ""}
    when = {"time_zone": "Asia/Shanghai", "retention_until": "2099-01-02", "description": ""}
    assert submit(workbench, "/studies/new", "/studies/new", {**new, **when}).status_code == 303
    with app.state.database.read() as session:
        of_it = select(ConsentText.introduction).join(Study).where(Study.slug == "apples")
        introduction = session.scalars(of_it).one()
    for words in written:
        assert words in introduction

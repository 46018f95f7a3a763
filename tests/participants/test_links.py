"""Personal links: exchanged for a cookie, typed as a code, revoked, refused in words, and never stored or logged."""

import pytest
from fastapi import FastAPI
from sqlalchemy import Engine, text
from starlette.testclient import TestClient

from app.core.settings import Settings
from app.participants.links import PersonalLink, secret_in
from app.studies.models import Study
from tests.support.cast import Cast
from tests.support.databases import ScratchDatabase
from tests.support.phone import Phone, words
from tests.support.scene import SLUG


@pytest.fixture
def settings(database: ScratchDatabase) -> Settings:
    return Settings(data_dir=database.data_dir, database_url=database.address, worker=False, sign_in_attempts=3)


@pytest.fixture
def link(cast: Cast) -> PersonalLink:
    return cast.links["P01"]


def stored_text(engine: Engine) -> str:
    """Everything that stands in the tables that know of links."""
    with engine.connect() as connection:
        tables = ("invite", "diary_session", "audit_event")
        return " ".join(str(row) for table in tables for row in connection.execute(text(f"SELECT * FROM {table}")))


def test_the_door_shows_a_form_that_works_without_scripts(cast: Cast) -> None:
    page = cast.client.get("/d")
    assert page.status_code == 200
    assert 'action="/d/open"' in page.text
    assert 'name="secret"' in page.text
    assert page.headers["cache-control"] == "no-store"
    assert page.headers["referrer-policy"] == "no-referrer"


def test_a_link_becomes_a_cookie_and_leads_to_consent_first(cast: Cast, link: PersonalLink, engine: Engine) -> None:
    answer = Phone(cast.client).open(link.token)
    assert (answer.status_code, answer.headers["location"]) == (303, "/d/consent")
    cookie = next(one for one in answer.headers.get_list("set-cookie") if one.startswith("xinlu_diary="))
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    token = cookie.split("=", 1)[1].split(";", 1)[0]
    kept = stored_text(engine)
    assert link.token not in kept
    assert link.code not in kept
    assert token not in kept


def test_opening_the_same_link_again_works_and_goes_on_to_today(cast: Cast, link: PersonalLink) -> None:
    phone = Phone(cast.client)
    phone.start(link.token)
    assert phone.open(link.token).headers["location"] == "/d/today"


def test_a_new_opening_ends_the_session_that_the_phone_had(cast: Cast, link: PersonalLink, engine: Engine) -> None:
    phone = Phone(cast.client)
    phone.open(link.token)
    phone.open(cast.links["P02"].token)
    with engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM diary_session")).scalar_one() == 1


@pytest.mark.parametrize("typed", ["{0}-{1}", "{0}{1}", " {0} {1} ", "lower", "full width", "whole link"])
def test_a_code_is_understood_however_it_is_typed(cast: Cast, link: PersonalLink, typed: str) -> None:
    halves = link.code[:5], link.code[5:]
    wide = "".join(chr(ord(sign) + 0xFEE0) for sign in link.code)
    odd = {"lower": link.shown_code.lower(), "full width": wide, "whole link": link.url("http://example.test")}
    assert Phone(cast.client).open(odd.get(typed, typed.format(*halves))).status_code == 303


def test_a_token_that_looks_like_words_is_left_as_it_is() -> None:
    assert secret_in("abc_DEF-123") == "abc_DEF-123"
    assert secret_in("http://host/d#AbC-_9") == "AbC-_9"


def test_an_unknown_link_is_refused_in_words_and_opens_nothing(cast: Cast) -> None:
    answer = Phone(cast.client).open("not-a-link")
    assert answer.status_code == 404
    assert "没有认出这个链接或短码" in words(answer)
    assert "xinlu_diary" not in cast.client.cookies


def test_a_renewed_link_ends_the_old_one_and_its_phones(cast: Cast, link: PersonalLink) -> None:
    phone = Phone(cast.client)
    phone.start(link.token)
    renewed = cast.client.post(f"/api/v1/studies/{SLUG}/participants/P01/link", headers=cast.headers["owner"])
    assert renewed.status_code == 201
    assert cast.client.get("/d/today").headers["location"] == "/d"
    old = phone.open(link.token)
    assert old.status_code == 410
    assert "这个链接已经换过了" in words(old)
    fragment = renewed.json()["url"].split("#")[1]
    assert phone.open(fragment).status_code == 303
    assert phone.open(renewed.json()["short_code"]).status_code == 303


def test_a_closed_study_is_told_at_the_door(cast: Cast, link: PersonalLink, app: FastAPI) -> None:
    with app.state.database.write() as session:
        study = session.get_one(Study, cast.study_id)
        study.closed_at = study.created_at
    answer = Phone(cast.client).open(link.token)
    assert answer.status_code == 410
    assert "这项研究已经结束" in words(answer)


def test_guessing_is_stopped_and_counts_failures_only(cast: Cast, link: PersonalLink) -> None:
    phone = Phone(cast.client)
    for _ in range(5):
        assert phone.open(link.token).status_code == 303
    for _ in range(3):
        assert phone.open("WRONG-CODE2").status_code == 404
    stopped = phone.open(link.token)
    assert stopped.status_code == 429
    assert int(stopped.headers["retry-after"]) > 0


def test_a_forged_form_opens_nothing(cast: Cast, link: PersonalLink) -> None:
    answer = cast.client.post("/d/open", data={"secret": link.token})
    assert answer.status_code == 403
    assert "xinlu_diary" not in cast.client.cookies


def test_leaving_makes_the_phone_forget(cast: Cast, link: PersonalLink, client: TestClient) -> None:
    phone = Phone(client)
    phone.start(link.token)
    before = client.cookies["xinlu_diary"]
    token = phone.sheet()["csrf_token"]
    assert client.post("/d/leave", data={"csrf_token": str(token)}).status_code == 200
    assert "xinlu_diary" not in client.cookies
    client.cookies.set("xinlu_diary", before)
    assert client.get("/d/today").headers["location"] == "/d"


def test_pages_without_a_session_lead_to_the_door_and_programs_hear_401(client: TestClient) -> None:
    for path in ("/d/today", "/d/mine", "/d/consent"):
        assert client.get(path).headers["location"] == "/d"
        assert client.get(path, headers={"Accept": "application/json"}).status_code == 401

"""Signing in and out through the pages, on both kinds of database."""

from datetime import timedelta

import pytest
from argon2 import PasswordHasher
from fastapi import FastAPI
from sqlalchemy import Engine, text
from starlette.testclient import TestClient

from app.accounts import passwords, service
from app.accounts.deps import COOKIE
from app.core import clock
from app.core.settings import Settings
from app.main import create_app
from tests.support.databases import ScratchDatabase
from tests.support.staff import csrf_of, sign_in, submit

PASSWORD = "a-long-enough-password"


@pytest.fixture
def settings(database: ScratchDatabase) -> Settings:
    return Settings(data_dir=database.data_dir, database_url=database.address, worker=False, sign_in_attempts=4)


@pytest.fixture
def staff(app: FastAPI, client: TestClient, cheap_passwords: None) -> TestClient:
    """A browser, and an account: owner."""
    with app.state.database.write() as session:
        service.create_user(session, "Owner", "负责人", PASSWORD)
    return client


def test_a_page_leads_to_the_door_and_back(staff: TestClient) -> None:
    turned_away = staff.get("/studies/new?x=1")
    assert turned_away.status_code == 303
    assert turned_away.headers["location"] == "/sign-in?next=/studies/new%3Fx%3D1"
    door = staff.get(turned_away.headers["location"])
    assert 'value="/studies/new?x=1"' in door.text
    entered = sign_in(staff, " OWNER ", PASSWORD, back="/studies/new?x=1")
    assert (entered.status_code, entered.headers["location"]) == (303, "/studies/new?x=1")
    assert staff.get("/studies").status_code == 200
    assert staff.get("/sign-in").headers["location"] == "/studies"


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(staff: TestClient, settings: Settings) -> None:
    cookie = next(one for one in sign_in(staff, "owner", PASSWORD).headers.get_list("set-cookie") if COOKIE in one)
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert f"Max-Age={settings.session_hours * 3600}" in cookie
    assert "Path=/" in cookie


@pytest.mark.parametrize(
    "elsewhere", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)", "/a\\b", "/a\nb"]
)
def test_nobody_is_sent_elsewhere_after_signing_in(staff: TestClient, elsewhere: str) -> None:
    assert sign_in(staff, "owner", PASSWORD, back=elsewhere).headers["location"] == "/studies"


def test_a_wrong_password_and_an_unknown_login_answer_alike(staff: TestClient) -> None:
    wrong = sign_in(staff, "owner", "not the password at all")
    unknown = sign_in(staff, "nobody", "not the password at all")
    assert wrong.status_code == unknown.status_code == 401
    assert wrong.text.replace("owner", "nobody").replace(csrf_of(wrong), "") == unknown.text.replace(
        csrf_of(unknown), ""
    )
    assert "not the password" not in wrong.text
    assert COOKIE not in staff.cookies


def test_a_disabled_account_is_out_at_once(staff: TestClient, engine: Engine) -> None:
    sign_in(staff, "owner", PASSWORD)
    with engine.begin() as connection:
        connection.execute(text("""UPDATE "user" SET disabled_at = created_at"""))
    assert staff.get("/studies").status_code == 303
    assert sign_in(staff, "owner", PASSWORD).status_code == 401


def test_signing_in_without_the_token_of_the_form_is_refused(staff: TestClient) -> None:
    staff.get("/sign-in")
    refused = staff.post("/sign-in", data={"login": "owner", "password": PASSWORD})
    assert refused.status_code == 403
    assert COOKIE not in staff.cookies


def test_too_many_failures_close_the_door_for_the_login(staff: TestClient, app: FastAPI) -> None:
    for _ in range(4):
        assert sign_in(staff, "owner", "not the password at all").status_code == 401
        app.state.limits["sign_in"].succeeded("address:testclient")  # as if each try came from another address
    refused = sign_in(staff, "owner", PASSWORD)
    assert refused.status_code == 429
    assert 0 < int(refused.headers["retry-after"]) <= 900
    assert "尝试得太频繁了" in refused.text
    assert sign_in(staff, "somebody else", PASSWORD).status_code == 401


def test_too_many_failures_close_the_door_for_the_address(staff: TestClient) -> None:
    for login in ("a", "b", "c", "d"):
        assert sign_in(staff, login, "not the password at all").status_code == 401
    assert sign_in(staff, "owner", PASSWORD).status_code == 429


def test_a_success_forgets_the_failures_of_the_login(staff: TestClient, app: FastAPI) -> None:
    for _ in range(3):
        sign_in(staff, "owner", "not the password at all")
    assert sign_in(staff, "owner", PASSWORD).status_code == 303
    assert app.state.limits["sign_in"]._current("login:owner")[1] == 0


def test_a_session_ends_after_its_hours(staff: TestClient, settings: Settings) -> None:
    sign_in(staff, "owner", PASSWORD)
    hours = timedelta(hours=settings.session_hours)
    with clock.frozen_at(clock.now() + hours - timedelta(minutes=1)):
        assert staff.get("/studies").status_code == 200
    with clock.frozen_at(clock.now() + hours + timedelta(minutes=1)):
        assert staff.get("/studies").status_code == 303


def test_signing_out_makes_the_cookie_worthless(staff: TestClient) -> None:
    sign_in(staff, "owner", PASSWORD)
    token = staff.cookies[COOKIE]
    assert submit(staff, "/studies", "/sign-out", {}).headers["location"] == "/sign-in"
    assert COOKIE not in staff.cookies
    assert staff.get("/studies", headers={"cookie": f"{COOKIE}={token}"}).status_code == 303


def test_signing_in_again_gives_a_new_token_and_ends_the_old_one(staff: TestClient, engine: Engine) -> None:
    door = staff.get("/sign-in")
    fields = {"login": "owner", "password": PASSWORD, "csrf_token": csrf_of(door)}
    staff.post("/sign-in", data=fields)
    first = staff.cookies[COOKIE]
    staff.post("/sign-in", data=fields)
    assert staff.cookies[COOKIE] != first
    with engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM session")).scalar_one() == 1


def test_the_token_is_nowhere_in_the_database(staff: TestClient, engine: Engine) -> None:
    sign_in(staff, "owner", PASSWORD)
    token = staff.cookies[COOKIE]
    assert len(token) >= 43  # 256 bits in base64
    with engine.connect() as connection:
        rows = [
            str(row)
            for table in ("session", '"user"', "audit_event")
            for row in connection.execute(text(f"SELECT * FROM {table}"))
        ]
    assert len(rows) >= 4
    assert not any(token in row or PASSWORD in row for row in rows)


def test_a_hash_of_older_parameters_is_renewed_at_sign_in(
    staff: TestClient, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(passwords, "_hasher", PasswordHasher(time_cost=2, memory_cost=16, parallelism=1))
    assert sign_in(staff, "owner", PASSWORD).status_code == 303
    with engine.connect() as connection:
        kept = connection.execute(text('SELECT password_hash FROM "user"')).scalar_one()
    assert "m=16,t=2" in kept
    staff.cookies.clear()
    assert sign_in(staff, "owner", PASSWORD).status_code == 303


def test_over_https_cookies_are_secure_and_tied_to_the_host(database: ScratchDatabase, cheap_passwords: None) -> None:
    settings = Settings(
        data_dir=database.data_dir, database_url=database.address, worker=False, base_url="https://xinlu.example"
    )
    app = create_app(settings)
    with TestClient(app, base_url="https://xinlu.example", follow_redirects=False) as client:
        with app.state.database.write() as session:
            service.create_user(session, "owner", "负责人", PASSWORD)
        cookies = sign_in(client, "owner", PASSWORD).headers.get_list("set-cookie")
        own = next(one for one in cookies if one.startswith(f"__Host-{COOKIE}="))
        assert "Secure" in own
        assert client.get("/studies").status_code == 200

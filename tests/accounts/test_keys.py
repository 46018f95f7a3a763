"""API keys: made and ended on their page, confined by scope and study, kept as hashes only."""

import re
from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import Engine, text
from starlette.testclient import TestClient

from app.accounts import service
from app.core import clock
from tests.support.cast import Cast
from tests.support.scene import PASSWORD, SLUG
from tests.support.staff import csrf_of, sign_in, submit

KEYS = "/account/keys"


@pytest.fixture
def browser(cast: Cast) -> TestClient:
    """The owner's browser, signed in."""
    sign_in(cast.client, "owner", PASSWORD)
    return cast.client


def make(browser: TestClient, *scopes: str, lifetime: str = "90", study: str = "") -> str:
    fields: dict[str, str | list[str]] = {
        "name": "医院数据平台",
        "scopes": list(scopes),
        "lifetime": lifetime,
        "study": study,
    }
    page = submit(browser, KEYS, KEYS, fields)
    assert page.status_code == 200, page.text
    return str(re.findall(r"xk_[\w-]{43}", page.text)[0])


def test_a_key_made_on_the_page_opens_the_api_and_is_shown_once(browser: TestClient) -> None:
    token = make(browser, "curves:read")
    assert token not in browser.get(KEYS).text
    assert "医院数据平台" in browser.get(KEYS).text
    for headers in ({"Authorization": f"Bearer {token}"}, {"X-API-Key": token}):
        answer = TestClient(browser.app, base_url=str(browser.base_url)).get("/api/v1/studies", headers=headers)
        assert [row["slug"] for row in answer.json()["rows"]] == [SLUG]


def test_the_token_is_nowhere_in_the_database(browser: TestClient, engine: Engine) -> None:
    token = make(browser, "curves:read")
    with engine.connect() as connection:
        rows = [
            str(row)
            for table in ("api_key", "audit_event")
            for row in connection.execute(text(f"SELECT * FROM {table}"))
        ]
    assert rows
    assert not any(token in row or token.removeprefix("xk_") in row for row in rows)


def test_a_revoked_key_opens_nothing(browser: TestClient) -> None:
    token = make(browser, "curves:read")
    page = browser.get(KEYS)
    address = re.findall(r'action="(/account/keys/[^"]+/revoke)"', page.text)[0]
    assert browser.post(address, data={"csrf_token": csrf_of(page)}).status_code == 303
    refused = browser.get("/api/v1/studies", headers={"Authorization": f"Bearer {token}"})
    assert (refused.status_code, refused.json()["code"]) == (401, "unauthenticated")
    assert "已停用" in browser.get(KEYS).text


def test_nobody_ends_another_persons_key(cast: Cast, engine: Engine) -> None:
    with engine.connect() as connection:
        own = cast.user_ids["owner"].hex if engine.dialect.name == "sqlite" else cast.user_ids["owner"]
        key_id = connection.execute(text("SELECT id FROM api_key WHERE user_id = :own"), {"own": own}).scalar_one()
    sign_in(cast.client, "stranger", PASSWORD)
    theirs = submit(cast.client, KEYS, f"{KEYS}/{key_id}/revoke", {})
    absent = submit(cast.client, KEYS, f"{KEYS}/{uuid4()}/revoke", {})
    assert theirs.status_code == absent.status_code == 404
    assert theirs.text == absent.text
    assert cast.client.get("/api/v1/studies", headers=cast.headers["owner"]).status_code == 200


def test_a_key_ends_on_its_day(browser: TestClient) -> None:
    token = make(browser, "curves:read", lifetime="30")
    headers = {"Authorization": f"Bearer {token}"}
    with clock.frozen_at(clock.now() + timedelta(days=29)):
        assert browser.get("/api/v1/studies", headers=headers).status_code == 200
    with clock.frozen_at(clock.now() + timedelta(days=31)):
        assert browser.get("/api/v1/studies", headers=headers).status_code == 401


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"name": " ", "scopes": ["export"]}, "请写明这把密钥给谁用"),
        ({"name": "平台"}, "请至少选一项权限"),
        ({"name": "平台", "scopes": ["everything"]}, "请至少选一项权限"),
    ],
)
def test_what_is_wrong_stands_beside_what_was_typed(
    browser: TestClient, fields: dict[str, str | list[str]], words: str
) -> None:
    page = submit(browser, KEYS, KEYS, fields)
    assert page.status_code == 422
    assert words in page.text
    assert f'value="{fields["name"]}"' in page.text


def test_a_key_does_what_its_scopes_say_and_no_more(cast: Cast) -> None:
    change = f"/api/v1/studies/{SLUG}"
    reading = cast.key("owner", "curves:read")
    assert cast.client.get(change, headers=reading).status_code == 200
    refused = cast.client.patch(change, json={"title": "新名字"}, headers=reading)
    assert (refused.status_code, refused.json()["code"]) == (403, "missing_scope")
    assert "admin" in refused.json()["detail"]
    assert cast.client.patch(change, json={"title": "新名字"}, headers=cast.key("owner", "admin")).status_code == 200


def test_a_key_of_one_study_does_not_know_of_others(cast: Cast) -> None:
    other = cast.client.post("/api/v1/studies", json={"title": "别的", "slug": "other"}, headers=cast.headers["owner"])
    assert other.status_code == 201
    with cast.app.state.database.write() as session:
        owner, keyring = cast.user_ids["owner"], cast.app.state.keyring
        _, token = service.create_api_key(session, keyring, owner, "one", ["admin"], study_id=cast.study_id)
    headers = {"Authorization": f"Bearer {token}"}
    assert cast.client.get(f"/api/v1/studies/{SLUG}", headers=headers).status_code == 200
    hidden = cast.client.get("/api/v1/studies/other", headers=headers)
    absent = cast.client.get("/api/v1/studies/absent", headers=headers)
    assert (hidden.status_code, hidden.content) == (404, absent.content)
    listed = cast.client.get("/api/v1/studies", headers=headers).json()["rows"]
    assert [row["slug"] for row in listed] == [SLUG]
    refused = cast.client.post("/api/v1/studies", json={"title": "又一个"}, headers=headers)
    assert (refused.status_code, refused.json()["code"]) == (403, "key_of_one_study")


def test_a_key_is_confined_to_a_study_on_its_page(browser: TestClient) -> None:
    token = csrf_of(browser.get("/studies"))
    body = {"title": "别的研究", "slug": "other"}
    assert browser.post("/api/v1/studies", json=body, headers={"X-CSRF-Token": token}).status_code == 201
    assert '<option value="other">别的研究</option>' in browser.get(KEYS).text

    headers = {"Authorization": f"Bearer {make(browser, 'curves:read', study='other')}"}
    assert [row["slug"] for row in browser.get("/api/v1/studies", headers=headers).json()["rows"]] == ["other"]
    assert browser.get(f"/api/v1/studies/{SLUG}", headers=headers).status_code == 404
    assert "只限一个研究 · 别的研究" in browser.get(KEYS).text


def test_nobody_confines_a_key_to_a_study_that_is_not_theirs(cast: Cast) -> None:
    sign_in(cast.client, "stranger", PASSWORD)
    assert "种植牙恢复日记" not in cast.client.get(KEYS).text
    refused, absent = (
        submit(cast.client, KEYS, KEYS, {"name": "越界", "scopes": ["export"], "study": slug})
        for slug in (SLUG, "absent")
    )
    assert refused.status_code == absent.status_code == 422
    assert "请选一个您参与的研究" in refused.text
    assert refused.text == absent.text
    assert "越界" not in cast.client.get(KEYS).text, "and no key was made"


def test_the_cookie_opens_the_api_only_with_the_token_of_our_pages(browser: TestClient) -> None:
    assert browser.get("/api/v1/studies").status_code == 200
    body = {"title": "新研究"}
    forged = browser.post("/api/v1/studies", json=body)
    assert (forged.status_code, forged.json()["code"]) == (403, "csrf")
    token = csrf_of(browser.get("/studies"))
    assert browser.post("/api/v1/studies", json=body, headers={"X-CSRF-Token": token}).status_code == 201
    elsewhere = {"X-CSRF-Token": token, "Origin": "https://evil.example"}
    assert browser.post("/api/v1/studies", json=body, headers=elsewhere).status_code == 403


def test_without_key_or_session_the_api_says_how_to_come_in(client: TestClient) -> None:
    refused = client.get("/api/v1/studies")
    assert refused.status_code == 401
    assert refused.headers["www-authenticate"] == "Bearer"
    assert refused.headers["content-type"].startswith("application/problem+json")

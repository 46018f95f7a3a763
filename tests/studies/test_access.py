"""Owner, teammate, viewer, stranger and a passer-by at each address of a study."""

import pytest

from app.accounts import service
from tests.support.cast import Cast
from tests.support.scene import PASSWORD, SLUG
from tests.support.staff import csrf_of, sign_in

STUDY = f"/api/v1/studies/{SLUG}"
QUESTIONS = [{"key": "mood", "type": "mood", "label": "心情"}]
ADDRESSES = [
    # method, path, body, and what owner, teammate (researcher) and viewer get
    ("GET", STUDY, None, (200, 200, 200)),
    ("PATCH", STUDY, {"description": "改一下"}, (200, 200, 403)),
    ("POST", f"{STUDY}/form-versions", {"questions": QUESTIONS}, (201, 201, 403)),
    ("POST", f"{STUDY}/touchpoints", {"stage": "visit", "key": "cafe", "name": "茶水间"}, (201, 201, 403)),
    ("POST", f"{STUDY}/waves", {"key": "before", "name": "改之前"}, (201, 201, 403)),
    ("GET", f"{STUDY}/members", None, (200, 200, 403)),
    ("GET", f"{STUDY}/members/viewer", None, (200, 200, 403)),
    ("PUT", f"{STUDY}/members/viewer", {"role": "coder"}, (200, 403, 403)),
    ("DELETE", f"{STUDY}/members/viewer", None, (204, 403, 403)),
]
PAGES = [
    ("/settings", (200, 200, 200)),
    ("/settings/journey", (200, 200, 200)),
    ("/settings/form", (200, 200, 200)),
    ("/settings/consent", (200, 200, 200)),
    ("/settings/help", (200, 200, 200)),
    ("/settings/members", (200, 200, 200)),
]
FORMS = [
    ("/settings", (303, 303, 403)),  # nothing named, nothing changed
    ("/settings/journey", (422, 422, 403)),
    ("/settings/form", (422, 422, 403)),
    ("/settings/consent", (422, 422, 403)),
    ("/settings/help", (303, 303, 403)),
    ("/settings/members", (422, 403, 403)),
    ("/settings/members/remove", (404, 403, 403)),
]
MEMBERS = ("owner", "teammate", "viewer")


@pytest.mark.parametrize("who", range(3), ids=MEMBERS)
@pytest.mark.parametrize(("method", "path", "body", "expected"), ADDRESSES)
def test_each_role_may_do_what_it_should(
    cast: Cast, method: str, path: str, body: object, expected: tuple[int, ...], who: int
) -> None:
    answer = cast.client.request(method, path, json=body, headers=cast.headers[MEMBERS[who]])
    assert answer.status_code == expected[who], answer.text


@pytest.mark.parametrize(("method", "path", "body"), [address[:3] for address in ADDRESSES])
def test_a_stranger_cannot_tell_a_study_from_none(cast: Cast, method: str, path: str, body: object) -> None:
    theirs = cast.client.request(method, path, json=body, headers=cast.headers["stranger"])
    absent = cast.client.request(method, path.replace(SLUG, "absent"), json=body, headers=cast.headers["stranger"])
    nobody = cast.client.request(method, path, json=body)
    assert theirs.status_code == absent.status_code == 404
    assert theirs.content == absent.content
    assert {**theirs.headers} == {**absent.headers}
    assert nobody.status_code == 401


def test_each_role_sees_the_pages_it_should(cast: Cast) -> None:
    for place, who in enumerate(MEMBERS):
        cast.client.cookies.clear()
        sign_in(cast.client, who, PASSWORD)
        token = csrf_of(cast.client.get("/studies"))
        for path, expected in PAGES:
            assert cast.client.get(f"/studies/{SLUG}{path}").status_code == expected[place], (who, path)
        for path, expected in FORMS:
            answer = cast.client.post(f"/studies/{SLUG}{path}", data={"csrf_token": token})
            assert answer.status_code == expected[place], (who, path)
            assert cast.client.post(f"/studies/{SLUG}{path}", data={}).status_code == 403


def test_a_stranger_sees_no_page_of_a_study(cast: Cast) -> None:
    for path, _ in (*PAGES, *FORMS):
        assert cast.client.get(f"/studies/{SLUG}{path}").status_code in (303, 405)
    sign_in(cast.client, "stranger", PASSWORD)
    listed = cast.client.get("/studies")
    assert SLUG not in listed.text
    assert "新建第一个研究" in listed.text
    token = csrf_of(listed)
    for path, _ in PAGES:
        theirs, absent = (cast.client.get(f"/studies/{slug}{path}") for slug in (SLUG, "absent"))
        assert (theirs.status_code, theirs.text) == (404, absent.text)
    for path, _ in FORMS:
        assert cast.client.post(f"/studies/{SLUG}{path}", data={"csrf_token": token}).status_code == 404


def test_a_viewer_is_shown_no_button_that_would_be_refused(cast: Cast) -> None:
    sign_in(cast.client, "viewer", PASSWORD)
    for path, _ in PAGES:
        page = cast.client.get(f"/studies/{SLUG}{path}").text
        main = page[page.index("<main") :]
        assert "<button" not in main, path


def test_a_system_admin_acts_as_owner(cast: Cast) -> None:
    with cast.app.state.database.write() as session:
        user = service.create_user(session, "root", "管理员", PASSWORD, is_admin=True)
        _, token = service.create_api_key(session, cast.app.state.keyring, user.id, "k", ["admin"])
    headers = {"Authorization": f"Bearer {token}"}
    assert cast.client.get(STUDY, headers=headers).json()["role"] == "owner"
    assert cast.client.put(f"{STUDY}/members/viewer", json={"role": "care"}, headers=headers).status_code == 200

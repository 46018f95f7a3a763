"""The workbench's pages of participants: who may see and do what, and what each page shows."""

import re

import pytest
from sqlalchemy import Engine, event, text

from tests.support.cast import Cast
from tests.support.phone import Phone, words
from tests.support.scene import PASSWORD, SLUG
from tests.support.staff import csrf_of, sign_in, submit

LIST = f"/studies/{SLUG}/participants"


def test_the_list_shows_days_entries_and_consent(cast: Cast) -> None:
    cast.add_patient("P03", consent=False)
    assert cast.put(cast.entry()).status_code == 201
    sign_in(cast.client, "owner", PASSWORD)
    page = cast.client.get(LIST)
    said = words(page)
    assert "3 个人，1 个写过日记" in said
    assert "1 条" in said
    assert "纸质已登记" in said
    assert "还没有同意" in said
    assert "夜里" not in said


def test_the_list_takes_as_many_selects_for_ten_people_as_for_two(cast: Cast) -> None:
    sign_in(cast.client, "owner", PASSWORD)
    asked: list[str] = []
    event.listen(cast.app.state.database.reader, "before_cursor_execute", lambda *call: asked.append(call[2]))
    cast.client.get(LIST)
    for_two = len(asked)
    for n in range(3, 11):
        cast.add_patient(f"P{n:02d}")
    asked.clear()
    page = cast.client.get(LIST)
    assert page.text.count('<th scope="row">') == 10
    assert len(asked) == for_two


@pytest.mark.parametrize(
    ("who", "list_status", "person_status", "new_status"),
    [("owner", 200, 200, 200), ("teammate", 200, 200, 200), ("viewer", 200, 403, 403), ("stranger", 404, 404, 404)],
)
def test_each_role_sees_what_it_may(
    cast: Cast, who: str, list_status: int, person_status: int, new_status: int
) -> None:
    sign_in(cast.client, who, PASSWORD)
    assert cast.client.get(LIST).status_code == list_status
    assert cast.client.get(f"{LIST}/{cast.people['P01']}").status_code == person_status
    assert cast.client.get(f"{LIST}/new").status_code == new_status


def test_adding_one_shows_their_sheet_with_link_code_and_qr(cast: Cast) -> None:
    sign_in(cast.client, "owner", PASSWORD)
    page = submit(cast.client, f"{LIST}/new", LIST, {"code": "", "anchor_on": "2026-03-10"})
    assert page.status_code == 200
    assert page.headers["cache-control"] == "no-store"
    token = re.search(r"/d#([\w-]+)", page.text)
    code = re.search(r"([2-9A-Z]{5}-[2-9A-Z]{5})", words(page))
    assert token is not None
    assert code is not None
    assert "P03" in words(page)
    assert "<svg" in page.text
    phone = Phone(cast.client)
    assert phone.open(token[1]).status_code == 303
    assert phone.open(code[1]).status_code == 303


def test_a_wrong_field_is_told_and_what_was_typed_stays(cast: Cast) -> None:
    sign_in(cast.client, "owner", PASSWORD)
    typed = {
        "code": "张 三",
        "anchor_on": "2026-03-10",
        "time_zone": "Mars/Base",
        "attribute_name": "年龄",
        "attribute_value": "老",
    }
    page = submit(cast.client, f"{LIST}/new", LIST, typed)
    assert page.status_code == 422
    for value in typed.values():
        assert f'value="{value}"' in page.text
    assert "编号只能用字母" in words(page)
    assert "时区请写成" in words(page)


def test_a_code_in_use_is_told(cast: Cast) -> None:
    sign_in(cast.client, "owner", PASSWORD)
    page = submit(cast.client, f"{LIST}/new", LIST, {"code": "P01"})
    assert page.status_code == 409
    assert "这个编号已经有人用了" in words(page)


def test_renewing_shows_a_new_sheet_and_the_old_link_is_dead(cast: Cast) -> None:
    sign_in(cast.client, "owner", PASSWORD)
    person = f"{LIST}/{cast.people['P01']}"
    assert cast.client.get(f"{person}/sheet").headers["location"] == f"{person}#link"
    page = submit(cast.client, person, f"{person}/sheet", {})
    assert page.status_code == 200
    assert cast.links["P01"].token not in page.text
    assert Phone(cast.client).open(cast.links["P01"].token).status_code == 410


def test_consent_on_paper_is_recorded_and_lets_programs_write(cast: Cast) -> None:
    cast.add_patient("P03", consent=False)
    sign_in(cast.client, "owner", PASSWORD)
    person = f"{LIST}/{cast.people['P03']}"
    assert cast.put(cast.entry(participant="P03")).status_code == 403
    missing = submit(cast.client, person, f"{person}/consents", {"version": "1", "purposes": ["quotes"]})
    assert missing.status_code == 422
    given = submit(cast.client, person, f"{person}/consents", {"version": "1", "purposes": ["diary"]})
    assert given.headers["location"] == f"{person}?done=consent"
    assert cast.put(cast.entry(participant="P03")).status_code == 201


def test_marking_withdrawn_is_final_and_gives_no_more_links(cast: Cast) -> None:
    sign_in(cast.client, "owner", PASSWORD)
    person = f"{LIST}/{cast.people['P01']}"
    token = csrf_of(cast.client.get(person))
    cast.client.post(f"{person}/withdraw", data={"csrf_token": token})
    assert "已退出" in words(cast.client.get(LIST))
    refused = cast.client.post(f"{person}/sheet", data={"csrf_token": token})
    assert refused.status_code == 410
    assert cast.put(cast.entry()).status_code == 410


def test_moving_the_anchor_moves_the_days_of_what_was_written(cast: Cast, engine: Engine) -> None:
    assert cast.put(cast.entry()).status_code == 201
    sign_in(cast.client, "owner", PASSWORD)
    person = f"{LIST}/{cast.people['P01']}"
    moved = submit(cast.client, person, f"{person}/anchor", {"anchor_on": "2026-03-12", "time_zone": "Asia/Shanghai"})
    assert moved.headers["location"] == f"{person}?done=anchor"
    with engine.connect() as connection:
        assert connection.execute(text("SELECT day FROM entry")).scalar_one() == 1
        assert set(connection.execute(text("SELECT day FROM statement")).scalars()) == {1}
        days = connection.execute(text("SELECT position, sum(n) FROM curve_cell WHERE axis = 'day' GROUP BY position"))
        assert {row[0]: int(row[1]) for row in days} == {"3": 0, "1": 2}
        stages = connection.execute(text("SELECT sum(n) FROM curve_cell WHERE axis = 'stage'")).scalar_one()
        assert int(stages) == 2
    wrong = submit(cast.client, person, f"{person}/anchor", {"anchor_on": "soon", "time_zone": "Asia/Shanghai"})
    assert wrong.headers["location"] == f"{person}?wrong=anchor"


def test_another_studys_participant_is_a_404(cast: Cast) -> None:
    sign_in(cast.client, "owner", PASSWORD)
    cast.client.post(
        "/api/v1/studies", json={"title": "另一项", "slug": "other", "template": "blank"}, headers=cast.headers["owner"]
    )
    assert cast.client.get(f"/studies/other/participants/{cast.people['P01']}").status_code == 404
    token = csrf_of(cast.client.get("/studies/other/participants/new"))
    for action in ("sheet", "withdraw", "consents", "anchor"):
        address = f"/studies/other/participants/{cast.people['P01']}/{action}"
        assert cast.client.post(address, data={"csrf_token": token, "version": "1"}).status_code == 404

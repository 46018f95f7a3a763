"""Consent: asked before the first entry, unticked, by purpose and version; taken back; leaving."""

import re

from fastapi import FastAPI
from sqlalchemy import Engine, text

from app.accounts.actors import StaffActor
from app.studies import service as studies
from app.studies.schemas import ConsentIn, PurposeIn
from tests.support.cast import Cast
from tests.support.phone import Phone, words
from tests.support.scene import SLUG


def opened(cast: Cast, code: str = "P01") -> Phone:
    phone = Phone(cast.client)
    assert phone.open(cast.links[code].token).status_code == 303
    return phone


def consents(engine: Engine) -> list[tuple[str, str, int]]:
    """Purpose, method and version of what is in force."""
    query = (
        "SELECT purpose, method, version FROM consent WHERE withdrawn_at IS NULL AND method = 'person' ORDER BY purpose"
    )
    with engine.connect() as connection:
        return [(row[0], row[1], row[2]) for row in connection.execute(text(query))]


def test_nothing_is_ticked_and_nothing_can_be_written_before(cast: Cast) -> None:
    phone = opened(cast)
    page = phone.client.get("/d/consent")
    assert re.findall(r'name="purposes" value="\w+"( checked)?', page.text) == [""] * 4
    assert phone.client.get("/d/today").headers["location"] == "/d/consent"


def test_consent_on_paper_is_not_enough_on_the_phone(cast: Cast) -> None:
    phone = opened(cast)
    assert cast.put(cast.entry()).status_code == 201
    assert phone.client.get("/d/today").headers["location"] == "/d/consent"


def test_the_required_purpose_is_asked_for_and_other_ticks_are_kept(cast: Cast, engine: Engine) -> None:
    phone = opened(cast)
    answer = phone.agree("quotes")
    assert answer.status_code == 422
    assert "还差一个勾" in words(answer)
    assert re.search(r'value="quotes" checked', answer.text)
    assert re.search(r'value="diary"[^>]*aria-invalid="true"', answer.text)
    assert consents(engine) == []


def test_agreeing_stores_each_ticked_purpose_with_the_hash_of_its_text(cast: Cast, engine: Engine) -> None:
    opened(cast).agree("diary", "quotes")
    assert consents(engine) == [("diary", "person", 1), ("quotes", "person", 1)]
    with engine.connect() as connection:
        given = set(connection.execute(text("SELECT text_hash FROM consent")).scalars())
        assert given == set(connection.execute(text("SELECT text_hash FROM consent_text")).scalars())
        logged = connection.execute(
            text("SELECT count(*) FROM audit_event WHERE action = 'consent.given'")
        ).scalar_one()
    assert logged == 2 + 2  # two on paper from the cast, two on the phone


def test_agreeing_twice_changes_nothing(cast: Cast, engine: Engine) -> None:
    phone = opened(cast)
    phone.agree("diary")
    phone.agree("diary")
    assert consents(engine) == [("diary", "person", 1)]


def test_an_unknown_purpose_is_refused(cast: Cast, engine: Engine) -> None:
    assert opened(cast).agree("diary", "everything").status_code == 422
    assert consents(engine) == []


def test_a_new_text_is_asked_anew_and_the_old_one_cannot_be_agreed_to(cast: Cast, app: FastAPI, engine: Engine) -> None:
    phone = opened(cast)
    phone.agree("diary")
    owner = StaffActor(cast.user_ids["owner"], "owner", "Owner", False)
    with app.state.database.write() as session:
        purpose = PurposeIn(key="diary", label="我愿意写日记", required=True)
        version = studies.publish_consent(
            session, owner, cast.study_id, ConsentIn(introduction="新的说明", purposes=(purpose,))
        )
    assert phone.client.get("/d/today").headers["location"] == "/d/consent"
    late = phone.agree("diary", version="1")
    assert late.status_code == 409
    assert "新的说明" in words(late)
    assert phone.agree("diary", version=str(version)).headers["location"] == "/d/today"
    assert consents(engine) == [("diary", "person", 1), ("diary", "person", version)]


def test_an_optional_purpose_can_be_taken_back_and_given_again(cast: Cast, engine: Engine) -> None:
    phone = opened(cast)
    phone.agree("diary", "quotes")
    token = str(phone.sheet()["csrf_token"])
    phone.client.post("/d/consent/quotes/withdraw", data={"csrf_token": token})
    assert consents(engine) == [("diary", "person", 1)]
    assert phone.client.get("/d/today").status_code == 200
    phone.client.post("/d/consent", data={"csrf_token": token, "version": "1", "purposes": ["diary", "quotes"]})
    assert [row[0] for row in consents(engine)] == ["diary", "quotes"]


def test_leaving_the_study_ends_consent_and_answers_410_everywhere(cast: Cast, engine: Engine) -> None:
    phone = opened(cast)
    phone.agree("diary")
    sheet = phone.sheet()
    left = phone.client.post("/d/withdraw", data={"csrf_token": str(sheet["csrf_token"])})
    assert left.status_code == 200
    assert "您已经退出" in words(left)
    assert consents(engine) == []
    assert cast.put(cast.entry()).status_code == 410
    again = phone.open(cast.links["P01"].token)
    assert again.status_code == 410
    assert "您已经退出这项研究" in words(again)


def test_someone_marked_withdrawn_by_staff_reads_so_and_keeps_what_they_typed(cast: Cast) -> None:
    phone = opened(cast)
    phone.agree("diary")
    sheet = phone.sheet()
    staff = cast.client.post(f"/api/v1/studies/{SLUG}/participants/P01/withdraw", headers=cast.headers["teammate"])
    assert staff.status_code == 200
    for path in ("/d/today", "/d/mine", "/d/consent"):
        page = phone.client.get(path)
        assert page.status_code == 410
        assert "您已经退出这项研究" in words(page)
    sent = phone.send(sheet, feeling="这一句不能丢")
    assert sent.status_code == 410
    assert "这一句不能丢" in words(sent)


def test_another_person_is_not_touched(cast: Cast) -> None:
    phone = opened(cast, "P01")
    phone.agree("diary")
    token = str(phone.sheet()["csrf_token"])
    phone.client.post("/d/withdraw", data={"csrf_token": token})
    assert cast.put(cast.entry(participant="P02")).status_code == 201

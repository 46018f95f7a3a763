"""Consent: asked before the first entry, unticked, by purpose and version; taken back; leaving."""

import re
from datetime import timedelta

import pytest
from fastapi import FastAPI
from sqlalchemy import Engine, select, text

from app.accounts.actors import StaffActor
from app.core import clock
from app.participants.models import Consent
from app.studies import service as studies
from app.studies.schemas import ConsentIn, PurposeIn
from tests.support.cast import Cast
from tests.support.phone import Phone, words
from tests.support.scene import PASSWORD, SLUG
from tests.support.staff import csrf_of, sign_in, submit


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


def publish(cast: Cast, introduction: str, *purposes: PurposeIn) -> int:
    owner = StaffActor(cast.user_ids["owner"], "owner", "Owner", False)
    with cast.app.state.database.write() as session:
        return studies.publish_consent(
            session, owner, cast.study_id, ConsentIn(introduction=introduction, purposes=purposes)
        )


DIARY = PurposeIn(key="diary", label="我愿意写日记，用于这项研究", required=True)


def test_a_required_purpose_says_what_follows_and_can_be_given_again(cast: Cast, engine: Engine) -> None:
    phone = opened(cast)
    phone.agree("diary", "quotes")
    assert "不能再写新的日记" in words(phone.client.get("/d/consent"))
    token = csrf_of(phone.client.get("/d/consent"))
    answer = phone.client.post("/d/consent/diary/withdraw", data={"csrf_token": token})
    assert answer.status_code == 303
    page = phone.client.get(answer.headers["location"])
    assert "已经按您的意思改好了" in words(page)
    assert "想接着写，需要您同意" in words(page)
    assert re.findall(r'value="(\w+)" checked', page.text) == ["quotes"], "what is in force, and nothing else"
    assert phone.client.get("/d/today").headers["location"] == "/d/consent"
    assert phone.client.get("/d/mine").status_code == 200
    assert phone.agree("diary", "quotes").headers["location"] == "/d/today"
    assert consents(engine) == [("diary", "person", 1), ("quotes", "person", 1)]


def test_a_new_text_says_what_is_new_in_it(cast: Cast) -> None:
    phone = opened(cast)
    phone.agree("diary")
    before = cast.get("").json()["consent"]["introduction"]
    again = PurposeIn(key="diary", label="我愿意写日记和拍照", required=True)
    video = PurposeIn(key="video", label="可以录像", explanation="只拍手部")
    publish(cast, before.replace("谢谢您愿意了解", "很高兴您来了解") + "\n\n新加的一段话。", again, video)
    page = words(phone.client.get("/d/consent"))
    assert "同意书更新了，请再看一看" in page
    news = page[page.index("和您上次同意的有什么不同") : page.index("您愿意吗")]
    for told in (
        "新增一项：可以录像",
        "去掉一项：报告里可以引用我写的话",
        "换了说法：我愿意写日记和拍照",
        "新加的一段话",
    ):
        assert told in news
    assert "保存多久" not in news.partition("去掉的段落")[0], "what stayed is not told again"


def test_someone_new_is_not_told_of_changes(cast: Cast) -> None:
    publish(cast, "全新的说明", DIARY)
    with cast.app.state.database.write() as session:
        session.execute(text("DELETE FROM consent"))
    page = words(opened(cast).client.get("/d/consent"))
    assert "参加之前，请慢慢看一看" in page
    assert "有什么不同" not in page


def test_programs_write_only_under_the_text_that_was_in_force(cast: Cast) -> None:
    earlier = clock.now() - timedelta(days=2)
    assert cast.put(cast.entry(occurred_at=earlier.isoformat())).status_code == 201
    publish(cast, "新的说明", DIARY)
    assert cast.put(cast.entry("那时写的", occurred_at=earlier.isoformat())).status_code == 201
    later = {"occurred_at": (clock.now() + timedelta(seconds=1)).isoformat()}
    refused = cast.put(cast.entry("现在写的", **later))
    assert (refused.status_code, refused.json()["code"]) == (403, "consent_missing")
    agreed = cast.client.post(
        "/api/v1/studies/implant/participants/P01/consents",
        json={"purposes": ["diary"]},
        headers=cast.headers["owner"],
    )
    assert (agreed.status_code, agreed.json()["consent"]["version"]) == (201, 2)
    assert cast.put(cast.entry("现在写的", **later)).status_code == 201


@pytest.mark.parametrize(
    ("given", "status"),
    [
        ({"given_on": "2020-05-04"}, 201),  # the first text, signed before the study was made here
        ({"given_on": "2020-05-04", "version": 1}, 201),
        ({"given_on": "2020-05-04", "version": 2}, 409),
        ({"version": 1}, 409),
        ({"version": 2}, 201),
        ({"given_on": "2999-01-01"}, 422),
        ({"given_on": "1200-01-01"}, 422),
    ],
)
def test_paper_is_registered_under_the_text_of_its_day(
    cast: Cast, engine: Engine, given: dict[str, object], status: int
) -> None:
    cast.add_patient("P07", consent=False)
    publish(cast, "新的说明", DIARY)
    answer = cast.client.post(
        "/api/v1/studies/implant/participants/P07/consents",
        json={"purposes": ["diary"], **given},
        headers=cast.headers["owner"],
    )
    assert answer.status_code == status, answer.text
    with cast.store.read() as session:
        mine = [one for one in session.scalars(select(Consent)) if one.participant_id == cast.people["P07"]]
    assert len(mine) == (1 if status == 201 else 0)
    if status == 201 and "given_on" in given:
        assert (mine[0].version, clock.local_date(mine[0].given_at, "Asia/Shanghai").isoformat()) == (1, "2020-05-04")


def test_the_workbench_registers_an_earlier_signature(cast: Cast) -> None:
    who = cast.add_patient("P08", consent=False)
    sign_in(cast.client, "owner", PASSWORD)
    page = f"/studies/implant/participants/{who}"
    fields: dict[str, str | list[str]] = {"purposes": ["diary"], "version": "1", "given_on": "2024-02-03"}
    assert submit(cast.client, page, f"{page}/consents", fields).status_code == 303
    wrong = submit(cast.client, page, f"{page}/consents", {**fields, "given_on": "昨天"})
    assert wrong.status_code == 422
    assert "日期请写成" in words(wrong)


def test_quotes_tell_who_agreed_to_be_quoted(cast: Cast) -> None:
    phone = opened(cast)
    phone.agree("diary", "quotes")
    cast.put(cast.entry("可以引用的话"))
    cast.put(cast.entry("只给团队看的话", participant="P02"))
    quotable = {one["text"]: one["quotable"] for one in cast.get("/quotes?key=recovery").json()}
    assert quotable == {"可以引用的话": True, "只给团队看的话": False}
    cast.client.cookies.clear()
    sign_in(cast.client, "owner", PASSWORD)
    page = words(cast.client.get("/studies/implant/quotes?key=recovery"))
    assert page.count("本人没有同意引用") == 2, "once at the quote and once where it is explained"
    publish(cast, "不问引用的说明", DIARY)
    assert {one["quotable"] for one in cast.get("/quotes?key=recovery").json()} == {None}
    assert "没有同意引用" not in words(cast.client.get("/studies/implant/quotes?key=recovery"))

"""What phones send by themselves: sealed, stored exactly once, and acknowledged by receipts that prove themselves."""

import json
import threading
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Engine, text

from app.core import clock
from app.core.db import Database
from app.core.sealing import study_key
from app.diary import phones
from app.participants import service as participants
from app.participants.models import Participant
from app.prompts import personal
from app.prompts.models import Prompt
from tests.support.cast import Cast
from tests.support.scene import SLUG
from tests.support.syncing import SyncingPhone, digest, syncing_phone


@pytest.fixture
def phone(cast: Cast) -> SyncingPhone:
    return syncing_phone(cast)


def entries(engine: Engine) -> list[dict[str, Any]]:
    with engine.connect() as connection:
        return [dict(row._mapping) for row in connection.execute(text("SELECT * FROM entry ORDER BY received_at"))]


def stored(cast: Cast, entry_id: UUID) -> dict[str, Any]:
    answer = cast.get(f"/entries/{entry_id}")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def code(answer: Any) -> tuple[int, str]:
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["cache-control"] == "no-store"
    problem = answer.json()
    assert problem["status"] == answer.status_code
    return answer.status_code, problem["code"]


def test_a_sealed_entry_is_stored_and_its_receipt_proves_it(phone: SyncingPhone, cast: Cast) -> None:
    entry_id, entry = uuid4(), phone.entry()
    answer = phone.send(entry, entry_id)
    assert answer.status_code == 201, answer.text
    assert answer.headers["cache-control"] == "no-store"
    assert phone.proves(answer.json(), digest(entry))
    assert not phone.proves(answer.json(), digest({**entry, "stage": "visit"}))
    found = stored(cast, entry_id)
    assert found["participant"] == "P01"
    assert [one["text"] for one in found["statements"]] == ["夜里疼醒了两回。"]
    assert (found["clock"], found["prompt"], found["recall_lag"]) == (None, None, 0)


def test_todays_page_tells_the_phone_what_it_seals_with_and_what_it_checks(phone: SyncingPhone, cast: Cast) -> None:
    page = phone.client.get("/d/today").text
    facts = json.loads(unescape(page.partition('id="facts">')[2].partition("</script>")[0]))
    assert (facts["person"], facts["study"], facts["study_id"]) == (str(phone.person), SLUG, str(phone.study_id))
    assert facts["receipt_key"] == cast.client.get("/api/v1/receipt-key").json()["public_key"]
    assert (facts["anchor_on"], facts["zone"], facts["form_version"]) == ("2026-03-10", "Asia/Shanghai", 1)
    assert {"key", "name", "day_from", "day_to"} == facts["stages"][0].keys()
    phone.seal_key = facts["seal_key"]
    assert phone.send(phone.entry()).status_code == 201


def test_a_repeat_gets_the_same_receipt_and_makes_nothing(phone: SyncingPhone, engine: Engine) -> None:
    entry_id, entry = uuid4(), phone.entry()
    first, second = phone.send(entry, entry_id), phone.send(entry, entry_id)
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json() == second.json()
    assert len(entries(engine)) == 1


def test_the_same_entry_sent_many_times_at_once_is_stored_once(phone: SyncingPhone, engine: Engine) -> None:
    entry_id, entry = uuid4(), phone.entry()
    body = phone.seal("entry", entry_id, json.dumps(entry).encode())
    barrier, answers = threading.Barrier(6), []

    def send() -> None:
        barrier.wait()
        answers.append(phone.put("entry", entry_id, body))

    senders = [threading.Thread(target=send) for _ in range(6)]
    for one in senders:
        one.start()
    for one in senders:
        one.join()
    assert sorted(one.status_code for one in answers) == [200] * 5 + [201]
    assert len({one.text for one in answers}) == 1
    assert len(entries(engine)) == 1


def test_other_content_under_the_same_id_is_refused_and_changes_nothing(phone: SyncingPhone, cast: Cast) -> None:
    entry_id = uuid4()
    phone.send(phone.entry("第一次"), entry_id)
    assert code(phone.send(phone.entry("第二次"), entry_id)) == (409, "entry_conflict")
    assert stored(cast, entry_id)["answers"]["feeling"] == "第一次"


def test_the_prompt_that_was_answered_is_kept_and_signed(phone: SyncingPhone, cast: Cast) -> None:
    entry_id, prompt = uuid4(), uuid4()
    entry = phone.entry(prompt=str(prompt))
    answer = phone.send(entry, entry_id)
    assert phone.proves(answer.json(), digest(entry))
    assert stored(cast, entry_id)["prompt"] == str(prompt)
    assert code(phone.send(phone.entry(), entry_id)) == (409, "entry_conflict")


def prompted(store: Database, phone: SyncingPhone, at: datetime) -> UUID:
    """Return a prompt that the person has had in hand since ``at``."""
    with clock.frozen_at(at), store.write() as session:
        prompt = personal.nudge(session, "user:test", phone.study_id, phone.person)
        prompt.state, prompt.claimed_at, prompt.sent_at = "sent", at, at
        return prompt.id


def answer_of(store: Database, phone: SyncingPhone, prompt: UUID) -> tuple[UUID | None, bool]:
    with store.read() as session:
        found = session.get_one(Prompt, (phone.study_id, prompt))
        return found.answered_entry_id, found.late


NOON = datetime.fromisoformat("2026-03-13T12:00:00+08:00")


@pytest.mark.parametrize("named", [True, False])
def test_the_ledger_learns_which_prompt_was_answered_and_when_it_was_written(
    phone: SyncingPhone, cast: Cast, store: Database, *, named: bool
) -> None:
    prompt, entry_id = prompted(store, phone, NOON), uuid4()
    written = (NOON + timedelta(hours=1)).isoformat()
    entry = phone.entry(occurred_at=written, recorded_at=written, **({"prompt": str(prompt)} if named else {}))
    answer = phone.send(entry, entry_id)
    assert answer_of(store, phone, prompt) == (entry_id, False)
    assert stored(cast, entry_id)["prompt"] == str(prompt)
    assert phone.proves(answer.json(), digest(entry))
    assert phone.send(entry, entry_id).json() == answer.json()


def test_an_answer_after_its_time_is_late_and_the_first_answer_stays(
    phone: SyncingPhone, cast: Cast, store: Database
) -> None:
    prompt, first, second = prompted(store, phone, NOON), uuid4(), uuid4()
    late = (NOON + timedelta(days=3)).isoformat()
    for entry_id in (first, second):
        phone.send(phone.entry(occurred_at=late, recorded_at=late, prompt=str(prompt)), entry_id)
    assert answer_of(store, phone, prompt) == (first, True)


def test_entries_that_programs_hand_in_answer_no_prompt_unless_they_name_it(
    phone: SyncingPhone, cast: Cast, store: Database
) -> None:
    prompt, entry_id = prompted(store, phone, NOON), uuid4()
    written = (NOON + timedelta(hours=1)).isoformat()
    cast.put(cast.entry(occurred_at=written, recorded_at=written))
    assert answer_of(store, phone, prompt) == (None, False)
    cast.put(cast.entry(occurred_at=written, recorded_at=written, prompt=str(prompt)), entry_id)
    assert answer_of(store, phone, prompt) == (entry_id, False)


def test_an_edit_leaves_the_entry_with_its_prompt(phone: SyncingPhone, cast: Cast) -> None:
    entry_id, prompt = uuid4(), uuid4()
    first = cast.put(cast.entry("原来", prompt=str(prompt)), entry_id)
    etag = first.headers["etag"]
    assert cast.put(cast.entry("改过"), entry_id, if_match=etag).status_code == 200
    assert (stored(cast, entry_id)["version"], stored(cast, entry_id)["prompt"]) == (2, str(prompt))


def test_an_edit_leaves_when_it_was_first_written_and_what_the_clock_said(phone: SyncingPhone, cast: Cast) -> None:
    entry_id = uuid4()
    now = datetime.fromisoformat("2026-03-14T12:00:00+08:00")
    off = timedelta(days=3650)
    entry = phone.entry(occurred_at=(now + off).isoformat(), recorded_at=(now + off).isoformat())
    with clock.frozen_at(now):
        phone.send(entry, entry_id, headers={"X-Sent-At": (now + off).isoformat()})
    before = stored(cast, entry_id)

    def edit(**changes: str) -> dict[str, Any]:
        etag = cast.get(f"/entries/{entry_id}").headers["etag"]
        body = cast.entry("改过", **{"occurred_at": now.isoformat(), **changes})
        assert cast.put(body, entry_id, if_match=etag).status_code == 200
        return stored(cast, entry_id)

    after = edit()
    assert (after["recorded_at"], after["recall_lag"]) == (before["recorded_at"], 0)
    assert (after["clock"], after["version"]) == (before["clock"], 2)
    assert edit(occurred_at="2026-03-13T08:00:00+08:00")["clock"] is None
    written = edit(occurred_at="2026-03-13T08:00:00+08:00", recorded_at="2026-03-13T08:00:10+08:00")
    assert written["recall_lag"] == 10


def test_recall_lag_is_from_happening_to_writing(phone: SyncingPhone, cast: Cast) -> None:
    entry_id = uuid4()
    times = {"occurred_at": "2026-03-13T08:00:00+08:00", "recorded_at": "2026-03-13T21:30:00.250+08:00"}
    phone.send(phone.entry(**times), entry_id)
    assert stored(cast, entry_id)["recall_lag"] == 48_600


def test_without_a_sign_in_nothing_is_taken_and_the_answer_says_so(phone: SyncingPhone, engine: Engine) -> None:
    phone.client.cookies.clear()
    assert code(phone.send(phone.entry())) == (401, "unauthenticated")
    assert entries(engine) == []


@pytest.mark.parametrize(
    "headers",
    [{}, {"X-Xinlu-Sync": "1", "Sec-Fetch-Site": "cross-site"}, {"X-Xinlu-Sync": "1", "Origin": "https://else.where"}],
)
def test_what_another_site_sends_is_refused(phone: SyncingPhone, engine: Engine, headers: dict[str, str]) -> None:
    phone.headers = headers
    assert code(phone.send(phone.entry())) == (403, "csrf")
    phone.headers = {"X-Xinlu-Sync": "1", "Sec-Fetch-Site": "same-origin", "Origin": "http://testserver"}
    assert phone.send(phone.entry()).status_code == 201
    assert len(entries(engine)) == 1


def test_another_persons_entry_waits_for_its_person(phone: SyncingPhone, cast: Cast, engine: Engine) -> None:
    other = syncing_phone(cast, "P02")
    entry_id, entry = uuid4(), phone.entry()
    assert code(other.send(entry, entry_id)) == (403, "other_person")
    assert code(other.send({**entry, "participant": "P02"}, entry_id)) == (403, "other_person")
    assert entries(engine) == []
    assert phone.send(entry, entry_id).status_code == 201
    assert code(other.send({**entry, "participant": str(other.person)}, entry_id)) == (409, "entry_conflict")


def test_sealed_for_another_study_it_is_not_opened_and_the_right_key_comes_back(
    phone: SyncingPhone, cast: Cast, engine: Engine
) -> None:
    right = phone.seal_key
    phone.seal_key = study_key(cast.keyring, uuid4()).told()
    answer = phone.send(phone.entry())
    assert code(answer) == (409, "seal_key_changed")
    assert answer.json()["seal_key"] == right
    assert entries(engine) == []
    phone.seal_key = answer.json()["seal_key"]
    assert phone.send(phone.entry()).status_code == 201


def test_an_envelope_that_was_cut_changed_or_renamed_is_not_opened(phone: SyncingPhone, engine: Engine) -> None:
    entry_id = uuid4()
    whole = phone.seal("entry", entry_id, json.dumps(phone.entry()).encode())
    point = whole[:9] + b"\x04" + bytes(64) + whole[74:]
    changed = [b"", whole[:1], whole[:40], whole[:-1], whole + b"x", whole[:-1] + bytes([whole[-1] ^ 1]), point]
    for body in [*changed, b"\x02" + whole[1:]]:
        assert code(phone.put("entry", entry_id, body)) == (422, "envelope_broken")
    assert code(phone.put("entry", uuid4(), whole)) == (422, "envelope_broken")
    sealed_as_attachment = phone.seal("attachment", entry_id, json.dumps(phone.entry()).encode())
    assert code(phone.put("entry", entry_id, sealed_as_attachment)) == (422, "envelope_broken")
    assert entries(engine) == []
    assert phone.put("entry", entry_id, whole).status_code == 201


@pytest.mark.parametrize(
    "content", [b"", b"[]", b"nothing", b'{"study":', b"\xff\xfe", b"[" * 100_000, b'{"answers": 1}', b"null"]
)
def test_content_that_is_no_entry_is_named_without_repeating_it(phone: SyncingPhone, content: bytes) -> None:
    entry_id = uuid4()
    answer = phone.put("entry", entry_id, phone.seal("entry", entry_id, content))
    assert code(answer) == (422, "invalid")
    assert answer.json()["errors"]


def test_every_wrong_field_is_named_and_what_was_written_is_not_repeated(phone: SyncingPhone, cast: Cast) -> None:
    wrong = phone.entry("不该出现在错误里\ud800", stage="nowhere")
    wrong["answers"]["mood"] = 11
    answer = phone.send(wrong)
    assert code(answer) == (422, "invalid")
    assert {one["field"] for one in answer.json()["errors"]} == {"stage", "answers.mood", "answers.feeling"}
    assert "不该出现" not in answer.text


def test_a_body_of_another_type_or_too_large_is_refused(phone: SyncingPhone, engine: Engine) -> None:
    entry_id = uuid4()
    body = phone.seal("entry", entry_id, json.dumps(phone.entry()).encode())
    assert code(phone.put("entry", entry_id, body, headers={"Content-Type": "application/json"})) == (
        415,
        "unsupported_type",
    )
    large = phone.client.put(
        f"/d/sync/entries/{entry_id}", content=bytes(1024 * 1024 + 1), headers={"X-Xinlu-Sync": "1"}
    )
    assert (large.status_code, large.json()["code"]) == (413, "too_large")
    assert entries(engine) == []


def test_who_has_not_agreed_is_told_so_and_can_agree_and_send_again(cast: Cast, engine: Engine) -> None:
    phone = syncing_phone(cast, agree=False)
    entry_id, entry = uuid4(), phone.entry()
    assert code(phone.send(entry, entry_id)) == (403, "consent_missing")
    assert entries(engine) == []
    phone = syncing_phone(cast)
    assert phone.send(entry, entry_id).status_code == 201


def leave(store: Database, phone: SyncingPhone) -> None:
    with store.write() as session:
        person = session.get_one(Participant, (phone.study_id, phone.person))
        participants.withdraw(session, "user:test", person)


def test_after_leaving_only_what_was_stored_before_is_acknowledged(
    phone: SyncingPhone, store: Database, engine: Engine
) -> None:
    entry_id, entry = uuid4(), phone.entry()
    first = phone.send(entry, entry_id)
    leave(store, phone)
    assert code(phone.send(phone.entry())) == (410, "withdrawn")
    assert code(phone.send(phone.entry(stage="nowhere"))) == (410, "withdrawn")
    assert phone.send(entry, entry_id).json() == first.json()
    assert len(entries(engine)) == 1


def test_a_study_that_is_over_takes_no_more(phone: SyncingPhone, engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(text("UPDATE study SET closed_at = :at"), {"at": datetime(2026, 1, 1, tzinfo=UTC)})
    assert code(phone.send(phone.entry())) == (410, "study_closed")


def at(moment: str) -> datetime:
    return datetime.fromisoformat(moment)


@pytest.mark.parametrize("years", [-56, -3, -1, 1, 9, 60])
def test_a_clock_off_by_years_is_corrected_and_its_own_word_kept(phone: SyncingPhone, cast: Cast, years: int) -> None:
    now = at("2026-03-14T12:00:00+08:00")
    off = timedelta(days=365 * years)
    happened, written = now - timedelta(hours=5) + off, now - timedelta(hours=4) + off
    entry = phone.entry(occurred_at=happened.isoformat(), recorded_at=written.isoformat())
    entry_id = uuid4()
    with clock.frozen_at(now):
        answer = phone.send(entry, entry_id, headers={"X-Sent-At": (now + off).isoformat()})
    assert answer.status_code == 201, answer.text
    assert phone.proves(answer.json(), digest(entry))
    found = stored(cast, entry_id)
    assert at(found["occurred_at"]) == now - timedelta(hours=5)
    assert at(found["recorded_at"]) == now - timedelta(hours=4)
    assert (found["day"], found["recall_lag"]) == (4, 3600)
    assert found["clock"]["note"] == "corrected"
    assert (at(found["clock"]["occurred_at"]), at(found["clock"]["recorded_at"])) == (happened, written)


@pytest.mark.parametrize("minutes", [-15, 0, 15])
def test_a_clock_that_is_nearly_right_is_believed(phone: SyncingPhone, cast: Cast, minutes: int) -> None:
    now = at("2026-03-14T12:00:00+08:00")
    said = now + timedelta(minutes=minutes)
    entry_id = uuid4()
    with clock.frozen_at(now):
        phone.send(
            phone.entry(occurred_at=said.isoformat(), recorded_at=said.isoformat()),
            entry_id,
            headers={"X-Sent-At": said.isoformat()},
        )
    found = stored(cast, entry_id)
    assert (at(found["occurred_at"]), found["clock"]) == (said, None)


@pytest.mark.parametrize(
    ("happened", "sent"),
    [
        ("2041-01-01T08:00:00+08:00", "2026-03-14T12:00:00+08:00"),
        ("1970-01-01T08:00:00+08:00", "2026-03-14T12:00:00+08:00"),
        ("2041-01-01T08:00:00+08:00", None),
        ("2041-01-01T08:00:00+08:00", "yesterday"),
        ("2026-03-14T11:00:00+08:00", "1999-01-01T00:00:00Z"),
        ("9998-12-31T00:00:00+08:00", "1970-01-01T00:00:00Z"),
        ("0002-01-01T00:00:00+08:00", "2126-03-14T12:00:00+08:00"),
    ],
)
def test_a_time_that_cannot_be_meant_becomes_that_of_arrival_and_is_marked(
    phone: SyncingPhone, cast: Cast, happened: str, sent: str | None
) -> None:
    now = at("2026-03-14T12:00:00+08:00")
    entry_id, entry = uuid4(), phone.entry(occurred_at=happened, recorded_at=happened)
    with clock.frozen_at(now):
        answer = phone.send(entry, entry_id, headers={"X-Sent-At": sent} if sent else {})
    assert answer.status_code == 201, answer.text
    assert phone.proves(answer.json(), digest(entry))
    found = stored(cast, entry_id)
    assert (at(found["occurred_at"]), at(found["recorded_at"])) == (now, now)
    assert found["clock"]["note"] == "uncertain"
    assert at(found["clock"]["occurred_at"]) == at(happened)


def test_a_repeat_after_the_clock_was_set_right_is_the_same_entry(phone: SyncingPhone, engine: Engine) -> None:
    entry_id, entry = uuid4(), phone.entry()
    first = phone.send(entry, entry_id, headers={"X-Sent-At": "2031-01-01T00:00:00Z"})
    second = phone.send(entry, entry_id, headers={"X-Sent-At": clock.now().isoformat()})
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json() == second.json()


def known(store: Database, phone: SyncingPhone) -> int | None:
    with store.read() as session:
        found = phones.unsent_known(session, phone.study_id).get(phone.person)
    return found[0] if found else None


def test_how_much_waits_on_a_phone_is_known(phone: SyncingPhone, cast: Cast, store: Database) -> None:
    assert known(store, phone) is None
    phone.send(phone.entry(), headers={"X-Unsent": "4"})
    assert known(store, phone) == 4
    phone.send(phone.entry(stage="nowhere"), headers={"X-Unsent": "3"})
    assert known(store, phone) == 4  # what was refused waits there too
    phone.send(phone.entry(), headers={"X-Unsent": "-1"})
    phone.send(phone.entry(), headers={"X-Unsent": "12345"})
    assert known(store, phone) == 4
    second = syncing_phone(cast)
    second.send(second.entry(), headers={"X-Unsent": "2"})
    assert known(store, phone) == 6
    second.client.get("/d/sync/ping?nonce=a", headers={"X-Unsent": "0"})
    assert known(store, phone) == 4


def test_a_phone_signed_out_has_no_last_word_and_an_expired_one_only_until_another_speaks(
    phone: SyncingPhone, cast: Cast, store: Database
) -> None:
    phone.send(phone.entry(), headers={"X-Unsent": "7"})
    with clock.frozen_at(clock.now() + timedelta(days=400)):
        assert known(store, phone) == 7
        again = syncing_phone(cast)
        again.send(again.entry(), headers={"X-Unsent": "1"})
        assert known(store, phone) == 1
        page = again.client.get("/d/today")
        token = page.text.partition('name="csrf_token" value="')[2].partition('"')[0]
        assert again.client.post("/d/leave", data={"csrf_token": token}).status_code == 200
        assert known(store, phone) == 7


def test_the_probe_says_the_nonce_back_and_whose_diary_it_is(phone: SyncingPhone) -> None:
    answer = phone.client.get("/d/sync/ping?nonce=0af3-x")
    assert answer.headers["cache-control"] == "no-store"
    pong = answer.json()
    assert (pong["pong"], pong["person"]) == ("0af3-x", str(phone.person))
    assert abs(at(pong["at"]) - clock.now()) < timedelta(minutes=1)
    phone.client.cookies.clear()
    assert phone.client.get("/d/sync/ping?nonce=1").json()["person"] is None
    for bad in ("", "<b>", "x" * 65):
        assert code(phone.client.get("/d/sync/ping", params={"nonce": bad})) == (422, "invalid")


def test_a_sealed_entry_leaves_no_words_in_the_log(
    phone: SyncingPhone, capfd: pytest.CaptureFixture[str], engine: Engine
) -> None:
    phone.send(phone.entry("只有服务器读得到"))
    phone.send(phone.entry("只有服务器读得到", stage="nowhere"))
    said = capfd.readouterr()
    assert "只有服务器读得到" not in said.out + said.err
    with engine.connect() as connection:
        details = connection.execute(text("SELECT detail FROM audit_event WHERE action = 'entry.create'")).scalars()
        assert "只有服务器读得到" not in str(list(details))


def test_entries_of_the_api_are_still_refused_for_a_wrong_clock(cast: Cast) -> None:
    answer = cast.put(cast.entry(occurred_at="2041-01-01T08:00:00+08:00"))
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, "future")

"""The workbench's pages of compliance: who sees them, what they count, and that nobody is missing."""

import re
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from sqlalchemy import event, update
from starlette.testclient import TestClient

from app.core import clock
from app.core.clock import frozen_at
from app.core.ids import uuid7
from app.diary import compliance
from app.diary.models import PhoneQueue
from app.participants.models import DiarySession, Participant
from app.participants.service import set_anchor, withdraw
from app.prompts import ledger, planner, service
from app.prompts.schemas import ScheduleChange
from tests.support.cast import Cast
from tests.support.databases import only_on
from tests.support.phone import words
from tests.support.prompts import add_prompt
from tests.support.scene import PASSWORD, SLUG
from tests.support.staff import sign_in

PAGE = f"/studies/{SLUG}/compliance"
NOW = datetime(2026, 3, 20, 4, tzinfo=UTC)
ROW = re.compile(r'<th scope="row" class="who">(.*?)</tr>', re.DOTALL)
TEXT = "夜里肿得厉害，一个人有点害怕。"


@pytest.fixture
def asked(cast: Cast) -> Cast:
    """P01 wrote in time, late, and beside the plan; P02 never wrote, and one prompt did not get through."""
    p01, p02 = cast.people["P01"], cast.people["P02"]
    with cast.store.write() as session:
        session.execute(update(Participant).values(enrolled_at=NOW - timedelta(days=12)))
    with frozen_at(NOW):
        first = uuid4()
        cast.put(cast.entry(occurred_at="2026-03-11T20:00:00+08:00", recorded_at="2026-03-11T20:22:00+08:00"), first)
        cast.put(cast.entry(occurred_at="2026-03-14T09:00:00+08:00", recorded_at="2026-03-14T11:00:00+08:00"))
    add_prompt(cast.store, cast.study_id, p01, "2026-03-11", answered=20, opened=2, entry=first)
    add_prompt(cast.store, cast.study_id, p01, "2026-03-12", answered=600, opened=550)
    for on in ("2026-03-11", "2026-03-12", "2026-03-13"):
        add_prompt(cast.store, cast.study_id, p02, on, opened=5 if on.endswith("12") else None)
    add_prompt(cast.store, cast.study_id, p02, "2026-03-14", "failed", reason="no_address")
    add_prompt(cast.store, cast.study_id, p02, "2026-03-15", "skipped", reason="quiet_hours")
    add_prompt(cast.store, cast.study_id, p02, "2026-03-16", "cancelled", reason="schedule_changed")
    add_prompt(cast.store, cast.study_id, p02, "2026-03-20", "planned")
    return cast


def see(cast: Cast, address: str = PAGE, who: str = "viewer") -> str:
    cast.client.cookies.clear()
    sign_in(cast.client, who, PASSWORD)
    with frozen_at(NOW):
        page = cast.client.get(address)
    assert page.status_code == 200, page.text
    return page.text


def rows(page: str) -> dict[str, str]:
    """Return each line of the grid by the code it begins with, as somebody hears it."""
    heard = [re.sub(r"<[^>]+>", " ", row).split() for row in ROW.findall(page)]
    return {one[0]: " ".join(one[1:]) for one in heard}


def test_the_page_says_what_was_asked_and_what_came_of_it(asked: Cast) -> None:
    page = see(asked)
    assert "<h1>发出 5 次提醒，1 次按时写了</h1>" in page
    assert "按时写的 1 ÷ 发出的 5" in page
    lines = rows(page)
    assert "按时写了" in lines["P01"]
    assert "迟了才写" in lines["P01"]
    assert "日程之外写的" in lines["P01"]
    assert lines["P01"].count("日程之外写的") == 1
    assert lines["P02"].count("没写") == 4  # three cells, and the sign beside the code
    assert "没送到，或不知道送到没有" in lines["P02"]
    assert "没有发（暂停、安静时段等）" in lines["P02"]
    assert "还没到时间" in lines["P02"]


def test_medians_and_the_rate_of_each_day(asked: Cast) -> None:
    page = see(asked)
    assert re.search(r"5\.2 小时</b> <span[^>]*>中位数，n = 2", page)  # of 20 and 600 minutes
    assert re.search(r"71 分钟</b> <span[^>]*>中位数，n = 2", page)  # of 22 and 120 minutes
    heard = rows(page)["每天的应答率"]
    assert "50%，发出 2，按时 1，迟写 0" in heard
    assert "0%，发出 2，按时 0，迟写 1" in heard
    assert "0%，发出 1，按时 0，迟写 0" in heard


def test_old_diaries_handed_in_later_tell_nothing_of_recall(asked: Cast) -> None:
    before = see(asked)
    with frozen_at(NOW):
        assert asked.put(asked.entry(participant="P02", occurred_at="2025-03-11T20:00:00+08:00")).status_code == 201
    figure = re.compile(r"[^>]+</b> <span[^>]*>中位数，n = \d+")
    assert figure.findall(before) == figure.findall(see(asked))
    assert "2025年3月11日 20:00" in see(asked, f"{PAGE}/{asked.people['P02']}")


def test_who_may_be_dropping_out_is_named_first_with_the_reason(asked: Cast) -> None:
    page = see(asked)
    assert "P02可能快停下来了。" in page
    assert list(rows(page))[1:] == ["P02", "P01"]
    assert list(rows(see(asked, PAGE + "?sort=code")))[1:] == ["P01", "P02"]
    only = rows(see(asked, PAGE + "?only=worrying"))
    assert "P01" not in only
    assert "P02" in only
    person = see(asked, f"{PAGE}/{asked.people['P02']}")
    assert "最近 3 次到期的提醒都没有写。" in person
    assert "参加 12 天了，还一条都没写。" in person


def test_nobody_vanishes(asked: Cast) -> None:
    asked.add_patient("P03")
    with asked.store.write() as session:
        gone = session.get_one(Participant, (asked.study_id, asked.people["P02"]))
        withdraw(session, "user:test", gone)
    lines = rows(see(asked))
    assert set(lines) == {"每天的应答率", "P01", "P02", "P03"}
    assert "已退出" in lines["P02"]
    assert "没写" in lines["P02"]
    assert "快停下来" not in see(asked)


def test_days_without_an_anchor_date_are_counted_beside_and_stand_in_the_calendar(asked: Cast) -> None:
    with asked.store.write() as session:
        person = session.get_one(Participant, (asked.study_id, asked.people["P01"]))
        set_anchor(session, "user:test", person, None)
    assert "日期还没填，3 条排不上" in rows(see(asked))["P01"]
    assert "按时写了" in rows(see(asked, PAGE + "?by=date"))["P01"]


def test_the_days_are_those_of_the_person_and_not_of_the_server(cast: Cast) -> None:
    person = cast.people["P01"]
    add_prompt(cast.store, cast.study_id, person, "2026-03-12", zone="America/New_York", answered=3)
    page = see(cast, PAGE + "?by=date")
    link = re.search(rf'href="{PAGE}/{person}#d2026-03-12"', page)
    assert link is not None  # in UTC it is the day after


def test_reminders_and_nudges_count_in_no_rate(asked: Cast) -> None:
    before = see(asked)
    p01 = asked.people["P01"]
    add_prompt(asked.store, asked.study_id, p01, "2026-03-13", reminder_of=uuid7())
    add_prompt(asked.store, asked.study_id, p01, "2026-03-13", nudged_by="user:x", rule_key=None)
    after = see(asked)
    assert "发出 5 次提醒，1 次按时写了" in before
    assert "发出 5 次提醒，1 次按时写了" in after
    assert "手动提醒过" in rows(after)["P01"]
    ledger = words(asked.client.get(f"{PAGE}/{p01}"))
    assert "再提醒一次" in ledger
    assert "手动" in ledger


def test_a_segment_narrows_rows_and_figures(asked: Cast) -> None:
    alone = asked.add_patient("P03", 居住="独居")
    asked.add_patient("P04", 居住="与家人同住")
    add_prompt(asked.store, asked.study_id, alone, "2026-03-12", answered=5)
    page = see(asked, PAGE + "?segment=居住=独居")
    assert set(rows(page)) == {"每天的应答率", "P03"}
    assert "发出 1 次提醒，1 次按时写了" in page
    assert 'value="居住=独居" selected' in page
    assert "没有人符合" in see(asked, PAGE + "?segment=居住=nowhere")


def test_without_a_schedule_the_page_shows_entries_and_says_how_to_make_one(cast: Cast) -> None:
    with frozen_at(NOW):
        cast.put(cast.entry())
    page = see(cast, who="owner")
    assert "还没有提醒日程" in page
    assert f'href="/studies/{SLUG}/settings/schedule"' in page
    assert "日程之外写的" in rows(page)["P01"]
    assert "应答率" not in rows(page)
    assert "/settings/schedule" not in see(cast)  # a viewer cannot make one


def test_a_ledger_tells_every_time_on_the_persons_clock(asked: Cast) -> None:
    page = see(asked, f"{PAGE}/{asked.people['P01']}")
    heard = " ".join(re.sub(r"<[^>]+>", " ", page).split())
    assert "3月11日 20:00 按时写了 3月11日 20:01 3月11日 20:03 3月11日 20:21" in heard
    assert "3月12日 20:00 迟了才写 3月12日 20:01 3月13日 05:11 3月13日 06:01" in heard
    reasons = words(asked.client.get(f"{PAGE}/{asked.people['P02']}"))
    for said in ("没有留联系方式", "安静时段里", "日程改过了", "不再需要"):
        assert said in reasons


def test_what_a_phone_still_holds_is_said_with_when_it_said_so(asked: Cast) -> None:
    person = asked.people["P01"]
    said = NOW - timedelta(hours=3)
    phone = {"study_id": asked.study_id, "participant_id": person, "token_hash": "x" * 64}
    with asked.store.write() as session:
        session.add(DiarySession(**phone, created_at=said, expires_at=NOW + timedelta(days=30)))
        session.flush()
        session.add(PhoneQueue(**phone, unsent=2, at=said))
    assert "手机上有 2 条" in rows(see(asked))["P01"]
    page = words(asked.client.get(f"{PAGE}/{person}"))
    assert "手机上还有 2 条没发出来" in page
    assert "3月20日 09:00 说的" in page


def test_no_page_holds_what_people_wrote(asked: Cast) -> None:
    for address in (PAGE, PAGE + "?by=date", f"{PAGE}/{asked.people['P01']}"):
        assert TEXT[:4] not in see(asked, address)


@pytest.mark.parametrize("address", [PAGE, f"{PAGE}/01a20000-0000-7000-8000-000000000000"])
def test_strangers_and_other_studies_people_are_a_404(asked: Cast, address: str) -> None:
    sign_in(asked.client, "stranger", PASSWORD)
    assert asked.client.get(address).status_code == 404
    asked.client.cookies.clear()
    sign_in(asked.client, "owner", PASSWORD)
    assert asked.client.get(f"/studies/none/compliance/{asked.people['P01']}").status_code == 404
    assert asked.client.get(f"{PAGE}/{uuid4()}").status_code == 404


@pytest.mark.parametrize("query", ["by=week", "sort=name", "page=0", "from=x", "only=all", "segment=" + "x" * 300])
def test_a_strange_address_is_refused(asked: Cast, query: str) -> None:
    sign_in(asked.client, "viewer", PASSWORD)
    assert asked.client.get(f"{PAGE}?{query}").status_code == 422


def test_a_thousand_people_cost_no_more_selects_than_two(asked: Cast) -> None:
    few = _selects(asked, PAGE)
    for number in range(120):
        asked.people[f"Q{number}"] = asked.add_patient(f"Q{number:03}", consent=False)
        add_prompt(asked.store, asked.study_id, asked.people[f"Q{number}"], "2026-03-12", answered=4)
    assert _selects(asked, PAGE) == few
    page = see(asked)
    assert len(rows(page)) == compliance.PEOPLE_A_PAGE + 1
    assert "第 1–50 人，共 122 人" in page
    last = see(asked, PAGE + "?page=3")
    assert "第 101–122 人，共 122 人" in last
    shown = {code for n in (1, 2, 3) for code in rows(see(asked, f"{PAGE}?page={n}"))}
    assert len(shown) == 123


def _selects(cast: Cast, address: str) -> int:
    see(cast, address)
    asked: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        asked.append(statement)

    engine = cast.app.state.database.reader
    event.listen(engine, "before_cursor_execute", note)
    with frozen_at(NOW):
        assert cast.client.get(address).status_code == 200
    event.remove(engine, "before_cursor_execute", note)
    return len(asked)


def test_before_and_after_the_window_there_are_links(asked: Cast) -> None:
    add_prompt(asked.store, asked.study_id, asked.people["P01"], "2026-05-30", "planned")
    first = see(asked, PAGE)
    assert "前面的日子" not in first
    later = re.search(r'href="([^"]+)">后面的日子', first)
    assert later is not None
    second = see(asked, later[1].replace("&amp;", "&"))
    assert "前面的日子" in second
    assert "还没到时间" in rows(second)["P01"]


def test_what_a_schedule_asked_and_a_phone_answered_stands_on_the_page(cast: Cast) -> None:
    """The whole way: a schedule is applied, planned, sent by a worker's hand, and answered by an entry."""
    every_evening = {
        "key": "evening",
        "name": "每天",
        "when": {"kind": "daily", "at": ["20:00"]},
        "expires_minutes": 240,
    }
    evening = datetime(2026, 3, 12, 12, tzinfo=UTC)
    with cast.store.write() as session:
        session.execute(update(Participant).values(enrolled_at=evening - timedelta(days=1)))
    with frozen_at(evening - timedelta(hours=2)):
        given = ScheduleChange.model_validate({"revision": 0, "schedule": {"active": True, "rules": [every_evening]}})
        with cast.store.write() as session:
            service.apply_schedule(session, "user:test", cast.study_id, given)
            planner.plan_newcomers(session, cast.study_id, clock.now())
    with cast.store.write() as session, frozen_at(evening):
        dues = ledger.claim_due(session, evening, "worker")
        for due in dues:
            assert ledger.begin_sending(session, due, "worker", "email", repeatable=False)
            assert ledger.mark_sent(session, due, "worker", evening)
    assert {due.participant_id for due in dues} == {cast.people["P01"], cast.people["P02"]}
    prompt = next(due for due in dues if due.participant_id == cast.people["P01"])
    with frozen_at(evening + timedelta(minutes=30)):
        when = "2026-03-12T20:25:00+08:00"
        answer = cast.put(cast.entry(occurred_at=when, recorded_at=when, prompt=str(prompt.id)))
        assert answer.status_code == 201, answer.text
    with frozen_at(evening + timedelta(hours=5)):
        sign_in(cast.client, "owner", PASSWORD)
        page = cast.client.get(PAGE).text
    assert "发出 2 次提醒，1 次按时写了" in page
    lines = rows(page)
    assert ("按时写了" in lines["P01"], "没写" in lines["P01"], "日程之外" in lines["P01"]) == (True, False, False)
    assert ("按时写了" in lines["P02"], "没写" in lines["P02"]) == (False, True)
    assert "还没到时间" in lines["P01"]


@only_on("sqlite")  # words do not depend on the kind of database
def test_english(asked: Cast, client: TestClient) -> None:
    page = see(asked, PAGE + "?lang=en")
    assert '<html lang="en">' in page
    person = see(asked, f"{PAGE}/{asked.people['P02']}?lang=en")
    chinese = re.compile(r"[\u3400-\u9fff]")
    own = re.compile("种植牙恢复日记|手术日?|心路|中文")
    for one in (page, person):
        assert chinese.findall(own.sub("", one[one.index("<main") :])) == []

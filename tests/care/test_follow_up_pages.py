"""The nurse's pages: whom to call and why, a call noted and once, and nothing typed lost when a colleague was first."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from httpx2 import Response
from sqlalchemy import select

from app.care.follow_up_words import due_words
from app.core.clock import frozen_at
from app.participants import consents
from app.participants.models import Participant, Reading
from app.studies.care_rules import CareRules
from app.studies.models import Study
from tests.care.care_site import HARM, HOUR, NOW, add_carer, all_contacts, all_follow_ups, do_jobs, set_rules, write
from tests.support.cast import Cast
from tests.support.phone import HIDDEN, words
from tests.support.scene import PASSWORD, SLUG
from tests.support.staff import sign_in

CARE = f"/studies/{SLUG}/care"
LOW = "疼得睡不着，糟透了，什么都不想做。"
NOTE = "聊了十分钟，女儿晚上过来陪。"


@pytest.fixture(autouse=True)
def at_noon() -> Iterator[None]:
    with frozen_at(NOW):
        yield


@pytest.fixture
def morning(cast: Cast) -> Cast:
    """P01 wrote that they no longer want to live, P02 that they feel very low; the owner is signed in."""
    write(cast, HARM)
    write(cast, LOW, code="P02", mood=1)
    do_jobs(cast)
    enter(cast)
    return cast


def enter(cast: Cast, who: str = "owner") -> None:
    cast.client.cookies.clear()
    sign_in(cast.client, who, PASSWORD)


def page_of(cast: Cast, code: str) -> str:
    found = {one.participant_id: one.id for one in all_follow_ups(cast)}
    return f"{CARE}/{found[cast.people[code]]}"


def act(cast: Cast, page: str, step: str, *, seen: str = "", **fields: str) -> Response:
    """Post one of the page's forms; ``seen``: the page as it was opened earlier."""
    hidden = dict(HIDDEN.findall(seen or cast.client.get(page).text))
    return cast.client.post(f"{page}/{step}", data={**hidden, **fields})


def agree_to_care(cast: Cast, code: str) -> None:
    with cast.store.write() as session:
        person = session.get_one(Participant, (cast.study_id, cast.people[code]))
        consents.give_consent(session, "user:test", person, ["diary", "care"], version=1, method="paper")


def test_the_morning_begins_with_a_sentence_and_whoever_may_be_in_danger(morning: Cast) -> None:
    page = morning.client.get(CARE)
    seen = words(page)
    assert "有 1 个人要马上看" in seen
    assert "另外还有 1 个人要联系。" in seen
    assert seen.index("P01") < seen.index("P02")
    assert "写的话让人放心不下，可能想伤害自己" in seen
    assert '<mark class="sign">不想活' in page.text
    assert "还有 2 小时" in seen
    assert "还有 24 小时" in seen
    assert "其中 2 位没有同意给关怀师看" in seen
    with frozen_at(NOW + 3 * HOUR):
        late = words(morning.client.get(CARE))
    assert "其中 1 个人已经等过了时间。" in late
    assert "晚了 1 小时" in late


def test_a_call_is_taken_noted_once_and_closed(morning: Cast) -> None:
    page = page_of(morning, "P01")
    assert act(morning, page, "take").status_code == 303
    assert "您在跟" in words(morning.client.get(page))
    opened = morning.client.get(page).text
    for _tap in range(2):
        noted = act(morning, page, "contacts", seen=opened, way="phone", reached="yes", note=NOTE)
        assert noted.headers["location"] == f"{page}?done=contact"
    assert [(one.way, one.reached, one.note) for one in all_contacts(morning)] == [("phone", True, NOTE)]
    after = words(morning.client.get(page))
    assert "P01 联系上了，还没有结束" in after
    assert "联系上以后，工具会在 24 小时后问一声" in after
    assert "有 1 个人要联系" in words(morning.client.get(CARE)), "who was reached is no longer urgent"
    with frozen_at(NOW + 20 * HOUR):
        write(morning, "昨晚睡着了，今天好多了，很感激。", mood=7)
        enter(morning)
        later = words(morning.client.get(page))
    assert later.index("当时") < later.index("后来") < later.index("心情不错")
    enter(morning)
    ended = act(morning, page, "close", ending="helped")
    assert ended.headers["location"] == f"{CARE}?done=closed"
    assert "P01" not in words(morning.client.get(CARE))
    assert "帮上了" in words(morning.client.get(f"{CARE}?state=closed"))


def test_what_cannot_be_noted_is_told_and_kept(morning: Cast) -> None:
    page = page_of(morning, "P01")
    nothing = act(morning, page, "contacts", way="phone", note=NOTE)
    assert nothing.status_code == 422
    assert "请选一个：联系上了，还是没有" in words(nothing)
    assert NOTE in nothing.text
    nobody = act(morning, page, "contacts", way="chat", reached="yes", note=NOTE, outcome="passed_on")
    assert "请写转给了谁" in words(nobody)
    assert NOTE in nobody.text
    alone = act(morning, page, "close", ending="no_need")
    assert alone.status_code in (409, 422)
    assert "还没有记下任何一次联系" in words(alone)
    assert all_contacts(morning) == []
    passed = act(
        morning, page, "contacts", way="chat", reached="yes", outcome="passed_on", passed_to="主治医生", note=NOTE
    )
    assert passed.headers["location"] == f"{CARE}?done=closed"
    assert [(one.passed_to, one.note) for one in all_contacts(morning)] == [("主治医生", NOTE)]


def test_where_a_colleague_was_first_both_are_shown_and_nothing_typed_is_lost(morning: Cast) -> None:
    page = page_of(morning, "P01")
    opened = morning.client.get(page).text
    enter(morning, "teammate")
    assert act(morning, page, "contacts", way="phone", reached="no", note="没人接").status_code == 303
    enter(morning)
    mine = {"way": "phone", "reached": "yes", "note": NOTE, "outcome": "helped"}
    old = {**dict(HIDDEN.findall(opened)), **dict(HIDDEN.findall(morning.client.get(page).text))} | {"version": "1"}
    clash = morning.client.post(f"{page}/contacts", data={**old, **mine})
    assert clash.status_code == 412
    seen = words(clash)
    assert "Teammate在跟" in seen
    assert "没人接" in seen
    assert "结束：帮上了" in seen
    assert [one.note for one in all_contacts(morning)] == ["没人接"], "refused whole"
    kept = dict(HIDDEN.findall(clash.text))["contact_id"]
    assert kept == old["contact_id"], "what was not stored keeps its id, so that it is stored once"
    again = act(morning, page, "contacts", seen=clash.text, **mine)
    assert again.headers["location"] == f"{CARE}?done=closed"
    over = morning.client.post(f"{page}/contacts", data={**old, **mine, "note": "我也打了", "contact_id": "x"})
    assert over.status_code == 409
    assert "我也打了" in over.text, "to be copied where it cannot be stored any more"
    assert [one.note for one in all_contacts(morning)] == ["没人接", NOTE]


def test_care_staff_see_who_agreed_and_others_only_how_many(morning: Cast) -> None:
    agree_to_care(morning, "P02")
    add_carer(morning)
    hidden, shown = page_of(morning, "P01"), page_of(morning, "P02")
    enter(morning, "carer")
    seen = words(morning.client.get(CARE))
    assert "有 1 个人要联系" in seen
    assert "P02" in seen
    assert "P01" not in seen
    assert "只列同意给关怀师看的人。" in seen
    assert morning.client.get(shown).status_code == 200
    assert morning.client.get(hidden).status_code == 404
    assert (
        morning.client.post(f"{hidden}/take", data=dict(HIDDEN.findall(morning.client.get(shown).text))).status_code
        == 404
    )
    assert LOW not in words(morning.client.get(f"{CARE}/rules"))
    enter(morning, "viewer")
    figures = words(morning.client.get(CARE))
    assert "有 1 个人要马上看" in figures
    assert "P01" not in figures
    assert HARM not in figures
    assert morning.client.get(shown).status_code == 403
    enter(morning, "stranger")
    assert morning.client.get(CARE).status_code == 404


def test_who_read_them_is_noted_where_words_are_shown(morning: Cast) -> None:
    morning.client.get(page_of(morning, "P01"))
    morning.app.state.readings.flush()
    with morning.store.read() as session:
        readings = session.scalars(select(Reading).where(Reading.study_id == morning.study_id)).all()
    assert [one.participant_id for one in readings if one.reader == f"user:{morning.user_ids['owner']}"] == [
        morning.people["P01"]
    ]


def test_the_person_s_page_and_the_conversation_lead_to_it(morning: Cast) -> None:
    page = page_of(morning, "P01")
    for other in ("participants", "messages"):
        answer = morning.client.get(f"/studies/{SLUG}/{other}/{morning.people['P01']}")
        assert f'href="{page}"' in answer.text
        assert "要马上看" in words(answer)
    add_carer(morning)
    enter(morning, "carer")
    assert page not in morning.client.get(f"/studies/{SLUG}/participants/{morning.people['P01']}").text


def test_nobody_all_done_and_off_each_have_their_words(cast: Cast) -> None:
    enter(cast)
    assert "现在没有人要回访" in words(cast.client.get(CARE))
    assert "还没有结束的回访。" in words(cast.client.get(f"{CARE}?state=closed"))
    write(cast, LOW, mood=1)
    do_jobs(cast)
    assert act(cast, page_of(cast, "P01"), "close", ending="no_need").status_code == 303
    assert "没有人在等了" in words(cast.client.get(CARE))
    set_rules(cast, watching=False)
    assert "回访没有开" in words(cast.client.get(CARE))


def test_rules_are_set_checked_and_never_overwritten_unseen(cast: Cast) -> None:
    enter(cast)
    page = f"{CARE}/rules"
    opened = dict(HIDDEN.findall(cast.client.get(page).text))
    given = {
        "watching": "on", "mood_at_most": "3", "score_at_most": "", "effort_at_least": "6", "silence": "on",
        "fresh_days": "5", "due_hours": "12", "urgent_hours": "1", "ask_again_hours": "0",
        "notices": "a@example.org\r\nb@example.org",
    }  # fmt: skip
    assert cast.client.post(page, data={**opened, **given}).headers["location"] == f"{page}?saved=true"
    stands = CareRules(
        mood_at_most=3, score_at_most=None, marked_low=False, effort_at_least=6, fresh_days=5, due_hours=12,
        urgent_hours=1, ask_again_hours=0, notices=("a@example.org", "b@example.org"),
    )  # fmt: skip
    assert rules_of(cast) == stands
    wrong = cast.client.post(page, data={**opened, **given, "due_hours": "0", "notices": "nobody"})
    assert wrong.status_code == 422
    assert "请填 1 到 168 之间的整数" in words(wrong)
    assert "请一行写一个邮箱" in words(wrong)
    stale = cast.client.post(page, data={**opened, **given, "due_hours": "48"})
    assert stale.status_code == 412
    assert "现在存着的" in words(stale)
    assert 'value="48"' in stale.text
    assert rules_of(cast) == stands
    now = dict(HIDDEN.findall(stale.text))
    assert cast.client.post(page, data={**now, **given, "due_hours": "48"}).status_code == 303
    assert rules_of(cast).due_hours == 48
    enter(cast, "viewer")
    assert cast.client.get(page).status_code == 403


def rules_of(cast: Cast) -> CareRules:
    with cast.store.read() as session:
        return CareRules.of(session.get_one(Study, cast.study_id).care)


@pytest.mark.parametrize(
    ("left", "told"),
    [
        (timedelta(minutes=20), "还有 20 分钟"),
        (timedelta(hours=1, minutes=40), "还有 1 小时 40 分钟"),
        (timedelta(hours=2), "还有 2 小时"),
        (timedelta(hours=23, minutes=59), "还有 23 小时"),
        (timedelta(days=3), "还有 3 天"),
        (timedelta(seconds=-20), "时间到了"),
        (timedelta(hours=-2), "晚了 2 小时"),
    ],
)
def test_the_time_is_told_as_people_tell_it(left: timedelta, told: str) -> None:
    now: datetime = NOW
    assert due_words(now + left, now) == told

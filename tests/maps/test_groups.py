"""Segments, personas, the relation, outcomes and votes over HTTP: what they say, who sees what, and nobody overwritten."""

import re
from html import unescape
from typing import Any
from uuid import uuid4

import pytest
from httpx2 import Response
from sqlalchemy import Engine, select

from app.accounts.actors import StaffActor
from app.audit.models import AuditEvent
from app.participants import erasure
from app.participants import service as participants
from app.participants.models import Participant
from app.studies import membership
from tests.support.cast import Cast
from tests.support.databases import holding, only_on
from tests.support.scene import PASSWORD, SLUG
from tests.support.staff import sign_in, submit

API = f"/api/v1/studies/{SLUG}"
PAGE = f"/studies/{SLUG}"
GOOD = ("医生很耐心，讲得特别清楚，心里踏实多了", "护士笑着迎我，特别贴心，真让人放心", "特别顺利，我很满意很开心")
BAD = ("疼得睡不着，难受死了", "肿得厉害，疼得直掉眼泪，太难受了", "又疼又怕，整夜没合眼，糟透了")
OLD = tuple(f"O{number:02d}" for number in range(9))
YOUNG = tuple(f"Y{number:02d}" for number in range(9))


def send(cast: Cast, method: str, path: str, body: Any = None, *, who: str = "owner", **headers: str) -> Response:
    return cast.client.request(method, f"{API}{path}", json=body, headers=cast.headers[who] | headers)


def say(cast: Cast, code: str, stage: str, touchpoint: str, words: tuple[str, ...], number: int, mood: int = 5) -> None:
    answers = {"feeling": words[number % 3], "mood": mood, "effort": 3}
    body = cast.entry(participant=code, stage=stage, touchpoint=touchpoint, answers=answers)
    assert cast.put(body).status_code == 201


@pytest.fixture
def ages(cast: Cast) -> Cast:
    """Nine old people fear the surgery, nine young ones suffer from waiting at the front desk."""
    for group, codes in (("老年", OLD), ("青年", YOUNG)):
        for number, code in enumerate(codes):
            cast.add_patient(code, 客群=group)
            old = group == "老年"
            say(cast, code, "treatment", "surgery", BAD if old else GOOD, number, 2 if old else 8)
            say(cast, code, "visit", "reception", GOOD if old else BAD, number, 8 if old else 2)
    return cast


def record(cast: Cast, code: str, kind: str, on: str, label: str = "", **more: Any) -> Response:
    body = {"participant": code, "kind": kind, "on": on, "label": label, **more}
    return send(cast, "PUT", f"/relation-events/{uuid4()}", body)


def quote_of(cast: Cast, code: str) -> dict[str, Any]:
    """Return the first statement of the person, whole."""
    every = cast.get("/quotes?by=stage&key=treatment&limit=500").json()
    one = next(each for each in every if each["participant"] == code)
    return {"statement": one["id"], "start": 0, "end": len(one["text"])}


def test_old_and_young_differ_where_they_do(ages: Cast) -> None:
    found = {one["segment"]: one for one in ages.get("/segments").json()["segments"]}
    old = found["客群:老年"]
    assert (old["participants"], old["wrote"], old["valley"], old["peak"]) == (9, 9, ["treatment"], ["visit"])
    assert found["客群:青年"]["valley"] == ["visit"]
    differences = {one["key"]: one for one in old["differences"]}
    assert differences["treatment"]["upper"] < 0 < differences["visit"]["lower"]
    young = {one["key"]: one for one in found["客群:青年"]["differences"]}
    assert young["treatment"]["estimate"] == pytest.approx(-differences["treatment"]["estimate"])
    sign_in(ages.client, "owner", PASSWORD)
    page = ages.client.get(f"{PAGE}/groups").text
    assert "老年比其他人更难受" in page or "青年比其他人" in page or "老年比其他人好受" in page
    compare = re.findall(r'href="([^"]+/compare[^"]+)"', page)
    assert ages.client.get(unescape(compare[0])).status_code == 200


@only_on("sqlite")  # what may be shown is decided past the database
def test_a_key_without_words_learns_nothing_about_fewer_than_eight(ages: Cast) -> None:
    lesser = ages.key("owner", "curves:read")
    few = dict.fromkeys(OLD[:3], "小城") | dict.fromkeys((*OLD[3:], *YOUNG), "大城")
    with ages.store.write() as session:
        for code, town in few.items():
            person = session.get_one(Participant, (ages.study_id, ages.people[code]))
            person.attributes = {**person.attributes, "城市": town}
    for headers in (lesser, ages.headers["viewer"]):
        answer = ages.client.get(f"{API}/segments", headers=headers)
        by_key = {one["segment"]: one for one in answer.json()["segments"]}
        assert by_key["客群:老年"]["participants"] == 9
        for small in (by_key["城市:小城"], by_key["城市:大城"]):
            figures = [*small["points"], *small["differences"], small["whole"]]
            assert small["participants"] is None
            assert {figure["estimate"] for figure in figures} == {None}
            assert {figure["participants"] for figure in figures} == {None}
    assert record(ages, OLD[0], "visit", "2026-01-02", "洗牙").status_code == 201
    relation = ages.client.get(f"{API}/lifecycle", headers=lesser).json()
    assert [one["participants"] for one in relation["phases"]] == [None] * 4
    assert relation["participants"] == []
    assert relation["known"] is None
    assert ages.client.get(f"{API}/relation-events", headers=lesser).status_code == 403


def test_personas_are_added_once_and_never_overwritten(ages: Cast) -> None:
    persona = {"id": str(uuid4()), "name": "王阿姨", "segment": "客群:老年", "goals": ["不疼"], "worries": ["打针"]}
    body = persona | {"story": "怕疼，要人陪。", "quotes": [quote_of(ages, OLD[0])]}
    made = send(ages, "POST", "/personas", body)
    assert (made.status_code, made.headers["etag"]) == (201, '"1"')
    assert made.json()["quotes"][0]["words"] == BAD[0]
    assert send(ages, "POST", "/personas", body).status_code == 200
    assert send(ages, "POST", "/personas", body | {"name": "别人"}).json()["code"] == "persona_taken"
    address = f"/personas/{body['id']}"
    change = {key: value for key, value in body.items() if key != "id"} | {"name": "王奶奶"}
    assert send(ages, "PUT", address, change).status_code == 428
    assert send(ages, "PUT", address, change, **{"If-Match": '"1"'}).json()["version"] == 2
    stale = send(ages, "PUT", address, change | {"name": "覆盖"}, who="teammate", **{"If-Match": '"1"'})
    assert (stale.status_code, stale.json()["current"]["name"]) == (412, "王奶奶")
    assert [one["name"] for one in ages.get("/personas").json()] == ["王奶奶"]
    assert ages.get("/personas", who="viewer").json()[0]["quotes"] == []
    assert send(ages, "PUT", address, change, who="viewer", **{"If-Match": '"2"'}).status_code == 403
    assert ages.get("/personas", who="stranger").status_code == 404
    bad = send(
        ages,
        "PUT",
        address,
        change | {"quotes": [{"statement": str(uuid4()), "start": 0, "end": 2}]},
        **{"If-Match": '"2"'},
    )
    assert bad.json()["code"] == "unknown_span"
    assert send(ages, "DELETE", address, **{"If-Match": '"1"'}).status_code == 412
    assert send(ages, "DELETE", address, **{"If-Match": '"2"'}).status_code == 204
    assert ages.get("/personas").json() == []
    with ages.store.read() as session:
        events = session.scalars(select(AuditEvent).where(AuditEvent.action.like("persona.%"))).all()
        assert sorted(one.action for one in events) == ["persona.added", "persona.changed", "persona.retired"]
        assert "王" not in str([one.detail for one in events])


def test_whom_we_erase_is_gone_from_personas_phases_and_relations(ages: Cast, engine: Engine) -> None:
    quote = quote_of(ages, OLD[0])
    assert send(ages, "POST", "/personas", {"id": str(uuid4()), "name": "甲", "quotes": [quote]}).status_code == 201
    plan = {"goal": "再来", "moment": "洗牙当天", "action": "送护照", "quotes": [quote]}
    assert send(ages, "PUT", "/lifecycle/exploring", plan, **{"If-Match": '"0"'}).status_code == 200
    assert record(ages, OLD[0], "visit", "2026-01-02", "只有她做过的事").status_code == 201
    assert send(ages, "PUT", "/outcome-measures/nps", {"name": "推荐意愿"}).status_code == 200
    values = {"values": {OLD[0]: 3, OLD[1]: 9}}
    assert send(ages, "PUT", "/outcome-measures/nps/values", values).json()["stored"] == 2
    person = ages.people[OLD[0]]
    named = holding(engine, person.hex, str(person))
    assert {"relation_event", "participant_outcome"} <= named
    with ages.store.write() as session:
        erasure.erase_person(session, "user:test", ages.study_id, person)
    assert holding(engine, person.hex, str(person)) == {"audit_event"}
    assert holding(engine, "只有她做过的事") == set()
    assert ages.get("/personas").json()[0]["quotes"] == []
    phases = ages.get("/lifecycle").json()["phases"]
    assert (phases[0]["plan"]["goal"], phases[0]["plan"]["quotes"]) == ("再来", [])
    assert ages.get("/outcomes").json()[0]["level"]["participants"] == 1


def test_an_event_is_recorded_once(cast: Cast) -> None:
    event_id = uuid4()
    body = {"participant": "P01", "kind": "purchase", "on": "2026-03-01", "label": "补牙", "amount": 300}
    address = f"/relation-events/{event_id}"
    assert send(cast, "PUT", address, body).status_code == 201
    assert send(cast, "PUT", address, body).status_code == 200
    assert send(cast, "PUT", address, body | {"amount": 400}).json()["code"] == "relation_event_known"
    assert send(cast, "PUT", f"/relation-events/{uuid4()}", body).status_code == 409
    for wrong in (
        {"on": "2999-01-01"}, {"kind": "visit"}, {"touchpoint": "visit/none"}, {"amount": -1}, {"label": "长" * 81},
    ):  # fmt: skip
        assert send(cast, "PUT", f"/relation-events/{uuid4()}", body | wrong).status_code == 422, wrong
    assert send(cast, "PUT", f"/relation-events/{uuid4()}", body | {"participant": "nobody"}).status_code == 404
    assert send(cast, "PUT", f"/relation-events/{uuid4()}", body, who="viewer").status_code == 403
    (kept,) = cast.get("/relation-events?participant=P01").json()
    assert (kept["id"], kept["amount"]) == (str(event_id), 300)
    assert [send(cast, "DELETE", address).status_code for _ in range(2)] == [204, 204]
    assert cast.get("/relation-events").json() == []


def test_nothing_more_is_recorded_of_who_left(cast: Cast) -> None:
    with cast.store.write() as session:
        person = session.get_one(Participant, (cast.study_id, cast.people["P02"]))
        participants.withdraw(session, "user:test", person)
    assert record(cast, "P02", "visit", "2026-01-02").json()["code"] == "relation_event_refused"
    assert record(cast, "P01", "visit", "2026-01-02").status_code == 201


def test_measures_keep_their_kind_and_take_all_values_or_none(cast: Cast) -> None:
    measure = {"name": "续约", "kind": "yes_no"}
    assert send(cast, "PUT", "/outcome-measures/renewed", measure).status_code == 200
    values = "/outcome-measures/renewed/values"
    assert send(cast, "PUT", values, {"values": {"P01": 1, "nobody": 0}}).json()["code"] == "outcome_refused"
    assert send(cast, "PUT", values, {"values": {"P01": 1, "P02": 3}}).json()["code"] == "outcome_refused"
    assert send(cast, "PUT", values, {"values": {"P01": 1, "P02": 0}}).json() == {
        "stored": 2,
        "changed": 0,
        "present": 0,
    }
    assert send(cast, "PUT", values, {"values": {"P01": 1, "P02": 1}}).json() == {
        "stored": 0,
        "changed": 1,
        "present": 1,
    }
    assert send(cast, "PUT", values, {"values": {"P02": None}}).json()["changed"] == 1
    fixed = send(cast, "PUT", "/outcome-measures/renewed", measure | {"kind": "number"})
    assert fixed.json()["code"] == "measure_fixed"
    assert send(cast, "PUT", "/outcome-measures/none/values", {"values": {}}).json()["code"] == "measure_unknown"


def test_phases_moves_and_the_ratio_are_told_with_their_interval(ages: Cast) -> None:
    for number, code in enumerate((*OLD, *YOUNG)):
        assert record(ages, code, "purchase", f"2026-01-{1 + number:02d}", "洗牙").status_code == 201
    for code in (*OLD[:2], *YOUNG[:8]):
        assert record(ages, code, "purchase", "2026-03-01", "补牙", amount=500).status_code == 201
    assert record(ages, YOUNG[0], "referral", "2026-03-02").status_code == 201
    found = ages.get("/lifecycle?split=segment:客群:青年").json()
    assert [one["participants"] for one in found["phases"]] == [8, 9, 0, 1]
    moves = {(one["from"], one["to"]): one["participants"] for one in found["moves"]}
    assert moves == {("exploring", "building"): 10, ("building", "expanding"): 1}
    ratio = found["repurchase"]
    assert (ratio["yes"], ratio["participants"], ratio["other_yes"], ratio["other_participants"]) == (8, 9, 2, 9)
    assert ratio["ratio"] == pytest.approx(4)
    assert 1 < ratio["lower"] < 4 < ratio["upper"]
    assert ratio["observational"] is True
    before = ages.get("/lifecycle?as_of=2026-02-01").json()
    assert [one["participants"] for one in before["phases"]] == [18, 0, 0, 0]
    assert before["repurchase"] is None
    assert ages.get("/lifecycle").json()["repurchase"]["split"].startswith("stage:")
    assert record(ages, OLD[8], "contact", "2026-01-20", "回访").status_code == 201
    by_contact = ages.get("/lifecycle").json()["repurchase"]
    assert (by_contact["split"], by_contact["participants"], by_contact["other_yes"]) == ("support", 1, 10)
    assert (by_contact["enough"], by_contact["yes"]) == (False, 0)
    assert ages.get("/lifecycle?split=stage:none").json()["code"] == "unknown_split"
    by_stage = ages.get("/lifecycle?split=stage:treatment").json()["repurchase"]
    assert (by_stage["yes"], by_stage["other_yes"]) == (8, 2)
    sign_in(ages.client, "owner", PASSWORD)
    page = ages.client.get(f"{PAGE}/lifecycle?split=segment:客群:青年").text
    assert "前者是后者的 4.0 倍" in page
    assert page.count("观察性") >= 2
    assert not any(word in page for word in ("导致", "使得", "因为", "提升了"))


def test_a_phase_s_plan_is_edited_together_and_its_action_logged_as_support(cast: Cast) -> None:
    sign_in(cast.client, "teammate", PASSWORD)
    plan = {"goal": "信任", "moment": "第一次洗牙", "action": "送一本护照", "version": "0"}
    posted = submit(cast.client, f"{PAGE}/lifecycle", f"{PAGE}/lifecycle/plans/exploring", plan)
    assert posted.headers["location"].endswith("#phase-exploring")
    late = submit(cast.client, f"{PAGE}/lifecycle", f"{PAGE}/lifecycle/plans/exploring", plan | {"goal": "别的"})
    assert late.status_code == 412
    assert "您写的还在" in late.text
    assert 'value="别的"' in late.text
    assert cast.get("/lifecycle").json()["phases"][0]["plan"]["goal"] == "信任"
    given = {"id": str(uuid4()), "stage": "visit", "channel": "gift", "words": "送一本护照", "participant": "P01"}
    for _ in range(2):
        done = submit(cast.client, f"{PAGE}/lifecycle", f"{PAGE}/lifecycle/support/exploring", given)
        assert done.status_code == 303
    assert "已经做过 1 次" in cast.client.get(f"{PAGE}/lifecycle").text
    wrong = submit(
        cast.client,
        f"{PAGE}/lifecycle",
        f"{PAGE}/lifecycle/support/exploring",
        given | {"id": str(uuid4()), "stage": "x"},
    )
    assert wrong.status_code == 422


def test_an_outcome_goes_with_the_stage_that_it_goes_with(ages: Cast) -> None:
    assert send(ages, "PUT", "/outcome-measures/nps", {"name": "推荐意愿"}).status_code == 200
    assert send(ages, "PUT", "/outcome-measures/renewed", {"name": "续约", "kind": "yes_no"}).status_code == 200
    likes = {code: 9 + number / 10 for number, code in enumerate(YOUNG)} | {
        code: 2 + number / 10 for number, code in enumerate(OLD)
    }
    assert send(ages, "PUT", "/outcome-measures/nps/values", {"values": likes}).status_code == 200
    renewed = dict.fromkeys(YOUNG, 1) | dict.fromkeys(OLD[1:], 0) | {OLD[0]: 1}
    assert send(ages, "PUT", "/outcome-measures/renewed/values", {"values": renewed}).status_code == 200
    nps, yes_no = ages.get("/outcomes").json()
    stages = {one["key"]: one["association"] for one in nps["stages"]}
    assert stages["treatment"]["kind"] == "correlation"
    assert stages["treatment"]["clear"]
    assert stages["treatment"]["joint_lower"] < stages["treatment"]["lower"]
    assert stages["visit"]["estimate"] < 0
    assert stages["recovery"]["estimate"] is None
    assert stages["treatment"]["places"] == len(stages)
    levels = {one["segment"]: one["level"] for one in nps["segments"]}
    assert levels["客群:青年"]["lower"] < levels["客群:青年"]["value"] == pytest.approx(9.4)
    odds = {one["key"]: one["association"] for one in yes_no["stages"]}
    assert (odds["treatment"]["kind"], odds["treatment"]["clear"]) == ("odds", True)
    assert odds["treatment"]["estimate"] > 1
    assert ages.get("/outcomes?measure=none").json()["code"] == "outcome_unknown"
    sign_in(ages.client, "owner", PASSWORD)
    page = ages.client.get(f"{PAGE}/lifecycle").text
    assert "的心情和“推荐意愿”一起变" in page
    assert "邦费罗尼" in page


def test_votes_are_ten_points_and_blind_until_one_has_voted(cast: Cast) -> None:
    key = {"points": {"recovery/at_home": 7, "visit/reception": 3}}
    assert send(cast, "PUT", "/votes", key).status_code == 403, "a program has no vote"
    page = f"{PAGE}/priorities"

    def vote(who: str, **points: str) -> Response:
        cast.client.cookies.clear()
        sign_in(cast.client, who, PASSWORD)
        given = {f"vote.{name.replace('__', '/')}": value for name, value in points.items()}
        return submit(cast.client, page, f"{page}/votes", given)

    assert vote("owner", recovery__at_home="7", visit__reception="3").status_code == 303
    assert "一共" in vote("owner", recovery__at_home="8", visit__reception="3").text
    assert vote("owner", recovery__at_home="11").status_code == 422
    assert vote("owner", none__none="1").status_code == 422
    seen = cast.client.get(f"{API}/votes").json()
    assert seen == {"mine": {"recovery/at_home": 7, "visit/reception": 3}, "voters": 1, "points": seen["mine"]}
    blind = send(cast, "GET", "/votes", who="teammate").json()
    assert blind == {"mine": {}, "voters": 1, "points": None}
    spots = send(cast, "GET", "/priorities?by=touchpoint", who="teammate").json()
    assert {one["points"] for one in spots["spots"]} == {None}
    assert vote("teammate", recovery__at_home="10").status_code == 303
    both = send(cast, "GET", "/votes", who="teammate").json()
    assert (both["voters"], both["points"]) == (2, {"recovery/at_home": 17, "visit/reception": 3})
    assert vote("viewer", recovery__at_home="1").status_code == 403
    with cast.store.read() as session:
        events = session.scalars(select(AuditEvent).where(AuditEvent.action == "votes.cast")).all()
        assert [one.detail for one in events] == [{"touchpoints": 2}, {"touchpoints": 1}]


@only_on("sqlite")  # the figures are made past the database
def test_the_matrix_names_a_corner_only_with_evidence(cast: Cast) -> None:
    assert send(cast, "GET", "/priorities").json()["lacking"] in ("people", "predictors")
    assert send(cast, "PUT", "/outcome-measures/nps", {"name": "推荐意愿"}).status_code == 200
    values: dict[str, float] = {}
    for number in range(36):
        code = f"M{number:02d}"
        cast.add_patient(code)
        suffers = number % 3 != 0
        say(cast, code, "recovery", "at_home", BAD if suffers else GOOD, number // 3)
        say(cast, code, "visit", "reception", GOOD if number % 7 else BAD, number // 5)
        say(cast, code, "treatment", "surgery", GOOD if number % 5 else BAD, number // 2)
        values[code] = (3 if suffers else 9) + number % 4 / 10
    assert send(cast, "PUT", "/outcome-measures/nps/values", {"values": values}).status_code == 200
    found = send(cast, "GET", "/priorities?outcome=nps&by=touchpoint").json()
    assert (found["lacking"], found["participants"], found["by"]) == ("", 36, "touchpoint")
    spots = {one["key"]: one for one in found["spots"]}
    assert spots["recovery/at_home"]["quadrant"] == "fix"
    assert spots["recovery/at_home"]["rank"] == 1
    assert spots["recovery/at_home"]["impact_lower"] > found["cut_impact"]
    assert spots["visit/reception"]["quadrant"] in ("ease", None)
    assert sum(one["impact"] or 0 for one in found["spots"]) == pytest.approx(1, abs=1e-4)
    assert send(cast, "GET", "/priorities?outcome=none").json()["code"] == "outcome_unknown"
    sign_in(cast.client, "viewer", PASSWORD)
    page = cast.client.get(f"{PAGE}/priorities?outcome=nps").text
    assert "先改“居家”" in page
    assert 'role="img"' in page
    assert 'name="vote.' not in page


def test_a_persona_s_page_offers_words_and_tells_of_a_later_version(ages: Cast) -> None:
    sign_in(ages.client, "owner", PASSWORD)
    persona_id = str(uuid4())
    fields = {
        "id": persona_id,
        "name": "王阿姨",
        "segment": "客群:老年",
        "goals": "不疼\n\n有人陪",
        "worries": "",
        "story": "",
    }
    assert submit(ages.client, f"{PAGE}/groups", f"{PAGE}/groups/personas", fields).status_code == 303
    address = f"{PAGE}/groups/personas/{persona_id}"
    page = ages.client.get(address).text
    assert BAD[0] in page
    quote = quote_of(ages, OLD[0])
    change: dict[str, str | list[str]] = {
        **fields,
        "version": "1",
        "quote": [f"{quote['statement']}:0:{quote['end']}"],
        "story": "怕疼",
    }
    assert submit(ages.client, address, address, change).status_code == 303
    assert BAD[0] in ages.client.get(f"{PAGE}/groups").text
    stale = submit(ages.client, address, address, {**change, "name": "覆盖", "story": "别的"})
    assert stale.status_code == 412
    assert "现在存着的是" in stale.text
    assert 'value="覆盖"' in stale.text
    assert ages.get("/personas").json()[0]["name"] == "王阿姨"
    make_coder(ages)
    ages.client.cookies.clear()
    sign_in(ages.client, "viewer", PASSWORD)
    assert BAD[0] not in ages.client.get(f"{PAGE}/groups").text


def make_coder(cast: Cast) -> None:
    """Make the viewer a coder: sees figures, and nobody's words here."""
    owner = StaffActor(cast.user_ids["owner"], "owner", "Owner", False)
    with cast.store.write() as session:
        membership.set_role(session, owner, cast.study_id, "viewer", "coder")


def test_pages_open_for_everybody_of_the_study_and_nobody_else(cast: Cast) -> None:
    for who, status in (("viewer", 200), ("owner", 200), ("stranger", 404)):
        cast.client.cookies.clear()
        sign_in(cast.client, who, PASSWORD)
        for page in ("groups", "lifecycle", "priorities"):
            assert cast.client.get(f"{PAGE}/{page}").status_code == status

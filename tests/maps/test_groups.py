"""Segments, personas, the relation, outcomes and votes over HTTP: what they say, who sees what, and nobody overwritten."""

import re
from html import unescape
from uuid import uuid4

import pytest
from httpx2 import Response
from sqlalchemy import Engine, select

from app.accounts.actors import StaffActor
from app.audit.models import AuditEvent
from app.participants import erasure
from app.participants.models import Participant
from app.studies import membership
from tests.maps.group_site import API, BAD, GOOD, OLD, PAGE, YOUNG, quote_of, record, say, send
from tests.support.cast import Cast
from tests.support.databases import holding, only_on
from tests.support.scene import PASSWORD
from tests.support.staff import sign_in, submit


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

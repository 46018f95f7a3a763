"""Support, effort by wave and the paradox of satisfaction over HTTP, with the shapes that they are there for."""

from datetime import date
from typing import Any
from uuid import uuid4

from app.core import clock
from app.participants.erasure import erase_person
from app.participants.relation_models import RelationEvent
from tests.support.cast import Cast
from tests.support.scene import SLUG
from tests.support.walked_road import PEOPLE

ROOT = f"/api/v1/studies/{SLUG}"
SMS = {"stage": "recovery", "channel": "sms", "generic": True, "contacts": 2, "day_from": 1, "day_to": 7}
QUESTION = {
    "key": "satisfaction",
    "type": "choice",
    "label": "您满意吗",
    "choices": [{"value": f"s{number}", "label": f"{number} 分"} for number in range(1, 6)],
}


def give(cast: Cast, body: dict[str, Any], support_id: Any = None, *, who: str = "owner") -> Any:
    return cast.client.put(f"{ROOT}/support/{support_id or uuid4()}", json=body, headers=cast.headers[who])


def stage(cast: Cast, key: str = "recovery", *, who: str = "owner") -> dict[str, Any]:
    found: dict[str, Any] = next(one for one in cast.get("/support", who=who).json()["stages"] if one["key"] == key)
    return found


def test_a_low_stage_with_one_or_two_mass_messages_is_flagged(road: Cast) -> None:
    assert road.get("/support").json()["mismatches"] == []  # nothing is logged: nobody knows
    for key in ("visit", "treatment", "sharing"):
        assert give(road, {"stage": key, "channel": "visit", "generic": False, "contacts": 3}).status_code == 201
    assert stage(road)["mismatch"] == "nothing"
    line = uuid4()
    assert give(road, SMS, line).status_code == 201
    assert give(road, SMS, line).status_code == 200
    assert give(road, {**SMS, "contacts": 1}, line).json()["code"] == "support_taken"
    found = stage(road)
    assert (found["mismatch"], found["certain"], found["contacts_per_person"]) == ("only_generic", True, 2.0)
    assert road.get("/support").json()["mismatches"] == ["recovery"]
    assert give(road, {**SMS, "generic": False, "contacts": 5, "channel": "call"}).status_code == 201
    assert stage(road)["mismatch"] is None
    assert road.client.delete(f"{ROOT}/support/{line}", headers=road.headers["owner"]).status_code == 204
    assert road.client.delete(f"{ROOT}/support/{line}", headers=road.headers["owner"]).status_code == 204
    assert stage(road)["contacts_per_person"] == 5.0
    assert give(road, SMS, line).status_code == 200  # a line that was taken out does not come back by a late repeat
    assert stage(road)["contacts_per_person"] == 5.0


def test_support_for_one_person_counts_for_all_and_goes_with_the_person(road: Cast) -> None:
    words = "给他打的那个电话"
    own = {"stage": "recovery", "channel": "call", "generic": False, "participant": "P03", "words": words}
    assert give(road, own).status_code == 201
    assert stage(road)["contacts_per_person"] == 0.1
    assert [line["participant"] for line in stage(road)["given"]] == ["P03"]
    assert stage(road, who="viewer")["given"] == []
    assert stage(road, who="viewer")["contacts_per_person"] == 0.1
    with road.store.write() as session:
        erase_person(session, "user:test", road.study_id, road.people["P03"])
    assert words not in road.get("/support").text
    assert stage(road)["people"] == 9


def test_support_names_what_the_study_has_and_is_logged_by_researchers(cast: Cast) -> None:
    for wrong in ({"stage": "nowhere"}, {"touchpoint": "nowhere"}, {"participant": "NOBODY"}):
        assert give(cast, {**SMS, **wrong}).json()["code"] == "unknown_support_place"
    for refused in ({"contacts": 0}, {"channel": "owl"}, {"day_from": 9}, {"phase": "later"}):
        assert give(cast, {**SMS, **refused}).status_code == 422
    assert [give(cast, SMS, who=who).status_code for who in ("teammate", "viewer", "stranger")] == [201, 403, 404]


def test_effort_falls_from_the_first_wave_to_the_second(cast: Cast) -> None:
    for key, name in (("as_is", "改之前"), ("to_be", "改之后")):
        body = {"key": key, "name": name}
        assert cast.client.post(f"{ROOT}/waves", json=body, headers=cast.headers["owner"]).status_code == 201
    for code in PEOPLE[2:6]:
        cast.add_patient(code)
    for number, code in enumerate(PEOPLE[:6]):
        for wave, effort, text in (
            ("as_is", 6, "为了报销跑了五趟，累死人"),
            ("to_be", 2 + number % 2, "一下就办好了，很方便"),
        ):
            answers = {"feeling": text, "mood": 5, "effort": effort}
            body = cast.entry(participant=code, touchpoint="check_up", wave=wave, answers=answers)
            assert cast.put(body).status_code == 201
    found = cast.get("/effort").json()
    assert (found["before"], found["after"]) == ("as_is", "to_be")
    (row,) = found["touchpoints"]
    change = row["change"]["reported"]
    assert (row["key"], change["value"], change["people"]) == ("recovery/check_up", -3.5, 6)
    assert change["upper"] < -2
    assert row["waves"]["as_is"]["told"]["value"] > 4
    swapped = cast.get("/effort?before=to_be&after=as_is").json()
    assert swapped["overall"]["change"]["reported"]["value"] == 3.5
    assert cast.get("/effort?before=nowhere").status_code == 404
    assert cast.get("/effort", who="viewer").json()["touchpoints"] == []


def test_satisfied_people_who_refer_nobody_are_a_paradox(road: Cast) -> None:
    assert road.get("/paradox").json()["satisfaction"] == []
    questions = road.get("").json()["form"]["questions"]
    body = {"questions": [*questions, QUESTION]}
    published = road.client.post(f"{ROOT}/form-versions", json=body, headers=road.headers["owner"])
    assert published.status_code == 201, published.text
    for number, code in enumerate(PEOPLE):
        for month in (3, 4, 5):
            at = f"2026-{month:02d}-20T10:00:00+08:00"
            answers = {"satisfaction": "s5" if number % 3 else "s4"}
            body = road.entry(participant=code, stage="sharing", occurred_at=at, answers=answers)
            assert road.put(body).status_code == 201
    found = road.get("/paradox").json()
    (content,) = found["satisfaction"]
    assert (found["by"], found["periods"], found["flagged"]) == ("month", ["2026-03", "2026-04", "2026-05"], False)
    assert (content["whole"]["value"], content["whole"]["people"], content["high"]) == (0.9, 10, True)
    _event(road, "P01", "purchase")  # events are known of now, and no referral among them
    referral = next(one for one in road.get("/paradox").json()["others"] if one["kind"] == "referral")
    assert (referral["whole"]["value"], referral["whole"]["people"], referral["low"]) == (0.0, 10, True)
    flagged = road.get("/paradox").json()
    assert (flagged["flagged"], flagged["contrary"]) == (True, ["referral"])
    for code in PEOPLE[:8]:
        _event(road, code, "referral")
    assert not road.get("/paradox").json()["flagged"]


def _event(cast: Cast, code: str, kind: str) -> None:
    with cast.store.write() as session:
        session.add(
            RelationEvent(
                study_id=cast.study_id,
                participant_id=cast.people[code],
                kind=kind,
                on=date(2026, 4, 20),
                recorded_at=clock.now(),
                recorded_by="user:test",
            )
        )

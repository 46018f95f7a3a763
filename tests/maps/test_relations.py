"""The relation: events, outcomes, phases and their plans, and what goes with what."""

from uuid import uuid4

import pytest

from app.participants import service as participants
from app.participants.models import Participant
from tests.maps.group_site import OLD, PAGE, YOUNG, record, send
from tests.support.cast import Cast
from tests.support.scene import PASSWORD
from tests.support.staff import sign_in, submit


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

"""Maps: proposed from what was said, kept, changed by several people, read by whoever may see what."""

from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Engine, select

from app.accounts.actors import StaffActor
from app.audit.models import AuditEvent
from app.curves.service import K_ANONYMOUS
from app.maps.board import proposing
from app.maps.board.models import MapNote
from app.participants import service as participants
from app.participants.models import Participant
from app.studies.access import open_study
from tests.maps.map_site import MapSite, stage_of, words
from tests.maps.test_scenes import carer
from tests.support.cast import Cast
from tests.support.databases import holding, only_on
from tests.support.scene import SLUG

NIGHT = ("半夜疼得睡不着，按铃没人理", "夜里疼醒三次，再也睡不着")
DID = "打了值班电话，又去药店买冰袋"
WORRY = "想早点回单位上班"
LANES = {"action", "thought", "pain", "delight", "frontstage", "backstage", "gap"}


@pytest.fixture
def site(cast: Cast) -> MapSite:
    """Two people tell of painful nights; one wrote what she did and what she worries about."""
    say(cast, "P01", feeling=NIGHT[0], action=DID, worry=WORRY)
    say(cast, "P02", feeling=NIGHT[1])
    return MapSite(cast)


def say(cast: Cast, participant: str, *, stage: str = "recovery", **answers: object) -> None:
    body = cast.entry(participant=participant, stage=stage) | {"answers": answers}
    assert cast.put(body).status_code == 201


def test_a_study_without_a_map_shows_a_proposal_that_nobody_stored(site: MapSite, engine: Engine) -> None:
    live = site.call("GET", "/maps/live").json()
    recovery = stage_of(live, "recovery")["lanes"]
    assert set(recovery) == LANES
    (pain,) = recovery["pain"]
    assert (pain["people"], pain["origin"], pain["own"], pain["text"]) == (2, "model", False, "")
    assert pain["shown"] in "".join(NIGHT)
    assert words(recovery["action"]) == [DID]
    assert recovery["action"][0]["quotes"][0]["found_by"] == "form action"
    assert WORRY in words(recovery["thought"])
    assert "夜里一个人" in words(recovery["frontstage"])
    assert words(recovery["backstage"]) == ["随访排班"]
    assert live["map"] is None
    assert site.call("GET", "/maps").json() == []
    with engine.connect() as connection:
        assert connection.execute(select(MapNote.id)).all() == []


def test_kept_the_proposal_has_the_ids_that_were_seen_and_asking_again_adds_nothing(site: MapSite) -> None:
    live = site.call("GET", "/maps/live").json()
    map_id = site.make(propose=True, map_id=live["live_id"])
    board = site.board(map_id)

    def ids(one: dict[str, Any]) -> set[str]:
        return {note["id"] for stage in one["stages"] for cell in stage["lanes"].values() for note in cell}

    assert ids(board) == ids(live)
    assert site.call("POST", f"/maps/{map_id}/propose").json() == {"added": 0, "refreshed": 0}
    assert site.revision(map_id) == board["map"]["revision"]
    again = site.call("POST", "/maps", {"id": map_id, "title": "现在的路", "propose": True})
    assert again.status_code == 200
    assert len(site.call("GET", "/maps").json()) == 1
    assert site.call("POST", "/maps", {"id": map_id, "title": "别的"}).json()["code"] == "map_id_taken"


def test_what_is_told_later_comes_to_untouched_notes_and_what_the_team_did_stays(site: MapSite) -> None:
    map_id = site.make(propose=True)
    (pain,) = site.cell(map_id, "pain")
    (did,) = site.cell(map_id, "action")
    (thought,) = [note for note in site.cell(map_id, "thought") if note["shown"] == WORRY]
    assert site.change(map_id, thought, text="最怕伤口出事").status_code == 200
    assert site.call("DELETE", f"/maps/{map_id}/notes/{did['id']}", version=did["version"]).json()["removed"]
    site.cast.add_patient("P03")
    say(site.cast, "P03", feeling="半夜疼得睡不着，翻来覆去", worry=WORRY, action=DID)
    done = site.call("POST", f"/maps/{map_id}/propose").json()
    assert done["refreshed"] == 1
    (grown,) = [note for note in site.cell(map_id, "pain") if note["id"] == pain["id"]]
    assert (grown["people"], grown["version"]) == (3, 2)
    assert site.cell(map_id, "action") == []
    assert words(site.cell(map_id, "thought")).count("最怕伤口出事") == 1
    assert WORRY not in words(site.cell(map_id, "thought"))


def test_a_map_of_one_group_or_round_is_proposed_from_its_people_alone(site: MapSite) -> None:
    site.cast.add_patient("Y01", 年龄段="青年")
    say(site.cast, "Y01", feeling="夜里疼醒，睡不着", action="刷视频到天亮")
    map_id = site.make(propose=True, segment="年龄段:青年")
    assert words(site.cell(map_id, "action")) == ["刷视频到天亮"]
    assert {quote["participant"] for note in site.cell(map_id, "pain") for quote in note["quotes"]} == {"Y01"}
    assert stage_of(site.board(map_id), "recovery")["effort"]["mean"] is None
    refused = site.call("POST", "/maps", {"id": str(uuid4()), "title": "错", "segment": "没有的:值"})
    assert refused.json()["code"] == "unknown_segment"
    refused = site.call("POST", "/maps", {"id": str(uuid4()), "title": "错", "wave": "w9"})
    assert refused.json()["errors"][0]["code"] == "unknown_wave"


@only_on("sqlite")  # no storage of its own
def test_without_one_dimension_a_map_is_incomplete_and_says_where(site: MapSite) -> None:
    map_id = site.make(propose=True)

    def lacks() -> set[str]:
        board = site.board(map_id)
        assert board["incomplete"]
        assert set(stage_of(board, "awareness")["missing"]) == {"did", "felt", "cared"}
        named = {one["dimension"] for one in board["missing"] if "recovery" in one["stages"]}
        assert named == set(stage_of(board, "recovery")["missing"])
        return named

    assert lacks() == set()
    for lane, dimension in (("action", "did"), ("pain", "felt"), ("thought", "cared")):
        removed = site.cell(map_id, lane)
        for note in removed:
            site.call("DELETE", f"/maps/{map_id}/notes/{note['id']}", version=note["version"])
        # What the team writes down without anybody's words proves nothing.
        claimed = site.note(map_id, "大家都这样", lane=lane)
        assert lacks() == {dimension}
        site.call("DELETE", f"/maps/{map_id}/notes/{claimed['id']}", version=claimed["version"])
        for note in removed:
            back = site.call("POST", f"/maps/{map_id}/notes/{note['id']}/restore", version=note["version"] + 1)
            assert back.status_code == 200
    everywhere = {one["dimension"]: one["everywhere"] for one in site.board(map_id)["missing"]}
    assert everywhere == {"did": False, "felt": False, "cared": False}


@only_on("sqlite")  # no storage of its own
def test_the_gap_is_expected_minus_delivered_on_the_axis_of_the_curve(site: MapSite) -> None:
    for number in range(6):
        site.cast.add_patient(f"N{number}")
        say(site.cast, f"N{number}", feeling=f"伤口又肿又疼，第{number}天了")
    put = site.call("PUT", "/expectations/recovery", {"expected": 0.4, "basis": "宣传页上写着“轻松恢复”"}, version=0)
    assert put.status_code == 200, put.text
    gap = stage_of(site.board(site.make()), "recovery")["gap"]
    point = stage_of(site.board(site.make()), "recovery")["point"]
    assert gap["gap"] == pytest.approx(0.4 - point["estimate"])
    assert (gap["gap_lower"], gap["gap_upper"]) == pytest.approx((0.4 - point["upper"], 0.4 - point["lower"]))
    assert gap["clear"]
    assert site.call("GET", "/expectations").json() == [gap]
    assert (
        site.call("PUT", "/expectations/recovery", {"expected": 0.4, "basis": gap["basis"]}, version=0).status_code
        == 200
    )
    stale = site.call("PUT", "/expectations/recovery", {"expected": 0.1}, version=0)
    assert (stale.status_code, stale.json()["code"], stale.json()["current"]["expected"]) == (412, "map_changed", 0.4)
    assert site.call("PUT", "/expectations/recovery", {"expected": 2}, version=1).status_code == 422
    assert site.call("PUT", "/expectations/nowhere", {"expected": 0}, version=0).json()["code"] == "map_place_unknown"
    assert site.call("PUT", "/expectations/recovery/night_alone", {"expected": 0.2}, version=0).status_code == 200
    (at_touchpoint,) = stage_of(site.board(site.make()), "recovery")["touchpoint_gaps"]
    assert (at_touchpoint["key"], at_touchpoint["delivered"], at_touchpoint["clear"]) == (
        "recovery/night_alone",
        None,
        False,
    )
    assert site.call("DELETE", "/expectations/recovery", version=1).status_code == 204
    assert site.call("DELETE", "/expectations/recovery", version=1).status_code == 204


def test_who_may_not_read_words_sees_the_teams_notes_and_figures_of_eight(site: MapSite) -> None:
    map_id = site.make(propose=True)
    (pain,) = site.cell(map_id, "pain")
    site.change(map_id, pain, text="夜里疼醒没人管")
    for who in ("viewer", "reader"):
        if who == "reader":
            site.cast.headers[who] = site.cast.key("owner", "curves:read")
        answer = site.call("GET", f"/maps/{map_id}", who=who)
        assert not any(one in answer.text for one in (*NIGHT, DID, WORRY, "P01", "P02"))
        (seen,) = site.cell(map_id, "pain", who=who)
        assert (seen["shown"], seen["people"], seen["quotes_standing"], seen["quotes"]) == (
            "夜里疼醒没人管",
            None,
            None,
            [],
        )
        assert site.cell(map_id, "action", who=who) == []
        assert "夜里一个人" in words(site.cell(map_id, "frontstage", who=who))
        plain = site.call("GET", f"/maps/{map_id}/notes/{pain['id']}", who=who).json()
        assert plain["quotations"] == []
    (did,) = site.cell(map_id, "action")
    assert site.call("GET", f"/maps/{map_id}/notes/{did['id']}", who="viewer").status_code == 404
    assert site.call("GET", "/maps/live", who="viewer").status_code == 200
    for number in range(K_ANONYMOUS):
        site.cast.add_patient(f"N{number}")
        say(site.cast, f"N{number}", feeling="半夜疼得睡不着")
    other = site.make(propose=True)
    (told,) = site.cell(other, "pain")
    site.change(other, told, text="夜里疼")
    (seen,) = site.cell(other, "pain", who="viewer")
    assert (seen["people"], seen["quotes"]) == (10, [])


@only_on("sqlite")  # no storage of its own
def test_only_researchers_write_and_strangers_know_of_nothing(site: MapSite) -> None:
    map_id = site.make()
    given = {"id": str(uuid4()), "stage": "recovery", "lane": "pain", "text": "痛"}
    for who, status in (("viewer", 403), ("stranger", 404), ("teammate", 201)):
        assert site.call("POST", f"/maps/{map_id}/notes", given, who=who).status_code == status
        assert site.call("GET", f"/maps/{map_id}", who=who).status_code == (404 if who == "stranger" else 200)
    site.cast.headers["reader"] = site.cast.key("owner", "statements:read")
    assert site.call("POST", f"/maps/{map_id}/propose", who="reader").json()["code"] == "missing_scope"


def test_care_staff_read_the_words_of_those_who_agreed(site: MapSite) -> None:
    map_id = site.make(propose=True)
    carer(site.cast)
    (pain,) = site.cell(map_id, "pain", who="carer")
    assert ({quote["participant"] for quote in pain["quotes"]}, pain["people"]) == ({"P01"}, 2)
    assert words(site.cell(map_id, "action", who="carer")) == [DID]
    with site.cast.store.write() as session:
        person = session.get_one(Participant, (site.cast.study_id, site.cast.people["P01"]))
        participants.withdraw_purpose(session, "user:test", person, "care")
    assert site.cell(map_id, "pain", who="carer") == []
    live = site.call("GET", "/maps/live", who="carer")
    assert not any(one in live.text for one in (*NIGHT, DID, WORRY))


def test_an_erased_persons_words_are_in_no_map_and_no_version(site: MapSite, engine: Engine) -> None:
    map_id = site.make(propose=True)
    to_be = site.make(kind="to_be", as_is=map_id)
    for one in (map_id, to_be):
        assert site.call("POST", f"/maps/{one}/versions", {"label": "给领导看的"}).status_code == 201
    assert DID in site.call("GET", f"/maps/{map_id}/versions/1").text
    assert {"entry", "statement"} <= holding(engine, DID)
    assert not holding(engine, DID) & {"map_note", "map_version", "quotation", "audit_event"}
    assert site.call("DELETE", "/participants/P01").status_code == 204
    assert holding(engine, *(DID, NIGHT[0], WORRY)) == set()
    for path in (
        "/maps/live",
        f"/maps/{map_id}",
        f"/maps/{to_be}",
        f"/maps/{map_id}/versions/1",
        f"/maps/{to_be}/versions/1",
    ):
        shown = site.call("GET", path)
        assert shown.status_code == 200
        assert not any(one in shown.text for one in (DID, NIGHT[0], WORRY, "P01"))
    assert site.cell(map_id, "action") == []
    assert "did" in stage_of(site.board(map_id), "recovery")["missing"]
    (pain,) = site.cell(map_id, "pain")
    assert pain["people"] == 1
    restored = site.call("POST", f"/maps/{map_id}/versions/1/restore", version=site.revision(map_id))
    assert restored.status_code == 200, restored.text
    assert site.cell(map_id, "action") == []


@only_on("sqlite")  # an erased row is one on either
def test_who_is_erased_between_reading_and_writing_a_proposal_is_not_in_it(site: MapSite) -> None:
    map_id = site.make()
    state = site.cast.app.state
    with state.database.read() as session:
        found = proposing.found_for(session, state.scenes, site.cast.study_id, UUID(map_id))
    assert site.call("DELETE", "/participants/P01").status_code == 204
    with state.database.write() as session:
        actor = StaffActor(site.cast.user_ids["owner"], "owner", "Owner", is_admin=False)
        proposing.propose(session, state.scenes, open_study(session, actor, SLUG), UUID(map_id), found=found)
    assert site.cell(map_id, "action") == []
    assert [quote["participant"] for note in site.cell(map_id, "pain") for quote in note["quotes"]] == ["P02"]


def test_words_taken_back_leave_the_map(site: MapSite) -> None:
    entry_id = uuid4()
    body = site.cast.entry(stage="treatment") | {"answers": {"action": "自己走着去的", "feeling": "还行"}}
    etag = site.cast.put(body, entry_id).headers["etag"]
    map_id = site.make(propose=True)
    assert words(site.cell(map_id, "action", stage="treatment")) == ["自己走着去的"]
    changed = body | {"answers": {"action": "儿子开车送的", "feeling": "还行"}}
    assert site.cast.put(changed, entry_id, if_match=etag).status_code == 200
    assert site.cell(map_id, "action", stage="treatment") == []
    assert "did" in stage_of(site.board(map_id), "treatment")["missing"]


@only_on("sqlite")  # no storage of its own
def test_no_stage_with_notes_on_it_can_go_and_a_renamed_one_shows_its_name(site: MapSite) -> None:
    map_id = site.make()
    site.note(map_id, "留在这里的便签")
    stages = site.call("GET", "").json()["stages"]
    kept = [{"key": one["key"], "name": one["name"]} for one in stages if one["key"] != "recovery"]
    assert site.call("PATCH", "", {"stages": kept}).status_code == 200
    assert words(site.cell(map_id, "action")) == ["留在这里的便签"]
    renamed = [{"key": one["key"], "name": "居家恢复" if one["key"] == "recovery" else one["name"]} for one in stages]
    assert site.call("PATCH", "", {"stages": renamed}).status_code == 200
    column = stage_of(site.board(map_id), "recovery")
    assert (column["name"], words(column["lanes"]["action"])) == ("居家恢复", ["留在这里的便签"])


@only_on("sqlite")  # no storage of its own
def test_every_change_is_logged_without_words(site: MapSite) -> None:
    map_id = site.make(propose=True)
    note = site.note(map_id, "只有团队知道的话")
    site.change(map_id, note, text="另一句团队的话")
    site.call("POST", f"/maps/{map_id}/versions", {"label": "第一版"})
    with site.cast.store.read() as session:
        events = session.scalars(select(AuditEvent).where(AuditEvent.action.like("map.%"))).all()
    assert [one.action for one in events] == [
        "map.made",
        "map.proposed",
        "map.note_added",
        "map.note_changed",
        "map.kept",
    ]
    told = str([one.detail for one in events])
    assert not any(one in told for one in ("团队", "第一版", DID, *NIGHT))


@only_on("sqlite")  # no storage of its own
def test_quotes_that_were_shown_are_noted_as_read(site: MapSite) -> None:
    map_id = site.make(propose=True)
    readings = site.cast.app.state.readings
    readings.flush()
    site.board(map_id)
    assert {key.participant_id for key in readings._waiting} == set(site.cast.people.values())
    readings.flush()
    site.board(map_id, who="viewer")
    assert not readings._waiting


@only_on("sqlite")  # no storage of its own
def test_an_unchanged_map_answers_304_and_a_changed_one_does_not(site: MapSite) -> None:
    map_id = site.make(propose=True)
    address = f"/api/v1/studies/{SLUG}/maps/{map_id}"
    tag = site.call("GET", f"/maps/{map_id}").headers["etag"]
    asked = site.cast.headers["owner"] | {"If-None-Match": tag}
    assert site.cast.client.get(address, headers=asked).status_code == 304
    site.note(map_id)
    assert site.cast.client.get(address, headers=asked).status_code == 200

"""Kept versions of a map, and a to-be map beside the one that it starts from."""

from typing import Any
from uuid import uuid4

import pytest

from tests.maps.map_site import MapSite, stage_of, words
from tests.support.cast import Cast


@pytest.fixture
def site(cast: Cast) -> MapSite:
    return MapSite(cast)


def write(site: MapSite, participant: str, text: str, *, wave: str | None = None, effort: int = 6) -> None:
    answers = {"feeling": text, "effort": effort}
    body = site.cast.entry(participant=participant) | {"answers": answers} | ({"wave": wave} if wave else {})
    answer = site.cast.put(body)
    assert answer.status_code == 201, answer.text


def compared(site: MapSite, map_id: str, *, who: str = "owner") -> dict[str, Any]:
    answer = site.call("GET", f"/maps/{map_id}/comparison", who=who)
    assert answer.status_code == 200, answer.text
    return stage_of(answer.json(), "recovery") | {"measured": answer.json()["measured"]}


def test_a_kept_map_opens_as_it_stood_and_says_what_changed_since(site: MapSite) -> None:
    map_id = site.make()
    stays, changes, goes = (site.note(map_id, text) for text in ("留下的", "要改的", "要走的"))
    revision = site.revision(map_id)
    kept = site.call("POST", f"/maps/{map_id}/versions", {"label": "访谈之前"}, version=revision)
    assert (kept.status_code, kept.json()["number"], kept.json()["notes"]) == (201, 1, 3)
    assert site.call("POST", f"/maps/{map_id}/versions", {"label": "访谈之前"}).json()["number"] == 1, "asked twice"
    assert site.revision(map_id) == revision, "keeping a map does not stop who is editing it"
    site.change(map_id, changes, text="改好的", lane="thought")
    site.call("DELETE", f"/maps/{map_id}/notes/{goes['id']}", version=1)
    new = site.note(map_id, "新来的")
    site.change(map_id, stays, position=1)
    stale = site.call("POST", f"/maps/{map_id}/versions", {}, version=revision)
    assert stale.status_code == 412
    opened = site.call("GET", f"/maps/{map_id}/versions/1").json()
    assert opened["number"] == 1
    assert words(stage_of(opened, "recovery")["lanes"]["action"]) == ["留下的", "要改的", "要走的"]
    found = site.call("GET", f"/maps/{map_id}/versions/1/differences").json()
    assert {(one["what"], one["before"] or one["after"]): one["changed"] for one in found} == {
        ("changed", changes["id"]): ["lane", "text"],
        ("removed", goes["id"]): [],
        ("added", new["id"]): [],
    }
    assert site.call("GET", f"/maps/{map_id}/versions/2").status_code == 404


def test_put_back_a_map_stands_as_it_stood_and_what_was_there_is_kept(site: MapSite) -> None:
    map_id = site.make()
    notes = [site.note(map_id, text) for text in ("留下的", "要改的", "要走的")]
    site.call("POST", f"/maps/{map_id}/versions", {"label": "原样"})
    site.change(map_id, notes[1], text="改坏的", lane="gap", stage="treatment")
    site.call("DELETE", f"/maps/{map_id}/notes/{notes[2]['id']}", version=1)
    site.note(map_id, "后来的")
    path = f"/maps/{map_id}/versions/1/restore"
    assert site.call("POST", path).status_code == 428
    assert site.call("POST", path, version=2).json()["current"]["revision"] == site.revision(map_id)
    assert site.call("POST", path, version=site.revision(map_id)).status_code == 200
    assert words(site.cell(map_id, "action")) == ["留下的", "要改的", "要走的"]
    assert site.cell(map_id, "gap", stage="treatment") == []
    assert site.cell(map_id, "action")[0]["version"] == 1, "what stood is untouched"
    assert site.change(map_id, notes[1] | {"version": 2}, text="旧窗口").status_code == 412
    versions = site.call("GET", f"/maps/{map_id}/versions").json()
    assert [(one["number"], one["label"]) for one in versions] == [(2, "—"), (1, "原样")]
    assert site.call("POST", f"/maps/{map_id}/versions/2/restore", version=site.revision(map_id)).status_code == 200
    assert words(site.cell(map_id, "gap", stage="treatment")) == ["改坏的"]
    assert words(site.cell(map_id, "action")) == ["留下的", "后来的"]


def test_a_to_be_map_starts_from_the_notes_and_tells_what_became_of_each(site: MapSite) -> None:
    write(site, "P01", "夜里肿得厉害，疼得睡不着")
    as_is = site.make(propose=True)
    site.note(as_is, "发两条群发短信", lane="backstage", party="marketing")
    to_be = site.make(kind="to_be", as_is=as_is)
    assert compared(site, to_be)["notes"] == []
    (pain,) = site.cell(to_be, "pain")
    assert pain["people"] == 1
    sms = next(note for note in site.cell(to_be, "backstage") if note["shown"] == "发两条群发短信")
    assert site.change(to_be, sms, text="术后三天关怀师每天来电", party="care").status_code == 200
    site.call("DELETE", f"/maps/{to_be}/notes/{pain['id']}", version=1)
    site.note(to_be, "回家前当面教冰敷", lane="frontstage")
    told = compared(site, to_be)["notes"]
    assert sorted((one["what"], one["lane"]) for one in told) == [
        ("added", "frontstage"),
        ("changed", "backstage"),
        ("removed", "pain"),
    ]
    (changed,) = [one for one in told if one["what"] == "changed"]
    assert (changed["changed"], changed["text_before"], changed["text_after"]) == (
        ["text", "party"],
        "发两条群发短信",
        "术后三天关怀师每天来电",
    )
    assert site.call("GET", f"/maps/{as_is}/comparison").json()["code"] == "map_not_paired"
    assert site.call("POST", f"/maps/{to_be}/propose").json()["code"] == "map_not_paired"
    chained = {"id": str(uuid4()), "title": "再未来", "kind": "to_be", "as_is": to_be}
    assert site.call("POST", "/maps", chained).json()["code"] == "map_not_paired"
    assert site.call("POST", "/maps", chained | {"as_is": None}).status_code == 422


def test_a_plan_is_held_against_what_is_measured_today(site: MapSite) -> None:
    for number in range(6):
        site.cast.add_patient(f"N{number}")
        write(site, f"N{number}", f"伤口肿得厉害，疼得睡不着，第{number}夜", effort=5 + number % 2)
    as_is = site.make()
    to_be = site.make(kind="to_be", as_is=as_is)
    path = f"/maps/{to_be}/targets/recovery"
    aim = {"sentiment": 0.1, "effort": 3, "words": "关怀师前三天每天来电"}
    assert site.call("PUT", path, aim).status_code == 428
    assert site.call("PUT", path, aim, version=0).json()["version"] == 1
    assert site.call("PUT", path, aim, version=0).json()["version"] == 1, "the same request again"
    assert site.call("PUT", path, aim | {"effort": 2}, version=0).json()["current"]["effort"] == 3
    assert site.call("PUT", path, aim | {"effort": 8}, version=1).status_code == 422
    assert site.call("PUT", f"/maps/{as_is}/targets/recovery", aim, version=0).json()["code"] == "map_not_paired"
    found = compared(site, to_be)
    assert not found["measured"]
    assert (found["after"], found["difference"]) == (None, None)
    assert found["aim"]["wanted"] == pytest.approx(0.1 - found["before"])
    assert found["aim"]["reached"] == "no"
    assert found["effort_before"]["mean"] == 5.5
    assert (found["effort_change"], found["effort_aim"]["reached"]) == (-2.5, "no")
    hidden = compared(site, to_be, who="viewer")
    assert (hidden["before"], hidden["effort_before"]["mean"], hidden["aim"]["measured"]) == (None, None, None)


def test_two_rounds_are_compared_with_their_interval_and_the_plan_with_the_second(site: MapSite) -> None:
    for key, name in (("before", "改进之前"), ("after", "改进之后")):
        assert site.call("POST", "/waves", {"key": key, "name": name}).status_code == 201
    for number in range(8):
        site.cast.add_patient(f"N{number}")
        write(site, f"N{number}", f"伤口肿得厉害，疼得睡不着，第{number}夜", wave="before", effort=6)
        write(site, f"N{number}", f"关怀师来电话教我冰敷，心里踏实，好多了，第{number}天", wave="after", effort=2)
    as_is = site.make(wave="before")
    to_be = site.make(kind="to_be", as_is=as_is, wave="after")
    site.call("PUT", f"/maps/{to_be}/targets/recovery", {"sentiment": 0.05, "effort": 4}, version=0)
    found = compared(site, to_be)
    assert found["measured"]
    assert found["difference"]["difference"] == pytest.approx(found["after"] - found["before"], abs=2e-6)
    assert found["difference"]["lower"] > 0
    assert (found["effort_before"]["mean"], found["effort_after"]["mean"], found["effort_change"]) == (6, 2, -4)
    assert (found["aim"]["reached"], found["effort_aim"]["reached"]) == ("yes", "yes")
    other = site.call("GET", f"/maps/{to_be}/comparison").json()["stages"][0]
    assert (other["aim"], other["difference"]["clear"]) == (None, False)

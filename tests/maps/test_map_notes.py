"""Notes of a map over HTTP: each change is made once, upon what was seen, and refused with what stands otherwise."""

from uuid import uuid4

import pytest

from tests.maps.map_site import MapSite, words
from tests.support.cast import Cast


@pytest.fixture
def site(cast: Cast) -> MapSite:
    return MapSite(cast)


def test_a_note_that_is_sent_twice_is_one_and_other_content_is_refused(site: MapSite) -> None:
    map_id = site.make()
    given = {"id": str(uuid4()), "stage": "recovery", "lane": "action", "text": "打电话问前台"}
    first = site.call("POST", f"/maps/{map_id}/notes", given)
    again = site.call("POST", f"/maps/{map_id}/notes", given)
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    assert first.headers["etag"] == '"1"'
    other = site.call("POST", f"/maps/{map_id}/notes", given | {"text": "别的"})
    assert (other.status_code, other.json()["code"]) == (409, "map_id_taken")
    assert other.json()["current"]["text"] == "打电话问前台"
    elsewhere = site.call("POST", f"/maps/{site.make()}/notes", given)
    assert (elsewhere.status_code, elsewhere.json()["current"]) == (409, None)
    assert words(site.cell(map_id, "action")) == ["打电话问前台"]


def test_who_saw_an_older_note_is_told_and_overwrites_nothing(site: MapSite) -> None:
    map_id = site.make()
    note = site.note(map_id)
    assert site.call("PATCH", f"/maps/{map_id}/notes/{note['id']}", {"text": "没带版本"}).status_code == 428
    mine = site.change(map_id, note, text="我的话")
    assert (mine.status_code, mine.headers["etag"]) == (200, '"2"')
    late = site.change(map_id, note, who="teammate", text="同事的话")
    assert (late.status_code, late.json()["code"]) == (412, "map_changed")
    assert (late.json()["current"]["text"], late.json()["current"]["version"]) == ("我的话", 2)
    assert site.change(map_id, note, text="我的话").json()["version"] == 2, "the same request again"
    assert site.call("DELETE", f"/maps/{map_id}/notes/{note['id']}", version=1).status_code == 412
    assert words(site.cell(map_id, "action")) == ["我的话"]
    assert site.change(map_id, late.json()["current"], who="teammate", text="两个人的话").status_code == 200
    assert words(site.cell(map_id, "action")) == ["两个人的话"]


def test_notes_move_within_their_cell_and_to_others(site: MapSite) -> None:
    map_id = site.make()
    notes = [site.note(map_id, text) for text in "甲乙丙"]
    assert site.change(map_id, notes[2], position=0).status_code == 200
    assert words(site.cell(map_id, "action")) == ["丙", "甲", "乙"]
    assert site.note(map_id, "丁", position=1)["position"] == 1
    assert words(site.cell(map_id, "action")) == ["丙", "丁", "甲", "乙"]
    moved = site.change(map_id, notes[0], lane="thought", stage="treatment")
    assert (moved.json()["stage"], moved.json()["lane"], moved.json()["version"]) == ("treatment", "thought", 2)
    assert words(site.cell(map_id, "action")) == ["丙", "丁", "乙"]
    assert words(site.cell(map_id, "thought", stage="treatment")) == ["甲"]
    assert site.change(map_id, notes[1], text="乙乙").json()["version"] == 2, "who only made room is not changed"


def test_a_note_says_who_does_it_and_where_only_where_that_makes_sense(site: MapSite) -> None:
    map_id = site.make()
    behind = site.note(map_id, "排班表每周五更新", lane="backstage", party="operations", touchpoint="night_alone")
    assert (behind["party"], behind["touchpoint"]) == ("operations", "night_alone")
    moved = site.change(map_id, behind, lane="pain").json()
    assert (moved["party"], moved["lane"]) == (None, "pain")
    for refused, status, code in (
        ({"lane": "pain", "text": "痛", "party": "operations"}, 422, "note_misplaced"),
        ({"lane": "backstage", "text": "谁", "party": "nobody"}, 422, "invalid"),
        ({"lane": "backstage", "text": "哪", "touchpoint": "brochure"}, 422, "note_misplaced"),
        ({"lane": "action", "text": "  "}, 422, "empty_note"),
        ({"lane": "action", "text": "长" * 201}, 422, "invalid"),
        ({"lane": "action", "text": "坏\x00字"}, 422, "invalid"),
        ({"lane": "cloud", "text": "哪一行"}, 422, "invalid"),
        ({"lane": "action", "text": "在哪", "stage": "nowhere"}, 404, "map_place_unknown"),
    ):
        answer = site.call("POST", f"/maps/{map_id}/notes", {"id": str(uuid4()), "stage": "recovery", **refused})
        assert (answer.status_code, answer.json()["code"]) == (status, code), refused


def test_a_note_rests_on_words_that_are_there(site: MapSite) -> None:
    text = "夜里肿得厉害😣，一个人有点害怕。"
    site.cast.put(site.cast.entry(text))
    (quote,) = site.cast.get("/quotes?key=recovery").json()
    map_id = site.make()
    span = {"statement": quote["id"], "start": 8, "end": 16}
    note = site.note(map_id, "", lane="pain", quotations=[span])
    (shown,) = site.cell(map_id, "pain")
    assert (shown["shown"], shown["own"], shown["people"]) == (text[8:16], False, 1)
    assert shown["quotes"][0]["found_by"] == "Owner"
    assert site.change(map_id, note, quotations=[]).json()["code"] == "empty_note"
    for wrong in ({"start": 8, "end": 99}, {"start": 9, "end": 9}, {"statement": str(uuid4())}):
        answer = site.change(map_id, note, quotations=[span | wrong])
        assert (answer.status_code, answer.json()["code"]) == (422, "unknown_span")
    renamed = site.change(map_id, note, text="夜里没人陪", who="teammate").json()
    assert site.change(map_id, renamed, quotations=[span, span | {"start": 0}], who="teammate").status_code == 200
    (shown,) = site.cell(map_id, "pain")
    assert [one["found_by"] for one in shown["quotes"]] == ["Owner", "Teammate"]
    assert (shown["shown"], shown["own"]) == ("夜里没人陪", True)


def test_a_removed_note_comes_back(site: MapSite) -> None:
    map_id = site.make()
    note = site.note(map_id)
    path = f"/maps/{map_id}/notes/{note['id']}"
    assert site.call("DELETE", path, version=1).json()["removed"]
    assert site.call("DELETE", path, version=1).status_code == 200, "gone already"
    assert site.change(map_id, note, text="改一改").status_code == 404
    assert site.call("POST", f"{path}/restore", version=1).status_code == 412
    assert site.call("POST", f"{path}/restore", version=2).json()["version"] == 3
    assert site.call("POST", f"{path}/restore", version=2).status_code == 200
    assert words(site.cell(map_id, "action")) == ["打电话问前台"]


def test_a_map_that_was_put_away_is_read_but_not_changed(site: MapSite) -> None:
    map_id = site.make()
    to_be = site.make(kind="to_be", as_is=map_id)
    refused = site.call("PATCH", f"/maps/{map_id}", {"retired": True}, version=site.revision(map_id))
    assert refused.json()["code"] == "map_has_pair"
    assert site.call("PATCH", f"/maps/{to_be}", {"retired": True}, version=7).status_code == 412
    for one in (to_be, map_id):
        away = site.call("PATCH", f"/maps/{one}", {"retired": True}, version=site.revision(one))
        assert away.status_code == 200
        assert away.json()["retired_at"]
    assert site.call("GET", "/maps").json() == []
    assert len(site.call("GET", "/maps?retired=true").json()) == 2
    given = {"id": str(uuid4()), "stage": "recovery", "lane": "action", "text": "还写"}
    assert site.call("POST", f"/maps/{map_id}/notes", given).json()["code"] == "map_retired"
    assert site.call("POST", f"/maps/{map_id}/versions", {}).json()["code"] == "map_retired"
    early = site.call("PATCH", f"/maps/{to_be}", {"retired": False}, version=site.revision(to_be))
    assert early.json()["code"] == "map_retired"
    back = site.call("PATCH", f"/maps/{map_id}", {"retired": False, "title": "改名"}, version=site.revision(map_id))
    assert (back.status_code, back.json()["title"]) == (200, "改名")
    assert site.call("POST", f"/maps/{map_id}/notes", given).status_code == 201

"""What people coded comes onto the map: by the name of the code, with the coder's, and never what is still coded blind."""

from uuid import UUID

import pytest

from app.coding import codebook, codebook_queries
from app.coding.codebook_schemas import NewCode
from app.maps.board.extraction import lane_of
from tests.maps.map_site import MapSite, words
from tests.support.coding import CodingCast

ACTION, PAIN = "每天用冰袋敷二十分钟", "张嘴就疼，吃不下东西"
TEXT = f"{ACTION}，{PAIN}。"


@pytest.fixture
def site(coding_cast: CodingCast) -> MapSite:
    """Codes under 行为 and 痛点, beside those of the scene whose names say nothing of a lane."""
    for name in ("行为", "痛点", "没想到的惊喜"):
        add_code(coding_cast, name, None)
    add_code(coding_cast, "自己想办法", "行为")
    add_code(coding_cast, "吃不好睡不好", "痛点")
    return MapSite(coding_cast)


def add_code(scene: CodingCast, name: str, parent: str | None) -> None:
    with scene.store.write() as session:
        version = codebook_queries.version_of(session, scene.study_id)
        given = NewCode(name=name, parent_id=scene.codes[parent] if parent else None)
        scene.codes[name] = codebook.add_code(session, "user:test", scene.study_id, given, version=version).id


def coding(site: MapSite) -> CodingCast:
    assert isinstance(site.cast, CodingCast)
    return site.cast


def mark_both(scene: CodingCast, who: str, statement_id: UUID) -> None:
    action = scene.mark("自己想办法", 0, len(ACTION))
    pain = scene.mark("吃不好睡不好", len(ACTION) + 1, len(TEXT) - 1)
    scene.save(who, statement_id, -1, action, pain, scene.mark("疼痛", 0, 3))


def test_excerpts_come_into_the_lane_that_their_code_or_one_above_it_names(site: MapSite) -> None:
    scene = coding(site)
    for participant in ("P01", "P02"):
        (statement_id,) = scene.say(texts=[TEXT], participant=participant)
        mark_both(scene, "teammate", statement_id)
    map_id = site.make(propose=True)
    (action,) = site.cell(map_id, "action")
    assert (action["shown"], action["people"], action["origin"], action["source"]) == (ACTION, 2, "code", "自己想办法")
    assert {quote["found_by"] for quote in action["quotes"]} == {"Teammate"}
    pains = site.cell(map_id, "pain")
    assert words([note for note in pains if note["origin"] == "code"]) == [PAIN]
    assert len(pains) == 1, "the machine's reading of the same words is left out"
    with scene.store.read() as session:
        book = {one.id: one for one in codebook_queries.all_codes(session, scene.study_id)}
    assert lane_of(book[scene.codes["没想到的惊喜"]], book) == "delight"
    assert lane_of(book[scene.codes["安心"]], book) is None


def test_what_two_are_coding_blind_is_not_on_the_map_before_both_are_done(site: MapSite) -> None:
    scene = coding(site)
    (statement_id,) = scene.say(texts=[TEXT])
    scene.give_draw([statement_id], doubled=True)
    scene.assign("first", [statement_id])
    scene.assign("second", [statement_id])
    mark_both(scene, "first", statement_id)
    map_id = site.make(propose=True)
    assert site.cell(map_id, "action") == []
    mark_both(scene, "second", statement_id)
    assert site.call("POST", f"/maps/{map_id}/propose").json()["added"] >= 1
    (action,) = site.cell(map_id, "action")
    assert (action["people"], action["quotes_standing"]) == (1, 1)

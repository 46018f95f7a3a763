"""Merging, splitting, moving and retiring codes: what becomes of the codings."""

from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from app.coding import codebook
from app.coding.codebook_errors import CodeCircle, ExcerptsMoved, StaleCodebook
from app.coding.codebook_queries import codes_of, version_of, versions_of
from app.coding.codebook_schemas import CodeIn, NewCode
from app.coding.errors import StaleCoding
from app.coding.models import Code, CodingChange, Excerpt
from app.core.errors import Invalid
from tests.support.coding import CodedScene

ACTOR = "user:test"


def change(scene: CodedScene, act: Any, *given: Any, **named: Any) -> Any:
    """Change the codebook as somebody who has just looked at it."""
    with scene.store.write() as session:
        version = version_of(session, scene.study_id)
        return act(session, ACTOR, scene.study_id, *given, **named, version=version)


def spans(scene: CodedScene) -> set[tuple[str, int, int, str]]:
    """Which code stands where, by whom (as first letters of the name and of the coder)."""
    with scene.store.read() as session:
        names = {code.id: code.name for code in session.scalars(select(Code))}
        return {(names[one.code_id], one.start, one.end, str(one.coder_id)) for one in session.scalars(select(Excerpt))}


def placed(scene: CodedScene) -> list[tuple[int, str]]:
    with scene.store.read() as session:
        return [(code.depth, code.name) for code in codes_of(session, scene.study_id)]


def test_merging_moves_every_excerpt_and_folds_only_what_lies_on_the_same_span(coded: CodedScene) -> None:
    first, second = coded.say()[:2]
    kept = coded.mark("害怕", 2, 6, "自己说的")
    folded = coded.mark("疼痛", 2, 6, "肿")
    moved = coded.mark("疼痛", 0, 2)
    mine = coded.save("owner", first, -2, kept, folded, moved)
    other = coded.save("teammate", first, -1, coded.mark("疼痛", 2, 6))
    untouched = coded.save("owner", second, 1, coded.mark("安心", 0, 2))
    found = change(coded, codebook.merge_codes, [coded.codes["疼痛"]], coded.codes["害怕"])
    assert found.counts == {"excerpts": 3, "folded": 1, "statements": 1, "coders": 2}
    owner, teammate = str(coded.coder("owner").id), str(coded.coder("teammate").id)
    assert spans(coded) == {
        ("害怕", 2, 6, owner),
        ("害怕", 0, 2, owner),
        ("害怕", 2, 6, teammate),
        ("安心", 0, 2, owner),
    }
    with coded.store.read() as session:
        ids = {str(one.id): one for one in session.scalars(select(Excerpt))}
        changes = session.scalars(select(CodingChange).where(CodingChange.actor == ACTOR)).all()
        codes = codes_of(session, coded.study_id, retired=True)
    assert set(ids) > {kept["id"], moved["id"]}
    assert folded["id"] not in ids
    assert ids[kept["id"]].memo == "自己说的\n肿"
    assert {one.version for one in changes} == {mine.version + 1, other.version + 1}
    stood = sorted((len((one.before or {})["excerpts"]), len(one.after["excerpts"])) for one in changes)
    assert stood == [(1, 1), (3, 2)]
    merged = next(code for code in codes if code.name == "疼痛")
    assert (merged.merged_into, merged.uses) == (coded.codes["害怕"], 0)
    # Whoever has the statement open is told; whoever has another one open is not.
    with pytest.raises(StaleCoding):
        coded.save("owner", first, -2, version=mine.version)
    assert coded.save("owner", second, 0, version=untouched.version).version == untouched.version + 1


def test_children_come_along_and_a_name_that_is_taken_gets_a_number(coded: CodedScene) -> None:
    pain, calm = coded.codes["疼痛"], coded.codes["安心"]
    change(coded, codebook.add_code, NewCode(name="夜里", parent_id=pain))
    change(coded, codebook.add_code, NewCode(name="夜里", parent_id=calm))
    change(coded, codebook.merge_codes, [pain], calm)
    assert placed(coded) == [(0, "情绪"), (1, "害怕"), (1, "安心"), (2, "夜里"), (2, "夜里（2）")]
    with pytest.raises(CodeCircle):
        change(coded, codebook.merge_codes, [coded.codes["情绪"]], calm)


def test_a_retired_code_keeps_its_excerpts_and_cannot_be_applied_anew(coded: CodedScene) -> None:
    statement = coded.say()[0]
    standing = coded.mark("疼痛", 0, 2)
    coded.save("owner", statement, -1, standing)
    letter = change(coded, codebook.change_code, coded.codes["疼痛"], CodeIn(name="疼痛", shortcut="p")).shortcut
    retired = change(coded, codebook.retire_code, coded.codes["情绪"])
    assert len(retired) == 4
    assert placed(coded) == []
    assert len(spans(coded)) == 1
    coded.save("owner", statement, -2, standing)
    with pytest.raises(Invalid):
        coded.save("owner", statement, -2, standing, coded.mark("害怕", 0, 1))
    taken = change(coded, codebook.add_code, NewCode(name="别的", shortcut=letter))
    change(coded, codebook.restore_code, coded.codes["疼痛"])
    assert placed(coded) == [(0, "别的"), (0, "疼痛")]
    with coded.store.read() as session:
        assert {code.name: code.shortcut for code in codes_of(session, coded.study_id)} == {
            "别的": taken.shortcut,
            "疼痛": None,
        }


def test_splitting_gives_away_what_was_chosen_and_nothing_else(coded: CodedScene) -> None:
    first, second = coded.say()[:2]
    given = [coded.mark("疼痛", 0, 2), coded.mark("疼痛", 3, 5), coded.mark("疼痛", 0, 1)]
    coded.save("owner", first, -1, *given[:2])
    coded.save("owner", second, -1, given[2])
    away = [UUID(given[1]["id"]), UUID(given[2]["id"])]
    parts = [
        codebook.Part(NewCode(name="夜里疼", parent_id=coded.codes["情绪"]), away[:1]),
        codebook.Part(coded.codes["害怕"], away[1:]),
    ]
    into, moved = change(coded, codebook.split_code, coded.codes["疼痛"], parts)
    assert [code.name for code in into] == ["夜里疼", "害怕"]
    assert moved.counts == {"excerpts": 2, "folded": 0, "statements": 2, "coders": 1}
    assert {one[:3] for one in spans(coded)} == {("疼痛", 0, 2), ("夜里疼", 3, 5), ("害怕", 0, 1)}
    before = spans(coded)
    for wrong in ([*away], [uuid4()]):
        with pytest.raises(ExcerptsMoved):
            change(coded, codebook.split_code, coded.codes["疼痛"], [codebook.Part(coded.codes["安心"], wrong)])
    assert spans(coded) == before


def test_a_code_moves_with_what_is_under_it_and_never_into_itself(coded: CodedScene) -> None:
    fear, calm, mood = coded.codes["害怕"], coded.codes["安心"], coded.codes["情绪"]
    change(coded, codebook.move_code, calm, parent_id=fear)
    change(coded, codebook.move_code, fear, parent_id=mood, place=0)
    assert placed(coded) == [(0, "情绪"), (1, "害怕"), (2, "安心"), (1, "疼痛")]
    for inside in (fear, calm):
        with pytest.raises(CodeCircle):
            change(coded, codebook.move_code, fear, parent_id=inside)
    with coded.store.read() as session:
        version = version_of(session, coded.study_id)
    change(coded, codebook.move_code, fear, parent_id=mood, place=0)
    with coded.store.read() as session:
        assert version_of(session, coded.study_id) == version  # it stood there


def test_each_change_is_a_version_with_all_codes(coded: CodedScene) -> None:
    change(
        coded, codebook.change_code, coded.codes["疼痛"], CodeIn(name="疼", description="身上的疼", examples=("肿",))
    )
    change(coded, codebook.retire_code, coded.codes["安心"])
    with pytest.raises(StaleCodebook), coded.store.write() as session:
        codebook.retire_code(session, ACTOR, coded.study_id, coded.codes["害怕"], version=1)
    with coded.store.read() as session:
        latest, earlier = versions_of(session, coded.study_id)
    assert (latest.version, latest.action, latest.detail["codes"]) == (2, "retired", 1)
    assert (earlier.action, earlier.detail["changed"]) == ("changed", ["name", "description", "examples", "shortcut"])
    stood = {code["name"]: code for code in earlier.codes}
    assert stood["疼"]["examples"] == ["肿"]
    assert not stood["安心"]["retired"]
    assert {code["name"] for code in latest.codes if code["retired"]} == {"安心"}

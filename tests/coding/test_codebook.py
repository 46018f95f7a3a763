"""The codebook through its service: order, rules, versions."""

from typing import Any

import pytest

from app.coding import codebook
from app.coding.codebook_colours import PALETTE, PAPERS, contrast, readable
from app.coding.codebook_errors import CodeNameTaken, CodeTooDeep, ShortcutTaken, StaleCodebook
from app.coding.codebook_queries import codes_of, version_of
from app.coding.codebook_schemas import NewCode
from tests.support.cast import Cast

ACTOR = "user:test"


def add(cast: Cast, name: str, **given: Any) -> Any:
    with cast.store.write() as session:
        version = version_of(session, cast.study_id)
        return codebook.add_code(session, ACTOR, cast.study_id, NewCode(name=name, **given), version=version).id


def names(cast: Cast) -> list[tuple[int, str]]:
    with cast.store.read() as session:
        return [(code.depth, code.name) for code in codes_of(session, cast.study_id)]


def test_codes_stand_in_tree_order(cast: Cast) -> None:
    pain = add(cast, "痛点")
    add(cast, "支持")
    add(cast, "肿胀", parent_id=pain)
    add(cast, "没人接电话", parent_id=pain)
    assert names(cast) == [(0, "痛点"), (1, "肿胀"), (1, "没人接电话"), (0, "支持")]


def test_what_breaks_a_rule_is_refused(cast: Cast) -> None:
    parent = add(cast, "痛点", shortcut="a")
    with pytest.raises(CodeNameTaken):
        add(cast, "痛点")
    with pytest.raises(ShortcutTaken):
        add(cast, "支持", shortcut="A")
    for level in range(4):
        parent = add(cast, f"{level}", parent_id=parent)
    with pytest.raises(CodeTooDeep):
        add(cast, "太深", parent_id=parent)


def test_a_change_of_what_is_no_longer_so_is_told(cast: Cast) -> None:
    add(cast, "痛点")
    with pytest.raises(StaleCodebook), cast.store.write() as session:
        codebook.add_code(session, ACTOR, cast.study_id, NewCode(name="支持"), version=0)
    assert names(cast) == [(0, "痛点")]


@pytest.mark.parametrize("colour", [*PALETTE, "#000000", "#ffffff", "#ffff00", "#00007f", "#191714"])
def test_colours_are_seen_on_every_paper(colour: str) -> None:
    shown = readable(colour)
    assert all(contrast(shown, paper) >= 3 for paper in PAPERS)
    assert shown == colour or colour not in PALETTE

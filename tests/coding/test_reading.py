"""Searching what was said, counting codes, memos and saved questions: over HTTP, on both kinds of database."""

import re
from itertools import pairwise
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine
from sqlalchemy import text as sql

from app.coding import codebook, search_index
from app.coding.codebook_queries import version_of
from app.coding.search_words import read_words, spans_of
from app.core.scrubbing import scrub
from app.participants.erasure import erase_person
from tests.support import staff
from tests.support.coding import SAID, CodingCast
from tests.support.databases import only_on
from tests.support.scene import PASSWORD, SLUG

READING = f"/studies/{SLUG}/reading"
RARE = "𠮷野家的粥，喝了三天😣，肿消了50%。"

NUMB = "打了麻药，一点也不疼。"
EXPECTED = {
    "疼": {SAID[2], NUMB},
    "一个人有点": {SAID[0]},
    "疼 睡不好": {SAID[2]},
    "疼 -麻药": {SAID[2]},
    "“𠮷野家的粥”": {RARE},
    "50%": {RARE},
    "😣": {SAID[0], RARE},
    "从来没有人说过": set(),
    '""': {*SAID, RARE, NUMB},
    "%": {RARE},
    "_____": set(),
    'a"b OR 疼': set(),
}


def sign_in(cast: CodingCast, who: str) -> None:
    cast.client.cookies.clear()
    assert staff.sign_in(cast.client, who, PASSWORD).status_code == 303


def found(cast: CodingCast, **asked: Any) -> list[str]:
    """Return the texts that the page shows, in its order."""
    answer = cast.client.get(f"{READING}?{urlencode(asked)}")
    assert answer.status_code == 200, answer.text
    return [re.sub("<[^>]+>", "", one) for one in re.findall(r"<blockquote>(.*?)</blockquote>", answer.text, re.DOTALL)]


def post(cast: CodingCast, path: str, **form: str) -> int:
    return staff.submit(cast.client, f"{READING}/memos", path, form).status_code


@pytest.fixture
def cast(coding_cast: CodingCast) -> CodingCast:
    coding_cast.say()
    coding_cast.say("treatment", [RARE, NUMB], participant="P02")
    sign_in(coding_cast, "teammate")
    return coding_cast


@pytest.mark.parametrize("indexed", [False, True])
def test_what_was_said_is_found_as_it_was_written(cast: CodingCast, indexed: bool) -> None:
    if indexed:
        with cast.store.write() as session:
            assert not search_index.is_waiting(session) or search_index.put(session, cast.study_id)
    for typed, expected in EXPECTED.items():
        assert set(found(cast, q=typed)) == expected, typed


@only_on("sqlite")  # PostgreSQL keeps its own index
def test_the_index_finds_what_it_holds_and_forgets_whom_it_must(cast: CodingCast) -> None:
    def matching(phrase: str) -> int:
        with cast.store.read() as session:
            asked = sql("SELECT count(*) FROM statement_words WHERE statement_words MATCH :phrase")
            return int(session.scalar(asked, {"phrase": f'"{phrase}"'}) or 0)

    assert matching("一个人有点") == 0
    found(cast, q="一个人")  # whoever searches brings the index up
    assert matching("一个人有点") == 1
    with cast.store.write() as session:
        erase_person(session, "user:test", cast.study_id, cast.people["P01"])
    assert found(cast, q="一个人") == []
    assert scrub(cast.app.state.database)
    assert matching("一个人有点") == matching("打了麻药") == 0
    assert found(cast, q="打了麻药") == [NUMB]  # listed and put in again
    assert matching("打了麻药") == 1


@only_on("sqlite")  # where the index is a table of the database's own kind
def test_erasing_does_not_mind_that_another_has_changed_the_schema(cast: CodingCast, engine: Engine) -> None:
    found(cast, q="一个人")
    with engine.begin() as connection:
        connection.execute(sql("CREATE TABLE made_meanwhile (number INTEGER)"))
    with cast.app.state.database.write() as session:
        erase_person(session, "user:test", cast.study_id, cast.people["P01"])
    assert found(cast, q="一个人") == []


def test_filters_narrow_what_is_found(cast: CodingCast) -> None:
    first, *_ = cast.say("sharing", ["第一晚肿成了包子。"])
    cast.save("owner", first, -2, cast.mark("疼痛", 0, 3))
    assert found(cast, stage="treatment", q="疼") == [NUMB]
    assert set(found(cast, participant="P02")) == {RARE, NUMB}
    assert found(cast, coded="yes") == ["第一晚肿成了包子。"]
    assert len(found(cast, coded="no")) == 6
    assert found(cast, code=cast.codes["情绪"]) == ["第一晚肿成了包子。"]  # a code with those below it
    assert found(cast, code=cast.codes["安心"]) == []
    with cast.store.write() as session:
        version = version_of(session, cast.study_id)
        merged, into = cast.codes["疼痛"], cast.codes["害怕"]
        codebook.merge_codes(session, "user:test", cast.study_id, [merged], into, version=version)
    assert found(cast, code=merged) == ["第一晚肿成了包子。"]  # what was saved before the merge still finds it
    assert found(cast, source="interview") == []
    cast.say("sharing", ["站在走廊里数了数，四十分钟没人招呼。"], participant="P02", source="observer")
    assert found(cast, q="走廊") == []  # what the team saw is kept apart
    assert found(cast, q="走廊", source="observer") == ["站在走廊里数了数，四十分钟没人招呼。"]
    assert found(cast, stage="nowhere") == []
    assert found(cast, **{"from": "2026-03-14"}) == []
    assert len(found(cast, **{"from": "2026-03-13", "to": "2026-03-13"})) == 7
    assert cast.client.get(f"{READING}?from=0001-01-01").status_code == 422


def test_codes_are_counted_by_stage_and_in_pairs(cast: CodingCast) -> None:
    one, two, *_ = cast.say("sharing", ["第一晚肿成了包子，怕得很。", "第二晚还是疼。"])
    other, *_ = cast.say("treatment", ["护士握着我的手。"], participant="P02")
    cast.save("owner", one, -2, cast.mark("疼痛", 0, 5), cast.mark("害怕", 9, 12))
    cast.save("teammate", one, -1, cast.mark("疼痛", 3, 8))
    cast.save("owner", two, -1, cast.mark("疼痛", 3, 6))
    cast.save("owner", other, 2, cast.mark("安心", 0, 3))
    counted = cast.get("/code-counts.json").json()
    by_name = {row["name"]: row for row in counted["codes"]}
    assert counted["statements"] == 3
    assert (by_name["疼痛"]["statements"], by_name["疼痛"]["participants"]) == (2, 1)
    assert (by_name["情绪"]["statements"], by_name["情绪"]["participants"]) == (3, 2)
    assert (by_name["疼痛"]["by"]["sharing"], by_name["安心"]["by"]["treatment"]) == (2, 1)
    (pair,) = counted["together"]
    assert {pair["codes"][0], pair["codes"][1]} == {by_name["疼痛"]["id"], by_name["害怕"]["id"]}
    assert (pair["statements"], pair["share"]) == (1, 0.5)
    here, there = (cast.get(f"/code-counts.json?stage={stage}").json() for stage in ("sharing", "treatment"))
    assert (here["statements"], len(here["together"])) == (2, 1)
    assert (there["statements"], there["together"]) == (1, [])
    assert cast.client.get(f"{READING}/codes?stage=sharing&segment=没有:这群").status_code == 200
    table = cast.get("/code-counts.csv").text
    assert "疼痛,1,2,1," in table
    page = cast.client.get(f"{READING}/codes").text
    assert "情绪" in page


def test_what_the_team_settled_is_what_counts(cast: CodingCast) -> None:
    one, *_ = cast.say("sharing", ["第一晚肿成了包子，怕得很。"])
    cast.give_draw([one], doubled=True)
    cast.assign("first", [one])
    cast.assign("second", [one])
    cast.save("first", one, -2, cast.mark("疼痛", 0, 5))
    assert cast.get("/code-counts.json").json()["statements"] == 0  # two code it blind, and one is not done
    assert found(cast, code=cast.codes["疼痛"]) == []
    cast.save("second", one, -1, cast.mark("害怕", 9, 12))
    assert found(cast, code=cast.codes["疼痛"]) == ["第一晚肿成了包子，怕得很。"]
    cast.save("owner", one, -2, cast.mark("安心", 0, 2), coder="consensus")
    counted = {row["name"]: row["statements"] for row in cast.get("/code-counts.json").json()["codes"]}
    assert (counted["疼痛"], counted["害怕"], counted["安心"]) == (0, 0, 1)


def test_only_who_may_read_may_search(cast: CodingCast) -> None:
    for who, status in (("viewer", 403), ("first", 403), ("owner", 200)):
        sign_in(cast, who)
        assert [cast.client.get(READING + part).status_code for part in ("", "/codes", "/memos")] == [status] * 3
    assert cast.get("/code-counts.json", who="viewer").status_code == 403
    assert cast.get("/code-counts.json", who="stranger").status_code == 404


def test_memos_are_kept_and_never_overwritten_unseen(cast: CodingCast) -> None:
    (statement,) = cast.say("sharing", ["第一晚肿成了包子。"])
    memos = f"{READING}/memos"
    assert post(cast, memos, about="statement", about_id=str(statement), text="“包子”这个说法很多人用。") == 303
    assert post(cast, memos, about="statement", about_id=str(UUID(int=1)), text="没有这句话") == 404
    assert post(cast, memos, about="study", text="   ") == 422
    page = cast.client.get(memos).text
    assert "“包子”这个说法很多人用。" in page
    (address,) = re.findall(rf'action="({memos}/[0-9a-f-]+)"', page)
    assert post(cast, address, version="1", text="改过一次") == 303
    assert post(cast, address, version="1", text="没看到改过") == 412
    assert "改过一次" in cast.client.get(memos).text
    with cast.store.write() as session:
        erase_person(session, "user:test", cast.study_id, cast.people["P01"])
    assert "改过一次" not in cast.client.get(memos).text  # a memo on somebody's words goes with them


def test_a_memo_is_its_writers_to_change(cast: CodingCast) -> None:
    memos = f"{READING}/memos"
    post(cast, memos, about="study", text="只有写的人能改")
    (address,) = re.findall(rf'action="({memos}/[0-9a-f-]+)"', cast.client.get(memos).text)
    sign_in(cast, "owner")
    assert post(cast, address, version="1", text="别人改的") == 403
    assert "别人改的" not in cast.client.get(memos).text
    assert post(cast, f"{address}/remove") == 303
    assert "只有写的人能改" not in cast.client.get(memos).text


def test_a_question_is_saved_under_its_name_once(cast: CodingCast) -> None:
    saving = f"{READING}/saved?q=" + "肿"
    assert post(cast, saving, name="肿的时候") == 303
    assert post(cast, saving + "&stage=sharing", name="肿的时候") == 303
    page = cast.client.get(READING).text
    assert page.count(">肿的时候</a>") == 1
    assert "stage=sharing" in page
    (address,) = re.findall(rf'action="({READING}/saved/[0-9a-f-]+/remove)"', page)
    assert post(cast, address) == 303
    assert "肿的时候" not in cast.client.get(READING).text


@given(st.lists(st.text(alphabet="疼肿了😣aB _%", min_size=1, max_size=6).filter(str.strip), max_size=4), st.text())
def test_spans_are_where_the_words_stand(words: list[str], around: str) -> None:
    text = around + "".join(words)
    spans = spans_of(text, tuple(words))
    assert all(start < end <= len(text) for start, end in spans)
    assert all(before[1] < after[0] for before, after in pairwise(spans))
    covered = {place for start, end in spans for place in range(start, end)}
    for word in words:
        for place in range(len(text)):
            if text[place : place + len(word)] == word and not covered & set(range(place, place + len(word))):
                raise AssertionError((text, word, spans))


@given(st.text(max_size=300))
def test_anything_typed_is_taken_apart_within_limits(typed: str) -> None:
    wanted = read_words(typed)
    assert len(wanted.words) + len(wanted.without) <= 10
    assert all(word.strip() == word and word for word in (*wanted.words, *wanted.without))

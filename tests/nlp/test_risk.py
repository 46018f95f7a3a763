"""Cues of danger: what is one, what only looks like one, and where it stands."""

import csv
import sys
from collections.abc import Iterator
from itertools import groupby, pairwise
from pathlib import Path
from types import FrameType
from typing import NamedTuple

import pytest

from nlp import load_coder
from nlp.characters import batch_of
from nlp.coding import Cue
from nlp.hashing import window_hashes
from nlp.lexicon import load_risk
from nlp.lexicon.risk import RiskFinder

TABLE = Path(__file__).parent / "risk_sentences.tsv"


class Sentence(NamedTuple):
    """A row of the table; `kinds` as the finder should name them, `known_miss` the reason why it does not."""

    kinds: str
    phenomenon: str
    part: str
    text: str
    known_miss: str


def sentences() -> Iterator[Sentence]:
    with TABLE.open(encoding="utf-8", newline="") as table:
        rows = csv.reader(table, delimiter="\t", quoting=csv.QUOTE_NONE)
        next(rows)
        yield from (Sentence(*row) for row in rows)


SENTENCES = sorted(sentences(), key=lambda one: one.phenomenon)
BY_PHENOMENON = {name: list(ones) for name, ones in groupby(SENTENCES, key=lambda one: one.phenomenon)}


FINDER = RiskFinder()


def find(texts: list[str], finder: RiskFinder = FINDER) -> list[tuple[Cue, ...]]:
    batch = batch_of(texts)
    found = finder.find(batch, window_hashes(batch.codes), texts)
    return [found.get(index, ()) for index in range(len(texts))]


def kinds(text: str) -> str:
    return ",".join(sorted({cue.kind for cue in find([text])[0]}))


def cues(text: str, name: str = "default") -> list[tuple[str, str]]:
    return [(cue.kind, cue.text) for cue in load_coder(name).code([text])[0].risk]


@pytest.mark.parametrize("phenomenon", BY_PHENOMENON)
def test_sentences_of_the_table(phenomenon: str) -> None:
    expected = {one.text: one.kinds for one in BY_PHENOMENON[phenomenon] if not one.known_miss}
    assert {text: kinds(text) for text in expected} == expected


def test_known_misses_are_still_missed() -> None:
    """Whoever teaches one of them takes its reason out of the table."""
    missed = [one for one in SENTENCES if one.known_miss]
    assert [one.text for one in missed if kinds(one.text) == one.kinds] == []


def test_few_misses_are_known() -> None:
    for part, recall, precision in (("written_before", 0.98, 0.98), ("unseen", 0.85, 0.93)):
        ones = [one for one in SENTENCES if one.part == part]
        found = {one.text: kinds(one.text) for one in ones}
        wanted = [one for one in ones if one.kinds]
        right = sum(found[one.text] == one.kinds for one in wanted)
        assert right >= recall * len(wanted)
        assert right >= precision * sum(bool(kind) for kind in found.values())


def test_the_table_is_broad() -> None:
    assert len({one.text for one in SENTENCES}) == len(SENTENCES) >= 360
    assert {one.kinds for one in SENTENCES} == {"", "self_harm", "emergency"}
    assert min(map(len, BY_PHENOMENON.values())) >= 2


@pytest.mark.parametrize("name", ["default", "lexicon", "snownlp"])
def test_every_coder_shows_the_cues(name: str) -> None:
    assert cues("爸爸突然呼吸困难，他说不想活了", name) == [("emergency", "呼吸困难"), ("self_harm", "不想活了")]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("😀Ａ，爸爸大出血，还说不想活了", [("emergency", "大出血"), ("self_harm", "不想活了")]),
        ("昨晚烧到３９度５，吃了药", [("emergency", "３９度５")]),
        ("血流了一脸盆，止都止不住", [("emergency", "血流了一脸盆，止都止不住")]),
        ("傷口裂開咗", [("emergency", "傷口裂開")]),
        ("不 想 活 了，真的", [("self_harm", "不 想 活 了")]),
        ("今天大 出 血 了", [("emergency", "大 出 血")]),
        ("没有发烧，可是伤口流脓", [("emergency", "伤口流脓")]),
        ("担心感染，结果真的流脓了", [("emergency", "流脓")]),
        ("血氧88", [("emergency", "血氧88")]),
    ],
)
def test_cue_spans_stand_in_the_original(text: str, expected: list[tuple[str, str]]) -> None:
    found = load_coder().code([text])[0].risk
    assert [(cue.kind, cue.text) for cue in found] == expected
    assert [text[cue.start : cue.end] for cue in found] == [cue.text for cue in found]


def test_cues_are_in_order_and_apart() -> None:
    for one, found in zip(SENTENCES, find([one.text for one in SENTENCES]), strict=True):
        assert all(one.text[cue.start : cue.end] == cue.text != "" for cue in found)
        assert all(before.end <= after.start for before, after in pairwise(found))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("高烧不退", "高烧退了"),
        ("伤口裂开", "没有出现发烧、伤口裂开等情况"),
        ("呼吸困难", "医生说如果发烧，呼吸困难，就马上来"),
        ("大出血", "大出血倒是没有发生"),
        ("体温39度", "体温没到39度"),
        ("烧到39度", "今天膝盖弯到40度"),
        ("三天了还38度7", "38度7，就今天"),
        ("三天了还38度7", "三天了还38度2"),
        ("心梗", "十年前得过心梗"),
        ("想死", "想死你了"),
        ("自杀", "从没想过自杀"),
        ("吐血", "贵得我想吐血"),
    ],
)
def test_the_words_round_it_decide(before: str, after: str) -> None:
    assert kinds(before) != ""
    assert kinds(after) == ""


@pytest.mark.parametrize("text", ["我没有不想活", "不是没想过自杀", "前年想过自杀", "要是睡过去就好了"])
def test_self_harm_is_not_explained_away(text: str) -> None:
    assert kinds(text) == "self_harm"


def test_cues_do_not_depend_on_the_batch() -> None:
    texts = [one.text for one in SENTENCES]
    alone = [find([text])[0] for text in texts]
    assert find(texts) == alone
    assert find(texts[::-1]) == alone[::-1]
    assert find(texts, RiskFinder()) == alone


def test_texts_of_every_shape_have_an_answer() -> None:
    shapes = [
        "",
        " ",
        "\0",
        "…",
        "\ud800大出血",
        "大出血\0没有",
        "3",
        "39",
        "39度" * 3,
        ". . .",
        "不 想 活",
        "血" * 500,
    ]
    assert len(find(shapes)) == len(shapes)
    assert [cue.text for cue in find(["\ud800大出血"])[0]] == ["大出血"]


def calls_for(text: str) -> int:
    """How many functions are called to look through a text."""
    calls = 0

    def count(_frame: FrameType, event: str, _argument: object) -> None:
        nonlocal calls
        calls += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        find([text])
    finally:
        sys.setprofile(before)
    return calls


@pytest.mark.parametrize(
    "unit", ["大出血没有发烧，", "血不停", "没有", "不 想 活 ", "39度", "担心、", "啊", "活着 ", "如果，"]
)
def test_a_long_text_costs_what_its_length_says(unit: str) -> None:
    short, long = (calls_for(unit * (size // len(unit))) for size in (4_000, 40_000))
    assert long <= 11 * short
    assert len(find([unit * (100_000 // len(unit))])) == 1


def test_rows_of_two_parts_have_two_parts() -> None:
    for phrase in load_risk():
        assert phrase.count("…") <= 1
        assert all(phrase.split("…"))

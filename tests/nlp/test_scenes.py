"""Scenes: spans, counts, grouping, the scores that are given, and any string at all."""

from pathlib import Path

import pytest

from nlp import LexiconFormatError, load_coder
from nlp.coding import Coding
from nlp.scenes import (
    SPECIFIC_FROM,
    Scene,
    Scenes,
    Spoken,
    effort,
    explain_effort,
    explain_specificity,
    find_scenes,
    specificity,
    tables,
    touchpoint_names,
)

ODD = (
    "",
    " ",
    "。",
    "😭😭😭",
    "\ud800",
    "ＡＢＣ，１２３",
    "……",
    "好",
    "a" * 3000,
    "疼，" * 5000,
    "【】（）“”",
    "\n\n\t",
    "no chinese here",
)


def told(*texts: str, stage: str | None = None) -> list[Spoken]:
    return [Spoken(f"s{number}", f"P{number}", text, stage=stage) for number, text in enumerate(texts)]


def everything(scenes: Scenes) -> list[Scene]:
    return [*scenes.pain_points, *scenes.delights, *scenes.needs]


def test_quotes_are_spans_of_the_statement_in_code_points() -> None:
    spoken = told(
        "😭嗯，然后拔牙那天夜里疼得睡不着，护士的电话打了五遍没人接。不知道该找谁", "医生蹲下来握着我的手，😀真的好暖"
    )
    found = find_scenes(spoken)
    texts = {one.id: one.text for one in spoken}
    quotes = [quote for scene in everything(found) for quote in scene.quotes]
    assert len(quotes) >= 3
    assert all(texts[quote.statement][quote.start : quote.end] == quote.text for quote in quotes)
    assert all(scene.phrase in {quote.text for quote in scene.quotes} for scene in everything(found))
    assert not any(scene.phrase.startswith(("嗯", "然后", "，")) for scene in everything(found))


def test_one_scene_of_several_people_is_counted_in_statements_and_people() -> None:
    spoken = [
        Spoken("1", "P1", "拔完当天半夜疼得睡不着", -0.8),
        Spoken("2", "P2", "夜里疼醒了三回，睡不着", -0.6),
        Spoken("3", "P2", "晚上又疼得睡不着，难受", -0.4),
        Spoken("4", "P3", "停车场绕了三圈没车位", -0.5),
    ]
    night, parking = find_scenes(spoken).pain_points
    assert (night.statements, night.people, night.sentiment) == (3, 2, -0.6)
    assert {quote.statement for quote in night.quotes} == {"1", "2", "3"}
    assert (parking.people, parking.phrase) == (1, "停车场绕了三圈没车位")


def test_scenes_of_two_stages_stay_apart() -> None:
    spoken = [Spoken("1", "P1", "夜里疼得睡不着", -0.8, "治疗"), Spoken("2", "P2", "夜里疼得睡不着", -0.8, "恢复")]
    assert [(scene.stage, scene.people) for scene in find_scenes(spoken).pain_points] == [("治疗", 1), ("恢复", 1)]


def test_the_score_that_a_statement_brings_decides() -> None:
    text = "护士给我换了三次药"
    given = [find_scenes([Spoken("1", "P1", text, score)]) for score in (-0.9, 0.9)]
    assert [len(one.pain_points) for one in given] == [1, 0]
    assert [len(one.delights) for one in given] == [0, 1]
    coded = find_scenes([Spoken("1", "P1", text)], [Coding(0.9, 1.0, "positive")])
    assert coded == given[1]


def test_each_clause_of_a_mixed_statement_goes_to_its_own_side() -> None:
    found = find_scenes(told("护士特别温柔，一直陪我说话。可是缴费窗口排了一个小时的队，气死人了"))
    assert [("缴费窗口" in scene.phrase, "护士" in scene.phrase) for scene in found.pain_points] == [(True, False)]
    assert [("缴费窗口" in scene.phrase, "护士" in scene.phrase) for scene in found.delights] == [(False, True)]


def test_as_many_codings_as_statements() -> None:
    with pytest.raises(ValueError, match="2 statements, 1 codings"):
        find_scenes(told("疼", "不疼"), [Coding(0.0, 1.0, "neutral")])


def test_a_delight_beyond_expectation_is_marked() -> None:
    plain, more = (
        find_scenes([Spoken("1", "P1", text, 0.8)]).delights[0] for text in ("护士给我倒了水", "护士居然专门给我倒了水")
    )
    assert (plain.unexpected, more.unexpected) == (False, True)


def test_specificity_names_its_reasons() -> None:
    found = explain_specificity("术后第一天晚上不知道如何缓解肿胀")
    assert {"when", "event", "symptom"} <= {detail.kind for detail in found.details}
    assert found.specific
    general = explain_specificity("术后指导不够")
    assert (general.specific, general.general) == (False, ("指导", "不够"))
    text = "😀右边腮帮子肿了两天"
    assert all(text[one.start : one.end] == one.text for one in explain_specificity(text).details)


def test_more_detail_is_never_less_specific() -> None:
    steps = ("肿", "脸肿", "晚上脸肿", "术后第一天晚上脸肿", "术后第一天晚上脸肿得睁不开眼")
    scores = [specificity(text) for text in steps]
    assert scores == sorted(scores)
    assert scores[0] < SPECIFIC_FROM < scores[-1]


def test_effort_gives_the_words_it_rests_on() -> None:
    text = "😀缴费跑了三趟，打了五个电话"
    found = explain_effort(text)
    assert found is not None
    assert [sign.text for sign in found.signs] == ["跑了三趟", "打了五个电话"]
    assert all(text[sign.start : sign.end] == sign.text for sign in found.signs)
    assert found.level == effort(text)


@pytest.mark.parametrize("text", ["骨头要等三个月才长牢", "走路还很费劲", "烧了三天才退", "女儿给我打了两个电话"])
def test_what_the_body_or_others_do_is_no_effort_of_the_customer(text: str) -> None:
    assert effort(text) is None


def test_many_details_of_one_kind_are_not_yet_specific() -> None:
    only_when = explain_specificity("昨天夜里，今天早上，周三下午")
    assert {detail.kind for detail in only_when.details} == {"when"}
    assert not only_when.specific
    assert explain_specificity("昨天夜里，今天早上，周三下午，伤口一直渗血").specific


def test_a_denied_feeling_proposes_no_touchpoint() -> None:
    feared, calm = (
        find_scenes([Spoken("1", "P1", text, 0.0)]).touchpoints for text in ("做手术我很害怕", "做手术我一点都不害怕")
    )
    assert [one.name for one in feared] == ["术前恐惧"]
    assert calm == ()


def test_more_effort_is_higher_on_the_scale() -> None:
    levels = [
        effort(text) or 0
        for text in (
            "一键就办好了",
            "等了十分钟",
            "排队等了半小时",
            "排队等了三小时",
            "跑了三趟，排队等了三小时，还填了一堆表",
        )
    ]
    assert levels == sorted(levels)
    assert 1 <= levels[0] < levels[-1] <= 7


@pytest.mark.parametrize("text", ODD)
def test_any_string_has_an_answer(text: str) -> None:
    assert 0 <= specificity(text) <= 1
    level = effort(text)
    assert level is None or 1 <= level <= 7
    find_scenes([Spoken("1", "P1", text)])


def test_the_same_statements_give_the_same_scenes_and_none_gives_none() -> None:
    spoken = told("夜里疼得睡不着", "希望有人告诉我怎么冰敷", "医生画图讲给我听，心里踏实了")
    assert find_scenes(spoken) == find_scenes(spoken, coder=load_coder())
    assert find_scenes([]) == Scenes((), (), (), ())


def test_touchpoints_carry_stage_people_and_quotes() -> None:
    found = find_scenes(told("定金交了以后一直犯嘀咕，怕买贵了", "刷完卡越想越后悔", stage="预约")).touchpoints
    paid = next(one for one in found if one.name == "付费后担忧")
    assert (paid.stage, paid.people, paid.statements, paid.good) == ("预约", 2, 2, False)
    assert {"术语焦虑", "付费后担忧", "恢复孤独", "等待不安", "比较动摇", "信任建立", "失控感"} <= set(
        touchpoint_names()
    )


def test_a_wrong_line_is_refused_with_its_number(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = (tables.FOLDER / "efforts.tsv").read_text(encoding="utf-8").splitlines()
    (tmp_path / "efforts.tsv").write_text("\n".join([*lines, "新词\t九"]) + "\n", encoding="utf-8")
    monkeypatch.setattr(tables, "FOLDER", tmp_path)
    with pytest.raises(LexiconFormatError, match=f"line {len(lines) + 1}"):
        tables.effort_words.__wrapped__()

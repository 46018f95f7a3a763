"""The templates: complete, answerable by someone who is sore and tired, and agreed to with open eyes."""

import re
from itertools import pairwise

import pytest

from app.coding.codebook_starters import codes_of_starter
from app.prompts.defaults import proposal
from app.studies.study_templates import StudyTemplate, study_template, study_templates

JOURNEYS = (
    "dental_implant",
    "joint_replacement",
    "property_service",
    "parcel_delivery",
    "bank",
    "retail",
    "contact_centre",
    "telecom",
)
# What is asked only once somebody looks back, or their matter is settled: how satisfied, whether they would recommend it.
LOOKING_BACK = ("satisfaction", "recommend")
# The contacts that implant patients write about in the demonstration diaries.
IMPLANT = {
    "知晓": "公众号文章 其他门诊 熟人介绍 短视频 社交媒体 社区讲座 线下广告",
    "考虑": "医生面诊 家人商量 比价 熟人介绍 独自权衡 线上咨询",
    "预约": "子女代约 小程序 电话预约 线上客服 线下预约",
    "到店": "候诊 前台 医保窗口 医生面诊 咨询报价 术前检查",
    "治疗": "手术",
    "恢复": "取模 复查 居家 微信随访 急诊复诊 拆线复诊 日常生活 电话随访 短信提醒 视频随访",
    "分享": "口碑推荐 对比照 社交平台",
}


@pytest.fixture(params=[*JOURNEYS, "blank"])
def template(request: pytest.FixtureRequest) -> StudyTemplate:
    return study_template(request.param)


def test_all_are_offered_with_the_blank_one_last() -> None:
    assert tuple(study_templates()) == (*JOURNEYS, "blank")


def test_the_implant_journey_knows_every_contact_of_its_diaries() -> None:
    protocol = study_template("dental_implant").protocol
    stages = {stage.name: {one.name for one in stage.touchpoints if one.frontstage} for stage in protocol.stages}
    assert list(stages) == list(IMPLANT)
    missing = {stage: set(names.split()) - stages[stage] for stage, names in IMPLANT.items()}
    assert not any(missing.values()), missing


def test_a_journey_has_all_kinds_of_contact_and_a_backstage() -> None:
    for key in JOURNEYS:
        assert 6 <= len(study_template(key).protocol.stages) <= 8
        touchpoints = [one for stage in study_template(key).protocol.stages for one in stage.touchpoints]
        assert {one.kind for one in touchpoints} == {"digital", "physical", "human", "psychological"}
        assert {one.frontstage for one in touchpoints} == {True, False}


def test_the_days_of_the_stages_follow_each_other(template: StudyTemplate) -> None:
    stages = template.protocol.stages
    for before, after in pairwise(stages):
        assert before.day_to is not None
        assert after.day_from is not None
        assert before.day_to <= after.day_from


def test_the_form_asks_the_same_things_everywhere(template: StudyTemplate) -> None:
    questions = {question.key: question for question in template.protocol.questions}
    expected = ["mood", "feeling", "thought", "worry", "action", "effort", "mark"]
    assert list(questions)[:7] == expected
    always = [question for question in questions.values() if question.show_if is None]
    assert [question.type for question in always].count("choice") == 1
    texts = {question.key: question.role for question in always if question.type == "text"}
    assert texts == {"feeling": "feeling", "thought": "thought", "worry": "worry", "action": "action"}
    assert not any(questions[key].required for key in questions if key != "mood")


def test_what_only_some_are_asked_follows_an_answer_of_theirs() -> None:
    asked = {
        key: [
            question.show_if
            for question in study_template(key).protocol.questions
            if question.show_if and question.key not in LOOKING_BACK
        ]
        for key in JOURNEYS
    }
    assert {condition.question for conditions in asked.values() for condition in conditions} == {"mood", "effort"}
    assert all(len(conditions) == 1 for conditions in asked.values())


def test_satisfaction_is_asked_only_of_who_looks_back() -> None:
    for key in JOURNEYS:
        questions = {question.key: question for question in study_template(key).protocol.questions}
        for one in (questions[name] for name in LOOKING_BACK if name in questions):
            assert one.show_if is not None
            assert questions[one.show_if.question].type == "choice"
    assert {one.key for one in study_template("telecom").protocol.questions} >= set(LOOKING_BACK)


@pytest.mark.parametrize("key", JOURNEYS)
def test_a_journey_proposes_a_schedule_and_a_codebook_of_its_own(key: str) -> None:
    assert proposal(key).rules
    assert not proposal(key).active
    assert [code.name for code in codes_of_starter(key) if code.parent_id is None] == [
        "痛点",
        "需求",
        "想法",
        "行为",
        "支持",
    ]


def test_someone_in_need_finds_whom_to_call(template: StudyTemplate) -> None:
    assert [line.number for line in template.protocol.help_lines] == ["120", "12356"]


def test_the_consent_says_what_someone_must_know(template: StudyTemplate) -> None:
    consent = template.protocol.consent
    for words in ("我们是谁", "请您做什么", "好处和不便", "谁能看到", "保存多久", "随时退出", "不需要理由"):
        assert words in consent.introduction
    assert set(re.findall(r"\{(\w+)\}", consent.introduction)) == {"title", "contact", "until"}
    assert [(one.key, one.required) for one in consent.purposes] == [
        ("diary", True),
        ("quotes", False),
        ("care", False),
        ("reuse", False),
    ]

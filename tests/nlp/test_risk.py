"""Cues of danger, and what only looks like one."""

import pytest

from nlp import load_coder


def cues(text: str, name: str = "default") -> list[tuple[str, str]]:
    return [(cue.kind, cue.text) for cue in load_coder(name).code([text])[0].risk]


@pytest.mark.parametrize(
    ("text", "cue"),
    [
        ("活着没意思，不想活了", ("self_harm", "不想活了")),
        ("术后第三天大出血，正在去医院", ("emergency", "大出血")),
        ("爸爸突然呼吸困难", ("emergency", "呼吸困难")),
        ("我没有不想活", ("self_harm", "不想活")),
    ],
)
@pytest.mark.parametrize("name", ["default", "lexicon", "snownlp"])
def test_cue_is_found(name: str, text: str, cue: tuple[str, str]) -> None:
    assert cue in cues(text, name)


@pytest.mark.parametrize(
    "text", ["笑死我了", "烦死了", "没有大出血", "担心会大出血", "万一呼吸困难怎么办", "电池死了", "伤口没感染"]
)
def test_lookalike_is_no_cue(text: str) -> None:
    assert cues(text) == []


def test_cue_spans_stand_in_the_original() -> None:
    text = "😀Ａ，爸爸大出血，还说不想活了"
    found = load_coder().code([text])[0].risk
    assert [text[cue.start : cue.end] for cue in found] == ["大出血", "不想活了"]

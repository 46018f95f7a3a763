"""What every coder promises, whichever it is."""

import dataclasses
import re
import subprocess
import sys

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from nlp import EMOTIONS, Coding, Cue, Evidence, NlpError, UnknownCoderError, available_coders, load_coder

CODERS = ("default", "snownlp", "lexicon")
ODD = ("", " ", "\n\t　", "疼", "a", "😀😀", "\ud800", "好\udfff坏", "\0", "疼pain痛みใจ", "Ａ１！", "，。", "🏳️‍🌈")

any_text = st.text(st.characters(codec=None, exclude_categories=()), max_size=60) | st.lists(
    st.sampled_from(
        ["不", "没", "疼", "很", "但", "虽然", "好", "想死", "大出血", "了", "，", "。", "如果", "😀", "\ud83d"]
    )
).map("".join)


def test_coders_are_named() -> None:
    assert available_coders()[: len(CODERS)] == CODERS
    assert load_coder() is load_coder("default")
    assert [load_coder(name).name for name in CODERS] == list(CODERS)


def test_unknown_coder_names_the_available_ones() -> None:
    with pytest.raises(UnknownCoderError, match="default, snownlp, lexicon") as caught:
        load_coder("bert")
    assert isinstance(caught.value, NlpError)
    assert caught.value.available == available_coders()


@pytest.mark.parametrize("name", CODERS)
def test_version_is_name_format_and_digest(name: str) -> None:
    assert re.fullmatch(rf"{name}-\d+\+[0-9a-f]{{12}}", load_coder(name).version)


@pytest.mark.parametrize("name", CODERS)
def test_no_text_no_codings(name: str) -> None:
    assert load_coder(name).code([]) == []


@pytest.mark.parametrize("name", CODERS)
@pytest.mark.parametrize("text", ["", " ", "\n\t　"])
def test_blank_text_is_neutral_without_confidence(name: str, text: str) -> None:
    assert load_coder(name).code([text]) == [Coding(0.0, 0.0, "neutral")]


@pytest.mark.parametrize("name", CODERS)
def test_odd_texts_have_a_defined_answer(name: str) -> None:
    for text, coding in zip(ODD, load_coder(name).code(ODD, explain=True), strict=True):
        assert_valid(text, coding)


def test_coding_cannot_be_changed() -> None:
    coding = load_coder().code(["疼"])[0]
    with pytest.raises(dataclasses.FrozenInstanceError):
        coding.sentiment = 0.0  # type: ignore[misc]
    assert not hasattr(coding, "__dict__")


@pytest.mark.parametrize("name", CODERS)
@given(text=any_text)
@example("虽然疼，但大出血想死")
@settings(max_examples=60, suppress_health_check=[HealthCheck.differing_executors])
def test_any_text_gets_a_valid_coding(name: str, text: str) -> None:
    assert_valid(text, load_coder(name).code([text], explain=True)[0])


@pytest.mark.parametrize("name", ["default", "lexicon"])
@given(texts=st.lists(any_text, max_size=8))
@settings(max_examples=60, suppress_health_check=[HealthCheck.differing_executors])
def test_a_coding_does_not_depend_on_its_batch(name: str, texts: list[str]) -> None:
    coder = load_coder(name)
    alone = [coder.code([text], explain=True)[0] for text in texts]
    together = coder.code(texts, explain=True)
    assert together == alone
    assert coder.code(texts[::-1], explain=True) == alone[::-1]


@pytest.mark.parametrize("name", CODERS)
def test_evidence_only_when_asked_for(name: str) -> None:
    coder = load_coder(name)
    plain, explained = coder.code(["今天不疼了"])[0], coder.code(["今天不疼了"], explain=True)[0]
    assert plain.evidence == ()
    assert explained.evidence
    assert dataclasses.replace(explained, evidence=()) == plain


@pytest.mark.parametrize("name", CODERS)
@pytest.mark.parametrize(
    "text", ["虽然疼但很开心", "谢谢医生！太好了，终于不疼了。", "疼得要命，怎么办", "😭９号床ＯＫ吗"]
)
def test_contributions_sum_to_the_score(name: str, text: str) -> None:
    coding = load_coder(name).code([text], explain=True)[0]
    assert sum(span.contribution for span in coding.evidence) == pytest.approx(coding.sentiment, abs=1e-4)


@pytest.mark.parametrize("name", ["default", "lexicon"])
def test_a_very_long_text_and_many_chunks(name: str) -> None:
    coder = load_coder(name)
    texts = ["疼得要命啊" * 20_000, "很开心", *["今天不疼了，太好了"] * 8_000]
    codings = coder.code(texts)
    assert codings[0].label == "negative"
    assert codings[1] == coder.code(["很开心"])[0]
    assert set(map(repr, codings[2:])) == {repr(coder.code([texts[-1]])[0])}


def test_snownlp_takes_an_unbroken_run() -> None:
    assert load_coder("snownlp").code(["疼得要命啊" * 1_000])[0].label == "negative"


def test_the_library_stands_alone_and_is_silent() -> None:
    program = (
        "import sys; from nlp import load_coder; load_coder().code(['伤口不疼了'], explain=True);"
        "load_coder('lexicon').code(['伤口不疼了']);"
        "heavy = {'app', 'scipy', 'snownlp', 'jieba', 'sqlalchemy', 'fastapi'} & set(sys.modules);"
        "sys.exit(str(sorted(heavy)) if heavy else 0)"
    )
    done = subprocess.run([sys.executable, "-W", "error", "-c", program], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def assert_valid(text: str, coding: Coding) -> None:
    assert -1 <= coding.sentiment <= 1
    assert 0 <= coding.confidence <= 1
    assert coding.label == (
        "positive" if coding.sentiment >= 0.2 else "negative" if coding.sentiment <= -0.2 else "neutral"
    )
    assert set(coding.emotions) <= set(EMOTIONS)
    assert all(0 < strength <= 1 for strength in coding.emotions.values())
    spans: tuple[Evidence | Cue, ...] = (*coding.evidence, *coding.risk)
    for span in spans:
        assert 0 <= span.start < span.end <= len(text)
        assert span.text == text[span.start : span.end]

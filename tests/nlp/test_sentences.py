"""The rules, each on sentences; and what no rule may touch."""

import pytest
from snownlp import SnowNLP

from nlp import Coding, load_coder


def read(text: str, name: str = "lexicon") -> Coding:
    return load_coder(name).code([text], explain=True)[0]


def rules(text: str, word: str) -> set[str]:
    found = [span for span in read(text).evidence if span.text == word]
    assert len(found) == 1, f"{word} is not one of the words of {text}"
    return set(found[0].rule.split("+"))


@pytest.mark.parametrize(
    ("text", "word", "rule"),
    [
        ("我并不觉得满意", "满意", "negation"),
        ("走路不吃力了", "吃力", "relief"),
        ("再也不焦虑", "焦虑", "relief"),
        ("药非常有效", "有效", "degree"),
        ("有点后悔", "后悔", "degree"),
        ("高兴得不得了", "高兴", "degree"),
        ("如果感染就糟了", "感染", "hypothetical"),
        ("虽然疼但很开心", "疼", "before_contrast"),
        ("虽然疼但很开心", "很开心", "after_contrast"),
        ("虽然害怕，我去了", "害怕", "concession"),
        ("恶心的感觉消失了", "恶心", "relief"),
        ("会不会恢复顺利", "恢复顺利", "worry"),
        ("真有你的，护士热情", "热情", "irony"),
    ],
)
def test_rule_acts_on_word(text: str, word: str, rule: str) -> None:
    assert rule in rules(text, word)


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("他很满意", "很满意"),
        ("这两天伤口发炎", "发炎"),
        ("特别的护士，满意", "满意"),
        ("分别之后很开心", "很开心"),
    ],
)
def test_no_rule_acts_on_word(text: str, word: str) -> None:
    assert rules(text, word) == {"word"}


@pytest.mark.parametrize(
    ("low", "high"),
    [
        ("我并不觉得满意", "我觉得满意"),
        ("走路吃力", "走路不吃力了"),
        ("今天又肿了", "今天消肿了"),
        ("非常焦虑", "有点焦虑"),
        ("焦虑得要命", "焦虑"),
        ("有点满意", "非常满意"),
        ("虽然开心但很疼", "虽然疼但很开心"),
        ("医生很好。但是伤口感染了", "伤口感染了。但是医生很好"),
        ("越来越焦虑", "焦虑"),
        ("如果很开心", "很开心"),
        ("会不会好起来", "好起来"),
    ],
)
def test_lexicon_ranks(low: str, high: str) -> None:
    assert read(low).sentiment < read(high).sentiment


PAIRS = [
    ("伤口终于不疼了", "伤口还是很疼"),
    ("护士特别耐心，心里踏实", "护士一点都不耐心，很失望"),
    ("虽然肿，但医生说恢复得很好，放心了", "医生说恢复得很好，可是晚上疼得睡不着"),
    ("拆完线了，一身轻松，太好了", "又发烧了，真崩溃"),
    ("能自己下床走路了，真高兴", "下不了床，什么都得靠别人，难受"),
    ("谢谢大家的照顾，好温暖", "没人管我，一个人躺着，好孤独"),
]


@pytest.mark.parametrize(("good", "bad"), PAIRS)
@pytest.mark.parametrize("name", ["default", "lexicon"])
def test_sign(name: str, good: str, bad: str) -> None:
    assert read(good, name).label == "positive"
    assert read(bad, name).label == "negative"


@pytest.mark.parametrize("text", ["上午九点到医院做了检查。", "护士换了纱布"])
@pytest.mark.parametrize("name", ["default", "lexicon"])
def test_facts_are_neutral(name: str, text: str) -> None:
    assert read(text, name).label == "neutral"


@pytest.mark.parametrize(
    ("text", "emotion"),
    [
        ("太开心了，哈哈", "喜悦"),
        ("谢谢医生护士，真的很感激", "感激"),
        ("好担心手术会失败，越想越焦虑", "焦虑"),
        ("疼得一夜没睡", "疼痛不适"),
        ("客服态度恶劣，气死我了", "愤怒"),
        ("一个人在家，没人说话，好孤独", "孤独"),
    ],
)
@pytest.mark.parametrize("name", ["default", "lexicon"])
def test_emotion_is_named(name: str, text: str, emotion: str) -> None:
    assert emotion in read(text, name).emotions


def test_what_is_gone_is_no_longer_felt() -> None:
    assert "焦虑" in read("很焦虑").emotions
    assert "焦虑" not in read("再也不焦虑").emotions


@pytest.mark.parametrize("name", ["default", "lexicon"])
def test_full_width_reads_like_half_width_and_keeps_offsets(name: str) -> None:
    wide, narrow = read("ＯＫ！不疼了", name), read("ok!不疼了", name)
    assert wide.sentiment == narrow.sentiment
    assert any(span.text.startswith("ＯＫ") or span.text == "不疼了" for span in wide.evidence)


@pytest.mark.parametrize("name", ["default", "lexicon"])
def test_offsets_count_code_points_after_emoji(name: str) -> None:
    spans = [span for span in read("👩‍⚕️😀真的很开心", name).evidence if span.text == "很开心"]
    assert [(span.start, span.end) for span in spans] == [(7, 10)]


def test_snownlp_is_the_shipped_model() -> None:
    text = "这家医院的服务很好"
    assert load_coder("snownlp").code([text])[0].sentiment == round(2 * SnowNLP(text).sentiments - 1, 4)

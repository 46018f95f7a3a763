"""What staff read about a statement, in words: roles, emotions, rules, cues, and how sure a coder is."""

from collections.abc import Mapping
from typing import Final

from app.web.i18n import mark as _
from app.web.i18n import translate
from nlp import Label

ROLES: Final[Mapping[str, str]] = {
    "feeling": _("感受"),
    "thought": _("想法"),
    "worry": _("担忧"),
    "action": _("做了什么"),
    "other": _("其他"),
    "interview": _("访谈里说的"),
    "observation": _("团队的观察"),
}

SOURCES: Final[Mapping[str, str]] = {"diary": _("日记"), "interview": _("访谈"), "observer": _("团队观察")}

LABELS: Final[Mapping[Label, str]] = {"negative": _("负面"), "neutral": _("中性"), "positive": _("正面")}

EMOTION_NAMES: Final[Mapping[str, str]] = {
    "喜悦": _("喜悦"),
    "安心": _("安心"),
    "期待": _("期待"),
    "感激": _("感激"),
    "焦虑": _("焦虑"),
    "恐惧": _("恐惧"),
    "悲伤": _("悲伤"),
    "孤独": _("孤独"),
    "愤怒": _("愤怒"),
    "失望": _("失望"),
    "厌恶": _("厌恶"),
    "惊讶": _("惊讶"),
    "平静": _("平静"),
    "疼痛不适": _("疼痛不适"),
}
"""Every emotion of nlp, as the catalogue knows it."""

CUES: Final[Mapping[str, str]] = {"self_harm": _("可能想伤害自己"), "emergency": _("可能是急症")}

RULES: Final[Mapping[str, tuple[str, str]]] = {
    "word": (_("词语"), _("这个词本身的意思")),
    "negation": (_("否定"), _("前面有否定的词，意思反过来")),
    "relief": (_("症状减轻"), _("不舒服减轻了或没有了，算好消息")),
    "degree": (_("程度"), _("旁边的程度词让它更重或更轻")),
    "double_negation": (_("双重否定"), _("否定了两次，等于肯定")),
    "recurrence": (_("又来了"), _("不好的事又出现或加重，分量更重")),
    "arrival": (_("终于等到"), _("盼着的事来了，分量更重")),
    "hypothetical": (_("假设"), _("只是希望或假设，事情并没有发生")),
    "worry": (_("担心"), _("带着担心在问，不算好事")),
    "irony": (_("反话"), _("夸奖说的是反话")),
    "concession": (_("让步"), _("只是先承认一句，分量减轻")),
    "before_contrast": (_("转折之前"), _("后面有“但是”，分量减轻")),
    "after_contrast": (_("转折之后"), _("“但是”之后的话更要紧，分量加重")),
    "characters": (_("字面"), _("按这一句的写法来读")),
    "encoder": (_("整句的意思"), _("慢编码器连起来读这一句")),
    "adapted": (_("本研究校准"), _("按本研究的人工编码调整过")),
    "model": (_("整条判断"), _("这个模型只给整条一个分数，说不出是哪几个词")),
}
"""By the rule of an Evidence: its name, and what it does."""

_SIDED: Final[Mapping[tuple[str, str], str]] = {
    ("characters", "high"): _("在训练用的话里，这样写的多半心情好"),
    ("characters", "low"): _("在训练用的话里，这样写的多半心情差"),
}

_SURE: Final = ((0.9, _("很有把握")), (0.75, _("比较有把握")), (0.6, _("不太有把握")), (0.0, _("几乎没有把握")))
_SURE_OF: Final[Mapping[str, str]] = {
    "lexicon": _("词典的把握，是这些词有多一致地指向同一边。"),
    "snownlp": _("SnowNLP 的把握，就是分数离零有多远。"),
    "": _("把握是：得到这样分数的话里，大约有多少说对了好坏。"),
}
_STRONG: Final = ((0.66, _("强")), (0.4, _("中等")), (0.0, _("弱")))


def rule_words(rule: str, side: str = "") -> tuple[str, str]:
    """Return the name of a rule and what it does, in the reader's language; a rule that is not known keeps its own name.

    ``side``: whether the contribution is above zero (high) or below (low).
    """
    name, told = RULES.get(rule, (rule, ""))
    told = _SIDED.get((rule, side), told)
    return translate(name), translate(told) if told else ""


def sure_words(confidence: float) -> str:
    """Return how sure a coder is, in words."""
    return translate(next(words for least, words in _SURE if confidence >= least))


def sure_of(version: str) -> str:
    """Return what the confidence of a coder's version measures."""
    return translate(_SURE_OF.get(version.partition("-")[0], _SURE_OF[""]))


def strength_words(strength: float) -> str:
    """Return how strong an emotion is, in words."""
    return translate(next(words for least, words in _STRONG if strength >= least))


def day_words(anchor: str, day: int) -> str:
    """Return how long before or after the anchor event something was said."""
    if day == 0:
        return translate(_("%(anchor)s当天")) % {"anchor": anchor}
    words = _("%(anchor)s后第 %(day)s 天") if day > 0 else _("%(anchor)s前 %(day)s 天")
    return translate(words) % {"anchor": anchor, "day": abs(day)}

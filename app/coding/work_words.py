"""What the coding page says in words: the scale, the order of emotions, and the sentences that its script shows."""

from collections.abc import Mapping
from typing import Final

from app.statements.words import EMOTION_NAMES
from app.web.i18n import mark as _
from app.web.i18n import translate

SENTIMENTS: Final[Mapping[int, str]] = {
    -2: _("很糟"),
    -1: _("不好"),
    0: _("中间"),
    1: _("不错"),
    2: _("很好"),
}

EMOTION_ORDER: Final = (
    "焦虑",
    "疼痛不适",
    "孤独",
    "安心",
    "感激",
    "恐惧",
    "失望",
    "喜悦",
    "平静",
    "期待",
    "悲伤",
    "愤怒",
    "厌恶",
    "惊讶",
)
"""By how often recovery speaks of them: the first nine have a key."""

SENTENCES: Final[Mapping[str, str]] = {
    "place": _("第 %(n)s / %(of)s 条"),
    "earlier": _("以前编完的"),
    "saved": _("已存"),
    "waiting": _("正在存"),
    "offline": _("没有网络，%(n)s 条还没存，会一直再试"),
    "stale": _("%(n)s 条在别处改过，请选一个"),
    "refused": _("%(n)s 条没有存下"),
    "signed_out": _("登录过期了，还没存下。请在新窗口里登录，再回来按一下“再试”。"),
    "gone": _("这段话已经改过或收回，您的编码没有存下。请打开下一条。"),
    "scored": _("感受：%(name)s"),
    "unscored": _("取消了感受"),
    "emotion_on": _("加上情绪：%(name)s"),
    "emotion_off": _("去掉情绪：%(name)s"),
    "emotion_full": _("最多选五种情绪"),
    "emotion_wait": _("按 1–9 选情绪，再按 E 到清单里挑"),
    "code_on": _("“%(quote)s”加上编码：%(name)s"),
    "code_off": _("“%(quote)s”去掉编码：%(name)s"),
    "code_full": _("这一条的编码太多了"),
    "whole": _("整条"),
    "chosen": _("“%(quote)s”：%(name)s，按 Delete 去掉"),
    "selected": _("选中：%(quote)s"),
    "selected_none": _("不选了"),
    "from_start": _("现在动开头"),
    "from_end": _("现在动结尾"),
    "no_codes_here": _("这一条还没有编码"),
    "no_more": _("后面没有没编完的了"),
    "last": _("已经是最后一条"),
    "first": _("已经是第一条"),
    "score_first": _("先按 1–5 给这段话打个分，再编完"),
    "done": _("编完了"),
    "reopened": _("改回没编完"),
    "all_done": _("都编完了"),
    "undone": _("撤销了"),
    "redone": _("重做了"),
    "nothing_to_undo": _("没有可以撤销的"),
    "nothing_to_redo": _("没有可以重做的"),
    "no_matches": _("没找到"),
    "filtered": _("找到 %(n)s 个编码，回车加上“%(name)s”"),
    "filtered_none": _("没有这样的编码"),
    "finish": _("编完，下一条"),
    "finished": _("编完了，去下一条"),
    "memo": _("这段话的备注"),
    "memo_of": _("“%(name)s”这一处的备注"),
    "context": _("看前后文"),
    "remove": _("去掉“%(name)s”"),
    "example": _("例："),
    "retired": _("已停用"),
    "nothing": _("什么也没编"),
    "not_done": _("没编完"),
    "only_one": _("一次只能选一条里的文字"),
    "hidden_blind": _("机器和另一位的判断：两人都编完后显示"),
    "hidden_unfinished": _("机器的判断：编完后显示"),
    "hidden_never": _("这项研究不显示机器的判断"),
}
"""By the name that the script knows them under."""


def scale() -> list[tuple[int, str]]:
    """Return the five points of the scale with their names, the worst first, in the reader's language."""
    return [(value, translate(name)) for value, name in SENTIMENTS.items()]


def emotions() -> list[tuple[str, str]]:
    """Return every emotion's label and its name, in the order of the keys."""
    return [(label, translate(EMOTION_NAMES.get(label, label))) for label in EMOTION_ORDER]


def sentences() -> dict[str, str]:
    """Return the script's sentences in the reader's language."""
    return {name: translate(words) for name, words in SENTENCES.items()}

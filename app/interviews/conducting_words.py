"""What the page of a talk says: names of marks, and the sentences of its script."""

from collections.abc import Mapping
from typing import Final

from app.web.i18n import mark as _
from app.web.i18n import translate

MARKS: Final[Mapping[str, str]] = {"valley": _("低谷"), "peak": _("高峰"), "ask": _("要追问")}

_SCRIPT: Final[Mapping[str, str]] = {
    "all_stored": _("全部存好了"),
    "unsent": _("%(n)s 条还没发出去"),
    "waiting": _("没有网络，或服务器没有应答；写的都在这台设备上，会自己再发。"),
    "signed_out": _("登录过期了。请在另一个标签页里登录，笔记会接着发。"),
    "stale_page": _("这一页放得太久。请刷新，没发出去的笔记还在。"),
    "not_kept": _("这台设备的浏览器存不住笔记。发出去之前，请不要关掉这一页。"),
    "other_tab": _("这场访谈正在另一个标签页里记，请回到那一页；关掉它以后刷新这里。"),
    "others": _("别的同事在这台设备上还有 %(n)s 条没发出去，要他自己登录才能发。"),
    "stored": _("已存"),
    "here": _("在这台设备上，还没发出去"),
    "clash": _("在别的设备上也改过"),
    "gone_there": _("在别的设备上已经删了"),
    "finish_waits": _("还有 %(n)s 条没发出去，等它们存好再结束。"),
    "finish_later": _("现在没有网络。有了网络再结束，笔记都在。"),
    "frame_only": _("现在没有网络。这里只有还没发出去的笔记；已经存好的，有网络以后刷新就看得到。"),
    "note_at": _("%(time)s 的笔记"),
}


def script_words() -> dict[str, str]:
    """Return the script's sentences in the reader's language, by name."""
    return {name: translate(sentence) for name, sentence in _SCRIPT.items()}

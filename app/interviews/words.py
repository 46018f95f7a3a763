"""What the pages of interviews say of roles, formats and what was done."""

from datetime import datetime
from zoneinfo import ZoneInfo

from app.web.i18n import current_language
from app.web.i18n import mark as _

ROLES = {"interviewer": _("访谈者"), "respondent": _("受访者"), "other": _("旁人")}
NO_SPEAKER = _("不是说话人")
NOBODY = _("没有写名字")
FORMS = {
    "text": _("文字稿"),
    "docx": _("Word 文件"),
    "srt": _("字幕（SRT）"),
    "vtt": _("字幕（WebVTT）"),
    "csv": _("表格"),
}
KINDS = {"interview": _("访谈"), "observation": _("同行观察")}
DONE = {
    "imported": _("导入好了。下面是每段话归到哪个阶段的建议，请看一看，改好再确认。"),
    "known": _("这份文字稿以前导入过，没有再存一遍。这就是那一场。"),
    "staged": _("确认好了，这些话已经进了情绪曲线。"),
    "renamed": _("名称和轮次改好了。"),
    "speakers": _("说话人的身份改好了。"),
    "mended": _("这段话改好了。"),
    "deleted": _("这场访谈和它的表述、编码都删掉了。"),
}
STALE = _("有 %(n)s 段话别人刚改过，没有动它们。请看看现在的样子，再确认一次。")


def clock_words(milliseconds: int | None) -> str:
    """Return a time from the beginning as 0:05 or 1:02:03; empty for none."""
    if milliseconds is None:
        return ""
    minutes, seconds = divmod(milliseconds // 1000, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"


def held_words(moment: datetime, zone: str) -> str:
    """Return the day on which a talk was held, as people in ``zone`` write it."""
    day = moment.astimezone(ZoneInfo(zone)).date()
    if current_language.get() == "en":
        return f"{day:%b} {day.day}, {day:%Y}"
    return f"{day.year}年{day.month}月{day.day}日"

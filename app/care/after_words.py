"""How low moments went on, in words. What is seen here is observed: nobody drew lots for who is followed up."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from app.care.after import After, Measured, MeasureName
from app.care.change import Bounded, GroupChange
from app.care.follow_up_words import length
from app.curves.anonymity import K_ANONYMOUS
from app.curves.jackknife import MIN_PARTICIPANTS
from app.web.i18n import current_language, translate
from app.web.i18n import mark as _

NAMES: Final[Mapping[MeasureName, str]] = {"mood": _("自己选的心情（1–9）"), "score": _("写的话里最低的一句（−1–1）")}
SPOKEN: Final[Mapping[MeasureName, str]] = {"mood": _("心情"), "score": _("写的话")}
DIGITS: Final[Mapping[MeasureName, int]] = {"mood": 1, "score": 2}
OBSERVED: Final = _(
    "最低的时刻过后，多半自己会回来一些（向均值回归），所以光看升了多少说明不了什么，"
    "要和没有人回访的低谷比；先联系的往往又是最低的，所以把起点一样低的放在一起比。"
    "可谁有人联系不是抽签定的，两边的人也许本来就不一样。"
)


def sentences(after: After) -> list[str]:
    """Return what can be said, a sentence each: the change where somebody was reached, that of the others, the difference."""
    told = after.told
    if not after.followed + after.others:
        return [translate(_("还没有可以比的：低谷过去一周以后，这里会说后来怎么样了。"))]
    if told.hidden:
        return [translate(_("有一边不到 %(n)s 个人，不显示数字。")) % {"n": K_ANONYMOUS}]
    followed, others = told.estimate.followed, told.estimate.others
    said = [_followed(told, followed), _others(told, others)]
    if told.estimate.enough:
        said.append(_apart(told))
    return said


def summary(after: After) -> str:
    """Return the sentences in a row."""
    return (" " if current_language.get() == "en" else "").join(sentences(after))


def missing(after: After) -> list[str]:
    """Return what is in no mean, and from when on the others are looked at; nothing where there is nothing to say."""
    if after.told.hidden or not after.followed + after.others + after.waiting + after.otherwise:
        return []
    said = []
    if after.silent_followed or after.silent_others:
        words = _("联系上以后 %(followed)s 次、没有人回访的 %(others)s 次，一周里没有再写，不在平均里。")
        said.append(translate(words) % {"followed": after.silent_followed, "others": after.silent_others})
    if after.waiting:
        said.append(translate(_("还有 %(n)s 次没过完一周，先不算。")) % {"n": after.waiting})
    if after.otherwise:
        said.append(translate(_("%(n)s 次只发过消息或有别的支持，两边都不算。")) % {"n": after.otherwise})
    if after.others:
        words = _("没有人回访的低谷，过了 %(time)s才开始看：有人联系的，一般也等了这么久。")
        said.append(translate(words) % {"time": length(max(after.wait, timedelta(minutes=1)))})
    return said


def figure(measured: Measured, value: float) -> str:
    """Return a level of the measure; a dash where it is not known."""
    return f"{value:.{DIGITS[measured.name]}f}".replace("-", "−") if value == value else "—"


def bounded(measured: Measured, change: Bounded) -> str:
    """Return a change with its interval; a dash where it is not known."""
    if change.lower != change.lower:
        return "—"
    value, lower, upper = (_signed(measured, one) for one in (change.value, change.lower, change.upper))
    return f"{value} ({lower} ~ {upper})" if current_language.get() == "en" else f"{value}（{lower} ~ {upper}）"


def _followed(told: Measured, group: GroupChange) -> str:
    if not group.enough:
        words = _("证据不足：联系上以后一周里又写了日记的只有 %(people)s 个人，至少要 %(n)s 个人。")
        return translate(words) % {"people": group.people, "n": MIN_PARTICIPANTS}
    words = _("联系上以后的一周里，%(what)s平均从 %(before)s 到 %(after)s，变化 %(change)s，%(people)s 个人。")
    return translate(words) % _numbers(told, group)


def _others(told: Measured, group: GroupChange) -> str:
    if not group.enough:
        words = _("没有人回访的低谷只有 %(people)s 个人可看，还没法比：低的时刻过后，自己也会回来一些。")
        return translate(words) % {"people": group.people}
    words = _("没有人回访的低谷，%(what)s平均从 %(before)s 到 %(after)s，变化 %(change)s，%(people)s 个人。")
    return translate(words) % _numbers(told, group)


def _apart(told: Measured) -> str:
    estimate = told.estimate
    if not estimate.comparable:
        return translate(_("两边的起点碰不到一起，没法比。"))
    higher, lower = _("差别清楚，有人联系的更高；原因这里看不出来。"), _("差别清楚，有人联系的更低；原因这里看不出来。")
    verdict = _("看不出差别。") if not estimate.clear else higher if estimate.alike.value > 0 else lower
    words = translate(_("起点一样低的放在一起比，相差 %(apart)s：%(verdict)s"))
    return words % {"apart": bounded(told, estimate.alike), "verdict": translate(verdict)}


def _numbers(told: Measured, group: GroupChange) -> Mapping[str, object]:
    return {
        "what": translate(SPOKEN[told.name]),
        "before": figure(told, group.before),
        "after": figure(told, group.after),
        "change": bounded(told, group.change),
        "people": group.people,
    }


def _signed(measured: Measured, value: float) -> str:
    return f"{value:+.{DIGITS[measured.name]}f}".replace("-", "−")

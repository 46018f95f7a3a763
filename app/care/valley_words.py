"""Who stands in the hardest stage, in words."""

from datetime import datetime

from app.care.follow_up_words import WAYS
from app.care.valley import Standing, Valley
from app.care.valley_queries import InTouch
from app.curves.anonymity import K_ANONYMOUS
from app.curves.hardest_now import Hardest
from app.curves.words import listed
from app.diary.words import MOODS
from app.maps.ecosystem.words import CHANNELS
from app.participants.sight import Sight
from app.statements.words import day_words
from app.web.i18n import current_language, translate
from app.web.i18n import mark as _


def sentence(valley: Valley) -> str:
    """Return who is in the hardest stage now, and with how many nobody was in touch there; why not where it cannot be told."""
    if valley.over:
        return translate(_("研究已经结束，没有人还在路上。"))
    if not valley.hardest.stages:
        return translate(_("现有日记还说不出哪个阶段最难，所以还列不出人。"))
    where = where_words(valley.hardest)
    if valley.people is None or valley.untouched is None:
        return translate(_("现在在%(where)s的不到 %(n)s 个人，不显示数字。")) % {"where": where, "n": K_ANONYMOUS}
    if not valley.people:
        return translate(_("现在没有人在%(where)s。")) % {"where": where}
    return translate(_wording(valley.people, valley.untouched)) % {
        "where": where,
        "n": valley.people,
        "alone": valley.untouched,
    }


def summary(valley: Valley) -> str:
    """Return the sentence, and how many are in the hardest days."""
    return (" " if current_language.get() == "en" else "").join(
        one for one in (sentence(valley), _hardest(valley)) if one
    )


def where_words(hardest: Hardest) -> str:
    """Return the hardest stages within a sentence: “恢复”这个阶段."""
    names = listed([f"“{one.name}”" for one in hardest.stages])
    words = _("%(name)s这个阶段") if hardest.certain else _("%(name)s这几个可能最难的阶段")
    return translate(words) % {"name": names}


def where_now(standing: Standing, anchor: str) -> str:
    """Return on which day of the road somebody is."""
    return day_words(anchor, standing.day)


def mood_words(standing: Standing) -> str:
    """Return the mood that somebody chose last; empty where they never did."""
    return translate(MOODS[standing.mood.mood - 1]) if standing.mood else ""


def touch_words(touch: InTouch) -> str:
    """Return how the team was in touch, or tried."""
    if touch.kind == "message":
        return translate(_("发过消息"))
    if touch.kind == "support":
        return translate(_("支持：%(way)s")) % {"way": translate(CHANNELS[touch.way])}
    words = _("%(way)s，联系上了") if touch.reached else _("%(way)s，没联系上")
    return translate(words) % {"way": translate(WAYS[touch.way])}


def last_try(standing: Standing) -> datetime | None:
    """Return when somebody last tried in vain, where nobody reached the person afterwards."""
    tried, touch = standing.tried, standing.touch
    return tried.at if tried and (touch is None or touch.at < tried.at) else None


def hidden_words(sight: Sight) -> str:
    """Return that not everybody is listed, to a reader who does not see everybody; else nothing."""
    return translate(_("只列同意给关怀师看的人。")) if sight.consents is not None else ""


def _wording(people: int, untouched: int) -> str:
    if people == 1:
        return (
            _("1 个人现在正在%(where)s，还没有人联系过。")
            if untouched
            else _("1 个人现在正在%(where)s，已经有人联系过了。")
        )
    if not untouched:
        return _("%(n)s 个人现在正在%(where)s，都有人联系过了。")
    if untouched == people:
        return _("%(n)s 个人现在正在%(where)s，都还没有人联系过。")
    return _("%(n)s 个人现在正在%(where)s，其中 %(alone)s 位还没有人联系过。")


def _hardest(valley: Valley) -> str:
    n = valley.on_hardest_days
    if not n:
        return ""
    return translate(_("1 个人正走在最难的几天里。") if n == 1 else _("%(n)s 个人正走在最难的几天里。")) % {"n": n}

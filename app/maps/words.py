"""What the page of scenes says in sentences, and the names of psychological touchpoints in the reader's language."""

from collections.abc import Mapping
from typing import Final

from app.maps.service import StageScenes, StudyScenes
from app.web.i18n import mark as _
from app.web.i18n import translate
from nlp.scenes import Scene

TOUCHPOINT_NAMES: Final[Mapping[str, str]] = {
    "术语焦虑": _("术语焦虑"),
    "付费后担忧": _("付费后担忧"),
    "恢复孤独": _("恢复孤独"),
    "等待不安": _("等待不安"),
    "比较动摇": _("比较动摇"),
    "信任建立": _("信任建立"),
    "失控感": _("失控感"),
    "术前恐惧": _("术前恐惧"),
    "复发担忧": _("复发担忧"),
    "羞耻尴尬": _("羞耻尴尬"),
    "被忽视感": _("被忽视感"),
    "期待落差": _("期待落差"),
    "重获自信": _("重获自信"),
    "被记得的惊喜": _("被记得的惊喜"),
}
"""Every touchpoint that nlp.scenes may propose, as the catalogue knows it."""


def headline(found: StudyScenes) -> str:
    """Return how many specific scenes stand on either side, or what is missing."""
    if not found.read:
        return translate(_("还没有可以读的话"))
    pains = sum(scene.specific for one in found.stages for scene in one.pain_points)
    joys = sum(scene.specific for one in found.stages for scene in one.delights)
    if not pains and not joys:
        return translate(_("还没有人说到具体的场景"))
    return translate(_("说到 %(pains)s 处具体的痛点，%(joys)s 处具体的爽点")) % {"pains": pains, "joys": joys}


def told_most(found: StudyScenes, *, pains: bool) -> tuple[StageScenes, Scene] | None:
    """Return the pain point or delight that most people told, specific ones first, with its stage; None unless two did."""
    every = [(one, scene) for one in found.stages for scene in (one.pain_points if pains else one.delights)]
    shared = [(one, scene) for one, scene in every if scene.people > 1]
    return max(shared, key=lambda pair: (pair[1].specific, pair[1].people, pair[1].specificity), default=None)

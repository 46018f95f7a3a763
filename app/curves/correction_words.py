"""What the correction by human codes changes, and what it still lacks, in plain sentences."""

from collections.abc import Sequence

from app.curves.corrections import Correction, PointCorrection
from app.curves.words import EVIDENCE, level_of, listed, name_of
from app.web.i18n import mark as _
from app.web.i18n import translate

MOST_SAID = 3


def apart(found: Correction) -> str:
    """Return one sentence on where the model is off, by how much; the largest difference first. "" before it is settled."""
    if not found.settled:
        return ""
    off = sorted((one for one in found.points if one.clear), key=lambda one: -abs(one.difference or 0.0))
    if not off:
        return translate(_("人工编码没有看出机器的分数在哪里偏高或偏低。"))
    changes = {"changes": _joined([_change(found, one) for one in off[:MOST_SAID]]), "n": len(off) - MOST_SAID}
    if len(off) > MOST_SAID:
        return translate(_("和只用机器的分数比，校正后%(changes)s；还有 %(n)s 处也不同，见下表。")) % changes
    return translate(_("和只用机器的分数比，校正后%(changes)s；其他地方还看不出差别。")) % changes


def wanting(found: Correction) -> str:
    """Return what is missing before the corrected curve is shown instead of the model's; "" once it is, or untold."""
    lacking = [one for one in found.points if one.wanting]
    if found.settled or not lacking:
        return ""
    least = translate(_("人工编码还不够校正这条曲线：每一处至少要有 %(n)s 个人的话由人编码过。")) % {"n": EVIDENCE}
    named = [
        translate(_("%(name)s差 %(n)s 人")) % {"name": name_of(found.model, one.model), "n": one.wanting}
        for one in lacking
    ]
    return least + translate(_("现在%(lacking)s。")) % {"lacking": listed(named)}


def verdict(one: PointCorrection) -> str:
    """Return in a few words what the correction says of one point."""
    if one.corrected.suppressed:
        return translate(_("人数太少，不显示"))
    if not one.model.statements:
        return translate(_("还没有日记"))
    if not one.corrected.coded:
        return translate(_("还没有人工编码"))
    if not one.corrected.enough:
        return translate(_("证据不足"))
    if not one.perhaps:
        return translate(_("看不出差别"))
    low = (one.difference or 0.0) < 0
    if one.clear:
        return translate(_("机器偏高")) if low else translate(_("机器偏低"))
    return translate(_("机器可能偏高")) if low else translate(_("机器可能偏低"))


def _change(found: Correction, one: PointCorrection) -> str:
    figures = sorted((abs(one.lower or 0.0), abs(one.upper or 0.0)))
    words = (
        _("%(name)s低 %(by)s（%(level)s 区间 %(near)s ~ %(far)s）")
        if (one.difference or 0.0) < 0
        else _("%(name)s高 %(by)s（%(level)s 区间 %(near)s ~ %(far)s）")
    )
    return translate(words) % {
        "name": name_of(found.model, one.model),
        "by": f"{abs(one.difference or 0.0):.2f}",
        "level": level_of(found.corrected),
        "near": f"{figures[0]:.2f}",
        "far": f"{figures[1]:.2f}",
    }


def _joined(changes: Sequence[str]) -> str:
    return translate(_("、")).join(changes)

"""The paradox of satisfaction in honest words, with its numbers of people."""

from collections.abc import Mapping
from typing import Final

from app.charts.points import format_value
from app.curves.words import listed
from app.maps.ecosystem.clustered import Figure
from app.maps.ecosystem.paradox import Paradox, Trend
from app.maps.ecosystem.words import percent
from app.web.i18n import mark as _
from app.web.i18n import translate

NAMES: Final[Mapping[str, str]] = {
    "satisfaction": _("满意度"),
    "nps": _("净推荐值"),
    "recommend": _("愿不愿意推荐"),
    "referral": _("真的介绍了别人"),
    "emotion": _("情绪"),
}


def trend_value(trend: Trend, figure: Figure) -> str:
    """Return a figure of the trend as people read it: on the question's scale, as a share, or as a score."""
    if figure.value is None:
        return "—"
    if trend.kind == "referral":
        return percent(figure.value)
    if trend.kind == "nps":
        return f"{figure.value * 100:+.0f}".replace("-", "−").replace("+0", "0")
    if trend.scale is not None:
        lowest, highest = trend.scale
        return f"{lowest + figure.value * (highest - lowest):.1f} / {highest}"
    return format_value(figure.value)


def direction(trend: Trend) -> str:
    """Return where the trend goes, beyond chance."""
    if trend.change.below:
        return translate(_("在降"))
    if trend.change.above:
        return translate(_("在升"))
    return translate(_("看不出升降")) if trend.change.enough else translate(_("还看不出趋势"))


def verdict(found: Paradox) -> str:
    """Return in a sentence whether satisfaction hides something, or what is missing to say so."""
    if not found.satisfaction:
        return translate(_("表里还没有问满意度，看不出满意背后有没有别的。"))
    content = found.content
    if content is None:
        first = found.satisfaction[0]
        if not first.whole.enough:
            return translate(_("答过满意度的人还太少（%(n)s 人），先不下结论。")) % {"n": first.whole.people}
        parts = {"value": trend_value(first, first.whole), "n": first.whole.people, "way": direction(first)}
        return translate(_("满意度是 %(value)s（%(n)s 人），%(way)s，说不上又高又稳。")) % parts
    parts = {"value": trend_value(content, content.whole), "n": content.whole.people}
    if not found.contrary:
        return translate(_("满意度高（%(value)s，%(n)s 人），推荐和情绪也没有唱反调。")) % parts
    against = listed([contrary_words(one) for one in found.contrary])
    return translate(_("嘴上满意（%(value)s，%(n)s 人），可是%(against)s。")) % {**parts, "against": against}


def contrary_words(trend: Trend) -> str:
    """Return what speaks against satisfaction, with its people."""
    parts = {
        "name": translate(NAMES[trend.kind]),
        "value": trend_value(trend, trend.whole),
        "n": trend.whole.people,
    }
    pattern = _("%(name)s在降（%(n)s 人）") if trend.change.below else _("%(name)s一直低（%(value)s，%(n)s 人）")
    return translate(pattern) % parts

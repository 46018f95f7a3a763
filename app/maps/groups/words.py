"""What the figures say, in sentences. Nothing here says that one thing makes another."""

from collections.abc import Mapping, Sequence
from math import isfinite
from typing import Final

from app.maps.groups.association import Association
from app.maps.groups.footing import Place
from app.maps.groups.lifecycle import Lifecycle
from app.maps.groups.outcomes import OutcomeLook
from app.maps.groups.priorities import Agreement, Priorities, Quadrant
from app.maps.groups.repurchase import Repurchase
from app.maps.groups.segments import Segment, Segments
from app.web.i18n import mark as _
from app.web.i18n import translate
from app.web.pages import signed

PHASE_NAMES: Final[Mapping[str, str]] = {
    "exploring": _("探索期"),
    "building": _("建立期"),
    "deepening": _("深化期"),
    "expanding": _("扩展期"),
}
PHASE_RULES: Final[Mapping[str, str]] = {
    "exploring": _("第一次联系、到访或购买"),
    "building": _("另一天又来做别的，或者第二天付费"),
    "deepening": _("做过三样不同的，或者在三个不同的日子付过费"),
    "expanding": _("已到建立期，还推荐了别人"),
}
OUTCOME_NAMES: Final[Mapping[str, str]] = {
    "purchase": _("再次购买"),
    "visit": _("再次到访"),
    "referral": _("推荐别人"),
}
QUADRANTS: Final[Mapping[Quadrant, str]] = {
    "fix": _("先改：要紧，而且体验低"),
    "keep": _("守住：要紧，体验也高"),
    "later": _("可以等：体验低，但不那么要紧"),
    "ease": _("保持：体验高，不那么要紧"),
}
LACKING: Final[Mapping[str, str]] = {
    "people": _("证据不足：要说哪里要紧，至少要 %(needed)s 个人既有结果又走过这些地方，现在有 %(people)s 个。"),
    "predictors": _("证据不足：走过的人够多、可以比较的地方不到两处。"),
    "fit": _("证据不足：这些地方合起来，也没有比碰运气更能说明结果（R² %(r2)s），所以不分轻重。"),
}
AND: Final = _("、")


def segments_headline(found: Segments) -> str:
    """Return the one sentence of the page: the pair that differs most, or that nothing is told apart."""
    every = [one for attribute in found.attributes for one in attribute.segments]
    if not every:
        return translate(_("还没有人群可以比较"))
    apart = [(segment.apart[0], segment) for segment in every if segment.apart]
    if not apart:
        return translate(_("几群人的路，目前还分不出不同"))
    place, segment = max(apart, key=lambda pair: abs(pair[0].estimate or 0.0))
    lower = (place.estimate or 0.0) < 0
    words = _("“%(stage)s”这一段，%(value)s比其他人更难受") if lower else _("“%(stage)s”这一段，%(value)s比其他人好受")
    return translate(words) % {"stage": place.label, "value": segment.value}


def road_words(one: Segment) -> str:
    """Return where a segment's valley and peak lie."""
    names = {place.key: place.label for place in one.road.places}

    def told(keys: Sequence[str]) -> str:
        return translate(AND).join(names[key] for key in keys)

    if not one.road.valley:
        return translate(_("人还太少，说不出低谷和高峰"))
    if len(one.road.valley) * 2 > len([place for place in one.road.places if place.enough]):
        return translate(_("各段还分不出高低"))
    words = translate(_("低谷在%(valley)s，高峰在%(peak)s"))
    return words % {"valley": told(one.road.valley), "peak": told(one.road.peak)}


def apart_words(one: Place) -> str:
    """Return how far a segment lies from the others at one place."""
    words = (
        _("%(stage)s：低 %(value)s（%(lower)s ~ %(upper)s）")
        if (one.estimate or 0.0) < 0
        else _("%(stage)s：高 %(value)s（%(lower)s ~ %(upper)s）")
    )
    return translate(words) % {
        "stage": one.label,
        "value": f"{abs(one.estimate or 0.0):.2f}",
        "lower": signed(one.lower or 0.0),
        "upper": signed(one.upper or 0.0),
    }


def lifecycle_headline(found: Lifecycle) -> str:
    """Return the one sentence of the page: how many have come how far."""
    if found.known is None:
        return translate(_("人数太少，各个时期都先不显示"))
    if not found.known:
        return translate(_("还没有人的到访和购买记录"))
    further = sum(one.people or 0 for one in found.phases[1:])
    words = translate(_("%(known)s 个人里，%(further)s 个已经走过了探索期"))
    return words % {"known": found.known, "further": further}


def split_words(found: Repurchase) -> tuple[str, str]:
    """Return how the two groups are called."""
    if found.split == "support":
        return translate(_("单独联系过的人")), translate(_("没有单独联系过的人"))
    if found.split.startswith("stage:"):
        words = {"stage": found.label}
        return (
            translate(_("“%(stage)s”没有掉进低处的人")) % words,
            translate(_("“%(stage)s”掉进低处的人")) % words,
        )
    return found.label, translate(_("其他人"))


def ratio_words(found: Repurchase) -> str:
    """Return the ratio in one sentence; always with the word observational, never with a cause."""
    ratio = found.ratio
    outcome = translate(OUTCOME_NAMES.get(found.outcome, found.outcome_name))
    if found.suppressed or ratio is None:
        return translate(_("人数太少，先不显示"))
    one, other = split_words(found)
    counts = {
        "one": one,
        "other": other,
        "outcome": outcome,
        "yes": ratio.yes,
        "people": ratio.people,
        "other_yes": ratio.other_yes,
        "other_people": ratio.other_people,
    }
    seen = (
        translate(
            _("%(one)s，%(people)s 人里 %(yes)s 人%(outcome)s；%(other)s，%(other_people)s 人里 %(other_yes)s 人。")
        )
        % counts
    )
    if not ratio.enough or ratio.lower is None or ratio.upper is None:
        return seen + translate(_("证据不足，不算倍数。"))
    upper = f"{ratio.upper:.1f}" if isfinite(ratio.upper) and ratio.upper < 1000 else translate(_("没有上限"))
    if ratio.ratio is None:
        return seen + translate(_("倍数至少 %(lower)s（观察性，95%%）。")) % {"lower": f"{ratio.lower:.1f}"}
    times = {"ratio": f"{ratio.ratio:.1f}", "lower": f"{ratio.lower:.1f}", "upper": upper}
    return seen + translate(_("前者是后者的 %(ratio)s 倍（%(lower)s ~ %(upper)s，观察性）。")) % times


def association_words(one: Association | None) -> str:
    """Return a correlation or odds with its wider interval."""
    if one is None or one.estimate is None or one.joint_lower is None or one.joint_upper is None:
        return translate(_("证据不足"))
    if one.kind == "correlation":
        return f"{signed(one.estimate)}（{signed(one.joint_lower)} ~ {signed(one.joint_upper)}）"
    upper = f"{one.joint_upper:.1f}" if one.joint_upper < 1000 else translate(_("没有上限"))
    return translate(_("%(ratio)s 倍（%(lower)s ~ %(upper)s）")) % {
        "ratio": f"{one.estimate:.1f}",
        "lower": f"{one.joint_lower:.1f}",
        "upper": upper,
    }


def outcome_headline(one: OutcomeLook) -> str:
    """Return what goes with an outcome, in one sentence."""
    name = one.measure.name
    if not one.together:
        whole = one.whole is not None and one.whole.clear
        words = (
            _("整条路的心情和“%(name)s”一起变，但说不出是哪一段")
            if whole
            else _("还看不出哪一段的心情和“%(name)s”一起变")
        )
        return translate(words) % {"name": name}
    stages = translate(AND).join(each.label for each in one.together[:3])
    return translate(_("“%(stages)s”的心情和“%(name)s”一起变")) % {"stages": stages, "name": name}


def priorities_headline(found: Priorities) -> str:
    """Return the one sentence of the page: where to begin, or why nobody can say."""
    first = [one.point.label for one in found.spots if one.quadrant == "fix"]
    if first:
        return translate(_("先改“%(names)s”")) % {"names": translate(AND).join(first[:3])}
    if found.found.lacking:
        return translate(_("哪里要紧，现在还说不准"))
    return translate(_("还没有一处既要紧、又肯定低"))


def lacking_words(found: Priorities) -> str:
    """Return why no impact is told; empty where it is."""
    if not found.found.lacking:
        return ""
    fit = found.found
    counts = {"needed": found.needed, "people": fit.people, "r2": f"{fit.r2:.2f}" if isfinite(fit.r2) else "—"}
    return translate(LACKING[fit.lacking]) % counts


def agreement_words(one: Agreement | None) -> str:
    """Return how far the team's order goes with the data's."""
    if one is None or one.spearman.estimate is None:
        return ""
    lower, upper = one.spearman.lower or 0.0, one.spearman.upper or 0.0
    told = {"value": signed(one.spearman.estimate), "lower": signed(lower), "upper": signed(upper)}
    if lower > 0:
        return translate(_("团队的次序和数据的次序相近：秩相关 %(value)s（%(lower)s ~ %(upper)s）。")) % told
    if upper < 0:
        return translate(_("团队的次序和数据的次序相反：秩相关 %(value)s（%(lower)s ~ %(upper)s）。")) % told
    return translate(_("团队的次序和数据的次序是否一致，还说不准：秩相关 %(value)s（%(lower)s ~ %(upper)s）。")) % told

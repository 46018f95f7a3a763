"""Touchpoints, steps and support said in plain sentences, no surer than the evidence."""

from collections.abc import Mapping, Sequence
from typing import Final

from app.charts.points import format_value
from app.curves.words import listed
from app.maps.ecosystem.clustered import Figure, Share
from app.maps.ecosystem.efforts import Efforts
from app.maps.ecosystem.looks import Ecosystem, StageSupport, Support, TouchpointLook
from app.maps.ecosystem.steps import Edge, Transitions
from app.web.i18n import current_language, translate
from app.web.i18n import mark as _

KINDS: Final[Mapping[str, str]] = {
    "digital": _("数字"),
    "physical": _("物理"),
    "human": _("人际"),
    "psychological": _("心理"),
}
BREAKS: Final[Mapping[str, str]] = {"low": _("感受低"), "slow": _("太慢"), "falls": _("一到这里就掉")}
CHANCES: Final[Mapping[str, str]] = {"loved": _("让人高兴"), "little_used": _("少有人用到")}
CHANNELS: Final[Mapping[str, str]] = {
    "sms": _("短信"),
    "call": _("电话"),
    "wechat": _("微信"),
    "app": _("应用内消息"),
    "email": _("邮件"),
    "letter": _("纸质信件"),
    "visit": _("上门或当面"),
    "gift": _("礼物"),
    "other": _("别的"),
}
PHASES: Final[Mapping[str, str]] = {
    "exploring": _("探索期"),
    "building": _("建立期"),
    "deepening": _("深化期"),
    "expanding": _("扩展期"),
}
FLAGS: Final[Mapping[str, str]] = {
    "nothing": _("没有支持"),
    "only_generic": _("只有群发的话"),
    "least": _("支持最少"),
}
MISMATCHES: Final[Mapping[str, str]] = {
    "nothing": _("%(name)s难受，却什么支持也没有"),
    "only_generic": _("%(name)s难受，却只有群发的话"),
    "least": _("%(name)s难受，支持反而最少"),
}
PERHAPS: Final[Mapping[str, str]] = {
    "nothing": _("%(name)s可能难受，却什么支持也没有"),
    "only_generic": _("%(name)s可能难受，却只有群发的话"),
    "least": _("%(name)s可能难受，支持反而最少"),
}


def named(name: str) -> str:
    """Return a name within a sentence."""
    return f'"{name}"' if current_language.get() == "en" else f"“{name}”"


def percent(value: float) -> str:
    """Return a share as a percentage: whole, but never 0 or 100 for what is neither."""
    whole = round(value * 100)
    if whole in (0, 100) and value not in (0.0, 1.0):
        return f"{value * 100:.1f}%"
    return f"{whole}%"


def with_interval(figure: Figure) -> str:
    """Return a figure with its interval, or alone where people are too few for one."""
    if figure.value is None:
        return translate(_("还不知道"))
    value = format_value(figure.value)
    if not figure.enough or figure.lower is None or figure.upper is None:
        return value
    bounds = {"value": value, "lower": format_value(figure.lower), "upper": format_value(figure.upper)}
    return translate(_("%(value)s（%(lower)s ~ %(upper)s）")) % bounds


def share_words(share: Share) -> str:
    """Return a share with its interval."""
    bounds = {"value": percent(share.value), "lower": percent(share.lower), "upper": percent(share.upper)}
    return translate(_("%(value)s（%(lower)s ~ %(upper)s）")) % bounds


def headline(found: Ecosystem, walked: Transitions) -> str:
    """Return what the page of touchpoints finds, in a few words."""
    if not any(one.mentioned for one in found.touchpoints):
        return translate(_("还没有人写到触点"))
    low = [one for one in found.touchpoints if one.place.low]
    if low:
        worst = min(low, key=lambda one: one.point.estimate or 0.0)
        return translate(_("最让人难受的触点是%(name)s")) % {"name": named(worst.name)}
    if walked.broken:
        edge = walked.broken[0]
        names = {"origin": named(edge.origin_label), "target": named(edge.target_label)}
        return translate(_("从%(origin)s到%(target)s，感受往下掉")) % names
    return translate(_("触点之间，现有日记还分不出高低"))


def sentences(found: Ecosystem, walked: Transitions) -> Sequence[str]:
    """Return what else is to be said: the worst step, where people come from first, silence, and who is never mentioned."""
    said = [edge_words(walked.broken[0]) if walked.broken else "", first_words(found), silence_words(found)]
    if found.unmentioned and any(one.mentioned for one in found.touchpoints):
        names = {"names": listed([named(one.name) for one in found.unmentioned])}
        said.append(translate(_("清单上的%(names)s，还没有人提到。")) % names)
    return [one for one in said if one]


def edge_words(edge: Edge) -> str:
    """Return by how much experience falls at a step."""
    parts = {
        "origin": named(edge.origin_label),
        "target": named(edge.target_label),
        "change": with_interval(edge.change),
        "n": edge.change.people,
    }
    return translate(_("从%(origin)s到%(target)s掉得最多：平均 %(change)s，%(n)s 人。")) % parts


def first_words(found: Ecosystem) -> str:
    """Return where most customers come from first, by the team's own counts."""
    first = [one for one in found.touchpoints if one.facts.first is not None and one.facts.first.part]
    if not first:
        return ""
    top = max(first, key=lambda one: one.facts.first.value if one.facts.first else 0.0)
    assert top.facts.first is not None  # noqa: S101 - chosen so
    parts = {"name": named(top.name), "share": share_words(top.facts.first)}
    return translate(_("第一次接触最多的是%(name)s：%(share)s。")) % parts


def silence_words(found: Ecosystem) -> str:
    """Return what hurts most and is not complained about."""
    places = [(one.silence, one.name) for one in found.silent] + [
        (one.place.silence, one.stage.name) for one in found.silent_stages
    ]
    certain = [name for silence, name in places if silence and silence.certain]
    names = certain or [name for _, name in places]
    if not names:
        return ""
    pattern = (
        _("%(names)s难受、要紧，却少有人投诉。") if certain else _("%(names)s难受，却少有人投诉；有多要紧，还说不准。")
    )
    return translate(pattern) % {"names": listed([named(name) for name in dict.fromkeys(names)])}


def support_headline(found: Support) -> str:
    """Return what the page of support finds, in a few words."""
    if not found.logged:
        return translate(_("还没有记下给了什么支持"))
    if found.mismatches:
        # What is certain comes first; among that, the lowest.
        worst = min(found.mismatches, key=lambda one: (not one.certain, one.point.estimate or 0.0))
        patterns = MISMATCHES if worst.certain else PERHAPS
        return translate(patterns[worst.mismatch or "nothing"]) % {"name": named(worst.stage.name)}
    if any(one.low for one in found.stages):
        return translate(_("难受的阶段都有人管"))
    return translate(_("没有看到支持和感受对不上的地方"))


def contacts_words(one: StageSupport) -> str:
    """Return how much support a person gets at a stage."""
    if not one.contacts:
        return translate(_("没有"))
    number = f"{one.contacts:.1f}".removesuffix(".0") if one.contacts >= 0.05 else "<0.1"
    return translate(_("每人 %(n)s 次")) % {"n": number}


def mismatch_words(one: StageSupport) -> str:
    """Return a mismatch with its figures."""
    parts = {
        "name": named(one.stage.name),
        "score": format_value(one.point.estimate or 0.0),
        "contacts": contacts_words(one),
    }
    if one.mismatch == "nothing":
        return translate(_("%(name)s的感受是 %(score)s，这一段没有任何支持。")) % parts
    if one.mismatch == "only_generic":
        return translate(_("%(name)s的感受是 %(score)s，支持是%(contacts)s，全是人人都一样的话。")) % parts
    return translate(_("%(name)s的感受是 %(score)s，支持是%(contacts)s，比别的阶段都少。")) % parts


def effort_words(found: Efforts) -> str:
    """Return how effort changed from the one wave to the other, over the whole road; "" where there are no two waves."""
    if found.before is None or found.after is None or found.overall.change is None:
        return ""
    change = found.overall.change.reported
    parts = {"before": named(found.before.name), "after": named(found.after.name), "change": with_interval(change)}
    if change.below:
        return translate(_("从%(before)s到%(after)s，省力了：%(change)s。")) % parts
    if change.above:
        return translate(_("从%(before)s到%(after)s，更费力了：%(change)s。")) % parts
    return translate(_("从%(before)s到%(after)s，费力度看不出变化：%(change)s。")) % parts


def reasons(one: TouchpointLook) -> Sequence[tuple[str, str]]:
    """Return the tags of a touchpoint: how each looks (low, high) and its words."""
    breaks = [("low", translate(BREAKS[name])) for name in one.breaks]
    return [*breaks, *(("high", translate(CHANCES[name])) for name in one.chances)]

"""Insights, results and where a study stands, said as a person would say it."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final

from app.maps.insights.checking import Check, Evidence
from app.maps.insights.effects import FEW, Interval
from app.maps.insights.funnel import FunnelStep
from app.maps.insights.improving import ImprovementLook
from app.maps.insights.names import CHECK_NAMES, CHECK_NEXT, KIND_NAMES, STEP_NAMES
from app.maps.insights.outcomes import ResultLook
from app.maps.insights.programme import Ground, ProgrammeStep, at
from app.maps.insights.self_checking import SelfCheck
from app.studies.protocol import StudyProtocol
from app.web.i18n import mark as _
from app.web.i18n import translate

_GROUNDS: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "vision": (_("愿景写下来了"), _("还没有写愿景")),
        "curve": (_("曲线上有 %(n)s 个阶段看得清"), _("曲线上还没有看得清的阶段")),
        "insights": (_("记下了 %(n)s 条洞察"), _("还没有记下洞察")),
        "to_be": (_("有 %(n)s 张改好以后的地图"), _("还没有改好以后的地图")),
        "targets": (_("给 %(n)s 个阶段定了目标"), _("还没有给哪个阶段定目标")),
        "moving": (_("%(n)s 项改进动起来了"), _("还没有改进动起来")),
        "done": (_("%(n)s 项改进做完了"), _("还没有改进做完")),
        "owned": (_("%(n)s 项改进有人负责、有日子"), _("还没有一项改进既有人负责又有日子")),
        "frontline": (_("%(n)s 项由一线的人负责"), _("还没有一项交给一线的人")),
        "care": (_("%(n)s 位关怀师在跟进"), _("研究里还没有关怀师")),
        "results": (_("记了 %(n)s 条成效"), _("还没有记成效")),
        "measured": (_("%(n)s 条洞察量过结果"), _("还没有洞察量过结果")),
        "personas": (_("%(n)s 个画像"), _("还没有画像")),
        "people": (_("%(n)s 位参与者"), _("还没有参与者")),
        "statements": (_("%(n)s 条表述"), _("还没有表述")),
        "map": (_("有 %(n)s 张现状地图"), _("还没有存下来的地图")),
        "notes": (_("地图上有 %(n)s 张便签"), _("地图上还没有便签")),
        "stages": (_("%(n)s 个阶段"), _("还没有阶段")),
        "contacts": (_("%(n)s 个触点"), _("还没有触点")),
        "emotion": (_("%(n)s 个阶段看得到情绪"), _("还看不到情绪")),
        "needs": (_("地图上有 %(n)s 处痛点"), _("地图上还没有痛点")),
        "improvements": (_("%(n)s 项改进"), _("还没有改进")),
    }
)


def check_name(key: str) -> str:
    """Return the name of a check."""
    return translate(CHECK_NAMES[key])


def check_next(key: str) -> str:
    """Return what to do next where the check does not pass."""
    return translate(CHECK_NEXT[key])


def step_name(key: str) -> str:
    """Return the name of a step of the programme."""
    return translate(STEP_NAMES[key])


def ground_words(one: Ground) -> str:
    """Return what is there, or that it is not there yet."""
    there, missing = _GROUNDS[one.key]
    return translate(there) % {"n": one.count} if one.met else translate(missing)


def insights_headline(steps: Sequence[FunnelStep], overdue: int) -> str:
    """Return how far the insights got, in a sentence."""
    whole, last = steps[0].reached, steps[-1].reached
    if not whole:
        return translate(_("还没有记下洞察"))
    said = _("%(n)s 条洞察，%(m)s 条量过结果") if last else _("%(n)s 条洞察，还没有一条量过结果")
    words = translate(said) % {"n": whole, "m": last}
    return words + (translate(_("；%(n)s 条过了日子")) % {"n": overdue} if overdue else "")


def check_headline(found: SelfCheck) -> str:
    """Return what the self-check comes to, in a sentence."""
    failing = found.failing
    if not failing:
        return translate(_("五项都通过了"))
    names = translate(_("、")).join(check_name(check.key) for check in failing)
    return translate(_("%(n)s 项通过，还要补：%(names)s")) % {"n": len(found.checks) - len(failing), "names": names}


def check_fact(check: Check) -> str:
    """Return how many of how many are there."""
    return translate(_("%(whole)s 处里有 %(met)s 处")) % {"whole": check.whole, "met": check.met}


def evidence_words(protocol: StudyProtocol, one: Evidence) -> str:
    """Return one piece of evidence as a sentence; without the words of people whom the reader may not read."""
    figures = dict(one.figures)
    stage = protocol.stage(one.stage) if one.stage else None
    names = {"stage": stage.name if stage else "", **figures}
    if one.kind == "kind":
        names["kind"] = translate(KIND_NAMES[str(figures["kind"])])
        return translate(_("%(stage)s：有%(kind)s触点") if one.met else _("%(stage)s：缺%(kind)s触点")) % names
    if one.kind == "backstage":
        return translate(_("%(stage)s：有后台支持") if one.met else _("%(stage)s：没有写后台支持")) % names
    if one.kind == "pain":
        return _pain_words(one, names)
    if one.kind == "passage":
        before = protocol.stage(str(figures["before"]))
        names["before"] = before.name if before else ""
        return _with_people(translate(_("从“%(before)s”到“%(stage)s”")) % names, names)
    if one.kind == "point":
        return _with_people(str(names["stage"]), names)
    return translate(_RELATION[one.kind][0 if one.met else 1]) % names


_RELATION: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "corrected": (_("曲线用人工编码校正过"), _("曲线还没有用人工编码校正")),
        "late": (
            _("第 %(days)s 天以后还有 %(people)s 人在说"),
            _("第 %(days)s 天以后说话的人不到 5 位，或少得不能显示"),
        ),
        "events": (_("知道 %(people)s 人后来的往来"), _("知道后来往来的人不到 5 位，或少得不能显示")),
        "after_care": (_("记了 %(n)s 样事后的关怀"), _("没有记事后的关怀")),
        "phases": (_("关系的 %(of)s 期都有打算"), _("关系的 %(of)s 期里，有打算的是 %(n)s 期")),
    }
)


def _pain_words(one: Evidence, names: Mapping[str, object]) -> str:
    verdict = translate(_("具体") if one.met else _("太笼统"))
    told = {**names, "verdict": verdict, "score": f"{float(str(names['score'])):.2f}"}
    if names["text"]:
        return translate(_("“%(text)s”：%(verdict)s（%(score)s）")) % told
    return translate(_("%(stage)s的一处痛点：%(verdict)s（%(score)s）")) % told


def _with_people(where: str, names: Mapping[str, object]) -> str:
    if names["people"] is None:
        return translate(_("%(where)s：不到 8 人，不显示")) % {"where": where}
    return translate(_("%(where)s：%(people)s 人")) % {"where": where, "people": names["people"]}


def result_words(look: ResultLook) -> str:
    """Return what changed in one sentence: the difference with its interval first, the relative change apart."""
    if look.hidden:
        return translate(_("不到 8 人，不显示。"))
    effect = look.effect
    if effect is None:
        return translate(_("人太少，还比不出来。"))
    verdict = {True: _("变好了"), False: _("变差了"), None: _("还说不准有没有变")}[look.improved]
    said = [
        translate(_("%(verdict)s：%(change)s（95%% 区间 %(interval)s）。"))
        % {
            "verdict": translate(verdict),
            "change": change_words(look, effect.difference),
            "interval": interval_words(look, effect.difference),
        }
    ]
    if effect.relative is not None:
        said.append(relative_words(effect.relative))
    if look.few:
        said.append(translate(_("有一边不到 %(n)s 人，别看得太重。")) % {"n": FEW})
    return _joined(said)


def caution_words(look: ResultLook) -> str:
    """Return what to keep in mind of a result whose figures stand beside it."""
    if look.effect is None:
        return result_words(look)
    said = [translate(_("区间碰到 0：这点变化可能只是碰巧。"))] if look.improved is None else []
    if look.few:
        said.append(translate(_("有一边不到 %(n)s 人，别看得太重。")) % {"n": FEW})
    return _joined(said)


def _joined(said: Sequence[str]) -> str:
    """Sentences one after the other; Chinese ones need no space between them."""
    return " ".join(one.strip() for one in said).replace("。 ", "。")


def change_words(look: ResultLook, difference: Interval) -> str:
    """Return the absolute change: of a share in percentage points, else in the figure's unit."""
    return f"{signed_figure(look, difference.estimate)}{unit_of_change(look)}"


def unit_of_change(look: ResultLook) -> str:
    """Return the unit of a difference."""
    return " " + translate(_("个百分点")) if look.kind == "share" else f" {look.unit}".rstrip()


def interval_words(look: ResultLook, one: Interval) -> str:
    """Return the two limits of a difference."""
    if one.lower is None or one.upper is None:
        return translate(_("算不出来"))
    limits = {"low": signed_figure(look, one.lower), "high": signed_figure(look, one.upper)}
    return translate(_("%(low)s 到 %(high)s")) % limits


def relative_words(one: Interval) -> str:
    """Return the relative change in percent, with its interval."""
    low = percent(one.lower) if one.lower is not None else "?"
    if one.upper is None:
        return translate(_("相对原来 %(change)s（至少 %(low)s）。")) % {"change": percent(one.estimate), "low": low}
    told = {"change": percent(one.estimate), "low": low, "high": percent(one.upper)}
    return translate(_("相对原来 %(change)s（%(low)s 到 %(high)s）。")) % told


def relative_interval_words(one: Interval) -> str:
    """Return the limits of a relative change."""
    if one.lower is None or one.upper is None:
        return translate(_("至少 %(low)s")) % {"low": "?" if one.lower is None else percent(one.lower)}
    return translate(_("%(low)s 到 %(high)s")) % {"low": percent(one.lower), "high": percent(one.upper)}


def percent(share: float) -> str:
    """Return a relative change in percent, with its sign."""
    return f"{share * 100:+.0f}%".replace("-", "−")


def signed_figure(look: ResultLook, value: float) -> str:
    """Return a difference with its sign, without its unit; a share's in percentage points."""
    if look.kind == "share":
        return f"{value * 100:+.1f}".replace("-", "−")
    digits = 2 if look.kind == "curve" or abs(value) < 100 else 0
    return f"{value:+,.{digits}f}".replace("-", "−")


def side_words(look: ResultLook, one: Interval) -> str:
    """Return one side's figure: a share in percent, else as it is."""
    if look.kind == "share":
        return f"{one.estimate * 100:.1f}%"
    if look.kind == "curve":
        return f"{one.estimate:+.2f}".replace("-", "−")
    return f"{one.estimate:g}{look.unit}"


def results_headline(looks: Sequence[ResultLook]) -> str:
    """Return in a sentence what is known to have changed."""
    if not looks:
        return translate(_("还没有量过结果"))
    better = [look.name for look in looks if look.improved is True]
    worse = [look.name for look in looks if look.improved is False]
    if worse:
        return translate(_("“%(name)s”变差了，别的再看")) % {"name": worse[0]}
    if better:
        names = translate(_("、")).join(better[:3])
        return translate(_("看得出变好的：%(names)s")) % {"names": names}
    return translate(_("量了 %(n)s 样，还没有一样说得准变了")) % {"n": len(looks)}


def roadmap_headline(looks: Sequence[ImprovementLook]) -> str:
    """Return in a sentence how far the improvements are."""
    live = [look for look in looks if look.status != "dropped"]
    if not live:
        return translate(_("还没有排上一项改进"))
    counts = {"n": len(live), "m": sum(look.status == "done" for look in live)}
    late = sum(look.overdue for look in live)
    words = translate(_("%(n)s 项改进，%(m)s 项做完了")) % counts
    return words + (translate(_("；%(n)s 项过了日子")) % {"n": late} if late else "")


def programme_headline(steps: Sequence[ProgrammeStep]) -> str:
    """Return where the study stands in the six steps."""
    now = at(steps)
    if now is None:
        return translate(_("六步都走到了，接着走下一圈"))
    done = sum(step.standing == "done" for step in steps)
    told = {"n": done, "name": step_name(now.key)}
    if not done:
        return translate(_("六步还没有走完一步，现在该“%(name)s”")) % told
    return translate(_("六步走完了 %(n)s 步，现在该“%(name)s”")) % told

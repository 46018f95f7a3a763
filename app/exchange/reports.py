"""What fits and re-codings are worth, in lines for a terminal."""

from collections.abc import Iterator, Mapping
from typing import Any

from app.curves.comparison import Comparison, StageDifference
from app.curves.words import sentence
from app.web.i18n import mark as _
from app.web.i18n import translate
from app.web.pages import signed

KINDS: Mapping[str, str] = {
    "identity": _("不改"),
    "linear": _("平移和缩放"),
    "monotone": _("分段校准"),
    "words": _("分段校准加词语修正"),
}
REASONS: Mapping[str, str] = {
    "too_few_codes": _("编码太少（不到 20 条），分数照旧"),
    "too_few_people": _("编码只来自不到 5 位参与者，分数照旧"),
    "no_better": _("在留出的参与者身上没有更准，分数照旧"),
}


def adaptation_lines(base: str, base_version: str, version: str, report: Mapping[str, Any], slug: str) -> Iterator[str]:
    """Yield what was fitted to the coder ``base``, how much better it is on people left out, and what to do with it."""
    yield translate("编码器 %(base)s（%(version)s）") % {"base": base, "version": base_version}
    yield translate("人工编码：%(n)s 条表述，%(people)s 位参与者") % {
        "n": report["statements"],
        "people": report["people"],
    }
    for kind, error in report["candidates"].items():
        yield f"  {translate(KINDS[kind])}: {error:.3f}"
    if report["chosen"] == "identity":
        yield translate(REASONS[report["reason"]])
        return
    yield translate("选用：%(kind)s，版本 %(version)s") % {
        "kind": translate(KINDS[report["chosen"]]),
        "version": version,
    }
    words = translate(
        "留出的参与者身上，平均误差从 %(before)s 降到 %(after)s，少 %(gain)s（95%% 区间 %(lower)s ~ %(upper)s）"
    )
    figures = {
        "before": "base_error",
        "after": "adapted_error",
        "gain": "gain",
        "lower": "gain_lower",
        "upper": "gain_upper",
    }
    yield words % {name: f"{report[key]:.3f}" for name, key in figures.items()}
    yield translate("要看它会怎样改变曲线：%(command)s") % {
        "command": f"xinlu recode --study {slug} --coder adapted --preview"
    }


def comparison_lines(found: Comparison, slug: str, coder: str) -> Iterator[str]:
    """Yield what the proposal of ``coder`` would change, stage by stage, and how to decide."""
    words = translate("%(n)s 条表述里，%(changed)s 条换了褒贬。")
    yield words % {"n": found.statements, "changed": found.relabelled}
    yield translate("现在：%(words)s") % {"words": sentence(found.before)}
    yield translate("换了以后：%(words)s") % {"words": sentence(found.after)}
    for stage in found.stages:
        if stage.difference is not None:
            yield _stage_line(stage)
    if found.later:
        yield translate("后来又写了 %(n)s 条，采用时会一起编。") % {"n": found.later}
    recode = f"xinlu recode --study {slug} --coder {coder}"
    yield translate("采用：%(command)s") % {"command": f"{recode} --adopt"}
    yield translate("不采用：%(command)s") % {"command": f"{recode} --decline"}


def _stage_line(stage: StageDifference) -> str:
    figures = [stage.before, stage.after, stage.difference, stage.lower, stage.upper]
    before, after, difference, lower, upper = ("—" if one is None else signed(one) for one in figures)
    verdict = translate("确实变了") if stage.clear and stage.enough else ""
    return f"  {stage.label}  {before} → {after}  {difference}（{lower} ~ {upper}）  {verdict}".rstrip()

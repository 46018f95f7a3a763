"""Where the road is hardest, said as finely as the evidence allows: by stage, or else by the days of one stage.

A stage that lasts months has its worst days and its good ones, and its mean may be no lower than that of a stage in which little
happens. Where stages cannot be told apart, days often can: if every day that may be the lowest lies within one stage, the lowest
day is in that stage, at the level of the curve.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from app.curves.service import Curve, CurvePoint
from app.curves.words import headline as headline_of_stages
from app.curves.words import label_of, listed, name_of, sentence
from app.statements.words import day_words
from app.studies.protocol import StageFacts
from app.web.i18n import current_language, translate
from app.web.i18n import mark as _


@dataclass(frozen=True, slots=True)
class HardestDays:
    """The stage that holds every candidate for the lowest day; ``lowest`` is the lowest of them, ``excluded`` the anchor's own
    day where it is none of them."""

    stage: StageFacts
    candidates: tuple[CurvePoint, ...]
    lowest: CurvePoint
    excluded: CurvePoint | None


def hardest_days(by_stage: Curve, by_day: Curve, stages: Sequence[StageFacts]) -> HardestDays | None:
    """Return the stage that holds all days that may be the lowest; None where stages tell it alone, or days do not.

    Both curves are of the same people and score. A stage that the curve by stage excludes is never returned.
    """
    if len(by_stage.valley) == 1 or not by_day.valley:
        return None
    candidates = tuple(point for point in by_day.points if point.key in by_day.valley and point.estimate is not None)
    holding = [stage for stage in stages if all(_within(point, stage) for point in candidates)]
    if len(holding) != 1 or not candidates or (by_stage.valley and holding[0].key not in by_stage.valley):
        return None
    anchor = next((point for point in by_day.points if point.day_from == point.day_to == 0), None)
    excluded = anchor if anchor is not None and anchor.enough and anchor not in candidates else None
    return HardestDays(holding[0], candidates, min(candidates, key=lambda one: one.estimate or 0.0), excluded)


def headline(by_stage: Curve, days: HardestDays | None) -> str:
    """Return the finding in a few words."""
    if days is None:
        return headline_of_stages(by_stage)
    names = {"stage": _quoted(days.stage.name), "day": name_of_day(by_stage.anchor, days.lowest)}
    return translate(_("路上最难的日子在%(stage)s，%(day)s前后")) % names


def summary(by_stage: Curve, by_day: Curve, days: HardestDays | None) -> str:
    """Return what the curves say: first by day where days tell more, then by stage."""
    if days is None:
        return sentence(by_stage)
    others = [point for point in days.candidates if point is not days.lowest]
    names = {
        "day": name_of(by_day, days.lowest),
        "others": listed([label_of(by_day, point) for point in others]),
        "stage": _quoted(days.stage.name),
        "level": f"{by_day.level * 100:g}%",
    }
    one = translate(_("逐日看，最难的是%(day)s，在%(stage)s里（%(level)s 把握）。"))
    several = translate(
        _("逐日看，最难的很可能是%(day)s，还不能排除%(others)s；这些日子都在%(stage)s里（%(level)s）。")
    )
    said = [(several if others else one) % names]
    if days.excluded is not None:
        said.append(translate(_("不是%(day)s。")) % {"day": day_words(by_day.anchor, 0)})
    said.append(translate(_("按阶段平均：%(sentence)s")) % {"sentence": sentence(by_stage)})
    return "".join(said) if current_language.get() != "en" else " ".join(said)


def name_of_day(anchor: str, point: CurvePoint) -> str:
    """Return a single day, or the first of a few, counted from the anchor event."""
    return day_words(anchor, point.day_from or 0)


def stage_keys(by_stage: Curve, days: HardestDays | None) -> Sequence[str]:
    """Return the stages to speak of as the hardest: the one that holds the days, else the candidates, lowest first."""
    if days is not None:
        return (days.stage.key,)
    known = {point.key: point.estimate or 0.0 for point in by_stage.points if point.key in by_stage.valley}
    return sorted(known, key=lambda key: known[key])


def _within(point: CurvePoint, stage: StageFacts) -> bool:
    if None in (point.day_from, point.day_to, stage.day_from, stage.day_to):
        return False
    return bool(stage.day_from <= point.day_from and point.day_to <= stage.day_to)  # type: ignore[operator]


def _quoted(name: str) -> str:
    return f'"{name}"' if current_language.get() == "en" else f"“{name}”"

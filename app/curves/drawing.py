"""A curve handed to the charts: points, marks and words."""

import math
from collections.abc import Callable, Collection, Sequence

from markupsafe import Markup

from app.charts import ChartPoint, ChartWords, TrackPoint, curve_svg
from app.charts.points import Layout, Mark
from app.curves.grid import DAY_BINS, bin_index
from app.curves.service import Curve, CurvePoint
from app.curves.words import label_of, sentence
from app.web.i18n import mark as _
from app.web.i18n import translate

CHART_ID = "curve"


def draw(
    curve: Curve,
    *,
    layout: Layout = "wide",
    standalone: bool = False,
    href: Callable[[CurvePoint], str | None] | None = None,
    behind: Curve | None = None,
) -> Markup:
    """Return the curve as an SVG; ``href`` names what a point opens, ``behind`` is drawn pale under it."""
    # A stage keeps its place on the road whatever is known of it, and so does what only the model speaks of.
    known = {point.key for one in (curve, behind) if one for point in one.points if point.estimate is not None}
    shown = [point for point in curve.points if curve.by == "stage" or point.key in known]
    points = [_chart_point(curve, point, href) for point in shown]
    return curve_svg(
        points,
        words=chart_words(curve),
        layout=layout,
        standalone=standalone,
        title=title(curve),
        description=sentence(curve),
        caption=f"{sentence(curve)} {_footnote(curve, behind)}" if standalone else "",
        chart_id=CHART_ID,
        behind=_behind(behind, {point.key for point in shown}) if behind else (),
        smooth=_track(curve, [point.key for point in shown]),
    )


def chart_points(curve: Curve) -> list[ChartPoint]:
    """Return every point as a chart draws it, for drawings that hold more than the curve."""
    return [_chart_point(curve, point, None) for point in curve.points]


def footnote(curve: Curve) -> str:
    """Return what bars, band and scores rest on."""
    return _footnote(curve, None)


def _behind(curve: Curve, keys: Collection[str]) -> list[ChartPoint]:
    return [_chart_point(curve, point, None) for point in curve.points if point.key in keys]


def _track(curve: Curve, keys: Sequence[str]) -> list[TrackPoint]:
    """The smooth curve where its days lie between the bins that are shown, each bin as wide as any other."""
    column = {key: at for at, key in enumerate(keys)}
    steps = []
    for one in curve.smooth:
        bin_ = DAY_BINS[bin_index(math.floor(one.day))]
        if bin_.key in column:
            at = column[bin_.key] + (one.day + 0.5 - bin_.first) / (bin_.last + 1 - bin_.first) - 0.5
            steps.append(TrackPoint(at, one.value, one.band_lower, one.band_upper))
    return steps


def title(curve: Curve) -> str:
    """Return what the picture shows, as its heading."""
    along = {"stage": _("按旅程阶段"), "day": _("按距锚定事件的天数"), "touchpoint": _("按触点")}[curve.by]
    return translate(_("%(study)s：情绪曲线，%(along)s")) % {"study": curve.title, "along": translate(along)}


def _chart_point(curve: Curve, point: CurvePoint, href: Callable[[CurvePoint], str | None] | None) -> ChartPoint:
    mark, note = _mark(curve, point)
    return ChartPoint(
        label=label_of(curve, point),
        value=point.estimate,
        lower=point.lower,
        upper=point.upper,
        band_lower=point.band_lower,
        band_upper=point.band_upper,
        sub_label=_counted(curve, point),
        mark=mark,
        note=note,
        href=href(point) if href and not point.suppressed else None,
        enough=point.enough,
    )


def _mark(curve: Curve, point: CurvePoint) -> tuple[Mark | None, str]:
    """Mark the candidates of the lesser set; where a set holds half of the points, only its most extreme one."""
    sides: tuple[tuple[Mark, tuple[str, ...], str], ...] = (
        ("valley", curve.valley, _("可能是低谷")),
        ("peak", curve.peak, _("可能是高峰")),
    )
    for mark, keys, perhaps in sides:
        if point.key in keys and point.enough:
            return (mark, "") if len(keys) == 1 else _candidate(curve, point, mark, keys, perhaps)
    return None, ""


def _candidate(
    curve: Curve, point: CurvePoint, mark: Mark, keys: tuple[str, ...], perhaps: str
) -> tuple[Mark | None, str]:
    candidates = [one for one in curve.points if one.key in keys and one.estimate is not None]
    extreme = (min if mark == "valley" else max)(candidates, key=lambda one: one.estimate or 0.0)
    crowded = len(keys) > (len(curve.points) / 2 if curve.by == "stage" else 2)
    if crowded and point.key != extreme.key:
        return None, ""
    return mark, translate(perhaps)


def _counted(curve: Curve, point: CurvePoint) -> str:
    if point.suppressed:
        return translate(_("人数太少，不显示"))
    counted = translate(_("%(people)s 人 %(entries)s 条")) % {"people": point.participants, "entries": point.entries}
    if not (curve.corrected and point.statements):
        return counted
    coded = translate(_("编码 %(coded)s 条")) % {"coded": point.coded}
    return f"{counted} {coded if point.coded else translate(_('证据不足'))}"


def chart_words(curve: Curve) -> ChartWords:
    """Return the words that a chart of this curve says, in the language of the request."""
    return ChartWords(
        good=translate(_("很好")),
        neutral=translate(_("说不上好坏")),
        bad=translate(_("很糟")),
        valley=translate(_("低谷")),
        peak=translate(_("高峰")),
        too_little=translate(_("证据不足")),
        missing=translate(_("还没有人工编码") if curve.corrected else _("还没有日记")),
        interval=translate(_("{value}（{lower} ~ {upper}）")),
    )


def _footnote(curve: Curve, behind: Curve | None) -> str:
    said = translate(_("竖线和灰带是 %(level)s 的不确定范围；编码器 %(version)s。")) % {
        "level": f"{curve.level * 100:g}%",
        "version": curve.model_version,
    }
    if behind:
        said = f"{said} {translate(_('点线是只用机器的曲线。'))}"
    if not curve.refining.waiting:
        return said
    waiting = {"n": curve.refining.waiting, "version": ", ".join(curve.refining.versions)}
    return f"{said} {translate(_('其中 %(n)s 条表述还是 %(version)s 的分数。')) % waiting}"

"""Two curves handed to the charts: points, what lies between them, and words."""

from collections.abc import Callable

from markupsafe import Markup

from app.charts import ChartPoint, Difference, curves_svg
from app.charts.points import Layout
from app.curves.contrast_words import Compared, by_how_much, sentence
from app.curves.contrasts import PointContrast
from app.curves.drawing import chart_words
from app.curves.service import Curve, CurvePoint
from app.curves.words import label_of
from app.web.i18n import mark as _
from app.web.i18n import translate


def draw_both(
    told: Compared,
    *,
    layout: Layout = "wide",
    standalone: bool = False,
    href: Callable[[PointContrast], str | None] | None = None,
) -> Markup:
    """Return both curves as one SVG; ``href`` names what a position opens."""
    points = shown(told)
    return curves_svg(
        [_point(told.found.a, one.a) for one in points],
        [_point(told.found.b, one.b) for one in points],
        [Difference(by_how_much(one), one.clear, href(one) if href else None) for one in points],
        names=(told.a.name, told.b.name),
        words=chart_words(told.found.a),
        layout=layout,
        standalone=standalone,
        title=title(told),
        description=sentence(told),
        caption=f"{sentence(told)} {_footnote(told)}" if standalone else "",
    )


def shown(told: Compared) -> list[PointContrast]:
    """Return the points worth a place: every stage, and of days and touchpoints those that either side knows."""
    keeps_all = told.found.a.by == "stage"
    return [one for one in told.found.points if keeps_all or one.a.estimate is not None or one.b.estimate is not None]


def title(told: Compared) -> str:
    """Return what the picture shows, as its heading."""
    names = {"study": told.found.a.title, "a": told.a.name, "b": told.b.name}
    return translate(_("%(study)s：%(a)s和%(b)s的情绪曲线")) % names


def _point(curve: Curve, point: CurvePoint) -> ChartPoint:
    return ChartPoint(
        label=label_of(curve, point),
        value=point.estimate,
        lower=point.lower,
        upper=point.upper,
        enough=point.enough,
    )


def _footnote(told: Compared) -> str:
    words = _("竖线是每一点 %(level)s 的不确定范围；差是%(b)s减去%(a)s，粗杠连起来的两点确实不同。编码器 %(version)s。")
    return translate(words) % {
        "level": f"{told.found.level * 100:g}%",
        "a": told.a.name,
        "b": told.b.name,
        "version": told.found.a.model_version,
    }

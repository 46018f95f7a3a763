"""Support drawn beneath what people feel."""

from collections.abc import Sequence

from markupsafe import Markup

from app.charts.beside import NARROW, BesideColumn, BesideWords, beside_svg
from app.charts.points import ChartPoint, format_value
from app.maps.ecosystem.looks import StageSupport, Support
from app.maps.ecosystem.words import FLAGS, contacts_words
from app.web.i18n import mark as _
from app.web.i18n import translate

SIZES = (("narrow", NARROW), ("medium", 760.0), ("wide", 1300.0))


def draw(found: Support) -> Sequence[Markup]:
    """Return the picture in three widths, of which the page shows the one that fits."""
    columns = [_column(one, found) for one in found.stages]
    words = BesideWords(
        feeling=translate(_("感受")), support=translate(_("支持")), good=translate(_("很好")), bad=translate(_("很糟"))
    )
    return [
        beside_svg(
            columns,
            words,
            title=translate(_("各阶段的感受，和那里给的支持")),
            description=translate(_("；")).join(_said(one) for one in found.stages),
            width=width,
            chart_id=f"beside-{name}",
            classes=f"chart chart-{name}",
        )
        for name, width in SIZES
    ]


def _column(one: StageSupport, found: Support) -> BesideColumn:
    point = one.point
    mark = "valley" if one.low else "peak" if point.key in found.curve.peak and len(found.curve.peak) == 1 else None
    return BesideColumn(
        point=ChartPoint(
            label=one.stage.name,
            value=point.estimate,
            lower=point.lower,
            upper=point.upper,
            enough=point.enough,
            mark=mark,  # type: ignore[arg-type]
        ),
        contacts=one.contacts,
        generic=one.contacts * (one.generic or 0.0),
        given=contacts_words(one),
        flag=translate(FLAGS[one.mismatch]) if one.mismatch else "",
    )


def _said(one: StageSupport) -> str:
    feeling = "—" if one.point.estimate is None else format_value(one.point.estimate)
    return f"{one.stage.name} {feeling} {contacts_words(one)}" + (
        f" {translate(FLAGS[one.mismatch])}" if one.mismatch else ""
    )

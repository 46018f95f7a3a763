"""The pictures of these pages, drawn from what was found."""

from math import log

from markupsafe import Markup

from app.maps.groups import words
from app.maps.groups.drawing import Dot, Mark, Row, matrix_svg, rows_svg
from app.maps.groups.footing import Place
from app.maps.groups.lifecycle import Lifecycle
from app.maps.groups.outcomes import OutcomeLook
from app.maps.groups.priorities import Priorities
from app.maps.groups.segments import Attribute, Segments
from app.web.i18n import mark as _
from app.web.i18n import translate


def mark_of(place: Place, shape: int) -> Mark:
    """Return a figure as it is drawn: without an interval where evidence is short."""
    bounds = (place.lower, place.upper) if place.enough else (None, None)
    return Mark(shape, place.estimate, *bounds, faint=not place.enough)


def attribute_picture(found: Segments, one: Attribute, number: int) -> Markup:
    """Return the segments of an attribute, stage by stage."""
    rows = [
        Row(
            point.label,
            [
                mark_of(place, shape)
                for shape, segment in enumerate(one.segments)
                for place in [segment.road.places[at]]
            ],
        )
        for at, point in enumerate(found.ground.curve.points)
    ]
    return rows_svg(
        rows,
        span=(-1.0, 1.0),
        middle=0.0,
        ends=(translate(_("难受")), translate(_("好受"))),
        title=translate(_("按“%(name)s”分开看的情绪")) % {"name": one.name},
        description=translate(_("每个阶段一行，每群人一个记号和它的区间；数字在下面的表里。")),
        chart_id=f"segments-{number}",
    )


def phase_picture(found: Lifecycle) -> Markup:
    """Return how the road of people in each phase is felt."""
    rows = [
        Row(
            translate(words.PHASE_NAMES[one.phase]),
            [mark_of(one.whole, 0)],
        )
        for one in found.phases
    ]
    return rows_svg(
        rows,
        span=(-1.0, 1.0),
        middle=0.0,
        ends=(translate(_("难受")), translate(_("好受"))),
        title=translate(_("各个时期的人，一路上的心情")),
        description=translate(_("每个时期一行：现在处在这个时期的人写的所有话的平均，和它的区间。")),
        chart_id="phases",
    )


def outcome_picture(one: OutcomeLook) -> Markup:
    """Return how each stage's emotion goes with an outcome."""
    ratio = one.measure.kind == "yes_no"

    def scaled(value: float | None) -> float | None:
        return value if value is None or not ratio else log(min(max(value, 1e-3), 1e3))

    rows = [
        Row(
            each.label,
            [
                Mark(
                    0,
                    scaled(each.association.estimate),
                    scaled(each.association.joint_lower),
                    scaled(each.association.joint_upper),
                    faint=not each.association.clear,
                )
            ]
            if each.association is not None
            else [],
        )
        for each in one.stages
    ]
    return rows_svg(
        rows,
        span=(-log(20), log(20)) if ratio else (-1.0, 1.0),
        middle=0.0,
        ends=(translate(_("反着变")), translate(_("一起变"))),
        title=translate(_("各段心情和“%(name)s”")) % {"name": one.measure.name},
        description=translate(_("每个阶段一行；区间放宽到所有阶段一起看也成立，虚线是还说不准的。")),
        chart_id=f"outcome-{one.measure.key}",
    )


def matrix_picture(found: Priorities) -> Markup | None:
    """Return the picture; None where no impact is told, or nothing may be shown."""
    if found.cut_impact is None or found.cut_feeling is None:
        return None
    shapes = {"fix": (2, "low"), "keep": (3, "high"), "later": (6, "ink"), "ease": (7, "ink"), None: (4, "ink-3")}
    dots = []
    for one in found.spots:
        point = one.point
        figures = (point.estimate, point.lower, point.upper, one.impact, one.impact_lower, one.impact_upper)
        if any(value is None for value in figures):
            continue
        x0, x1, x2, y0, y1, y2 = (value or 0.0 for value in figures)
        shape, tone = shapes[one.quadrant]
        dots.append(Dot(point.label, shape, tone, (x0, x1, x2), (y0, y1, y2)))
    if not dots:
        return None
    return matrix_svg(
        dots,
        cut=(found.cut_feeling, found.cut_impact),
        axes=(translate(_("体验：越往右越好受")), translate(_("影响：越往上越要紧"))),
        corners=(translate(_("先改")), translate(_("守住")), translate(_("可以等")), translate(_("保持"))),
        title=translate(_("影响和体验")),
        description=translate(
            _("每处一个记号，十字是区间；虚线是分界。只有两个区间都越过分界的才归进一角。数字在下面的表里。")
        ),
        chart_id="matrix",
    )

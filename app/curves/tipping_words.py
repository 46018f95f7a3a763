"""What those who wrote nothing could change of a curve, in words."""

from dataclasses import dataclass

from app.curves.missing import Missing
from app.curves.service import Curve, CurvePoint
from app.curves.words import name_of
from app.web.i18n import mark as _
from app.web.i18n import translate


@dataclass(frozen=True, slots=True)
class TippingPoint:
    """The stage that would become the lowest first, if the ``people`` missing there felt ``lower`` score points worse than
    those who wrote. ``reachable``: whether the scale goes so far down."""

    point: CurvePoint
    people: int
    lower: float
    reachable: bool


def tipping_point(curve: Curve) -> TippingPoint | None:
    """Return where the missing could move the lowest stage most easily; None where nobody is missing or no stage is lowest."""
    found = [
        TippingPoint(point, missing.people, missing.leads, missing.within(missing.leads))
        for point, missing in _elsewhere(curve)
        if missing.leads is not None
    ]
    return min(found, key=lambda one: (not one.reachable, one.lower), default=None)


def robustness(curve: Curve) -> str:
    """Return in a sentence or two how much worse the missing would have to feel; "" where that cannot be said."""
    lowest = _lowest(curve)
    if lowest is None or lowest.missing is None or not curve.valley:
        return ""
    if not any(point.missing and point.missing.people for point in curve.points if point.enough):
        return translate(_("走到过每一段的人，都在那一段写了日记：没有人缺席。"))
    found = tipping_point(curve)
    names = {"lowest": name_of(curve, lowest)}
    if found is None:
        return translate(_("别处没有人缺席：没写的人心情再差，最低点也还是%(lowest)s。")) % names
    names["name"] = name_of(curve, found.point)
    if not found.reachable:
        return translate(_("就算走到却没写的人都感觉糟到底，最低点也还是%(lowest)s。")) % names
    told = _(
        "有 %(people)s 人走过%(name)s却没有写。他们要比写了的人平均低 %(lower)s 分，最低点才会从%(lowest)s移到那里。"
    )
    return translate(told) % {**names, "people": found.people, "lower": f"{found.lower:.2f}"}


def verdict(curve: Curve, point: CurvePoint) -> str:
    """Return what the missing of one stage could change, in a few words."""
    missing = point.missing
    if missing is None:
        return ""
    if not missing.people:
        return translate(_("没有人缺席"))
    if not point.enough or missing.room is None:
        return translate(_("证据不足"))
    lowest = _lowest(curve)
    if lowest is not None and lowest.key == point.key:
        return translate(_("已经最低，只会更低"))
    if missing.leads is not None and missing.within(missing.leads):
        return translate(_("低 %(lower)s 分，就成了最低点")) % {"lower": f"{missing.leads:.2f}"}
    if missing.joins and missing.within(missing.joins):
        return translate(_("低 %(lower)s 分，就可能是最低点")) % {"lower": f"{missing.joins:.2f}"}
    return translate(_("再差也不会成为最低点"))


def _elsewhere(curve: Curve) -> list[tuple[CurvePoint, Missing]]:
    lowest = _lowest(curve)
    return [
        (point, point.missing)
        for point in curve.points
        if point.enough and point.missing and point.missing.people and lowest and point.key != lowest.key
    ]


def _lowest(curve: Curve) -> CurvePoint | None:
    known = [point for point in curve.points if point.enough and point.estimate is not None]
    return min(known, key=lambda one: one.estimate or 0.0) if len(known) > 1 else None

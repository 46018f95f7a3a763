"""The curve said in plain sentences, with its uncertainty."""

from collections.abc import Mapping, Sequence

from app.curves.jackknife import MIN_PARTICIPANTS
from app.curves.service import Curve, CurvePoint
from app.statements.words import day_words as day_words  # noqa: PLC0414 - rooms above take it from here
from app.web.i18n import current_language, translate
from app.web.i18n import mark as _

EVIDENCE = MIN_PARTICIPANTS
MOST_NAMED = 4
TELLS: Mapping[str | None, str] = {"interview": _("访谈里说的"), "observer": _("观察里写的")}
NOTHING_YET: Mapping[str | None, str] = {"interview": _("还没有访谈"), "observer": _("还没有观察")}
TOO_FEW: Mapping[str | None, str] = {
    "interview": _("访谈还不够多，看不清高低"),
    "observer": _("观察还不够多，看不清高低"),
}
ALIKE: Mapping[str | None, str] = {
    "interview": _("现有访谈还分不出哪里最低、哪里最高，需要更多参与者。"),
    "observer": _("现有观察还分不出哪里最低、哪里最高，需要更多人去看。"),
}
UNCLEAR: Mapping[str | None, str] = {
    "interview": _("哪一段最难，现有访谈还分不清"),
    "observer": _("哪一段最难，现有观察还分不清"),
}
"""By the source that a curve is narrowed to, what is said of diaries else."""


def label_of(curve: Curve, point: CurvePoint) -> str:
    """Return the name of a point as people read it."""
    if curve.by != "day":
        return point.label
    if point.day_from is not None and point.day_from == point.day_to:
        return translate(_("当天")) if point.day_from == 0 else translate(_("第 %(day)s 天")) % {"day": point.day_from}
    if point.day_to is None:
        return translate(_("第 %(day)s 天以后")) % {"day": point.day_from}
    if point.day_to < 0:
        if point.day_from is None:
            return translate(_("%(day)s 天以前")) % {"day": -point.day_to}
        return translate(_("前 %(near)s–%(far)s 天")) % {"near": -point.day_to, "far": -point.day_from}
    return translate(_("第 %(first)s–%(last)s 天")) % {"first": point.day_from, "last": point.day_to}


def sentence(curve: Curve) -> str:
    """Return one sentence on valley and peak: named when one is left, and otherwise which cannot be told apart."""
    if not any(point.enough for point in curve.points):
        return translate(_("证据还不足：每个点至少要有 %(n)s 位参与者，才能说哪里低、哪里高。")) % {"n": EVIDENCE}
    if len(curve.valley) >= sum(point.enough for point in curve.points) > 1:
        return translate(ALIKE.get(curve.source, _("现有日记还分不出哪里最低、哪里最高，需要更多参与者。")))
    said = (_valley(curve), _peak(curve), _left_out(curve), basis(curve))
    return " ".join(part for part in said if part).replace("。 ", "。")


def headline(curve: Curve) -> str:
    """Return the finding in a few words, no surer than the evidence."""
    if not any(point.entries for point in curve.points):
        return translate(NOTHING_YET.get(curve.source, _("还没有日记")))
    known = [point for point in curve.points if point.enough]
    if len(known) < 2 or not curve.valley:
        return translate(TOO_FEW.get(curve.source, _("日记还不够多，看不清高低")))
    certain, candidates = _both(curve, curve.valley, lowest=True)
    if not candidates:
        return translate(_("路上最难的是%(name)s")) % {"name": certain}
    if len(curve.valley) > len(known) / 2:
        return translate(UNCLEAR.get(curve.source, _("哪一段最难，现有日记还分不清")))
    return translate(_("路上最难的可能是%(name)s")) % {"name": certain}


def basis(curve: Curve) -> str:
    """Return what the scores rest on."""
    if curve.score == "mood":
        return translate(_("这里画的是参与者自己选的心情。"))
    if not curve.corrected:
        return translate(_("分数来自机器编码，还没有用人工编码校正。"))
    return translate(_("分数来自机器编码，并用人工编码校正过。"))


def _valley(curve: Curve) -> str:
    certain, candidates = _both(curve, curve.valley, lowest=True)
    if not certain:
        return ""
    if not candidates:
        return translate(_("最低点是%(name)s（%(level)s 把握）。")) % {"name": certain, "level": level_of(curve)}
    return translate(_("最低点很可能在%(name)s，现有数据还不能排除%(others)s（%(level)s）。")) % {
        "name": certain,
        "others": candidates,
        "level": level_of(curve),
    }


def _peak(curve: Curve) -> str:
    certain, candidates = _both(curve, curve.peak, lowest=False)
    if not certain:
        return ""
    if not candidates:
        return translate(_("最高点是%(name)s（%(level)s 把握）。")) % {"name": certain, "level": level_of(curve)}
    return translate(_("最高点很可能在%(name)s，还不能排除%(others)s。")) % {"name": certain, "others": candidates}


def _left_out(curve: Curve) -> str:
    """Return where nothing can be said although people wrote there: of a corrected curve, where too few were coded."""
    out = [point for point in curve.points if point.statements and not point.enough]
    if not (curve.corrected and out):
        return ""
    return translate(_("%(names)s证据不足，没有一起比。")) % {"names": listed([name_of(curve, point) for point in out])}


def _both(curve: Curve, keys: tuple[str, ...], *, lowest: bool) -> tuple[str, str]:
    """Return the name of the most extreme candidate, and those of the others; days that follow one another are one span."""
    points = [point for point in curve.points if point.key in keys and point.estimate is not None]
    if not points:
        return "", ""
    extreme = (min if lowest else max)(points, key=lambda point: point.estimate or 0.0)
    others = [point for point in points if point is not extreme]
    if curve.by == "day" and len(others) > 1:
        order = [point.key for point in curve.points if point.estimate is not None]
        first, last = order.index(points[0].key), order.index(points[-1].key)
        if last - first == len(points) - 1:
            span = translate(_("从%(first)s到%(last)s的其他日子"))
            names = {"first": name_of(curve, points[0]), "last": name_of(curve, points[-1])}
            return name_of(curve, extreme), span % names
    return name_of(curve, extreme), listed([name_of(curve, point) for point in others])


def listed(names: Sequence[str]) -> str:
    """Return the names in a row; of many, the first few and how many there are."""
    shown = translate(_("、")).join(names[:MOST_NAMED])
    return shown if len(names) <= MOST_NAMED else translate(_("%(some)s等 %(n)s 处")) % {"some": shown, "n": len(names)}


def name_of(curve: Curve, point: CurvePoint) -> str:
    """Return a point's name within a sentence: a stage in quotation marks, a day counted from the anchor event."""
    if curve.by == "day":
        return _days(curve.anchor, point)
    name = label_of(curve, point)
    return f'"{name}"' if current_language.get() == "en" else f"“{name}”"


def _days(anchor: str, point: CurvePoint) -> str:
    """Return where a bin of days lies before or after the anchor event, to be read within a sentence."""
    first, last = point.day_from, point.day_to
    if first is not None and first == last:
        return day_words(anchor, first)
    if last is not None and last < 0:
        if first is None:
            return translate(_("%(anchor)s前 %(day)s 天以上")) % {"anchor": anchor, "day": -last}
        return translate(_("%(anchor)s前 %(near)s–%(far)s 天")) % {"anchor": anchor, "near": -last, "far": -first}
    if last is None:
        return translate(_("%(anchor)s后 %(day)s 天以上")) % {"anchor": anchor, "day": first}
    return translate(_("%(anchor)s后第 %(first)s–%(last)s 天")) % {"anchor": anchor, "first": first, "last": last}


def level_of(curve: Curve) -> str:
    """Return the level of the curve's intervals, as a percentage."""
    return f"{curve.level * 100:g}%"

"""Two curves compared, in plain sentences."""

from dataclasses import dataclass

from app.curves.contrasts import CurveContrast, PointContrast
from app.curves.groups import Group
from app.curves.words import EVIDENCE, level_of, listed, name_of
from app.web.i18n import current_language, translate
from app.web.i18n import mark as _

MOST_SAID = 3
PAIRINGS = {
    "same people": _("两边是同一批人，每个人和自己比。"),
    "other people": _("两边是不同的人。"),
    "some of the same people": _("有些人两边都在，和自己比；其余的人分开算。"),
}


@dataclass(frozen=True, slots=True)
class Compared:
    """A comparison with the names of its two sides."""

    found: CurveContrast
    a: Group
    b: Group


def headline(told: Compared) -> str:
    """Return the finding in a few words, no surer than the evidence."""
    if not any(one.enough for one in told.found.points):
        return translate(_("两边的日记还不够多，比不出来"))
    clear = told.found.clear
    names = {"a": told.a.name, "b": told.b.name}
    if not clear:
        return translate(_("%(a)s和%(b)s，还看不出哪里不同")) % names
    names["where"] = name_of(told.found.a, clear[0].a)
    lower = (clear[0].difference or 0.0) < 0
    words = _("%(where)s这里，%(b)s比%(a)s更难受") if lower else _("%(where)s这里，%(b)s比%(a)s好受")
    return translate(words) % names


def sentence(told: Compared) -> str:
    """Return in a sentence where the second lies from the first, by how much, and who stands behind the two."""
    parts = (_apart(told), translate(PAIRINGS[told.found.pairing]) if told.found.pairing else "", basis(told))
    return (" " if current_language.get() == "en" else "").join(part for part in parts if part)


def basis(told: Compared) -> str:
    """Return what the scores of both rest on."""
    if told.found.a.score != told.found.b.score:
        return translate(_("一边是文字的得分，一边是自己选的心情：刻度相同，问的不是一回事。"))
    if told.found.a.score == "mood":
        return translate(_("这里画的是参与者自己选的心情。"))
    if told.found.a.corrected:
        return translate(_("分数来自机器编码，并用人工编码校正过。"))
    return translate(_("分数来自机器编码，还没有用人工编码校正。"))


def verdict(one: PointContrast) -> str:
    """Return in a few words what the comparison says of one point."""
    if one.suppressed:
        return translate(_("人数太少，不显示"))
    if not one.enough:
        return translate(_("证据不足"))
    if not one.perhaps:
        return translate(_("看不出差别"))
    lower = (one.difference or 0.0) < 0
    if one.clear:
        return translate(_("更低")) if lower else translate(_("更高"))
    return translate(_("可能更低")) if lower else translate(_("可能更高"))


def by_how_much(one: PointContrast) -> str:
    """Return what stands under a position of the picture."""
    if one.suppressed:
        return translate(_("人数太少，不显示"))
    if one.difference is None or not one.enough:
        return translate(_("证据不足"))
    words = _("差 %(by)s，确实不同") if one.clear else _("差 %(by)s")
    return translate(words) % {"by": signed(one.difference)}


def signed(value: float) -> str:
    """Return two decimals with a sign, a true minus."""
    written = f"{value:+.2f}".replace("-", "−")
    return "0.00" if written in ("+0.00", "−0.00") else written


def _apart(told: Compared) -> str:
    found, names = told.found, {"a": told.a.name, "b": told.b.name}
    if not any(one.enough for one in found.points):
        return translate(_("每一处两边都至少要有 %(n)s 位参与者，才能比。")) % {"n": EVIDENCE}
    if found.clear:
        changes = translate(_("、")).join(_change(found, one) for one in found.clear[:MOST_SAID])
        return translate(_("和%(a)s比，%(b)s%(changes)s；其他地方还看不出差别。")) % {**names, "changes": changes}
    perhaps = [one for one in found.points if one.perhaps]
    if not perhaps:
        return translate(_("现有的日记还看不出%(a)s和%(b)s在哪里不同。")) % names
    where = listed([name_of(found.a, one.a) for one in perhaps])
    return translate(_("单看%(where)s，%(a)s和%(b)s可能不同；把所有地方一起看，还不能断定。")) % {
        **names,
        "where": where,
    }


def _change(found: CurveContrast, one: PointContrast) -> str:
    figures = sorted((abs(one.lower or 0.0), abs(one.upper or 0.0)))
    lower = (one.difference or 0.0) < 0
    words = (
        _("在%(name)s低 %(by)s（%(level)s 区间 %(near)s ~ %(far)s）")
        if lower
        else _("在%(name)s高 %(by)s（%(level)s 区间 %(near)s ~ %(far)s）")
    )
    return translate(words) % {
        "name": name_of(found.a, one.a),
        "by": f"{abs(one.difference or 0.0):.2f}",
        "level": level_of(found.a),
        "near": f"{figures[0]:.2f}",
        "far": f"{figures[1]:.2f}",
    }

"""How the figures came about, for whoever asks; and the whole map."""

from collections.abc import Iterator

from app.curves import drawing as curve_drawing
from app.curves.service import K_ANONYMOUS
from app.curves.words import EVIDENCE, level_of
from app.maps.drawing.svg import drawing_svg
from app.maps.report.blocks import Figure, Listing, Section
from app.maps.report.findings import Findings
from app.maps.report.story import stage_table
from app.web.i18n import mark as _
from app.web.i18n import translate


def map_section(found: Findings) -> Section:
    """Return the whole map on a page of its own."""
    svg = drawing_svg(found.hand.drawing)
    figure = Figure(
        svg, "", svg, translate(_("体验地图：曲线，和每个阶段的行为、想法、痛点、爽点、触点、支持、差距")), "page"
    )
    return Section("map", translate(_("整张体验地图")), [figure], appendix=True)


def figures_section(found: Findings) -> Section:
    """Return every figure of the curve."""
    return Section("figures", translate(_("数字")), [stage_table(found)], appendix=True)


def methods_section(found: Findings) -> Section:
    """Return how everything was measured, in sentences."""
    return Section("methods", translate(_("方法")), [Listing(list(_methods(found)))], appendix=True)


def _methods(found: Findings) -> Iterator[str]:
    curve = found.curve
    counts = {
        "people": found.people,
        "entries": sum(point.entries or 0 for point in curve.points),
        "statements": sum(point.statements or 0 for point in curve.points),
    }
    yield translate(_("材料：%(people)s 位参与者，%(entries)s 条日记和访谈段落，%(statements)s 句话。")) % counts
    yield curve_drawing.footnote(curve)
    if curve.corrected:
        told = _("机器的分数用人工编码校正：从全部表述里按已知概率抽一部分由人编码，算出机器读偏了多少，再减去。")
        yield translate(told)
    else:
        yield translate(_("只有机器的分数：机器在有的阶段可能读得偏高或偏低，没有人核对过。"))
    told = _(
        "不确定性以人为单位（逐一去掉一位参与者重算）：同一个人的多条日记不当作独立的证据。少于 %(n)s 人的阶段不比较。"
    )
    yield translate(told) % {"n": EVIDENCE}
    told = translate(
        _("“低谷”是一组：凡是不能在 %(level)s 的把握下排除为最低的阶段都在里面；只剩一个，才说“最低点是”。高峰也一样。")
    )
    yield told % {"level": level_of(curve)}
    yield translate(_("差距 = 期望 − 实际：期望由团队写下，区间只算了实际的不确定。"))
    yield translate(_("支持来自团队的记录；最难的一段没有支持、支持最少或全是通用消息，就标出来。"))
    yield translate(_("痛点具体，是指说得出何时、何处、什么事；由机器按规则打分，也会判错。"))
    yield translate(_("原话只引用同意在报告里被引用的人，不写是谁；其他人的话只数人数。"))
    if not found.board.text:
        yield translate(_("按您的权限，少于 %(n)s 人的数字不显示。")) % {"n": K_ANONYMOUS}

"""What a manager reads: the curve, the hardest place, what the organisation does there, what is uncertain, what to do."""

from collections.abc import Iterator, Mapping, Sequence

from app.curves import drawing as curve_drawing
from app.curves.hardest import summary
from app.curves.tipping_words import robustness
from app.curves.words import basis, label_of, level_of, listed, name_of, sentence
from app.maps.board.looks import BoardNote
from app.maps.board.words import gap_words, missing_words, point_words
from app.maps.board.words import verdict as gap_verdict
from app.maps.drawing.words import note_words
from app.maps.ecosystem.looks import Mismatch, StageSupport
from app.maps.report.blocks import Block, Figure, Listing, Paragraph, Saying, Sayings, Section, Table
from app.maps.report.findings import Findings, Place
from app.statements.words import day_words
from app.web.i18n import mark as _
from app.web.i18n import translate
from app.web.pages import signed

MOST_NOTES = 6
MOST_CHARACTERS = 160
NOTHING = "—"
SHORTFALLS: Mapping[Mismatch, str] = {
    "nothing": _("“%(name)s”没有支持"),
    "only_generic": _("“%(name)s”只有 %(n)s 条通用消息"),
    "least": _("“%(name)s”得到的支持最少"),
}
"""Without saying that the stage is the hardest: that is the curve's to say."""


def curve_section(found: Findings) -> Section:
    """Return the curve with how many people stand behind each point."""
    curve = found.curve
    figure = Figure(
        wide=str(curve_drawing.draw(curve, standalone=True)),
        narrow=str(curve_drawing.draw(curve, standalone=True, layout="narrow")),
        paper=str(curve_drawing.draw(curve, standalone=True, layout="medium")),
        alt=f"{curve_drawing.title(curve)}。{sentence(curve)}",
    )
    hardest = found.hand.hardest
    blocks: list[Block] = [Paragraph(summary(curve, found.days, hardest)), figure]
    if hardest is None:
        told = {"anchor": curve.anchor, "said": sentence(found.days)}
        blocks.append(Paragraph(translate(_("按%(anchor)s前后的天数看：%(said)s")) % told))
    return Section("curve", translate(_("情绪怎样一路变化")), blocks)


def valley_section(found: Findings) -> Section:
    """Return the hardest places in words and quotes, or that they cannot be told."""
    if not found.valleys:
        return Section("valley", translate(_("最难的一段")), [Paragraph(translate(_("现有日记还说不出哪一段最难。")))])
    names = translate(_("、")).join(place.column.stage.name for place in found.valleys)
    heading = _("最难的一段：%(name)s") if found.valleys[0].certain else _("最难的可能是：%(name)s")
    blocks = [block for place in found.valleys for block in _valley(found, place)]
    shown = {place.point.key for place in found.valleys}
    others = [point for point in found.curve.points if point.key in found.curve.valley and point.key not in shown]
    if others:
        left = listed([name_of(found.curve, point) for point in others])
        blocks.append(
            Paragraph(translate(_("按阶段平均，现有数据还不能排除%(names)s也是最低点。")) % {"names": left}, "quiet")
        )
    return Section("valley", translate(heading) % {"name": names}, blocks)


def _valley(found: Findings, place: Place) -> Iterator[Block]:
    column = place.column
    yield Paragraph(f"{column.stage.name}{translate(_('：'))}{point_words(column)}{translate(_('。'))}", strong=True)
    pains = _notes(found, column.cells["pain"])
    if pains:
        yield Listing(pains, translate(_("人们在这里难在哪里")))
    yield from _sayings(found, place, "low")
    if column.effort.mean is not None:
        figures = {"mean": f"{column.effort.mean:.1f}", "people": column.effort.people, "n": column.effort.entries}
        told = translate(_("自己填的费力度平均 %(mean)s（1 毫不费力，7 非常费力；%(people)s 人 %(n)s 条）。"))
        yield Paragraph(told % figures)
    if column.gap:
        yield Paragraph(f"{gap_verdict(column.gap)}{translate(_('：'))}{gap_words(column.gap)}{translate(_('。'))}")


def _notes(found: Findings, notes: Sequence[BoardNote]) -> list[str]:
    """The notes of a cell as they may be handed on, what most people told first."""
    ranked = sorted(notes, key=lambda note: -(note.people or 0))
    said = ["".join(note_words(found.board, note, found.leaving)) for note in ranked if _says(found, note)]
    return said[:MOST_NOTES]


def _says(found: Findings, note: BoardNote) -> bool:
    return bool(note_words(found.board, note, found.leaving)[0])


def _sayings(found: Findings, place: Place, tone: str) -> Iterator[Block]:
    if place.quotes:
        anchor = found.board.protocol.study.anchor_label
        said = [
            Saying(_cut(one.said.text), day_words(anchor, one.said.day) if one.said.day is not None else "")
            for one in place.quotes
        ]
        yield Sayings(said, "low" if tone == "low" else "high")
    elif found.board.text:
        yield Paragraph(translate(_("这里没有可以引用的原话：说到它的人没有同意在报告里引用。")), "quiet")
    else:
        yield Paragraph(translate(_("您没有读原话的权限，这里不显示原话。")), "quiet")


def _cut(words: str) -> str:
    flat = " ".join(words.split())
    return flat if len(flat) <= MOST_CHARACTERS else f"{flat[:MOST_CHARACTERS]}…"


def peak_section(found: Findings) -> Section | None:
    """Return what goes well, so that nobody takes it away; None where it cannot be told."""
    place = found.peak
    if place is None:
        return None
    heading = _("最好的一段：%(name)s") if place.certain else _("最好的可能是：%(name)s")
    blocks: list[Block] = [
        Paragraph(
            f"{place.column.stage.name}{translate(_('：'))}{point_words(place.column)}{translate(_('。'))}", strong=True
        )
    ]
    delights = _notes(found, place.column.cells["delight"])
    if delights:
        blocks.append(Listing(delights))
    if place.quotes:
        blocks += _sayings(found, place, "high")
    return Section("peak", translate(heading) % {"name": place.column.stage.name}, blocks)


def support_section(found: Findings) -> Section:
    """Return what the organisation does along the road, beside how people feel there."""
    blocks: list[Block] = [Paragraph(support_sentence(found), strong=True)]
    if found.support.logged:
        blocks.append(_support_table(found))
    blocks += [block for place in found.valleys for block in _given(found, place)]
    silent = [one for one in found.ecosystem.silent if one.silence and one.silence.certain]
    if silent:
        names = listed([f"“{one.name}”" for one in silent])
        blocks.append(Paragraph(translate(_("没有人抱怨、却影响整段体验的触点：%(names)s。")) % {"names": names}))
    return Section("support", translate(_("我们在那里做了什么")), blocks)


def _given(found: Findings, place: Place) -> Iterator[Block]:
    """What the map holds of the organisation at a place, a line for each lane."""
    for lane, heading in (
        ("frontstage", _("“%(name)s”里，客户碰得到的：%(said)s。")),
        ("backstage", _("“%(name)s”里，背后的支持：%(said)s。")),
    ):
        said = _notes(found, place.column.cells[lane])
        if said:
            words = {"name": place.column.stage.name, "said": translate(_("；")).join(said)}
            yield Paragraph(translate(heading) % words)


def support_sentence(found: Findings) -> str:
    """Return whether support meets people where it is hard, no surer than the log."""
    if not found.support.logged:
        return translate(_("还没有记下各阶段给了什么支持，所以说不出支持够不够。"))
    if found.support.mismatches:
        said = [shortfall(one) for one in found.support.mismatches]
        return translate(_("人们难受的地方，支持没有跟上：%(said)s。")) % {"said": translate(_("；")).join(said)}
    return translate(_("记下的支持里，没有看到难的一段支持最少的情况。"))


def shortfall(one: StageSupport) -> str:
    """Return what support fails at in a stage, or nothing."""
    if one.mismatch is None:
        return ""
    return translate(SHORTFALLS[one.mismatch]) % {"name": one.stage.name, "n": f"{one.contacts:.2g}"}


def _support_table(found: Findings) -> Table:
    head = [translate(one) for one in (_("阶段"), _("情绪"), _("每人得到的支持"), _("其中通用的"), _("对不对得上"))]
    rows = [_support_row(one) for one in found.support.stages]
    low = [at for at, one in enumerate(found.support.stages) if one.mismatch]
    caption = translate(_("团队记下的支持，按人平均的次数。"))
    return Table(caption, head, rows, low, (1, 2, 3))


def _support_row(one: StageSupport) -> list[str]:
    estimate = one.point.estimate
    return [
        one.stage.name,
        signed(estimate) if estimate is not None else NOTHING,
        f"{one.contacts:.1f}",
        NOTHING if one.generic is None else f"{one.generic:.0%}",
        shortfall(one),
    ]


def doubt_section(found: Findings) -> Section:
    """Return what is uncertain, in a list: nobody should have to ask for it."""
    return Section("doubt", translate(_("还不确定什么")), [Listing(list(doubts(found)))])


def doubts(found: Findings) -> Iterator[str]:
    """Yield everything that speaks against reading more out of this report than is in it, the weightiest first."""
    curve = found.curve
    yield basis(curve)
    if 1 < len(curve.valley) < sum(point.enough for point in curve.points):
        candidates = [name_of(curve, point) for point in curve.points if point.key in curve.valley]
        told = translate(_("按阶段平均，最低点有 %(n)s 个候选：%(names)s（%(level)s）；要分出来，需要更多人。"))
        yield told % {"n": len(candidates), "names": listed(candidates), "level": level_of(curve)}
    thin = [name_of(curve, point) for point in curve.points if not point.enough]
    if thin:
        yield translate(_("%(names)s的证据不足，没有参加比较。")) % {"names": listed(thin)}
    moved = robustness(curve)
    if moved:
        yield moved
    incomplete = missing_words(found.board)
    if incomplete:
        yield incomplete
    if curve.refining.waiting:
        told = translate(_("还有 %(n)s 条话等着慢编码器重读，读完后数字可能会变。"))
        yield told % {"n": curve.refining.waiting}
    if found.board.map is None:
        yield translate(_("地图里的话是机器找出来的，团队还没有看过。"))
    if not found.support.logged:
        yield translate(_("支持记录是空的：说“没有支持”和“没有记下”，这里分不出来。"))
    told = translate(_("这是 %(n)s 位参与者的日记和访谈，不是随机抽样：说的是他们的经历，不是所有客户的比例。"))
    yield told % {"n": found.people}
    yield translate(_("这里看到的是一起出现，不是因果：要知道改了什么才变好，需要改之后再量一次。"))


def stage_table(found: Findings) -> Table:
    """Return every figure of the curve."""
    curve = found.curve
    head = [
        translate(one)
        for one in (
            _("阶段"),
            _("估计"),
            _("区间"),
            _("整条曲线的范围"),
            _("人数"),
            _("日记"),
            _("人工编码"),
            _("说明"),
        )
    ]
    rows = [
        [
            label_of(curve, point),
            signed(point.estimate) if point.estimate is not None else NOTHING,
            _range(point.lower, point.upper),
            _range(point.band_lower, point.band_upper),
            _count(point.participants),
            _count(point.entries),
            _count(point.coded),
            _remark(found, point.key),
        ]
        for point in curve.points
    ]
    caption = translate(_("情绪在 −1（很糟）到 1（很好）之间；区间和范围是 %(level)s。")) % {"level": level_of(curve)}
    return Table(caption, head, rows, (), (1, 2, 3, 4, 5, 6))


def _remark(found: Findings, key: str) -> str:
    curve = found.curve
    point = curve.point(key)
    if point is None or point.suppressed:
        return translate(_("人数太少，不显示"))
    if not point.enough:
        return translate(_("证据不足"))
    for keys, certain, perhaps in (
        (curve.valley, _("低谷"), _("可能是低谷")),
        (curve.peak, _("高峰"), _("可能是高峰")),
    ):
        if key in keys:
            return translate(certain if len(keys) == 1 else perhaps)
    return ""


def _range(lower: float | None, upper: float | None) -> str:
    return NOTHING if lower is None or upper is None else f"{signed(lower)} ~ {signed(upper)}"


def _count(number: int | None) -> str:
    return NOTHING if number is None else str(number)

"""What is to be done, what has been done and changed, and how complete the work itself is."""

from collections.abc import Iterator, Sequence
from typing import Final

from app.curves.words import listed
from app.maps.insights.funnel import funnel
from app.maps.insights.improving import OPEN, ImprovementLook
from app.maps.insights.names import STATE_NAMES, STATUS_NAMES
from app.maps.insights.outcomes import ResultLook
from app.maps.insights.self_checking import SelfCheck
from app.maps.insights.words import (
    check_fact,
    check_headline,
    check_name,
    check_next,
    evidence_words,
    result_words,
)
from app.maps.parties import PARTIES
from app.maps.report.blocks import Block, Listing, Paragraph, Section, Table
from app.maps.report.findings import Findings, Place
from app.maps.report.story import shortfall
from app.web.i18n import mark as _
from app.web.i18n import translate

MOST_ROWS: Final = 12
MOST_PAINS: Final = 4


def plan_section(found: Findings) -> Section:
    """Return improvements, insights and results; where there are none, what the data would have looked at first."""
    return Section("plan", translate(_("该做什么")), list(_plan(found)))


def _plan(found: Findings) -> Iterator[Block]:
    yield Paragraph(plan_sentence(found), strong=True)
    if found.improvements:
        yield _improvements(found.improvements)
    else:
        first = list(_first(found))
        if first:
            yield Listing(first, translate(_("从这里的发现看，先看这几处")))
    if found.insights:
        yield Paragraph(_funnel(found))
    if found.results:
        yield Listing([_result(one) for one in found.results[:MOST_ROWS]], translate(_("改了以后量到的")))


def plan_sentence(found: Findings) -> str:
    """Return how far the improvements are, and whether one of them reaches the hardest place."""
    if not found.improvements:
        return translate(_("团队还没有写下改进。"))
    opened = [one for one in found.improvements if one.status in OPEN]
    overdue = sum(one.overdue for one in opened)
    done = sum(one.status == "done" for one in found.improvements)
    said = translate(_("%(open)s 项改进还开着，%(done)s 项做完了。")) % {"open": len(opened), "done": done}
    if overdue:
        said += translate(_("%(n)s 项过了日子。")) % {"n": overdue}
    left = [
        f"“{place.column.stage.name}”"
        for place in found.valleys
        if not any(_at(one, place) for one in found.improvements if one.status != "dropped")
    ]
    if left:
        said += translate(_("还没有一项针对%(names)s。")) % {"names": listed(left)}
    return said


def _at(one: ImprovementLook, place: Place) -> bool:
    return one.stage is not None and one.stage.id == place.column.stage.id


def _improvements(those: Sequence[ImprovementLook]) -> Table:
    ranked = sorted(those, key=lambda one: (one.status not in OPEN, one.due is None, one.due or 0))[:MOST_ROWS]
    head = [translate(one) for one in (_("做什么"), _("阶段"), _("谁"), _("到哪天"), _("怎样了"))]
    rows = [
        [
            one.title,
            one.stage.name if one.stage else "",
            " ".join(
                [translate(PARTIES[one.party]) if one.party in PARTIES else "", one.owner.name if one.owner else ""]
            ),
            one.due.isoformat() if one.due else "",
            translate(_("%(status)s，过了日子")) % {"status": translate(STATUS_NAMES[one.status])}
            if one.overdue
            else translate(STATUS_NAMES[one.status]),
        ]
        for one in ranked
    ]
    left = len(those) - len(ranked)
    caption = translate(_("改进，日子近的在前。"))
    caption += translate(_("还有 %(n)s 项没有列出。")) % {"n": left} if left else ""
    return Table(caption, head, rows, [at for at, one in enumerate(ranked) if one.overdue])


def _first(found: Findings) -> Iterator[str]:
    """What the findings point to, where the team has decided nothing yet."""
    for one in found.support.mismatches:
        yield shortfall(one)
    for column in found.board.stages:
        if column.gap and column.gap.clear and (column.gap.gap or 0) > 0:
            yield translate(_("“%(name)s”：没有达到期望")) % {"name": column.stage.name}
    for touchpoint in found.ecosystem.silent[:3]:
        if touchpoint.silence and touchpoint.silence.certain:
            yield translate(_("“%(name)s”：没有人抱怨，却影响整段体验")) % {"name": touchpoint.name}


def _funnel(found: Findings) -> str:
    steps = funnel(one.state for one in found.insights)
    said = [f"{translate(STATE_NAMES[step.state])} {step.reached}" for step in steps]
    whole = {"n": len(found.insights), "said": translate(_("，")).join(said)}
    return translate(_("%(n)s 条洞察走到了：%(said)s。")) % whole


def _result(one: ResultLook) -> str:
    return translate(_("%(name)s：%(words)s")) % {"name": one.name, "words": result_words(one)}


def check_section(found: Findings) -> Section:
    """Return the self-check of five, and which pains are told in a way that somebody could act on."""
    checked = found.checked
    head = [translate(one) for one in (_("项目"), _("得分"), _("查到的"), _("还要做"))]
    rows = [
        [check_name(check.key), f"{check.score}/4", check_fact(check), "" if check.passes else check_next(check.key)]
        for check in checked.checks
    ]
    low = [at for at, check in enumerate(checked.checks) if not check.passes]
    blocks: list[Block] = [
        Paragraph(f"{check_headline(checked)}{translate(_('。'))}"),
        Table(translate(_("每项 4 分，3 分算通过。")), head, rows, low, (1,)),
    ]
    pains = list(_pains(checked))
    if pains:
        blocks.append(Listing(pains, translate(_("痛点说得具体不具体"))))
    return Section("check", translate(_("这份工作本身做全了没有")), blocks, appendix=True)


def _pains(checked: SelfCheck) -> Iterator[str]:
    """A few that pass and a few that do not."""
    evidence = [one for check in checked.checks if check.key == "specificity" for one in check.evidence]
    for met in (True, False):
        for one in [one for one in evidence if one.met is met][:MOST_PAINS]:
            yield evidence_words(checked.protocol, one)

"""What an export or an import of a project says of itself, in sentences: the same on a page and in a terminal."""

from collections.abc import Iterator
from typing import Final

from app.exchange.refi.exporting import Written
from app.exchange.refi.intake import Intake
from app.exchange.refi.storing import Stored
from app.web.i18n import mark as _
from app.web.i18n import translate

MOST_LINES: Final = 20
KINDS: Final = {
    "people": _("参与者"),
    "coders": _("编码员"),
    "codes": _("编码"),
    "entries": _("日记条目"),
    "interviews": _("访谈"),
    "turns": _("访谈的话"),
    "statements": _("表述"),
    "machine": _("机器的打分"),
    "codings": _("人工编码"),
    "excerpts": _("片段"),
    "draws": _("抽样"),
    "memos": _("备忘"),
}
COUNTINGS: Final = {
    "code points": _("按字数"),
    "code-points": _("按字数，换行照文件里的数"),
    "code-points-lf": _("按字数，换行都算一个"),
    "utf-16": _("按 UTF-16，表情算两个，换行照文件里的数"),
    "utf-16-lf": _("按 UTF-16，表情算两个，换行都算一个"),
}


def exported(written: Written) -> Iterator[str]:
    """Yield what was written, a line each."""
    counts = {"people": written.people, "sources": written.sources, "n": written.selections}
    yield translate(_("写了 %(people)s 位参与者、%(sources)s 份文字、%(n)s 处选段")) % counts
    if written.withheld:
        words = _("有 %(n)s 份编码没有写进去：正在两人各自编、还没都编完的，别人的现在不能看")
        yield translate(words) % {"n": written.withheld}


def understood(intake: Intake) -> Iterator[str]:
    """Yield what a file was understood as: where it comes from, how many of each kind, how it counts."""
    if intake.own:
        yield translate(_("这是心路导出的项目：%(name)s")) % {"name": intake.name}
    else:
        given = {"name": intake.name or "?", "origin": intake.origin or "?"}
        yield translate(_("这是 %(origin)s 导出的项目：%(name)s")) % given
    yield translate("；").join(f"{translate(KINDS[kind])} {n}" for kind, n in intake.counts.items() if n) or "0"
    yield translate(_("位置的数法：%(way)s")) % {"way": translate(COUNTINGS[intake.counting])}
    if not intake.sure:
        yield translate(_("数法看不准：别的数法也说得通，结果会不一样。请抽几段看看，不对就换一种数法。"))


def stored(result: Stored) -> Iterator[str]:
    """Yield what an import stored."""
    new = [f"{translate(KINDS[kind])} {n}" for kind, n in result.new.items() if n]
    yield (
        translate(_("新存：%(what)s")) % {"what": translate("；").join(new)}
        if new
        else translate(_("没有新的东西：这个项目已经在研究里了"))
    )
    if result.new["people"]:
        words = _("为 %(people)s 位新来的人登记了纸质同意书：导入的人担保他们已经同意，日志里也这样写着")
        yield translate(words) % {"people": result.new["people"]}


def warnings(intake: Intake, result: Stored | None = None) -> Iterator[str]:
    """Yield what was not taken over or was changed, with counts and reasons, and the first mismatches."""
    left_out = result.left_out if result else intake.left_out
    for (what, why), n in sorted(left_out.items()):
        yield translate(_("没有带过来：%(what)s × %(n)s，%(why)s")) % {"what": what, "n": n, "why": translate(why)}
    for why, n in sorted(intake.changed.items()):
        yield translate(_("有改动（%(n)s 处）：%(why)s")) % {"n": n, "why": translate(why)}
    for one in intake.mismatches[:MOST_LINES]:
        given = {"source": one.source, "position": one.position, "why": translate(one.why)}
        yield translate(_("对不上：%(source)s，%(position)s：%(why)s")) % given
    if intake.mismatched > MOST_LINES:
        yield translate(_("对不上的一共 %(n)s 处，这里列了前 %(most)s 处")) % {
            "n": intake.mismatched,
            "most": MOST_LINES,
        }

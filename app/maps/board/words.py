"""What the map says in words: names of lanes and dimensions, and what is doubtful or missing in a sentence each."""

from collections.abc import Mapping, Sequence
from typing import Final

from app.curves.words import listed
from app.maps.board.looks import Board, BoardNote, BoardStage, Gap, Missing
from app.maps.ecosystem.looks import Mismatch, StageSupport
from app.maps.parties import PARTIES
from app.web.i18n import current_language, translate
from app.web.i18n import mark as _
from app.web.pages import signed

LANE_NAMES: Final[Mapping[str, str]] = {
    "action": _("行为"),
    "thought": _("想法"),
    "pain": _("痛点"),
    "delight": _("爽点"),
    "frontstage": _("前台触点"),
    "backstage": _("后台支持"),
    "gap": _("体验差距"),
}
TARGET_NAME: Final = _("目标")
KIND_NAMES: Final[Mapping[str, str]] = {"as_is": _("现状"), "to_be": _("未来")}
DIMENSION_NAMES: Final[Mapping[str, str]] = {
    "did": _("做了什么"),
    "felt": _("感受到什么"),
    "cared": _("真正在乎什么"),
}
MISMATCHES: Final[Mapping[Mismatch, tuple[str, str]]] = {
    "nothing": (_("最难的一段，没有支持"), _("可能是最难的一段，没有支持")),
    "only_generic": (_("最难的一段，只有 %(n)s 条通用消息"), _("可能是最难的一段，只有 %(n)s 条通用消息")),
    "least": (_("最难的一段，支持最少"), _("可能是最难的一段，支持最少")),
}
"""How support fails people: where the stage is the lowest for certain, and where it may be."""
FOUND_BY: Final[Mapping[str, str]] = {"model": _("机器找到的"), "code": _("来自编码")}


def quoted(name: str) -> str:
    """Return a name as it stands within a sentence."""
    return f'"{name}"' if current_language.get() == "en" else f"“{name}”"


def missing_words(board: Board) -> str:
    """Return which of the three dimensions lack evidence and where, or nothing."""
    if not board.missing:
        return ""
    said = translate(_("；")).join(_lacking(one) for one in board.missing)
    return translate(_("这张图还不完整：%(said)s。缺了任何一维，地图都会失真。")) % {"said": said}


def _lacking(one: Missing) -> str:
    dimension = quoted(translate(DIMENSION_NAMES[one.dimension]))
    if one.everywhere:
        return translate(_("%(dimension)s全程没有依据")) % {"dimension": dimension}
    names = listed([quoted(stage.name) for stage in one.stages])
    return translate(_("%(dimension)s在%(names)s没有依据")) % {"dimension": dimension, "names": names}


def widest_gap(board: Board) -> str:
    """Return where expectation lies furthest above what is delivered, beyond chance; nothing where it nowhere does."""
    clear = [one.gap for one in board.stages if one.gap and one.gap.clear and (one.gap.gap or 0) > 0]
    if not clear:
        return ""
    widest = max(clear, key=lambda gap: gap.gap or 0)
    return translate(_("和期望差得最多的是%(name)s：%(figures)s。")) % {
        "name": quoted(widest.label),
        "figures": gap_words(widest),
    }


def gap_words(gap: Gap) -> str:
    """Return expectation, delivery and their difference with its interval."""
    if gap.delivered is None or gap.gap is None:
        return translate(_("期望 %(expected)s，实际还量不出来")) % {"expected": signed(gap.expected)}
    words = {"expected": signed(gap.expected), "delivered": signed(gap.delivered), "gap": signed(gap.gap)}
    if gap.gap_lower is None or gap.gap_upper is None:
        return translate(_("期望 %(expected)s，实际 %(delivered)s，差距 %(gap)s")) % words
    words |= {"lower": signed(gap.gap_lower), "upper": signed(gap.gap_upper)}
    return translate(_("期望 %(expected)s，实际 %(delivered)s，差距 %(gap)s（%(lower)s ~ %(upper)s）")) % words


def verdict(gap: Gap) -> str:
    """Return what a gap means, in a word or two."""
    if gap.gap is None:
        return translate(_("还量不出来"))
    if not gap.enough:
        return translate(_("证据不足"))
    if not gap.clear:
        return translate(_("分不出差距"))
    return translate(_("没有达到期望")) if gap.gap > 0 else translate(_("超出期望"))


def mismatch_words(one: StageSupport) -> str:
    """Return how support fails people at a stage, or nothing."""
    if one.mismatch is None:
        return ""
    certain, perhaps = MISMATCHES[one.mismatch]
    words = certain if one.certain else perhaps
    return translate(words) % {"n": f"{one.contacts:.2g}"} if "%" in words else translate(words)


def counted(note: BoardNote) -> str:
    """Return what a note rests on: «3 人 5 条原话», of one person only «1 条原话»."""
    parts = []
    if note.quote_count:
        parts.append(translate(_("%(n)s 条原话")) % {"n": note.quote_count})
    if note.people and note.people > 1:
        parts.insert(0, translate(_("%(n)s 人")) % {"n": note.people})
    if note.observers:
        parts.append(translate(_("观察 %(n)s 位")) % {"n": note.observers})
    return " ".join(parts)


def found_by(note: BoardNote) -> str:
    """Return who found what a note says, and with what: a version of the model, a code, or nothing for the team's own."""
    if note.origin not in FOUND_BY:
        return ""
    return " ".join(part for part in (translate(FOUND_BY[note.origin]), note.source_name) if part)


def party_words(note: BoardNote) -> str:
    """Return who of the ten parties does it, or nothing."""
    return translate(PARTIES[note.party]) if note.party and note.party in PARTIES else ""


def spoken_cell(stage: str, lane: str, notes: Sequence[BoardNote]) -> str:
    """Return a cell's name for a screen reader: where it stands, and how much is in it."""
    many = translate(_("%(n)s 条")) % {"n": len(notes)} if notes else translate(_("空着"))
    return translate(_("%(stage)s，%(lane)s，%(many)s")) % {"stage": stage, "lane": lane, "many": many}


def point_words(one: BoardStage) -> str:
    """Return a stage's point of the curve with its interval and people, as it stands over the stage's card on a phone."""
    point = one.point
    if point.suppressed:
        return translate(_("人数太少，不显示"))
    if point.estimate is None:
        return translate(_("还没有日记"))
    said = {"value": signed(point.estimate), "people": point.participants, "entries": point.entries}
    if point.lower is None or point.upper is None:
        return translate(_("%(value)s · %(people)s 人 %(entries)s 条")) % said
    said |= {"lower": signed(point.lower), "upper": signed(point.upper)}
    return translate(_("%(value)s（%(lower)s ~ %(upper)s）· %(people)s 人 %(entries)s 条")) % said

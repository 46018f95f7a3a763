"""An as-is map beside its to-be map, and two versions of one map: what differs, told stage by stage."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from markupsafe import Markup

from app.curves.drawing import draw
from app.maps.board import words
from app.maps.board.comparison import Aim, Comparison, StageComparison
from app.maps.board.differences import Happened, NoteDifference
from app.maps.board.looks import BoardNote, Effort
from app.maps.board.maps import descendant
from app.maps.board.presentation_page import LAYOUTS, Shown, aimed_at
from app.studies.protocol import StudyProtocol
from app.web.i18n import mark as _
from app.web.i18n import translate
from app.web.pages import signed

MARKS: Final[Mapping[Happened, str]] = {"added": "plus", "removed": "minus", "changed": "changed"}
SPOKEN: Final[Mapping[Happened, str]] = {"added": _("新加"), "removed": _("拿掉"), "changed": _("改了")}
REACHED: Final = {"yes": _("做到了"), "no": _("还没有做到"), "unclear": _("还说不准")}


@dataclass(frozen=True, slots=True)
class Told:
    """What happened to one note, in words; ``own`` False: these are a person's."""

    mark: str
    happened: str
    place: str
    words: str
    before: str
    own: bool


@dataclass(frozen=True, slots=True)
class StageLook:
    """One stage of both maps side by side."""

    name: str
    before: str
    after: str
    difference: str
    effort_before: str
    effort_after: str
    how: str
    notes: Sequence[Told]


@dataclass(frozen=True, slots=True)
class CompareLook:
    """Both maps: a heading and a sentence, the curves one over the other, the stages, and whose words stand there."""

    heading: str
    say: str
    pale: str
    charts: Sequence[Markup]
    stages: Sequence[StageLook]
    whose: Sequence[tuple[UUID, UUID]]


def look_of(found: Comparison, earlier: Shown, later: Shown) -> CompareLook:
    """Return the comparison as its page shows it."""
    by_id = {descendant(found.to_be.id, note_id): note for note_id, note in found.shown.items()} | dict(found.shown)
    protocol = earlier.board.protocol
    stages = [_stage(one, by_id, protocol) for one in found.stages]
    curve, behind = earlier.board.curve, later.board.curve if found.measured else aimed_at(later.board)
    pale = _("点线是未来那张图上的人。") if found.measured else _("点线是想做到的样子。")
    shown = [one for stage in found.stages for change in stage.notes if (one := _note(change, by_id))]
    first = [one.quotes[0].said for one in shown if not one.own and one.quotes]
    return CompareLook(
        heading=_heading(found),
        say=_say(found),
        pale=translate(pale) if behind else "",
        charts=[draw(curve, layout=layout, behind=behind) for layout in LAYOUTS],
        stages=stages,
        whose=[(said.participant_id, said.source_id) for said in first],
    )


def told(one: NoteDifference, notes: Mapping[UUID, BoardNote], protocol: StudyProtocol) -> Told:
    """Return what happened to one note, in words."""
    note, stands = _note(one, notes), one.after or one.before
    assert stands is not None  # noqa: S101 - a difference has one side at least
    lane = translate(words.LANE_NAMES[stands.lane])
    before = one.before.text if one.what == "changed" and one.before and "text" in one.changed else ""
    return Told(
        mark=MARKS[one.what],
        happened=translate(SPOKEN[one.what]),
        place=f"{protocol.stage_of(stands.stage_id).name} · {lane}",
        words=stands.text or (note.shown if note else translate(_("（原话）"))),
        before=before,
        own=bool(stands.text) or note is None or note.own,
    )


def _note(one: NoteDifference, notes: Mapping[UUID, BoardNote]) -> BoardNote | None:
    stands = one.after or one.before
    return notes.get(stands.id) if stands else None


def _heading(found: Comparison) -> str:
    if not found.measured and not any(one.target for one in found.stages):
        return translate(_("未来的地图还没有定目标"))
    if found.measured:
        better = [
            one
            for one in found.stages
            if one.difference and one.difference.clear and (one.difference.difference or 0) > 0
        ]
        if better:
            best = max(better, key=lambda one: (one.difference.difference or 0) if one.difference else 0)
            return translate(_("%(name)s真的变好了")) % {"name": words.quoted(best.stage.name)}
        return translate(_("还看不出哪一段真的变了"))
    aims = [one for one in found.stages if one.aim and one.aim.wanted is not None]
    if not aims:
        return translate(_("现状和未来，对着看"))
    most = max(aims, key=lambda one: (one.aim.wanted or 0) if one.aim else 0)
    return translate(_("最想改好的是%(name)s")) % {"name": words.quoted(most.stage.name)}


def _say(found: Comparison) -> str:
    counts = {"added": found.count("added"), "removed": found.count("removed"), "changed": found.count("changed")}
    said = translate(_("未来的地图新加了 %(added)s 条，拿掉了 %(removed)s 条，改了 %(changed)s 条。")) % counts
    efforts = [one.effort_change for one in found.stages if one.effort_change is not None]
    if efforts:
        mean = sum(efforts) / len(efforts)
        way = _("在定了目标的阶段，费力度平均要降 %(n)s。") if mean < 0 else _("费力度平均高 %(n)s。")
        if found.measured and mean < 0:
            way = _("费力度平均降了 %(n)s。")
        said += translate(way) % {"n": f"{abs(mean):.1f}"}
    return said


def _stage(one: StageComparison, notes: Mapping[UUID, BoardNote], protocol: StudyProtocol) -> StageLook:
    return StageLook(
        name=one.stage.name,
        before=_interval(one.before.estimate, one.before.lower, one.before.upper),
        after=_after(one),
        difference=_difference(one),
        effort_before=_effort(one.effort_before),
        effort_after=_effort_after(one),
        how=one.target.words if one.target else "",
        notes=[told(each, notes, protocol) for each in one.notes],
    )


def _after(one: StageComparison) -> str:
    if one.after is not None:
        return _interval(one.after.estimate, one.after.lower, one.after.upper)
    if one.target is None or one.target.sentiment is None:
        return "—"
    return translate(_("目标 %(value)s")) % {"value": signed(one.target.sentiment)}


def _difference(one: StageComparison) -> str:
    if one.difference is not None and one.difference.difference is not None:
        said = _interval(one.difference.difference, one.difference.lower, one.difference.upper)
        return said if one.difference.clear else f"{said} {translate(_('分不出差别'))}"
    return _aim(one.aim)


def _aim(aim: Aim | None) -> str:
    if aim is None or aim.wanted is None:
        return "—"
    return f"{_interval(aim.wanted, aim.lower, aim.upper)} {translate(REACHED[aim.reached])}"


def _effort(effort: Effort | None) -> str:
    if effort is None or effort.mean is None:
        return "—"
    interval = (
        f"（{effort.lower:.1f} ~ {effort.upper:.1f}）" if effort.lower is not None and effort.upper is not None else ""
    )
    return f"{effort.mean:.1f}{interval}"


def _effort_after(one: StageComparison) -> str:
    if one.effort_after is not None and one.effort_after.mean is not None:
        return _effort(one.effort_after)
    if one.target is None or one.target.effort is None:
        return "—"
    return translate(_("目标 %(value)s")) % {"value": f"{one.target.effort:.1f}"}


def _interval(value: float | None, lower: float | None, upper: float | None) -> str:
    if value is None:
        return "—"
    return signed(value) + (f"（{signed(lower)} ~ {signed(upper)}）" if lower is not None and upper is not None else "")

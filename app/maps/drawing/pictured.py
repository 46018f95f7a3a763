"""From a map as somebody may see it to its picture in words and numbers."""

from collections.abc import Mapping, Sequence
from datetime import date
from uuid import UUID

from app.curves import drawing as curve_drawing
from app.curves.hardest import HardestDays, headline, summary
from app.curves.service import Curve
from app.maps.board.looks import Board, BoardNote, BoardStage, Gap, Target
from app.maps.board.models import LANES
from app.maps.board.words import LANE_NAMES, TARGET_NAME, gap_words, mismatch_words, verdict
from app.maps.drawing import words
from app.maps.drawing.leaving import Leaving
from app.maps.drawing.picture import Picture, PictureLane, PictureNote, PictureStage, PictureWords
from app.maps.ecosystem.looks import Support
from app.web.i18n import mark as _
from app.web.i18n import translate
from app.web.pages import signed

TONES: Mapping[str, str] = {"pain": "low", "delight": "high"}
TARGET_LANE = "target"


def pictured(
    board: Board, support: Support, whose: Leaving, today: date, *, by_day: Curve, hardest: HardestDays | None
) -> Picture:
    """Return the picture of ``board`` with what of people's words may leave the team."""
    points = curve_drawing.chart_points(board.curve)
    by_key = {one.key: point for one, point in zip(board.curve.points, points, strict=True)}
    flags = {one.stage.id: mismatch_words(one) for one in support.mismatches}
    to_be = board.map is not None and board.map.kind == "to_be"
    lanes = [PictureLane(lane, translate(LANE_NAMES[lane]), firm=lane == "frontstage") for lane in LANES]
    if to_be:
        lanes.append(PictureLane(TARGET_LANE, translate(TARGET_NAME), firm=True))
    withheld = any(not note.own and whose.first(note) is None for note in board.notes)
    return Picture(
        heading=headline(board.curve, hardest),
        subtitle=words.subtitle(board, today),
        say=summary(board.curve, by_day, hardest),
        stages=[
            PictureStage(
                point=by_key[one.point.key],
                expected=one.gap.expected if one.gap else None,
                target=one.target.sentiment if one.target and to_be else None,
                notes=_notes(board, one, whose),
                flagged=_flag(one.stage.id, flags, to_be=to_be),
            )
            for one in board.stages
        ],
        lanes=lanes,
        foot=list(words.foot(board, withheld=withheld)),
        words=PictureWords(
            chart=curve_drawing.chart_words(board.curve),
            expected=translate(_("期望")),
            target=translate(_("目标")),
            more=translate(_("还有 {n} 条，见网页")),
        ),
    )


def _flag(stage_id: UUID, flags: Mapping[UUID, str], *, to_be: bool) -> str:
    """What fails today is not said of the map of how it shall be."""
    return "" if to_be else flags.get(stage_id, "")


def _notes(board: Board, one: BoardStage, whose: Leaving) -> Mapping[str, Sequence[PictureNote]]:
    cells = {lane: _cell(board, one.cells[lane], whose, TONES.get(lane, "")) for lane in LANES}
    cells["gap"] = [_gap(gap) for gap in ([one.gap] if one.gap else [])] + cells["gap"]
    cells[TARGET_LANE] = [PictureNote(said) for said in _target(one.target)] if one.target else []
    return cells


def _cell(board: Board, notes: Sequence[BoardNote], whose: Leaving, tone: str) -> list[PictureNote]:
    """The notes of a cell: what the team wrote, what people said, then touchpoints that are only named, in one line; at the
    end how many hold words that may not be handed on."""
    named = [note.shown for note in notes if note.own and not note.text and not note.party and not note.people]
    ranked = sorted((note for note in notes if note.shown not in named), key=lambda note: not note.text)
    said = [words.note_words(board, note, whose) for note in ranked]
    shown = [PictureNote(what, behind, tone) for what, behind in said if what]
    silent = len(said) - len(shown)
    names = [PictureNote(translate(_("、")).join(named))] if named else []
    return [*shown, *names, *([PictureNote(words.withheld_words(silent))] if silent else [])]


def _gap(gap: Gap) -> PictureNote:
    tone = ("low" if (gap.gap or 0) > 0 else "high") if gap.clear else ""
    return PictureNote(verdict(gap), f"（{gap_words(gap)}）", tone)


def _target(target: Target) -> list[str]:
    said = [target.words] if target.words else []
    if target.sentiment is not None:
        said.append(translate(_("情绪 %(value)s")) % {"value": signed(target.sentiment)})
    if target.effort is not None:
        said.append(translate(_("费力度 %(value)s（1–7）")) % {"value": f"{target.effort:g}"})
    return said

"""What the picture of a map says beside notes and figures."""

from collections.abc import Iterator
from datetime import date

from app.curves import drawing as curve_drawing
from app.maps.board.looks import Board, BoardNote
from app.maps.board.words import KIND_NAMES, missing_words, party_words
from app.maps.drawing.leaving import Leaving
from app.web.i18n import mark as _
from app.web.i18n import translate


def subtitle(board: Board, today: date) -> str:
    """Return which map of whom this is, and of when."""
    parts = [board.protocol.study.title]
    if board.map is None:
        parts.append(translate(_("机器提出的草稿，团队还没有看过")))
    else:
        parts += [board.map.title, translate(KIND_NAMES[board.map.kind])]
        wave = board.protocol.wave(board.map.wave) if board.map.wave else None
        parts += [wave.name if wave else "", (board.map.segment or "").replace(":", "：")]
    if board.number is not None:
        parts.append(translate(_("第 %(n)s 版")) % {"n": board.number})
    return " · ".join([*(part for part in parts if part), today.isoformat()])


def note_words(board: Board, note: BoardNote, whose: Leaving) -> tuple[str, str]:
    """Return what a note says in what is handed on ("" where nobody of those who said it agreed to be quoted), and who
    stands behind it."""
    touchpoint = board.protocol.touchpoint_of(note.touchpoint_id)
    beside = [touchpoint.name] if touchpoint and note.own and touchpoint.name not in note.shown else []
    beside += [party_words(note)] if note.party else []
    beside += [translate(_("%(n)s 人")) % {"n": note.people}] if note.people else []
    beside += [translate(_("观察 %(n)s 位")) % {"n": note.observers}] if note.observers else []
    behind = translate(_("（%(said)s）")) % {"said": translate(_("，")).join(beside)} if beside else ""
    if note.own:
        return note.shown, behind
    first = whose.first(note)
    return (first.words if first else ""), behind


def withheld_words(notes: int) -> str:
    """Return how many notes of a cell rest on words that are not handed on."""
    return translate(_("另有 %(n)s 处，原话不引用")) % {"n": notes}


def foot(board: Board, *, withheld: bool) -> Iterator[str]:
    """Yield what is uncertain about the picture, and how it was made."""
    yield missing_words(board)
    yield curve_drawing.footnote(board.curve)
    if any(one.gap for one in board.stages):
        yield translate(_("短横是团队写下的期望，点线连到实际的感受；差距 = 期望 − 实际，期望按确定的数算。"))
    if not board.text:
        yield translate(_("没有读原话的权限：不显示原话，少于 8 人的数字也不显示。"))
    elif withheld:
        yield translate(_("没有同意被引用的人，原话不写进来，只写有几个人。"))
    if board.map is None:
        yield translate(_("格子里的话是机器从日记和访谈里找出来的，还没有人看过。"))

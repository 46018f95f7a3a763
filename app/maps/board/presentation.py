"""A map as its page shows it: columns of cells, and of each cell what it says, how it is called and where it leads."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlencode
from uuid import UUID

from markupsafe import Markup

from app.curves.words import label_of
from app.maps.board import presentation_paper, words
from app.maps.board.looks import Board, BoardNote, BoardStage, Gap, Target
from app.maps.board.models import LANES, PEOPLE_LANES, TEAM_LANES
from app.maps.board.presentation_gap import gap_bar
from app.web.i18n import translate

MOST_FLAGS = 2


@dataclass(frozen=True, slots=True)
class NoteLook:
    """A note in its cell: what stands behind it, where that is read, and whether paper has room for it.

    ``unwritten`` is what it says where the team has written nothing, ``touchpoint`` the key of the one that it names, and
    ``rests`` says that it may stand without words of the team.
    """

    note: BoardNote
    unwritten: str
    touchpoint: str
    rests: bool
    behind: str
    aside: str
    href: str
    beyond: bool


@dataclass(frozen=True, slots=True)
class GapLook:
    """The gap of a stage: its bar on the axis of the curve, the verdict in a word, and the figures in words."""

    gap: Gap
    bar: Markup
    verdict: str
    figures: str


@dataclass(frozen=True, slots=True)
class CellLook:
    """One cell. ``key`` is stage/lane; ``more`` says how many notes paper leaves out."""

    key: str
    lane: str
    name: str
    spoken: str
    href: str
    notes: Sequence[NoteLook]
    more: int = 0
    flag: str = ""
    gap: GapLook | None = None

    @property
    def bare(self) -> bool:
        """Whether there is nothing to read in it."""
        return not self.notes and not self.flag and self.gap is None


@dataclass(frozen=True, slots=True)
class ColumnLook:
    """One stage, from its point of the curve down."""

    key: str
    name: str
    of: str
    cells: Sequence[CellLook]
    target: Target | None
    target_href: str


@dataclass(frozen=True, slots=True)
class Flags:
    """What other rooms say of a stage, by its id: support that does not fit, in a sentence."""

    support: Mapping[UUID, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class BoardLook:
    """The map as a grid: the lanes' names, the columns, how many there are in a word, and how small paper must write."""

    lanes: Sequence[tuple[str, str]]
    columns: Sequence[ColumnLook]
    breadth: str
    paper: str


def look_of(board: Board, flags: Flags, *, base: str) -> BoardLook:
    """Return ``board`` for the page whose addresses begin with ``base`` (/studies/{slug}/map)."""
    paper = presentation_paper.plan(board)
    columns = tuple(_column(board, one, flags, base, paper) for one in board.stages)
    lanes = [(lane, translate(words.LANE_NAMES[lane])) for lane in LANES]
    if board.map is not None and board.map.kind == "to_be":
        lanes.append(("target", translate(words.TARGET_NAME)))
    return BoardLook(lanes, columns, _breadth(len(columns)), paper.size)


def cell_address(board: Board, base: str, stage_key: str, lane: str) -> str:
    """Return the address of a cell's own page."""
    asked = {"map": str(board.map.id)} if board.map else {}
    if board.number is not None:
        asked["number"] = str(board.number)
    return f"{base}/cells/{stage_key}/{lane}" + (f"?{urlencode(asked)}" if asked else "")


def _column(board: Board, one: BoardStage, flags: Flags, base: str, paper: presentation_paper.Paper) -> ColumnLook:
    return ColumnLook(
        key=one.stage.key,
        name=label_of(board.curve, one.point),
        of=words.point_words(one),
        cells=tuple(_cell(board, one, lane, flags, base, paper) for lane in LANES),
        target=one.target,
        target_href=cell_address(board, base, one.stage.key, "target"),
    )


def _cell(
    board: Board, one: BoardStage, lane: str, flags: Flags, base: str, paper: presentation_paper.Paper
) -> CellLook:
    notes, href = one.cells[lane], cell_address(board, base, one.stage.key, lane)
    name = translate(words.LANE_NAMES[lane])
    return CellLook(
        key=f"{one.stage.key}/{lane}",
        lane=lane,
        name=name,
        spoken=words.spoken_cell(one.stage.name, name, notes),
        href=href,
        notes=tuple(_note(board, note, href, beyond=at >= paper.notes) for at, note in enumerate(notes)),
        more=max(0, len(notes) - paper.notes),
        flag=flags.support.get(one.stage.id, "") if lane == "frontstage" else "",
        gap=_gap(one.gap) if lane == "gap" and one.gap else None,
    )


def _note(board: Board, note: BoardNote, href: str, *, beyond: bool) -> NoteLook:
    touchpoint = board.protocol.touchpoint_of(note.touchpoint_id)
    names = [touchpoint.name] if touchpoint and touchpoint.name not in note.shown else []
    aside = " · ".join([*names, *filter(None, [words.party_words(note)])])
    behind = words.counted(note) if note.lane in PEOPLE_LANES or note.quote_count else ""
    rests = bool(note.quotes or note.quote_count or (touchpoint and note.lane in TEAM_LANES))
    unwritten, key = "" if note.text else note.shown, touchpoint.key if touchpoint else ""
    return NoteLook(note, unwritten, key, rests, behind, aside, f"{href}#note-{note.id}", beyond)


def _gap(gap: Gap) -> GapLook:
    return GapLook(gap, gap_bar(gap), words.verdict(gap), words.gap_words(gap))


def _breadth(columns: int) -> str:
    return "crowd" if columns > 12 else "many" if columns > 8 else "wide"

"""A map to be handed on: read once, then drawn in whatever form is asked for."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal, TypeAlias
from uuid import UUID

from sqlalchemy.orm import Session

from app.charts import svg_to_png
from app.charts.pdf import svg_to_pdf
from app.core import clock
from app.curves.hardest import HardestDays, hardest_days
from app.curves.matrices import CellMatrices
from app.curves.service import Curve
from app.maps.board import service as boards
from app.maps.board.looks import Board, Viewer
from app.maps.drawing.document import map_document
from app.maps.drawing.layout import MILLIMETRES, lay_out
from app.maps.drawing.leaving import Leaving, leaving
from app.maps.drawing.pictured import pictured
from app.maps.drawing.shapes import Drawing
from app.maps.drawing.svg import drawing_svg
from app.maps.ecosystem.looks import Support
from app.maps.ecosystem.service import support as support_of
from app.maps.service import KeptScenes

MapKind: TypeAlias = Literal["svg", "png", "pdf", "pptx", "json"]
MEDIA_TYPES: Final[dict[MapKind, str]] = {
    "svg": "image/svg+xml",
    "png": "image/png",
    "pdf": "application/pdf",
    "pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "json": "application/json",
}
PNG_WIDTH: Final = 3508
"""A3 at 212 dots an inch."""


@dataclass(frozen=True, slots=True)
class MapToHand:
    """A map with the support logged beside it, whose words may leave the team, and the moment it was read."""

    board: Board
    support: Support
    leaving: Leaving
    days: Curve
    at: datetime

    @property
    def hardest(self) -> HardestDays | None:
        """The stage that holds the hardest days, where stages alone cannot tell."""
        return hardest_days(self.board.curve, self.days, self.board.protocol.stages)

    @property
    def drawing(self) -> Drawing:
        """The map on its page of A3."""
        today = clock.local_date(self.at, self.board.protocol.study.time_zone)
        return lay_out(pictured(self.board, self.support, self.leaving, today, by_day=self.days, hardest=self.hardest))

    @property
    def whose(self) -> list[tuple[UUID, UUID]]:
        """Whose words are handed on and where they stand, for the log of readings."""
        return self.leaving.whose([self.board])


def map_to_hand(
    session: Session,
    matrices: CellMatrices,
    kept: KeptScenes,
    viewer: Viewer,
    map_id: UUID | None = None,
    *,
    number: int | None = None,
) -> MapToHand:
    """Return what is drawn; the arguments and errors are those of board.service.board."""
    board = boards.board(session, matrices, kept, viewer, map_id, number=number)
    study_id = viewer.sight.study_id
    segment, wave = board.curve.segment, board.curve.wave
    support = support_of(
        session, matrices, study_id, segment=segment, wave=wave, anonymous=not viewer.text, personal=False
    )
    days = days_of(session, matrices, viewer, board)
    return MapToHand(board, support, leaving(session, study_id), days, clock.now())


def days_of(session: Session, matrices: CellMatrices, viewer: Viewer, board: Board) -> Curve:
    """Return the curve by days of the people whose curve stands over the map."""
    segment, wave = (board.map.segment, board.map.wave) if board.map else (None, None)
    return boards.Columns(session, matrices, viewer, board.protocol, segment, wave).curve("day")


def made(hand: MapToHand, kind: MapKind) -> bytes:
    """Return the file. ChineseFontMissing for PNG and PDF, PdfBusy and PdfFailed for PDF."""
    if kind == "json":
        return map_document(hand.board, hand.support, hand.leaving, hand.at).model_dump_json(indent=1).encode()
    drawing = hand.drawing
    if kind == "pptx":
        # It takes half a second and 17 MB to import, which a server's start and most of its life do without.
        from app.maps.drawing.slides import drawing_pptx  # noqa: PLC0415

        return drawing_pptx(drawing)
    svg = drawing_svg(drawing)
    if kind == "svg":
        return svg.encode()
    if kind == "png":
        return svg_to_png(svg, width=PNG_WIDTH)
    width, height = MILLIMETRES
    return svg_to_pdf(svg, width=width, height=height, title=drawing.title)

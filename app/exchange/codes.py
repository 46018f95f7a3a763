"""Human codes: those of the study's own coders, and sheets of statements to code, written out and read back."""

import math
from collections.abc import Sequence
from pathlib import Path
from uuid import UUID

from sqlalchemy.orm import Session

from app.coding.coders import CONSENSUS
from app.core.errors import FieldError
from app.exchange.codes_queries import finished_codes
from app.exchange.errors import CodesRefused, ColumnsMissing, ColumnTwice
from app.exchange.queries import as_id
from app.exchange.sheets import Sheet, SheetRow, SheetWriter, open_sheet, private_file
from app.statements.drawing import Draw
from app.statements.human_codes import HIGHEST, LOWEST, HumanCode, known_statements
from app.studies.protocol import StudyProtocol
from app.web.i18n import mark as _
from app.web.i18n import translate

STATEMENT, CODER, SENTIMENT = "statement", "coder", "sentiment"
NEEDED = (STATEMENT, CODER, SENTIMENT)
HEADER = (STATEMENT, "probability", "stage", "role", "text", CODER, SENTIMENT)
MOST_CODES = 200_000
MOST_SHOWN = 20
LONGEST_NAME = 80


def own_codes(session: Session, study_id: UUID) -> Sequence[HumanCode]:
    """Return what the study's coders have said of statements and finished; where it was adjudicated, that alone.

    Codes of statements that were not drawn count as well: a calibration asks what people say at a score, which does not
    depend on how often such a score was drawn.
    """
    found = finished_codes(session, study_id)
    agreed = {row.statement_id for row in found if row.kind == CONSENSUS}
    return [
        HumanCode(row.statement_id, str(row.coder_id), float(row.sentiment))
        for row in found
        if (row.kind == CONSENSUS) == (row.statement_id in agreed)
    ]


def write_sheet(path: Path, protocol: StudyProtocol, drawn: Draw) -> None:
    """Write what was drawn into the new CSV ``path``, which only its owner may read; no score of a machine stands in it."""
    with private_file(path) as file:
        writer = SheetWriter(file, HEADER)
        for one in drawn.statements:
            stage = protocol.stage_of(one.stage_id).name
            writer.write([str(one.id), f"{drawn.probability:.6g}", stage, one.role, one.text, "", ""])


def read_codes(session: Session, study_id: UUID, path: Path) -> Sequence[HumanCode]:
    """Return the codes in the CSV ``path``; rows without a sentiment are statements that nobody has coded yet.

    Unreadable, ColumnsMissing, ColumnTwice; CodesRefused names by its number every row that is wrong, for codes that are
    half read would be half a calibration.
    """
    known = known_statements(session, study_id)
    codes: dict[tuple[UUID, str], HumanCode] = {}
    wrong: list[FieldError] = []
    with open_sheet(path, lambda name: name in HEADER) as sheet:
        places = _places(sheet)
        for row in sheet.rows:
            read = _read(row, places, known)
            if isinstance(read, HumanCode) and (read.statement_id, read.coder) in codes:
                read = _("这位编码员已经给这条表述打过分了")
            if isinstance(read, str):
                wrong.append(FieldError(str(row.number), read))
            elif read is not None:
                codes[read.statement_id, read.coder] = read
            if len(codes) + len(wrong) > MOST_CODES:
                raise CodesRefused(_("编码太多了，一次最多 %(most)s 条"), most=MOST_CODES)
    if wrong:
        raise CodesRefused(fields=_shown(wrong), wrong=len(wrong))
    return list(codes.values())


def _places(sheet: Sheet) -> dict[str, int]:
    names = [name.lower() for name in sheet.header]
    for name in NEEDED:
        if names.count(name) > 1:
            raise ColumnTwice(column=name)
    missing = [name for name in NEEDED if name not in names]
    if missing:
        raise ColumnsMissing(
            columns=", ".join(missing),
            remedy=_("编码表要有 statement、coder、sentiment 三列；xinlu coder sheet 会写出这样的表。"),
        )
    return {name: names.index(name) for name in NEEDED}


def _read(row: SheetRow, places: dict[str, int], known: set[UUID]) -> HumanCode | str | None:
    """The code of a row, what is wrong with it, or None where it has no code yet."""
    if row.problem is not None:
        return row.problem
    cells = {name: row.cells[place].strip() if place < len(row.cells) else "" for name, place in places.items()}
    if not cells[SENTIMENT]:
        return None
    statement_id = as_id(cells[STATEMENT])
    if statement_id is None or statement_id not in known:
        return _("研究里没有这条表述，或者它已经被改过了")
    if not 0 < len(cells[CODER]) <= LONGEST_NAME:
        return _("请写上是谁编的，不超过 80 字")
    sentiment = _number(cells[SENTIMENT])
    if sentiment is None:
        return _("分数请写 -2 到 2 之间的数")
    return HumanCode(statement_id, cells[CODER], sentiment)


def _number(cell: str) -> float | None:
    try:
        value = float(cell.replace("−", "-"))
    except ValueError:
        return None
    return value if math.isfinite(value) and LOWEST <= value <= HIGHEST else None


def _shown(wrong: Sequence[FieldError]) -> list[FieldError]:
    number = _("第 %(row)s 行")
    return [FieldError(translate(number) % {"row": one.field}, one.message) for one in wrong[:MOST_SHOWN]]

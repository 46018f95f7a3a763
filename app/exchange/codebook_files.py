"""A codebook as a file of a chosen kind, and a file that is handed in, whichever kind it is."""

import tempfile
from enum import StrEnum
from pathlib import Path
from typing import Final
from uuid import UUID

from sqlalchemy.orm import Session

from app.coding.codebook_queries import codes_of
from app.exchange.codebook_shapes import GivenBook
from app.exchange.codebook_sheets import read_sheet, write_sheet
from app.exchange.errors import CodebookEmpty, CodebookUnreadable, CodebookUnsafe
from app.exchange.refi.codebook import MOST_BYTES, read_qdc, write_qdc
from app.web.i18n import mark as _
from app.web.i18n import translate


class Kind(StrEnum):
    """QDC (REFI-QDA codebook) or a sheet."""

    QDC = "qdc"
    CSV = "csv"


MEDIA_TYPES: Final = {Kind.QDC: "application/xml; charset=utf-8", Kind.CSV: "text/csv; charset=utf-8"}
_XML_STARTS: Final = (b"<", b"\xef\xbb\xbf<", b"\xff\xfe<", b"\xfe\xff\x00<")


def written(session: Session, study_id: UUID, kind: Kind) -> str:
    """Return the codes of a study that are in use, as a file; CodebookEmpty."""
    codes = codes_of(session, study_id)
    if not codes:
        raise CodebookEmpty()
    return write_qdc(codes) if kind is Kind.QDC else write_sheet(codes)


def read(raw: bytes) -> tuple[Kind, GivenBook]:
    """Return what a file gives, and what kind it is: XML is QDC, anything else a sheet. The errors of both."""
    if len(raw) > MOST_BYTES:
        raise CodebookUnsafe(why=translate(_("文件超过 4 MB")))
    if raw.lstrip()[:8].startswith(_XML_STARTS):
        return Kind.QDC, read_qdc(raw)
    if raw.startswith(b"PK"):
        raise CodebookUnreadable(why=translate(_("这是压缩包；整个项目（.qdpx）请在设置里导入")))
    if not raw.strip():
        raise CodebookUnreadable(why=translate(_("文件是空的")))
    with tempfile.NamedTemporaryFile(suffix=".csv") as file:
        file.write(raw)
        file.flush()
        return Kind.CSV, read_sheet(Path(file.name))

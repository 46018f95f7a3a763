"""Cursor paging: a page holds its rows and the cursor of the next one."""

import base64
import binascii
from typing import Generic, TypeVar
from uuid import UUID

from pydantic import BaseModel

from app.core.errors import FieldError, Invalid

DEFAULT_LIMIT = 100
MOST = 1000


Row = TypeVar("Row", bound=BaseModel)


class Page(BaseModel, Generic[Row]):
    """Rows and, where there are more, the cursor to pass as ``after``."""

    rows: list[Row]
    next: str | None


def decode_cursor(cursor: str | None) -> UUID | None:
    """Return the id after which a page begins; Invalid for a cursor that we did not give."""
    if not cursor:
        return None
    try:
        return UUID(bytes=base64.urlsafe_b64decode(cursor + "=="))
    except (ValueError, binascii.Error) as error:
        raise Invalid(fields=[FieldError("after", "请原样使用上一页给出的 next", "cursor")]) from error


def encode_cursor(last: UUID) -> str:
    """Return the cursor of the page that begins after ``last``."""
    return base64.urlsafe_b64encode(last.bytes).rstrip(b"=").decode()

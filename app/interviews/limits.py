"""How much may be sent to the pages and routes that take transcripts in."""

from types import MappingProxyType
from typing import Final

from app.interviews.transcripts.shapes import MIB, MOST_BYTES

LARGER_BODIES: Final = MappingProxyType(
    {
        "/studies/*/interviews/import": MOST_BYTES + MIB,
        "/api/v1/studies/*/interviews": MOST_BYTES + MIB,
    }
)
"""Where a transcript is sent: a file with its envelope, or its text."""

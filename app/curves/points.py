"""Which statements stand behind a point."""

from collections.abc import Sequence
from typing import Any

from app.core.errors import NotFound
from app.curves.grid import DAY_BINS
from app.curves.service import By
from app.statements.models import Statement
from app.studies.protocol import StudyProtocol


def conditions_of(protocol: StudyProtocol, by: By, key: str) -> Sequence[Any]:
    """Return the SQL conditions of the statements behind the point ``key``; NotFound if the axis has none such."""
    if by == "day":
        found = next((one for one in DAY_BINS if one.key == key), None)
        if found is None:
            raise NotFound()
        return (Statement.day >= found.first, Statement.day <= found.last)
    stage_key, _, touchpoint_key = key.partition("/")
    stage = protocol.stage(stage_key)
    if stage is None:
        raise NotFound()
    if by == "stage":
        if touchpoint_key:
            raise NotFound()
        return (Statement.stage_id == stage.id,)
    touchpoint = protocol.touchpoint(stage.id, touchpoint_key)
    if touchpoint is None:
        raise NotFound()
    return (Statement.touchpoint_id == touchpoint.id,)

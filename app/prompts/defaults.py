"""The schedules that the study templates propose: one JSON file each in ``proposals/``. Nothing of them runs by itself."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType

from app.prompts.schemas import ScheduleIn

FOLDER = Path(__file__).parent / "proposals"


@cache
def proposals() -> Mapping[str, ScheduleIn]:
    """Return the proposed schedules by the key of their template; none of them is active."""
    return MappingProxyType(
        {path.stem: ScheduleIn.model_validate_json(path.read_bytes()) for path in FOLDER.glob("*.json")}
    )


def proposal(template: str | None) -> ScheduleIn:
    """Return what the template proposes; an empty schedule where it proposes nothing."""
    return proposals().get(template or "", ScheduleIn())

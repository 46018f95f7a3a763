"""Where a file's stages, touchpoints and waves are in the study that it is taken into."""

from collections import Counter
from dataclasses import dataclass, field
from uuid import UUID

from app.exchange.refi.errors import StageUnknown
from app.studies.protocol import StudyProtocol
from app.web.i18n import mark as _

NO_TOUCHPOINT = _("这个研究没有这个触点")
NO_WAVE = _("这个研究没有这个轮次")


@dataclass(slots=True)
class Places:
    """Finds places by key, and stages also by name. ``instead`` is where what has no stage of the study goes."""

    protocol: StudyProtocol
    stage_names: dict[str, str] = field(default_factory=dict)
    instead: UUID | None = None
    unplaced: int = 0
    missing: Counter[tuple[str, str]] = field(default_factory=Counter)

    def stage(self, key: str | None) -> UUID | None:
        """Return the stage; None where there is neither it nor one to take its place."""
        if key is None:
            return None
        found = self.protocol.stage(key)
        if found is None:
            name = self.stage_names.get(key)
            found = next((stage for stage in self.protocol.stages if stage.name == name), None)
        if found is not None:
            return found.id
        self.unplaced += 1
        return self.instead

    def touchpoint(self, stage_id: UUID | None, key: str | None) -> UUID | None:
        """Return the touchpoint of the stage; None where the study has no such."""
        if key is None or stage_id is None:
            return None
        found = self.protocol.touchpoint(stage_id, key)
        if found is None:
            self.missing["touchpoint", NO_TOUCHPOINT] += 1
        return found.id if found else None

    def wave(self, key: str | None) -> UUID | None:
        """Return the wave; None where the study has no such."""
        found = self.protocol.wave(key) if key else None
        if key and found is None:
            self.missing["wave", NO_WAVE] += 1
        return found.id if found else None


def stage_for(protocol: StudyProtocol, key: str | None) -> UUID | None:
    """Return the stage that was chosen for what has none; StageUnknown."""
    if not key:
        return None
    found = protocol.stage(key)
    if found is None:
        raise StageUnknown(key=key)
    return found.id

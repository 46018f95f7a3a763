"""The demo's schedule: its template's, switched on."""

from sqlalchemy.orm import Session

from app.prompts import service
from app.prompts.schemas import ScheduleChange, ScheduleIn
from app.studies.models import Study


def switch_on_schedule(session: Session, actor: str, study: Study) -> None:
    """Put the proposed schedule of ``study`` in force from now on; the past has no prompts, for nothing was ever sent."""
    proposed = service.schedule_of(session, study)
    schedule = ScheduleIn.model_validate(proposed.model_dump(exclude={"revision", "applied_at"}) | {"active": True})
    service.apply_schedule(session, actor, study.id, ScheduleChange(revision=proposed.revision, schedule=schedule))

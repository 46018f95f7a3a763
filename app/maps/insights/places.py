"""Where something belongs and whose it is, from the words of programs and forms: stages, touchpoints, people, and back."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import date
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from app.core import clock
from app.core.errors import FieldError, Invalid
from app.maps.insights import queries
from app.studies.protocol import StageFacts, StudyProtocol
from app.web.i18n import mark as _

UNKNOWN_STAGE = _("请从这项研究的阶段里选")
UNKNOWN_TOUCHPOINT = _("请从这个阶段的触点里选")
UNKNOWN_OWNER = _("请从研究的成员里选")


@dataclass(frozen=True, slots=True)
class Person:
    """A member of the staff who sees to something."""

    login: str
    name: str


def stage_id_of(protocol: StudyProtocol, key: str | None) -> UUID | None:
    """Return the stage ``key``; Invalid for one that there is not."""
    if not key:
        return None
    stage = protocol.stage(key)
    if stage is None:
        raise Invalid(fields=[FieldError("stage", UNKNOWN_STAGE, "unknown")])
    return stage.id


def touchpoint_id_of(protocol: StudyProtocol, stage_id: UUID | None, key: str | None) -> UUID | None:
    """Return the touchpoint ``key`` of a stage; Invalid for one that there is not, or without its stage."""
    if not key:
        return None
    found = protocol.touchpoint(stage_id, key) if stage_id else None
    if found is None:
        raise Invalid(fields=[FieldError("touchpoint", UNKNOWN_TOUCHPOINT, "unknown")])
    return found.id


def owner_id_of(session: Session, study_id: UUID, login: str | None, *, now: UUID | None = None) -> UUID | None:
    """Return the member ``login``; who is the owner ``now`` may stay so after they left. Invalid for anybody else."""
    if not login:
        return None
    wanted = login.strip().lower()
    for user_id, known, _name, _role in queries.members(session, study_id):
        if known == wanted:
            return user_id
    if now is not None and queries.users_of(session, [now]).get(now, ("", ""))[0] == wanted:
        return now
    raise Invalid(fields=[FieldError("owner", UNKNOWN_OWNER, "unknown")])


def people_of(session: Session, ids: Collection[UUID | None]) -> Mapping[UUID, Person]:
    """Return the people behind these ids."""
    found = queries.users_of(session, {one for one in ids if one is not None})
    return {user_id: Person(login, name) for user_id, (login, name) in found.items()}


def stage_finder(protocol: StudyProtocol) -> Callable[[UUID | None], StageFacts | None]:
    """Return what finds a stage by its id."""
    by_id = {stage.id: stage for stage in protocol.stages}
    return lambda stage_id: by_id.get(stage_id) if stage_id else None


def today_in(protocol: StudyProtocol) -> date:
    """Return the day it is where the study is."""
    return clock.now().astimezone(ZoneInfo(protocol.study.time_zone)).date()

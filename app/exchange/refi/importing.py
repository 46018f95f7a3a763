"""Importing a REFI-QDA project: read, understood, shown, and only then stored."""

from typing import IO

from sqlalchemy.orm import Session

from app.core import clock
from app.exchange.refi.foreign import understand_foreign
from app.exchange.refi.intake import Intake
from app.exchange.refi.offsets import AUTO
from app.exchange.refi.own import is_own, understand_own
from app.exchange.refi.places import Places, stage_for
from app.exchange.refi.reading import read_project
from app.exchange.refi.storing import Stored, store
from app.participants.errors import StudyClosed
from app.studies import queries as studies
from app.studies.models import Study
from app.studies.protocol import StudyProtocol
from app.studies.retention import is_over


def understand(file: IO[bytes], protocol: StudyProtocol, *, stage: str | None = None, counting: str = AUTO) -> Intake:
    """Return what ``file`` says, in the terms of the study; nothing is stored.

    ``stage`` is the key of the stage where what has none is put; ``counting`` says how the file counts positions, where
    that is known better than it can be found out. The errors of this folder.
    """
    project = read_project(file)
    places = Places(protocol, instead=stage_for(protocol, stage))
    if is_own(project):
        return understand_own(project, places)
    return understand_foreign(project, places, counting)


def import_project(session: Session, actor: str, study: Study, intake: Intake) -> Stored:
    """Store what was understood, in the session's transaction; StudyClosed after the study's end, StageNeeded.

    People whom the study does not know are taken in, their consent recorded as given on paper: whoever imports vouches.
    """
    if is_over(study, clock.now()):
        raise StudyClosed()
    return store(session, actor, studies.protocol(session, study.id), intake)

"""Who codes in a study: its staff, coders of imported projects, and what the team agreed on."""

from typing import Final
from uuid import UUID, uuid5

from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Session

from app.coding import queries
from app.coding.models import StudyCoder
from app.core import clock
from app.core.ids import uuid7
from app.studies.access import StudyAccess

STAFF: Final = "staff"
IMPORTED: Final = "imported"
CONSENSUS: Final = "consensus"
CONSENSUS_NAME: Final = "共识"
MOST_NAME: Final = 80


def coder_of(session: Session, access: StudyAccess) -> StudyCoder:
    """Return the coder that the actor is in the study, made now if this is the first time they code."""
    study_id, user_id = access.study.id, access.actor.user_id
    known = queries.coder_of_user(session, study_id, user_id)
    if known is None:
        _add(session, study_id, uuid7(), STAFF, access.actor.name[:MOST_NAME] or access.actor.login, user_id)
        known = queries.coder_of_user(session, study_id, user_id)
    if known is None:
        raise RuntimeError("a coder that was just made is not there")
    return known


def consensus_of(session: Session, study_id: UUID) -> StudyCoder:
    """Return the coder whose codings are what the team agreed on, made now if there is none yet."""
    known = queries.consensus(session, study_id)
    if known is None:
        # An id of its own making, so that two who agree at the same moment make one and not two.
        _add(session, study_id, uuid5(study_id, CONSENSUS), CONSENSUS, CONSENSUS_NAME, None)
        known = queries.consensus(session, study_id)
    if known is None:
        raise RuntimeError("a coder that was just made is not there")
    return known


def _add(session: Session, study_id: UUID, coder_id: UUID, kind: str, name: str, user_id: UUID | None) -> None:
    insert = postgresql_insert if session.get_bind().dialect.name == "postgresql" else sqlite_insert
    values = {"study_id": study_id, "id": coder_id, "kind": kind, "name": name, "user_id": user_id}
    session.execute(insert(StudyCoder).values(values | {"created_at": clock.now()}).on_conflict_do_nothing())

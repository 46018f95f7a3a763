"""How those who write statements and a switch of coder keep out of each other's way.

Writers code before their transaction begins, so that no lock is held meanwhile; a switch may come in between.
"""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from app.studies.adaptations import choice_in_force
from app.studies.models import Study
from nlp import Coder


def hold(session: Session, study_id: UUID) -> None:
    """Keep the study's scores from being switched until the transaction ends; writers do not wait for each other.

    On SQLite there is one writing transaction at a time anyway.
    """
    _lock(session, func.pg_advisory_xact_lock_shared(_key(study_id)))


def hold_alone(session: Session, study_id: UUID) -> None:
    """Keep everyone else from writing statements of the study until the transaction ends."""
    _lock(session, func.pg_advisory_xact_lock(_key(study_id)))


@dataclass(frozen=True, slots=True)
class InForce:
    """How what is being written shall be coded: again by ``again`` if there is one, and ``refined`` by a slow coder."""

    again: Coder | None
    refined: bool


def in_force(session: Session, study_id: UUID, model_version: str) -> InForce:
    """Return what becomes of statements that were coded by ``model_version`` before the study was held."""
    name, version = session.execute(select(Study.coder, Study.coder_version).where(Study.id == study_id)).one()
    if version == model_version:
        return InForce(None, refined=False)
    choice = choice_in_force(session, study_id, name, version)
    quick = choice.quick()
    return InForce(None if quick.version == model_version else quick, refined=choice.slow)


def _lock(session: Session, call: ColumnElement[None]) -> None:
    if session.get_bind().dialect.name == "postgresql":
        session.execute(select(call))


def _key(study_id: UUID) -> int:
    # The random half of the id, as the signed 64-bit number that advisory locks take.
    return int.from_bytes(study_id.bytes[8:], signed=True)

"""What a write must know of a person, read inside the write's own transaction."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import Uuid, bindparam, select
from sqlalchemy.orm import Session

from app.participants.models import AnchorEvent, Consent, Participant
from app.participants.queries import IS_PERSON


@dataclass(frozen=True, slots=True)
class Standing:
    """A person at the moment of a write. ``agreements`` are what is in force: purpose, method, version of the text."""

    id: UUID
    code: str
    time_zone: str
    anchor_on: date | None
    withdrawn_at: datetime | None
    agreements: frozenset[tuple[str, str, int]]

    def may_write(self, required: Collection[str], *, on_phone: bool, since_version: int = 1) -> bool:
        """Return whether the required purposes are agreed to, under ``since_version`` of the text or a later one.

        On the phone only the person's own word counts.
        """
        given = {
            purpose
            for purpose, method, version in self.agreements
            if version >= since_version and (method == "person" or not on_phone)
        }
        return given.issuperset(required)


# Typed here: the column takes its type from the study's table, which may not have been imported yet.
_STUDY_ID = bindparam("study_id", type_=Uuid())
# Run at every entry: putting a statement together costs more than running it.
_PEOPLE = (
    select(
        Participant.id,
        Participant.code,
        Participant.time_zone,
        Participant.withdrawn_at,
        AnchorEvent.on.label("on"),
    )
    .outerjoin(
        AnchorEvent, (AnchorEvent.study_id == Participant.study_id) & (AnchorEvent.participant_id == Participant.id)
    )
    .where(Participant.study_id == _STUDY_ID, Participant.id.in_(bindparam("ids", expanding=True)), IS_PERSON)
    .with_for_update(read=True, of=Participant)
)
_AGREEMENTS = select(Consent.participant_id, Consent.purpose, Consent.method, Consent.version).where(
    Consent.study_id == bindparam("study_id"),
    Consent.participant_id.in_(bindparam("ids", expanding=True)),
    Consent.withdrawn_at.is_(None),
)
_IDS_OF_CODES = select(Participant.code, Participant.id).where(
    Participant.study_id == _STUDY_ID, Participant.code.in_(bindparam("codes", expanding=True)), IS_PERSON
)


def standings(session: Session, study_id: UUID, ids: Sequence[UUID]) -> dict[UUID, Standing]:
    """Return the standing of each participant of ``ids`` that is in the study.

    On PostgreSQL the rows are share-locked, so that a withdrawal waits for the write or the write sees it.
    """
    agreements = _agreements(session, study_id, ids)
    return {
        row.id: Standing(
            row.id,
            row.code,
            row.time_zone,
            row.on,
            row.withdrawn_at,
            frozenset(agreements.get(row.id, ())),
        )
        for row in session.execute(_PEOPLE, {"study_id": study_id, "ids": ids})
    }


def _agreements(session: Session, study_id: UUID, ids: Sequence[UUID]) -> dict[UUID, list[tuple[str, str, int]]]:
    agreed: dict[UUID, list[tuple[str, str, int]]] = {}
    for row in session.execute(_AGREEMENTS, {"study_id": study_id, "ids": ids}):
        participant_id, purpose, method, version = row
        agreed.setdefault(participant_id, []).append((purpose, method, version))
    return agreed


def find_ids(session: Session, study_id: UUID, references: Collection[str]) -> dict[str, UUID]:
    """Return the id of each participant of the study whose code, or whose id, is among ``references``."""
    given = {"study_id": study_id, "codes": list(references)}
    found: dict[str, UUID] = {row.code: row.id for row in session.execute(_IDS_OF_CODES, given)}
    if len(found) < len(references):
        ids = {parsed: reference for reference in references if (parsed := _as_id(reference))}
        present = session.scalars(
            select(Participant.id).where(Participant.study_id == study_id, Participant.id.in_(ids), IS_PERSON)
        )
        found |= {ids[participant_id]: participant_id for participant_id in present}
    return found


def _as_id(reference: str) -> UUID | None:
    try:
        return UUID(reference)
    except ValueError:
        return None

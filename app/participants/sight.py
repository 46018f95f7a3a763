"""Whose words a member of the staff may read."""

from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, ColumnExpressionArgument, Select, and_, select, true
from sqlalchemy.orm import Session

from app.participants import queries
from app.participants.consents import purposes_of
from app.participants.models import Consent
from app.studies.access import CARE, StudyAccess

CARE_PURPOSE: Final = "care"
"""The purpose of a consent text under which care staff may read; a person who did not agree to it is not shown to them."""


@dataclass(frozen=True, slots=True)
class Sight:
    """What a reader may see of a study's words: those of everyone, or of the people whom ``consents`` selects."""

    study_id: UUID
    consents: Select[Any] | None

    def reaches(self, participant_id: ColumnExpressionArgument[UUID]) -> ColumnElement[bool]:
        """Return the condition that the words of ``participant_id``, a column of the study's rows, may be seen."""
        if self.consents is None:
            return true()
        return self.consents.where(Consent.participant_id == participant_id).exists()


def everyone(study_id: UUID) -> Sight:
    """Return the sight of those who see all of a study, such as the program itself."""
    return Sight(study_id, None)


def sight_of(session: Session, access: StudyAccess) -> Sight:
    """Return what the actor may see: care staff whom ``care_sight`` gives, others everyone."""
    return care_sight(session, access.study.id) if access.role == CARE else everyone(access.study.id)


def care_sight(session: Session, study_id: UUID) -> Sight:
    """Return what care staff may see: those who agreed to it in the latest consent text.

    A study none of whose texts ever asked hides nobody. Where an earlier text asked and the latest no longer does, those
    who agreed to the latest are seen: whoever was promised the choice keeps it until they have read the new words.
    """
    texts = queries.consent_texts(session, study_id)
    asking = {text.version for text in texts if CARE_PURPOSE in {purpose.key for purpose in purposes_of(text)}}
    if not asking:
        return everyone(study_id)
    latest = max(text.version for text in texts)
    in_force = and_(Consent.study_id == study_id, Consent.version == latest, Consent.withdrawn_at.is_(None))
    consents = select(Consent.id).where(in_force)
    return Sight(study_id, consents.where(Consent.purpose == CARE_PURPOSE) if latest in asking else consents)

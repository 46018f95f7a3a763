"""What rooms above put on a person's page: they tell theirs in ``app.state.person_panels``."""

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy.orm import Session

from app.participants.models import Participant
from app.studies.access import StudyAccess


@dataclass(frozen=True, slots=True)
class PersonPanel:
    """A section of a person's page: the template that says it, and ``told``, what that is rendered with."""

    template: str
    told: object


PersonPanels = tuple[Callable[[Session, StudyAccess, Participant], PersonPanel | None], ...]

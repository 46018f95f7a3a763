"""What a person's page says of their follow-up."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from app.care import follow_ups, page_queries
from app.care.alert_models import CLOSED
from app.care.follow_up_rows import Reason, is_met, reasons_of
from app.care.follow_up_words import clock_words, due_words, ending
from app.core import clock
from app.participants.models import Participant
from app.participants.panels import PersonPanel
from app.participants.sight import sight_of
from app.studies.access import StudyAccess


@dataclass(frozen=True, slots=True)
class Told:
    """The newest follow-up in short; ``due`` is empty where nothing is due any more."""

    address: str
    open: bool
    pressing: bool
    late: bool
    due: str
    ending: str
    when: str
    reasons: list[Reason]


def follow_up_panel(session: Session, access: StudyAccess, person: Participant) -> PersonPanel | None:
    """Return what the person's page says of their newest follow-up; None where there is none that the reader may see."""
    sight = sight_of(session, access)
    newest = page_queries.latest_of_person(session, sight, person.id)
    if newest is None:
        return None
    look = follow_ups.follow_up(session, access.study, sight, newest.id)
    is_open = newest.state != CLOSED
    waiting = is_open and not is_met(look)
    told = Told(
        address=f"/studies/{access.study.slug}/care/{newest.id}",
        open=is_open,
        pressing=waiting and newest.urgent,
        late=look.late,
        due=due_words(newest.due_at, clock.now()) if waiting else "",
        ending=ending(newest),
        when=clock_words(newest.closed_at or newest.opened_at, access.study.time_zone),
        reasons=reasons_of(look.alerts),
    )
    return PersonPanel("care/person_panel.html", told)

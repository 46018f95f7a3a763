"""The demo's follow-ups: diaries of concern come in when they were written, are looked at, and people are called, in that time.

Ids are made of the study and a place in the file, so that a load that was cut off goes on without doubling anything.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid5

from sqlalchemy.orm import Session

from app.accounts.actors import StaffActor
from app.care import follow_ups
from app.care.follow_up_queries import alerts_of_key
from app.core import clock
from app.core.db import Database
from app.exchange import queries
from app.exchange.demo_shapes import FollowUpFileIn
from app.exchange.entries import EntryImport, Refused
from app.exchange.sheets import Sheet, open_sheet
from app.participants import queries as participants
from app.participants.consents import consent_state, give_consent
from app.participants.sight import CARE_PURPOSE, Sight, everyone
from app.studies import queries as studies
from app.studies.access import StudyAccess
from app.studies.care_changes import change_care_rules, mark_of
from app.studies.care_rules import CareRules
from app.studies.models import Study

ACTOR = "cli"
PERSON, MOMENT = "participant_code", "occurred_at"
ARRIVES = timedelta(minutes=5)
"""So long after it happened an entry was written and sent."""


@dataclass(frozen=True, slots=True)
class CareWork:
    """Calls the people of one demo: ``diaries`` is its sheet, ``refuse`` hears of a row that was not stored."""

    database: Database
    access: StudyAccess
    importing: EntryImport
    diaries: Path
    refuse: Callable[[Refused], None]

    def follow_up_all(self, those: tuple[FollowUpFileIn, ...]) -> None:
        """Let it all happen in its time. What lies in the past asks nobody anything."""
        rules = self._ask_again(0)
        for place, one in enumerate(those):
            self._follow_up(place, one)
        self._ask_again(rules.ask_again_hours)

    def _ask_again(self, hours: int) -> CareRules:
        """Set after how many hours people are asked again, and return the rules as they come."""
        with self.database.write() as session:
            before = studies.protocol(session, self._study_id).care_rules
            rules = before.model_copy(update={"ask_again_hours": hours})
            change_care_rules(session, self._actor, self.access.study, rules, seen=mark_of(before))
        return CareRules()

    def _follow_up(self, place: int, one: FollowUpFileIn) -> None:
        moment = datetime.fromisoformat(one.at)
        with clock.frozen_at(moment + ARRIVES):
            if one.contacts:
                with self.database.write() as session:
                    self._agree(session, one.person)
            self._take_in(one)
            with self.database.write() as session:
                follow_up_id = self._look(session, one, moment)
        for number, contact in enumerate(one.contacts):
            with clock.frozen_at(moment + timedelta(hours=contact.after_hours)), self.database.write() as session:
                said = contact.model_dump(exclude={"after_hours"})
                contact_id = uuid5(self._study_id, f"care:{place}:{number}")
                follow_ups.log_contact(
                    session, self._actor, self._study(session), self._sight, follow_up_id, contact_id, **said
                )
        with clock.frozen_at(moment + timedelta(hours=one.closed_after_hours)), self.database.write() as session:
            look = follow_ups.follow_up(session, self._study(session), self._sight, follow_up_id)
            follow_ups.close(
                session,
                self._actor,
                self._study(session),
                self._sight,
                follow_up_id,
                outcome=one.outcome,
                version=look.follow_up.version,
            )

    def _agree(self, session: Session, code: str) -> None:
        """Who is called has agreed, on paper, to be seen by care staff; the others show that nobody saw them."""
        person = participants.by_code(session, self._study_id, code)
        state = consent_state(session, person) if person else None
        if person and state and state.text:
            purposes = {*state.required, CARE_PURPOSE}
            give_consent(session, ACTOR, person, purposes, version=state.text.version, method="paper")

    def _take_in(self, one: FollowUpFileIn) -> None:
        with open_sheet(self.diaries, self.importing.knows) as sheet:
            self.importing.run(_only(sheet, one), self.refuse, lambda _: None)

    def _look(self, session: Session, one: FollowUpFileIn, moment: datetime) -> UUID:
        person = participants.by_code(session, self._study_id, one.person)
        entry_id = queries.entry_at(session, self._study_id, person.id, moment) if person else None
        if person is None or entry_id is None:
            raise ValueError(f"the demo's own sheet has no entry of {one.person} at {one.at}")
        follow_ups.look(session, self._study_id, entry_id)
        raised = alerts_of_key(session, self._study_id, person.id, str(entry_id))
        if not raised:
            raise ValueError(f"nothing in the entry of {one.person} at {one.at} is of concern")
        return raised[0].follow_up_id

    def _study(self, session: Session) -> Study:
        return session.get_one(Study, self._study_id)

    @property
    def _study_id(self) -> UUID:
        return self.access.study.id

    @property
    def _actor(self) -> StaffActor:
        return self.access.actor

    @property
    def _sight(self) -> Sight:
        return everyone(self._study_id)


def _only(sheet: Sheet, one: FollowUpFileIn) -> Sheet:
    """Return the sheet with the row of that person and moment only."""
    who, when = sheet.header.index(PERSON), sheet.header.index(MOMENT)
    return replace(sheet, rows=(row for row in sheet.rows if (row.cells[who], row.cells[when]) == (one.person, one.at)))

"""People whom an import meets: taking in those whom the study does not know, and consent that was given on paper."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from uuid import UUID

from pydantic import ValidationError
from sqlalchemy.orm import Session

from app.audit.service import Change, record
from app.core.crypto import Keyring
from app.exchange import queries
from app.participants.consents import agree_on_paper
from app.participants.models import Participant
from app.participants.roster import EXPLAIN, Roster, RosterRow
from app.participants.schemas import Enrolment
from app.participants.service import enrol_roster
from app.participants.standing import standings
from app.studies.models import Study
from app.studies.protocol import StudyProtocol
from app.web.i18n import mark as _


@dataclass(frozen=True, slots=True)
class Rules:
    """How an import treats people. Whoever runs it vouches for the consent that it records.

    Unless ``known_only``, people whom the study does not know are taken in, their consent recorded as given on paper;
    with ``paper_consent`` also that of people who are known and have not agreed yet.
    """

    known_only: bool = False
    paper_consent: bool = False


class Newcomers:
    """Takes people into one study on behalf of one import."""

    def __init__(self, keyring: Keyring, study: Study, protocol: StudyProtocol, actor: str, rules: Rules) -> None:
        self._keyring = keyring
        self._study = study
        self._protocol = protocol
        self._actor = actor
        self._rules = rules
        self._agreed: set[UUID] = set()

    def objection(self, code: str) -> str | None:
        """Return why nobody can be taken in as ``code``, as a sentence of the catalogue; None if they can."""
        if self._rules.known_only or queries.as_id(code) is not None:
            return _("研究里没有这位参与者")
        try:
            Enrolment(code=code)
        except ValidationError:
            return EXPLAIN["code"]
        return None

    def enrol(self, session: Session, codes: Collection[str]) -> int:
        """Take in who is not there yet, with consent on paper; returns how many."""
        rows = [RosterRow(0, Enrolment(code=code)) for code in sorted(codes)]
        enrolled = enrol_roster(session, self._keyring, self._actor, self._study, Roster(rows, ())).enrolled
        self._agree(session, [participant for participant, _ in enrolled])
        return len(enrolled)

    def agree_on_paper(self, session: Session, participant_ids: Collection[UUID]) -> int:
        """Record consent on paper for those who have agreed to nothing yet; returns for how many.

        Nobody who has left, or took consent back, is made to agree again.
        """
        if not self._rules.paper_consent:
            return 0
        unsure = sorted(set(participant_ids) - self._agreed)
        self._agreed.update(unsure)
        people = standings(session, self._study.id, unsure) if unsure else {}
        required = self._protocol.required_purposes
        lacking = [
            one.id
            for one in people.values()
            if one.withdrawn_at is None and not one.may_write(required, on_phone=False)
        ]
        willing = set(lacking) - queries.took_consent_back(session, self._study.id, lacking)
        self._agree(session, [session.get_one(Participant, (self._study.id, one)) for one in sorted(willing)])
        return len(willing)

    def _agree(self, session: Session, people: Sequence[Participant]) -> None:
        agree_on_paper(session, self._actor, people, version=self._protocol.consent.version)
        self._agreed.update(participant.id for participant in people)
        if people:
            record(session, Change(self._actor, "import.vouched", self._study.id, detail={"people": len(people)}))

"""A study with its people, set up through the rooms' own services; for tests in process and for servers alike."""

from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID, uuid4

from app.accounts import service as accounts
from app.accounts.actors import SCOPES, StaffActor
from app.core.crypto import Keyring
from app.core.db import Database
from app.participants import consents
from app.participants import service as participants
from app.participants.links import PersonalLink
from app.participants.schemas import Enrolment
from app.studies import membership
from app.studies import queries as studies
from app.studies import service as study_service
from app.studies.schemas import StudyIn

PASSWORD = "a-long-enough-password"
SLUG = "implant"
ANCHOR = date(2026, 3, 10)
DAY_THREE = "2026-03-13T21:40:00+08:00"
STAFF = ("owner", "teammate", "viewer", "stranger")


@dataclass
class Scene:
    """A study ``implant``: its owner, a teammate (researcher), a viewer, a stranger, and patients by code.

    Everyone of the staff has an API key with all scopes; ``headers[name]`` carries it.
    """

    store: Database
    keyring: Keyring
    study_id: UUID
    headers: dict[str, dict[str, str]] = field(default_factory=dict)
    user_ids: dict[str, UUID] = field(default_factory=dict)
    people: dict[str, UUID] = field(default_factory=dict)
    links: dict[str, PersonalLink] = field(default_factory=dict)

    def entry(self, text: str = "夜里肿得厉害，一个人有点害怕。", **changes: Any) -> dict[str, Any]:
        """Return an entry of the first patient, as the API takes it."""
        answers = {"feeling": text, "mood": 3, "effort": 5, "mark": "valley"}
        common = {"study": SLUG, "participant": "P01", "stage": "recovery", "occurred_at": DAY_THREE}
        return {**common, "answers": answers, **changes}

    def add_patient(self, code: str, *, consent: bool = True, **attributes: str) -> UUID:
        """Enrol one more person, with consent on paper unless told otherwise."""
        with self.store.write() as session:
            found = studies.study_and_role(session, SLUG, uuid4())
            assert found is not None
            enrolment = Enrolment(code=code, anchor_on=ANCHOR, attributes=attributes)
            person, link = participants.enrol(session, self.keyring, "user:test", found[0], enrolment)
            if consent:
                consents.give_consent(session, "user:test", person, ["diary"], version=1, method="paper")
            self.people[code], self.links[code] = person.id, link
            return person.id

    def key(self, who: str, *scopes: str) -> dict[str, str]:
        """Return headers with a further key of ``who`` that has these scopes only."""
        with self.store.write() as session:
            _, token = accounts.create_api_key(session, self.keyring, self.user_ids[who], "lesser", scopes)
        return {"Authorization": f"Bearer {token}"}


def set_scene(store: Database, keyring: Keyring) -> Scene:
    """Make the study, its staff and two patients, P01 and P02."""
    with store.write() as session:
        users = {name: accounts.create_user(session, name, name.title(), PASSWORD) for name in STAFF}
        owner = StaffActor(users["owner"].id, "owner", "Owner", False)
        given = StudyIn(title="种植牙恢复日记", slug=SLUG, template="dental_implant")
        study = study_service.create_study(session, owner, given)
        membership.set_role(session, owner, study.id, "teammate", "researcher")
        membership.set_role(session, owner, study.id, "viewer", "viewer")
        scene = Scene(store, keyring, study.id)
        for name, user in users.items():
            _, token = accounts.create_api_key(session, keyring, user.id, "test", list(SCOPES))
            scene.headers[name] = {"Authorization": f"Bearer {token}"}
            scene.user_ids[name] = user.id
    scene.add_patient("P01")
    scene.add_patient("P02")
    return scene

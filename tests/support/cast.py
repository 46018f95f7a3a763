"""A named cast on a running application: an owner, a teammate, a stranger, and two patients of one study."""

from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID, uuid4

import pytest
from argon2 import PasswordHasher
from fastapi import FastAPI
from httpx import Response
from starlette.testclient import TestClient

from app.accounts import passwords
from app.accounts import service as accounts
from app.accounts.actors import SCOPES, StaffActor
from app.participants import consents
from app.participants import service as participants
from app.participants.schemas import Enrolment
from app.studies import membership
from app.studies import queries as studies
from app.studies import service as study_service
from app.studies.schemas import StudyIn

PASSWORD = "a-long-enough-password"
SLUG = "implant"
ANCHOR = date(2026, 3, 10)
DAY_THREE = "2026-03-13T21:40:00+08:00"


@dataclass
class Cast:
    """Everyone has an API key with all scopes; ``headers[name]`` carries it."""

    app: FastAPI
    client: TestClient
    study_id: UUID
    headers: dict[str, dict[str, str]] = field(default_factory=dict)
    people: dict[str, UUID] = field(default_factory=dict)
    links: dict[str, participants.PersonalLink] = field(default_factory=dict)

    def entry(self, text: str = "夜里肿得厉害，一个人有点害怕。", **changes: Any) -> dict[str, Any]:
        """An entry of the first patient, as the API takes it."""
        answers = {"feeling": text, "mood": 3, "effort": 5, "mark": "valley"}
        return {
            "study": SLUG,
            "participant": "P01",
            "stage": "recovery",
            "occurred_at": DAY_THREE,
            "answers": answers,
            **changes,
        }

    def put(
        self, body: dict[str, Any], entry_id: UUID | None = None, *, who: str = "owner", if_match: str | None = None
    ) -> Response:
        """Hand an entry in over the API."""
        extra = {"If-Match": if_match} if if_match else {}
        return self.client.put(f"/api/v1/entries/{entry_id or uuid4()}", json=body, headers=self.headers[who] | extra)

    def get(self, path: str, *, who: str = "owner", **headers: str) -> Response:
        """Read something of the study over the API."""
        return self.client.get(f"/api/v1/studies/{SLUG}{path}", headers=self.headers[who] | headers)

    def add_patient(self, code: str, *, consent: bool = True, **attributes: str) -> UUID:
        """Enrol one more person, with consent on paper unless told otherwise."""
        with self.app.state.database.write() as session:
            study = studies.study_and_role(session, SLUG, uuid4())
            assert study is not None
            person, link = participants.enrol(
                session,
                self.app.state.keyring,
                "user:test",
                study[0],
                Enrolment(code=code, anchor_on=ANCHOR, attributes=attributes),
            )
            if consent:
                consents.give_consent(session, "user:test", person, ["diary"], version=1, method="paper")
            self.people[code], self.links[code] = person.id, link
            return person.id

    def key(self, who: str, *scopes: str) -> dict[str, str]:
        """Headers with a further key of ``who`` that has these scopes only."""
        with self.app.state.database.write() as session:
            user_id = self.user_ids[who]
            _, token = accounts.create_api_key(session, self.app.state.keyring, user_id, "lesser", scopes)
        return {"Authorization": f"Bearer {token}"}

    user_ids: dict[str, UUID] = field(default_factory=dict)


@pytest.fixture
def cheap_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hashing that costs nothing: what it costs is tested with the passwords themselves."""
    monkeypatch.setattr(passwords, "_hasher", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))


@pytest.fixture
def cast(app: FastAPI, client: TestClient, cheap_passwords: None) -> Cast:
    """The cast, on both kinds of database."""
    state = app.state
    with state.database.write() as session:
        users = {
            name: accounts.create_user(session, name, name.title(), PASSWORD)
            for name in ("owner", "teammate", "viewer", "stranger")
        }
        owner = StaffActor(users["owner"].id, "owner", "Owner", False)
        study = study_service.create_study(
            session, owner, StudyIn(title="种植牙恢复日记", slug=SLUG, template="dental_implant")
        )
        membership.set_role(session, owner, study.id, "teammate", "researcher")
        membership.set_role(session, owner, study.id, "viewer", "viewer")
        company = Cast(app, client, study.id)
        for name, user in users.items():
            _, token = accounts.create_api_key(session, state.keyring, user.id, "test", list(SCOPES))
            company.headers[name] = {"Authorization": f"Bearer {token}"}
            company.user_ids[name] = user.id
    company.add_patient("P01")
    company.add_patient("P02")
    return company

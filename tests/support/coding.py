"""A study with statements, a codebook and people who code, for tests in process; every write goes through the services."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from fastapi import FastAPI
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from app.accounts import service as accounts
from app.accounts.actors import SCOPES, StaffActor
from app.coding import plans, queries, service
from app.coding.coders import coder_of, consensus_of
from app.coding.models import Assignment, Code, Draw, StudyCoder
from app.coding.plan_schemas import PlanIn
from app.coding.schemas import CodingIn, CodingOut
from app.core import clock
from app.core.crypto import Keyring
from app.core.db import Database
from app.statements import service as statements
from app.statements.cells import Place
from app.statements.models import Statement
from app.statements.service import Utterance
from app.studies import membership
from app.studies import queries as studies
from app.studies.access import StudyAccess, open_study
from app.studies.coders import get_coder
from app.studies.models import Study
from tests.support.cast import Cast
from tests.support.scene import PASSWORD, SLUG, Scene, set_scene

CODERS = ("first", "second")
CODES = ("情绪", "疼痛", "害怕", "安心")
"""The first is the others' parent."""
KEYRING = Keyring(b"a secret for tests, of 32 bytes and more")
SAID = (
    "夜里肿得厉害，一个人有点害怕😣。",
    "医生打来电话，心里踏实多了。",
    "走路还是疼，睡不好。",
    "今天能吃点软饭了，很开心。",
)


@dataclass
class CodedScene(Scene):
    """The scene with two more people in the role coder, ``first`` and ``second``, some codes, and statements to code."""

    codes: dict[str, UUID] = field(default_factory=dict)
    stages: dict[str, UUID] = field(default_factory=dict)

    def access(self, session: Session, who: str) -> StudyAccess:
        """Return the study as ``who`` (owner, teammate, first, second …) has it open."""
        actor = StaffActor(self.user_ids[who], who, who.title(), is_admin=False)
        return open_study(session, actor, SLUG)

    def coder(self, who: str) -> StudyCoder:
        """Return the coder that ``who`` is; "consensus" for the team's."""
        with self.store.write() as session:
            if who == "consensus":
                return consensus_of(session, self.study_id)
            return coder_of(session, self.access(session, who))

    def say(
        self, stage: str = "recovery", texts: Sequence[str] = SAID, *, participant: str = "P01", source: str = "diary"
    ) -> list[UUID]:
        """Let a participant say ``texts`` at a stage, each as an entry (or turn) of its own; returns the statements' ids."""
        with self.store.write() as session:
            study = session.get_one(Study, self.study_id)
            place = Place(self.people[participant], self.stages[stage], None, None, 3 if source == "diary" else None)
            coder = get_coder(study.coder)
            said = [
                Utterance(
                    source,
                    uuid4(),
                    place,
                    datetime(2026, 3, 13, 13, 40, tzinfo=UTC) + timedelta(minutes=minute),
                    statements.code(coder, [("feeling", text)]),
                )
                for minute, text in enumerate(texts)
            ]
            statements.record(session, self.study_id, coder.version, said)
            sources = [one.source_id for one in said]
            rows = session.execute(
                select(Statement.source_id, Statement.id).where(Statement.source_id.in_(sources))
            ).all()
            ids = {row.source_id: row.id for row in rows}
            return [ids[one] for one in sources]

    def retract(self, statement_id: UUID) -> None:
        """Take back the entry or turn that a statement came from, as its writer would."""
        with self.store.write() as session:
            kept = session.get_one(Statement, (self.study_id, statement_id))
            place = Place(kept.participant_id, kept.stage_id, kept.touchpoint_id, kept.wave_id, kept.day)
            gone = statements.retract(session, self.study_id, kept.source_id, place, None)
            statements.record(session, self.study_id, kept.model_version, [], [gone])

    def give_draw(
        self, statement_ids: Iterable[UUID], probability: float = 0.5, *, doubled: bool = False, version: int = 1
    ) -> None:
        """Draw these statements as if chance had, whatever the plan; ``drawing`` has the real way."""
        with self.store.write() as session:
            for place, statement_id in enumerate(statement_ids):
                session.add(
                    Draw(
                        study_id=self.study_id,
                        statement_id=statement_id,
                        plan_version=version,
                        probability=probability,
                        doubled=doubled,
                        turn_number=place / 1_000_000,
                        drawn_at=clock.now(),
                    )
                )

    def assign(self, who: str, statement_ids: Iterable[UUID]) -> None:
        """Give these drawn statements to ``who``, in the first free slot, as the queue would."""
        coder = self.coder(who)
        with self.store.write() as session:
            for statement_id in statement_ids:
                of_statement = Assignment.statement_id == statement_id
                taken = session.scalar(select(func.count()).select_from(Assignment).where(of_statement)) or 0
                session.add(
                    Assignment(
                        study_id=self.study_id,
                        statement_id=statement_id,
                        slot=taken + 1,
                        coder_id=coder.id,
                        assigned_at=clock.now(),
                    )
                )
                session.flush()

    def mark(self, code: str, start: int, end: int, memo: str = "") -> dict[str, Any]:
        """Return an excerpt as a document has it."""
        return {"id": str(uuid4()), "code": str(self.codes[code]), "start": start, "end": end, "memo": memo}

    def save(
        self,
        who: str,
        statement_id: UUID,
        sentiment: int | None = 0,
        *excerpts: dict[str, Any],
        version: int | None = None,
        done: bool = True,
        coder: str | None = None,
        **more: Any,
    ) -> CodingOut:
        """Save a document of ``who`` on a statement (``version`` None: over whatever stands); by default it is done."""
        given = CodingIn.model_validate({"sentiment": sentiment, "excerpts": excerpts, "done": done, **more})
        by = self.coder(coder) if coder else None
        with self.store.write() as session:
            access = self.access(session, who)
            if version is None:
                version = service.read_coding(session, access, statement_id, coder=by).version
            return service.save_coding(session, access, statement_id, given, version, coder=by)


@dataclass
class CodingCast(CodedScene, Cast):
    """The coded scene, and a client to act with."""


def put_plan(scene: CodedScene, *, version: int | None = None, **given: Any) -> int:
    """Put a plan in force (``PlanIn``'s fields; ``version`` None: in place of whatever is) and return its version."""
    with scene.store.write() as session:
        access = scene.access(session, "owner")
        if version is None:
            before = queries.latest_plan(session, scene.study_id)
            version = before.version if before else 0
        return plans.plan(session, access, PlanIn.model_validate(given), version).version


def coded_scene(store: Database, keyring: Keyring) -> CodedScene:
    """Set the scene, and add two coders, a small codebook and the stages' ids. Nothing is said yet."""
    scene = CodedScene(**vars(set_scene(store, keyring)))
    with store.write() as session:
        owner = StaffActor(scene.user_ids["owner"], "owner", "Owner", is_admin=False)
        for name in CODERS:
            user = accounts.create_user(session, name, name.title(), PASSWORD)
            membership.set_role(session, owner, scene.study_id, name, "coder")
            _, token = accounts.create_api_key(session, keyring, user.id, "test", list(SCOPES))
            scene.headers[name] = {"Authorization": f"Bearer {token}"}
            scene.user_ids[name] = user.id
        scene.stages = {one.key: one.id for one in studies.protocol(session, scene.study_id).stages}
        for place, name in enumerate(CODES):
            scene.codes[name] = _add_code(session, scene, name, place)
    return scene


def _add_code(session: Session, scene: CodedScene, name: str, place: int) -> UUID:
    code = Code(
        study_id=scene.study_id,
        parent_id=scene.codes.get(CODES[0]),
        name=name,
        colour="#0f7173",
        position=place,
        created_at=clock.now(),
        created_by="user:test",
    )
    session.add(code)
    session.flush()
    return code.id


@pytest.fixture
def coded(store: Database) -> CodedScene:
    """The coded scene on both kinds of database, without the web."""
    return coded_scene(store, KEYRING)


@pytest.fixture
def coding_cast(app: FastAPI, client: TestClient, cheap_passwords: None) -> CodingCast:
    """The coded scene with the application and a client."""
    scene = coded_scene(app.state.database, app.state.keyring)
    return CodingCast(**vars(scene), client=client, app=app)

"""The coded scene on a running server whose database the test can look into: what the coding page writes to."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

from playwright.sync_api import Page
from sqlalchemy import select

from app.coding.models import Code, Excerpt, HumanCoding
from app.core import clock, schema
from app.core.crypto import Keyring, load_or_create_secret
from app.core.db import Database
from app.interviews.models import Interview, Turn
from app.statements import service as statements
from app.statements.cells import Place
from app.statements.models import Statement
from app.statements.service import Utterance
from app.studies.coders import get_coder
from tests.support.coding import CodedScene, coded_scene
from tests.support.program import data_environment
from tests.support.scene import PASSWORD, SLUG
from tests.support.server import ServerProcess

LETTERS = {"疼痛": "a", "害怕": "s", "安心": "j"}
"""The last is a letter that means something else too, as long as nothing is selected."""
HELD_AT = datetime(2026, 4, 2, 2, 0, tzinfo=UTC)


@dataclass
class CodingSite:
    """A running server on SQLite with the coded scene, its codes with letters."""

    server: ServerProcess
    scene: CodedScene

    def address(self, path: str = "") -> str:
        """Return the address of a page of coding."""
        return f"{self.server.base_url}/studies/{SLUG}/coding{path}"

    def enter(self, page: Page, who: str) -> None:
        """Sign in."""
        page.goto(f"{self.server.base_url}/sign-in")
        page.fill("input[name=login]", who)
        page.fill("input[name=password]", PASSWORD)
        page.locator("main form button").last.click()
        page.wait_for_url("**/studies")

    def codings(self, who: str) -> dict[UUID, HumanCoding]:
        """Return what somebody has said, by statement."""
        coder = self.scene.coder(who)
        with self.scene.store.read() as session:
            found = session.scalars(select(HumanCoding).where(HumanCoding.coder_id == coder.id)).all()
        return {one.statement_id: one for one in found}

    def spans(self, who: str, statement_id: UUID) -> list[tuple[str, int, int]]:
        """Return name, start and end of each code that somebody put on a statement."""
        coder = self.scene.coder(who)
        query = (
            select(Code.name, Excerpt.start, Excerpt.end)
            .join(Code, Code.id == Excerpt.code_id)
            .where(Excerpt.coder_id == coder.id, Excerpt.statement_id == statement_id)
            .order_by(Excerpt.start, Excerpt.end, Code.name)
        )
        with self.scene.store.read() as session:
            return [(name, start, end) for name, start, end in session.execute(query)]

    def hold_interview(self, turns: list[tuple[str, str]], *, participant: str = "P01") -> tuple[UUID, list[UUID]]:
        """Keep an interview of (role, text); respondents' turns are statements. Returns its id and theirs in their order."""
        study_id, person, stage = self.scene.study_id, self.scene.people[participant], self.scene.stages["recovery"]
        with self.scene.store.write() as session:
            common = {"study_id": study_id, "participant_id": person}
            interview = Interview(
                **common,
                kind="interview",
                title="第二次访谈",
                held_at=HELD_AT,
                state="ready",
                created_by="user:test",
                created_at=clock.now(),
            )
            session.add(interview)
            session.flush()
            rows = [
                Turn(
                    **common,
                    interview_id=interview.id,
                    position=place,
                    speaker=role,
                    role=role,
                    origin="transcript",
                    text=text,
                    start_ms=place * 15_000,
                )
                for place, (role, text) in enumerate(turns)
            ]
            session.add_all(rows)
            session.flush()
            answers = [one for one in rows if one.role == "respondent"]
            coder = get_coder("default")
            where = Place(person, stage, None, None, None)
            said = [
                Utterance(
                    "interview",
                    one.id,
                    where,
                    HELD_AT + timedelta(seconds=one.position),
                    statements.code(coder, [("interview", one.text)]),
                )
                for one in answers
            ]
            for start in range(0, len(said), 500):
                statements.record(session, study_id, coder.version, said[start : start + 500])
            return interview.id, [one.id for one in answers]

    def statements_of(self, turns: list[UUID]) -> list[UUID]:
        """Return the statements that these turns have become, in the same order."""
        query = select(Statement.source_id, Statement.id).where(Statement.source_id.in_(turns))
        with self.scene.store.read() as session:
            found = {source: statement for source, statement in session.execute(query)}  # noqa: C416
        return [found[turn] for turn in turns]


@contextmanager
def coding_site(folder: Path) -> Iterator[CodingSite]:
    """Serve the coded scene from ``folder``."""
    store = Database(f"sqlite:///{folder / 'xinlu.db'}")
    schema.upgrade(store)
    scene = coded_scene(store, Keyring(load_or_create_secret(folder / "secret.key")))
    with store.write() as session:
        for code in session.scalars(select(Code)):
            code.shortcut = LETTERS.get(code.name)
    server = ServerProcess(data_environment(folder, None), folder).start()
    try:
        yield CodingSite(server, scene)
    finally:
        server.close()
        store.close()

"""Project files over REST, on the page, and from the command line: who gets what, and what is looked at before it is stored."""

import io
import zipfile
from pathlib import Path
from uuid import UUID

import pytest
from httpx2 import Response
from sqlalchemy import select

from app.audit.models import AuditEvent
from app.coding.models import HumanCoding
from app.core.crypto import Keyring, load_or_create_secret
from app.core.db import Database
from app.exchange.refi.importing import understand
from app.interviews.models import Interview
from app.participants.models import Consent, Participant, Reading
from app.statements.models import Statement
from app.studies import queries as studies
from tests.exchange.test_qdpx import empty_study, exported, take_in
from tests.exchange.test_qdpx_foreign import PAIN, PAINFUL, Foreign
from tests.support.coding import CodingCast, coded_scene, coding_cast
from tests.support.databases import ScratchDatabase, only_on
from tests.support.program import xinlu
from tests.support.refi_rules import broken_rules
from tests.support.scene import PASSWORD, SLUG

__all__ = ["coding_cast"]


@pytest.fixture
def blind(coding_cast: CodingCast) -> CodingCast:
    """Two statements drawn for two coders: of the first both are done, of the second only one; and one that was not drawn."""
    one, two, three = coding_cast.say(texts=("夜里肿得厉害。", "医生来电话了。", "今天好多了😀。"))
    coding_cast.give_draw([one, two], doubled=True)
    for who in ("first", "second"):
        coding_cast.assign(who, [one, two])
    coding_cast.save("first", one, -2, coding_cast.mark("疼痛", 0, 3))
    coding_cast.save("second", one, -1)
    coding_cast.save("first", two, 2, coding_cast.mark("安心", 0, 2))
    coding_cast.save("owner", three, 1)
    coding_cast.ids = (one, two, three)  # type: ignore[attr-defined]
    return coding_cast


def understood(cast: CodingCast, packed: bytes) -> dict[UUID, set[int | None]]:
    """Return the scores that stand in a project by statement."""
    with cast.store.read() as session:
        intake = understand(io.BytesIO(packed), studies.protocol(session, cast.study_id))
    return {
        one["id"]: {row["sentiment"] for row in intake.codings if row["statement_id"] == one["id"]}
        for one in intake.statements
    }


def test_what_is_coded_blind_is_not_in_the_file_of_whoever_may_not_see_it(blind: CodingCast) -> None:
    one, two, three = blind.ids  # type: ignore[attr-defined]
    answer = blind.get("/export.qdpx", who="teammate")
    assert (answer.status_code, answer.headers["xinlu-withheld-codings"]) == (200, "1")
    assert broken_rules(answer.content) == []
    assert understood(blind, answer.content) == {one: {-2, -1}, two: set(), three: {1}}
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        lines = archive.read("project.qde").decode()
    scores = [part for part in lines.split("<PlainTextSelection ") if f"of: {_source(blind, two)}" in part]
    assert len(scores) == 1
    assert "score:" not in scores[0]
    everything = exported(blind)
    assert understood(blind, everything) == {one: {-2, -1}, two: {2}, three: {1}}


def _source(cast: CodingCast, statement: UUID) -> UUID:
    with cast.store.read() as session:
        return session.get_one(Statement, (cast.study_id, statement)).source_id


def test_the_route_asks_for_role_and_scope_and_tells_who_read(blind: CodingCast) -> None:
    address = f"/api/v1/studies/{SLUG}/export.qdpx"
    assert blind.client.get(address, headers=blind.headers["viewer"]).status_code == 403
    assert blind.client.get(address, headers=blind.headers["first"]).status_code == 403
    assert blind.client.get(address, headers=blind.headers["stranger"]).status_code == 404
    assert blind.client.get(address, headers=blind.key("owner", "statements:read")).status_code == 403
    assert blind.client.get(address, headers=blind.key("owner", "export")).status_code == 200
    blind.app.state.readings.flush()
    with blind.store.read() as session:
        read = session.scalars(select(Reading).where(Reading.exported)).all()
        logged = session.scalars(select(AuditEvent.actor).where(AuditEvent.action == "project.exported")).all()
    assert [(one.participant_id, one.entries) for one in read] == [(blind.people["P01"], 3)]
    assert len(logged) == 1


def sign_in(cast: CodingCast, who: str) -> None:
    page = cast.client.get("/sign-in")
    cast.client.post("/sign-in", data={"login": who, "password": PASSWORD, "csrf_token": token(page)})


def token(page: Response) -> str:
    return page.text.split('name="csrf_token" value="', 1)[1].split('"', 1)[0]


def hand_in(cast: CodingCast, slug: str, packed: bytes, **fields: str) -> Response:
    """Post a file to the page, as its form does."""
    address = f"/studies/{slug}/settings/project"
    given = {"csrf_token": token(cast.client.get(address)), "counting": "auto", **fields}
    return cast.client.post(address, data=given, files={"file": ("p.qdpx", packed, "application/x-qdpx")})


def copy_of(cast: CodingCast) -> tuple[UUID, str]:
    copy = empty_study(cast)
    with cast.store.read() as session:
        return copy, studies.read_protocol(session, copy).study.slug


def test_a_file_is_looked_at_first_and_stored_then(blind: CodingCast) -> None:
    packed = exported(blind)
    copy, slug = copy_of(blind)
    sign_in(blind, "owner")
    unseen = hand_in(blind, slug, packed, do="import")
    assert "读懂了这些" in unseen.text
    seen = unseen.text.split('name="seen" value="', 1)[1].split('"', 1)[0]
    assert people(blind, copy) == []
    other = hand_in(blind, slug, packed, do="import", seen=seen, stage="recovery")
    assert "和预览时不一样" in other.text
    assert people(blind, copy) == []
    done = hand_in(blind, slug, packed, do="import", seen=seen)
    assert "新存：" in done.text
    assert people(blind, copy) == ["P01", "P02"]
    with blind.store.read() as session:
        agreed = session.scalars(select(Consent).where(Consent.study_id == copy)).all()
        assert {one.method for one in agreed} == {"paper"}
        assert len({one.participant_id for one in agreed}) == 2
    again = hand_in(blind, slug, packed, do="import", seen=seen)
    assert "没有新的东西" in again.text
    assert exported(blind, copy) == packed


def people(cast: CodingCast, study_id: UUID) -> list[str]:
    with cast.store.read() as session:
        return sorted(session.scalars(select(Participant.code).where(Participant.study_id == study_id)))


@only_on("sqlite")  # words and roles do not depend on the database
def test_the_page_says_what_is_wrong_and_lets_only_researchers_in(blind: CodingCast) -> None:
    _copy, slug = copy_of(blind)
    sign_in(blind, "owner")
    wrong = hand_in(blind, slug, b"not a project")
    assert (wrong.status_code, "不是 ZIP 压缩包" in wrong.text) == (422, True)
    page = blind.client.get(f"/studies/{slug}/settings/project").text
    assert f'href="/api/v1/studies/{slug}/export.qdpx"' in page
    assert blind.client.get("/sign-out").status_code in (303, 404, 405)
    blind.client.cookies.clear()
    sign_in(blind, "viewer")
    assert blind.client.get(f"/studies/{SLUG}/settings/project").status_code == 403


def test_commands_write_a_project_and_take_it_in(
    database: ScratchDatabase, store: Database, cheap_passwords: None, tmp_path: Path
) -> None:
    scene = coded_scene(store, Keyring(load_or_create_secret(database.data_dir / "secret.key")))
    ids = scene.say(texts=("夜里肿😀得厉害。", "好多了。"))
    scene.save("owner", ids[0], -1, scene.mark("害怕", 2, 4))
    copy = empty_study(scene)
    with store.read() as session:
        slug = studies.read_protocol(session, copy).study.slug
    first, second = tmp_path / "first.qdpx", tmp_path / "second.qdpx"
    said = xinlu("export", SLUG, "--format", "qdpx", "-o", str(first), env=database.env).stdout
    assert "里面有所有人的编码" in said
    shown = xinlu("import", "qdpx", str(first), "--study", slug, "--preview", env=database.env).stdout
    assert "这是心路导出的项目" in shown
    assert people_of(store, copy) == 0
    stored = xinlu("import", "qdpx", str(first), "--study", slug, env=database.env).stdout
    assert "新存：" in stored
    assert "没有新的东西" in xinlu("import", "qdpx", str(first), "--study", slug, env=database.env).stdout
    xinlu("export", slug, "--format", "qdpx", "-o", str(second), env=database.env)
    assert first.read_bytes() == second.read_bytes()
    taken = xinlu("export", slug, "--format", "qdpx", "-o", str(second), env=database.env, check=False)
    assert (taken.returncode, "写不了这个文件" in taken.stderr) == (1, True)


def people_of(store: Database, study_id: UUID) -> int:
    with store.read() as session:
        return len(session.scalars(select(HumanCoding).where(HumanCoding.study_id == study_id)).all())


def test_every_page_of_a_study_that_was_taken_in_opens(blind: CodingCast) -> None:
    foreign = Foreign().code(PAINFUL, PAIN, memo="长" * 3000).packed()
    copy, slug = copy_of(blind)
    take_in(blind, copy, exported(blind))
    take_in(blind, copy, foreign, stage="recovery")
    sign_in(blind, "owner")
    for page in (
        "",
        "/interviews",
        "/coding",
        "/codebook",
        "/draws",
        "/agreement",
        "/reading",
        "/participants",
        "/scenes",
    ):
        answer = blind.client.get(f"/studies/{slug}{page}", follow_redirects=True)
        assert answer.status_code == 200, page
    with blind.store.read() as session:
        talk = session.scalars(select(Interview.id).where(Interview.study_id == copy)).one()
        said = session.scalars(select(Statement).where(Statement.study_id == copy)).all()
    assert blind.client.get(f"/studies/{slug}/interviews/{talk}").status_code == 200
    for one in said:
        answer = blind.client.get(f"/api/v1/studies/{slug}/statements/{one.id}/coding", headers=blind.headers["owner"])
        assert answer.status_code == 200
    assert blind.client.get(f"/api/v1/studies/{slug}/curve.json", headers=blind.headers["owner"]).status_code == 200

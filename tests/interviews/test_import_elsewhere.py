"""Transcripts taken in over REST and at the command line, and who may read or change them."""

import json
from pathlib import Path
from typing import Any

import pytest
from httpx2 import Response
from sqlalchemy import func, select

from app.accounts.actors import StaffActor
from app.audit.models import AuditEvent
from app.interviews.models import Interview, Turn
from app.participants import consents
from app.participants.models import Participant
from app.statements.models import Statement
from app.studies import membership
from tests.support.cast import Cast
from tests.support.databases import ScratchDatabase
from tests.support.program import xinlu
from tests.support.scene import SLUG

FIXTURES = Path(__file__).parent / "fixtures"
TEXT = "访谈者：您好？\n受访者：回家以后头一晚特别疼。\n访谈者：后来呢？\n受访者：后来推荐给朋友了，真高兴。\n"
ADDRESS = f"/api/v1/studies/{SLUG}"


def post(cast: Cast, *, who: str = "owner", **changes: Any) -> Response:
    body = {"participant": "P01", "text": TEXT, "held_on": "2026-05-02", **changes}
    return cast.client.post(f"{ADDRESS}/interviews", json=body, headers=cast.headers[who])


def put(cast: Cast, turn: dict[str, Any], stage: str | None, *, who: str = "owner", **more: Any) -> Response:
    if_match = {"If-Match": more.pop("if_match", f'"{turn["version"]}"')}
    body = {"stage": stage, **more}
    return cast.client.put(f"{ADDRESS}/turns/{turn['id']}/stage", json=body, headers=cast.headers[who] | if_match)


def test_a_program_takes_a_transcript_in_reads_it_and_stages_it(cast: Cast) -> None:
    made = post(cast, speakers={"访谈者": "interviewer", "受访者": "respondent"})
    assert made.status_code == 201, made.text
    assert post(cast).json() == {**made.json(), "created": False}
    assert post(cast).status_code == 200
    (listed,) = cast.get("/interviews").json()["rows"]
    assert (listed["participant"], listed["answers"], listed["confirmed"]) == ("P01", 2, 0)
    address = f"/interviews/{made.json()['id']}"
    page = cast.get(f"{address}?limit=3").json()
    assert page["next"] == 3
    assert [turn["role"] for turn in page["turns"]] == ["interviewer", "respondent", "interviewer"]
    turn = page["turns"][1]
    assert turn["proposed_stage"] == "recovery"
    staged = put(cast, turn, "recovery", touchpoint="night_alone")
    assert staged.json() == {"id": turn["id"], "stage": "recovery", "touchpoint": "night_alone", "version": 2}
    assert put(cast, turn, "recovery", touchpoint="night_alone").status_code == 200, "the same once more"
    late = put(cast, turn, "visit")
    assert (late.status_code, late.json()["code"]) == (412, "turn_changed")
    shown = cast.get(address).json()["turns"][1]
    assert (shown["stage"], shown["touchpoint"], shown["confirmed"]) == ("recovery", "night_alone", True)
    quotes = cast.get("/quotes?by=stage&key=recovery").json()
    assert shown["statement"] in json.dumps(quotes)


def test_what_is_wrong_has_its_code(cast: Cast) -> None:
    assert post(cast, participant="P99").json()["errors"][0]["field"] == "new"
    assert post(cast, text=" ").json()["code"] == "transcript_unreadable"
    assert post(cast, text="好\n" * 20_001).json()["code"] == "transcript_too_large"
    assert post(cast, speakers={"访谈者": "boss"}).status_code == 422
    page = cast.get(f"/interviews/{post(cast).json()['id']}").json()
    asked, answered = page["turns"][:2]
    assert put(cast, asked, "recovery").json()["code"] == "turn_not_staged"
    assert put(cast, answered, "nowhere").json()["code"] == "stage_unknown"
    assert put(cast, answered, "visit", touchpoint="night_alone").json()["code"] == "stage_unknown"
    bare = cast.client.put(
        f"{ADDRESS}/turns/{answered['id']}/stage", json={"stage": None}, headers=cast.headers["owner"]
    )
    assert bare.status_code == 428
    with cast.store.read() as session:
        assert session.scalar(select(func.count()).select_from(Statement)) == 0


def test_each_of_the_staff_may_do_what_their_role_allows(cast: Cast) -> None:
    address = f"/interviews/{post(cast, who='teammate').json()['id']}"
    turn = cast.get(address).json()["turns"][1]
    assert cast.get(address, who="viewer").status_code == 403
    assert cast.get(address, who="stranger").status_code == 404
    assert post(cast, who="viewer").status_code == 403
    assert put(cast, turn, "recovery", who="viewer").status_code == 403
    assert put(cast, turn, "recovery", who="stranger").status_code == 404
    reader = cast.key("owner", "statements:read")
    assert cast.client.get(f"{ADDRESS}{address}", headers=reader).status_code == 200
    assert cast.client.post(f"{ADDRESS}/interviews", json={}, headers=reader).status_code == 403
    with cast.store.read() as session:
        told = session.scalars(select(AuditEvent.detail).where(AuditEvent.action == "interview.imported")).one()
    assert "疼" not in json.dumps(told, ensure_ascii=False)


def test_care_staff_read_interviews_of_people_who_agreed_to_it(cast: Cast) -> None:
    address = f"/interviews/{post(cast).json()['id']}"
    owner = StaffActor(cast.user_ids["owner"], "owner", "Owner", False)
    with cast.store.write() as session:
        membership.set_role(session, owner, cast.study_id, "stranger", "care")
    assert cast.get("/interviews", who="stranger").json()["rows"] == []
    assert cast.get(address, who="stranger").status_code == 404
    with cast.store.write() as session:
        person = session.get_one(Participant, (cast.study_id, cast.people["P01"]))
        consents.give_consent(session, "user:test", person, ["diary", "care"], version=1, method="paper")
    assert len(cast.get("/interviews", who="stranger").json()["rows"]) == 1
    turn = cast.get(address, who="stranger").json()["turns"][1]
    assert put(cast, turn, "recovery", who="stranger").status_code == 403


@pytest.fixture
def env(cast: Cast, database: ScratchDatabase) -> dict[str, str]:
    return dict(database.env)


def test_the_command_imports_once_and_says_what_it_understood(cast: Cast, env: dict[str, str]) -> None:
    file = str(FIXTURES / "dental_implant.txt")
    common = ("import", "interview", file, "--study", SLUG, "--participant")
    seen = xinlu(*common, "P01", "--preview", env=env)
    assert "62 段话" in seen.stderr
    with cast.store.read() as session:
        assert session.scalar(select(func.count()).select_from(Interview)) == 0
    done = xinlu(*common, "N07", "--held-on", "2026-05-02", "--accept-stages", env=env)
    assert "导入了 62 段话" in done.stdout
    assert "可以可以" not in done.stdout + done.stderr, "no words of people on a terminal"
    assert "以前导入过" in xinlu(*common, "N07", env=env).stdout
    with cast.store.read() as session:
        assert session.scalar(select(func.count()).select_from(Turn)) == 62
        assert (session.scalar(select(func.count()).select_from(Statement)) or 0) >= 25
    other = str(FIXTURES / "property_repair.txt")
    known = xinlu(
        "import", "interview", other, "--study", SLUG, "--participant", "N99", "--known-only", env=env, check=False
    )
    assert known.returncode == 1
    assert "研究里没有这个编号" in known.stderr

"""A transcript taken in through the workbench, as a person posts it: chosen or pasted, looked at, imported, staged."""

import io
import re
from html import unescape
from pathlib import Path

import pytest
from httpx2 import Response
from sqlalchemy import func, select
from starlette.testclient import TestClient

from app.interviews.models import Interview, Turn
from app.statements.models import Statement
from tests.support.cast import Cast
from tests.support.scene import PASSWORD, SLUG
from tests.support.staff import csrf_of, sign_in

FIXTURES = Path(__file__).parent / "fixtures"
BASE = f"/studies/{SLUG}/interviews"
HIDDEN = re.compile(r'<input type="hidden" name="(packed|name|format|encoding|csrf_token)" value="([^"]*)">')
SPEAKER = re.compile(r'<input type="hidden" name="speaker" value="([^"]*)">')
STAGED = re.compile(
    r'name="turn" value="([^"]+)"><input type="hidden" name="version" value="(\d+)">'
    r'<input type="hidden" name="touchpoint" value="([^"]*)">\s*<select name="stage"(.*?)</select>',
    re.DOTALL,
)
CHOSEN = re.compile(r'<option value="([^"]+)"[^>]* selected>')


@pytest.fixture
def owner(cast: Cast) -> TestClient:
    assert sign_in(cast.client, "owner", PASSWORD).status_code == 303
    return cast.client


def upload(client: TestClient, raw: bytes, name: str) -> Response:
    token = csrf_of(client.get(f"{BASE}/import"))
    return client.post(f"{BASE}/import", data={"csrf_token": token}, files={"file": (name, io.BytesIO(raw))})


def paste(client: TestClient, text: str) -> Response:
    token = csrf_of(client.get(f"{BASE}/import"))
    return client.post(f"{BASE}/import", data={"csrf_token": token, "text": text})


def carried(page: Response) -> dict[str, str | list[str]]:
    """Return what a preview carries to its next step, every speaker with the part that is chosen."""
    fields: dict[str, str | list[str]] = {name: unescape(value) for name, value in HIDDEN.findall(page.text)}
    table = page.text[page.text.index("<tbody>") : page.text.index("</tbody>")]
    fields["speaker"] = [unescape(name) for name in SPEAKER.findall(table)]
    fields["role"] = CHOSEN.findall(table)
    return fields


def go_on(client: TestClient, page: Response, **changes: str | list[str]) -> Response:
    given = {"participant": "P01", "held_on": "2026-05-02", "do": "import", **carried(page), **changes}
    return client.post(f"{BASE}/import/confirm", data=given)


def stages_of(page: Response) -> dict[str, list[str]]:
    """Return the fields of the staging form, as they stand."""
    fields: dict[str, list[str]] = {"turn": [], "version": [], "touchpoint": [], "stage": []}
    for turn, version, touchpoint, options in STAGED.findall(page.text):
        for name, value in zip(fields, (turn, version, touchpoint, CHOSEN.findall(options)[0]), strict=True):
            fields[name].append(value)
    return fields


def count(cast: Cast, model: type[Interview] | type[Turn] | type[Statement]) -> int:
    with cast.store.read() as session:
        return session.scalar(select(func.count()).select_from(model)) or 0


def test_from_an_empty_list_to_statements(cast: Cast, owner: TestClient) -> None:
    assert "还没有访谈" in owner.get(BASE).text
    raw = (FIXTURES / "dental_implant.txt").read_text("utf-8").replace("\n", "\r\n").encode("gb18030")
    page = upload(owner, raw, "dental_implant.txt")
    assert page.status_code == 200
    for words in ("读懂了 62 段话", "GB18030", "31 段", "读到的样子", "0:05"):
        assert words in page.text, words
    assert count(cast, Interview) == 0, "nothing is stored before it is imported"

    first = go_on(owner, page)
    assert first.status_code == 303
    interview = first.headers["location"].partition("?")[0]
    again = go_on(owner, page)
    assert again.headers["location"] == f"{interview}?done=known"
    assert (count(cast, Interview), count(cast, Turn)) == (1, 62)
    assert "dental_implant" in owner.get(BASE).text

    staging = owner.get(interview)
    assert "受访者说了 31 段，归好 0 段" in staging.text
    fields = stages_of(staging)
    assert len(fields["turn"]) == 30, "sixty turns a page"
    token = csrf_of(staging)
    one = owner.post(f"{interview}/stages", data={**fields, "do": fields["turn"][2], "csrf_token": token})
    assert one.status_code == 303
    assert count(cast, Statement) == 1
    owner.post(f"{interview}/stages", data={**fields, "do": "all", "csrf_token": token})
    out = fields["stage"].count("out")
    assert count(cast, Statement) == 30 - out
    assert "受访者说了 31 段，归好 30 段" in owner.get(interview).text
    stale = owner.post(
        f"{interview}/stages",
        data={**fields, "stage": [fields["stage"][5]] * 30, "do": "all", "csrf_token": token},
    )
    assert "别人刚改过" in owner.get(stale.headers["location"]).text


def test_what_is_wrong_is_said_and_nothing_is_lost(cast: Cast, owner: TestClient) -> None:
    page = paste(
        owner, "说话人1 00:00:01\n您好？\n说话人2 00:00:04\n您好，很疼。\n小周：我在。\n说话人1 00:00:09\n嗯？"
    )
    assert "拿不准" in page.text, "a label that stands once is asked about"
    refused = go_on(owner, page, participant="P99")
    assert refused.status_code == 422
    assert "研究里没有这个编号" in refused.text
    told = carried(refused)
    told["role"] = ["interviewer", "respondent", "other"]
    looked = go_on(owner, refused, **told, do="look", participant="P99")
    assert "读懂了 4 段话" in looked.text
    assert 'value="P99"' in looked.text
    done = go_on(owner, looked, participant="P99", new="1", paper="1")
    assert done.status_code == 303, done.text
    with cast.store.read() as session:
        turns = session.scalars(select(Turn).order_by(Turn.position)).all()
    assert [(turn.speaker, turn.role) for turn in turns] == [
        ("说话人1", "interviewer"),
        ("说话人2", "respondent"),
        ("小周", "other"),
        ("说话人1", "interviewer"),
    ]


def test_files_that_are_no_transcript_are_refused_in_words(owner: TestClient) -> None:
    assert "PDF" in upload(owner, b"%PDF-1.7 ...", "a.txt").text
    assert "还没有转成文字" in upload(owner, b"ID3\x04" + bytes(100), "a.mp3").text
    assert upload(owner, b"", "a.txt").status_code == 422
    assert upload(owner, b"a" * (9 * 1024 * 1024), "a.txt").status_code == 413
    assert paste(owner, "   ").status_code == 422
    token = csrf_of(owner.get(f"{BASE}/import"))
    forged = owner.post(f"{BASE}/import/confirm", data={"csrf_token": token, "packed": "eJw", "do": "import"})
    assert forged.status_code == 422


def test_ten_thousand_turns_come_in_through_the_page(cast: Cast, owner: TestClient) -> None:
    text = "\n".join(
        f"{'访谈者' if n % 2 else '受访者'}：第 {n} 段，今天有点疼，不过比昨天好一些，夜里醒了两次。"
        for n in range(10_000)
    )
    page = upload(owner, text.encode(), "long.txt")
    assert "读懂了 10000 段话" in page.text
    assert go_on(owner, page).status_code == 303
    assert count(cast, Turn) == 10_000
    last = owner.get(f"{BASE}/{_only(cast)}?page=167")
    assert "第 167 页，共 167 页" in last.text


def test_settings_words_and_removal(cast: Cast, owner: TestClient) -> None:
    page = paste(owner, "访谈者：您好？\n受访者：回家以后夜里很疼。\n受访者：推荐给朋友了。")
    interview = go_on(owner, page, title="第一次").headers["location"].partition("?")[0]
    staging = owner.get(interview)
    fields, token = stages_of(staging), csrf_of(staging)
    stage = re.findall(r'<option value="([0-9a-f-]{36})"', staging.text)[0]
    owner.post(f"{interview}/stages", data={**fields, "stage": [stage] * 2, "do": "all", "csrf_token": token})
    turn = fields["turn"][0]
    mended = owner.post(f"{interview}/turns/{turn}", data={"csrf_token": token, "version": "2", "text": "不疼了。"})
    assert mended.status_code == 303
    assert "不疼了。" in owner.get(interview).text
    late = owner.post(f"{interview}/turns/{turn}", data={"csrf_token": token, "version": "2", "text": "别的"})
    assert late.status_code == 412
    assert "别的" in late.text, "what was typed is still there"
    owner.post(f"{interview}/settings", data={"csrf_token": token, "version": "1", "title": "改过的名字"})
    assert "改过的名字" in owner.get(BASE).text
    roles = {"speaker": ["受访者"], "role": ["other"], "version": "2", "csrf_token": token}
    assert owner.post(f"{interview}/speakers", data=roles).status_code == 303
    assert owner.post(f"{interview}/speakers", data=roles).status_code == 412
    asked = owner.get(f"{interview}/delete")
    assert "3 段话" in asked.text
    gone = owner.post(f"{interview}/delete", data={"csrf_token": token, "version": "3"})
    assert gone.headers["location"] == f"{BASE}?done=deleted"
    assert (count(cast, Interview), count(cast, Statement)) == (0, 0)


def _only(cast: Cast) -> str:
    with cast.store.read() as session:
        return str(session.scalars(select(Interview.id)).one())

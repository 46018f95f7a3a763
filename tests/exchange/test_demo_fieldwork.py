"""The bank's demo goes on where diaries end: interviews, observations, a draw, two coders, and what they settled."""

import csv
import re
from typing import Any

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from app.accounts.actors import SCOPES
from app.accounts.queries import user_by_login
from app.accounts.service import create_api_key
from app.exchange.demo import load_template
from app.exchange.demo_access import TemplateDemo
from app.exchange.demo_coders import LEFT_OPEN
from app.exchange.demo_studies import DEMOS
from tests.support.databases import only_on
from tests.support.staff import sign_in

# One kind: what is stored is stored by services that are tested on both.
one_kind = only_on("sqlite")

SPEAKS = re.compile(r"^说话人[12] \d\d:\d\d:\d\d$|^(?:访谈者|受访者)：")


class Shown:
    """The bank's demo, by page and by key."""

    def __init__(self, app: FastAPI, client: TestClient) -> None:
        self.app, self.client = app, client
        self.demo = self.load()
        with app.state.database.write() as session:
            user = user_by_login(session, self.demo.staff["login"])
            assert user is not None
            self.key = create_api_key(session, app.state.keyring, user.id, "test", list(SCOPES), by="cli")[1]
        sign_in(client, self.demo.staff["login"], self.demo.staff["password"])

    def load(self) -> TemplateDemo:
        return load_template(self.app.state.database, self.app.state.settings, self.app.state.keyring, "bank")

    def told(self, path: str) -> Any:
        headers = {"Authorization": f"Bearer {self.key}"}
        answer = self.client.get(f"/api/v1/studies/{self.demo.study}{path}", headers=headers)
        assert answer.status_code == 200, (path, answer.text)
        return answer.json()

    def rows(self, path: str) -> list[Any]:
        told = self.told(f"{path}?limit=500")
        assert told["next"] is None
        return list(told["rows"])

    def words(self, path: str) -> str:
        page = self.client.get(f"/studies/{self.demo.study}{path}")
        assert page.status_code == 200, path
        return " ".join(re.sub(r"<[^>]+>", " ", page.text).split())


@pytest.fixture
def bank(app: FastAPI, client: TestClient, cheap_passwords: None) -> Shown:
    return Shown(app, client)


@one_kind
def test_the_bank_was_listened_to_walked_through_and_coded(bank: Shown) -> None:
    talked(bank)
    coded(bank)
    before = counted(bank)
    bank.load()
    assert counted(bank) == before


def talked(bank: Shown) -> None:
    """Two interviews, staged; a guide; and what the team saw, in a curve of its own."""
    talks = {one["participant"]: one for one in bank.rows("/interviews")}
    assert {"B01", "B11"} <= talks.keys()
    assert bank.told("/guide")["version"] == 1
    said = bank.words("/interviews")
    assert "存单到期以后" in said
    assert said.count("都归好了") == 3
    assert "可我还是我呀" in bank.words(f"/interviews/{talks['B01']['id']}")
    assert "前面一位老人按了三次“返回”" in bank.words("/observations")
    people = {source: by_stage(bank, source, "n_participants") for source in ("diary", "interview", "observer")}
    assert people["diary"]["arriving"] == 16
    assert people["interview"]["arriving"] == 2
    assert people["observer"] | {"arriving": 0, "counter": 0} == dict.fromkeys(people["diary"], 0)
    both = by_stage(bank, "", "n_entries")
    parts = [by_stage(bank, source, "n_entries") for source in ("diary", "interview")]
    assert both == {stage: sum(part[stage] for part in parts) for stage in both}


def coded(bank: Shown) -> None:
    """Two blind coders on a draw with its probabilities; one codebook for diaries and interviews; differences settled."""
    codings = bank.rows("/codings")
    staff = [one for one in codings if one["coder_kind"] == "staff"]
    assert {one["coder_name"] for one in staff} == {"编码员甲", "编码员乙"}
    assert all(one["blind"] and 0 < one["probability"] <= 1 for one in staff)
    drawn = bank.rows("/draws")
    assert {one["probability"] for one in drawn} == {1.0, 0.9}
    assert 0.1 < sum(one["places"] == 2 for one in drawn) / len(drawn) < 0.5
    alpha = bank.told("/agreement")["sentiment"]["figures"]["alpha"]
    assert alpha["lower"] < alpha["value"] <= alpha["upper"]
    assert alpha["value"] > 0.6
    settled = {one["statement"] for one in codings if one["coder_kind"] == "consensus"}
    assert settled
    assert bank.words("/adjudicate").count("编码员甲") >= LEFT_OPEN
    curve = {one["key"]: one for one in bank.told("/curve")["points"]}
    assert bank.told("/curve")["corrected"]
    assert curve["mobile"]["n_coded"] > curve["mobile"]["n_coded_participants"] == 16
    assert "校正改变了多少" in bank.words("")
    start = bank.words("/coding")
    assert "段还没确认阶段" not in start, "what is no part of the journey waits for nobody"
    assert start.count("观察 1") == 2, "an observation is no diary"
    assert "只编还没有人带、想要人带的地方" in bank.words("/reading/memos")


def by_stage(bank: Shown, source: str, figure: str) -> dict[str, int]:
    points = bank.told(f"/curve?score=model{f'&source={source}' if source else ''}")["points"]
    return {one["key"]: one[figure] for one in points}


def counted(bank: Shown) -> list[int]:
    return [len(bank.rows(path)) for path in ("/interviews", "/codings", "/draws")]


def test_what_was_said_and_coded_is_written_for_it() -> None:
    folder = DEMOS["bank"].folder
    for name in ("interview-B01.txt", "interview-B11.txt"):
        lines = (folder / name).read_text(encoding="utf-8").splitlines()
        assert 25 <= sum(bool(SPEAKS.match(line)) for line in lines) <= 40, name
        assert not any(re.search(r"\d{7}", line) for line in lines), "no numbers of people or cards"
    with (folder / "codes.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    apart = sum(row["first"] != row["second"] for row in rows) / len(rows)
    assert 0.1 < apart < 0.3
    assert all(row["decided"] for row in rows if row["first"] != row["second"])

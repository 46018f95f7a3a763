"""The demos of the templates: each loads once, as a user's own sheets would, and shows what it is good for over the API."""

import csv
import json
import re
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pytest
from fastapi import FastAPI
from httpx2 import Response
from starlette.testclient import TestClient

from app.accounts.actors import SCOPES
from app.accounts.queries import user_by_login
from app.accounts.service import create_api_key
from app.exchange.demo import load_template
from app.exchange.demo_studies import DEMOS
from app.studies.errors import UnknownTemplate
from app.studies.study_templates import study_templates
from tests.support.databases import ScratchDatabase, only_on
from tests.support.program import xinlu
from tests.support.staff import sign_in

# One kind: what is stored is stored by services that are tested on both; here it is what the words come to.
one_kind = only_on("sqlite")


@dataclass
class Told:
    """A demo as programs are told of it."""

    client: TestClient
    headers: Mapping[str, str]
    slug: str
    staff: Mapping[str, str]

    def __call__(self, path: str) -> Any:
        answer: Response = self.client.get(f"/api/v1/studies/{self.slug}{path}", headers=self.headers)
        assert answer.status_code == 200, (path, answer.text)
        return answer.json()

    def page(self, path: str) -> str:
        """What its account sees of a page."""
        sign_in(self.client, self.staff["login"], self.staff["password"])
        return self.client.get(f"/studies/{self.slug}{path}").text

    def stages(self, query: str = "") -> dict[str, float]:
        """The curve's estimate by stage."""
        return {one["key"]: one["estimate"] for one in self(f"/curve{query}")["points"] if one["estimate"] is not None}


def dental(told: Told) -> None:
    assert "recovery" in told("/curve")["valley"]
    assert told("/support")["mismatches"] == ["recovery"]
    touchpoints = {one["key"]: one["facts"] for one in told("/touchpoints")["touchpoints"]}
    first = touchpoints["awareness/article"]["first"]["value"] + touchpoints["awareness/reviews"]["first"]["value"]
    assert first > 0.7
    assert touchpoints["consideration/doctor_team"]["use"]["value"] == 0.15
    assert touchpoints["consideration/self_search"]["use"]["value"] > 0.6
    again = told("/lifecycle?split=support")["repurchase"]
    assert round(again["ratio"], 1) == 2.1
    assert again["observational"]
    assert again["lower"] < again["ratio"] < again["upper"]
    results = {one["name"]: one for one in told("/results")}
    assert round(results["预约转化"]["effect"]["relative"]["estimate"], 2) == 0.18
    assert [step["reached"] for step in told("/insights")["funnel"]] == [5, 4, 3, 2, 1]
    checks = {one["key"]: one["passes"] for one in told("/self-check")["checks"]}
    assert checks["coherence"]
    assert not checks["specificity"]


def joint(told: Told) -> None:
    stages = told.stages()
    assert min(stages, key=stages.__getitem__) == "home_rehab"
    assert told("/support")["mismatches"] == ["home_rehab"]
    assert {"origin": "ward", "target": "home_rehab"}.items() <= fallen(told)[0].items()
    calls = told("/follow-ups?state=all")["rows"]
    assert {one["participant"] for one in calls if one["urgent"]} == {"G04", "G12"}
    assert all(one["state"] == "closed" and one["alerts"][0]["stage"] == "home_rehab" for one in calls)
    reached = [one for one in calls if one["contacted_at"]]
    assert (len(calls), len(reached)) == (10, 5)
    assert all(told(f"/follow-ups/{one['id']}")["later"] for one in reached)
    people = told("/participants")["rows"]
    agreed = {one["code"] for one in people if "care" in one["consent"]["purposes"]}
    assert agreed == {one["participant"] for one in calls if one["contacts"]}, (
        "whom care staff may not see, nobody called"
    )
    after = told("/care/after")
    mood = after["measures"][0]
    assert (after["n_followed"], after["n_others"]) == (5, 5)
    assert mood["followed"]["change"]["value"] > mood["others"]["change"]["value"] > 0, "low moments rise by themselves"
    assert not mood["clear"], "of so few people nothing can be told"


def property_service(told: Told) -> None:
    stages = told.stages()
    assert min(stages, key=stages.__getitem__) == "waiting"
    insights = told("/insights")["insights"]
    assert [one["title"][:6] for one in insights if one["state"] == "measured"] == ["响应时间过长"]
    assert any(one["title"].startswith("沟通不畅") for one in insights)
    assert {one["improved"] for one in told("/results")} == {True}


def parcel(told: Told) -> None:
    stages = told.stages()
    assert min(stages, key=stages.__getitem__) == "waybill"
    ecosystem = told("/touchpoints")
    assert ecosystem["silent"] == ["waybill/mini_program"]
    form = next(one for one in ecosystem["touchpoints"] if one["key"] == "waybill/mini_program")
    assert form["facts"]["complaint"]["value"] < 0.01
    assert ("tracking", "station") in {
        (edge["origin"].partition("/")[2], edge["target"].partition("/")[2]) for edge in fallen(told)
    }


def bank(told: Told) -> None:
    old, young = told.stages("?segment=年龄段:65岁及以上"), told.stages("?segment=年龄段:18-34岁")
    assert min(old, key=old.__getitem__) == "mobile"
    assert min(young, key=young.__getitem__) == "arriving"
    segments = {one["segment"]: one for one in told("/segments")["segments"]}
    apart = {one["key"]: one for one in segments["年龄段:65岁及以上"]["differences"]}
    assert apart["mobile"]["upper"] < 0 < apart["arriving"]["lower"]


def retail(told: Told) -> None:
    assert ("ordering", "pickup") in {(edge["origin"], edge["target"]) for edge in fallen(told)}
    priorities = told("/priorities")
    assert priorities["lacking"] == ""
    assert priorities["p"] < 0.05
    agreement = told("/priorities?by=touchpoint")["agreement"]
    assert agreement["spearman_lower"] < agreement["spearman"] < agreement["spearman_upper"]


def contact_centre(told: Told) -> None:
    effort = told("/effort")
    assert (effort["before"], effort["after"]) == ("as_is", "to_be")
    assert effort["overall"]["change"]["reported"]["upper"] < 0
    before, after = told.stages("?wave=as_is"), told.stages("?wave=to_be")
    assert all(after[stage] > before[stage] for stage in ("reaching", "talking", "waiting"))
    maps = {one["kind"]: one for one in told("/maps")}
    assert maps["to_be"]["as_is"] == maps["as_is"]["id"]
    assert told(f"/maps/{maps['to_be']['id']}/comparison")
    # Of everybody "trigger" is low, and nothing is done there; before the change, the map's own time, it was not.
    assert told("/support")["mismatches"] == ["trigger"]
    assert "没有支持" not in told.page(f"/map?map={maps['as_is']['id']}")
    assert (
        "没有支持"
        not in told.client.get(f"/api/v1/studies/{told.slug}/maps/{maps['as_is']['id']}.svg", headers=told.headers).text
    )


def telecom(told: Told) -> None:
    paradox = told("/paradox")
    assert paradox["flagged"]
    assert "referral" in paradox["contrary"]
    stayed = next(one for one in told("/outcomes") if one["key"] == "stayed")
    assert stayed["whole"]["clear"]
    assert stayed["whole"]["lower"] > 1
    assert stayed["segments"]


def fallen(told: Told) -> list[dict[str, Any]]:
    """Steps of the road that fall beyond chance, between stages and between touchpoints."""
    steps = told("/transitions")
    return [edge for edge in (*steps["stages"], *steps["touchpoints"]) if edge["falls"]]


SHAPES: Mapping[str, Callable[[Told], None]] = {
    "dental_implant": dental,
    "joint_replacement": joint,
    "property_service": property_service,
    "parcel_delivery": parcel,
    "bank": bank,
    "retail": retail,
    "contact_centre": contact_centre,
    "telecom": telecom,
}


@pytest.fixture
def load(app: FastAPI, client: TestClient, cheap_passwords: None) -> Callable[[str], Told]:
    """Loads a demo; its account reads it by a key."""
    database, keyring = app.state.database, app.state.keyring

    def loaded(key: str) -> Told:
        shown = load_template(database, app.state.settings, keyring, key)
        with database.write() as session:
            user = user_by_login(session, shown.staff["login"])
            assert user is not None
            token = create_api_key(session, keyring, user.id, "test", list(SCOPES), by="cli")[1]
        return Told(client, {"Authorization": f"Bearer {token}"}, shown.study, shown.staff)

    return loaded


@one_kind
@pytest.mark.parametrize("key", SHAPES)
def test_a_demo_shows_what_it_is_good_for_and_is_loaded_once(load: Callable[[str], Told], key: str) -> None:
    load(key)
    told = load(key)
    SHAPES[key](told)
    assert [len(told(f"/{rows}")) for rows in ("improvements", "results")] == [
        len(DEMOS[key].team.improvements),
        len(DEMOS[key].team.results),
    ]
    assert any(step["standing"] == "done" for step in told("/programme")["steps"])
    with pytest.raises(UnknownTemplate):
        load("blank")


@one_kind
def test_the_command_says_where_a_demo_stands(database: ScratchDatabase) -> None:
    said_of_it = xinlu("demo", "--template", "bank", "--json", env={**database.env, "PORT": "8123"})
    told = json.loads(said_of_it.stdout)
    assert list(told) == ["template", "study", "title", "address", "staff", "participants", "stages"]
    assert told["address"] == "http://127.0.0.1:8123/studies/demo-bank"
    assert told["staff"]["password"] == json.loads((database.data_dir / "demo.json").read_text())["password"]
    assert len(told["participants"]) == 16


def test_every_journey_has_a_demo_whose_words_are_its_own() -> None:
    assert set(DEMOS) == set(SHAPES) == set(study_templates()) - {"blank"}
    texts = Counter(text for demo in DEMOS.values() for text in said(demo.key))
    assert [text for text, n in texts.items() if n > 1] == []
    for key, demo in DEMOS.items():
        assert "不是真人的" in demo.description
        assert len(said(key)) >= 80
        assert all(4 <= len(text) <= 140 for text in said(key)), key
        assert not any(re.search(r"\d{7}", text) for text in said(key)), "no numbers of people or parcels"


def said(key: str) -> list[str]:
    with (DEMOS[key].folder / "diaries.csv").open(encoding="utf-8", newline="") as file:
        return [row["text"] for row in csv.DictReader(file)]

"""A study's interview guide: proposed from its stages, published in versions that stay, never over somebody else's."""

import html
import re
from threading import Barrier, Thread
from typing import Any

from httpx2 import Response
from starlette.testclient import TestClient

from app.interviews import guides
from app.interviews.guide_errors import GuideChanged
from app.interviews.guide_schemas import GuideIn
from app.studies import queries as studies
from tests.support.cast import Cast
from tests.support.scene import PASSWORD, SLUG
from tests.support.staff import csrf_of, sign_in

PAGE = f"/studies/{SLUG}/interviews/guide"


def form_of(page: Response) -> dict[str, Any]:
    """Return the form of the guide's page as a browser would send it back."""

    def areas(name: str) -> list[str]:
        return [html.unescape(one) for one in re.findall(rf'name="{name}"[^>]*>(.*?)</textarea>', page.text, re.DOTALL)]

    def hidden(name: str) -> list[str]:
        return re.findall(rf'name="{name}" value="([^"]+)"', page.text)

    given = {"key": hidden("key"), "stage": hidden("stage"), "text": areas("text"), "probes": areas("probes")}
    return {**given, "version": hidden("version")[0], "csrf_token": csrf_of(page)}


def signed_in(cast: Cast, who: str) -> TestClient:
    sign_in(cast.client, who, PASSWORD)
    return cast.client


def stages_in_order(form: dict[str, Any]) -> list[str]:
    return list(dict.fromkeys(form["stage"]))


def test_the_first_guide_is_proposed_from_the_stages_and_published_as_version_one(cast: Cast) -> None:
    client = signed_in(cast, "owner")
    proposal = form_of(client.get(PAGE))
    assert stages_in_order(proposal) == [
        "awareness",
        "consideration",
        "booking",
        "visit",
        "treatment",
        "recovery",
        "sharing",
    ]
    assert "“知晓”" in proposal["text"][0]
    assert "公众号文章" in proposal["probes"][0]
    published = client.post(PAGE, data={**proposal, "do": "publish"})
    assert (published.status_code, published.headers["location"]) == (303, f"{PAGE}?saved=1")
    found = cast.get("/guide")
    assert found.json()["version"] == 1
    assert found.headers["etag"] == '"1"'
    assert [one["text"] for one in found.json()["questions"]] == proposal["text"]
    # The same again is no second version.
    client.post(PAGE, data={**form_of(client.get(PAGE)), "do": "publish"})
    assert cast.get("/guide").json()["version"] == 1


def test_questions_are_added_moved_and_removed_without_scripts(cast: Cast) -> None:
    client = signed_in(cast, "owner")
    first = form_of(client.get(PAGE))
    down = form_of(client.post(PAGE, data={**first, "do": "down:0"}))
    assert down["text"][:2] == [first["text"][1], first["text"][0]]
    over = form_of(client.post(PAGE, data={**down, "do": "down:1"}))
    assert (over["text"][1], over["stage"][1]) == (first["text"][0], "consideration")
    gone = form_of(client.post(PAGE, data={**over, "do": "remove:0"}))
    assert first["text"][1] not in gone["text"]
    longer = form_of(client.post(PAGE, data={**gone, "do": "add:booking"}))
    place = longer["text"].index("")
    assert longer["stage"][place] == "booking"
    empty = client.post(PAGE, data={**longer, "do": "publish"})
    assert empty.status_code == 422
    assert f'id="text-{place}-problem"' in empty.text
    longer["text"][place], longer["probes"][place] = "您是怎么约上的？", "等了多久？\n\n 谁帮您约的？ "
    assert client.post(PAGE, data={**longer, "do": "publish"}).status_code == 303
    asked = cast.get("/guide").json()["questions"][place]
    assert (asked["text"], asked["probes"]) == ("您是怎么约上的？", ["等了多久？", "谁帮您约的？"])


def test_a_version_published_meanwhile_is_told_and_nothing_is_lost(cast: Cast) -> None:
    client = signed_in(cast, "owner")
    mine = form_of(client.get(PAGE))
    theirs = {"questions": [{"key": "q1", "stage": "visit", "text": "到店那天，先看见了什么？", "probes": []}]}
    first = cast.client.put(f"/api/v1/studies/{SLUG}/guide", json=theirs, headers=cast.headers["teammate"])
    assert first.status_code == 428
    put = cast.client.put(
        f"/api/v1/studies/{SLUG}/guide", json=theirs, headers={**cast.headers["teammate"], "If-Match": '"0"'}
    )
    assert put.status_code == 200
    assert put.json()["version"] == 1
    told = client.post(PAGE, data={**mine, "do": "publish"})
    again = form_of(told)
    assert told.status_code == 412
    assert again["text"] == mine["text"]
    assert again["version"] == "1"
    assert cast.get("/guide").json()["questions"][0]["key"] == "q1"
    # Whoever has seen that may publish theirs on top; the version before stays as it was.
    assert client.post(PAGE, data={**again, "do": "publish"}).status_code == 303
    assert cast.get("/guide").json()["version"] == 2
    assert cast.get("/guide?version=1").json()["questions"][0]["text"] == "到店那天，先看见了什么？"
    assert "到店那天" in client.get(f"{PAGE}/1").text
    assert client.get(f"{PAGE}/9").status_code == 404
    stale = cast.client.put(
        f"/api/v1/studies/{SLUG}/guide", json=theirs, headers={**cast.headers["teammate"], "If-Match": '"1"'}
    )
    assert (stale.status_code, stale.json()["code"]) == (412, "guide_changed")


def test_who_may_do_what_and_what_is_refused(cast: Cast) -> None:
    wanted = {"questions": [{"key": "q1", "stage": "nowhere", "text": "？", "probes": []}]}
    address = f"/api/v1/studies/{SLUG}/guide"
    unknown = cast.client.put(address, json=wanted, headers={**cast.headers["owner"], "If-Match": '"0"'})
    assert (unknown.status_code, unknown.json()["errors"][0]["field"]) == (422, "questions.0.stage")
    twice = {"questions": [{"key": "q1", "stage": "visit", "text": "？", "probes": []}] * 2}
    assert cast.client.put(address, json=twice, headers={**cast.headers["owner"], "If-Match": '"0"'}).status_code == 422
    assert (
        cast.client.put(address, json=wanted, headers={**cast.headers["viewer"], "If-Match": '"0"'}).status_code == 403
    )
    assert cast.get("/guide", who="viewer").json()["version"] == 0
    assert cast.get("/guide", who="stranger").status_code == 404
    client = signed_in(cast, "viewer")
    assert client.get(PAGE).headers["location"] == f"{PAGE}/0"
    assert client.get(f"{PAGE}/0").status_code == 200
    assert client.get(f"/studies/{SLUG}/interviews/start").status_code == 403


def test_of_many_who_publish_at_once_one_does(cast: Cast) -> None:
    together, outcomes = Barrier(6), []

    def publish(number: int) -> None:
        given = GuideIn.model_validate(
            {"questions": [{"key": "q1", "stage": "visit", "text": f"第 {number} 种问法？", "probes": []}]}
        )
        together.wait()
        try:
            with cast.store.write() as session:
                protocol = studies.protocol(session, cast.study_id)
                outcomes.append(guides.publish(session, f"user:{number}", protocol, given, version=0).version)
        except GuideChanged:
            outcomes.append(0)

    threads = [Thread(target=publish, args=(number,)) for number in range(6)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert sorted(outcomes) == [0, 0, 0, 0, 0, 1]

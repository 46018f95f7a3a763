"""Insights over HTTP: written once, changed by nobody unseen, brought through five states, seen by whom it may be."""

from typing import Any
from uuid import UUID, uuid4

import pytest
from httpx2 import Response
from sqlalchemy import select

from app.audit.models import AuditEvent
from app.maps.quotation_models import Quotation
from app.participants import erasure
from app.statements.models import Statement
from tests.support.cast import Cast
from tests.support.scene import SLUG

API = f"/api/v1/studies/{SLUG}"
SAID = "术后第一天晚上不知道如何缓解肿胀，一个人有点害怕。"


def send(cast: Cast, method: str, path: str, body: Any = None, *, who: str = "owner", seen: object = None) -> Response:
    headers = cast.headers[who] | ({} if seen is None else {"If-Match": f'"{seen}"'})
    return cast.client.request(method, f"{API}{path}", json=body, headers=headers)


def quoted(cast: Cast) -> dict[str, object]:
    """A span of what P01 says, as an insight quotes it."""
    assert cast.put(cast.entry(SAID)).status_code == 201
    with cast.store.read() as session:
        statement = session.scalars(select(Statement)).one()
    return {"statement": str(statement.id), "start": 0, "end": 16}


def written(cast: Cast, **more: object) -> dict[str, Any]:
    answer = send(cast, "POST", "/insights", {"id": str(uuid4()), "title": "头一夜没人教", **more})
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def test_an_insight_keeps_where_whose_when_and_what_it_rests_on(cast: Cast) -> None:
    span = quoted(cast)
    found = written(
        cast, stage="recovery", owner="teammate", due="2020-01-01", metric="首夜来电", text="出院前", quotes=[span]
    )
    assert (found["stage"], found["owner"], found["due"], found["metric"]) == (
        "recovery", "teammate", "2020-01-01", "首夜来电",
    )  # fmt: skip
    assert (found["state"], found["overdue"], found["version"], found["quoted"]) == ("collected", True, 1, 1)
    assert found["quotes"] == [{**span, "participant": "P01", "words": SAID[:16]}]
    assert [step["state"] for step in found["history"]] == ["collected"]


def test_the_same_insight_twice_is_one_and_another_under_its_id_is_refused(cast: Cast) -> None:
    body = {"id": str(uuid4()), "title": "头一夜没人教", "stage": "recovery", "quotes": [quoted(cast)]}
    assert [send(cast, "POST", "/insights", body).status_code for _ in range(3)] == [201, 200, 200]
    other = send(cast, "POST", "/insights", {**body, "title": "别的"})
    assert (other.status_code, other.json()["code"]) == (409, "id_taken")
    assert [one["title"] for one in cast.get("/insights").json()["insights"]] == ["头一夜没人教"]


def test_nobody_overwrites_what_they_have_not_seen(cast: Cast) -> None:
    one = written(cast)
    path = f"/insights/{one['id']}"
    assert send(cast, "PUT", path, {"title": "新的"}).status_code == 428
    changed = send(cast, "PUT", path, {"title": "新的"}, seen=1)
    assert (changed.status_code, changed.headers["etag"]) == (200, '"2"')
    late = send(cast, "PUT", path, {"title": "晚了"}, seen=1, who="teammate")
    assert (late.status_code, late.json()["current"]["title"], late.json()["current"]["version"]) == (412, "新的", 2)
    assert send(cast, "DELETE", path, seen=1).status_code == 412
    assert cast.get(path).json()["title"] == "新的"
    assert send(cast, "DELETE", path, seen=2).status_code == 204
    assert cast.get(path).json()["code"] == "insight_not_found"


def test_states_go_forward_and_back_with_a_word_and_every_step_stays(cast: Cast) -> None:
    one = written(cast)
    path = f"/insights/{one['id']}/steps"
    step = {"id": str(uuid4()), "state": "used", "note": "晨会定了"}
    assert send(cast, "POST", path, step, seen=1).json()["version"] == 2
    # The answer was lost and the step is sent again, now with a version that is old: it stays one step.
    assert send(cast, "POST", path, step, seen=1).json()["version"] == 2
    assert send(cast, "POST", path, {**step, "note": "别的"}, seen=2).json()["code"] == "id_taken"
    assert send(cast, "POST", path, {"state": "used"}, seen=2).json()["version"] == 2
    back = send(cast, "POST", path, {"state": "shared"}, seen=2)
    assert (back.status_code, back.json()["code"]) == (422, "word_needed")
    assert send(cast, "POST", path, {"state": "shared", "note": "没人接手"}, seen=1).status_code == 412
    found = send(cast, "POST", path, {"state": "shared", "note": "没人接手"}, seen=2).json()
    assert [(each["state"], each["note"]) for each in found["history"]] == [
        ("collected", ""), ("used", "晨会定了"), ("shared", "没人接手"),
    ]  # fmt: skip


def test_the_funnel_counts_how_many_got_where(cast: Cast) -> None:
    for state in ("collected", "used", "measured", "measured"):
        one = written(cast)
        send(cast, "POST", f"/insights/{one['id']}/steps", {"state": state}, seen=1)
    funnel = cast.get("/insights?state=used").json()["funnel"]
    assert [step["reached"] for step in funnel] == [4, 3, 3, 2, 2]
    assert [step["here"] for step in funnel] == [1, 0, 1, 0, 2]
    assert [step["share"] for step in funnel] == [1, 0.75, 0.75, 0.5, 0.5]
    assert [step["benchmark"] for step in funnel] == [0.95, 0.5, 0.3, 0.1, 0.05]


@pytest.mark.parametrize(
    ("change", "field"),
    [({"stage": "nowhere"}, "stage"), ({"touchpoint": "none"}, "touchpoint"), ({"owner": "stranger"}, "owner")],
)
def test_places_and_people_must_be_the_studys(cast: Cast, change: dict[str, str], field: str) -> None:
    answer = send(cast, "POST", "/insights", {"id": str(uuid4()), "title": "x", **change})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field)


def test_a_span_outside_the_words_is_refused_and_nothing_is_stored(cast: Cast) -> None:
    span = {**quoted(cast), "end": len(SAID) + 1}
    answer = send(cast, "POST", "/insights", {"id": str(uuid4()), "title": "x", "quotes": [span]})
    assert (answer.status_code, answer.json()["code"]) == (422, "unknown_span")
    assert cast.get("/insights").json()["insights"] == []


def test_who_may_see_and_change(cast: Cast) -> None:
    one = written(cast, quotes=[quoted(cast)])
    path = f"/insights/{one['id']}"
    seen = cast.get(path, who="viewer")
    assert (seen.json()["quotes"], seen.json()["quoted"]) == ([], None)
    assert SAID[:16] not in seen.text
    assert send(cast, "PUT", path, {"title": "x"}, who="viewer", seen=1).status_code == 403
    assert cast.get(path, who="stranger").status_code == 404
    figures = cast.client.get(f"{API}{path}", headers=cast.key("owner", "curves:read"))
    assert (figures.status_code, figures.json()["quotes"]) == (200, [])
    write = cast.client.post(f"{API}/insights", json={}, headers=cast.key("owner", "curves:read"))
    assert write.json()["code"] == "missing_scope"


def test_the_table_holds_no_words_of_people(cast: Cast) -> None:
    written(cast, title="=1+1", quotes=[quoted(cast)])
    answer = cast.get("/insights.csv")
    assert answer.headers["content-type"].startswith("text/csv")
    assert "'=1+1" in answer.text
    assert SAID[:16] not in answer.text


def test_what_is_done_is_logged_without_words(cast: Cast) -> None:
    one = written(cast, quotes=[quoted(cast)])
    send(cast, "POST", f"/insights/{one['id']}/steps", {"state": "shared", "note": "晨会"}, seen=1)
    send(cast, "PUT", f"/insights/{one['id']}", {"title": "新的"}, seen=2)
    with cast.store.read() as session:
        query = select(AuditEvent).where(AuditEvent.subject_id == UUID(one["id"])).order_by(AuditEvent.id)
        events = session.scalars(query).all()
    assert [event.action for event in events] == ["insight.added", "insight.moved", "insight.changed"]
    assert not any(word in str(event.detail) for event in events for word in ("头一夜", "晨会", "新的", SAID[:5]))


def test_erasing_a_person_takes_their_words_out_of_insights(cast: Cast) -> None:
    one = written(cast, quotes=[quoted(cast)])
    with cast.store.write() as session:
        erasure.erase_person(session, "user:test", cast.study_id, cast.people["P01"])
    found = cast.get(f"/insights/{one['id']}")
    assert (found.json()["quotes"], found.json()["quoted"], found.json()["title"]) == ([], 0, "头一夜没人教")
    with cast.store.read() as session:
        assert session.scalars(select(Quotation)).all() == []

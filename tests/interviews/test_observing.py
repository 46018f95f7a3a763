"""Observations of the team: written, changed and removed by their writers, and in nothing that counts participants."""

import re
from datetime import UTC, datetime, timedelta
from threading import Barrier, Thread
from typing import Any
from uuid import UUID, uuid4

import pytest
from fastapi.routing import APIRoute, iter_route_contexts
from httpx2 import Response
from sqlalchemy import func, select
from starlette.testclient import TestClient

from app.accounts.actors import StaffActor
from app.core import clock
from app.interviews import observing
from app.interviews.models import Interview, Turn
from app.interviews.observing_schemas import ObservationIn
from app.participants.erasure import erase_expired
from app.participants.models import OBSERVER, Participant
from app.participants.queries import by_code, codes, count
from app.statements import cells
from app.statements.drawing import draw
from app.statements.models import Statement
from app.studies import membership
from app.studies import queries as studies
from tests.support.cast import Cast
from tests.support.scene import PASSWORD, SLUG
from tests.support.staff import csrf_of, sign_in

PAGE = f"/studies/{SLUG}/observations"
SAW = {
    "place": "visit/reception",
    "saw": "前台没有人，等了十分钟，很烦。",
    "felt": "有点慌。",
    "at": "2026-03-01T09:30",
}
THEIRS = re.compile(
    r"/(studies/\{slug\}/(observations|interviews|coding|reading|draws|adjudicate)"
    r"|api/v1/studies/\{slug\}/(interviews|export.qdpx|reading|draws)|api/v1/openapi)"
)
"""Pages where observations may stand: they are read there, marked as what they are."""


def as_member(cast: Cast, who: str) -> TestClient:
    cast.client.cookies.clear()
    sign_in(cast.client, who, PASSWORD)
    return cast.client


def token(client: TestClient) -> str:
    return csrf_of(client.get(PAGE))


def observe(client: TestClient, observation: UUID | None = None, **changes: str) -> Response:
    given = {"id": str(observation or uuid4()), **SAW, **changes, "csrf_token": token(client)}
    return client.post(PAGE, data=given)


def give_role(cast: Cast, who: str, role: Any) -> None:
    with cast.store.write() as session:
        owner = StaffActor(cast.user_ids["owner"], "owner", "Owner", False)
        membership.set_role(session, owner, cast.study_id, who, role)


def statements(cast: Cast) -> list[Statement]:
    with cast.store.read() as session:
        found = select(Statement).where(Statement.source == "observer", Statement.retracted_at.is_(None))
        return list(session.scalars(found.order_by(Statement.role, Statement.id)))


def assert_cells_are_right(cast: Cast) -> None:
    with cast.store.read() as session:
        counted, stored = cells.text_deltas(session, cast.study_id), cells.stored(session, cast.study_id)
        assert {key: sums for key, sums in counted.items() if any(sums)} == stored


def test_one_is_written_once_changed_with_its_codings_kept_and_removed(cast: Cast) -> None:
    client, observation = as_member(cast, "owner"), uuid4()
    assert [observe(client, observation).status_code for _again in range(2)] == [303, 303]
    taken = observe(client, observation, saw="别的事")
    assert (taken.status_code, "已经存过了" in taken.text) == (409, True)
    saw, _felt = sorted(statements(cast), key=lambda one: one.text == "有点慌。")
    assert (saw.text, saw.role, saw.day, saw.touchpoint_id is None) == (SAW["saw"], "observation", None, False)
    assert saw.occurred_at == datetime(2026, 3, 1, 1, 30, tzinfo=UTC)
    assert_cells_are_right(cast)

    address = f"{PAGE}/{observation}"
    changed = {**SAW, "place": "visit", "at": "2026-03-02T10:00", "felt": "", "version": "1"}
    moved = client.post(address, data={**changed, "csrf_token": token(client)})
    assert moved.status_code == 303
    [same] = statements(cast)
    assert (same.id, same.touchpoint_id) == (saw.id, None), (
        "the same words keep their statement, and what is coded of it"
    )
    assert same.occurred_at == datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
    stale = client.post(address, data={**changed, "saw": "又改", "csrf_token": token(client)})
    assert (stale.status_code, "又改" in stale.text, "在别处改过" in stale.text) == (412, True, True)
    again = client.post(
        address, data={**changed, "saw": "前台两个人都在忙。", "version": "2", "csrf_token": token(client)}
    )
    assert again.status_code == 303
    assert [one.text for one in statements(cast)] == ["前台两个人都在忙。"]
    assert_cells_are_right(cast)

    assert client.post(f"{address}/remove", data={"csrf_token": token(client)}).status_code == 303
    with cast.store.read() as session:
        assert session.scalar(select(func.count()).select_from(Statement)) == 0
        assert session.scalar(select(func.count()).select_from(Turn)) == 0
    assert_cells_are_right(cast)


def test_each_member_is_one_observer_and_changes_only_their_own(cast: Cast) -> None:
    give_role(cast, "stranger", "coder")
    first, second = uuid4(), uuid4()
    observe(as_member(cast, "owner"), first)
    observe(as_member(cast, "owner"), place="booking", saw="电话打了三次才通。")
    client = as_member(cast, "stranger")
    assert observe(client, second, saw="挂号的牌子看不清。").status_code == 303
    with cast.store.read() as session:
        found = select(Participant.code).where(Participant.kind == OBSERVER)
        assert sorted(session.scalars(found)) == ["观察 1", "观察 2"]
    # A coder reads their own; what a colleague wrote is not theirs to change.
    assert "前台没有人" not in client.get(PAGE).text
    assert "挂号的牌子" in client.get(PAGE).text
    assert client.get(f"{PAGE}/{first}").status_code == 404
    given = {**SAW, "saw": "改别人的", "version": "1", "csrf_token": token(client)}
    assert client.post(f"{PAGE}/{first}", data=given).status_code == 403
    assert client.post(f"{PAGE}/{first}/remove", data={"csrf_token": token(client)}).status_code == 403
    give_role(cast, "stranger", "care")
    assert "前台没有人" in as_member(cast, "stranger").get(PAGE).text
    owner = as_member(cast, "owner")
    assert owner.post(f"{PAGE}/{second}/remove", data={"csrf_token": token(owner)}).status_code == 303
    assert as_member(cast, "viewer").get(PAGE).status_code == 403


def test_what_is_wrong_is_named_and_what_was_typed_stays(cast: Cast) -> None:
    client = as_member(cast, "owner")
    for changes, problem in (
        ({"place": ""}, "stage-problem"),
        ({"place": "visit/nowhere"}, "touchpoint-problem"),
        ({"saw": "  "}, "saw-problem"),
        ({"at": "2999-01-01T00:00"}, "at-problem"),
        ({"at": "soon"}, "at-problem"),
    ):
        refused = observe(client, None, **changes)
        assert (refused.status_code, f'id="{problem}"' in refused.text) == (422, True), changes
        assert "有点慌。" in refused.text
    assert observe(client, saw="长" * 4001).status_code == 422
    assert statements(cast) == []


def shown(cast: Cast, path: str, *, program: bool) -> tuple[int, str]:
    """Return what a page or a route of the API answers, without what differs from one answer to the next."""
    headers = cast.headers["owner"] if program else {}
    found = cast.client.get(path, headers=headers)
    text = re.sub(r"[0-9a-f]{64}", "TOKEN", found.text)
    # What a form would be stored under, and the state of the study that a page asks after.
    text = re.sub(r'name="id" value="[0-9a-f-]{36}"|data-tag="[^"]*"', "ANEW", text)
    return found.status_code, re.sub(r'"?as_of"?: ?"[^"]*"', "AS_OF", text)


def routes(cast: Cast) -> list[tuple[str, list[str], set[str]]]:
    """Return every route: its path, the parameters in it, and its methods."""
    found = [context.original_route for context in iter_route_contexts(cast.app.routes)]
    ours = [one for one in found if isinstance(one, APIRoute)]
    return [(one.path, re.findall(r"\{([^}:]+)", one.path), set(one.methods or ())) for one in ours]


def paths(cast: Cast) -> list[str]:
    """Return every page and every route of the API that shows something of the whole study."""
    of_study = [path for path, names, methods in routes(cast) if names == ["slug"] and "GET" in methods]
    return sorted({path.replace("{slug}", SLUG) for path in of_study if not THEIRS.match(path)})


def test_nothing_that_shows_participants_knows_of_observers(cast: Cast) -> None:
    for place in range(12):
        code = f"N{place:02d}"
        cast.add_patient(code)
        for stage in ("visit", "recovery"):
            assert (
                cast.put(cast.entry(f"等了很久，有点难受 {place}。", participant=code, stage=stage)).status_code == 201
            )
    client = as_member(cast, "owner")
    walked = [(path, path.startswith("/api/")) for path in paths(cast)]
    walked += [(f"/api/v1/studies/{SLUG}/curve.json?by={axis}", True) for axis in ("day", "touchpoint")]
    assert len(walked) > 25
    before = {path: shown(cast, path, program=program) for path, program in walked}
    quotes = client.get(f"/studies/{SLUG}/quotes?key=visit").text
    assert observe(client).status_code == 303
    assert observe(as_member(cast, "teammate"), place="recovery", saw="复诊排队，太慢了，生气。").status_code == 303
    client = as_member(cast, "owner")
    after = {path: shown(cast, path, program=program) for path, program in walked}
    assert [path for path in before if before[path] != after[path]] == []
    # Beside the quotes they stand, marked, and change no figure.
    beside = client.get(f"/studies/{SLUG}/quotes?key=visit").text
    assert "前台没有人" in beside
    assert "团队在这里看到的" in beside
    assert re.findall(r"\d+ 位参与者写了", beside) == re.findall(r"\d+ 位参与者写了", quotes) != []


def test_an_observer_cannot_be_reached_where_participants_are(cast: Cast) -> None:
    client = as_member(cast, "owner")
    observe(client)
    with cast.store.read() as session:
        code, one = session.execute(select(Participant.code, Participant.id).where(Participant.kind == OBSERVER)).one()
        assert by_code(session, cast.study_id, code) is None
        assert (code in codes(session, cast.study_id), count(session, cast.study_id)) == (False, 2)
    named = [one for one in routes(cast) if one[1] in (["slug", "code"], ["slug", "participant_id"])]
    assert len(named) > 10
    for pattern, _names, methods in named:
        path = pattern.replace("{slug}", SLUG).replace("{code}", code).replace("{participant_id}", str(one))
        for method in methods:
            headers = cast.headers["owner"] if path.startswith("/api/") else {"x-csrf-token": token(client)}
            answered = client.request(method, path, headers=headers, json={} if path.startswith("/api/") else None)
            # A look at the sheet of links leads to the person's page, whoever it is.
            if method == "GET" and path.endswith("/sheet"):
                assert client.get(answered.headers["location"]).status_code == 404
                continue
            assert answered.status_code in ((404,) if method == "GET" else (404, 422)), (method, path)
    entry = cast.put(cast.entry(participant=code))
    assert (entry.status_code, entry.json()["errors"][0]["field"]) == (422, "participant")
    erased = client.delete(f"/api/v1/studies/{SLUG}/participants/{code}", headers=cast.headers["owner"])
    assert erased.status_code == 404


def test_observers_are_not_drawn_and_go_with_the_study(cast: Cast) -> None:
    observe(as_member(cast, "owner"))
    with cast.store.write() as session:
        assert draw(session, "cli", cast.study_id, 10, seed=1).statements == []
    with clock.frozen_at(clock.now() + timedelta(days=366 * 4)):
        erased = 1
        while erased:
            with cast.store.write() as session:
                erased = erase_expired(session, cast.study_id)
    with cast.store.read() as session:
        for table in (Participant, Interview, Turn, Statement):
            assert session.scalar(select(func.count()).select_from(table)) == 0


@pytest.mark.parametrize("writers", [4])
def test_two_first_observations_at_once_are_two_observers(cast: Cast, writers: int) -> None:
    given = ObservationIn.model_validate({"stage": "visit", "at": "2026-03-01T09:30", "saw": "排队。"})
    with cast.store.read() as session:
        study = studies.study_by_slug(session, SLUG)
        assert study is not None
        session.expunge(study)
        protocol = studies.protocol(session, cast.study_id)
    together = Barrier(writers)

    def write(number: int) -> None:
        together.wait()
        with cast.store.write() as session:
            observing.write(session, f"user:{number}", study, protocol, given, uuid4())

    threads = [Thread(target=write, args=(number,)) for number in range(writers)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    with cast.store.read() as session:
        found = session.scalars(select(Participant.code).where(Participant.kind == OBSERVER)).all()
    assert sorted(found) == [f"观察 {number}" for number in range(1, writers + 1)]

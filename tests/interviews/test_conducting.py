"""Talks and their notes over HTTP: once by their id, never over each other, and turns when the talk has ended."""

import json
from collections import Counter
from threading import Barrier, Thread
from typing import Any
from uuid import uuid4

import pytest
from httpx2 import Response
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from app.core import clock
from app.core.errors import AppError
from app.interviews import conducting
from app.interviews.conducting_errors import NoteChanged
from app.interviews.conducting_schemas import NoteIn, TalkIn
from app.interviews.models import Interview, Turn
from app.participants import queries as people
from app.participants import service as participants
from app.studies import queries as studies
from app.studies.models import Study
from tests.support.cast import Cast
from tests.support.scene import PASSWORD, SLUG
from tests.support.staff import csrf_of, sign_in, submit

START = f"/studies/{SLUG}/interviews/start"
NOTE: dict[str, Any] = {
    "text": "等了很久。",
    "question": "s1_story",
    "stage": "awareness",
    "mark": None,
    "start_ms": 1500,
}


class Talk:
    """A talk under way, in the browser of one member of the staff."""

    def __init__(self, cast: Cast, who: str = "owner", *, code: str = "P01") -> None:
        self.client = cast.client
        if not self.client.cookies:
            sign_in(self.client, who, PASSWORD)
        begun = submit(self.client, START, START, {"participant": code, "guide_version": "0"})
        assert begun.status_code == 303, begun.text
        self.page = begun.headers["location"]
        self.base = self.page.removesuffix("/conduct")
        self.token = csrf_of(self.client.get(self.page))

    def put(self, note: str, version: int | None = 0, **changes: Any) -> Response:
        match = {} if version is None else {"If-Match": f'"{version}"'}
        headers = {"x-csrf-token": self.token, "accept": "application/json", **match}
        return self.client.put(f"{self.base}/notes/{note}", json=NOTE | changes, headers=headers)

    def delete(self, note: str, version: int) -> Response:
        headers = {"x-csrf-token": self.token, "accept": "application/json", "If-Match": f'"{version}"'}
        return self.client.delete(f"{self.base}/notes/{note}", headers=headers)

    def post(self, tail: str, **fields: str) -> Response:
        return self.client.post(self.base + tail, data={**fields, "csrf_token": self.token})


def turns(cast: Cast) -> list[Turn]:
    with cast.store.read() as session:
        return list(session.scalars(select(Turn).order_by(Turn.start_ms, Turn.id)))


def test_a_note_is_stored_once_and_never_over_another(cast: Cast) -> None:
    talk, note = Talk(cast), str(uuid4())
    assert talk.put(note, None).json()["code"] == "precondition_required"
    first = talk.put(note)
    assert (first.status_code, first.headers["etag"], first.json()["version"]) == (201, '"1"', 1)
    # The answer was lost: the same again is the same, whatever version it is sent with.
    assert [talk.put(note, version).status_code for version in (0, 1, 7)] == [200, 200, 200]
    stale = talk.put(note, 0, text="别的话")
    assert (stale.status_code, stale.json()["code"]) == (412, "note_changed")
    assert "等了很久" not in stale.text
    assert talk.client.get(f"{talk.base}/notes/{note}").json()["text"] == NOTE["text"]
    changed = talk.put(note, 1, text="等了很久，没人说一声。", mark="valley")
    assert changed.json() | {"id": note} == changed.json()
    assert changed.json()["version"] == 2
    [stored] = turns(cast)
    assert (stored.origin, stored.role, stored.mark, stored.start_ms, stored.stage_id) == (
        "note",
        "respondent",
        "valley",
        1500,
        None,
    )
    assert talk.delete(note, 1).status_code == 412
    assert [talk.delete(note, 2).status_code for _again in range(2)] == [204, 204]
    assert turns(cast) == []
    # Gone on one device, changed on the other: told, and not made anew behind anybody's back.
    assert talk.put(note, 2, text="还在写").status_code == 412


def test_what_is_refused(cast: Cast) -> None:
    talk, other = Talk(cast), Talk(cast, code="P02")
    note = str(uuid4())
    assert talk.put(note).status_code == 201
    assert other.put(note).json()["code"] == "note_elsewhere"
    assert talk.put(str(uuid4()), text="长" * 4001).status_code == 422
    assert talk.put(str(uuid4()), stage="nowhere").json()["errors"][0]["field"] == "stage"
    assert talk.put(str(uuid4()), mark="best").status_code == 422
    forged = talk.client.put(f"{talk.base}/notes/{note}", json=NOTE, headers={"If-Match": '"1"'})
    assert forged.status_code == 403
    nobody = submit(talk.client, START, START, {"participant": "P99", "guide_version": "1"})
    assert nobody.status_code == 422
    assert "没有这个编号" in nobody.text
    cast.add_patient("P03", consent=False)
    unasked = submit(talk.client, START, START, {"participant": "P03", "guide_version": "1"})
    assert unasked.status_code == 422
    assert "还没有同意" in unasked.text
    on_paper = submit(talk.client, START, START, {"participant": "P03", "guide_version": "1", "paper": "true"})
    assert on_paper.status_code == 303
    # Who leaves while the talk is held is not written about any more.
    with cast.store.write() as session:
        person = people.by_code(session, cast.study_id, "P01")
        assert person is not None
        participants.withdraw(session, "user:test", person)
    left = talk.put(str(uuid4()))
    assert (left.status_code, left.json()["code"]) == (410, "withdrawn")
    for who, status in (("viewer", 403), ("stranger", 404)):
        talk.client.cookies.clear()
        sign_in(talk.client, who, PASSWORD)
        assert talk.client.get(talk.page).status_code == status


def test_a_talk_ends_when_all_its_notes_are_stored_and_can_be_taken_up_again(cast: Cast) -> None:
    talk, one, two = Talk(cast), str(uuid4()), str(uuid4())
    talk.put(one, start_ms=9000)
    talk.put(two, text="", mark="peak", start_ms=4000)
    missing = talk.post("/finish", held=json.dumps({one: 1, two: 1, str(uuid4()): 1}))
    assert missing.status_code == 409
    assert "还有 1 条" in missing.text
    assert talk.post("/finish", held=json.dumps({one: 2})).status_code == 409
    assert talk.post("/finish", held=json.dumps({one: 1, two: 1})).status_code == 303
    assert talk.put(one, 1, text="晚到的改动").json()["code"] == "talk_finished"
    # What is stored already is answered as it stands.
    assert talk.put(one, 1, start_ms=9000).status_code == 200
    first, second = turns(cast)
    assert [(first.position, first.role), (second.position, second.role)] == [(1, "other"), (2, "respondent")]
    assert talk.post("/reopen").status_code == 303
    assert talk.put(one, 1, start_ms=9000, text="补一句。").status_code == 200
    talk.post("/finish")
    with cast.store.write() as session:
        turn = session.scalars(select(Turn).where(Turn.role == "respondent")).one()
        turn.stage_id, turn.confirmed_at = turn.proposed_stage_id, clock.now()
    closed = talk.post("/reopen")
    assert closed.status_code == 409
    assert "归了阶段" in closed.text


def test_all_of_it_works_without_scripts(cast: Cast) -> None:
    talk = Talk(cast)
    stored = talk.post("/conduct", question="s2_story", text="比了三家。", mark="", stage="consideration")
    assert stored.headers["location"].endswith("?q=s2_story#notes")
    [note] = turns(cast)
    page = talk.client.get(stored.headers["location"])
    assert "比了三家。" in page.text
    assert 0 <= (note.start_ms or 0) < 3_600_000
    shown = {"note": str(note.id), "version": "1", "start_ms": str(note.start_ms), "question": "s2_story"}
    assert talk.post("/conduct", **shown, text="比了四家。", mark="ask").status_code == 303
    stale = talk.post("/conduct", **shown, text="比了五家。")
    assert stale.status_code == 412
    assert "在别处改过" in stale.text
    assert talk.post("/conduct", **shown | {"version": "2"}, do="remove").status_code == 303
    assert turns(cast) == []
    assert talk.post("/conduct", note="no-id", question="s2_story", text="？").status_code == 422
    assert talk.post("/clock").status_code == 303
    assert talk.post("/finish").status_code == 303


@pytest.mark.parametrize("writers", [8])
def test_races_of_two_devices_lose_nothing(cast: Cast, writers: int) -> None:
    """Each writer reads, changes and stores the same note again and again; every answered write is in the history."""
    study, talk_id, note = _begun(cast), None, uuid4()
    with cast.store.write() as session:
        protocol = studies.protocol(session, cast.study_id)
        given = TalkIn(participant="P01", guide_version=0)
        talk_id = conducting.begin(session, "user:a", study, protocol, given).id
    together, won = Barrier(writers), []

    def write(number: int) -> None:
        together.wait()
        for turn in range(6):
            text = f"{number}-{turn}"
            while True:
                with cast.store.read() as session:
                    try:
                        version = conducting.note_of(session, protocol, talk_id, note).version
                    except AppError:
                        version = 0
                try:
                    with cast.store.write() as session:
                        sent = NoteIn(text=text, start_ms=0)
                        stored, _made = conducting.save_note(
                            session, "user:a", study, protocol, talk_id, note, sent, version=version
                        )
                    won.append((stored.version, version, text))
                    break
                except NoteChanged:
                    continue

    threads = [Thread(target=write, args=(number,)) for number in range(writers)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    # Every write stands upon the very version that its writer had seen: none went over another one unseen.
    assert [(new, seen) for new, seen, _text in sorted(won)] == [(place + 1, place) for place in range(writers * 6)]
    [stored] = turns(cast)
    assert (stored.version, stored.text) == (max(won)[0], max(won)[2])


@given(
    st.lists(
        st.tuples(st.sampled_from("ab"), st.integers(0, 1), st.sampled_from(["x", "y"]), st.booleans()), max_size=12
    )
)
@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_is_repeated_late_or_crossed_the_history_is_one_line(
    cast: Cast, sent: list[tuple[str, int, str, bool]]
) -> None:
    """Two devices send words upon the version that they know (or an older one), some twice: a model says what must stand."""
    study, note = _begun(cast), uuid4()
    with cast.store.write() as session:
        protocol = studies.protocol(session, cast.study_id)
        talk_id = conducting.begin(session, "user:a", study, protocol, TalkIn(participant="P01", guide_version=0)).id
    known = Counter[str]()
    stands: tuple[int, str] | None = None
    for device, behind, text, twice in sent:
        for _time in range(2 if twice else 1):
            version = max(known[device] - behind, 0)
            same = stands is not None and stands[1] == text
            accepted = same or version == (stands[0] if stands else 0)
            try:
                with cast.store.write() as session:
                    stored, _made = conducting.save_note(
                        session,
                        "user:a",
                        study,
                        protocol,
                        talk_id,
                        note,
                        NoteIn(text=text, start_ms=0),
                        version=version,
                    )
            except NoteChanged:
                assert not accepted
                with cast.store.read() as session:
                    known[device] = conducting.note_of(session, protocol, talk_id, note).version
                continue
            assert accepted
            stands = stands if same else ((stands[0] if stands else 0) + 1, text)
            assert stands == (stored.version, stored.text)
            known[device] = stored.version


def _begun(cast: Cast) -> Study:
    with cast.store.read() as session:
        found = studies.study_by_slug(session, SLUG)
        assert found is not None
        session.expunge(found)
        return found


def test_an_observation_is_no_talk(cast: Cast) -> None:
    with cast.store.write() as session:
        begun = _begun(cast)
        protocol = studies.protocol(session, cast.study_id)
        talk = conducting.begin(session, "user:a", begun, protocol, TalkIn(participant="P01", guide_version=0))
        talk.kind = "observation"
        talk_id = talk.id
    sign_in(cast.client, "owner", PASSWORD)
    assert cast.client.get(f"/studies/{SLUG}/interviews/{talk_id}/conduct").status_code == 404
    with cast.store.read() as session:
        assert session.scalars(select(Interview.kind)).one() == "observation"

"""Entries over the API: exactly once, edited with care, refused in words, and followed by the curve at once."""

import json
import threading
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import Engine, event, select, text

from app.core.crypto import verify
from app.core.db import Database
from app.diary import queries as diary_queries
from app.diary.models import EntryRevision
from app.participants import service as participants
from app.participants.models import Participant
from app.statements import cells
from tests.support.cast import Cast
from tests.support.scene import DAY_THREE, SLUG


def count(engine: Engine, table: str) -> int:
    with engine.connect() as connection:
        return int(connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one())


def cells_hold(store: Database, cast: Cast) -> None:
    """Cells equal a recount of what stands in the database."""
    with store.read() as session:
        assert cells.stored(session, cast.study_id) == cells.text_deltas(session, cast.study_id)
        moods = cells.stored(session, cast.study_id, sources=("mood",))
        assert moods == diary_queries.mood_deltas(session, cast.study_id)


def test_an_entry_is_stored_with_statements_codings_cells_receipt_and_log(
    cast: Cast, store: Database, engine: Engine
) -> None:
    entry_id = uuid4()
    body = cast.entry(answers={"feeling": "肿得睁不开眼", "worry": "会不会感染", "mood": 2})
    answer = cast.put(body, entry_id)
    assert answer.status_code == 201
    receipt = answer.json()
    key = cast.client.get("/api/v1/receipt-key").json()["public_key"]
    signed = f"{entry_id}|{receipt['digest']}|{receipt['received_at']}".encode()
    assert verify(key, signed, receipt["signature"])
    assert not verify(key, signed + b".", receipt["signature"])
    stored = cast.get(f"/entries/{entry_id}").json()
    assert stored["day"] == 3
    assert [(one["role"], one["text"]) for one in stored["statements"]] == [
        ("feeling", "肿得睁不开眼"),
        ("worry", "会不会感染"),
    ]
    assert count(engine, "machine_coding") == 2
    assert count(engine, "audit_event WHERE action = 'entry.create'") == 1
    cells_hold(store, cast)
    point = next(one for one in cast.get("/curve.json").json()["points"] if one["key"] == "recovery")
    assert (point["n_participants"], point["n_entries"], point["n_statements"]) == (1, 1, 2)


def test_a_repeat_is_answered_with_the_same_receipt(cast: Cast, engine: Engine) -> None:
    entry_id = uuid4()
    first, again = (cast.put(cast.entry(), entry_id) for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    assert count(engine, "entry") == count(engine, "statement") == 1


def test_other_content_under_the_same_id_is_a_conflict_and_changes_nothing(cast: Cast) -> None:
    entry_id = uuid4()
    cast.put(cast.entry("第一次写的"), entry_id)
    refused = cast.put(cast.entry("换了说法"), entry_id)
    assert (refused.status_code, refused.json()["code"]) == (409, "entry_conflict")
    assert refused.headers["content-type"] == "application/problem+json"
    assert cast.get(f"/entries/{entry_id}").json()["answers"]["feeling"] == "第一次写的"


def test_two_clients_with_one_id_at_once_make_one_row_and_both_succeed(cast: Cast, engine: Engine) -> None:
    entry_id, barrier, answers = uuid4(), threading.Barrier(8), []

    def send() -> None:
        barrier.wait()
        answers.append(cast.put(cast.entry(), entry_id))

    threads = [threading.Thread(target=send) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answer.status_code for answer in answers) == [200] * 7 + [201]
    assert len({answer.text for answer in answers}) == 1
    assert count(engine, "entry") == count(engine, "receipt") == count(engine, "statement") == 1


def test_an_edit_needs_the_current_etag_and_keeps_the_earlier_text(cast: Cast, store: Database, engine: Engine) -> None:
    entry_id = uuid4()
    etag = cast.put(cast.entry("原来的话"), entry_id).headers["etag"]
    body = cast.entry("改过的话", stage="treatment")
    url = f"/api/v1/entries/{entry_id}"
    assert cast.client.patch(url, json=body, headers=cast.headers["owner"]).status_code == 428
    stale = cast.put(body, entry_id, if_match='"1-0000000000000000"')
    assert (stale.status_code, stale.headers["etag"]) == (412, etag)
    edited = cast.client.patch(url, json=body, headers=cast.headers["owner"] | {"If-Match": etag})
    assert (edited.status_code, edited.json()["version"]) == (200, 2)
    assert cast.put(body, entry_id, if_match=etag).json() == edited.json(), "a repeated edit is the same edit"
    stored = cast.get(f"/entries/{entry_id}").json()
    assert (stored["stage"], [one["text"] for one in stored["statements"]]) == ("treatment", ["改过的话"])
    with store.read() as session:
        history = session.scalars(select(EntryRevision)).one()
    assert (history.version, history.content["answers"]["feeling"]) == (1, "原来的话")
    cells_hold(store, cast)
    points = {one["key"]: one for one in cast.get("/curve.json").json()["points"]}
    assert (points["recovery"]["n_statements"], points["treatment"]["n_statements"]) == (0, 1)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"stage": "nowhere"}, "stage"),
        ({"touchpoint": "nowhere"}, "touchpoint"),
        ({"participant": "P99"}, "participant"),
        ({"wave": "later"}, "wave"),
        ({"form_version": 7}, "form_version"),
        ({"occurred_at": "2999-01-01T00:00:00Z"}, "occurred_at"),
        ({"occurred_at": "1899-01-01T00:00:00Z"}, "occurred_at"),
        ({"occurred_at": "2026-03-13T21:40:00"}, "occurred_at"),
        ({"answers": {}}, "answers"),
        ({"answers": {"feeling": "  "}}, "answers"),
        ({"answers": {"unheard_of": 1}}, "answers.unheard_of"),
        ({"answers": {"mood": 10}}, "answers.mood"),
        ({"answers": {"mood": True}}, "answers.mood"),
        ({"answers": {"effort": 0}}, "answers.effort"),
        ({"answers": {"mark": "summit"}}, "answers.mark"),
        ({"answers": {"feeling": "长" * 2001}}, "answers.feeling"),
        ({"answers": {"feeling": "空\x00字"}}, "answers.feeling"),
        ({"answers": {"feeling": "半\ud800个"}}, "answers.feeling"),
        ({"answers": {"feeling": 5}}, "answers.feeling"),
        ({"answers": {"discomfort": "teleportation"}}, "answers.discomfort"),
        ({"misspelt": 1}, "misspelt"),
    ],
)
def test_what_is_wrong_is_named_by_field(cast: Cast, engine: Engine, changes: dict[str, Any], field: str) -> None:
    content = json.dumps(cast.entry(**changes))
    headers = cast.headers["owner"] | {"Content-Type": "application/json"}
    refused = cast.client.put(f"/api/v1/entries/{uuid4()}", content=content, headers=headers)
    assert refused.status_code == 422, refused.text
    assert field in [error["field"] for error in refused.json()["errors"]]
    assert "长长" not in refused.text, "an error never repeats what was written"
    assert count(engine, "entry") == 0


def test_all_that_is_wrong_is_told_at_once(cast: Cast) -> None:
    refused = cast.put(cast.entry(stage="nowhere", participant="P99", answers={"mood": 0, "effort": 9}))
    fields = {error["field"] for error in refused.json()["errors"]}
    assert fields == {"stage", "participant", "answers.mood", "answers.effort"}


def test_after_withdrawal_a_new_entry_is_gone_but_an_old_one_keeps_its_receipt(cast: Cast, store: Database) -> None:
    entry_id = uuid4()
    receipt = cast.put(cast.entry(), entry_id).json()
    with store.write() as session:
        person = session.get_one(Participant, (cast.study_id, cast.people["P01"]))
        participants.withdraw(session, "user:test", person)
    refused = cast.put(cast.entry())
    assert (refused.status_code, refused.json()["code"]) == (410, "withdrawn")
    assert cast.put(cast.entry(), entry_id).json() == receipt


def test_without_consent_nothing_is_stored(cast: Cast, engine: Engine) -> None:
    cast.add_patient("P03", consent=False)
    refused = cast.put(cast.entry(participant="P03"))
    assert (refused.status_code, refused.json()["code"]) == (403, "consent_missing")
    assert count(engine, "entry") == 0


def test_a_batch_answers_for_each_entry(cast: Cast) -> None:
    good, bad = uuid4(), uuid4()
    entries = [{"id": str(good), **cast.entry()}, {"id": str(bad), **cast.entry(stage="nowhere")}]
    answer = cast.client.post("/api/v1/entries/batch", json={"entries": entries}, headers=cast.headers["owner"])
    assert [(one["id"], one["status"]) for one in answer.json()] == [(str(good), 201), (str(bad), 422)]
    assert answer.json()[1]["problem"]["errors"][0]["field"] == "stage"


def test_an_id_that_stands_twice_in_a_batch_is_answered_twice(cast: Cast, engine: Engine) -> None:
    entry_id = str(uuid4())
    entries = [{"id": entry_id, **cast.entry(words)} for words in ("先写的", "后写的", "先写的")]
    entries.append({"id": str(uuid4()), **cast.entry(study="nowhere")})
    answer = cast.client.post("/api/v1/entries/batch", json={"entries": entries}, headers=cast.headers["owner"])
    assert [one["status"] for one in answer.json()] == [201, 409, 200, 404]
    assert cast.get(f"/entries/{entry_id}").json()["answers"]["feeling"] == "先写的"
    assert count(engine, "entry") == 1


def test_a_commit_that_fails_never_answers_success(cast: Cast, engine: Engine) -> None:
    def refuse(_connection: object) -> None:
        raise OSError("no space left on device")

    event.listen(cast.app.state.database.writer, "commit", refuse)
    try:
        with pytest.raises(OSError, match="no space"):
            cast.put(cast.entry())
    finally:
        event.remove(cast.app.state.database.writer, "commit", refuse)
    assert count(engine, "entry") == count(engine, "statement") == count(engine, "curve_cell") == 0
    assert cast.put(cast.entry()).status_code == 201, "the writer goes on after a failure"


def test_another_studys_entry_is_not_found(cast: Cast) -> None:
    entry_id = uuid4()
    cast.put(cast.entry(), entry_id)
    assert cast.get(f"/entries/{entry_id}", who="stranger").status_code == 404
    absent = cast.client.get("/api/v1/studies/absent/entries/" + str(entry_id), headers=cast.headers["stranger"])
    theirs = cast.get(f"/entries/{entry_id}", who="stranger")
    assert theirs.json() == absent.json()
    assert cast.put(cast.entry(), who="stranger").status_code == 404
    assert cast.put(cast.entry(), who="viewer").status_code == 403
    assert cast.get(f"/entries/{entry_id}", who="viewer").status_code == 403
    assert cast.put(cast.entry(), who="teammate").status_code == 201


def test_a_key_does_only_what_its_scope_says(cast: Cast) -> None:
    lesser = cast.key("owner", "curves:read")
    url = f"/api/v1/entries/{uuid4()}"
    refused = cast.client.put(url, json=cast.entry(), headers=lesser)
    assert (refused.status_code, refused.json()["code"]) == (403, "missing_scope")
    assert cast.client.get(f"/api/v1/studies/{SLUG}/entries", headers=lesser).status_code == 403
    assert cast.client.put(url, json=cast.entry()).status_code == 401


def test_entries_are_paged_without_loss_or_repeat(cast: Cast) -> None:
    ids = {str(uuid4()) for _ in range(7)}
    for number, entry_id in enumerate(ids):
        cast.client.put(f"/api/v1/entries/{entry_id}", json=cast.entry(f"第{number}条"), headers=cast.headers["owner"])
    seen: list[str] = []
    after = ""
    while True:
        page = cast.get(f"/entries?limit=3{after}").json()
        seen += [row["id"] for row in page["rows"]]
        if page["next"] is None:
            break
        after = f"&after={page['next']}"
    assert sorted(seen) == sorted(ids)
    assert cast.get("/entries?after=no-cursor-of-ours").status_code == 422


def test_day_is_counted_in_the_persons_zone(cast: Cast) -> None:
    entry_id = uuid4()
    # 17:30 in UTC is already the next day in Shanghai.
    cast.put(cast.entry(occurred_at="2026-03-10T17:30:00Z"), entry_id)
    assert cast.get(f"/entries/{entry_id}").json()["day"] == 1
    assert DAY_THREE.endswith("+08:00")

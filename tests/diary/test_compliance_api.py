"""The ledger and the rates over REST: complete, in all formats the same, and only for those who may."""

import csv
import io
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from app.core.clock import frozen_at
from app.diary import compliance_rows
from tests.support.cast import Cast
from tests.support.prompts import add_prompt
from tests.support.scene import SLUG

NOW = datetime(2026, 3, 20, 4, tzinfo=UTC)
BASE = f"/api/v1/studies/{SLUG}"


@pytest.fixture
def ledger(cast: Cast) -> Cast:
    """Three prompts of P01 and one of P02: answered, late, missed and planned; a reminder and a nudge."""
    p01, p02 = cast.people["P01"], cast.people["P02"]
    entry = uuid4()
    with frozen_at(NOW):
        cast.put(cast.entry(), entry)
    first = add_prompt(
        cast.store, cast.study_id, p01, "2026-03-13", opened=1, answered=39, entry=entry, zone="America/New_York", day=3
    )
    add_prompt(cast.store, cast.study_id, p01, "2026-03-14", answered=500)
    add_prompt(cast.store, cast.study_id, p01, "2026-03-15", reason="=cmd()")
    add_prompt(cast.store, cast.study_id, p01, "2026-03-13", reminder_of=first)
    add_prompt(cast.store, cast.study_id, p02, "2026-03-15", nudged_by="user:x", rule_key=None)
    add_prompt(cast.store, cast.study_id, p02, "2026-03-25", "planned")
    return cast


def fetch(cast: Cast, path: str, who: str = "owner") -> str:
    with frozen_at(NOW):
        answer = cast.get(path, who=who)
    assert answer.status_code == 200, answer.text
    return answer.text


def rows_of_csv(text: str) -> list[dict[str, str]]:
    assert text.startswith("\ufeff")
    return list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))


def test_every_time_of_a_prompt_stands_in_its_row(ledger: Cast) -> None:
    with frozen_at(NOW):
        row = ledger.get("/prompts?limit=1").json()["rows"][0]
    assert {name: row[name] for name in ("participant", "source", "rule", "revision", "day", "outcome", "state")} == {
        "participant": "P01",
        "source": "schedule",
        "rule": "evening",
        "revision": 1,
        "day": 3,
        "outcome": "answered",
        "state": "sent",
    }
    assert (row["planned_at"], row["planned_local"], row["planned_zone"]) == (
        "2026-03-14T00:00:00Z",
        "2026-03-13T20:00",
        "America/New_York",
    )
    assert [row[f"{name}_at"] for name in ("sent", "opened", "answered", "expires")] == [
        "2026-03-14T00:01:00Z",
        "2026-03-14T00:02:00Z",
        "2026-03-14T00:40:00Z",
        "2026-03-14T04:00:00Z",
    ]
    assert (row["late"], row["expired"], row["channel"]) == (False, False, "email")


def test_csv_and_json_hold_the_same_and_agree_with_the_page(ledger: Cast) -> None:
    with frozen_at(NOW):
        rows = ledger.get("/prompts.json").json()["rows"]
    sheet = rows_of_csv(fetch(ledger, "/prompts.csv"))
    assert list(sheet[0]) == list(rows[0])
    assert [one["id"] for one in sheet] == [one["id"] for one in rows]
    assert [one["outcome"] for one in rows] == ["answered", "late", "missed", "missed", "nudged", "planned"]
    assert [one["source"] for one in rows] == ["schedule"] * 3 + ["reminder", "nudge", "schedule"]
    counted = [one["outcome"] for one in rows if one["source"] == "schedule"]
    with frozen_at(NOW):
        overall = ledger.get("/compliance.json").json()["overall"]
    assert {name: overall[name] for name in ("answered", "late", "missed", "planned")} == {
        name: counted.count(name) for name in ("answered", "late", "missed", "planned")
    }
    assert (overall["sent"], overall["response_rate"]) == (3, pytest.approx(1 / 3))


def test_no_cell_is_a_formula(ledger: Cast) -> None:
    sheet = rows_of_csv(fetch(ledger, "/prompts.csv"))
    assert [one["reason"] for one in sheet if one["reason"]] == ["'=cmd()"]


def test_pages_follow_one_another_without_gap_or_repeat(ledger: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = [one["id"] for one in ledger.get("/prompts").json()["rows"]]
    read: list[str] = []
    after = ""
    while True:
        page = ledger.get(f"/prompts?limit=2{after}").json()
        read += [one["id"] for one in page["rows"]]
        if page["next"] is None:
            break
        after = f"&after={page['next']}"
    assert read == whole
    monkeypatch.setattr(compliance_rows, "BATCH", 2)
    assert [one["id"] for one in rows_of_csv(fetch(ledger, "/prompts.csv"))] == whole
    assert ledger.get("/prompts?after=nonsense").json()["code"] == "invalid"
    assert ledger.get("/prompts?limit=0").status_code == 422


def test_an_empty_ledger_is_a_header(cast: Cast) -> None:
    assert rows_of_csv(fetch(cast, "/prompts.csv")) == []
    assert cast.get("/prompts.json").json() == {"rows": [], "next": None}
    empty = cast.get("/compliance.json").json()
    assert (empty["scheduled"], empty["days"], empty["overall"]["response_rate"]) == (False, [], None)


def test_rates_by_day_have_their_denominators(ledger: Cast) -> None:
    with frozen_at(NOW):
        found = ledger.get("/compliance.json?by=date").json()
    days = {one["date"]: (one["sent"], one["answered"], one["late"], one["response_rate"]) for one in found["days"]}
    assert days == {
        "2026-03-13": (1, 1, 0, 1.0),
        "2026-03-14": (1, 0, 1, 0.0),
        "2026-03-15": (1, 0, 0, 0.0),
        "2026-03-25": (0, 0, 0, None),
    }
    with frozen_at(NOW):
        by_event = ledger.get("/compliance.json").json()
    assert [one["day"] for one in by_event["days"]] == [3, 4, 5, 15]
    assert by_event["answer_delay"] == {"seconds": pytest.approx((39 + 500) / 2 * 60), "n": 2}
    assert found["people"] == 2


def test_before_its_time_is_over_a_prompt_waits_and_is_not_missed(cast: Cast) -> None:
    add_prompt(cast.store, cast.study_id, cast.people["P01"], "2026-03-19")
    sent = datetime(2026, 3, 19, 12, 30, tzinfo=UTC)
    for at, outcome in ((sent, "sent"), (sent + timedelta(hours=4), "missed")):
        with frozen_at(at):
            row = cast.get("/prompts").json()["rows"][0]
            overall = cast.get("/compliance.json").json()["overall"]
        assert (row["outcome"], row["expired"]) == (outcome, outcome == "missed")
        assert (overall["sent"], overall["waiting"]) == (1, outcome == "sent")


def test_one_of_which_nobody_knows_is_held_against_nobody_until_it_was_opened(cast: Cast) -> None:
    add_prompt(cast.store, cast.study_id, cast.people["P01"], "2026-03-12", "uncertain")
    add_prompt(cast.store, cast.study_id, cast.people["P01"], "2026-03-13", "uncertain", opened=3)
    with frozen_at(NOW):
        assert [one["outcome"] for one in cast.get("/prompts").json()["rows"]] == ["failed", "missed"]


def test_a_segment_narrows_the_rates(ledger: Cast) -> None:
    alone = ledger.add_patient("P03", 居住="独居")
    add_prompt(ledger.store, ledger.study_id, alone, "2026-03-15", answered=1)
    found = ledger.get("/compliance.json?segment=居住=独居").json()
    assert (found["people"], found["overall"]["sent"], found["overall"]["response_rate"]) == (1, 1, 1.0)


@pytest.mark.parametrize(
    ("who", "rows", "rates"), [("teammate", 200, 200), ("viewer", 403, 200), ("stranger", 404, 404)]
)
def test_roles(ledger: Cast, who: str, rows: int, rates: int) -> None:
    for path in ("/prompts", "/prompts.json", "/prompts.csv"):
        assert ledger.get(path, who=who).status_code == rows
    assert ledger.get("/compliance.json", who=who).status_code == rates
    assert "P0" not in ledger.get("/compliance.json", who=who).text  # rates name nobody


@pytest.mark.parametrize("path", ["/prompts", "/prompts.csv", "/compliance.json"])
def test_a_key_needs_the_scope_to_export(ledger: Cast, path: str) -> None:
    lesser = ledger.client.get(BASE + path, headers=ledger.key("owner", "statements:read", "curves:read"))
    assert lesser.json()["code"] == "missing_scope"
    assert ledger.client.get(BASE + path, headers=ledger.key("owner", "export")).status_code == 200
    assert ledger.client.get(BASE + path).status_code == 401


def test_nothing_that_people_wrote_stands_in_the_ledger(ledger: Cast) -> None:
    for path in ("/prompts", "/prompts.csv", "/compliance.json"):
        assert "夜里" not in fetch(ledger, path)

"""A corrected surgery date moves the days of what was written, and the curve with them."""

from uuid import uuid4

from app.core.db import Database
from app.diary import queries as diary_queries
from app.statements import cells
from tests.support.cast import Cast
from tests.support.scene import SLUG


def change(cast: Cast, **values: str | None) -> None:
    url = f"/api/v1/studies/{SLUG}/participants/P01"
    assert cast.client.patch(url, json=values, headers=cast.headers["owner"]).status_code == 200


def cells_hold(cast: Cast, store: Database) -> None:
    with store.read() as session:
        assert cells.stored(session, cast.study_id) == cells.text_deltas(session, cast.study_id)
        moods = cells.stored(session, cast.study_id, sources=("mood",))
        assert moods == diary_queries.mood_deltas(session, cast.study_id)


def test_days_follow_a_corrected_anchor(cast: Cast, store: Database) -> None:
    entry_id = uuid4()
    cast.put(cast.entry(), entry_id)
    cast.put(cast.entry(participant="P02"))
    change(cast, anchor_on="2026-03-12")
    assert cast.get(f"/entries/{entry_id}").json()["day"] == 1
    points = {point["key"]: point for point in cast.get("/curve.json?by=day").json()["points"]}
    assert [points[key]["n_participants"] for key in ("1", "3")] == [1, 1]
    cells_hold(cast, store)


def test_days_follow_the_persons_zone(cast: Cast, store: Database) -> None:
    entry_id = uuid4()
    cast.put(cast.entry(occurred_at="2026-03-10T17:30:00Z"), entry_id)
    change(cast, time_zone="Europe/London")
    assert cast.get(f"/entries/{entry_id}").json()["day"] == 0
    cells_hold(cast, store)


def test_without_an_anchor_there_are_no_days(cast: Cast, store: Database) -> None:
    entry_id = uuid4()
    cast.put(cast.entry(), entry_id)
    change(cast, anchor_on=None)
    assert cast.get(f"/entries/{entry_id}").json()["day"] is None
    assert all(point["n_entries"] == 0 for point in cast.get("/curve.json?by=day").json()["points"])
    cells_hold(cast, store)

"""Sixty days of a study with ten thousand people, held against what each of them ought to have got."""

from collections import Counter
from datetime import timedelta

from app.core.db import Database
from tests.prompts import world
from tests.prompts.oracle import Life, expected, in_quiet
from tests.prompts.world import Backend
from tests.support.databases import only_on


@only_on("sqlite")  # the small one below and the kill test run the same functions on both kinds
def test_ten_thousand_people_get_every_prompt_once_at_its_moment(store: Database) -> None:
    _live_and_compare(store, people=10_000, step=timedelta(hours=4), days=60)


def test_every_half_hour_on_both_kinds_of_database(store: Database) -> None:
    _live_and_compare(store, people=80, step=timedelta(minutes=30), days=24)


def _live_and_compare(store: Database, *, people: int, step: timedelta, days: int) -> None:
    study_id = world.make_study(store)
    everybody = world.lives(people)
    backend = world.live(store, study_id, everybody, step, days)
    assert len(backend.asked) == len(backend.by_key), "a channel was asked twice"
    at = dict(backend.asked)
    got = [(due.participant_id, due.rule_key, due.occasion, at[due.id]) for due in backend.by_key.values()]
    assert max(Counter(one[:3] for one in got).values()) == 1, "an occasion was sent twice"
    end = world.BEGIN + timedelta(days=days)
    owed = {
        (life.id, one.rule, one.name, one.at)
        for life in everybody
        for one in expected(life, end, world.STUDY_QUIET, step)
    }
    assert len(owed) > 2 * people
    assert set(got) - owed == set()
    assert owed - set(got) == set()
    _no_quiet_hour_and_nothing_after_leaving(backend, everybody)


def _no_quiet_hour_and_nothing_after_leaving(backend: Backend, everybody: list[Life]) -> None:
    """Said once more without the oracle's course: by each message's own moment."""
    lives = {life.id: life for life in everybody}
    at = dict(backend.asked)
    for due in backend.by_key.values():
        life, moment = lives[due.participant_id], at[due.id]
        hours = [world.STUDY_QUIET, *([life.quiet] if life.quiet else [])]
        assert not in_quiet(moment, life.zone_at(moment), hours)
        assert life.withdrawn_at is None or moment < life.withdrawn_at
        assert life.pause is None or not life.pause[0] <= moment < life.pause[1]

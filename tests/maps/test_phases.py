"""The rules of phases: each by an example, and what must hold whatever happens."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.maps.groups.models import PHASES
from app.maps.groups.phases import Happened, came_again, standing
from app.participants.relation_models import RELATION_EVENTS

FIRST = date(2026, 1, 10)
LATER = date(2026, 12, 31)


def on(day: int, kind: str, label: str = "") -> Happened:
    return Happened(kind, FIRST + timedelta(days=day), label)


@pytest.mark.parametrize(
    ("events", "phase"),
    [
        ([], None),
        ([on(0, "complaint"), on(1, "review")], None),
        ([on(0, "contact")], "exploring"),
        ([on(0, "visit", "洗牙")], "exploring"),
        ([on(0, "visit", "洗牙"), on(90, "visit", "洗牙")], "exploring"),
        ([on(0, "visit", "洗牙"), on(0, "visit", "拍片")], "exploring"),
        ([on(0, "visit", "洗牙"), on(60, "purchase", "补牙")], "building"),
        ([on(0, "purchase", "洗牙"), on(60, "purchase", "洗牙")], "building"),
        ([on(0, "visit", "洗牙"), on(60, "visit", "补牙"), on(90, "visit", "种植")], "deepening"),
        ([on(0, "purchase"), on(30, "purchase"), on(60, "purchase")], "deepening"),
        ([on(0, "visit", "洗牙"), on(5, "referral")], "exploring"),
        ([on(0, "visit", "洗牙"), on(5, "referral"), on(60, "purchase", "补牙")], "expanding"),
    ],
)
def test_each_rule(events: list[Happened], phase: str | None) -> None:
    assert standing(events, LATER).phase == phase


def test_cleaning_then_filling_is_exploring_then_building() -> None:
    found = standing([on(60, "purchase", "补牙"), on(0, "visit", "洗牙")], LATER)
    assert found.since == [("exploring", FIRST), ("building", FIRST + timedelta(days=60))]
    assert standing([on(60, "purchase", "补牙"), on(0, "visit", "洗牙")], FIRST).phase == "exploring"


def test_who_left_is_told_apart_until_they_come_again() -> None:
    gone = [on(0, "visit", "洗牙"), on(9, "left")]
    assert standing(gone, LATER).left
    assert not standing(gone, FIRST).left
    assert not standing([*gone, on(20, "visit", "洗牙")], LATER).left


def test_again_means_another_day() -> None:
    assert came_again([on(0, "visit")], "purchase", LATER) is None
    assert came_again([on(0, "purchase"), on(0, "purchase", "x")], "purchase", LATER) is False
    assert came_again([on(0, "purchase"), on(3, "purchase")], "purchase", LATER) is True
    assert came_again([on(0, "purchase"), on(3, "purchase")], "purchase", FIRST) is False


EVENTS = st.builds(
    on, st.integers(0, 20), st.sampled_from(RELATION_EVENTS), st.sampled_from(["", "洗牙", "补牙", "种植"])
)


def rank(phase: str | None) -> int:
    return -1 if phase is None else PHASES.index(phase)


@given(st.lists(EVENTS, max_size=12), st.integers(0, 20), st.integers(0, 20))
def test_nobody_falls_back_order_does_not_matter_nor_what_comes_later(
    events: list[Happened], one: int, other: int
) -> None:
    early, late = (FIRST + timedelta(days=day) for day in sorted((one, other)))
    before, after = standing(events, early), standing(events, late)
    assert rank(before.phase) <= rank(after.phase)
    assert list(after.since)[: len(before.since)] == list(before.since)
    assert standing(list(reversed(events)), late) == after
    assert standing([event for event in events if event.on <= late], late) == after


@given(st.lists(EVENTS, max_size=10), EVENTS)
def test_one_thing_more_never_lowers_a_phase(events: list[Happened], more: Happened) -> None:
    assert rank(standing([*events, more], LATER).phase) >= rank(standing(events, LATER).phase)

"""The grid of people by days: nobody and nothing gets lost in it, and rates are what they say."""

from collections import Counter
from datetime import date, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.diary.compliance_grid import (
    DRAWN,
    WIDEST,
    By,
    GridPerson,
    Mark,
    Marked,
    Tally,
    Window,
    arrange,
    window_of,
)

DAY = date(2026, 3, 10)
days = st.integers(-60, 60).map(lambda n: DAY + timedelta(days=n))
people = st.lists(
    st.builds(GridPerson, st.integers(1, 12).map(lambda n: UUID(int=n)), st.none() | days),
    unique_by=lambda one: one.id,
    max_size=12,
)
marked = st.lists(
    st.builds(Marked, st.integers(1, 14).map(lambda n: UUID(int=n)), days, st.sampled_from(Mark), st.integers(1, 4)),
    max_size=40,
)
windows = st.builds(lambda first, length: Window(first, first + length), st.integers(-40, 40), st.integers(0, 41))


def moved(window: Window, by: By) -> Window:
    base = DAY.toordinal() if by == "date" else 0
    return Window(window.first + base, window.last + base)


@given(people, marked, windows, st.sampled_from(["anchor", "date"]))
def test_everyone_has_a_line_and_every_mark_of_theirs_is_counted_once(
    people: list[GridPerson], marked: list[Marked], window: Window, by: By
) -> None:
    window = moved(window, by)
    lines = arrange(people, marked, window, by)
    assert [line.person for line in lines] == people
    for line in lines:
        of_theirs = [one for one in marked if one.participant_id == line.person.id]
        in_cells = sum(sum(cell.counts.values()) for cell in line.cells.values())
        assert in_cells + line.outside + line.unplaced == sum(one.n for one in of_theirs)
        assert set(line.cells) <= set(window.places)
        assert line.unplaced == (0 if by == "date" or line.person.anchor_on else in_cells + sum(o.n for o in of_theirs))


@given(people, marked, windows)
def test_a_cell_holds_what_happened_on_its_day(people: list[GridPerson], marked: list[Marked], window: Window) -> None:
    for line in arrange(people, marked, window, "anchor"):
        for place in window.places:
            expected: Counter[Mark] = Counter()
            anchor_on = line.person.anchor_on
            for one in marked:
                if (one.participant_id, anchor_on) == (line.person.id, one.on - timedelta(days=place)):
                    expected[one.mark] += one.n
            assert Counter(line.at(place).counts) == expected


@given(st.dictionaries(st.sampled_from(Mark), st.integers(0, 9)))
def test_rates_leave_out_what_never_went_out_and_what_no_schedule_asked_for(counts: dict[Mark, int]) -> None:
    tally = Tally(counts)
    beside = {Mark.FAILED, Mark.SKIPPED, Mark.PLANNED, Mark.UNPROMPTED, Mark.NUDGED}
    assert tally.sent == sum(n for mark, n in counts.items() if mark not in beside)
    if tally.sent:
        assert tally.rate == counts.get(Mark.ANSWERED, 0) / tally.sent
        assert Tally({**counts, Mark.FAILED: 50, Mark.NUDGED: 50, Mark.UNPROMPTED: 50}).rate == tally.rate
    else:
        assert tally.rate is None


@given(st.dictionaries(st.sampled_from(Mark), st.integers(1, 9)))
def test_a_cell_draws_every_mark_or_says_that_there_are_more(counts: dict[Mark, int]) -> None:
    tally = Tally(counts)
    assert len(tally.drawn) <= DRAWN
    assert tally.folded or Counter(tally.drawn) == Counter(counts)


@given(
    st.none() | st.tuples(st.integers(-400, 0), st.integers(0, 400)),
    st.integers(-500, 500),
    st.sampled_from(["anchor", "date"]),
    st.none() | st.integers(-900, 900),
)
def test_a_window_lies_within_what_is_known_and_is_never_too_wide(
    known: tuple[int, int] | None, today: int, by: By, start: int | None
) -> None:
    window = window_of(known, today, by, start)
    first, last = known or (today, today)
    assert first <= window.first <= window.last <= last
    assert len(window.places) <= WIDEST


@pytest.mark.parametrize(
    ("known", "today", "by", "expected"),
    [
        (None, 5, "date", Window(5, 5)),
        ((-20, 10), 0, "anchor", Window(-20, 10)),
        ((-60, 160), 0, "anchor", Window(-7, 34)),
        ((-90, -30), 0, "anchor", Window(-90, -49)),
        ((100, 200), 150, "date", Window(116, 157)),
        ((100, 200), 900, "date", Window(159, 200)),
        ((100, 140), 110, "date", Window(100, 117)),
        ((100, 140), 50, "date", Window(100, 100)),
    ],
)
def test_the_days_that_matter_now_are_shown_first(
    known: tuple[int, int] | None, today: int, by: By, expected: Window
) -> None:
    assert window_of(known, today, by) == expected

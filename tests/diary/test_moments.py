"""The parts of the day that the form offers."""

from datetime import datetime

import pytest

from app.diary.moments import moment_of, parts_until


def told(moment: str, zone: str) -> list[tuple[str, str]]:
    return [(part.label, part.value) for part in parts_until(datetime.fromisoformat(moment), zone)]


@pytest.mark.parametrize(
    ("moment", "zone", "first", "count"),
    [
        # Twenty past midnight: nothing of today is worth a part of its own.
        ("2026-03-11T00:20+08:00", "Asia/Shanghai", ("昨天晚上", "2026-03-10T21:00"), 2),
        ("2026-03-11T00:40+08:00", "Asia/Shanghai", ("今天凌晨", "2026-03-11T00:20"), 3),
        ("2026-03-11T15:00+08:00", "Asia/Shanghai", ("今天下午", "2026-03-11T14:30"), 7),
        ("2026-03-11T23:59+08:00", "Asia/Shanghai", ("今天晚上", "2026-03-11T20:55"), 8),
        # The same moment elsewhere is another part of another day.
        ("2026-03-11T15:00+08:00", "America/Los_Angeles", ("昨天晚上", "2026-03-10T21:00"), 2),
        ("2026-03-11T15:00+08:00", "Asia/Urumqi", ("今天中午", "2026-03-11T12:30"), 6),
        # On the day the clocks go forward, noon is noon.
        ("2026-03-29T14:10+02:00", "Europe/Berlin", ("今天中午", "2026-03-29T13:00"), 6),
    ],
)
def test_parts_of_the_day_are_the_persons_own_and_never_ahead(
    moment: str, zone: str, first: tuple[str, str], count: int
) -> None:
    offered = told(moment, zone)
    assert (offered[0], len(offered)) == (first, count)
    now = datetime.fromisoformat(moment)
    for _label, value in offered:
        assert moment_of(value, "", zone) < now

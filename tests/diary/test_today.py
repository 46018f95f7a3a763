"""The stage that today's form proposes, and the words that things are told in."""

from uuid import UUID

import pytest

from app.diary.form_page import greeting
from app.diary.today import propose_stage
from app.diary.words import tone_of
from app.studies.protocol import StageFacts

SPANS = {"before": (-30, -1), "day": (0, 0), "after": (1, 90), "late": (60, None), "any": (None, None)}
STAGES = [StageFacts(UUID(int=n), key, key, n, *span) for n, (key, span) in enumerate(SPANS.items())]


@pytest.mark.parametrize(
    ("day", "last", "proposed"),
    [
        (-3, None, "before"),
        (0, "before", "day"),
        (3, "day", "after"),
        (70, None, "after"),
        (70, "late", "late"),
        (70, "day", "after"),
        (400, "after", "late"),
        (-90, "day", "day"),
        (-90, None, "before"),
        (None, "after", "after"),
        (None, None, "before"),
        (-3, "after", "before"),
    ],
)
def test_the_day_proposes_the_stage_and_the_last_entry_decides_between_two(
    day: int | None, last: str | None, proposed: str
) -> None:
    last_id = next((stage.id for stage in STAGES if stage.key == last), None)
    assert propose_stage(STAGES, day, last_id).key == proposed


@pytest.mark.parametrize(
    ("event", "day", "words"),
    [
        ("手术日", 3, "手术后第 3 天，"),
        ("关键日", 3, "关键日后第 3 天，"),
        ("生日", 3, "生日后第 3 天，"),
        ("种植手术", 3, "种植手术后第 3 天，"),
        ("手术日", 0, "今天是手术日，"),
        ("手术日", -4, "离手术日还有 4 天，"),
        ("手术日", None, ""),
    ],
)
def test_the_greeting_counts_from_the_event(event: str, day: int | None, words: str) -> None:
    assert greeting(event, day) == words


def test_moods_lie_on_their_side_of_neutral() -> None:
    tones = [tone_of(mood) for mood in (1, 4, 5, 6, 9, None)]
    assert tones == ["low", "low", "even", "high", "high", "even"]

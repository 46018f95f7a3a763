"""Whether an entry is one that care staff should look at. Pure: what is done about it is decided in ``care``.

The store asks for the task named here in the entry's own transaction; entries without a concern, nearly all, cost nothing more.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Final, Literal

from app.studies.care_rules import CareRules

TASK: Final = "care.look"
"""The task that looks at entries of concern: ``study``, its id, and ``entries``, the ids of up to MOST of them."""

MOST: Final = 500

Concern = Literal["self_harm", "emergency", "low", "marked", "effort"]
URGENT: Final[frozenset[Concern]] = frozenset({"self_harm", "emergency"})


def concerns(
    rules: CareRules,
    *,
    cues: Iterable[str],
    scores: Sequence[float],
    mood: int | None,
    effort: int | None,
    mark: str | None,
    occurred_at: datetime,
    now: datetime,
) -> tuple[Concern, ...]:
    """Return why care staff should look at an entry, the gravest first; empty for nearly all.

    ``cues`` are the kinds of signs found in its texts, ``scores`` its statements' (−1..1), mood 1..9, effort 1..7.
    """
    if not rules.watching or now - occurred_at > timedelta(days=rules.fresh_days):
        return ()
    found: list[Concern] = []
    signs = set(cues)
    if "self_harm" in signs:
        found.append("self_harm")
    if "emergency" in signs:
        found.append("emergency")
    low_mood = mood is not None and rules.mood_at_most is not None and mood <= rules.mood_at_most
    low_score = rules.score_at_most is not None and min(scores, default=1.0) <= rules.score_at_most
    if low_mood or low_score:
        found.append("low")
    if rules.marked_low and mark == "valley":
        found.append("marked")
    if effort is not None and rules.effort_at_least is not None and effort >= rules.effort_at_least:
        found.append("effort")
    return tuple(found)

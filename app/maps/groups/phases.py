"""In which phase of the relation somebody is, by rules that anybody can check. Pure: events and a day in, a phase out.

| phase | as soon as |
|---|---|
| exploring 探索 | they were in contact, came or bought for the first time |
| building 建立 | they came back on another day for something else, or paid on a second day |
| deepening 深化 | they had three different things, or paid on three different days |
| expanding 扩展 | they were building at least, and brought somebody else |

Nobody falls back; who left, and did not come again, is told apart and keeps the phase they had reached. What comes after
``as_of`` is not looked at. A complaint or a review alone makes no relation, and takes none away.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from app.maps.groups.models import PHASES
from app.participants.relation_models import CONTACT, LEFT, PURCHASE, REFERRAL, VISIT

DEEP: Final = 3
"""Different things, or days paid on."""

MEETING: Final = (VISIT, PURCHASE)
TELLING: Final = (*MEETING, CONTACT, REFERRAL, LEFT)


@dataclass(frozen=True, slots=True)
class Happened:
    """An event as the rules see it."""

    kind: str
    on: date
    label: str = ""


@dataclass(frozen=True, slots=True)
class Standing:
    """Where somebody stands. ``since`` says when each phase was reached, in order; empty while there is no relation."""

    since: Sequence[tuple[str, date]]
    left: bool

    @property
    def phase(self) -> str | None:
        """The phase reached; None while there is no relation."""
        return self.since[-1][0] if self.since else None


def standing(events: Iterable[Happened], as_of: date) -> Standing:
    """Return where somebody with these events, in any order, stands at the end of the day ``as_of``."""
    known = sorted(
        (one for one in events if one.on <= as_of and one.kind in TELLING), key=lambda one: (one.on, one.label)
    )
    since: list[tuple[str, date]] = []
    for day in sorted({one.on for one in known}):
        reached = _reached([one for one in known if one.on <= day])
        if reached is not None and (not since or PHASES.index(reached) > PHASES.index(since[-1][0])):
            since.append((reached, day))
    return Standing(since, _left(known))


def _reached(known: Sequence[Happened]) -> str | None:
    met = [one for one in known if one.kind in MEETING]
    if not met:
        return PHASES[0] if any(one.kind in (CONTACT, REFERRAL) for one in known) else None
    things = {one.label for one in met if one.label}
    days = {one.on for one in met}
    paid = {one.on for one in met if one.kind == PURCHASE}
    building = len(paid) > 1 or (len(things) > 1 and len(days) > 1)
    if building and any(one.kind == REFERRAL for one in known):
        return PHASES[3]
    if len(paid) >= DEEP or (building and len(things) >= DEEP):
        return PHASES[2]
    return PHASES[1] if building else PHASES[0]


def _left(known: Sequence[Happened]) -> bool:
    gone = max((one.on for one in known if one.kind == LEFT), default=None)
    return gone is not None and not any(one.on > gone and one.kind in MEETING for one in known)


def came_again(events: Iterable[Happened], kind: str, as_of: date) -> bool | None:
    """Return whether somebody bought (or came) again on a later day than the first time; None if they never did once."""
    days = {one.on for one in events if one.kind == kind and one.on <= as_of}
    return None if not days else len(days) > 1

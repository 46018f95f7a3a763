"""What came after low moments: those where somebody was reached, beside those that nobody followed up."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import fmean, median
from typing import Final, Literal
from uuid import UUID

from sqlalchemy.orm import Session

from app.care import after_queries as queries
from app.care.after_queries import LowMoment, Touch, Written
from app.care.change import ChangeEstimate, estimate_change
from app.core import clock
from app.core.db import MICRO
from app.curves.anonymity import K_ANONYMOUS

WINDOW: Final = timedelta(days=7)
"""So long after the first contact a moment is looked at again; and so soon somebody must have been reached to be followed."""
USUAL_WAIT: Final = timedelta(hours=24)
MOST: Final = 5000
MeasureName = Literal["mood", "score"]


@dataclass(frozen=True, slots=True)
class Episode:
    """A low moment and the time in which what came after counts: after the contact, or after as long a wait without one."""

    moment: LowMoment
    followed: bool
    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Episodes:
    """All of them; ``otherwise``: moments with a message or support, but no contact, are in neither group. ``wait``: how long
    after the moment people were usually reached."""

    found: Sequence[Episode]
    otherwise: int
    wait: timedelta


@dataclass(frozen=True, slots=True)
class Measured:
    """One measure: mood (1..9) or the lowest score of what was written (−1..1). ``hidden`` figures may not be shown."""

    name: MeasureName
    estimate: ChangeEstimate
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class After:
    """What came after. ``measures`` begin with the one that is spoken of.

    ``followed`` and ``others`` count low moments; ``silent_followed`` and ``silent_others`` those of them after which nothing
    was written within the window, and ``waiting`` those whose window is not over: neither is in any mean.
    """

    measures: tuple[Measured, Measured]
    followed: int
    others: int
    silent_followed: int
    silent_others: int
    waiting: int
    otherwise: int
    wait: timedelta
    level: float

    @property
    def told(self) -> Measured:
        """The measure that is spoken of."""
        return self.measures[0]


def after(session: Session, study_id: UUID, *, level: float = 0.95, anonymous: bool = False) -> After:
    """Return how low moments went on in the week after a contact, and how where there was none.

    ``anonymous`` hides every figure about fewer than 8 people. Reads the entries of people with a follow-up, and no others.
    """
    now = clock.now()
    episodes = arrange(queries.low_moments(session, study_id, MOST), queries.touches(session, study_id))
    over = [one for one in episodes.found if one.end <= now]
    later = _later(over, queries.written_by(session, study_id, {one.moment.participant_id for one in over}))
    wanted = {one.moment.entry_id for one in over} | {entry.id for found in later for entry in found}
    scores = queries.lowest_scores(session, study_id, wanted)
    moods, said = _moods(over, later), _scores(over, later, scores)
    measures = [_measured("mood", over, moods, level), _measured("score", over, said, level)]
    if measures[1].estimate.enough and not measures[0].estimate.enough:
        measures.reverse()
    shown = [_guarded(one) if anonymous else one for one in measures]
    silent = [one.followed for one, found in zip(over, later, strict=True) if not found]
    return After(
        measures=(shown[0], shown[1]),
        followed=sum(one.followed for one in over),
        others=sum(not one.followed for one in over),
        silent_followed=sum(silent),
        silent_others=len(silent) - sum(silent),
        waiting=len(episodes.found) - len(over),
        otherwise=episodes.otherwise,
        wait=episodes.wait,
        level=level,
    )


def arrange(moments: Sequence[LowMoment], touches: Iterable[Touch]) -> Episodes:
    """Return the moments in two groups, with the time in which what came after counts. Pure.

    Followed is a moment after which a contact reached the person within WINDOW; its clock starts there. For the others it
    starts after as long as people usually waited for a contact, or the passing of time alone would tell the groups apart,
    and it ends early where the team was in touch after all.
    """
    of_person: dict[UUID, list[Touch]] = {}
    for touch in sorted(touches, key=lambda one: one.at):
        of_person.setdefault(touch.participant_id, []).append(touch)
    since = {one: _after(of_person.get(one.participant_id, ()), one.occurred_at) for one in moments}
    reached = {one: _reached(one, touches) for one, touches in since.items()}
    waits = [(at - one.occurred_at).total_seconds() for one, at in reached.items() if at is not None]
    wait = timedelta(seconds=median(waits)) if waits else USUAL_WAIT
    found, otherwise = [], 0
    for one, at in reached.items():
        start = at or one.occurred_at + wait
        ended = next((touch.at for touch in since[one] if at is None), start + WINDOW)
        if ended <= start:
            otherwise += 1
        else:
            found.append(Episode(one, at is not None, start, min(ended, start + WINDOW)))
    return Episodes(found, otherwise, wait)


def _after(touches: Iterable[Touch], moment: datetime) -> list[Touch]:
    return [one for one in touches if one.at > moment]


def _reached(moment: LowMoment, touches: Iterable[Touch]) -> datetime | None:
    soon = moment.occurred_at + WINDOW
    return next((one.at for one in touches if one.contact and one.at <= soon), None)


def _later(episodes: Sequence[Episode], written: Iterable[Written]) -> list[list[Written]]:
    """Return for each episode the person's entries of its window."""
    of_person: dict[UUID, list[Written]] = {}
    for entry in written:
        of_person.setdefault(entry.participant_id, []).append(entry)
    return [
        [
            entry
            for entry in of_person.get(one.moment.participant_id, ())
            if one.start < entry.occurred_at <= one.end and entry.id != one.moment.entry_id
        ]
        for one in episodes
    ]


Pair = tuple[float, float] | None
"""Before and after; None where one of them is not known."""


def _moods(episodes: Sequence[Episode], later: Sequence[Sequence[Written]]) -> list[Pair]:
    found: list[Pair] = []
    for one, entries in zip(episodes, later, strict=True):
        moods = [entry.mood for entry in entries if entry.mood is not None]
        known = one.moment.mood is not None and moods
        found.append((float(one.moment.mood or 0), fmean(moods)) if known else None)
    return found


def _scores(episodes: Sequence[Episode], later: Sequence[Sequence[Written]], scores: Mapping[UUID, int]) -> list[Pair]:
    found: list[Pair] = []
    for one, entries in zip(episodes, later, strict=True):
        before = scores.get(one.moment.entry_id)
        said = [scores[entry.id] / MICRO for entry in entries if entry.id in scores]
        found.append((before / MICRO, fmean(said)) if before is not None and said else None)
    return found


def _measured(name: MeasureName, episodes: Sequence[Episode], pairs: Sequence[Pair], level: float) -> Measured:
    known = [(one, pair) for one, pair in zip(episodes, pairs, strict=True) if pair is not None]
    place = {person: number for number, person in enumerate({one.moment.participant_id for one, _ in known})}
    estimate = estimate_change(
        [place[one.moment.participant_id] for one, _ in known],
        [pair[0] for _, pair in known],
        [pair[1] for _, pair in known],
        [one.followed for one, _ in known],
        level=level,
    )
    return Measured(name, estimate)


def _guarded(one: Measured) -> Measured:
    """Return the measure, hidden where a group is of fewer than 8 people; nobody is as few as it gets."""
    groups = (one.estimate.followed.people, one.estimate.others.people)
    return Measured(one.name, one.estimate, hidden=any(0 < people < K_ANONYMOUS for people in groups))

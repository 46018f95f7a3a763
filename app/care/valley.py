"""Who stands in the hardest stage today, how they felt last, and whether anybody was in touch with them there."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy.orm import Session

from app.care import valley_queries as queries
from app.care.valley_queries import InTouch, LastMood, OnTheRoad
from app.core import clock
from app.curves.anonymity import K_ANONYMOUS
from app.curves.hardest_now import Hardest
from app.participants.sight import Sight
from app.studies.protocol import StageFacts, StudyProtocol
from app.studies.retention import is_past

LONG_AGO: Final = datetime(1970, 1, 1, tzinfo=UTC)
MOST_LISTED: Final = 200
DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Standing:
    """A person in a stage on their ``day`` from the anchor event. ``hardest``: it is one of the days that may be the lowest.

    ``since`` is the first day of the stage for them. ``touch`` is the last time since then that the team reached them, one by
    one, ``tried`` the last time that it did not.
    """

    person: OnTheRoad
    stage: StageFacts
    day: int
    hardest: bool
    since: date | None
    touch: InTouch | None
    tried: InTouch | None
    mood: LastMood | None = None
    follow_up_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Valley:
    """The hardest stages and who is in them now. ``people``, ``untouched`` and ``on_hardest_days``: how many there are, with
    how many nobody was in touch there, and who are in the hardest days; None where they are too few to be told. ``listed``
    is empty for whoever sees figures only.

    ``nowhere`` people have no date to count their days from. ``over``: the study has ended, and nobody is anywhere.
    """

    hardest: Hardest
    people: int | None
    untouched: int | None
    on_hardest_days: int | None
    listed: Sequence[Standing]
    nowhere: int
    over: bool


def valley(session: Session, protocol: StudyProtocol, hardest: Hardest, sight: Sight) -> Valley:
    """Return who, of those whom the reader may see, is in the hardest stages now; who was left alone first."""
    found, over = _standing(session, protocol, hardest, sight), _is_over(protocol)
    listed = sorted(found, key=_order)[:MOST_LISTED]
    ids = [one.person.id for one in listed]
    moods = queries.last_moods(session, sight.study_id, ids) if ids else {}
    opened = queries.open_follow_ups(session, sight.study_id, ids) if ids else {}
    shown = [replace(one, mood=moods.get(one.person.id), follow_up_id=opened.get(one.person.id)) for one in listed]
    nowhere = queries.count_nowhere(session, sight) if hardest.stages and not over else 0
    return Valley(hardest, *_counts(found), shown, nowhere, over)


def figures(
    session: Session, protocol: StudyProtocol, hardest: Hardest, sight: Sight, *, anonymous: bool = False
) -> Valley:
    """Return how many people are in the hardest stages now, and none of them: three small SELECTs, none of what was written.

    ``anonymous`` tells of nobody where they are fewer than 8.
    """
    found = _standing(session, protocol, hardest, sight)
    hidden = anonymous and 0 < len(found) < K_ANONYMOUS
    if hidden:
        return Valley(hardest, None, None, None, (), 0, over=False)
    return Valley(hardest, *_counts(found), (), 0, _is_over(protocol))


def _standing(session: Session, protocol: StudyProtocol, hardest: Hardest, sight: Sight) -> list[Standing]:
    if not hardest.stages or _is_over(protocol):
        return []
    now = clock.now()
    first, last = _anchors(hardest.stages, now)
    people = queries.on_the_road(session, sight, first, last)
    placed = [(one, placed) for one in people if (placed := _placed(one, hardest.stages, now)) is not None]
    if not placed:
        return []
    begun = min(_since(one, stage) or LONG_AGO.date() for one, (stage, _) in placed)
    earliest = datetime.combine(begun, time(0), UTC) - DAY
    touched = _by_person(one for one in queries.in_touch(session, sight.study_id, earliest) if one.at <= now)
    return [_one(one, stage, day, hardest, touched.get(one.id, ())) for one, (stage, day) in placed]


def _one(person: OnTheRoad, stage: StageFacts, day: int, hardest: Hardest, touched: Sequence[InTouch]) -> Standing:
    since = _since(person, stage)
    here = [one for one in touched if since is None or clock.local_date(one.at, person.time_zone) >= since]
    touch = max((one for one in here if one.reached), key=lambda one: one.at, default=None)
    tried = max((one for one in here if not one.reached), key=lambda one: one.at, default=None)
    return Standing(person, stage, day, hardest.holds(day), since, touch, tried)


def _placed(person: OnTheRoad, stages: Sequence[StageFacts], now: datetime) -> tuple[StageFacts, int] | None:
    """Return the hardest of the stages that the person's day lies in, and the day."""
    day = clock.days_between(person.anchor_on, now, person.time_zone)
    return next(((stage, day) for stage in stages if _holds(stage, day)), None)


def _holds(stage: StageFacts, day: int) -> bool:
    if stage.day_from is None and stage.day_to is None:
        return False
    return (stage.day_from is None or stage.day_from <= day) and (stage.day_to is None or day <= stage.day_to)


def _anchors(stages: Sequence[StageFacts], now: datetime) -> tuple[date, date]:
    """Return between which dates anchor events lie of whoever may be in the stages, wherever on earth their day is counted."""
    today = now.date()
    first = [date.min if one.day_to is None else today - timedelta(days=one.day_to + 1) for one in stages]
    last = [date.max if one.day_from is None else today - timedelta(days=one.day_from - 1) for one in stages]
    return min(first), max(last)


def _since(person: OnTheRoad, stage: StageFacts) -> date | None:
    return None if stage.day_from is None else person.anchor_on + timedelta(days=stage.day_from)


def _by_person(touches: Iterable[InTouch]) -> Mapping[UUID, list[InTouch]]:
    found: dict[UUID, list[InTouch]] = {}
    for one in touches:
        found.setdefault(one.participant_id, []).append(one)
    return found


def _counts(found: Sequence[Standing]) -> tuple[int, int, int]:
    return len(found), sum(one.touch is None for one in found), sum(one.hardest for one in found)


def _order(one: Standing) -> tuple[bool, bool, datetime, str]:
    """Whom nobody reached comes first, then whoever is in the hardest days, then who was reached longest ago."""
    reached = one.touch.at if one.touch else LONG_AGO
    return (one.touch is not None, not one.hardest, reached, one.person.code)


def _is_over(protocol: StudyProtocol) -> bool:
    study = protocol.study
    return study.closed_at is not None or is_past(study.retention_until, study.time_zone, clock.now())

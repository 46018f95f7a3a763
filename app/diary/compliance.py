"""Who was asked, who wrote and who is silent, for one study: read, arranged, and put in order of concern."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Literal
from uuid import UUID

from sqlalchemy.orm import Session

from app.core import clock
from app.diary import compliance_queries as queries
from app.diary.compliance_dropout import DROPOUT, Signal, Trail, risk, signals
from app.diary.compliance_grid import (
    NOTHING,
    By,
    GridPerson,
    Line,
    Mark,
    Marked,
    Tally,
    Window,
    arrange,
    place_of,
    window_of,
)
from app.diary.compliance_queries import Among, DayTotal, Median, Person, PersonTotal, Writing
from app.diary.phones import unsent_known
from app.studies import queries as studies
from app.studies.models import Study
from app.studies.protocol import StudyProtocol

PEOPLE_A_PAGE = 50
NOTHING_PLANNED_FOR = timedelta(days=14)
ENDED = frozenset({Mark.ANSWERED, Mark.LATE, Mark.MISSED})


@dataclass(frozen=True, slots=True)
class Asked:
    """What the page was asked for. ``start`` is the first day shown, ``segment`` is ``attribute=value``."""

    by: By = "anchor"
    start: int | None = None
    segment: str = ""
    only: Literal["", "worrying"] = ""
    sort: Literal["risk", "code"] = "risk"
    page: int = 1


@dataclass(frozen=True, slots=True)
class Column:
    """One day as it is headed: ``over`` stands where a month begins, ``week`` where a week does."""

    place: int
    short: str
    spoken: str
    over: str
    now: bool
    week: bool


@dataclass(frozen=True, slots=True)
class PersonRow:
    """One person: their days in the window, all of their prompts together, and what is worth a look.

    ``unsent_at``: when their phone last said how many entries it still holds.
    """

    person: Person
    overall: Tally
    writing: Writing | None
    signals: Sequence[Signal]
    line: Line
    unsent_at: datetime | None

    @property
    def worrying(self) -> bool:
        """Whether there is a sign of dropping out."""
        return any(one.kind in DROPOUT for one in self.signals)


@dataclass(frozen=True, slots=True)
class Compliance:
    """What the page shows. ``rows`` are those of one page, ``found`` how many people fit the filters, ``days`` the window's."""

    people: int
    writing: int
    scheduled: bool
    found: int
    rows: Sequence[PersonRow]
    worrying: Sequence[str]
    segments: Sequence[tuple[str, Sequence[str]]]
    overall: Tally
    days: Sequence[Tally]
    window: Window
    known: tuple[int, int]
    today: int
    delay: Median
    recall: Median


def look(session: Session, study: Study, asked: Asked) -> Compliance:
    """Return the study's compliance as ``asked``, with a fixed number of SELECTs whatever the number of people."""
    now = clock.now()
    everyone = queries.people(session, study.id)
    fitting = [one for one in everyone if _fits(one, asked.segment)]
    among = [one.id for one in fitting] if asked.segment else None
    totals = queries.totals_by_day(session, study.id, now, among)
    rows = _rows(session, study, fitting, now)
    shown = [one for one in rows if one.signals or not asked.only]
    shown.sort(
        key=(lambda one: (_concern(one), one.person.code)) if asked.sort == "risk" else lambda one: one.person.code
    )
    today = _today(study, asked.by, now)
    known = _known(session, study, totals, asked.by) or (today, today)
    window = window_of(known, today, asked.by, asked.start)
    first = (asked.page - 1) * PEOPLE_A_PAGE
    days = _by_day(totals, asked.by)
    return Compliance(
        people=len(everyone),
        writing=sum(one.writing is not None for one in rows),
        scheduled=queries.has_schedule(session, study.id),
        found=len(shown),
        rows=_placed(session, study, shown[first : first + PEOPLE_A_PAGE], window, asked.by, now),
        worrying=[one.person.code for one in sorted(rows, key=_concern) if one.worrying],
        segments=_segments(everyone),
        overall=_together(totals),
        days=[days.get(place, NOTHING) for place in window.places],
        window=window,
        known=known,
        today=today,
        delay=queries.answer_delay(session, study.id, among),
        recall=queries.recall_lag(session, study.id, among),
    )


def person_row(session: Session, study: Study, participant_id: UUID) -> PersonRow | None:
    """Return one person's row, without days; None where the study has no such person."""
    found = queries.people(session, study.id, [participant_id])
    return next(iter(_rows(session, study, found, clock.now(), [participant_id])), None)


def person_rows(session: Session, study: Study, among: Among = None) -> Sequence[PersonRow]:
    """Return the rows of ``among``, or of everyone, without days, with a fixed number of SELECTs."""
    return _rows(session, study, queries.people(session, study.id, among), clock.now(), among)


@dataclass(frozen=True, slots=True)
class Rates:
    """Response rates without anybody's name: ``days`` by their place, in order."""

    people: int
    scheduled: bool
    overall: Tally
    days: Mapping[int, Tally]
    delay: Median
    recall: Median


def rates(session: Session, study: Study, asked: Asked) -> Rates:
    """Return the response rates of the people whom ``asked`` selects, on every day for which a prompt was planned."""
    fitting = [one.id for one in queries.people(session, study.id) if _fits(one, asked.segment)]
    among = fitting if asked.segment else None
    totals = queries.totals_by_day(session, study.id, clock.now(), among)
    return Rates(
        people=len(fitting),
        scheduled=queries.has_schedule(session, study.id),
        overall=_together(totals),
        days=_by_day(totals, asked.by),
        delay=queries.answer_delay(session, study.id, among),
        recall=queries.recall_lag(session, study.id, among),
    )


def _rows(
    session: Session, study: Study, people: Sequence[Person], now: datetime, among: Among = None
) -> list[PersonRow]:
    protocol = studies.protocol(session, study.id)
    totals = queries.totals_by_person(session, study.id, now, among)
    recent = queries.recent_marks(session, study.id, now, among)
    written = queries.writing(session, study.id, among)
    unsent = unsent_known(session, study.id)
    rows = []
    for one in people:
        total, wrote, held = totals.get(one.id), written.get(one.id), unsent.get(one.id, (0, None))
        marks = recent.get(one.id, ())
        trail = Trail(
            enrolled_at=one.enrolled_at,
            over=_over(one, protocol, total, now),
            last=[mark for mark in marks if mark in ENDED],
            entries=wrote.entries if wrote else 0,
            first_at=wrote.first_at if wrote else None,
            last_at=wrote.last_at if wrote else None,
            failing=next((place for place, mark in enumerate(marks) if mark is not Mark.FAILED), len(marks)),
            unsent=held[0],
        )
        overall, line = Tally(total.counts) if total else NOTHING, Line(GridPerson(one.id, one.anchor_on))
        rows.append(PersonRow(one, overall, wrote, signals(trail, now), line, held[1]))
    return rows


def _over(person: Person, protocol: StudyProtocol, total: PersonTotal | None, now: datetime) -> bool:
    """Return whether nothing more is expected: left, study closed, prompts long over, or past the journey's last day."""
    if person.withdrawn_at is not None or protocol.study.closed_at is not None:
        return True
    if total is not None:
        # Prompts to come end after now. A plan reaches some days ahead only, so that one day without any says nothing.
        return now - total.until > NOTHING_PLANNED_FOR
    last = max((stage.day_to for stage in protocol.stages if stage.day_to is not None), default=None)
    if last is None or person.anchor_on is None:
        return False
    return clock.days_between(person.anchor_on, now, person.time_zone) > last


def _concern(one: PersonRow) -> tuple[bool, int, datetime, str]:
    """Return the key that puts those who need a look first, the longest silent before the others, and the gone last."""
    since = one.writing.last_at if one.writing else one.person.enrolled_at
    return (one.person.withdrawn_at is not None, -risk(one.signals), since, one.person.code)


def _placed(
    session: Session, study: Study, rows: Sequence[PersonRow], window: Window, by: By, now: datetime
) -> list[PersonRow]:
    known = {one.person.id: one.person for one in rows}
    marks = list(queries.marked(session, study.id, now, list(known)))
    for participant_id, at, day in queries.unprompted(session, study.id, list(known)):
        person = known[participant_id]
        # The day that the entry itself was given, so that this page and the curve speak of the same one.
        on = clock.local_date(at, person.time_zone)
        if day is not None and person.anchor_on is not None:
            on = date.fromordinal(person.anchor_on.toordinal() + day)
        marks.append(Marked(participant_id, on, Mark.UNPROMPTED))
    lines = arrange([one.line.person for one in rows], marks, window, by)
    return [replace(one, line=line) for one, line in zip(rows, lines, strict=True)]


def _known(session: Session, study: Study, totals: Sequence[DayTotal], by: By) -> tuple[int, int] | None:
    places = [place for anchor_on, on, *_ in totals if (place := place_of(on, anchor_on, by)) is not None]
    written = queries.days_written(session, study.id)
    if written is not None and by == "date":
        places += [clock.local_date(at, study.time_zone).toordinal() for at in written[:2]]
    elif written is not None:
        places += [day for day in written[2:] if day is not None]
    return (min(places), max(places)) if places else None


def _today(study: Study, by: By, now: datetime) -> int:
    return clock.local_date(now, study.time_zone).toordinal() if by == "date" else 0


def _together(totals: Sequence[DayTotal]) -> Tally:
    found: Counter[Mark] = Counter()
    for _, _, mark, n in totals:
        found[mark] += n
    return Tally(found)


def _by_day(totals: Sequence[DayTotal], by: By) -> dict[int, Tally]:
    found: dict[int, Counter[Mark]] = {}
    for anchor_on, on, mark, n in totals:
        place = place_of(on, anchor_on, by)
        if place is not None:
            found.setdefault(place, Counter())[mark] += n
    return {place: Tally(found[place]) for place in sorted(found)}


def _fits(person: Person, segment: str) -> bool:
    name, _, value = segment.partition("=")
    return not segment or str(person.attributes.get(name, "")) == value


def _segments(people: Sequence[Person]) -> list[tuple[str, Sequence[str]]]:
    values: dict[str, set[str]] = {}
    for one in people:
        for name, value in one.attributes.items():
            values.setdefault(name, set()).add(str(value))
    # What tells everyone apart, such as a telephone number, is no segment.
    return [(name, sorted(found)) for name, found in values.items() if 1 < len(found) <= 40]

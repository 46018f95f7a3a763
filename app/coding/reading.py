"""Reading a study's words: what was asked is found with what stands around it, counted by code, and kept to be asked again."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final, Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from app.coding import reading_queries, search_queries
from app.coding.blinding import may_see
from app.coding.codebook_queries import codes_of
from app.coding.reading_counts import Frequency, Together, frequencies, together
from app.coding.reading_queries import Carried
from app.coding.search_queries import Filters, Found, Order, Sign
from app.coding.search_words import read_words
from app.participants.sight import sight_of
from app.studies.access import StudyAccess
from app.studies.protocol import StudyProtocol

PAGE: Final = 50
LAST_PAGE: Final = 2_000
MOST_PAIRS: Final = 60
MOST_GROUPS: Final = 12
Coded = Literal["", "yes", "no"]
Column = Callable[[Carried], str | None]


@dataclass(frozen=True, slots=True)
class Asked:
    """What the address asks for, as it was typed; empty asks nothing. ``segment`` is attribute:value."""

    q: str = ""
    stage: str = ""
    source: str = ""
    participant: str = ""
    segment: str = ""
    code: UUID | None = None
    also: UUID | None = None
    coded: Coded = ""
    sign: Sign | None = None
    since: date | None = None
    until: date | None = None
    order: Order = "time"
    page: int = 1

    def address(self) -> Mapping[str, str]:
        """Return what would ask the same again, without the page."""
        given = {
            "q": self.q,
            "stage": self.stage,
            "source": self.source,
            "participant": self.participant,
            "segment": self.segment,
            "code": str(self.code or ""),
            "also": str(self.also or ""),
            "coded": self.coded,
            "sign": self.sign or "",
            "from": self.since.isoformat() if self.since else "",
            "to": self.until.isoformat() if self.until else "",
            "order": "" if self.order == "time" else self.order,
        }
        return {name: value for name, value in given.items() if value}


@dataclass(frozen=True, slots=True)
class Read:
    """A statement with what stands around it: the question asked before, or the rest of its entry; and the codes on it."""

    found: Found
    before: str | None
    beside: Sequence[str]
    codes: Sequence[UUID]


@dataclass(frozen=True, slots=True)
class Results:
    """One page of what was found, and how much there is: statements and people."""

    rows: Sequence[Read]
    statements: int
    people: int
    pages: int


@dataclass(frozen=True, slots=True)
class Counts:
    """Codes counted by columns (key, words), and the pairs that stand together most often."""

    columns: Sequence[tuple[str, str]]
    rows: Sequence[Frequency]
    pairs: Sequence[Together]
    statements: int


def search(session: Session, access: StudyAccess, protocol: StudyProtocol, asked: Asked) -> Results:
    """Return what the actor may read of what was asked. A stage, code or segment that there is not finds nothing."""
    sight, seen = sight_of(session, access), may_see(access)
    filters = _filters(session, access, protocol, asked)
    if filters is None:
        return Results((), 0, 0, 0)
    meeting = search_queries.conditions(session, sight, filters, seen)
    statements, people = search_queries.count(session, meeting)
    found = search_queries.page(session, meeting, asked.order, offset=(asked.page - 1) * PAGE, limit=PAGE)
    before = search_queries.asked_before(
        session, access.study.id, [one.source_id for one in found if one.source == "interview"]
    )
    beside = search_queries.said_beside(session, access.study.id, found)
    codes = search_queries.codes_on(session, access.study.id, [one.id for one in found], seen)
    rows = [Read(one, before.get(one.source_id), beside.get(one.id, ()), codes.get(one.id, ())) for one in found]
    return Results(rows, statements, people, -(-statements // PAGE))


def counts(
    session: Session,
    access: StudyAccess,
    protocol: StudyProtocol,
    *,
    by: str = "stage",
    segment: str = "",
    stage: str = "",
) -> Counts:
    """Return how often each code was given ``by`` stage, or by an attribute of the participants, and what stands together.

    Within a ``segment`` and a ``stage``, where they are named; one that there is not has nothing.
    """
    sight, seen = sight_of(session, access), may_see(access)
    attributes = reading_queries.attributes(session, access.study.id)
    found = reading_queries.carried(session, sight, seen)
    name, _, value = segment.partition(":")
    if segment:
        found = [one for one in found if attributes.get(one.participant_id, {}).get(name) == value]
    if stage:
        there = protocol.stage(stage)
        found = [one for one in found if there is not None and one.stage_id == there.id]
    codes = codes_of(session, access.study.id, retired=True, among=seen)
    used = {one.code_id for one in found}
    shown = [code for code in codes if code.retired_at is None or code.id in used]
    columns, column = _columns(protocol, attributes, by)
    rows = frequencies(shown, found, column)
    pairs = together(shown, found, most=MOST_PAIRS)
    return Counts(columns, rows, pairs, len({one.statement_id for one in found}))


def groupings(session: Session, study_id: UUID) -> dict[str, list[str]]:
    """Return the attributes that make groups, with their values: those that take few values."""
    values: dict[str, set[str]] = {}
    for attributes in reading_queries.attributes(session, study_id).values():
        for name, value in attributes.items():
            values.setdefault(name, set()).add(value)
    return {name: sorted(found) for name, found in sorted(values.items()) if 1 < len(found) <= MOST_GROUPS}


def _columns(
    protocol: StudyProtocol, attributes: Mapping[UUID, Mapping[str, str]], by: str
) -> tuple[Sequence[tuple[str, str]], Column]:
    if by == "stage":
        names = {stage.id: stage.key for stage in protocol.stages}
        return [(stage.key, stage.name) for stage in protocol.stages], lambda one: names.get(one.stage_id)
    values = sorted({given[by] for given in attributes.values() if by in given})[:MOST_GROUPS]
    return [(value, value) for value in values], lambda one: attributes.get(one.participant_id, {}).get(by)


def _filters(session: Session, access: StudyAccess, protocol: StudyProtocol, asked: Asked) -> Filters | None:
    """What was asked in the study's own ids; None where it names what is not there."""
    study_id = access.study.id
    stage = protocol.stage(asked.stage) if asked.stage else None
    codes = [search_queries.with_children(session, study_id, one) for one in (asked.code, asked.also) if one]
    if (asked.stage and stage is None) or not all(codes):
        return None
    zone = ZoneInfo(protocol.study.time_zone)
    return Filters(
        wanted=read_words(asked.q),
        stage_id=stage.id if stage else None,
        source=asked.source or None,
        participant=asked.participant.strip() or None,
        members=_members(session, study_id, asked.segment) if asked.segment else None,
        code_ids=codes[0] if asked.code else (),
        also_ids=codes[-1] if asked.also else (),
        coded={"yes": True, "no": False}.get(asked.coded),
        sign=asked.sign,
        since=datetime.combine(asked.since, time(), zone) if asked.since else None,
        until=datetime.combine(asked.until + timedelta(days=1), time(), zone) if asked.until else None,
    )


def _members(session: Session, study_id: UUID, segment: str) -> set[UUID]:
    name, _, value = segment.partition(":")
    attributes = reading_queries.attributes(session, study_id)
    return {one for one, given in attributes.items() if given.get(name) == value}

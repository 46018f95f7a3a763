"""SELECTs behind reading and searching: statements that meet what was asked, and what stands around them."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal
from uuid import UUID

from sqlalchemy import ColumnElement, and_, exists, false, func, or_, select, text
from sqlalchemy.orm import Session, aliased

from app.coding.models import Code, Excerpt, HumanCoding
from app.coding.search_words import Wanted
from app.core.db import to_micro
from app.interviews.models import Turn
from app.participants.models import Participant
from app.participants.sight import Sight
from app.statements.cells import TEXT_SOURCES
from app.statements.models import Statement
from nlp import NEUTRAL_BELOW

Sign = Literal["negative", "neutral", "positive"]
Order = Literal["time", "lowest", "highest"]
ESCAPE: Final = "\\"
_CUT: Final = to_micro(NEUTRAL_BELOW)


@dataclass(frozen=True, slots=True)
class Filters:
    """What is asked of statements; what is None asks nothing. ``members`` are the people of a segment."""

    wanted: Wanted
    stage_id: UUID | None = None
    source: str | None = None
    participant: str | None = None
    members: Collection[UUID] | None = None
    code_ids: Collection[UUID] = ()
    also_ids: Collection[UUID] = ()
    coded: bool | None = None
    sign: Sign | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """A statement that was found, with its participant's code."""

    id: UUID
    participant_id: UUID
    participant: str
    text: str
    stage_id: UUID
    touchpoint_id: UUID | None
    source: str
    source_id: UUID
    role: str
    occurred_at: datetime
    day: int | None
    sentiment_micro: int


_COLUMNS = (
    Statement.id,
    Statement.participant_id,
    Participant.code,
    Statement.text,
    Statement.stage_id,
    Statement.touchpoint_id,
    Statement.source,
    Statement.source_id,
    Statement.role,
    Statement.occurred_at,
    Statement.day,
    Statement.sentiment_micro,
)
_ORDERS: Final[Mapping[Order, tuple[Any, ...]]] = {
    "time": (Statement.occurred_at.desc(), Statement.id.desc()),
    "lowest": (Statement.sentiment_micro.asc(), Statement.id),
    "highest": (Statement.sentiment_micro.desc(), Statement.id),
}
_OF_PARTICIPANT = and_(Participant.study_id == Statement.study_id, Participant.id == Statement.participant_id)


def conditions(
    session: Session, sight: Sight, asked: Filters, seen: ColumnElement[bool]
) -> Sequence[ColumnElement[bool]]:
    """Return the conditions of the statements that may be read and that ``asked`` is met by.

    ``seen`` is the condition on HumanCoding rows under which the reader may know of them.
    """
    of_study = [Statement.study_id == sight.study_id, Statement.retracted_at.is_(None)]
    return [
        *of_study,
        sight.reaches(Statement.participant_id),
        *_worded(session, sight.study_id, asked.wanted),
        *_placed(asked),
        *_coded(asked, seen),
    ]


def count(session: Session, meeting: Sequence[ColumnElement[bool]]) -> tuple[int, int]:
    """Return how many statements, and of how many people, meet the conditions."""
    query = select(func.count(), func.count(Statement.participant_id.distinct()))
    row = session.execute(query.join(Participant, _OF_PARTICIPANT).where(*meeting)).one()
    return int(row[0]), int(row[1])


def page(
    session: Session, meeting: Sequence[ColumnElement[bool]], order: Order, *, offset: int, limit: int
) -> list[Found]:
    """Return one page of the statements that meet the conditions."""
    query = select(*_COLUMNS).join(Participant, _OF_PARTICIPANT).where(*meeting).order_by(*_ORDERS[order])
    return [Found(*tuple(row)) for row in session.execute(query.offset(offset).limit(limit))]


def asked_before(session: Session, study_id: UUID, turn_ids: Collection[UUID]) -> dict[UUID, str]:
    """Return what was said right before each of these turns of interviews, where something was."""
    turn, earlier = aliased(Turn), aliased(Turn)
    query = select(turn.id, earlier.text).join(
        earlier,
        and_(
            earlier.study_id == turn.study_id,
            earlier.interview_id == turn.interview_id,
            earlier.position == turn.position - 1,
        ),
    )
    rows = session.execute(query.where(turn.study_id == study_id, turn.id.in_(turn_ids)))
    return {row[0]: row[1] for row in rows}


def said_beside(session: Session, study_id: UUID, found: Sequence[Found]) -> dict[UUID, list[str]]:
    """Return per statement of a diary the other texts of its entry that stand."""
    sources = {one.source_id for one in found if one.source == "diary"}
    query = select(Statement.source_id, Statement.id, Statement.text).where(
        Statement.study_id == study_id, Statement.source_id.in_(sources), Statement.retracted_at.is_(None)
    )
    texts: dict[UUID, list[tuple[UUID, str]]] = defaultdict(list)
    for source_id, statement_id, said in session.execute(query.order_by(Statement.id)):
        texts[source_id].append((statement_id, said))
    return {one.id: [said for other, said in texts[one.source_id] if other != one.id] for one in found}


def codes_on(
    session: Session, study_id: UUID, statement_ids: Collection[UUID], seen: ColumnElement[bool]
) -> dict[UUID, list[UUID]]:
    """Return per statement the codes on it that may be seen."""
    query = (
        select(Excerpt.statement_id, Excerpt.code_id)
        .distinct()
        .join(HumanCoding, _OF_EXCERPT)
        .where(Excerpt.study_id == study_id, Excerpt.statement_id.in_(statement_ids), seen)
        .order_by(Excerpt.code_id)
    )
    codes: dict[UUID, list[UUID]] = defaultdict(list)
    for statement_id, code_id in session.execute(query):
        codes[statement_id].append(code_id)
    return codes


def with_children(session: Session, study_id: UUID, code_id: UUID) -> set[UUID]:
    """Return a code with all that stand below it; nothing for one that is not the study's.

    One that was merged stands for the code that took its place: a question that was saved before still finds its words.
    """
    rows = session.execute(select(Code.id, Code.parent_id, Code.merged_into).where(Code.study_id == study_id)).all()
    below: dict[UUID | None, list[UUID]] = defaultdict(list)
    for row in rows:
        below[row.parent_id].append(row.id)
    successor = {row.id: row.merged_into for row in rows}
    for _merge in rows:  # no chain of merges is longer
        code_id = successor.get(code_id) or code_id
    reached: set[UUID] = set()
    waiting = [code_id] if code_id in successor else []
    while waiting:
        one = waiting.pop()
        reached.add(one)
        waiting += [child for child in below[one] if child not in reached]
    return reached


_OF_EXCERPT: Final = and_(
    HumanCoding.study_id == Excerpt.study_id,
    HumanCoding.statement_id == Excerpt.statement_id,
    HumanCoding.coder_id == Excerpt.coder_id,
)


def _worded(session: Session, study_id: UUID, wanted: Wanted) -> list[ColumnElement[bool]]:
    standing = [Statement.text.ilike(f"%{_plain(word)}%", escape=ESCAPE) for word in wanted.words]
    absent = [~Statement.text.ilike(f"%{_plain(word)}%", escape=ESCAPE) for word in wanted.without]
    if session.get_bind().dialect.name == "sqlite" and wanted.indexed:
        return [_in_index(study_id, wanted.indexed), *standing, *absent]
    return [*standing, *absent]


def _plain(word: str) -> str:
    return "".join(ESCAPE + letter if letter in (ESCAPE, "%", "_") else letter for letter in word)


def _in_index(study_id: UUID, words: Sequence[str]) -> ColumnElement[bool]:
    """Statements that the index knows to hold the words, and those that it does not know yet."""
    listed = text(
        "SELECT listed.statement_id FROM statement_search AS listed WHERE listed.study_id = :searched AND (listed.indexed = 0"
        " OR listed.id IN (SELECT rowid FROM statement_words WHERE statement_words MATCH :phrases))"
    ).bindparams(searched=study_id.hex, phrases=" AND ".join(_phrase(word) for word in words))
    return Statement.id.in_(listed)


def _phrase(word: str) -> str:
    return '"' + word.replace('"', '""') + '"'


def _placed(asked: Filters) -> list[ColumnElement[bool]]:
    equal: list[tuple[Any, object]] = [
        (Statement.stage_id, asked.stage_id),
        (Participant.code, asked.participant),
    ]
    # What the team observed is a source of its own: it is shown when it is asked for.
    sources = (asked.source,) if asked.source else TEXT_SOURCES
    given: list[ColumnElement[bool]] = [Statement.source.in_(sources)]
    given += [column == value for column, value in equal if value is not None]
    if asked.since is not None:
        given.append(Statement.occurred_at >= asked.since)
    if asked.until is not None:
        given.append(Statement.occurred_at < asked.until)
    if asked.members is not None:
        given.append(Statement.participant_id.in_(asked.members) if asked.members else false())
    return [*given, *_signed(asked.sign)]


def _signed(sign: Sign | None) -> list[ColumnElement[bool]]:
    """As nlp.label_of says it."""
    score = Statement.sentiment_micro
    signs: dict[Sign, ColumnElement[bool]] = {
        "negative": score <= -_CUT,
        "neutral": and_(score > -_CUT, score < _CUT),
        "positive": score >= _CUT,
    }
    return [signs[sign]] if sign else []


def _coded(asked: Filters, seen: ColumnElement[bool]) -> list[ColumnElement[bool]]:
    given = [_carries(ids, seen) for ids in (asked.code_ids, asked.also_ids) if ids]
    if asked.coded is not None:
        by_anyone = exists().where(
            HumanCoding.study_id == Statement.study_id,
            HumanCoding.statement_id == Statement.id,
            or_(HumanCoding.sentiment.is_not(None), _has_excerpt()),
            seen,
        )
        given.append(by_anyone if asked.coded else ~by_anyone)
    return given


def _has_excerpt() -> ColumnElement[bool]:
    return exists().where(_OF_EXCERPT)


def _carries(code_ids: Collection[UUID], seen: ColumnElement[bool]) -> ColumnElement[bool]:
    of_statement: Any = and_(Excerpt.study_id == Statement.study_id, Excerpt.statement_id == Statement.id)
    query = select(Excerpt.id).join(HumanCoding, _OF_EXCERPT).where(of_statement, Excerpt.code_id.in_(code_ids), seen)
    return query.exists()

"""What notes, insights, personas and phases rest on: kept as references, read with the words as they may be seen."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from sqlalchemy.orm import Session

from app.core import clock
from app.core.errors import AppError
from app.maps import queries, quotation_queries
from app.maps.queries import Said
from app.maps.quotation_models import Quotation
from app.participants.sight import Sight

Owner = Literal["note", "insight", "persona", "phase"]
MOST_QUOTATIONS = 50
MOST_FINDER = 80


class UnknownSpan(AppError):
    """A quotation must lie inside a statement of the study that stands and may be seen."""

    code = "unknown_span"
    status = 422
    title = "这段原话找不到"
    remedy = "请重新选一段原话：它可能刚被改过，或被收回了。"


class TooManyQuotations(AppError):
    """More quotations than one owner may have."""

    code = "too_many_quotations"
    status = 422
    title = "引用的原话太多了"
    remedy = "一处最多引用 50 段原话，请去掉一些。"


@dataclass(frozen=True, slots=True)
class Span:
    """Which words: a statement, and code points [start, end) of its text."""

    statement_id: UUID
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Quoted:
    """A quotation as it may be read: the statement, and the span in it; ``observed`` by the team, not said by who takes part."""

    said: Said
    start: int
    end: int
    found_by: str
    observed: bool = False

    @property
    def words(self) -> str:
        """The words themselves."""
        return self.said.text[self.start : self.end]


@dataclass(frozen=True, slots=True)
class Standing:
    """How much something rests on: quotations that stand, the people who said them, and observers of the team."""

    quotes: int
    people: int
    observers: int


def quotations_of(
    session: Session, sight: Sight, owner: Owner, owner_ids: Collection[UUID]
) -> Mapping[UUID, Sequence[Quoted]]:
    """Return of each owner its quotations in order: those of statements that stand and may be seen."""
    if not owner_ids:
        return {}
    rows = quotation_queries.of_owners(session, sight.study_id, owner, owner_ids)
    said = queries.said_by_id(session, sight, {row.statement_id for row in rows})
    observed = quotation_queries.observed(session, sight.study_id, said)
    found: defaultdict[UUID, list[Quoted]] = defaultdict(list)
    for row in rows:
        statement = said.get(row.statement_id)
        if statement is not None:
            seen = row.statement_id in observed
            found[row.owner_id].append(Quoted(statement, row.start, row.end, row.found_by, seen))
    return found


def quoted_spans(
    session: Session, sight: Sight, spans: Mapping[UUID, Sequence[tuple[Span, str]]]
) -> Mapping[UUID, Sequence[Quoted]]:
    """Return spans that are not stored (each with who found it) as quotations_of returns stored ones, by owner."""
    said = queries.said_by_id(session, sight, {span.statement_id for those in spans.values() for span, _ in those})
    observed = quotation_queries.observed(session, sight.study_id, said)
    return {
        owner: [
            Quoted(said[span.statement_id], span.start, span.end, found_by, span.statement_id in observed)
            for span, found_by in those
            if span.statement_id in said and span.end <= len(said[span.statement_id].text)
        ]
        for owner, those in spans.items()
    }


def standing(session: Session, study_id: UUID, owner: Owner, owner_ids: Collection[UUID]) -> Mapping[UUID, Standing]:
    """Return of each owner on how many words of how many people it rests, whoever may read them; without any, no row."""
    return {
        owner_id: Standing(quotes, people, observers)
        for owner_id, quotes, people, observers in quotation_queries.standing(session, study_id, owner, owner_ids)
    }


def set_quotations(
    session: Session,
    sight: Sight,
    owner: Owner,
    owner_id: UUID,
    spans: Sequence[Span],
    *,
    found_by: str | Mapping[Span, str],
) -> None:
    """Make ``spans`` what the owner rests on, in this order; what was found by whom stays where a span stays.

    ``found_by`` names who found the new ones: somebody for all of them, or by span.

    Raises UnknownSpan for words that are not there or may not be seen, TooManyQuotations for more than MOST_QUOTATIONS.
    """
    if len(spans) > MOST_QUOTATIONS:
        raise TooManyQuotations()
    said = queries.said_by_id(session, sight, {span.statement_id for span in spans})
    for span in spans:
        statement = said.get(span.statement_id)
        if statement is None or not 0 <= span.start < span.end <= len(statement.text):
            raise UnknownSpan()
    before = quotation_queries.of_owners(session, sight.study_id, owner, [owner_id])
    finders = {Span(one.statement_id, one.start, one.end): one.found_by for one in before}
    for one in before:
        session.delete(one)
    session.flush()
    found = found_by if isinstance(found_by, Mapping) else dict.fromkeys(spans, found_by)
    now = clock.now()
    for position, span in enumerate(dict.fromkeys(spans)):
        session.add(
            Quotation(
                study_id=sight.study_id,
                owner=owner,
                owner_id=owner_id,
                statement_id=span.statement_id,
                start=span.start,
                end=span.end,
                position=position,
                found_by=finders.get(span) or found[span][:MOST_FINDER],
                created_at=now,
            )
        )
    session.flush()

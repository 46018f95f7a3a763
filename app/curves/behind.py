"""The statements behind a point, each with the machine's evidence in its words and the codes that people gave it."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.orm import Session

from app.coding.blinding import BLIND, SeenCodings, visible_codings
from app.coding.codebook_queries import all_codes
from app.coding.models import Code
from app.coding.schemas import CodingOut
from app.curves import queries
from app.curves.points import conditions_of
from app.curves.queries import Quote
from app.curves.questions import CurveQuestion, text_sources_of
from app.participants.sight import Sight
from app.statements.highlights import Passage, passages_of
from app.studies.access import CODERS, StudyAccess
from app.studies.adaptations import choice_in_force
from app.studies.protocol import StudyProtocol


@dataclass(frozen=True, slots=True)
class CodedSpan:
    """A code on a span of a statement (code points), and how many coders, or the team, put it there."""

    code: UUID
    name: str
    start: int
    end: int
    coders: int


@dataclass(frozen=True, slots=True)
class Behind:
    """What may be seen of one statement: evidence of ``version`` in its passages, codes, and whether both are kept back
    because two people are still coding it, neither of whom may see anything before."""

    passages: Sequence[Passage]
    version: str | None
    codes: Sequence[CodedSpan]
    blind: bool


def quotes_behind(
    session: Session,
    sight: Sight,
    protocol: StudyProtocol,
    asked: CurveQuestion,
    key: str,
    *,
    lowest: bool,
    limit: int,
) -> Sequence[Quote]:
    """Return the statements behind the point ``key`` that may be seen, the most extreme first."""
    conditions = [
        *conditions_of(protocol, asked.by, key),
        *queries.narrowed(session, protocol, asked.segment, asked.wave),
    ]
    sources = text_sources_of(asked)
    return queries.quotes(session, sight, conditions=conditions, lowest_first=lowest, limit=limit, sources=sources)


def observed_behind(
    session: Session, sight: Sight, protocol: StudyProtocol, asked: CurveQuestion, key: str, *, limit: int
) -> Sequence[Quote]:
    """Return what observers of the team saw at a point: read beside the quotes, and in none of its figures."""
    if asked.source is not None:
        return []
    conditions = [
        *conditions_of(protocol, asked.by, key),
        *queries.narrowed(session, protocol, asked.segment, asked.wave),
    ]
    own = (queries.OBSERVED,)
    return queries.quotes(session, sight, conditions=conditions, lowest_first=True, limit=limit, sources=own)


def codes_behind(session: Session, access: StudyAccess, ids: Sequence[UUID]) -> dict[UUID, Sequence[CodedSpan]]:
    """Return the codes of each statement that the actor may see now; nothing for roles that do not code."""
    if not access.can(CODERS):
        return {}
    book = {one.id: one for one in all_codes(session, access.study.id)}
    return {one: _spans(seen, book) for one, seen in visible_codings(session, access, ids).items()}


def look_behind(session: Session, access: StudyAccess, quotes: Sequence[Quote]) -> dict[UUID, Behind]:
    """Return what stands behind each quote. The evidence is the quick coder's, which reads a text in well under a millisecond."""
    study = access.study
    seen = visible_codings(session, access, [one.id for one in quotes])
    book = {one.id: one for one in all_codes(session, study.id)} if access.can(CODERS) else {}
    coder = choice_in_force(session, study.id, study.coder, study.coder_version).quick()
    told = coder.code([one.text for one in quotes], explain=True)
    found = {}
    for quote, coding in zip(quotes, told, strict=True):
        codings = seen.get(quote.id, SeenCodings())
        blind = codings.hidden == BLIND
        passages = passages_of(quote.text, () if blind else coding.evidence, ())
        spans = _spans(codings, book) if book else []
        found[quote.id] = Behind(passages, None if blind else coder.version, spans, blind)
    return found


def _spans(seen: SeenCodings, book: Mapping[UUID, Code]) -> Sequence[CodedSpan]:
    """The codes of the team's own coding where there is one, else of everybody who may be seen."""
    documents: list[CodingOut] = [one.coding for one in seen.others]
    if seen.own is not None:
        documents.append(seen.own)
    if seen.consensus is not None:
        documents = [seen.consensus.coding]
    counted: dict[tuple[int, int, UUID], int] = defaultdict(int)
    for document in documents:
        for excerpt in document.excerpts:
            counted[excerpt.start, excerpt.end, excerpt.code] += 1
    return [
        CodedSpan(code, book[code].name, start, end, coders)
        for (start, end, code), coders in sorted(counted.items())
        if code in book
    ]

"""A study's agreement: what was asked, the rows with their figures, and who may see which."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import combinations
from typing import Final, Literal
from uuid import UUID

from sqlalchemy.orm import Session

from app.accounts.actors import READ_STATEMENTS
from app.coding import agreement_queries, queries
from app.coding.agreement_bootstrap import Draws, Measure, Name, measure
from app.coding.agreement_errors import BlindWorkOpen, UnknownPair, UnknownStage
from app.coding.agreement_units import (
    Coded,
    FloatArray,
    Pair,
    Places,
    code_tables,
    coded_statements,
    emotion_tables,
    sentiment_tables,
    sentiment_units,
)
from app.coding.codebook_queries import CodeFacts, codes_of
from app.studies import queries as studies
from app.studies.access import CODER, RESEARCHERS, StudyAccess
from app.studies.protocol import StudyProtocol

Unit = Literal["text", "statement"]
K_ANONYMOUS: Final = 8
"""Who may not read the study's words gets no figures of fewer people, nor where fewer would be left beside them."""


@dataclass(frozen=True, slots=True)
class AgreementQuestion:
    """What is asked: of one stage (key) or all, one pair of coders (``a~b``, ids in hex) or all, codes by code point or by
    statement, and the level of intervals."""

    stage: str | None = None
    pair: str | None = None
    unit: Unit = "text"
    level: float = 0.95


@dataclass(frozen=True, slots=True)
class Row:
    """The agreement on one thing. ``units`` are code points or statements; ``hidden``: too few people to show figures of.

    ``colour`` and ``depth`` place a code in the codebook.
    """

    key: str
    label: str
    figures: Mapping[Name, Measure]
    units: int = 0
    statements: int = 0
    participants: int = 0
    hidden: bool = False
    colour: str | None = None
    depth: int = 0
    retired: bool = False

    def value(self, name: Name) -> float | None:
        """Return a figure, None where it is unknown or hidden."""
        found = self.figures.get(name)
        return found.value if found else None


@dataclass(frozen=True, slots=True)
class Agreement:
    """How far a study's coders agree. ``sentiment`` is None before anybody has finished what two code.

    ``coders`` are the names of those who did, by id; ``pairs`` all pairs of them that the actor may look at, with their key;
    ``waiting`` statements wait for one of their two coders; ``seen`` had one who had seen something before.
    """

    question: AgreementQuestion
    protocol: StudyProtocol
    statements: int
    participants: int
    waiting: int
    seen: int
    coders: Mapping[UUID, str]
    pairs: Mapping[Pair, str]
    sentiment: Row | None
    stages: Sequence[Row] = field(default=())
    by_pair: Sequence[Row] = field(default=())
    codes: Sequence[Row] = field(default=())
    emotions: Sequence[Row] = field(default=())
    unused: Sequence[str] = field(default=())


@dataclass(frozen=True, slots=True)
class _Selection:
    """The statements that a question is about, among all that were coded twice, and whether few people are hidden."""

    statements: Sequence[Coded]
    everything: Sequence[Coded]
    level: float
    anonymous: bool

    def hides(self, chosen: Sequence[Coded]) -> bool:
        """Whether figures of the chosen would speak of too few, or of so few left out that the difference would."""
        if not self.anonymous:
            return False
        inside = {one.participant_id for one in chosen}
        kept = {one.id for one in chosen}
        beside = {one.participant_id for one in self.everything if one.id not in kept}
        return len(inside) < K_ANONYMOUS or 0 < len(beside) < K_ANONYMOUS


def sees_words(access: StudyAccess) -> bool:
    """Return whether the actor may open the statements behind all figures; others get figures of at least 8 people only."""
    return access.can(RESEARCHERS) and access.actor.may(READ_STATEMENTS)


def confirm_not_blind(session: Session, access: StudyAccess) -> None:
    """Raise BlindWorkOpen for the role coder with work in hand that must be done blind."""
    if access.role == CODER:
        left = agreement_queries.open_blind_work(session, access.study.id, access.actor.user_id)
        if left:
            raise BlindWorkOpen(n=left)


def study_agreement(session: Session, access: StudyAccess, question: AgreementQuestion) -> Agreement:
    """Return the agreement that ``question`` asks for, as the actor may see it.

    Figures only, no words. The role coder sees all coders together and the pairs that they are of, once nothing that they
    have to code blind is left; UnknownStage and UnknownPair for what there is not.
    """
    confirm_not_blind(session, access)
    study_id = access.study.id
    protocol = studies.protocol(session, study_id)
    found = coded_statements(session, study_id)
    coders = _coders(session, study_id, found.both)
    pairs = _pairs(session, access, coders)
    statements = _selected(found.both, protocol, question, pairs)
    chosen = _Selection(statements, found.both, question.level, not sees_words(access))
    codes, unused = _code_rows(session, study_id, chosen, question.unit)
    return Agreement(
        question=question,
        protocol=protocol,
        statements=len(statements),
        participants=len({one.participant_id for one in statements}),
        waiting=found.waiting,
        seen=sum(one.doubled and one.said is None for one in found.finished),
        coders=coders,
        pairs=pairs,
        sentiment=_sentiment_row(chosen, "all", "", statements) if statements else None,
        stages=[] if question.stage else _by_stage(chosen, protocol),
        by_pair=[] if question.pair else _by_pair(chosen, coders, pairs),
        codes=codes,
        emotions=_emotion_rows(chosen),
        unused=unused,
    )


def pair_key(pair: Pair) -> str:
    """Return how a pair of coders is named in an address."""
    return f"{pair[0].hex}~{pair[1].hex}"


@lru_cache(maxsize=64)
def draws_for(participants: int, level: float) -> Draws:
    """Return the draws for so many people: equal for everybody who asks, so they are made once."""
    return Draws.of(participants, level=level)


def _coders(session: Session, study_id: UUID, both: Sequence[Coded]) -> dict[UUID, str]:
    active = {coder for one in both for coder in one.pair}
    return {one.id: one.name for one in queries.coders(session, study_id) if one.id in active}


def _pairs(session: Session, access: StudyAccess, coders: Mapping[UUID, str]) -> dict[Pair, str]:
    own = queries.coder_of_user(session, access.study.id, access.actor.user_id)
    everybody = access.role != CODER
    return {
        pair: pair_key(pair)
        for pair in combinations(sorted(coders), 2)
        if everybody or (own is not None and own.id in pair)
    }


def _selected(
    both: Sequence[Coded], protocol: StudyProtocol, question: AgreementQuestion, pairs: Mapping[Pair, str]
) -> list[Coded]:
    stage = protocol.stage(question.stage) if question.stage else None
    if question.stage and stage is None:
        raise UnknownStage()
    wanted = next((pair for pair, key in pairs.items() if key == question.pair), None)
    if question.pair and wanted is None:
        raise UnknownPair()
    return [
        one for one in both if (stage is None or one.stage_id == stage.id) and (wanted is None or one.pair == wanted)
    ]


def _sentiment_row(chosen: _Selection, key: str, label: str, statements: Sequence[Coded]) -> Row:
    units = sentiment_units(statements)
    places = Places.of(units)
    return _row(chosen, Row(key, label, {}), units, places, sentiment_tables(units, places), ordered=True)


def _row(
    chosen: _Selection, row: Row, units: Sequence[Coded], places: Places, tables: FloatArray, *, ordered: bool = False
) -> Row:
    """Return ``row`` with its figures and counts, or hidden."""
    hidden = bool(units) and chosen.hides(units)
    figures = {} if hidden else measure(tables, draws_for(len(places.participants), chosen.level), ordered=ordered)
    return Row(
        row.key,
        row.label,
        figures,
        units=0 if hidden else int(tables.sum()),
        statements=0 if hidden else len(units),
        participants=0 if hidden else len(places.participants),
        hidden=hidden,
        colour=row.colour,
        depth=row.depth,
        retired=row.retired,
    )


def _by_stage(chosen: _Selection, protocol: StudyProtocol) -> list[Row]:
    of_stage = defaultdict(list)
    for one in chosen.statements:
        of_stage[one.stage_id].append(one)
    return [_sentiment_row(chosen, stage.key, stage.name, of_stage[stage.id]) for stage in protocol.stages]


def _by_pair(chosen: _Selection, coders: Mapping[UUID, str], pairs: Mapping[Pair, str]) -> list[Row]:
    if len(coders) < 3:
        return []
    of_pair = defaultdict(list)
    for one in chosen.statements:
        of_pair[one.pair].append(one)
    return [
        _sentiment_row(chosen, key, f"{coders[pair[0]]} × {coders[pair[1]]}", of_pair[pair])
        for pair, key in pairs.items()
    ]


def _code_rows(session: Session, study_id: UUID, chosen: _Selection, unit: Unit) -> tuple[list[Row], list[str]]:
    """Return a row for each code that was applied, in the codebook's order, and the names of the others in use."""
    facts = codes_of(session, study_id, retired=True)
    places = Places.of(chosen.statements)
    tables = code_tables(chosen.statements, places, _ancestors(facts), whole=unit == "statement")
    rows = [_row(chosen, _of_code(one), chosen.statements, places, tables[one.id]) for one in facts if one.id in tables]
    return rows, [one.name for one in facts if one.id not in tables and one.retired_at is None]


def _of_code(one: CodeFacts) -> Row:
    return Row(one.id.hex, one.name, {}, colour=one.colour, depth=one.depth, retired=one.retired_at is not None)


def _ancestors(facts: Sequence[CodeFacts]) -> dict[UUID, list[UUID]]:
    parent = {one.id: one.parent_id for one in facts}

    def line(code: UUID) -> list[UUID]:
        found: list[UUID] = []
        upper = parent[code]
        while upper is not None and upper in parent and upper not in found:
            found.append(upper)
            upper = parent[upper]
        return found

    return {code: line(code) for code in parent}


def _emotion_rows(chosen: _Selection) -> list[Row]:
    places = Places.of(chosen.statements)
    tables = emotion_tables(chosen.statements, places)
    return [_row(chosen, Row(name, name, {}), chosen.statements, places, table) for name, table in tables.items()]

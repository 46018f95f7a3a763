"""Writing what was said: statements, their machine codings and the cells, all in the caller's transaction."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import insert, update
from sqlalchemy.orm import Session

from app.core import clock
from app.core.bulk import insert_rows
from app.core.db import table_of, to_micro
from app.core.ids import uuid7
from app.statements import cells, pending, queries
from app.statements.cells import Contribution, Place, contribution_of
from app.statements.codings import coding_row
from app.statements.holding import hold, in_force
from app.statements.models import MachineCoding, Statement
from nlp import Coder, Coding

_STATEMENTS = insert(table_of(Statement))
_CODINGS = insert(table_of(MachineCoding))


@dataclass(frozen=True, slots=True)
class Spoken:
    """One text of an entry or turn with its role and the coding that the coder gave it."""

    role: str
    text: str
    coding: Coding


@dataclass(frozen=True, slots=True)
class Utterance:
    """All that one entry or turn says at one place and moment. ``mood`` is the self-report beside it, 1..9."""

    source: str
    source_id: UUID
    place: Place
    occurred_at: datetime
    spoken: tuple[Spoken, ...]
    mood: int | None = None

    def contribution(self) -> Contribution:
        """Return what this adds to the cells."""
        return Contribution(
            self.place, self.source, tuple(to_micro(one.coding.sentiment) for one in self.spoken), self.mood
        )


@dataclass(frozen=True, slots=True)
class _Said:
    """A statement that nobody has coded by hand, as contribution_of reads it."""

    sentiment_micro: int
    human_micro: None = None
    weight_micro: None = None


def code(coder: Coder, texts: Sequence[tuple[str, str]]) -> tuple[Spoken, ...]:
    """Return ``texts`` (role, text) with the codings of ``coder``, in their order."""
    codings = coder.code([text for _, text in texts]) if texts else []
    return tuple(Spoken(role, text, coding) for (role, text), coding in zip(texts, codings, strict=True))


def record(
    session: Session,
    study_id: UUID,
    model_version: str,
    utterances: Sequence[Utterance],
    replaced: Sequence[Contribution] = (),
) -> None:
    """Store ``utterances`` coded by ``model_version`` and bring the cells up to them, less what they replace.

    If the study's coder was switched since they were coded, they are coded again by the one in force. What a slow coder
    shall read later is remembered, and the job asked for, in the same transaction.
    """
    hold(session, study_id)
    recorded = _insert(session, study_id, model_version, utterances)
    cells.apply(session, study_id, cells.deltas([one.contribution() for one in recorded], replaced))


def _insert(
    session: Session, study_id: UUID, model_version: str, utterances: Sequence[Utterance]
) -> Sequence[Utterance]:
    """Insert the statements with their codings; returns the utterances with the codings that were stored."""
    wanted = in_force(session, study_id, model_version)
    if wanted.again:
        model_version, utterances = wanted.again.version, [_coded_again(one, wanted.again) for one in utterances]
    moment = clock.now()
    statements: list[dict[str, Any]] = []
    codings: list[dict[str, Any]] = []
    for utterance in utterances:
        for spoken in utterance.spoken:
            statement = _statement_row(study_id, utterance, spoken, model_version)
            statements.append(statement)
            codings.append(coding_row(study_id, statement["id"], model_version, spoken.coding, moment))
    if statements:
        insert_rows(session, _STATEMENTS, statements)
        insert_rows(session, _CODINGS, codings)
        if wanted.refined:
            pending.add(session, study_id, [statement["id"] for statement in statements])
    return utterances


def revise(
    session: Session, study_id: UUID, model_version: str, utterance: Utterance, was: Place, mood: int | None
) -> None:
    """Let ``utterance`` take the place of what its entry or turn said until now, at ``was`` and with ``mood``.

    A text that stands already, in the same role and to the letter, keeps its statement with all that was drawn and coded
    of it, and only its place and moment follow. The others are retracted, and what is new is recorded.
    """
    hold(session, study_id)
    rows = queries.standing_for_update(session, study_id, Statement.source_id == utterance.source_id)
    kept, fresh = _matched(rows, utterance.spoken)
    _retract(session, study_id, [row.id for row in rows if row not in kept])
    _place(session, study_id, [row.id for row in kept], utterance)
    [recorded] = _insert(session, study_id, model_version, [replace(utterance, spoken=fresh)])
    said = [*kept, *(_Said(score) for score in recorded.contribution().scores)]
    before = contribution_of(was, utterance.source, rows, mood)
    after = contribution_of(utterance.place, utterance.source, said, utterance.mood)
    cells.apply(session, study_id, cells.deltas([after], [before]))


def _matched(rows: Sequence[Any], spoken: Sequence[Spoken]) -> tuple[list[Any], tuple[Spoken, ...]]:
    """Return the rows that are said again, each once, and what none of them says."""
    standing: dict[tuple[str, str], list[Any]] = defaultdict(list)
    for row in reversed(rows):
        standing[row.role, row.text].append(row)
    kept, fresh = [], []
    for one in spoken:
        same = standing[one.role, one.text]
        if same:
            kept.append(same.pop())
        else:
            fresh.append(one)
    return kept, tuple(fresh)


def _place(session: Session, study_id: UUID, statement_ids: Sequence[UUID], utterance: Utterance) -> None:
    place = utterance.place
    session.execute(
        update(Statement)
        .where(Statement.study_id == study_id, Statement.id.in_(statement_ids))
        .values(
            stage_id=place.stage_id,
            touchpoint_id=place.touchpoint_id,
            wave_id=place.wave_id,
            day=place.day,
            occurred_at=utterance.occurred_at,
        )
        .execution_options(synchronize_session=False)
    )


def _retract(session: Session, study_id: UUID, statement_ids: Sequence[UUID]) -> None:
    session.execute(
        update(Statement)
        .where(Statement.study_id == study_id, Statement.id.in_(statement_ids))
        .values(retracted_at=clock.now())
        .execution_options(synchronize_session=False)
    )
    pending.clear(session, study_id, statement_ids)


def retract(session: Session, study_id: UUID, source_id: UUID, place: Place, mood: int | None) -> Contribution:
    """Mark the statements of an entry or turn as replaced; returns what they had added to the cells."""
    hold(session, study_id)
    rows = queries.standing_for_update(session, study_id, Statement.source_id == source_id)
    _retract(session, study_id, [row.id for row in rows])
    return contribution_of(place, rows[0].source if rows else "diary", rows, mood)


def _coded_again(utterance: Utterance, coder: Coder) -> Utterance:
    return replace(utterance, spoken=code(coder, [(one.role, one.text) for one in utterance.spoken]))


def _statement_row(study_id: UUID, utterance: Utterance, spoken: Spoken, model_version: str) -> dict[str, Any]:
    place = utterance.place
    return {
        "study_id": study_id,
        "id": uuid7(),
        "participant_id": place.participant_id,
        "stage_id": place.stage_id,
        "touchpoint_id": place.touchpoint_id,
        "wave_id": place.wave_id,
        "source": utterance.source,
        "source_id": utterance.source_id,
        "role": spoken.role,
        "text": spoken.text,
        "occurred_at": utterance.occurred_at,
        "day": place.day,
        "model_version": model_version,
        "sentiment_micro": to_micro(spoken.coding.sentiment),
        "retracted_at": None,
    }

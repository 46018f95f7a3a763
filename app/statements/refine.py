"""Putting a slow coder's scores in the place of the quick one's, a batch of statements at a time."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.statements import cells, pending
from app.statements.cells import Contribution, Place, contribution_of
from app.statements.codings import store
from app.statements.holding import hold_alone
from app.statements.models import MachineCoding, Statement
from app.studies.adaptations import choice_in_force
from app.studies.coders import Choice
from app.studies.models import Study

BATCH = 64
"""Statements a transaction: at a hundred texts a second, a person waits a second for theirs."""


@dataclass(frozen=True, slots=True)
class _Said:
    sentiment_micro: int
    human_micro: int | None
    weight_micro: int | None


def choice_of(session: Session, study_id: UUID) -> Choice | None:
    """Return the slow coder that the study has chosen; None if it has a quick one, or is gone."""
    row = session.execute(select(Study.coder, Study.coder_version).where(Study.id == study_id)).one_or_none()
    choice = choice_in_force(session, study_id, row.coder, row.coder_version) if row is not None else None
    return choice if choice is not None and choice.slow else None


def put(session: Session, study_id: UUID, choice: Choice, version: str, rows: Sequence[dict[str, Any]]) -> None:
    """Store ``rows`` (of machine_coding, by ``version`` of the coder chosen) and let statements and cells show these scores.

    What was edited, retracted or erased since it was read is left as it is, and everything is if the study has chosen
    another coder since.
    """
    hold_alone(session, study_id)
    if choice_of(session, study_id) != choice:
        return
    wanted = [row["statement_id"] for row in rows]
    there = select(Statement).where(Statement.study_id == study_id, Statement.id.in_(wanted)).with_for_update()
    statements = {one.id: one for one in session.scalars(there.execution_options(populate_existing=True))}
    store(session, [row for row in rows if row["statement_id"] in statements])
    shown = [one for one in statements.values() if one.retracted_at is None]
    scores = _scores(session, study_id, version, [one.id for one in shown])
    before = [_contribution(one, one.sentiment_micro) for one in shown]
    after = [_contribution(one, scores[one.id]) for one in shown]
    _show(session, study_id, version, list(scores))
    cells.apply(session, study_id, cells.deltas(after, before))
    pending.clear(session, study_id, wanted)
    _name_version(session, study_id, choice, version)


def _scores(session: Session, study_id: UUID, version: str, statement_ids: Sequence[UUID]) -> dict[UUID, int]:
    """What stands in the table counts: another job may have stored its coding first."""
    query = select(MachineCoding.statement_id, MachineCoding.sentiment_micro).where(
        MachineCoding.study_id == study_id,
        MachineCoding.model_version == version,
        MachineCoding.statement_id.in_(statement_ids),
    )
    return dict(session.execute(query).all())


def _show(session: Session, study_id: UUID, version: str, statement_ids: Sequence[UUID]) -> None:
    session.execute(
        update(Statement)
        .where(
            Statement.study_id == study_id,
            Statement.id.in_(statement_ids),
            MachineCoding.study_id == study_id,
            MachineCoding.statement_id == Statement.id,
            MachineCoding.model_version == version,
        )
        .values(sentiment_micro=MachineCoding.sentiment_micro, model_version=version)
        .execution_options(synchronize_session=False)
    )


def _name_version(session: Session, study_id: UUID, choice: Choice, version: str) -> None:
    """A new study of a slow coder has only its name (studies.coders.first_version)."""
    session.execute(
        update(Study)
        .where(Study.id == study_id, Study.coder_version == choice.base)
        .values(coder_version=version, protocol_revision=Study.protocol_revision + 1)
        .execution_options(synchronize_session=False)
    )


def _contribution(one: Statement, score: int) -> Contribution:
    """What it adds with this score; what people coded is weighted the same, and the score beside it changes too."""
    place = Place(one.participant_id, one.stage_id, one.touchpoint_id, one.wave_id, one.day)
    return contribution_of(place, one.source, [_Said(score, one.human_micro, one.weight_micro)])

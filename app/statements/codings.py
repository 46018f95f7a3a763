"""Rows of machine_coding: versions stand beside each other, and none is ever changed."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Session

from app.core import clock
from app.core.bulk import insert_rows
from app.core.db import table_of, to_micro
from app.statements.models import MachineCoding
from nlp import Coder, Coding

_INSERT = {
    name: dialect(table_of(MachineCoding)).on_conflict_do_nothing()
    for name, dialect in (("sqlite", sqlite_insert), ("postgresql", postgresql_insert))
}


def coding_row(
    study_id: UUID, statement_id: UUID, model_version: str, coding: Coding, moment: datetime
) -> dict[str, Any]:
    """Return the machine_coding row of one statement."""
    return {
        "study_id": study_id,
        "statement_id": statement_id,
        "model_version": model_version,
        "sentiment_micro": to_micro(coding.sentiment),
        "confidence": coding.confidence,
        "emotions": dict(coding.emotions),
        "risk": [{"kind": cue.kind, "start": cue.start, "end": cue.end} for cue in coding.risk],
        "coded_at": moment,
    }


def coding_rows(study_id: UUID, coder: Coder, statements: Sequence[tuple[UUID, str]]) -> list[dict[str, Any]]:
    """Return the machine_coding rows that ``coder`` gives ``statements`` (id, text)."""
    moment = clock.now()
    codings = coder.code([text for _, text in statements])
    return [
        coding_row(study_id, statement_id, coder.version, coding, moment)
        for (statement_id, _), coding in zip(statements, codings, strict=True)
    ]


def store(session: Session, rows: Sequence[dict[str, Any]]) -> None:
    """Store rows beside those of other versions; one that another job has just stored stays as it is."""
    insert_rows(session, _INSERT[session.get_bind().dialect.name], rows)

"""Coding all statements of a study again with another coder, while the old scores stay in force until all are there."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, func, insert, select, update
from sqlalchemy.orm import Session

from app.audit.service import Change
from app.audit.service import record as log_change
from app.core import clock
from app.core.db import table_of
from app.core.errors import Conflict
from app.jobs import queries as jobs
from app.jobs.service import enqueue
from app.statements import cells
from app.statements.holding import hold_alone
from app.statements.models import MachineCoding, Statement
from app.statements.service import coding_row
from app.studies.coders import get_coder
from app.studies.models import Study
from app.studies.service import use_coder
from nlp import Coder

TASK = "recode"
BATCH = 1000


class RecodeUnderWay(Conflict):
    """The study is being coded again by another coder."""

    code = "recode_under_way"
    title = "这个研究正在用另一个编码器重新编码"
    remedy = "请等它结束后再试。"


def request_recode(session: Session, actor: str, study: Study, coder: str) -> UUID:
    """Ask for all statements of the study to be coded by ``coder``; returns the job's id.

    Asking again before the job has ended returns the same job. Invalid for an unknown coder, RecodeUnderWay if another
    coder is at it. The log names ``actor``.
    """
    version = get_coder(coder).version
    hold_alone(session, study.id)
    for job in jobs.open_jobs(session, TASK, study.id):
        if job.arguments["coder"] != coder:
            raise RecodeUnderWay
        return job.id
    log_change(session, Change(actor, "coder.requested", study.id, detail={"coder": coder, "version": version}))
    return enqueue(session, TASK, {"study": str(study.id), "coder": coder, "actor": actor}, study_id=study.id)


def count(session: Session, study_id: UUID) -> int:
    """Return how many statements the study has."""
    return session.scalar(select(func.count()).where(Statement.study_id == study_id)) or 0


def count_coded(session: Session, study_id: UUID, version: str) -> int:
    """Return how many statements of the study ``version`` has coded."""
    query = select(func.count()).where(MachineCoding.study_id == study_id, MachineCoding.model_version == version)
    return session.scalar(query) or 0


def uncoded(session: Session, study_id: UUID, version: str, after: UUID | None, most: int) -> list[tuple[UUID, str]]:
    """Return up to ``most`` statements (id, text) after the id ``after`` that ``version`` has not coded, by id."""
    coded = select(MachineCoding.statement_id).where(
        MachineCoding.study_id == study_id,
        MachineCoding.statement_id == Statement.id,
        MachineCoding.model_version == version,
    )
    wanted: list[ColumnElement[bool]] = [Statement.study_id == study_id, ~coded.exists()]
    if after is not None:
        wanted.append(Statement.id > after)
    rows = session.execute(select(Statement.id, Statement.text).where(*wanted).order_by(Statement.id).limit(most))
    return [(row.id, row.text) for row in rows]


def coding_rows(study_id: UUID, coder: Coder, statements: Sequence[tuple[UUID, str]]) -> list[dict[str, Any]]:
    """Return the machine_coding rows that ``coder`` gives ``statements`` (id, text)."""
    moment = clock.now()
    codings = coder.code([text for _, text in statements])
    return [
        coding_row(study_id, statement_id, coder.version, coding, moment)
        for (statement_id, _), coding in zip(statements, codings, strict=True)
    ]


def store(session: Session, rows: Sequence[dict[str, Any]]) -> None:
    """Store machine_coding rows beside those of other versions."""
    session.execute(insert(table_of(MachineCoding)), list(rows))


def switch(session: Session, actor: str, study_id: UUID, coder: Coder) -> None:
    """Put the scores of ``coder`` in force: statements, cells and the study, in the session's transaction.

    What was written since the last batch is coded here, while nobody else writes to the study.
    """
    hold_alone(session, study_id)
    while late := uncoded(session, study_id, coder.version, None, BATCH):
        store(session, coding_rows(study_id, coder, late))
    session.execute(
        update(Statement)
        .where(
            Statement.study_id == study_id,
            Statement.model_version != coder.version,
            MachineCoding.study_id == study_id,
            MachineCoding.statement_id == Statement.id,
            MachineCoding.model_version == coder.version,
        )
        .values(sentiment_micro=MachineCoding.sentiment_micro, model_version=coder.version)
        .execution_options(synchronize_session=False)
    )
    cells.recount(session, study_id)
    use_coder(session, actor, study_id, coder.name, coder.version)

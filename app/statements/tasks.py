"""Coding as jobs. Re-coding: batch by batch, taken up where it stood, and in force at the end all at once. Refining: what
a slow coder reads after the quick one, in force batch by batch."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from app.core import clock
from app.jobs.context import JobContext, WorkerContext
from app.jobs.declare import recurring, task
from app.jobs.errors import JobFailed
from app.statements import pending, recode, recodings, refine
from app.statements.codings import coding_rows, store
from app.statements.holding import hold_alone
from app.statements.models import Recoding
from app.studies.adaptations import choice_for
from app.studies.coders import Choice
from nlp import Coder

AGAIN_AFTER = timedelta(minutes=5)
"""When a slow coder that could not be used is tried again; a new entry tries it at once."""

CODER_CHANGED = "coder_changed"


@dataclass(frozen=True, slots=True)
class Order:
    """What a job of re-coding is asked for; jobs begun before there were recodings name none."""

    study_id: UUID
    coder: str
    adaptation_id: UUID | None
    recoding_id: UUID | None
    actor: str

    def choice(self, session: Session) -> Choice:
        """Return the coder asked for."""
        return choice_for(session, self.study_id, self.coder, self.adaptation_id)

    def declined(self, session: Session) -> bool:
        """Return whether nobody wants it any more."""
        if self.recoding_id is None:
            return False
        return recodings.get(session, self.study_id, self.recoding_id).state == recodings.DECLINED


@task(recode.TASK)
def recode_study(
    context: JobContext,
    *,
    study: str,
    coder: str,
    actor: str,
    adaptation: str | None = None,
    recoding: str | None = None,
) -> None:
    """Code all statements of ``study`` by ``coder``, and then let the study show its scores unless it is a preview;
    ``actor`` is for the log."""
    order = Order(
        UUID(study), coder, UUID(adaptation) if adaptation else None, UUID(recoding) if recoding else None, actor
    )
    plan = context.step("plan", _plan, context, order)
    version, done = plan["version"], plan["done"]
    after: str | None = None
    full = True
    while full:  # what is written during the last batch is left to the switch
        batch = context.step("code", _code_batch, context, order, version, after, done)
        after, done, full = batch["last"], batch["done"], batch["full"]
    context.step("switch", _switch, context, order, version)


def _plan(context: JobContext, order: Order) -> dict[str, Any]:
    with context.database.read() as session:
        choice = order.choice(session)
    version = choice.load().version
    with context.database.write() as session:
        done = recode.count_coded(session, order.study_id, version)
        context.report(session, done, recode.count(session, order.study_id))
        if order.recoding_id is not None:
            _name_version(recodings.get(session, order.study_id, order.recoding_id), version)
    return {"version": version, "done": done}


def _name_version(wanted: Recoding, version: str) -> None:
    if wanted.state == recodings.ADOPTING and wanted.version != version:
        raise JobFailed(CODER_CHANGED)  # adopted was what somebody has seen, and no other
    wanted.version = version


def _code_batch(context: JobContext, order: Order, version: str, after: str | None, done: int) -> dict[str, Any]:
    with context.database.read() as session:
        choice = order.choice(session)
        most = recode.SLOW_BATCH if choice.slow else recode.BATCH
        unwanted = order.declined(session)
        statements = (
            [] if unwanted else recode.uncoded(session, order.study_id, version, UUID(after) if after else None, most)
        )
    loaded = _loaded(choice, version)
    if not statements:
        return {"last": after, "done": done, "full": False}
    done += len(statements)
    rows = coding_rows(order.study_id, loaded, statements)
    with context.database.write() as session:
        store(session, rows)
        context.report(session, done)
    return {"last": str(statements[-1][0]), "done": done, "full": len(statements) == most}


def _switch(context: JobContext, order: Order, version: str) -> None:
    """Put the scores in force, or leave them to a decision. Nobody decides meanwhile: the study is held."""
    with context.database.write() as session:
        hold_alone(session, order.study_id)
        choice = order.choice(session)
        wanted = recodings.get(session, order.study_id, order.recoding_id) if order.recoding_id else None
        if wanted is not None and wanted.state == recodings.DECLINED:
            return
        if wanted is not None and wanted.preview:
            wanted.state = recodings.READY
            return
        recode.switch(session, order.actor, order.study_id, _loaded(choice, version), slow=choice.slow)
        if wanted is not None:
            wanted.state = recodings.ADOPTED
            wanted.decided_by, wanted.decided_at = wanted.decided_by or order.actor, wanted.decided_at or clock.now()
        total = recode.count(session, order.study_id)
        context.report(session, total, total)


def _loaded(choice: Choice, version: str) -> Coder:
    coder = choice.load()
    if coder.version != version:
        # The program was upgraded meanwhile: half of the statements in one version, half in another, is no recoding.
        raise JobFailed(CODER_CHANGED)
    return coder


@task(pending.TASK)
def refine_study(context: JobContext, *, study: str) -> None:
    """Let the study's slow coder read all that waits; CoderUnavailable ends it, and what waits stays."""
    done, left = 0, True
    while left:
        batch = context.step("refine", _refine_batch, context, UUID(study), done)
        done, left = batch["done"], batch["left"]


def _refine_batch(context: JobContext, study_id: UUID, done: int) -> dict[str, Any]:
    with context.database.read() as session:
        choice = refine.choice_of(session, study_id)
        statements = pending.next_texts(session, study_id, refine.BATCH) if choice else []
    if choice is None or not statements:
        return {"done": done, "left": False}
    coder = choice.load()
    rows = coding_rows(study_id, coder, statements)
    with context.database.write() as session:
        refine.put(session, study_id, choice, coder.version, rows)
        done += len(rows)
        context.report(session, done, done + pending.count(session, study_id))
    return {"done": done, "left": True}


@recurring("statements.refine_again", seconds=30.0)
def refine_again(context: WorkerContext) -> None:
    """Ask again where a slow coder was not available when it was wanted."""
    with context.database.read() as session:
        studies: Sequence[UUID] = pending.stalled(session, clock.now() - AGAIN_AFTER)
    for study_id in studies:
        with context.database.write() as session:
            pending.ask(session, study_id)

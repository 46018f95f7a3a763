"""Coding as jobs. Re-coding: batch by batch, taken up where it stood, and in force at the end all at once. Refining: what
a slow coder reads after the quick one, in force batch by batch."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from app.core import clock
from app.jobs.context import JobContext, WorkerContext
from app.jobs.declare import recurring, task
from app.jobs.errors import JobFailed
from app.statements import pending, recode, refine
from app.statements.codings import coding_rows, store
from app.studies.coders import Choice, get_coder
from nlp import Coder

AGAIN_AFTER = timedelta(minutes=5)
"""When a slow coder that could not be used is tried again; a new entry tries it at once."""


@task(recode.TASK)
def recode_study(context: JobContext, *, study: str, coder: str, actor: str) -> None:
    """Code all statements of ``study`` by ``coder`` and then let the study show its scores; ``actor`` is for the log."""
    study_id = UUID(study)
    plan = context.step("plan", _plan, context, study_id, coder)
    version, done = plan["version"], plan["done"]
    after: str | None = None
    full = True
    while full:  # what is written during the last batch is left to the switch
        batch = context.step("code", _code_batch, context, study_id, coder, version, after, done)
        after, done, full = batch["last"], batch["done"], batch["full"]
    context.step("switch", _switch, context, study_id, coder, version, actor)


def _plan(context: JobContext, study_id: UUID, coder: str) -> dict[str, Any]:
    version = get_coder(coder).version
    with context.database.write() as session:
        done = recode.count_coded(session, study_id, version)
        context.report(session, done, recode.count(session, study_id))
    return {"version": version, "done": done}


def _code_batch(
    context: JobContext, study_id: UUID, coder: str, version: str, after: str | None, done: int
) -> dict[str, Any]:
    loaded = _loaded(coder, version)
    most = recode.SLOW_BATCH if Choice(coder).slow else recode.BATCH
    with context.database.read() as session:
        statements = recode.uncoded(session, study_id, version, UUID(after) if after else None, most)
    if not statements:
        return {"last": after, "done": done, "full": False}
    done += len(statements)
    rows = coding_rows(study_id, loaded, statements)
    with context.database.write() as session:
        store(session, rows)
        context.report(session, done)
    return {"last": str(statements[-1][0]), "done": done, "full": len(statements) == most}


def _switch(context: JobContext, study_id: UUID, coder: str, version: str, actor: str) -> None:
    with context.database.write() as session:
        recode.switch(session, actor, study_id, _loaded(coder, version))
        total = recode.count(session, study_id)
        context.report(session, total, total)


def _loaded(name: str, version: str) -> Coder:
    coder = get_coder(name)
    if coder.version != version:
        # The program was upgraded meanwhile: half of the statements in one version, half in another, is no recoding.
        raise JobFailed("coder_changed")
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
        refine.put(session, study_id, coder, rows)
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

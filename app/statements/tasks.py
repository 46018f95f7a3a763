"""Re-coding as a job: batch by batch, taken up where it stood, and in force at the end all at once."""

from typing import Any
from uuid import UUID

from app.jobs.context import JobContext
from app.jobs.declare import task
from app.jobs.errors import JobFailed
from app.statements import recode
from app.studies.coders import get_coder
from nlp import Coder


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
    with context.database.read() as session:
        statements = recode.uncoded(session, study_id, version, UUID(after) if after else None, recode.BATCH)
    if not statements:
        return {"last": after, "done": done, "full": False}
    done += len(statements)
    rows = recode.coding_rows(study_id, loaded, statements)
    with context.database.write() as session:
        recode.store(session, rows)
        context.report(session, done)
    return {"last": str(statements[-1][0]), "done": done, "full": len(statements) == recode.BATCH}


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

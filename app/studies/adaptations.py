"""A study's own calibrations of a coder, and the coder that a study has chosen, found in any process."""

from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.audit.service import Change, record
from app.core import clock
from app.core.ids import uuid7
from app.studies.coders import Choice
from app.studies.errors import NotAdapted
from app.studies.models import CoderAdaptation
from nlp.adapted import NAME as ADAPTED
from nlp.adapted import Adaptation

_known: dict[tuple[UUID, str], Choice] = {}
MOST_KNOWN = 256


def choice_in_force(session: Session, study_id: UUID, name: str, version: str) -> Choice:
    """Return the coder ``name`` of which the study shows ``version``; one SELECT at the first adaptation of a process.

    Invalid for a name that no coder has, NotAdapted for an adaptation that is not there.
    """
    if name != ADAPTED:
        return Choice.plain(name)
    known = _known.get((study_id, version))
    if known is None:
        own, _, base_version = version.partition("/")
        of_study = select(CoderAdaptation).where(CoderAdaptation.study_id == study_id, CoderAdaptation.version == own)
        rows = [row for row in session.scalars(of_study) if base_version.startswith(f"{row.base}-")]
        if not rows:
            raise NotAdapted()
        if len(_known) >= MOST_KNOWN:
            _known.clear()
        known = _known[study_id, version] = _choice(rows[0])
    return known


def choice_for(session: Session, study_id: UUID, name: str, adaptation_id: UUID | None = None) -> Choice:
    """Return the coder ``name`` as a study may choose it: of adaptations this one, or the last.

    Invalid for a name that no coder has; NotAdapted without such an adaptation, or if it changes nothing.
    """
    if name != ADAPTED:
        return Choice.plain(name)
    row = (
        latest(session, study_id) if adaptation_id is None else session.get(CoderAdaptation, (study_id, adaptation_id))
    )
    if row is None:
        raise NotAdapted()
    choice = _choice(row)
    if choice.adaptation is None or choice.adaptation.is_identity:
        raise NotAdapted()
    return choice


def latest(session: Session, study_id: UUID) -> CoderAdaptation | None:
    """Return the adaptation of the study that was fitted last."""
    of_study = select(CoderAdaptation).where(CoderAdaptation.study_id == study_id)
    newest = of_study.order_by(CoderAdaptation.created_at.desc(), CoderAdaptation.id.desc()).limit(1)
    return session.scalars(newest).one_or_none()


def keep(
    session: Session,
    actor: str,
    study_id: UUID,
    base: str,
    base_version: str,
    adaptation: Adaptation,
    report: dict[str, Any],
) -> CoderAdaptation:
    """Store an adaptation of ``base`` and its report; the same one again gets the later report. The log names ``actor``."""
    version = adaptation.version
    same = select(CoderAdaptation).where(
        CoderAdaptation.study_id == study_id, CoderAdaptation.base == base, CoderAdaptation.version == version
    )
    row = session.scalars(same.with_for_update()).one_or_none()
    if row is None:
        row = CoderAdaptation(
            study_id=study_id, id=uuid7(), version=version, base=base, parameters=adaptation.parameters()
        )
        session.add(row)
    row.base_version, row.report = base_version, report
    row.created_at, row.created_by = clock.now(), actor
    detail = {"version": version, "base": base_version, "chosen": report["chosen"], "codes": report["statements"]}
    record(session, Change(actor, "coder.adapted", study_id, detail=detail))
    session.flush()
    return row


def _choice(row: CoderAdaptation) -> Choice:
    return Choice(ADAPTED, row.base, row.id, Adaptation.of_parameters(row.parameters))

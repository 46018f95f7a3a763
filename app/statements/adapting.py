"""Fitting a study's own calibration to its human codes."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from app.statements.human_codes import HumanCode, coded_statements
from app.studies import adaptations
from app.studies.adaptations import choice_in_force
from app.studies.coders import get_coder
from app.studies.models import CoderAdaptation, Study
from nlp.adaptation import Fitted, fit_adaptation


@dataclass(frozen=True, slots=True)
class Fit:
    """What was fitted to the scores of the coder ``base``, not stored yet."""

    base: str
    base_version: str
    fitted: Fitted


def fit(session: Session, study: Study, codes: Sequence[HumanCode]) -> Fit:
    """Return what ``codes`` bear out about the study's coder: where that is adapted already, about the one below.

    Raises what get_coder raises. Reads only; a slow coder takes its time.
    """
    coder = get_coder(choice_in_force(session, study.id, study.coder, study.coder_version).base)
    coded = coded_statements(session, study.id, codes)
    scores = [coding.sentiment for coding in coder.code(coded.texts)]
    fitted = fit_adaptation(scores, coded.human, [str(one) for one in coded.people], texts=coded.texts)
    return Fit(coder.name, coder.version, fitted)


def keep(session: Session, actor: str, study: Study, found: Fit) -> CoderAdaptation:
    """Store what was fitted, for the study to choose; the log names ``actor``."""
    report = found.fitted.report.as_json()
    return adaptations.keep(session, actor, study.id, found.base, found.base_version, found.fitted.adaptation, report)

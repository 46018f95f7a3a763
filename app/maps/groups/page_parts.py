"""What the pages of this folder share."""

from collections.abc import Sequence
from typing import Any

from fastapi import Request, Response
from fastapi.responses import RedirectResponse
from pydantic import ValidationError

from app.core.errors import AppError, Invalid
from app.maps.quotations import Quoted
from app.studies.access import RESEARCHERS, StudyAccess
from app.web.forms import FormState, Posted, refused, unreadable


def shared(access: StudyAccess, tab: str) -> dict[str, Any]:
    """Return what every template here is given."""
    return {
        "study": access.study,
        "actor": access.actor,
        "here": "map",
        "tab": tab,
        "zone": access.study.time_zone,
        "may_edit": access.can(RESEARCHERS),
    }


def refusal(form: Posted, error: ValidationError | AppError) -> FormState:
    """Return the form as posted with what is wrong with it."""
    return unreadable(form, error, {}) if isinstance(error, ValidationError) else refused(form, error)


def status_of(error: ValidationError | AppError) -> int:
    """Return the status that a refusal is answered with."""
    return error.status if isinstance(error, AppError) else Invalid.status


def note(request: Request, access: StudyAccess, shown: Sequence[Quoted]) -> None:
    """Note whose words were shown."""
    request.app.state.readings.note(access, [(one.said.participant_id, one.said.source_id) for one in shown])


def to(access: StudyAccess, tail: str) -> Response:
    """Lead on to another place of the study."""
    return RedirectResponse(f"/studies/{access.study.slug}/{tail}", 303)

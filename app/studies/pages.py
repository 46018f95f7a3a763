"""The list of studies, a new study, and a study's settings."""

from datetime import timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import ValidationError

from app.accounts.actors import StaffActor
from app.accounts.deps import SignedIn
from app.core import clock
from app.core.errors import AppError
from app.studies import help_pages, key_pages, protocol_pages, queries, service
from app.studies.schemas import StudyIn
from app.studies.study_templates import study_templates
from app.web.forms import FormState, Posted, refused, unreadable, values_of
from app.web.i18n import mark
from app.web.pages import render

router = APIRouter(include_in_schema=False)
router.include_router(protocol_pages.router)
router.include_router(help_pages.router)
router.include_router(key_pages.router)

Staff = Annotated[StaffActor, Depends(SignedIn())]


@router.get("/studies")
def studies(request: Request, actor: Staff) -> Response:
    with request.app.state.database.read() as session:
        found = queries.studies_of(session, actor)
        roads = queries.stage_names(session, [study.id for study, _ in found])
    context = {"actor": actor, "here": "studies", "studies": found, "roads": roads, "roles": protocol_pages.ROLE_WORDS}
    return render(request, "studies/list.html", context)


@router.get("/studies/new")
def new_study(request: Request, actor: Staff) -> Response:
    until = clock.local_date(clock.now() + timedelta(days=365 * service.RETENTION_YEARS), "Asia/Shanghai")
    state = FormState({"time_zone": "Asia/Shanghai", "language": "zh-CN", "retention_until": until.isoformat()})
    return _new_page(request, actor, state)


@router.post("/studies/new")
def create_study(request: Request, actor: Staff, form: Posted) -> Response:
    given: dict[str, Any] = {name: value.strip() for name, value in values_of(form).items()}
    optional = ("slug", "retention_until", "template")
    given = {name: value for name, value in given.items() if value or name not in optional}
    try:
        wanted = StudyIn.model_validate(given)
        with request.app.state.database.write() as session:
            study = service.create_study(session, actor, wanted, default_coder=request.app.state.settings.coder)
    except ValidationError as error:
        return _new_page(request, actor, unreadable(form, error, protocol_pages.FIELD_WORDS), status=422)
    except AppError as error:
        return _new_page(request, actor, refused(form, error), status=error.status)
    return RedirectResponse(f"/studies/{study.slug}", 303)


def _new_page(request: Request, actor: StaffActor, state: FormState, *, status: int = 200) -> Response:
    context = {
        "actor": actor,
        "here": "studies",
        "form": state,
        "templates": study_templates().values(),
        "zones": protocol_pages.ZONES,
        "languages_offered": protocol_pages.LANGUAGES_OFFERED,
        "hint": mark("种植牙恢复日记"),
    }
    return render(request, "studies/new.html", context, status=status)

"""The study's project file: taking it out, and taking one in: choose a file, see what was understood, import.

Nothing is stored before the last step, and nothing is kept between the steps: the browser hands the same file in twice, which
its hash proves. Where scripts run, the file stays chosen meanwhile.
"""

import hashlib
from typing import IO, Annotated, Any

from fastapi import APIRouter, Depends, File, Form, Request, Response, UploadFile

from app.core.errors import AppError, FieldError, Invalid
from app.exchange.refi import words
from app.exchange.refi.importing import import_project, understand
from app.exchange.refi.intake import Intake
from app.exchange.refi.limits import MIB, MOST_HANDED
from app.exchange.refi.offsets import AUTO, CHOICES
from app.exchange.refi.storing import Stored
from app.studies import queries as studies
from app.studies.access import RESEARCHERS, InStudy, StudyAccess, confirm
from app.web.forms import FormState
from app.web.i18n import choose_language, current_language, translate
from app.web.i18n import mark as _
from app.web.pages import render

router = APIRouter(include_in_schema=False)

MayImport = Annotated[StudyAccess, Depends(InStudy(*RESEARCHERS))]
PIECE = 256 * 1024
AUTOMATIC = _("自动判断")


@router.get("/studies/{slug}/settings/project")
def project_page(request: Request, access: MayImport) -> Response:
    return _page(request, access, FormState())


@router.post("/studies/{slug}/settings/project")
def take_in(
    request: Request,
    access: MayImport,
    file: Annotated[UploadFile | None, File()] = None,
    stage: Annotated[str, Form()] = "",
    counting: Annotated[str, Form()] = AUTO,
    seen: Annotated[str, Form()] = "",
    do: Annotated[str, Form()] = "preview",
) -> Response:
    current_language.set(choose_language(request))
    chosen = {"stage": stage, "counting": counting if counting in CHOICES else AUTO}
    intake: Intake | None = None
    try:
        handed, digest = _handed(file)
        with request.app.state.database.read() as session:
            protocol = studies.protocol(session, access.study.id)
        intake = understand(handed, protocol, stage=stage or None, counting=chosen["counting"])
        # What is imported is what was looked at: the same file, understood in the same way.
        mark = hashlib.sha256(f"{digest} {stage} {chosen['counting']}".encode()).hexdigest()
        stored = _store(request, access, intake) if do == "import" and seen == mark else None
    except AppError as error:
        return _page(request, access, _refused(chosen, error), intake, status=error.status)
    return _page(request, access, FormState(chosen), intake, stored, mark=mark, again=do == "import")


def _handed(file: UploadFile | None) -> tuple[IO[bytes], str]:
    if file is None or not file.filename:
        raise Invalid(fields=[FieldError("file", _("请先选一个文件"), "required")])
    digest, size = hashlib.sha256(), 0
    while piece := file.file.read(PIECE):
        digest.update(piece)
        size += len(piece)
    if size > MOST_HANDED:
        raise Invalid(fields=[FieldError("file", _("文件太大，请让管理员用命令行导入"), "too_large")])
    file.file.seek(0)
    return file.file, digest.hexdigest()


def _store(request: Request, access: StudyAccess, intake: Intake) -> Stored:
    with request.app.state.database.write() as session:
        still = confirm(session, access, RESEARCHERS)
        return import_project(session, still.actor.label, still.study, intake)


def _refused(chosen: dict[str, str], error: AppError) -> FormState:
    """Return the form with what ``error`` says, beside its field or above."""
    fields = {one.field: translate(one.message) for one in error.fields}
    if fields:
        return FormState(chosen, fields)
    return FormState(chosen, {"": translate(error.remedy)}, translate(error.title) % error.parameters)


def _page(
    request: Request,
    access: StudyAccess,
    form: FormState,
    intake: Intake | None = None,
    stored: Stored | None = None,
    *,
    mark: str = "",
    again: bool = False,
    status: int = 200,
) -> Response:
    current_language.set(choose_language(request))
    with request.app.state.database.read() as session:
        protocol = studies.protocol(session, access.study.id)
    ways = [(way, translate(words.COUNTINGS.get(way, AUTOMATIC))) for way in CHOICES]
    context: dict[str, Any] = {
        "actor": access.actor,
        "study": access.study,
        "here": "settings",
        "part": "project",
        "saved": False,
        "may_edit": True,
        "form": form,
        "stages": [("", translate(_("还没选"))), *((stage.key, stage.name) for stage in protocol.stages)],
        "ways": ways,
        "most_mib": MOST_HANDED // MIB,
        "understood": list(words.understood(intake)) if intake else [],
        "warnings": list(words.warnings(intake, stored)) if intake else [],
        "needs_stage": bool(intake and intake.unstaged and not form.values.get("stage")),
        "stored": list(words.stored(stored)) if stored else [],
        "mark": mark,
        "changed_since": again and stored is None,
    }
    return render(request, "exchange/project.html", context, status=status)

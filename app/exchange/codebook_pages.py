"""The codebook as a file: taken out over pages and API, and in with a preview."""

from typing import Annotated, Final

from fastapi import APIRouter, Depends, Request, Response, UploadFile
from fastapi.responses import RedirectResponse
from pydantic import ValidationError

from app.accounts.actors import READ_STATEMENTS
from app.coding.codebook_colours import readable
from app.coding.codebook_words import FIELDS
from app.core.errors import AppError, FieldError, Invalid
from app.exchange import codebook_files, codebooks
from app.exchange.codebook_files import Kind
from app.exchange.codebook_shapes import CODES, GivenBook
from app.studies.access import CODERS, RESEARCHERS, ApiInStudy, InStudy, StudyAccess, confirm
from app.web.forms import FormState, Posted, refused, values_of
from app.web.i18n import choose_language, current_language
from app.web.i18n import mark as _
from app.web.pages import render

pages = APIRouter(include_in_schema=False)
api = APIRouter(prefix="/api/v1/studies/{slug}", tags=["coding"])

Reader = Annotated[StudyAccess, Depends(InStudy(*CODERS))]
Editor = Annotated[StudyAccess, Depends(InStudy(*RESEARCHERS))]
MayRead = Annotated[StudyAccess, Depends(ApiInStudy(*CODERS, scope=READ_STATEMENTS))]
MOST_NOTES: Final = 60


@pages.get("/studies/{slug}/codebook.qdc")
def qdc_page(request: Request, access: Reader) -> Response:
    return _file(request, access, Kind.QDC)


@pages.get("/studies/{slug}/codebook.csv")
def csv_page(request: Request, access: Reader) -> Response:
    return _file(request, access, Kind.CSV)


@api.get("/codebook.qdc", summary="The codebook as a REFI-QDA codebook (QDC)")
def get_qdc(request: Request, access: MayRead) -> Response:
    """Codes in use, nested and in order; the same bytes each time. 409 `codebook_empty` without any."""
    return _file(request, access, Kind.QDC)


@api.get("/codebook.csv", summary="The codebook as a table")
def get_csv(request: Request, access: MayRead) -> Response:
    """A row for each code in use, its parent by path. 409 `codebook_empty` without any."""
    return _file(request, access, Kind.CSV)


@pages.get("/studies/{slug}/codebook/import")
def import_page(request: Request, access: Editor) -> Response:
    return _import_page(request, access, FormState())


@pages.post("/studies/{slug}/codebook/import/preview")
def preview(request: Request, access: Editor, form: Posted, file: UploadFile | None = None) -> Response:
    current_language.set(choose_language(request))
    try:
        raw = file.file.read() if file is not None else b""
        if not raw:
            raise Invalid(fields=[FieldError("file", _("请选一个 .qdc 或 .csv 文件"), "missing")])
        kind, book = codebook_files.read(raw)
        return _preview_page(request, access, kind, book)
    except AppError as error:
        return _import_page(request, access, refused(form, error), status=error.status)


@pages.post("/studies/{slug}/codebook/import")
def take_over(request: Request, access: Editor, form: Posted) -> Response:
    given = values_of(form)
    current_language.set(choose_language(request))
    try:
        codes = CODES.validate_json(given.get("codes", ""))
        version = int(given["version"]) if given.get("version", "").isdecimal() else -1
        origin = Kind(given.get("kind", ""))
        with request.app.state.database.write() as session:
            still = confirm(session, access, RESEARCHERS)
            wanted = codebooks.plan(session, still.study.id, codes)
            done = codebooks.take_over(
                session,
                still.actor.label,
                still.study.id,
                wanted,
                update=given.get("update") == "on",
                version=version,
                origin=origin,
            )
    except (ValidationError, ValueError, AppError) as error:
        refusal = error if isinstance(error, AppError) else Invalid()
        return _import_page(request, access, refused(form, refusal), status=refusal.status)
    return RedirectResponse(f"/studies/{access.study.slug}/codebook?done={'imported' if done else 'same'}", 303)


def _file(request: Request, access: StudyAccess, kind: Kind) -> Response:
    current_language.set(choose_language(request))
    with request.app.state.database.read() as session:
        text = codebook_files.written(session, access.study.id, kind)
    name = f'attachment; filename="{access.study.slug}-codebook.{kind}"'
    headers = {"Content-Disposition": name, "Cache-Control": "private, no-store"}
    return Response(text.encode(), media_type=codebook_files.MEDIA_TYPES[kind], headers=headers)


def _import_page(request: Request, access: StudyAccess, form: FormState, *, status: int = 200) -> Response:
    current_language.set(choose_language(request))
    return render(request, "exchange/codebook_import.html", _shared(access) | {"form": form}, status=status)


def _preview_page(request: Request, access: StudyAccess, kind: Kind, book: GivenBook) -> Response:
    with request.app.state.database.read() as session:
        wanted = codebooks.plan(session, access.study.id, book.codes)
    notes = [*book.notes, *wanted.notes]
    context = {
        "form": FormState(),
        "kind": kind,
        "wanted": wanted,
        "codes_json": CODES.dump_json(list(book.codes), exclude_none=True).decode(),
        "notes": notes[:MOST_NOTES],
        "more_notes": max(len(notes) - MOST_NOTES, 0),
        "field_names": FIELDS,
        "readable": readable,
    }
    return render(request, "exchange/codebook_preview.html", _shared(access) | context)


def _shared(access: StudyAccess) -> dict[str, object]:
    return {"study": access.study, "actor": access.actor, "here": "coding", "tab": "codebook"}

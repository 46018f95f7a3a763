"""Handing in events and outcomes of participants as a sheet, over the page of the relation."""

import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Request, Response, UploadFile

from app.core.db import Database
from app.core.errors import AppError
from app.exchange import relations
from app.exchange.errors import Unreadable
from app.exchange.refusals import in_words
from app.exchange.relations import Imported
from app.studies.access import RESEARCHERS, InStudy, StudyAccess, confirm
from app.web.forms import FormState, Posted, refused
from app.web.i18n import choose_language, current_language
from app.web.pages import render

router = APIRouter(include_in_schema=False)

Editor = Annotated[StudyAccess, Depends(InStudy(*RESEARCHERS))]
MOST_SHOWN: Final = 100
TakeIn = Callable[..., Imported]


@router.post("/studies/{slug}/relations/events")
def take_events(request: Request, access: Editor, form: Posted, file: UploadFile | None = None) -> Response:
    return _take(request, access, form, file, relations.import_events)


@router.post("/studies/{slug}/relations/outcomes")
def take_outcomes(request: Request, access: Editor, form: Posted, file: UploadFile | None = None) -> Response:
    return _take(request, access, form, file, relations.import_outcomes)


def _take(request: Request, access: StudyAccess, form: Posted, file: UploadFile | None, take_in: TakeIn) -> Response:
    current_language.set(choose_language(request, access.study.language))
    database: Database = request.app.state.database
    with database.read() as session:
        still = confirm(session, access, RESEARCHERS)
    try:
        done = _imported(database, still, file, take_in)
    except AppError as error:
        return _page(request, access, refused(form, error), None, status=error.status)
    return _page(request, access, FormState(), done, status=422 if done.refused else 200)


def _imported(database: Database, access: StudyAccess, file: UploadFile | None, take_in: TakeIn) -> Imported:
    """Return what became of the sheet; it stands on the disk only as long as it is read, where only we can read it."""
    if file is None:
        raise Unreadable()
    with tempfile.TemporaryDirectory(prefix="xinlu-") as folder:
        path = Path(folder) / "sheet.csv"
        with path.open("wb") as copy:
            shutil.copyfileobj(file.file, copy)
        return take_in(database, access.study.slug, path, by=access.actor.label)


def _page(request: Request, access: StudyAccess, form: FormState, done: Imported | None, *, status: int) -> Response:
    context: dict[str, Any] = {
        "study": access.study,
        "actor": access.actor,
        "here": "map",
        "form": form,
        "done": done,
        "refused": [in_words(one) for one in done.refused[:MOST_SHOWN]] if done else [],
        "more": max(len(done.refused) - MOST_SHOWN, 0) if done else 0,
    }
    return render(request, "exchange/relations.html", context, status=status, language=access.study.language)

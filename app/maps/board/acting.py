"""What a form of the map asks for: done in one transaction, and then shown."""

from collections.abc import Callable

from fastapi import Request, Response
from fastapi.responses import RedirectResponse
from sqlalchemy.orm import Session

from app.core.errors import AppError, NotFound
from app.studies.access import RESEARCHERS, StudyAccess, confirm
from app.web.i18n import choose_language, current_language


def acted(
    request: Request,
    access: StudyAccess,
    act: Callable[[Session, StudyAccess], str],
    again: Callable[[AppError], Response],
) -> Response:
    """Do ``act`` and lead to the address below the study that it returns; what refuses it is shown by ``again``.

    NotFound goes on to whoever asked.
    """
    current_language.set(choose_language(request, access.study.language))
    try:
        with request.app.state.database.write() as session:
            where = act(session, confirm(session, access, RESEARCHERS))
    except NotFound:
        raise
    except AppError as error:
        return again(error)
    return RedirectResponse(f"/studies/{access.study.slug}{where}", 303)

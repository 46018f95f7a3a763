"""The page of support: what people get at each stage, drawn beneath what they feel, and the log that it is made of."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from fastapi.responses import RedirectResponse

from app.core.errors import AppError, FieldError, NotFound
from app.core.ids import uuid7
from app.curves.deps import sees_text
from app.maps.ecosystem import service
from app.maps.ecosystem.drawing import draw
from app.maps.ecosystem.errors import UnknownPlace
from app.maps.ecosystem.looks import Support
from app.maps.ecosystem.posted import FIELDS, posted_id, posted_support
from app.maps.ecosystem.words import CHANNELS, PHASES, contacts_words, mismatch_words, support_headline
from app.studies.access import RESEARCHERS, InStudy, StudyAccess, confirm
from app.web.forms import FormState, Posted, refused
from app.web.i18n import choose_language, current_language, translate
from app.web.i18n import mark as _
from app.web.pages import render

router = APIRouter(include_in_schema=False)

Seen = Annotated[StudyAccess, Depends(InStudy())]
Editor = Annotated[StudyAccess, Depends(InStudy(*RESEARCHERS))]
DONE = {"given": _("记下了。"), "removed": _("拿掉了。")}
GENERIC = (("yes", _("群发的，人人都一样")), ("no", _("单独说给这个人的")))


@router.get("/studies/{slug}/support")
def support_page(request: Request, access: Seen, done: Annotated[str, Query(max_length=12)] = "") -> Response:
    return _page(request, access, done=DONE.get(done, ""))


@router.post("/studies/{slug}/support")
def give(request: Request, access: Editor, form: Posted) -> Response:
    current_language.set(choose_language(request, access.study.language))
    try:
        given = posted_support(form)
        with request.app.state.database.write() as session:
            still = confirm(session, access, RESEARCHERS)
            service.give_support(session, still.actor, still.study.id, given, support_id=posted_id(form))
    except NotFound:
        raise
    except UnknownPlace as error:
        fields = [FieldError(FIELDS.get(one.field, one.field), one.message) for one in error.fields]
        return _page(request, access, form=refused(form, UnknownPlace(fields=fields)), status=error.status)
    except AppError as error:
        return _page(request, access, form=refused(form, error), status=error.status)
    return RedirectResponse(f"/studies/{access.study.slug}/support?done=given#log", 303)


@router.post("/studies/{slug}/support/{support_id}/remove")
def remove(request: Request, access: Editor, support_id: Annotated[UUID, Path()]) -> Response:
    with request.app.state.database.write() as session:
        still = confirm(session, access, RESEARCHERS)
        service.remove_support(session, still.actor, still.study.id, support_id)
    return RedirectResponse(f"/studies/{access.study.slug}/support?done=removed#log", 303)


def _page(
    request: Request, access: StudyAccess, *, form: FormState | None = None, done: str = "", status: int = 200
) -> Response:
    current_language.set(choose_language(request, access.study.language))
    personal = sees_text(access)
    with request.app.state.database.read() as session:
        matrices = request.app.state.matrices
        found = service.support(session, matrices, access.study.id, anonymous=not personal, personal=personal)
    context: dict[str, Any] = {
        "study": access.study,
        "actor": access.actor,
        "here": "map",
        "tab": "touchpoints",
        "found": found,
        "heading": support_headline(found),
        "mismatch_words": mismatch_words,
        "contacts_words": contacts_words,
        "charts": draw(found),
        "places": _places(found),
        "channels": [(key, translate(words)) for key, words in CHANNELS.items()],
        "channel_names": CHANNELS,
        "phases": [("", translate(_("不分时期"))), *((key, translate(words)) for key, words in PHASES.items())],
        "phase_names": PHASES,
        "kinds": [(key, translate(words)) for key, words in GENERIC],
        "touchpoint_names": {one.id: one.name for one in found.protocol.touchpoints},
        "form": form or FormState({"id": str(uuid7()), "contacts": 1, "generic": "yes"}),
        "may_edit": access.can(RESEARCHERS),
        "personal": personal,
        "done": done,
        "anchor": found.protocol.study.anchor_label,
    }
    return render(request, "maps/support.html", context, language=access.study.language, status=status)


def _places(found: Support) -> list[tuple[str, str]]:
    """Return the stages, each followed by its touchpoints on the frontstage, as one list to choose from."""
    places = []
    for stage in found.protocol.stages:
        places.append((stage.key, stage.name))
        places += [
            (f"{stage.key}/{one.key}", f"{stage.name} · {one.name}")
            for one in found.protocol.touchpoints_of(stage.id)
            if one.frontstage
        ]
    return places

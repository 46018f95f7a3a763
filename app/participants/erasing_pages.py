"""Having everything of one person erased: by themselves on the phone, by the study's owner on the workbench."""

from collections.abc import Callable, Sequence
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Request, Response

from app.core.errors import FieldError, Invalid
from app.participants import deps
from app.participants.deps import OnPhoneLeaving, PhoneAccess
from app.participants.erasure import erase_person
from app.participants.helping import help_words
from app.participants.models import Participant
from app.participants.presentation import find_person
from app.studies.access import OWNERS, InStudy, StudyAccess, confirm
from app.web.i18n import choose_language, current_language, translate
from app.web.i18n import mark as _
from app.web.pages import render

router = APIRouter(include_in_schema=False)

Phone = Annotated[PhoneAccess, Depends(OnPhoneLeaving())]
Owner = Annotated[StudyAccess, Depends(InStudy(*OWNERS))]
Typed = Annotated[str, Form(max_length=60)]
ERASE = "/d/erase"
WORDS = frozenset({"删除", "刪除", "delete"})
"""What a person types so that it does not happen by a slip of the thumb, in whichever language they read."""


@router.get(ERASE)
def explain(request: Request, access: Phone) -> Response:
    return _ask(request, access)


@router.post(ERASE)
def erase_myself(request: Request, access: Phone, word: Typed = "") -> Response:
    if word.strip().strip('“”"').lower() not in WORDS:
        return _ask(request, access, wrong=_("请照着打“删除”两个字，再按一次"))
    with request.app.state.database.write() as session:
        erase_person(session, access.label, access.study.id, access.participant.id)
    forget(request, access.study.id)
    current_language.set(choose_language(request, access.language))
    context = {
        "title": translate(_("都删掉了")),
        "words": translate(_("您写过的一切已经从系统里删去，这台手机也忘记您了。谢谢您走过的这一路。")),
        "gone": True,
        "help": help_words(access),
    }
    response = render(request, "participants/left.html", context, language=access.language)
    response.delete_cookie(deps.cookie_name(request), path="/")
    return response


@router.post("/studies/{slug}/participants/{participant_id}/erase")
def erase(request: Request, access: Owner, participant_id: UUID, code: Typed = "") -> Response:
    with request.app.state.database.write() as session:
        still = confirm(session, access, OWNERS)
        person = find_person(session, still, participant_id)
        _require_code(person, code)
        erase_person(session, still.actor.label, still.study.id, person.id)
    forget(request, access.study.id)
    context = {"study": access.study, "actor": access.actor, "here": "participants", "code": person.code}
    return render(request, "participants/erased.html", context)


def forget(request: Request, study_id: UUID) -> None:
    """Let this process forget what it holds of the study's words and numbers; others notice at their next look."""
    forgetful: Sequence[Callable[[UUID], None]] = request.app.state.forgetful
    for let_go in forgetful:
        let_go(study_id)


def _require_code(person: Participant, typed: str) -> None:
    if typed.strip() != person.code:
        raise Invalid(
            _("没有删：打的编号和这个人的不一样"),
            remedy=_("请回到上一页，照着这个人的编号再打一次。"),
            fields=[FieldError("code", _("请打这个人的编号"), "confirmation")],
        )


def _ask(request: Request, access: PhoneAccess, *, wrong: str | None = None) -> Response:
    current_language.set(choose_language(request, access.language))
    context = {
        "study": access.study,
        "wrong": translate(wrong) if wrong else None,
        "left": access.participant.withdrawn_at is not None,
        "help": help_words(access),
    }
    return render(request, "participants/erase.html", context, status=422 if wrong else 200, language=access.language)

"""The page behind a reminder's link: on to the form while it can be answered, and kind words for every other case."""

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse

from app.core import clock
from app.participants.deps import DOOR, OnPhoneKeeping, PhoneAccess, PhoneVisit
from app.participants.errors import Withdrawn
from app.participants.helping import help_words
from app.participants.returning import forget_page, remember_page
from app.prompts import ledger
from app.prompts.models import CANCELLED, SKIPPED, Prompt
from app.web.i18n import choose_language, current_language, translate
from app.web.i18n import mark as _
from app.web.pages import render

router = APIRouter(include_in_schema=False)

Visit = Annotated[PhoneVisit, Depends(OnPhoneKeeping())]
TODAY = "/d/today"


@dataclass(frozen=True, slots=True)
class Case:
    """What is said where a reminder does not simply lead to the form."""

    title: str
    words: str
    write: str


ANSWERED = Case(
    _("这一次您已经写过了"),
    _("谢谢您。还有想说的，随时可以再写一条。"),
    _("再写一条"),
)
OVER = Case(
    _("这个提醒过了时间，没关系"),
    _("现在补写一样有用，我们会记下是后来写的。不想写也完全可以。"),
    _("现在补写"),
)
# The same for a prompt that is not, was taken back, or is another person's: nobody learns which.
USELESS = Case(
    _("这个提醒用不上了"),
    _("可能是日程改了，或者它不是给这台手机的。想写的话，随时都可以。"),
    _("写一条日记"),
)


@router.get("/d/p/{prompt_id}")
def tapped(request: Request, visit: Visit, prompt_id: str) -> Response:
    """Answers every address alike, also one that is no id at all."""
    access, wanted = visit.access, _as_id(prompt_id)
    if access is None:
        response: Response = RedirectResponse(DOOR, 303, {"Cache-Control": "no-store"})
        if wanted is not None:
            remember_page(request, response, f"/d/p/{wanted}")
        return response
    if access.participant.withdrawn_at is not None:
        raise Withdrawn()
    prompt = _opened(request, access, wanted)
    if prompt is not None and prompt.answered_at is None and clock.now() < prompt.expires_at:
        response = RedirectResponse(f"{TODAY}?prompt={prompt.id}", 303, {"Cache-Control": "no-store"})
    else:
        response = _page(request, access, prompt)
    forget_page(response)
    return response


def _opened(request: Request, access: PhoneAccess, prompt_id: UUID | None) -> Prompt | None:
    """Note that the prompt was opened and return it; None unless it is this person's and still wanted."""
    if prompt_id is None:
        return None
    with request.app.state.database.write() as session:
        prompt = ledger.opened(session, access.study.id, access.participant.id, prompt_id)
    return prompt if prompt is not None and prompt.state not in (CANCELLED, SKIPPED) else None


def _page(request: Request, access: PhoneAccess, prompt: Prompt | None) -> Response:
    case = USELESS if prompt is None else ANSWERED if prompt.answered_at is not None else OVER
    current_language.set(choose_language(request, access.language))
    late = prompt is not None and prompt.answered_at is None
    context = {
        "title": translate(case.title),
        "words": translate(case.words),
        "write": f"{TODAY}?prompt={prompt.id}" if late and prompt is not None else TODAY,
        "write_words": translate(case.write),
        "help": help_words(access),
    }
    return render(request, "prompts/tapped.html", context, language=access.language)


def _as_id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None

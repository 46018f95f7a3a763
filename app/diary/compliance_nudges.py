"""Prompts sent by hand: to one person or some, looked at before they go."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from sqlalchemy.orm import Session
from starlette.datastructures import FormData

from app.core import clock
from app.core.errors import AppError, FieldError, Invalid
from app.diary import compliance_queries as queries
from app.diary.compliance_pages import common
from app.diary.compliance_queries import Person
from app.prompts import service as prompts
from app.studies.access import RESEARCHERS, InStudy, StudyAccess
from app.web.forms import FormState, Posted, refused
from app.web.i18n import catalogue, choose_language, current_language
from app.web.i18n import mark as _
from app.web.pages import render

router = APIRouter(include_in_schema=False)

MayManage = Annotated[StudyAccess, Depends(InStudy(*RESEARCHERS))]
MOST_AT_ONCE = 100
MOST_CHARACTERS = 100
WAITS = timedelta(minutes=1)
"""A prompt that is planned later than this waits for the end of quiet hours."""
WORDS = (
    _("今天方便的话，写两句近况吧，一分钟就好。"),
    _("有几天没看到您写了，一切还好吗？想写的时候再写就好。"),
)


@dataclass(frozen=True, slots=True)
class Nudged:
    """What became of one person: the moment for which a prompt was put down, or why there is none, as sentences."""

    code: str
    waits: bool = False
    refused: str = ""
    remedy: str = ""


@router.get("/studies/{slug}/compliance/nudge")
def prepare_nudge(
    request: Request, access: MayManage, who: Annotated[list[UUID] | None, Query(max_length=MOST_AT_ONCE)] = None
) -> Response:
    return _page(request, access, who or [])


@router.post("/studies/{slug}/compliance/nudge")
def send_nudge(request: Request, access: MayManage, form: Posted) -> Response:
    current_language.set(choose_language(request))
    ids: list[UUID] = []
    try:
        ids = _chosen(form)
        words = _words(form, access)
    except Invalid as error:
        return _page(request, access, ids, form=refused(form, error), status=error.status)
    with request.app.state.database.write() as session:
        nudged = [_nudge(session, access, participant_id, words) for participant_id in ids]
    return _page(request, access, ids, nudged=nudged)


def _nudge(session: Session, access: StudyAccess, participant_id: UUID, words: str) -> Nudged:
    person = queries.held_person(session, access.study.id, participant_id)
    if person is None:
        return Nudged("—", refused=_("研究里没有这个人"))
    try:
        with session.begin_nested():
            prompt = prompts.nudge(session, access.actor.label, access.study.id, participant_id, words)
    except AppError as error:
        return Nudged(person.code, refused=error.title, remedy=error.remedy)
    return Nudged(person.code, waits=prompt.planned_at > clock.now() + WAITS)


def _chosen(form: FormData) -> list[UUID]:
    given = [value for value in form.getlist("who") if isinstance(value, str)]
    try:
        chosen = list(dict.fromkeys(UUID(value) for value in given))
    except ValueError:
        raise Invalid(fields=[FieldError("who", _("请回到上一页重新选人"))]) from None
    if not 0 < len(chosen) <= MOST_AT_ONCE:
        raise Invalid(fields=[FieldError("who", _("请选 1 到 100 个人"))])
    return chosen


def _words(form: FormData, access: StudyAccess) -> str:
    """Return the words to send: one of ours in the study's language, or what was typed."""
    choice = str(form.get("words", ""))
    if choice in ("0", "1"):
        return catalogue(access.study.language).gettext(WORDS[int(choice)])
    own = " ".join(str(form.get("own", "")).split())
    if not own:
        raise Invalid(fields=[FieldError("own", _("请写一句话，或者选上面的一句"))])
    if len(own) > MOST_CHARACTERS:
        raise Invalid(fields=[FieldError("own", _("太长了，请缩短到 100 字以内"))])
    return own


def _page(
    request: Request,
    access: StudyAccess,
    ids: Sequence[UUID],
    *,
    form: FormState | None = None,
    nudged: Sequence[Nudged] = (),
    status: int = 200,
) -> Response:
    with request.app.state.database.read() as session:
        people: Sequence[Person] = queries.people(session, access.study.id, list(ids))
    ours = catalogue(access.study.language)
    context = {
        **common(access),
        "people": [one for one in people if one.withdrawn_at is None],
        "gone": [one for one in people if one.withdrawn_at is not None],
        "form": form or FormState(values={"words": "0"}),
        "nudged": nudged,
        "choices": [ours.gettext(words) for words in WORDS],
        "most": MOST_CHARACTERS,
    }
    return render(request, "diary/compliance_nudge.html", context, status=status)

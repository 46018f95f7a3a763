"""The workbench's pages of follow-ups: whom to call, and one of them with the forms that move it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Final, Literal, cast
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import RedirectResponse
from sqlalchemy.orm import Session

from app.care import follow_up_list, follow_up_view, follow_ups
from app.care.alert_models import CLOSED
from app.care.contacting import LONGEST_NOTE, WAYS, Way
from app.care.errors import ContactConflict, FollowUpClosed
from app.care.follow_up_words import OUTCOMES, attempt_words
from app.care.follow_up_words import WAYS as WAY_WORDS
from app.care.follow_ups import FollowUpLook
from app.core.errors import AppError, FieldError, Invalid, NotFound, PreconditionFailed
from app.core.ids import uuid7
from app.participants.sight import Sight, sight_of
from app.prompts.delivery.ways import KINDS
from app.studies.access import TEXT_READERS, InStudy, StudyAccess, confirm
from app.web.forms import FormState, Posted, refused, values_of
from app.web.i18n import choose_language, current_language, translate
from app.web.i18n import mark as _
from app.web.pages import render

router = APIRouter(include_in_schema=False)

Member = Annotated[StudyAccess, Depends(InStudy())]
Team = Annotated[StudyAccess, Depends(InStudy(*TEXT_READERS))]
DONE: Final[Mapping[str, str]] = {
    "taken": _("好，您来跟。"),
    "given_back": _("放回去了，别人可以来跟。"),
    "contact": _("记下了。"),
    "closed": _("这次回访结束了。"),
}
AGAIN: Final = _("您写的还在下面。看过以后再提交一次，就按您的办。")
OVER: Final = _("这次回访不再改动；您写的还在下面，可以抄走。")

Step = Callable[[Session, StudyAccess, Sight], object]


@dataclass(frozen=True, slots=True)
class Clash:
    """Somebody else was first: how it stands now, what the reader was about to do, and what they can do."""

    title: str
    theirs: str
    mine: str
    what_now: str


@router.get("/studies/{slug}/care")
def list_page(
    request: Request,
    access: Member,
    state: Literal["open", "closed"] = "open",
    after: UUID | None = None,
    done: Annotated[str, Query(max_length=20)] = "",
) -> Response:
    current_language.set(choose_language(request, access.study.language))
    with request.app.state.database.read() as session:
        context, shown = follow_up_list.context_of(request, session, access, state, after)
    request.app.state.readings.note(access, shown)
    context |= _common(access) | {"done": DONE.get(done)}
    return render(request, "care/follow_ups.html", context, language=access.study.language)


@router.get("/studies/{slug}/care/{follow_up_id}")
def follow_up_page(
    request: Request, access: Team, follow_up_id: UUID, done: Annotated[str, Query(max_length=20)] = ""
) -> Response:
    return _page(request, access, follow_up_id, done=DONE.get(done))


@router.post("/studies/{slug}/care/{follow_up_id}/take")
def take(request: Request, access: Team, follow_up_id: UUID, form: Posted) -> Response:
    def step(session: Session, still: StudyAccess, sight: Sight) -> None:
        follow_ups.take(session, still.actor, still.study, sight, follow_up_id, version=_version(form))

    return _moved(request, access, follow_up_id, form, step, "taken")


@router.post("/studies/{slug}/care/{follow_up_id}/give-back")
def give_back(request: Request, access: Team, follow_up_id: UUID, form: Posted) -> Response:
    def step(session: Session, still: StudyAccess, sight: Sight) -> None:
        follow_ups.give_back(session, still.actor, still.study, sight, follow_up_id, version=_version(form))

    return _moved(request, access, follow_up_id, form, step, "given_back")


@router.post("/studies/{slug}/care/{follow_up_id}/contacts")
def log_contact(request: Request, access: Team, follow_up_id: UUID, form: Posted) -> Response:
    outcome = str(form.get("outcome", ""))

    def step(session: Session, still: StudyAccess, sight: Sight) -> None:
        _check_contact(form, outcome)
        # A contact that was had is written down whatever else happened; only an ending must not surprise anybody.
        seen = _version(form)
        before = follow_ups.follow_up(session, still.study, sight, follow_up_id).follow_up.version
        follow_ups.log_contact(
            session,
            still.actor,
            still.study,
            sight,
            follow_up_id,
            _uuid(form),
            way=cast(Way, str(form.get("way", ""))),
            reached=form.get("reached") == "yes",
            note=str(form.get("note", "")),
            passed_to=str(form.get("passed_to", "")),
            version=seen if outcome else None,
        )
        if outcome:
            now = follow_ups.follow_up(session, still.study, sight, follow_up_id).follow_up.version
            version = now if now > before else seen
            follow_ups.close(session, still.actor, still.study, sight, follow_up_id, outcome=outcome, version=version)

    return _moved(request, access, follow_up_id, form, step, "closed" if outcome else "contact")


@router.post("/studies/{slug}/care/{follow_up_id}/close")
def close(request: Request, access: Team, follow_up_id: UUID, form: Posted) -> Response:
    def step(session: Session, still: StudyAccess, sight: Sight) -> None:
        outcome = str(form.get("ending", ""))
        if outcome not in follow_ups.OUTCOMES:
            raise Invalid(fields=[FieldError("ending", _("请选一个结果"))])
        follow_ups.close(
            session, still.actor, still.study, sight, follow_up_id, outcome=outcome, version=_version(form)
        )

    return _moved(request, access, follow_up_id, form, step, "closed")


def _moved(request: Request, access: StudyAccess, follow_up_id: UUID, form: Posted, step: Step, done: str) -> Response:
    """Take the step and lead on; what cannot be taken is shown beside what was posted, none of which is lost."""
    current_language.set(choose_language(request, access.study.language))
    try:
        with request.app.state.database.write() as session:
            still = confirm(session, access, TEXT_READERS)
            step(session, still, sight_of(session, still))
    except NotFound:
        raise
    except AppError as error:
        return _page(request, access, follow_up_id, form=refused(form, error), error=error)
    home = f"/studies/{access.study.slug}/care"
    # The list is where the next one waits.
    return RedirectResponse(f"{home}?done={done}" if done == "closed" else f"{home}/{follow_up_id}?done={done}", 303)


def _page(
    request: Request,
    access: StudyAccess,
    follow_up_id: UUID,
    *,
    form: FormState | None = None,
    error: AppError | None = None,
    done: str | None = None,
) -> Response:
    current_language.set(choose_language(request, access.study.language))
    shown_form = form or FormState()
    with request.app.state.database.read() as session:
        sight = sight_of(session, access)
        look = follow_ups.follow_up(session, access.study, sight, follow_up_id)
        context, shown = follow_up_view.context_of(session, request, access, sight, look)
    request.app.state.readings.note(access, shown)
    context |= _common(access) | {
        "form": shown_form,
        "clash": _clash(access, look, shown_form, error),
        "contact_id": _kept_id(shown_form, error),
        "version": look.follow_up.version,
        "ways": WAY_WORDS,
        "outcomes": _endings_now(look),
        "endings": {key: OUTCOMES[key] for key in follow_ups.OUTCOMES},
        "kinds": KINDS,
        "longest": LONGEST_NOTE,
        "done": done,
    }
    status = error.status if error else 200
    return render(request, "care/follow_up.html", context, status=status, language=access.study.language)


def _common(access: StudyAccess) -> dict[str, Any]:
    return {
        "study": access.study,
        "actor": access.actor,
        "here": "care",
        "address": f"/studies/{access.study.slug}",
        "zone": access.study.time_zone,
    }


def _endings_now(look: FollowUpLook) -> dict[str, str]:
    """Return the endings that may be chosen without writing down another contact."""
    if look.follow_up.state == CLOSED or (look.follow_up.urgent and not look.contacts):
        return {}
    allowed = ["helped", "no_need"]
    if any(one.passed_to for one in look.contacts):
        allowed.append("passed_on")
    if look.contacts:
        allowed.append("not_reached")
    return {key: OUTCOMES[key] for key in allowed}


def _clash(access: StudyAccess, look: FollowUpLook, form: FormState, error: AppError | None) -> Clash | None:
    if not isinstance(error, (PreconditionFailed, FollowUpClosed)):
        return None
    over = isinstance(error, FollowUpClosed)
    return Clash(
        translate(error.title),
        follow_up_view.now_words(look, access.actor.user_id),
        _mine(form),
        translate(OVER if over else AGAIN),
    )


def _mine(form: FormState) -> str:
    """Return in words what was about to be written down or done."""
    given = {name: str(value) for name, value in form.values.items()}
    said = []
    if given.get("way") in WAYS:
        said.append(attempt_words(given["way"], given.get("reached") == "yes"))
    if given.get("note"):
        said.append(given["note"])
    outcome = given.get("outcome") or given.get("ending") or ""
    if outcome in OUTCOMES:
        said.append(translate(_("结束：%(how)s")) % {"how": translate(OUTCOMES[outcome])})
    return "\n".join(said)


def _kept_id(form: FormState, error: AppError | None) -> UUID:
    """Return the id for the next contact: the page's own while it was not stored, so that sending again is once."""
    if error is None or isinstance(error, ContactConflict):
        return uuid7()
    return _as_uuid(str(form.values.get("contact_id", "")))


def _check_contact(form: Posted, outcome: str) -> None:
    wrong = []
    if form.get("reached") not in ("yes", "no"):
        wrong.append(FieldError("reached", _("请选一个：联系上了，还是没有")))
    if outcome and outcome not in follow_ups.OUTCOMES:
        wrong.append(FieldError("outcome", _("请选一个结果")))
    if outcome == "passed_on" and not str(form.get("passed_to", "")).strip():
        wrong.append(FieldError("passed_to", _("请写转给了谁")))
    if outcome == "not_reached" and form.get("reached") == "yes":
        wrong.append(FieldError("outcome", _("这次联系上了，就不能选“一直没联系上”")))
    if wrong:
        raise Invalid(fields=wrong)


def _version(form: Posted) -> int | None:
    given = str(form.get("version", ""))
    return int(given) if given.isascii() and given.isdigit() and len(given) < 10 else None


def _uuid(form: Posted) -> UUID:
    return _as_uuid(values_of(form).get("contact_id", ""))


def _as_uuid(typed: str) -> UUID:
    """Return the id that the page was made with; one that was tampered with counts as a fresh page."""
    try:
        return UUID(typed)
    except ValueError:
        return uuid7()

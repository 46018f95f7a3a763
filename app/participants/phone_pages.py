"""The phone's way in and out: opening a personal link, agreeing, taking it back, leaving."""

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import RedirectResponse
from sqlalchemy.orm import Session

from app.core.errors import AppError, Invalid, RateLimited
from app.participants import consents, deps, queries, service
from app.participants.consent_changes import changes_between
from app.participants.deps import OnPhone, OnPhoneLeaving, PhoneAccess
from app.participants.errors import ConsentTextChanged
from app.participants.helping import help_of_anyone, help_words
from app.participants.models import Participant
from app.participants.returning import remembered_page
from app.web import csrf
from app.web.i18n import choose_language, current_language, translate
from app.web.i18n import mark as _
from app.web.pages import render
from app.web.policy import Public
from app.web.problems import problem
from app.web.ratelimit import FailureLimit

router = APIRouter(include_in_schema=False)

Phone = Annotated[PhoneAccess, Depends(OnPhone())]
Leaving = Annotated[PhoneAccess, Depends(OnPhoneLeaving())]
TODAY = "/d/today"
CONSENT = "/d/consent"
DAY_SECONDS = 86_400


@router.get("/d", dependencies=[Depends(Public("the door: it shows nothing of anyone"))])
def door(request: Request) -> Response:
    with request.app.state.database.read() as session:
        access = deps.phone_access(session, request)
    return _door(request, known=access is not None and access.participant.withdrawn_at is None)


async def unforged(request: Request) -> None:
    """Refuse a form that is not from this browser's own page."""
    await csrf.check(request)


@router.post(
    "/d/open", dependencies=[Depends(Public("a personal link or short code is the credential")), Depends(unforged)]
)
def open_diary(request: Request, secret: Annotated[str, Form(max_length=400)] = "") -> Response:
    limit: FailureLimit = request.app.state.limits["link"]
    address = request.client.host if request.client else ""
    try:
        limit.check(address)
        opened = _open(request, secret)
    except RateLimited as error:
        return _door(request, error=error)
    except AppError as error:
        limit.failed(address)
        return _door(request, error=error)
    wanted = remembered_page(request) or TODAY
    response = RedirectResponse(wanted if opened.consented else CONSENT, 303)
    _remember(request, response, opened.session_token)
    return response


@router.post("/d/leave")
def leave(request: Request, access: Leaving) -> Response:
    _forget(request)
    return _left(request, access, _("这台手机已经忘记您"), _("您的日记都在。想写的时候，用链接或短码随时回来。"))


@router.get(CONSENT)
def consent(request: Request, access: Phone, changed: bool = False) -> Response:
    with request.app.state.database.read() as session:
        state = service.consent_state(session, access.participant)
    if state.suffices(on_phone=True):
        return _agreed(request, access, state, changed=changed)
    return _ask(request, access, state, changed=changed)


@router.post(CONSENT)
def agree(
    request: Request,
    access: Phone,
    version: Annotated[int, Form()] = 0,
    purposes: Annotated[list[str] | None, Form()] = None,
) -> Response:
    ticked = purposes or []
    try:
        with request.app.state.database.write() as session:
            person = _person(session, access)
            before = service.consent_state(session, person).suffices(on_phone=True)
            service.give_consent(session, access.label, person, ticked, version=version, method="person")
    except (Invalid, ConsentTextChanged) as error:
        with request.app.state.database.read() as session:
            state = service.consent_state(session, access.participant)
        return _ask(request, access, state, ticked=ticked if isinstance(error, Invalid) else None, error=error)
    return RedirectResponse(f"{CONSENT}?changed=true" if before else remembered_page(request) or TODAY, 303)


@router.post("/d/consent/{purpose}/withdraw")
def withdraw_purpose(request: Request, access: Phone, purpose: str) -> Response:
    with request.app.state.database.write() as session:
        service.withdraw_purpose(session, access.label, _person(session, access), purpose)
    return RedirectResponse(f"{CONSENT}?changed=true", 303)


@router.post("/d/withdraw")
def withdraw(request: Request, access: Phone) -> Response:
    with request.app.state.database.write() as session:
        service.withdraw(session, access.label, _person(session, access))
    title, words = _("您已经退出，谢谢您走到这里"), _("我们不再收集您的日记。")
    # The phone stays known: what was written can still be taken along, or erased, by the hand that wrote it.
    return _left(request, access, title, words, leaving=True)


def _open(request: Request, secret: str) -> service.OpenedDiary:
    state = request.app.state
    with state.database.write() as session:
        opened = service.open_diary(session, state.keyring, secret, days=state.settings.diary_session_days)
        _close_session(session, request)
    return opened


def _person(session: Session, access: PhoneAccess) -> Participant:
    return session.get_one(Participant, (access.study.id, access.participant.id))


def _close_session(session: Session, request: Request) -> None:
    before = request.cookies.get(deps.cookie_name(request))
    if before:
        service.leave_phone(session, request.app.state.keyring, before)


def _remember(request: Request, response: Response, token: str) -> None:
    settings = request.app.state.settings
    response.set_cookie(
        deps.cookie_name(request),
        token,
        max_age=settings.diary_session_days * DAY_SECONDS,
        httponly=True,
        samesite="lax",
        secure=settings.secure_cookies,
        path="/",
    )
    response.headers["Cache-Control"] = "no-store"


def _forget(request: Request) -> None:
    with request.app.state.database.write() as session:
        _close_session(session, request)


def _left(request: Request, access: PhoneAccess, title: str, words: str, *, leaving: bool = False) -> Response:
    """Say goodbye; the phone forgets the person, except while they are ``leaving`` the study."""
    current_language.set(choose_language(request, access.language))
    context = {"title": translate(title), "words": translate(words), "leaving": leaving, "help": help_words(access)}
    response = render(request, "participants/left.html", context, language=access.language)
    if not leaving:
        response.delete_cookie(deps.cookie_name(request), path="/")
    return response


def _door(request: Request, *, known: bool = False, error: AppError | None = None) -> Response:
    current_language.set(choose_language(request))
    context = {"known": known, "error": problem(error) if error else None, "help": help_of_anyone()}
    response = render(request, "participants/open.html", context, status=error.status if error else 200)
    response.headers.update(error.headers if error else {})
    return response


def _ask(
    request: Request,
    access: PhoneAccess,
    state: consents.ConsentState,
    *,
    ticked: list[str] | None = None,
    error: AppError | None = None,
    changed: bool = False,
) -> Response:
    """Ask for consent, with what is new since the text they agreed to last. Nothing is ticked but what is in force."""
    current_language.set(choose_language(request, access.language))
    with request.app.state.database.read() as session:
        before = queries.last_text_agreed(session, access.study.id, access.participant.id)
    newer = before is not None and state.text is not None and before.version < state.text.version
    context = {
        "study": access.study,
        "text": state.text,
        "purposes": state.purposes,
        "ticked": state.given_in_person if ticked is None else ticked,
        "changed": changed,
        "news": changes_between(before, state.text) if newer and before and state.text else None,
        "before": before is not None,
        "error": problem(error) if error else None,
        "problems": {field.field: translate(field.message) for field in error.fields} if error else {},
        "help": help_words(access),
    }
    status = error.status if error else 200
    return render(request, "participants/consent.html", context, status=status, language=access.language)


def _agreed(request: Request, access: PhoneAccess, state: consents.ConsentState, *, changed: bool) -> Response:
    context = {
        "study": access.study,
        "text": state.text,
        "purposes": state.purposes,
        "agreed": {one.purpose: one for one in state.agreed},
        "changed": changed,
        "zone": access.participant.time_zone,
        "help": help_words(access),
    }
    return render(request, "participants/agreed.html", context, language=access.language)

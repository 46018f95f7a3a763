"""Signing in and out."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import RedirectResponse

from app.accounts import service
from app.accounts.actors import StaffActor
from app.accounts.deps import SIGN_IN, SignedIn, cookie_name, signed_in
from app.accounts.errors import WrongCredentials
from app.accounts.service import Recognised
from app.core.errors import AppError
from app.web import csrf
from app.web.forms import FormState, Posted, refused, values_of
from app.web.pages import render
from app.web.policy import Public
from app.web.ratelimit import FailureLimit

router = APIRouter(include_in_schema=False)

Staff = Annotated[StaffActor, Depends(SignedIn())]
HOME = "/studies"


@router.get(SIGN_IN, dependencies=[Depends(Public("the door of staff"))])
def sign_in_form(request: Request, back: Annotated[str, Query(alias="next", max_length=2000)] = HOME) -> Response:
    with request.app.state.database.read() as session:
        if signed_in(session, request):
            return RedirectResponse(inside(back), 303)
    return _sign_in_page(request, FormState({"next": inside(back)}))


@router.post(SIGN_IN, dependencies=[Depends(Public("the password is the credential")), Depends(csrf.check)])
def sign_in(request: Request, form: Posted) -> Response:
    given = values_of(form)
    settings = request.app.state.settings
    try:
        person = _recognise(request, given.get("login", ""), given.get("password", ""))
    except AppError as error:
        state = FormState({**given, "password": ""}, refused(form, error).errors, refused(form, error).title)
        response = _sign_in_page(request, state, status=error.status)
        response.headers.update(error.headers)
        return response
    with request.app.state.database.write() as session:
        before = request.cookies.get(cookie_name(request))
        keyring = request.app.state.keyring
        token = service.begin_session(session, keyring, person, settings.session_hours, instead_of=before)
    response = RedirectResponse(inside(given.get("next", HOME)), 303)
    response.set_cookie(
        cookie_name(request),
        token,
        max_age=settings.session_hours * 3600,
        httponly=True,
        samesite="lax",
        secure=settings.secure_cookies,
        path="/",
    )
    return response


@router.post("/sign-out")
def sign_out(request: Request, actor: Staff) -> Response:
    with request.app.state.database.write() as session:
        service.end_session(session, request.app.state.keyring, actor, request.cookies[cookie_name(request)])
    response = RedirectResponse(SIGN_IN, 303)
    secure = request.app.state.settings.secure_cookies
    response.delete_cookie(cookie_name(request), path="/", httponly=True, samesite="lax", secure=secure)
    return response


def inside(address: str) -> str:
    """Return ``address`` if it is a page of ours, and otherwise the first page: nobody is sent elsewhere after signing in."""
    ours = address.startswith("/") and not address.startswith(("//", "/\\")) and address.isprintable()
    return address if ours and "\\" not in address else HOME


def _recognise(request: Request, login: str, password: str) -> Recognised:
    limit: FailureLimit = request.app.state.limits["sign_in"]
    account = f"login:{login.strip().lower()[:120]}"
    address = f"address:{request.client.host if request.client else ''}"
    limit.check(address)
    limit.check(account)
    # Counted before the slow part, so that tries made at the same time do not all slip through.
    limit.failed(account)
    try:
        with request.app.state.database.read() as session:
            person = service.recognise(session, login, password)
    except WrongCredentials:
        limit.failed(address)
        raise
    limit.succeeded(account)
    return person


def _sign_in_page(request: Request, state: FormState, *, status: int = 200) -> Response:
    return render(request, "accounts/sign_in.html", {"form": state}, status=status)

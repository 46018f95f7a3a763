"""Signing in and out, and the keys of one's programs."""

from datetime import timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import RedirectResponse

from app.accounts import queries, service
from app.accounts.actors import SCOPES, StaffActor
from app.accounts.deps import SIGN_IN, SignedIn, cookie_name, signed_in
from app.accounts.errors import WrongCredentials
from app.accounts.service import Recognised
from app.core import clock
from app.core.errors import AppError
from app.web import csrf
from app.web.forms import FormState, Posted, refused, values_of
from app.web.i18n import mark
from app.web.pages import render
from app.web.policy import Public
from app.web.ratelimit import FailureLimit

router = APIRouter(include_in_schema=False)

Staff = Annotated[StaffActor, Depends(SignedIn())]
HOME = "/studies"
KEYS = "/account/keys"
LIFETIMES = {"90": mark("90 天"), "365": mark("一年"), "30": mark("30 天"), "": mark("不过期")}


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


@router.get(KEYS)
def keys(request: Request, actor: Staff) -> Response:
    return _keys_page(request, actor, FormState({"lifetime": "90"}))


@router.post(KEYS)
def create_key(request: Request, actor: Staff, form: Posted) -> Response:
    given = values_of(form)
    scopes = [str(scope) for scope in form.getlist("scopes")]
    days = given.get("lifetime", "")
    ends = clock.now() + timedelta(days=int(days)) if days in LIFETIMES and days else None
    try:
        with request.app.state.database.write() as session:
            keyring = request.app.state.keyring
            name = given.get("name", "")
            _, token = service.create_api_key(session, keyring, actor.user_id, name, scopes, expires_at=ends)
    except AppError as error:
        state = FormState({**given, "scopes": scopes}, refused(form, error).errors, refused(form, error).title)
        return _keys_page(request, actor, state, status=error.status)
    return _keys_page(request, actor, FormState({"lifetime": "90"}), token=token)


@router.post(KEYS + "/{key_id}/revoke")
def revoke_key(request: Request, actor: Staff, key_id: UUID) -> Response:
    with request.app.state.database.write() as session:
        service.revoke_api_key(session, actor, key_id)
    return RedirectResponse(KEYS, 303)


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


def _keys_page(
    request: Request, actor: StaffActor, state: FormState, *, token: str | None = None, status: int = 200
) -> Response:
    with request.app.state.database.read() as session:
        own = queries.keys_of(session, actor.user_id)
    context = {
        "actor": actor,
        "here": "keys",
        "form": state,
        "token": token,
        "keys": own,
        "now": clock.now(),
        "scopes": SCOPES,
        "lifetimes": LIFETIMES,
        "address": request.app.state.settings.public_address,
    }
    return render(request, "accounts/keys.html", context, status=status)

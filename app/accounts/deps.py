"""Policies for staff: a signed-in browser, or a program with a key."""

from typing import Annotated
from urllib.parse import quote

from fastapi import Depends, Request
from sqlalchemy.orm import Session

from app.accounts import queries
from app.accounts.actors import StaffActor
from app.accounts.errors import MissingScope, SignInFirst
from app.core import clock
from app.core.errors import Unauthenticated
from app.web import csrf
from app.web.policy import Policy
from app.web.problems import wants_json

COOKIE = "xinlu_staff"
SIGN_IN = "/sign-in"


def cookie_name(request: Request) -> str:
    """Return the session cookie's name; over https the prefix ties it to this very host."""
    return f"__Host-{COOKIE}" if request.app.state.settings.secure_cookies else COOKIE


def key_of(request: Request) -> str | None:
    """Return the API key that the request carries."""
    scheme, _, credential = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return credential.strip()
    return request.headers.get("x-api-key")


async def unforged(request: Request) -> None:
    """Check for forgery where a cookie is what authorises the request; without one there is nothing to lend."""
    if key_of(request) is None and cookie_name(request) in request.cookies:
        await csrf.check(request)


Unforged = Annotated[None, Depends(unforged)]


def signed_in(session: Session, request: Request) -> StaffActor | None:
    """Return who is signed in with this browser."""
    token = request.cookies.get(cookie_name(request))
    if not token:
        return None
    return queries.actor_of_session(session, request.app.state.keyring.token_hash(token), clock.now())


def page_actor(session: Session, request: Request) -> StaffActor:
    """Return who is signed in; otherwise a browser is sent to sign in and comes back afterwards."""
    actor = signed_in(session, request)
    if actor is not None:
        return actor
    if wants_json(request):
        raise Unauthenticated()
    address = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    back = f"?next={quote(address, safe='/')}" if request.method == "GET" else ""
    raise SignInFirst(headers={"Location": SIGN_IN + back})


def api_actor(session: Session, request: Request, scope: str | None) -> StaffActor:
    """Return whom the request's key or session stands for; Unauthenticated, or MissingScope for a lesser key."""
    key = key_of(request)
    if key is None:
        actor = signed_in(session, request)
    else:
        actor = queries.actor_of_key(session, request.app.state.keyring.token_hash(key), clock.now())
    if actor is None:
        raise Unauthenticated(headers={"WWW-Authenticate": "Bearer"})
    if not actor.may(scope):
        raise MissingScope(scope=scope)
    return actor


class SignedIn(Policy):
    """Pages of staff."""

    @property
    def statement(self) -> str:
        return "Signed-in staff."

    def __call__(self, request: Request, _: Unforged) -> StaffActor:
        with request.app.state.database.read() as session:
            return page_actor(session, request)


class ApiCaller(Policy):
    """Programs with a key that holds ``scope`` (None: any key), and signed-in staff."""

    def __init__(self, scope: str | None) -> None:
        self.scope = scope

    @property
    def statement(self) -> str:
        return f"An API key{f' with scope {self.scope}' if self.scope else ''}, or signed-in staff."

    def __call__(self, request: Request, _: Unforged) -> StaffActor:
        with request.app.state.database.read() as session:
            return api_actor(session, request, self.scope)

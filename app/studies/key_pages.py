"""The keys of one's programs. The page stands here, above accounts, because a key may be confined to a study."""

from datetime import datetime, timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse
from sqlalchemy.orm import Session

from app.accounts import queries as accounts
from app.accounts.actors import SCOPES, StaffActor
from app.accounts.deps import SignedIn
from app.accounts.service import create_api_key, revoke_api_key
from app.core import clock
from app.core.errors import AppError, FieldError, Invalid
from app.studies import queries
from app.studies.models import Study
from app.web.forms import FormState, Posted, refused, values_of
from app.web.i18n import mark
from app.web.pages import render

router = APIRouter(include_in_schema=False)

Staff = Annotated[StaffActor, Depends(SignedIn())]
KEYS = "/account/keys"
LIFETIMES = {"90": mark("90 天"), "365": mark("一年"), "30": mark("30 天"), "": mark("不过期")}
FRESH = FormState({"lifetime": "90"})


@router.get(KEYS)
def keys(request: Request, actor: Staff) -> Response:
    return _keys_page(request, actor, FRESH)


@router.post(KEYS)
def create_key(request: Request, actor: Staff, form: Posted) -> Response:
    given = values_of(form)
    scopes = [str(scope) for scope in form.getlist("scopes")]
    ends = _end(given.get("lifetime", ""))
    keyring = request.app.state.keyring
    try:
        with request.app.state.database.write() as session:
            study_id = _study_id(session, actor, given.get("study", ""))
            name = given.get("name", "")
            _, token = create_api_key(session, keyring, actor.user_id, name, scopes, study_id=study_id, expires_at=ends)
    except AppError as error:
        state = FormState({**given, "scopes": scopes}, refused(form, error).errors, refused(form, error).title)
        return _keys_page(request, actor, state, status=error.status)
    return _keys_page(request, actor, FRESH, token=token)


@router.post(KEYS + "/{key_id}/revoke")
def revoke_key(request: Request, actor: Staff, key_id: UUID) -> Response:
    with request.app.state.database.write() as session:
        revoke_api_key(session, actor, key_id)
    return RedirectResponse(KEYS, 303)


def _end(lifetime: str) -> datetime | None:
    return clock.now() + timedelta(days=int(lifetime)) if lifetime and lifetime in LIFETIMES else None


def _study_id(session: Session, actor: StaffActor, slug: str) -> UUID | None:
    """Return the study that the key is for, None for all; Invalid unless it is one of the actor's."""
    if not slug:
        return None
    for study in _studies(session, actor):
        if study.slug == slug:
            return study.id
    raise Invalid(fields=[FieldError("study", mark("请选一个您参与的研究，或者不限"), "study")])


def _studies(session: Session, actor: StaffActor) -> list[Study]:
    return [study for study, _ in queries.studies_of(session, actor)]


def _keys_page(
    request: Request, actor: StaffActor, state: FormState, *, token: str | None = None, status: int = 200
) -> Response:
    with request.app.state.database.read() as session:
        own = accounts.keys_of(session, actor.user_id)
        studies = _studies(session, actor)
    context = {
        "actor": actor,
        "here": "keys",
        "form": state,
        "token": token,
        "keys": own,
        "now": clock.now(),
        "scopes": SCOPES,
        "places": [(study.slug, study.title) for study in studies],
        "titles": {study.id: study.title for study in studies},
        "address": request.app.state.settings.public_address,
    }
    return render(request, "accounts/keys.html", context, status=status)

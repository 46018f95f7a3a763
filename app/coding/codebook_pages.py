"""The codebook: its codes in order, one code and its form, the versions. Merging and splitting have pages of their own."""

from collections.abc import Callable
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import RedirectResponse
from sqlalchemy.orm import Session
from starlette.datastructures import FormData

from app.coding import blinding, codebook, codebook_posted, codebook_queries, codebook_words
from app.coding.codebook_colours import PALETTE, next_colour, readable
from app.coding.codebook_difference import difference
from app.coding.codebook_errors import CodeNotFound, StaleCodebook
from app.coding.codebook_queries import CodeFacts
from app.coding.codebook_schemas import MOST_DEPTH
from app.coding.codebook_starters import codes_of_starter, offered
from app.coding.codebook_steps import edges, step, under
from app.coding.codebook_tree import free_letter
from app.core.errors import AppError, NotFound
from app.studies.access import CODERS, RESEARCHERS, InStudy, StudyAccess, confirm
from app.web.forms import FormState, Posted, refused
from app.web.i18n import choose_language, current_language, translate
from app.web.i18n import mark as _
from app.web.pages import render

router = APIRouter(include_in_schema=False)

Reader = Annotated[StudyAccess, Depends(InStudy(*CODERS))]
Editor = Annotated[StudyAccess, Depends(InStudy(*RESEARCHERS))]
DONE: Final = {
    "added": _("加好了。"),
    "changed": _("改好了。"),
    "moved": _("移好了。"),
    "merged": _("并好了，片段都跟了过去。"),
    "split": _("拆好了。"),
    "retired": _("停用了。已有的片段都还在，只是编码时不再列出。"),
    "restored": _("恢复了。"),
    "starter": _("编码本建好了，随时可以改。"),
    "imported": _("导入好了。"),
    "same": _("和现在一样，没有改动。"),
}


@router.get("/studies/{slug}/codebook")
def codebook_page(
    request: Request,
    access: Reader,
    order: Annotated[str, Query(max_length=5)] = "",
    done: Annotated[str, Query(max_length=12)] = "",
) -> Response:
    return _list_page(request, access, ordering=bool(order), done=DONE.get(done))


@router.post("/studies/{slug}/codebook/starter")
def begin(request: Request, access: Editor, form: Posted) -> Response:
    def act(session: Session, still: StudyAccess) -> str:
        new = codes_of_starter(str(form.get("starter", "")))
        key, version = str(form.get("starter", "")), codebook_posted.posted_version(form)
        codebook.add_codes(session, still.actor.label, still.study.id, new, version=version, origin=key)
        return "?done=starter"

    return acted(request, access, act, lambda error: _list_page(request, access, error=error))


@router.post("/studies/{slug}/codebook/place")
def place_code(request: Request, access: Editor, form: Posted) -> Response:
    """A step of a code: up, down, in (under the one above it) or out (beside its parent)."""
    way, _colon, code = str(form.get("move", "")).partition(":")

    def act(session: Session, still: StudyAccess) -> str:
        code_id = codebook_posted.posted_id(code, "move")
        codes = codebook_queries.codes_of(session, still.study.id)
        parent_id, place = step(codes, code_id, way)
        version = codebook_posted.posted_version(form)
        codebook.move_code(
            session, still.actor.label, still.study.id, code_id, parent_id=parent_id, place=place, version=version
        )
        return f"?order=1&done=moved#code-{code_id}"

    return acted(request, access, act, lambda error: _list_page(request, access, ordering=True, error=error))


@router.get("/studies/{slug}/codebook/new")
def new_page(request: Request, access: Editor, parent: UUID | None = None) -> Response:
    with request.app.state.database.read() as session:
        codes = codebook_queries.codes_of(session, access.study.id)
        version = codebook_queries.version_of(session, access.study.id)
    above = next((code for code in codes if code.id == parent), None)
    siblings = [code.colour for code in codes if code.parent_id is None]
    values = {
        "colour": above.colour if above else next_colour(siblings),
        "shortcut": (free_letter(code.shortcut for code in codes) or "").upper(),
        "parent_id": str(above.id) if above else codebook_posted.TOP,
    }
    return _form_page(request, access, None, FormState(values), version)


@router.post("/studies/{slug}/codebook/new")
def add(request: Request, access: Editor, form: Posted) -> Response:
    def act(session: Session, still: StudyAccess) -> str:
        given, version = codebook_posted.posted_new_code(form), codebook_posted.posted_version(form)
        code = codebook.add_code(session, still.actor.label, still.study.id, given, version=version)
        return f"?done=added#code-{code.id}"

    return acted(request, access, act, lambda error: _refused_form(request, access, None, form, error))


@router.get("/studies/{slug}/codebook/codes/{code_id}")
def code_page(request: Request, access: Reader, code_id: UUID) -> Response:
    with request.app.state.database.read() as session:
        code = _code(session, access, code_id)
        version = codebook_queries.version_of(session, access.study.id)
    return _form_page(request, access, code, FormState(codebook_posted.values_of_code(code)), version)


@router.post("/studies/{slug}/codebook/codes/{code_id}")
def change(request: Request, access: Editor, code_id: UUID, form: Posted) -> Response:
    def act(session: Session, still: StudyAccess) -> str:
        given, version = codebook_posted.posted_code(form), codebook_posted.posted_version(form)
        codebook.change_code(session, still.actor.label, still.study.id, code_id, given, version=version)
        return f"?done=changed#code-{code_id}"

    return acted(request, access, act, lambda error: _refused_form(request, access, code_id, form, error))


@router.post("/studies/{slug}/codebook/codes/{code_id}/parent")
def putunder(request: Request, access: Editor, code_id: UUID, form: Posted) -> Response:
    def act(session: Session, still: StudyAccess) -> str:
        parent_id, version = codebook_posted.parent_of(form), codebook_posted.posted_version(form)
        codebook.move_code(session, still.actor.label, still.study.id, code_id, parent_id=parent_id, version=version)
        return f"?done=moved#code-{code_id}"

    return acted(request, access, act, lambda error: _refused_form(request, access, code_id, None, error))


@router.post("/studies/{slug}/codebook/codes/{code_id}/restore")
def restore(request: Request, access: Editor, code_id: UUID, form: Posted) -> Response:
    def act(session: Session, still: StudyAccess) -> str:
        version = codebook_posted.posted_version(form)
        codebook.restore_code(session, still.actor.label, still.study.id, code_id, version=version)
        return f"?done=restored#code-{code_id}"

    return acted(request, access, act, lambda error: _list_page(request, access, error=error))


@router.get("/studies/{slug}/codebook/versions")
def versions_page(
    request: Request,
    access: Reader,
    before: Annotated[int | None, Query(alias="from", ge=0, le=1_000_000_000)] = None,
    after: Annotated[int | None, Query(alias="to", ge=0, le=1_000_000_000)] = None,
) -> Response:
    current_language.set(choose_language(request))
    with request.app.state.database.read() as session:
        versions = codebook_queries.versions_of(session, access.study.id)
        latest = versions[0].version if versions else 0
        to = latest if after is None else after
        start = max(to - 1, 0) if before is None else before
        snapshots = [codebook_queries.snapshot_of(session, access.study.id, one) for one in (start, to)]
        if snapshots[0] is None or snapshots[1] is None:
            raise NotFound()
        people = codebook_queries.names_of_users(session, codebook_words.user_labels(versions))
    context = {
        "versions": [(one, codebook_words.sentence(one), codebook_words.who(one.by, people)) for one in versions],
        "start": start,
        "to": to,
        "latest": latest,
        "altered": difference(snapshots[0], snapshots[1]),
        "kinds": codebook_words.KINDS,
        "field_names": codebook_words.FIELDS,
        "readable": readable,
    }
    return render(request, "coding/codebook_versions.html", shared(access) | context)


def acted(
    request: Request,
    access: StudyAccess,
    act: Callable[[Session, StudyAccess], str],
    again: Callable[[AppError], Response],
) -> Response:
    """Run ``act`` in a transaction and lead to the codebook with what it returns; ``again`` shows the form that was refused."""
    current_language.set(choose_language(request))
    try:
        with request.app.state.database.write() as session:
            where = act(session, confirm(session, access, RESEARCHERS))
    except AppError as error:
        return again(error)
    return RedirectResponse(f"/studies/{access.study.slug}/codebook{where}", 303)


def shared(access: StudyAccess) -> dict[str, Any]:
    """Return what every page of the codebook is given."""
    return {
        "study": access.study,
        "actor": access.actor,
        "here": "coding",
        "tab": "codebook",
        "may_edit": access.can(RESEARCHERS),
    }


def _code(session: Session, access: StudyAccess, code_id: UUID) -> CodeFacts:
    among = blinding.may_see(access)
    codes = codebook_queries.codes_of(session, access.study.id, retired=True, among=among)
    code = next((one for one in codes if one.id == code_id), None)
    if code is None:
        raise CodeNotFound()
    return code


def _list_page(
    request: Request,
    access: StudyAccess,
    *,
    ordering: bool = False,
    done: str | None = None,
    error: AppError | None = None,
) -> Response:
    current_language.set(choose_language(request))
    with request.app.state.database.read() as session:
        among = blinding.may_see(access)
        everything = codebook_queries.codes_of(session, access.study.id, retired=True, among=among)
        codes = codebook_queries.codes_of(session, access.study.id, among=among)
        version = codebook_queries.version_of(session, access.study.id)
    context = {
        "codes": codes,
        "retired": [code for code in everything if code.retired_at is not None],
        "names": {code.id: code.name for code in everything},
        "version": version,
        "ordering": ordering and bool(codes) and access.can(RESEARCHERS),
        "edges": edges(codes),
        "starters": [] if everything else offered(access.study.template),
        "readable": readable,
        "done": translate(done) if done else None,
        "wrong": in_words(error) if error else None,
    }
    status = error.status if error else 200
    return render(request, "coding/codebook.html", shared(access) | context, status=status)


def _form_page(
    request: Request,
    access: StudyAccess,
    code: CodeFacts | None,
    form: FormState,
    version: int,
    *,
    status: int = 200,
    since: int | None = None,
) -> Response:
    current_language.set(choose_language(request))
    with request.app.state.database.read() as session:
        codes = codebook_queries.codes_of(session, access.study.id)
        changes = [] if since is None else codebook_queries.versions_of(session, access.study.id, most=20)
    inside = under(codes, code)
    context = {
        "code": code,
        "form": form,
        "version": version,
        "codes": codes,
        "palette": PALETTE,
        "readable": readable,
        "limits": codebook_posted.LIMITS,
        "parents": [one for one in codes if one.id not in inside and one.depth < MOST_DEPTH - 1],
        "others": [one for one in codes if code is None or one.id != code.id],
        "names": {one.id: one.name for one in codes},
        "since": [codebook_words.sentence(one) for one in changes if since is not None and one.version > since],
        "now": codebook_posted.values_of_code(code) if code and since is not None else {},
        "field_names": codebook_words.FIELDS,
    }
    return render(request, "coding/codebook_code.html", shared(access) | context, status=status)


def _refused_form(
    request: Request, access: StudyAccess, code_id: UUID | None, form: FormData | None, error: AppError
) -> Response:
    """Show the form as it was posted, with what is wrong; a stale one is told what has happened since, and may be sent again."""
    with request.app.state.database.read() as session:
        code = _code(session, access, code_id) if code_id else None
        version = codebook_queries.version_of(session, access.study.id)
    state = refused(form if form is not None else FormData(), error)
    if form is None and code is not None:
        state = FormState(codebook_posted.values_of_code(code), state.errors, state.title)
    stale = isinstance(error, StaleCodebook) and form is not None
    since = codebook_posted.posted_version(form) if stale and form is not None else None
    return _form_page(request, access, code, state, version, status=error.status, since=since)


def in_words(error: AppError) -> tuple[str, str]:
    """Return what happened, and what to do now."""
    words = error.fields[0].message if error.fields else error.remedy
    title = translate(error.title)
    return title % error.parameters if error.parameters else title, translate(words)

"""Merging, splitting and retiring codes: each shows first what becomes of the codings, and is done on the next page."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from sqlalchemy.orm import Session

from app.coding import codebook, codebook_posted, codebook_previews, codebook_queries
from app.coding.codebook_colours import readable
from app.coding.codebook_errors import CodeNotFound
from app.coding.codebook_pages import acted, in_words, shared
from app.coding.codebook_previews import MovePreview, Quote, Uses
from app.coding.codebook_queries import CodeFacts
from app.coding.codebook_splitting import NEW, OLD, Choice, choice_of
from app.coding.codebook_steps import under
from app.core.errors import AppError
from app.studies import queries as studies
from app.studies.access import RESEARCHERS, InStudy, StudyAccess
from app.web.forms import Posted
from app.web.i18n import choose_language, current_language
from app.web.pages import render

router = APIRouter(include_in_schema=False)

Editor = Annotated[StudyAccess, Depends(InStudy(*RESEARCHERS))]
Sources = Annotated[list[UUID], Query(max_length=codebook.MOST_MERGED)]
PER_PAGE: Final = 25


@router.get("/studies/{slug}/codebook/merge")
def merge_page(request: Request, access: Editor, source: Sources = [], into: UUID | None = None) -> Response:  # noqa: B006
    return _merge_page(request, access, source, into)


@router.post("/studies/{slug}/codebook/merge")
def merge(request: Request, access: Editor, form: Posted) -> Response:
    sources = codebook_posted.posted_ids(form, "source")
    into = codebook_posted.posted_id(str(form.get("into", "")), "into")

    def act(session: Session, still: StudyAccess) -> str:
        version = codebook_posted.posted_version(form)
        codebook.merge_codes(session, still.actor.label, still.study.id, sources, into, version=version)
        return f"?done=merged#code-{into}"

    return acted(request, access, act, lambda error: _merge_page(request, access, sources, into, error))


@router.get("/studies/{slug}/codebook/codes/{code_id}/retire")
def retire_page(request: Request, access: Editor, code_id: UUID) -> Response:
    return _retire_page(request, access, code_id)


@router.post("/studies/{slug}/codebook/codes/{code_id}/retire")
def retire(request: Request, access: Editor, code_id: UUID, form: Posted) -> Response:
    def act(session: Session, still: StudyAccess) -> str:
        version = codebook_posted.posted_version(form)
        codebook.retire_code(session, still.actor.label, still.study.id, code_id, version=version)
        return "?done=retired"

    return acted(request, access, act, lambda error: _retire_page(request, access, code_id, error))


@router.get("/studies/{slug}/codebook/codes/{code_id}/split")
def split_page(request: Request, access: Editor, code_id: UUID) -> Response:
    return _split_page(request, access, code_id, Choice(), "choose")


@router.post("/studies/{slug}/codebook/codes/{code_id}/split")
def split(request: Request, access: Editor, code_id: UUID, form: Posted) -> Response:
    """A page of excerpts that was chosen from: on to the next one, to the preview, back, or done."""
    choice, step = choice_of(form), str(form.get("step", "choose"))
    if step != "apply":
        return _split_page(request, access, code_id, choice, step)

    def act(session: Session, still: StudyAccess) -> str:
        parts = choice.parts(_live(codebook_queries.codes_of(session, still.study.id), code_id))
        version = codebook_posted.posted_version(form)
        codebook.split_code(session, still.actor.label, still.study.id, code_id, parts, version=version)
        return f"?done=split#code-{code_id}"

    return acted(request, access, act, lambda error: _split_page(request, access, code_id, choice, "preview", error))


def _merge_page(
    request: Request, access: StudyAccess, source: Sequence[UUID], into: UUID | None, error: AppError | None = None
) -> Response:
    current_language.set(choose_language(request))
    preview: MovePreview | None = None
    with request.app.state.database.read() as session:
        codes = codebook_queries.codes_of(session, access.study.id)
        known = {code.id: code for code in codes}
        sources = [known[one] for one in dict.fromkeys(source) if one in known]
        target = known.get(into) if into else None
        circle = target is not None and any(target.id in under(codes, one) for one in sources)
        if target is not None and sources and not circle:
            preview = codebook_previews.merge_preview(session, access, [one.id for one in sources], target.id)
        context = _context(request, session, access, preview, error)
    children = [code for code in codes if code.parent_id in {one.id for one in sources} and code not in sources]
    context |= {"codes": codes, "sources": sources, "target": target, "circle": circle, "children": children}
    context["chosen"] = {one.id for one in sources}
    return render(request, "coding/codebook_merge.html", context, status=error.status if error else 200)


def _retire_page(request: Request, access: StudyAccess, code_id: UUID, error: AppError | None = None) -> Response:
    current_language.set(choose_language(request))
    with request.app.state.database.read() as session:
        codes = codebook_queries.codes_of(session, access.study.id)
        code = _live(codes, code_id)
        inside = under(codes, code)
        uses = codebook_previews.uses_of(session, access, inside)
        context = _context(request, session, access, uses, error)
    context |= {"code": code, "inside": [one for one in codes if one.id in inside and one.id != code.id]}
    return render(request, "coding/codebook_retire.html", context, status=error.status if error else 200)


def _split_page(
    request: Request, access: StudyAccess, code_id: UUID, choice: Choice, step: str, error: AppError | None = None
) -> Response:
    current_language.set(choose_language(request))
    choice = choice.turned(step)
    problems = choice.problems() if step == "preview" else {}
    preview = step == "preview" and not problems
    with request.app.state.database.read() as session:
        codes = codebook_queries.codes_of(session, access.study.id)
        code = _live(codes, code_id)
        uses = codebook_previews.uses_of(session, access, [code_id], most=PER_PAGE + 1, after=choice.start)
        shown = replace(uses, quotes=() if preview else uses.quotes[:PER_PAGE])
        going = codebook_previews.split_preview(session, access, choice.destinations()) if preview else {}
        context = _context(request, session, access, shown, error)
    names = dict(choice.names)
    existing = next((one for one in codes if one.id == choice.existing), None)
    context |= {
        "code": code,
        "others": [one for one in codes if one.id != code.id],
        "choice": choice,
        "names": names | ({OLD: existing.name} if existing else {}),
        "places": NEW,
        "old": OLD,
        "problems": problems,
        "going": going,
        "stay": uses.extent.excerpts - len(choice.given),
        "more": uses.quotes[PER_PAGE - 1].excerpt_id if len(uses.quotes) > PER_PAGE else None,
    }
    template = "coding/codebook_split_preview.html" if preview else "coding/codebook_split.html"
    return render(request, template, context, status=error.status if error else 200)


def _context(
    request: Request, session: Session, access: StudyAccess, uses: Uses | None, error: AppError | None
) -> dict[str, Any]:
    """Return what the three pages share; the words that they show are noted as read."""
    quotes: Sequence[Quote] = uses.quotes if uses else ()
    request.app.state.readings.note(access, codebook_previews.whose(quotes))
    stages = studies.protocol(session, access.study.id).stages
    return shared(access) | {
        "uses": uses,
        "quotes": quotes,
        "stages": {stage.id: stage.name for stage in stages},
        "version": codebook_queries.version_of(session, access.study.id),
        "readable": readable,
        "wrong": in_words(error) if error else None,
    }


def _live(codes: Sequence[CodeFacts], code_id: UUID) -> CodeFacts:
    code = next((one for one in codes if one.id == code_id), None)
    if code is None:
        raise CodeNotFound()
    return code

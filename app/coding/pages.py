"""The coding page: where coding begins, the coder's queue, an interview or a diary to read and code, and a plain form."""

from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import ValidationError
from sqlalchemy.orm import Session

from app.coding import queries as codings
from app.coding import queue, service, streams, work_words
from app.coding import stream_queries as queries
from app.coding.codebook_queries import all_codes, codes_of
from app.coding.errors import StaleCoding
from app.coding.models import HumanCoding
from app.coding.own_progress import own_progress
from app.coding.schemas import CodingIn
from app.coding.streams import Reader, Stream
from app.core.errors import AppError, NotFound
from app.participants.presentation import find_person
from app.studies import queries as studies
from app.studies.access import CODERS, RESEARCHERS, InStudy, StudyAccess, confirm
from app.web import csrf
from app.web.forms import Posted, values_of
from app.web.i18n import choose_language, current_language, translate
from app.web.i18n import mark as _
from app.web.pages import render

router = APIRouter(include_in_schema=False)

Coding = Annotated[StudyAccess, Depends(InStudy(*CODERS))]
ReadsAll = Annotated[StudyAccess, Depends(InStudy(*RESEARCHERS))]
At = Annotated[UUID | None, Query()]
MOST_INTERVIEWS: Final = 200
MOST_PEOPLE: Final = 100
NOTICES: Final = {
    "none": _("现在没有轮到您编的了。"),
    "stored": _("存下了。"),
    "stale": _("这一条在别处改过了，没有盖掉：下面是现在的样子，请看看再改。"),
    "refused": _("没有存下。抽中的要先选感受，再算编完；情绪最多五种，备注最多 2000 字。"),
    "ended": _("没有存下：这段话已经改过或收回，或者保存期限已经过了。"),
}


@router.get("/studies/{slug}/coding")
def start_page(
    request: Request, access: Coding, after: Annotated[str, Query(max_length=40)] = "", said: str = ""
) -> Response:
    _speak(request, access)
    study_id, reads_all = access.study.id, access.can(RESEARCHERS)
    with request.app.state.database.read() as session:
        own = codings.coder_of_user(session, study_id, access.actor.user_id)
        own_id = own.id if own else UUID(int=0)
        people = queries.people(session, study_id, own_id, after=after, most=MOST_PEOPLE + 1) if reads_all else []
        mine = own_progress(session, access, own.id if own else None)
        context = {
            "study": access.study,
            "actor": access.actor,
            "here": "coding",
            "tab": "coding",
            "reads_all": reads_all,
            "mine": mine,
            "drawn": bool(mine.stages),
            "codes": codes_of(session, study_id),
            "interviews": queries.interviews(session, study_id, own_id, most=MOST_INTERVIEWS) if reads_all else [],
            "people": people[:MOST_PEOPLE],
            "next_people": people[MOST_PEOPLE - 1].code if len(people) > MOST_PEOPLE else None,
            "notice": _notice(said),
            "zone": access.study.time_zone,
        }
    return render(request, "coding/start.html", context, language=access.study.language)


@router.post("/studies/{slug}/coding/queue")
def take_statements(request: Request, access: Coding) -> Response:
    with request.app.state.database.write() as session:
        given = queue.claim(session, confirm(session, access, CODERS))
    root = f"/studies/{access.study.slug}/coding"
    return RedirectResponse(f"{root}/queue" if given else f"{root}?said=none", status_code=303)


@router.get("/studies/{slug}/coding/queue")
def queue_page(request: Request, access: Coding, at: At = None, said: str = "") -> Response:
    _speak(request, access)
    with request.app.state.database.read() as session:
        own = codings.coder_of_user(session, access.study.id, access.actor.user_id)
        stream = streams.queue_stream(_reader(session, access), own.id if own else None)
        return _work(request, session, access, stream, at, said)


@router.get("/studies/{slug}/coding/interviews/{interview_id}")
def interview_page(request: Request, access: ReadsAll, interview_id: UUID, at: At = None, said: str = "") -> Response:
    _speak(request, access)
    with request.app.state.database.read() as session:
        interview = queries.interview(session, access.study.id, interview_id)
        if interview is None:
            raise NotFound()
        person = find_person(session, access, interview.participant_id)
        stream = streams.interview_stream(_reader(session, access), interview, person)
        return _work(request, session, access, stream, at, said)


@router.get("/studies/{slug}/coding/people/{participant_id}")
def diary_page(request: Request, access: ReadsAll, participant_id: UUID, at: At = None, said: str = "") -> Response:
    _speak(request, access)
    with request.app.state.database.read() as session:
        person = find_person(session, access, participant_id)
        stream = streams.diary_stream(_reader(session, access), person)
        return _work(request, session, access, stream, at, said)


@router.get("/studies/{slug}/coding/statements/{statement_id}/seen")
def seen_part(request: Request, access: Coding, statement_id: UUID) -> Response:
    """What others and the machine say of a statement, as far as it may be seen now: a part of the page."""
    _speak(request, access)
    with request.app.state.database.read() as session:
        line = streams.one_line(_reader(session, access), statement_id)
    context = {"seen": line.seen, "hidden": line.hidden}
    return render(request, "coding/seen.html", context, language=access.study.language)


@router.get("/studies/{slug}/coding/statements/{statement_id}/context")
def context_of(request: Request, access: ReadsAll, statement_id: UUID) -> Response:
    """Lead to a statement where it was said: in its interview, or among what the person wrote."""
    with request.app.state.database.read() as session:
        passage = queries.statement(session, access.study.id, statement_id)
        if passage is None:
            raise NotFound()
        interview_id = queries.interview_of(session, access.study.id, passage.source_id)
    place = f"interviews/{interview_id}" if interview_id else f"people/{passage.participant_id}"
    return RedirectResponse(f"/studies/{access.study.slug}/coding/{place}?at={statement_id}", status_code=303)


@router.post("/studies/{slug}/coding/statements/{statement_id}")
def code_by_form(request: Request, access: Coding, statement_id: UUID, form: Posted) -> Response:
    """Store what the plain form says; the excerpts stay as they are."""
    given = values_of(form)
    back = given.get("back", "")
    try:
        with request.app.state.database.write() as session:
            still = confirm(session, access, CODERS)
            document = _posted(
                service.read_coding(session, still, statement_id).model_dump(), given, form.getlist("emotion")
            )
            service.save_coding(session, still, statement_id, document, _number(given.get("version")))
        said, at = "stored", "" if document.done else f"&at={statement_id}"
    except NotFound:
        raise
    except (AppError, ValidationError) as trouble:
        said, at = _trouble(trouble), f"&at={statement_id}"
    root = f"/studies/{access.study.slug}/coding"
    return RedirectResponse(
        f"{back if back.startswith(root + '/') else root + '/queue'}?said={said}{at}", status_code=303
    )


def _reader(session: Session, access: StudyAccess) -> Reader:
    names = {code.id: code.name for code in all_codes(session, access.study.id)}
    protocol = studies.protocol(session, access.study.id)
    return Reader(session, access, protocol, names, {stage.id: stage.name for stage in protocol.stages})


def _work(
    request: Request, session: Session, access: StudyAccess, stream: Stream, at: UUID | None, said: str
) -> Response:
    own = codings.coder_of_user(session, access.study.id, access.actor.user_id)
    mine = HumanCoding.coder_id == (own.id if own else UUID(int=0))
    codes = codes_of(session, access.study.id, retired=True, among=mine)
    current = stream.at(at)
    request.app.state.readings.note(access, stream.sources)
    standing = {
        "api": f"/api/v1/studies/{access.study.slug}/statements/",
        "seen": f"/studies/{access.study.slug}/coding/statements/",
        "csrf": csrf.token_for(request),
        "words": work_words.sentences(),
        "scale": dict(work_words.scale()),
        "emotions": work_words.emotions(),
        "current": str(current.id) if current else None,
        # Others' words around a statement are not for the role coder.
        "context": stream.kind == "queue" and access.can(RESEARCHERS),
    }
    context: dict[str, Any] = {
        "study": access.study,
        "actor": access.actor,
        "here": "coding",
        "tab": "coding",
        "stream": stream,
        "current": current,
        "codes": [code for code in codes if code.retired_at is None],
        "emotions": work_words.emotions(),
        "scale": work_words.scale(),
        "state": streams.state_of(stream, codes, standing=standing),
        "notice": _notice(said),
        "zone": access.study.time_zone,
    }
    return render(request, "coding/work.html", context, language=access.study.language)


def _notice(said: str) -> str | None:
    return translate(NOTICES[said]) if said in NOTICES else None


def _posted(kept: dict[str, Any], given: dict[str, str], emotions: list[Any]) -> CodingIn:
    return CodingIn.model_validate(
        {
            "sentiment": given.get("sentiment") or None,
            "emotions": [str(label) for label in emotions],
            "memo": given.get("memo", ""),
            "excerpts": kept["excerpts"],
            "done": given.get("done") == "1",
        }
    )


def _number(text: str | None) -> int:
    return int(text) if text and text.isdecimal() and len(text) < 10 else -1


def _trouble(trouble: AppError | ValidationError) -> str:
    if isinstance(trouble, StaleCoding):
        return "stale"
    return "ended" if isinstance(trouble, AppError) and trouble.status == 410 else "refused"


def _speak(request: Request, access: StudyAccess) -> None:
    """Let sentences that are put together before the page is rendered be in the reader's language."""
    current_language.set(choose_language(request, access.study.language))

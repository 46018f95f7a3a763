"""Participants over REST."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Request

from app.accounts.actors import ADMIN, READ_STATEMENTS
from app.participants import queries, service
from app.participants.consents import Paper, record_paper
from app.participants.erasing_pages import forget
from app.participants.erasure import erase_person
from app.participants.links import PersonalLink
from app.participants.presentation import find_person, present_all, present_one
from app.participants.schemas import EnrolledOut, Enrolment, LinkOut, PaperConsentIn, ParticipantOut
from app.studies.access import OWNERS, RESEARCHERS, TEXT_READERS, ApiInStudy, StudyAccess
from app.web.paging import DEFAULT_LIMIT, MOST, Page, decode_cursor, encode_cursor

router = APIRouter(prefix="/api/v1/studies/{slug}/participants", tags=["participants"])

MayList = Annotated[StudyAccess, Depends(ApiInStudy(*TEXT_READERS, scope=READ_STATEMENTS))]
MayManage = Annotated[StudyAccess, Depends(ApiInStudy(*RESEARCHERS, scope=ADMIN))]
MayErase = Annotated[StudyAccess, Depends(ApiInStudy(*OWNERS, scope=ADMIN))]
Code = Annotated[str, Path(max_length=40, description="The participant's code.")]


@router.get("", summary="Participants of a study, page by page")
def list_participants(
    request: Request,
    access: MayList,
    after: Annotated[str | None, Query(max_length=40)] = None,
    limit: Annotated[int, Query(ge=1, le=MOST)] = DEFAULT_LIMIT,
) -> Page[ParticipantOut]:
    """Rows in the order of enrolment, and the cursor of the next page."""
    study_id = access.study.id
    with request.app.state.database.read() as session:
        rows = queries.page(session, study_id, after=decode_cursor(after), limit=limit + 1)
        shown = present_all(session, study_id, rows[:limit])
    return Page(rows=shown, next=encode_cursor(shown[-1].id) if len(rows) > limit else None)


@router.post("", status_code=201, summary="Take a participant in")
def enrol(request: Request, access: MayManage, enrolment: Enrolment) -> EnrolledOut:
    """The participant and their personal link, which is shown this once. 409 when the code is in use."""
    state = request.app.state
    with state.database.write() as session:
        person, link = service.enrol(session, state.keyring, access.actor.label, access.study, enrolment)
        shown = present_one(session, person)
    return EnrolledOut(participant=shown, link=_link_out(request, link))


@router.get("/{code}", summary="One participant")
def get_participant(request: Request, access: MayList, code: Code) -> ParticipantOut:
    """The participant as they stand."""
    with request.app.state.database.read() as session:
        return present_one(session, find_person(session, access, code))


@router.post("/{code}/link", status_code=201, summary="Give a participant a new personal link")
def renew_link(request: Request, access: MayManage, code: Code) -> LinkOut:
    """The link, shown this once. The old link, and every phone that it opened, stop working."""
    state = request.app.state
    with state.database.write() as session:
        person = find_person(session, access, code)
        link = service.renew_link(session, state.keyring, access.actor.label, person)
    return _link_out(request, link)


@router.post("/{code}/consents", status_code=201, summary="Record consent that was given on paper")
def record_paper_consent(request: Request, access: MayManage, code: Code, given: PaperConsentIn) -> ParticipantOut:
    """The participant. It lets programs write entries; on the phone the person is asked all the same.

    409 for a version that was not the one to sign: today's, or that of the day ``given_on``.
    """
    with request.app.state.database.write() as session:
        person = find_person(session, access, code)
        paper = Paper(given.version, given.given_on)
        record_paper(session, access.actor.label, person, given.purposes, paper)
        return present_one(session, person)


@router.post("/{code}/withdraw", summary="End a participant's part in the study")
def withdraw(request: Request, access: MayManage, code: Code) -> ParticipantOut:
    """The participant. Entries are refused with 410 from now on; what they wrote stays until it is erased."""
    with request.app.state.database.write() as session:
        person = find_person(session, access, code)
        service.withdraw(session, access.actor.label, person)
        return present_one(session, person)


@router.delete("/{code}", status_code=204, summary="Erase a participant and everything that hangs on them")
def erase_participant(request: Request, access: MayErase, code: Code) -> None:
    """At once and for good: entries with their history, statements, cells, consents, links, messages, and what the log says
    of them. The owner alone may."""
    with request.app.state.database.write() as session:
        person = find_person(session, access, code)
        erase_person(session, access.actor.label, access.study.id, person.id)
    forget(request, access.study.id)


def _link_out(request: Request, link: PersonalLink) -> LinkOut:
    return LinkOut(url=link.url(request.app.state.settings.public_address), short_code=link.shown_code)

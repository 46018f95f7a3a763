"""What a phone's scripts send when there is a connection: sealed entries, one at a time, answered by signed receipts."""

import json
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Query, Request, Response
from fastapi.responses import JSONResponse
from pydantic import ValidationError
from starlette.concurrency import run_in_threadpool

from app.core import clock
from app.core.errors import AppError, FieldError, Invalid
from app.core.sealing import study_key
from app.diary import phones
from app.diary.clocks import skew_of
from app.diary.deps import Report, SyncingPhone, envelope
from app.diary.desk import EntryDesk, Work
from app.diary.errors import OtherPerson
from app.diary.phones import PhoneReport
from app.diary.schemas import Submission
from app.diary.service import Handed, Writer
from app.diary.storing import Stored
from app.participants.deps import PhoneAccess, phone_access
from app.participants.errors import Withdrawn
from app.web.i18n import mark as _
from app.web.policy import Public

router = APIRouter(prefix="/d/sync", include_in_schema=False)

Sealed = Annotated[bytes, Depends(envelope)]
SentAt = Annotated[str | None, Header(alias="X-Sent-At", max_length=40)]
Nonce = Annotated[str, Query(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9._-]+$")]


@router.put("/entries/{entry_id}")
async def put_entry(
    request: Request, access: SyncingPhone, entry_id: UUID, sealed: Sealed, report: Report, sent_at: SentAt = None
) -> Response:
    key = study_key(request.app.state.keyring, access.study.id)
    submission = _submission(key.open(sealed, "entry", entry_id))
    if submission.participant != str(access.participant.id):
        raise OtherPerson()
    skew = skew_of(sent_at, clock.now())
    handed = Handed(entry_id, submission, Writer(access.label, on_phone=True), skew=skew)
    desk: EntryDesk = request.app.state.entries
    return answer(await _stored(desk, access, Work(access.study.id, handed, report)))


@router.get("/ping", dependencies=[Depends(Public("says only whose diary the asking phone itself opens"))])
async def ping(request: Request, nonce: Nonce, report: Report) -> Response:
    """The nonce back, so that the answer is known to be ours and of now; ``person`` null when the sign-in has run out."""
    access = await request.app.state.database.look(lambda session: phone_access(session, request))
    if access is not None and report is not None:
        await run_in_threadpool(_keep, request, report)
    person = str(access.participant.id) if access else None
    content = {"pong": nonce, "at": clock.now().isoformat(), "person": person}
    return JSONResponse(content, headers={"Cache-Control": "no-store"})


def answer(stored: Stored) -> Response:
    """Return the receipt: 201 when this call stored what was sent, 200 when it was there."""
    content = stored.receipt.model_dump(mode="json")
    return JSONResponse(content, 201 if stored.created else 200, {"Cache-Control": "no-store"})


async def _stored(desk: EntryDesk, access: PhoneAccess, work: Work) -> Stored:
    try:
        return await desk.store(work)
    except AppError:
        if access.participant.withdrawn_at is not None:
            # Whatever else is wrong with it, correcting it would not help.
            raise Withdrawn(_("参与已经结束，这条没有保存")) from None
        raise


def _keep(request: Request, report: PhoneReport) -> None:
    database = request.app.state.database
    with database.read() as session:
        if phones.last_word(session, report.token_hash) == report.unsent:
            return
    with database.write() as session:
        phones.note(session, [report])


def _submission(content: bytes) -> Submission:
    """Return the entry that an envelope held; Invalid names what cannot be read, never what it says."""
    try:
        given: Any = json.loads(content)
        return Submission.model_validate(given)
    except ValidationError as error:
        raise Invalid(fields=[_field(problem["loc"], problem["msg"]) for problem in error.errors()]) from None
    except (ValueError, RecursionError):
        raise Invalid(fields=[FieldError("entry", _("读不出这条日记"), "unreadable")]) from None


def _field(place: tuple[int | str, ...], message: str) -> FieldError:
    return FieldError(".".join(str(part) for part in place) or "entry", message, "invalid")

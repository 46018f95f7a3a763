"""What a phone's scripts send when there is a connection: sealed, one object at a time, answered by signed receipts."""

import asyncio
import hashlib
import json
from dataclasses import dataclass
from typing import Annotated, Any, TypeVar
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Query, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import State

from app.core import clock
from app.core.errors import AppError, FieldError, Invalid
from app.core.sealing import study_key
from app.diary import attachments, phones
from app.diary.clocks import skew_of
from app.diary.deps import Report, SyncingPhone, envelope
from app.diary.desk import EntryDesk, Work
from app.diary.errors import OtherPerson
from app.diary.media import WORKSHOP, made_new
from app.diary.phones import PhoneReport
from app.diary.schemas import AttachmentIn, Submission
from app.diary.service import Handed, Writer
from app.diary.storing import Stored
from app.participants.deps import PhoneAccess, phone_access
from app.participants.errors import Withdrawn
from app.web.i18n import mark as _
from app.web.policy import Public

router = APIRouter(prefix="/d/sync", include_in_schema=False)

Sealed = Annotated[bytes, Depends(envelope)]
SentAt = Annotated[str | None, Header(alias="X-Sent-At", max_length=40)]
LENGTH_BYTES = 4
MOST_TOLD = 8192
_Model = TypeVar("_Model", bound=BaseModel)
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


@router.put("/attachments/{attachment_id}")
async def put_attachment(
    request: Request, access: SyncingPhone, attachment_id: UUID, sealed: Sealed, report: Report, sent_at: SentAt = None
) -> Response:
    parcel = Parcel(access, attachment_id, sealed, report, sent_at)
    stored = asyncio.get_running_loop().run_in_executor(WORKSHOP, _take_in, request.app.state, parcel)
    return answer(await stored)


@router.get("/ping", dependencies=[Depends(Public("says only whose diary the asking phone itself opens"))])
async def ping(request: Request, nonce: Nonce, report: Report) -> Response:
    """The nonce back, so that the answer is known to be ours and of now; ``person`` null when the sign-in has run out."""
    access = await request.app.state.database.look(lambda session: phone_access(session, request))
    if access is not None and report is not None:
        await run_in_threadpool(phones.keep, request.app.state.database, report)
    person = str(access.participant.id) if access else None
    content = {"pong": nonce, "at": clock.now().isoformat(), "person": person}
    return JSONResponse(content, headers={"Cache-Control": "no-store"})


@dataclass(frozen=True, slots=True)
class Parcel:
    """A sealed file as it arrived."""

    access: PhoneAccess
    id: UUID
    sealed: bytes
    report: PhoneReport | None
    sent_at: str | None


def _take_in(state: State, parcel: Parcel) -> Stored:
    """Open a parcel and store what it holds. What it is made new from is looked at only when it may come at all."""
    key = study_key(state.keyring, parcel.access.study.id)
    told, content = _told(key.open(parcel.sealed, "attachment", parcel.id))
    if told.participant != str(parcel.access.participant.id):
        raise OtherPerson()
    arrival = attachments.Arrival(
        access=parcel.access,
        id=parcel.id,
        entry_id=told.entry,
        kind=told.kind,
        sent_digest=hashlib.sha256(content).hexdigest(),
        recorded_at=told.recorded_at,
        sent_at=parcel.sent_at,
        report=parcel.report,
    )
    with state.database.read() as session:
        receipt = attachments.waiting_for(session, arrival)
    if receipt is not None:
        phones.keep(state.database, parcel.report)
        return Stored(receipt)
    receipt, created = attachments.take_in(state.database, state.keyring, arrival, made_new(told.kind, content))
    return Stored(receipt, created)


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


def _submission(content: bytes) -> Submission:
    return _read(Submission, content)


def _told(content: bytes) -> tuple[AttachmentIn, bytes]:
    """Return what is said of a file, and the file: the length of the first in four bytes, big-endian, the first, the second."""
    end = LENGTH_BYTES + int.from_bytes(content[:LENGTH_BYTES])
    if len(content) < LENGTH_BYTES or end > min(len(content), LENGTH_BYTES + MOST_TOLD):
        raise Invalid(fields=[_unreadable()])
    return _read(AttachmentIn, content[LENGTH_BYTES:end]), content[end:]


def _read(model: type[_Model], content: bytes) -> _Model:
    """Return what an envelope held; Invalid names what cannot be read, never what it says."""
    try:
        given: Any = json.loads(content)
        return model.model_validate(given)
    except ValidationError as error:
        raise Invalid(fields=[_field(problem["loc"], problem["msg"]) for problem in error.errors()]) from None
    except (ValueError, RecursionError):
        raise Invalid(fields=[_unreadable()]) from None


def _unreadable() -> FieldError:
    return FieldError("content", _("读不出里面的内容"), "unreadable")


def _field(place: tuple[int | str, ...], message: str) -> FieldError:
    return FieldError(".".join(str(part) for part in place) or "content", message, "invalid")

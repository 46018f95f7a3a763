"""Entries over REST."""

from collections.abc import Collection, Sequence
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Query, Request, Response
from fastapi.responses import JSONResponse

from app.core.db import MICRO, Database
from app.core.errors import AppError, Forbidden, NotFound, PreconditionRequired
from app.diary import attachment_queries as attachments
from app.diary import queries
from app.diary.desk import EntryDesk, Work
from app.diary.models import Attachment, Entry
from app.diary.schemas import AttachmentOut, Batch, ClockOut, EntryOut, ReceiptOut, StatementOut, Submission
from app.diary.service import Handed, Writer
from app.diary.storing import Stored, etag_of
from app.participants.sight import sight_of
from app.statements.models import Statement
from app.studies import queries as studies
from app.studies.access import RESEARCHERS, TEXT_READERS, ApiCallerOfStudy, ApiInStudy, Caller, StudyAccess
from app.studies.protocol import StudyProtocol
from app.web.paging import DEFAULT_LIMIT, MOST, decode_cursor, encode_cursor
from app.web.policy import Public
from app.web.problems import problem

router = APIRouter(prefix="/api/v1", tags=["entries"])

MayWrite = Annotated[Caller, Depends(ApiCallerOfStudy(*RESEARCHERS, scope="entries:write"))]
MayRead = Annotated[StudyAccess, Depends(ApiInStudy(*TEXT_READERS, scope="statements:read"))]
IfMatch = Annotated[str | None, Header(description="ETag of the version that an edit replaces.")]


@router.put(
    "/entries/{entry_id}", summary="Store an entry under the id that its writer made; repeat it as often as you like"
)
async def put_entry(
    request: Request, caller: MayWrite, entry_id: UUID, submission: Submission, if_match: IfMatch = None
) -> Response:
    """201 when this call stored it, 200 with the same receipt when it was there, 409 when other content was."""
    return _answer(await _submit(request, caller, entry_id, submission, if_match))


@router.patch("/entries/{entry_id}", summary="Replace what an entry says; what it said before stays in its history")
async def edit_entry(
    request: Request, caller: MayWrite, entry_id: UUID, submission: Submission, if_match: IfMatch = None
) -> Response:
    """428 without If-Match, 412 when the entry has changed since."""
    if if_match is None:
        raise PreconditionRequired()
    return _answer(await _submit(request, caller, entry_id, submission, if_match))


@router.post("/entries/batch", summary="Store several entries; each is answered by itself")
def put_batch(request: Request, caller: MayWrite, batch: Batch) -> list[dict[str, Any]]:
    """Per entry its id, the status it would have had alone, and its receipt or the problem."""
    opened = _opened(request, caller, {one.study for one in batch.entries})
    works: list[Work | AppError] = []
    for one in batch.entries:
        access = opened[one.study]
        if isinstance(access, AppError):
            works.append(access)
        else:
            submission = Submission.model_validate(one.model_dump(exclude={"id"}))
            works.append(Work(access.study.id, Handed(one.id, submission, Writer(access.actor.label))))
    desk: EntryDesk = request.app.state.entries
    stored = iter(desk.submit_together([work for work in works if isinstance(work, Work)]))
    # By place and not by id: an id that stands twice in a batch is answered twice.
    results = [work if isinstance(work, AppError) else next(stored) for work in works]
    return [_item(one.id, result) for one, result in zip(batch.entries, results, strict=True)]


@router.get("/studies/{slug}/entries", summary="Entries of a study, page by page")
def list_entries(
    request: Request,
    access: MayRead,
    after: Annotated[str | None, Query(max_length=40)] = None,
    limit: Annotated[int, Query(ge=1, le=MOST)] = DEFAULT_LIMIT,
) -> dict[str, Any]:
    """Rows in the order of their ids, and the cursor of the next page. Care staff get entries of people who agreed to it."""
    with request.app.state.database.read() as session:
        sight = sight_of(session, access)
        rows = queries.entries_of_study(session, sight, after=decode_cursor(after), limit=limit)
        protocol = studies.protocol(session, access.study.id)
        shown = rows[:limit]
        said = queries.statements_of_entries(session, access.study.id, [entry.id for entry, _ in shown])
        receipts = {entry.id: queries.receipt(session, access.study.id, entry.id, entry.version) for entry, _ in shown}
        attached = attachments.of_entries(session, access.study.id, [entry.id for entry, _ in shown])
    request.app.state.readings.note(access, [(entry.participant_id, entry.id) for entry, _ in shown])
    page = [
        _present(protocol, entry, code, receipts[entry.id], said[entry.id], attached[entry.id]) for entry, code in shown
    ]
    return {"rows": page, "next": encode_cursor(shown[-1][0].id) if len(rows) > limit else None}


@router.get("/studies/{slug}/entries/{entry_id}", summary="One entry with its receipt and statements")
def get_entry(request: Request, access: MayRead, entry_id: UUID) -> Response:
    """The entry as it stands; its ETag is what an edit puts into If-Match."""
    with request.app.state.database.read() as session:
        entry, code = queries.entry_of_study(session, sight_of(session, access), entry_id)
        protocol = studies.protocol(session, access.study.id)
        receipt = queries.receipt(session, access.study.id, entry.id, entry.version)
        said = queries.statements_of_entries(session, access.study.id, [entry.id])[entry.id]
        attached = attachments.of_entries(session, access.study.id, [entry.id])[entry.id]
    etag = etag_of(entry.version, entry.digest)
    # The tag is of what was written; what is attached to it may have come since.
    if request.headers.get("if-none-match") == etag and not attached:
        return Response(status_code=304, headers={"ETag": etag})
    request.app.state.readings.note(access, [(entry.participant_id, entry.id)])
    body = _present(protocol, entry, code, receipt, said, attached).model_dump(mode="json")
    return JSONResponse(body, headers={"ETag": etag, "Cache-Control": "private, no-cache"})


@router.get(
    "/receipt-key", summary="The public key that verifies receipts", dependencies=[Depends(Public("a public key"))]
)
async def receipt_key(request: Request) -> dict[str, str]:
    """Ed25519, raw, base64url without padding. A receipt's signature is over ``{id}|{digest}|{received_at}``."""
    return {"algorithm": "Ed25519", "public_key": request.app.state.keyring.public_key}


async def _submit(
    request: Request, caller: Caller, entry_id: UUID, submission: Submission, if_match: str | None
) -> Stored:
    database: Database = request.app.state.database
    access = await database.look(lambda session: caller.open(session, submission.study))
    desk: EntryDesk = request.app.state.entries
    handed = Handed(entry_id, submission, Writer(access.actor.label), if_match)
    return await desk.store(Work(access.study.id, handed))


def _opened(request: Request, caller: Caller, slugs: Collection[str]) -> dict[str, StudyAccess | AppError]:
    """Return each study as the caller may see it, or why not; a caller who is nobody is refused as a whole."""
    opened: dict[str, StudyAccess | AppError] = {}
    with request.app.state.database.read() as session:
        for slug in slugs:
            try:
                opened[slug] = caller.open(session, slug)
            except (NotFound, Forbidden) as error:
                opened[slug] = error
    return opened


def _item(entry_id: UUID, result: Stored | AppError) -> dict[str, Any]:
    if isinstance(result, AppError):
        return {"id": str(entry_id), "status": result.status, "problem": problem(result)}
    receipt = result.receipt.model_dump(mode="json")
    return {"id": str(entry_id), "status": 201 if result.created else 200, "receipt": receipt}


def _answer(stored: Stored) -> Response:
    status = 201 if stored.created else 200
    return JSONResponse(
        stored.receipt.model_dump(mode="json"), status, {"ETag": stored.etag, "Cache-Control": "no-store"}
    )


def _present(
    protocol: StudyProtocol,
    entry: Entry,
    code: str,
    receipt: ReceiptOut,
    said: Sequence[Statement],
    attached: Sequence[Attachment],
) -> EntryOut:
    touchpoint = protocol.touchpoint_of(entry.touchpoint_id)
    wave = next((wave.key for wave in protocol.waves if wave.id == entry.wave_id), None)
    return EntryOut(
        id=entry.id,
        study=protocol.study.slug,
        participant=code,
        stage=protocol.stage_of(entry.stage_id).key,
        touchpoint=touchpoint.key if touchpoint else None,
        wave=wave,
        occurred_at=entry.occurred_at,
        recorded_at=entry.recorded_at,
        received_at=entry.received_at,
        recall_lag=round((entry.recorded_at - entry.occurred_at).total_seconds()),
        clock=_clock(entry),
        prompt=entry.prompt_id,
        day=entry.day,
        form_version=entry.form_version,
        answers=entry.answers,
        version=entry.version,
        receipt=receipt,
        statements=[
            StatementOut(
                id=one.id,
                role=one.role,
                text=one.text,
                sentiment=one.sentiment_micro / MICRO,
                model_version=one.model_version,
            )
            for one in said
        ],
        attachments=[_attached(protocol.study.slug, one) for one in attached],
    )


def _attached(slug: str, one: Attachment) -> AttachmentOut:
    return AttachmentOut(
        id=one.id,
        kind=one.kind,
        media_type=one.media_type,
        size=one.size,
        width=one.width,
        height=one.height,
        seconds=None if one.milliseconds is None else one.milliseconds / 1000,
        recorded_at=one.recorded_at,
        url=f"/api/v1/studies/{slug}/attachments/{one.id}",
    )


def _clock(entry: Entry) -> ClockOut | None:
    if entry.clock_note is None or entry.device_occurred_at is None:
        return None
    return ClockOut(note=entry.clock_note, occurred_at=entry.device_occurred_at, recorded_at=entry.device_recorded_at)

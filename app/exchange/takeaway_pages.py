"""On the phone: everything that is kept of the person, in one file to keep."""

import tempfile
from collections.abc import Iterator
from typing import IO, Annotated

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import StreamingResponse

from app.core import clock
from app.exchange.takeaway import log_takeaway, write_takeaway
from app.participants.deps import OnPhoneLeaving, PhoneAccess
from app.participants.helping import help_words
from app.participants.models import Participant
from app.web.i18n import choose_language, current_language
from app.web.pages import render
from app.web.ratelimit import FailureLimit

router = APIRouter(include_in_schema=False)

Phone = Annotated[PhoneAccess, Depends(OnPhoneLeaving())]
TAKEAWAY = "/d/takeaway"
IN_MEMORY = 8 * 1024 * 1024
CHUNK = 256 * 1024
MOST_TIMES = 4


@router.get(TAKEAWAY)
def explain(request: Request, access: Phone) -> Response:
    context = {
        "study": access.study,
        "left": access.participant.withdrawn_at is not None,
        "help": help_words(access),
    }
    return render(request, "exchange/takeaway.html", context, language=access.language)


@router.post(TAKEAWAY)
def take_away(request: Request, access: Phone) -> Response:
    limit: FailureLimit = request.app.state.limits["takeaway"]
    limit.check(str(access.participant.id))
    limit.failed(str(access.participant.id))
    state = request.app.state
    state.readings.flush()
    current_language.set(choose_language(request, access.language))
    with state.database.write() as session:
        log_takeaway(session, access.label, session.get_one(Participant, (access.study.id, access.participant.id)))
    # On the disk and not in memory: years of photos are large, and the answer needs its length.
    file = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115 - the answer closes it
    try:
        with state.database.read() as session:
            person = session.get_one(Participant, (access.study.id, access.participant.id))
            write_takeaway(session, state.keyring, access.study, person, file)
        size = file.tell()
        file.seek(0)
    except BaseException:
        file.close()
        raise
    name = f"xinlu-{clock.local_date(clock.now(), access.participant.time_zone).isoformat()}.zip"
    headers = {
        "Content-Disposition": f'attachment; filename="{name}"',
        "Content-Length": str(size),
        "Content-Encoding": "identity",  # it is packed already
        "Cache-Control": "no-store",
    }
    return StreamingResponse(_chunks(file), media_type="application/zip", headers=headers)


def _chunks(file: IO[bytes]) -> Iterator[bytes]:
    with file:
        while chunk := file.read(CHUNK):
            yield chunk

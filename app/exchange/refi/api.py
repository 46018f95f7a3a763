"""A study as a REFI-QDA project over REST: the same file as on the page."""

import tempfile
from collections.abc import Iterator, Sequence
from typing import IO, Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import StreamingResponse

from app.audit.service import Change, record
from app.coding.blinding import may_see
from app.exchange.refi.exporting import write_project
from app.exchange.refi.people import Sight
from app.studies.access import RESEARCHERS, ApiInStudy, StudyAccess

router = APIRouter(prefix="/api/v1/studies/{slug}", tags=["export"])

MayExport = Annotated[StudyAccess, Depends(ApiInStudy(*RESEARCHERS, scope="export"))]
MEDIA_TYPE: Final = "application/x-qdpx"
WITHHELD: Final = "Xinlu-Withheld-Codings"
IN_MEMORY: Final = 8 * 1024 * 1024
CHUNK: Final = 256 * 1024


@router.get(
    "/export.qdpx",
    response_class=Response,
    responses={200: {"content": {MEDIA_TYPE: {}}, "description": "A REFI-QDA project (QDPX)."}},
)
def export_project(request: Request, access: MayExport) -> Response:
    """Everything that was said, the codebook and all codes as a REFI-QDA project; the same study gives the same bytes.

    Blind double codings that the caller may not see yet are left out; ``Xinlu-Withheld-Codings`` says how many.
    """
    state = request.app.state
    with state.database.write() as session:
        study_id = access.study.id
        record(session, Change(access.actor.label, "project.exported", study_id, study_id))
    sight = Sight(visible=may_see(access), machine_open=True)

    def heard(whose: Sequence[tuple[UUID, UUID]]) -> None:
        state.readings.note(access, whose, exported=True)

    # On the disk and not in memory: the answer needs its length, and studies grow.
    file = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115 - the answer closes it
    try:
        with state.database.read() as session:
            written = write_project(session, study_id, file, sight, heard)
        size = file.seek(0, 2)
        file.seek(0)
    except BaseException:
        file.close()
        raise
    headers = {
        "Content-Disposition": f'attachment; filename="{access.study.slug}.qdpx"',
        "Content-Length": str(size),
        "Content-Encoding": "identity",  # it is packed already
        "Cache-Control": "no-store",
        WITHHELD: str(written.withheld),
    }
    return StreamingResponse(_chunks(file), media_type=MEDIA_TYPE, headers=headers)


def _chunks(file: IO[bytes]) -> Iterator[bytes]:
    with file:
        while chunk := file.read(CHUNK):
            yield chunk

"""The photos and voice notes that today's form carries when no script takes care of them."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final
from uuid import UUID

from fastapi import Request
from starlette.datastructures import FormData, UploadFile

from app.core.errors import PayloadTooLarge
from app.diary import attachments, limits
from app.diary.errors import TooManyAttachments
from app.diary.media import WORKSHOP, Kind, Media, made_new
from app.participants.deps import PhoneAccess
from app.web.i18n import mark as _

FIELDS: Final[Sequence[tuple[Kind, int, int]]] = (
    ("photo", limits.PHOTOS, limits.PHOTO_BYTES),
    ("voice", limits.VOICES, limits.VOICE_BYTES),
)
"""Each field is named after what it takes; with how many, and how large."""


def files_of(form: FormData) -> list[Media]:
    """Return the files of a form, made new; the AppError of the first that cannot be taken, and then none is."""
    chosen = [(kind, upload) for kind, most, largest in FIELDS for upload in _chosen(form, kind, most, largest)]
    makings = [WORKSHOP.submit(made_new, kind, upload.file.read()) for kind, upload in chosen]
    return [making.result() for making in makings]


def keep(request: Request, access: PhoneAccess, entry_id: UUID, files: Iterable[Media]) -> None:
    """Store what ``files_of`` returned, once the form's entry is stored. The same form sent again adds nothing."""
    attachments.keep(request.app.state.database, request.app.state.keyring, access, entry_id, files)


def _chosen(form: FormData, kind: Kind, most: int, largest: int) -> Iterator[UploadFile]:
    # A field in which nothing was chosen is sent as an empty file.
    uploads = [one for one in form.getlist(kind) if isinstance(one, UploadFile) and one.size]
    if len(uploads) > most:
        raise TooManyAttachments()
    if any((one.size or 0) > largest for one in uploads):
        raise PayloadTooLarge(_("选的文件太大了"), remedy=_("每个最多 8 MB。请换小一些的，再保存一次。"))
    yield from uploads

"""The policy of what a phone's scripts send by themselves."""

from typing import Annotated
from urllib.parse import urlsplit

from fastapi import Depends, Request

from app.core.db import Database
from app.core.errors import Unauthenticated
from app.diary.errors import UnsupportedType
from app.diary.phones import PhoneReport
from app.participants import deps
from app.participants.deps import PhoneAccess
from app.web.csrf import ForgedRequest
from app.web.i18n import mark as _
from app.web.policy import Policy

SEALED = "application/octet-stream"
MOST_UNSENT = 9999


class OnPhoneSync(Policy):
    """What scripts of a person's phone send. No form token: no other site can add the header, and ours alone is answered.

    Someone who has left is let through to the endpoint: what was stored before they left is acknowledged once more.
    """

    @property
    def statement(self) -> str:
        return "Scripts on the phone of a participant who opened their personal link there."

    async def __call__(self, request: Request) -> PhoneAccess:
        headers = request.headers
        origin = headers.get("origin")
        foreign = origin is not None and urlsplit(origin).netloc != headers.get("host")
        if foreign or "x-xinlu-sync" not in headers or headers.get("sec-fetch-site", "same-origin") != "same-origin":
            raise ForgedRequest(_("这不是日记自己发来的"), remedy=_("请从您的个人链接打开日记再试。"))
        database: Database = request.app.state.database
        access = await database.look(lambda session: deps.phone_access(session, request))
        if access is None:
            raise Unauthenticated()
        return access


def phone_report(request: Request) -> PhoneReport | None:
    """Return what the phone says waits on it; None when it does not say so."""
    said = request.headers.get("x-unsent", "")
    token = request.cookies.get(deps.cookie_name(request))
    if token is None or not (said.isascii() and said.isdigit()) or len(said) > len(str(MOST_UNSENT)):
        return None
    return PhoneReport(request.app.state.keyring.token_hash(token), int(said))


async def envelope(request: Request) -> bytes:
    """Return the sealed body; UnsupportedType when it is called something else."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != SEALED:
        raise UnsupportedType()
    return await request.body()


SyncingPhone = Annotated[PhoneAccess, Depends(OnPhoneSync())]
Report = Annotated[PhoneReport | None, Depends(phone_report)]

"""The policy of the phone: whoever opened a personal link on it."""

from dataclasses import dataclass

from fastapi import Request
from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool

from app.core import clock
from app.core.errors import Unauthenticated
from app.participants import queries
from app.participants.errors import LinkNeeded, Withdrawn
from app.participants.models import Participant
from app.studies.models import Study
from app.web import csrf
from app.web.policy import Policy
from app.web.problems import wants_json

COOKIE = "xinlu_diary"
DOOR = "/d"


@dataclass(frozen=True, slots=True)
class PhoneAccess:
    """Whose diary this phone opens. Both are read: change them through a session of your own."""

    study: Study
    participant: Participant

    @property
    def language(self) -> str:
        """The study's language."""
        return self.study.language

    @property
    def label(self) -> str:
        """How the audit log names the person."""
        return f"participant:{self.participant.id}"


@dataclass(frozen=True, slots=True)
class PhoneVisit:
    """A request that may lack a session or a fresh page: ``access`` None without one, ``stale`` for an old page."""

    access: PhoneAccess | None
    stale: bool


@dataclass(frozen=True, slots=True)
class PhoneMark:
    """A link of the phone's navigation, with how much waits behind it. Rooms above tell theirs in ``app.state.phone_marks``."""

    href: str
    words: str
    count: int


def cookie_name(request: Request) -> str:
    """Return the phone's cookie name; over https the prefix ties it to this very host."""
    return f"__Host-{COOKIE}" if request.app.state.settings.secure_cookies else COOKIE


def phone_access(session: Session, request: Request) -> PhoneAccess | None:
    """Return whose diary the request's cookie opens, withdrawn or not."""
    token = request.cookies.get(cookie_name(request))
    if not token:
        return None
    found = queries.phone_by_hash(session, request.app.state.keyring.token_hash(token), clock.now())
    return PhoneAccess(*found) if found else None


class OnPhone(Policy):
    """Pages of a person who opened their link on this phone. Someone who has left reads that they have."""

    leavers_too = False

    @property
    def statement(self) -> str:
        return "A participant who opened their personal link on this phone."

    async def __call__(self, request: Request) -> PhoneAccess:
        access = await run_in_threadpool(_look, request)
        if access is None:
            raise Unauthenticated() if wants_json(request) else LinkNeeded(headers={"Location": DOOR})
        await csrf.check(request)
        if access.participant.withdrawn_at is not None and not self.leavers_too:
            raise Withdrawn()
        return access


class OnPhoneLeaving(OnPhone):
    """What belongs to a person also after they have left: taking their words along, and having them erased."""

    leavers_too = True

    @property
    def statement(self) -> str:
        return "A participant who opened their personal link on this phone, also one who has left the study."


class OnPhoneKeeping(Policy):
    """For sending an entry: an old page or a lost session is the endpoint's to answer, so that nothing is lost."""

    @property
    def statement(self) -> str:
        return "A participant who opened their personal link on this phone; nothing is stored for anyone else."

    async def __call__(self, request: Request) -> PhoneVisit:
        access = await run_in_threadpool(_look, request)
        try:
            await csrf.check(request)
        except csrf.ForgedRequest:
            return PhoneVisit(access, stale=True)
        return PhoneVisit(access, stale=False)


def _look(request: Request) -> PhoneAccess | None:
    """Return whose diary the request opens, and leave what its page's navigation tells in ``request.state.marks``."""
    with request.app.state.database.read() as session:
        access = phone_access(session, request)
        if access is not None and access.participant.withdrawn_at is None:
            told = (mark(session, access) for mark in request.app.state.phone_marks)
            request.state.marks = [mark for mark in told if mark is not None]
        return access

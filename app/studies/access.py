"""Who may do what in a study. Another's study is the same 404 as one that does not exist."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from fastapi import Request
from sqlalchemy.orm import Session

from app.accounts.actors import StaffActor
from app.accounts.deps import Unforged, api_actor, page_actor
from app.core.errors import Forbidden, NotFound
from app.studies import queries
from app.studies.models import Study
from app.web.policy import Policy

OWNER: Final = "owner"
RESEARCHER: Final = "researcher"
CODER: Final = "coder"
CARE: Final = "care"
VIEWER: Final = "viewer"
OWNERS: Final = (OWNER,)
RESEARCHERS: Final = (OWNER, RESEARCHER)
TEXT_READERS: Final = (OWNER, RESEARCHER, CARE)
CODERS: Final = (OWNER, RESEARCHER, CODER)
"""Who gives codes. The role coder reads only what was assigned; the other two read everything."""
ANYONE: Final = (OWNER, RESEARCHER, CODER, CARE, VIEWER)


@dataclass(frozen=True, slots=True)
class StudyAccess:
    """A study, opened by ``actor`` in ``role``. The study is read: change it through a session of your own."""

    study: Study
    actor: StaffActor
    role: str

    def can(self, roles: Collection[str]) -> bool:
        """Return whether the actor's role is one of ``roles``."""
        return self.role in roles


def open_study(session: Session, actor: StaffActor, slug: str, roles: Collection[str] = ANYONE) -> StudyAccess:
    """Return the study ``slug`` as ``actor`` may see it.

    NotFound when it is absent, not the actor's, or not the key's; Forbidden for a member with none of ``roles``. System
    admins act as owner.
    """
    found = queries.study_and_role(session, slug, actor.user_id)
    if found is None:
        raise NotFound()
    study, membership = found
    role = OWNER if actor.is_admin else membership
    if role is None or actor.key_study_id not in (None, study.id):
        raise NotFound()
    if role not in roles:
        raise Forbidden()
    return StudyAccess(study, actor, role)


def confirm(session: Session, access: StudyAccess, roles: Collection[str]) -> StudyAccess:
    """Return ``access`` as it stands in this session: a permission withdrawn since the request began no longer holds."""
    return open_study(session, access.actor, access.study.slug, roles)


class InStudy(Policy):
    """Pages of the study named by the path's ``slug``, for members in one of ``roles`` (none given: all)."""

    def __init__(self, *roles: str) -> None:
        self.roles = roles or ANYONE

    @property
    def statement(self) -> str:
        return f"Signed-in members of the study: {', '.join(self.roles)}."

    def __call__(self, request: Request, slug: str, _: Unforged) -> StudyAccess:
        with request.app.state.database.read() as session:
            return open_study(session, page_actor(session, request), slug, self.roles)


class ApiInStudy(Policy):
    """API of the study named by the path's ``slug``: members in one of ``roles`` and their keys that hold ``scope``."""

    def __init__(self, *roles: str, scope: str | None = None) -> None:
        self.roles = roles or ANYONE
        self.scope = scope

    @property
    def statement(self) -> str:
        key = f"an API key with scope {self.scope}" if self.scope else "an API key"
        return f"Members of the study ({', '.join(self.roles)}), signed in or by {key}."

    def __call__(self, request: Request, slug: str, _: Unforged) -> StudyAccess:
        with request.app.state.database.read() as session:
            return open_study(session, api_actor(session, request, self.scope), slug, self.roles)


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls, not looked up yet; ``open`` does that, and is the only way to an actor."""

    request: Request
    scope: str
    roles: Collection[str]

    def open(self, session: Session, slug: str) -> StudyAccess:
        """Return the study ``slug`` as the caller may see it; raises what ApiInStudy raises."""
        return open_study(session, api_actor(session, self.request, self.scope), slug, self.roles)


class ApiCallerOfStudy(Policy):
    """As ApiInStudy, looked up by the endpoint in its own session: it saves the busiest routes a thread and a transaction."""

    def __init__(self, *roles: str, scope: str) -> None:
        self.roles = roles
        self.scope = scope

    @property
    def statement(self) -> str:
        return f"Members of the study ({', '.join(self.roles)}), signed in or by an API key with scope {self.scope}."

    async def __call__(self, request: Request, _: Unforged) -> Caller:
        return Caller(request, self.scope, self.roles)

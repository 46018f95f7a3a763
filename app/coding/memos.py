"""Memos and saved questions: thoughts on the way, and what somebody wants to ask again. Neither is overwritten unseen."""

from collections.abc import Mapping
from typing import Annotated, Final, Literal
from uuid import UUID

from pydantic import AfterValidator, BaseModel, Field
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.audit.service import Change, record
from app.coding import reading_queries as queries
from app.coding.models import Code, Memo, SavedQuery
from app.coding.reading_errors import StaleMemo, TooMany
from app.core import clock
from app.core.errors import Forbidden, NotFound
from app.core.ids import uuid7
from app.interviews.models import Interview
from app.participants.models import Participant
from app.statements.models import Statement
from app.studies.access import RESEARCHERS, StudyAccess

LONGEST: Final = 5_000
MOST: Final = 10_000
MOST_SAVED: Final = 200
About = Literal["study", "participant", "code", "interview", "statement"]
_OF = {"participant": Participant, "code": Code, "interview": Interview, "statement": Statement}


def _plain(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\x00", "").strip()


class MemoIn(BaseModel):
    """What somebody writes down, and what about; ``about_id`` None only for the study."""

    about: About
    about_id: UUID | None = None
    text: Annotated[str, AfterValidator(_plain), Field(min_length=1, max_length=LONGEST)]


def write_memo(session: Session, access: StudyAccess, given: MemoIn) -> Memo:
    """Store a memo; NotFound for something that is not in the study, TooMany beyond the study's limit."""
    _limit(session, access.study.id, Memo, MOST)
    moment = clock.now()
    memo = Memo(
        study_id=access.study.id,
        id=uuid7(),
        participant_id=_whose(session, access.study.id, given),
        about=given.about,
        about_id=given.about_id,
        text=given.text,
        by=access.actor.login,
        created_at=moment,
        updated_at=moment,
        version=1,
    )
    session.add(memo)
    _log(session, access, "memo.written", memo.id, {"about": given.about})
    return memo


def change_memo(session: Session, access: StudyAccess, memo_id: UUID, text: str, version: int) -> Memo:
    """Change one's own memo; NotFound, Forbidden for another's, StaleMemo if it was changed since ``version``."""
    memo = _own(session, access, memo_id)
    if memo.version != version:
        raise StaleMemo()
    given = MemoIn.model_validate({"about": memo.about, "about_id": memo.about_id, "text": text})
    if given.text != memo.text:
        memo.text, memo.updated_at, memo.version = given.text, clock.now(), memo.version + 1
        _log(session, access, "memo.changed", memo.id)
    return memo


def remove_memo(session: Session, access: StudyAccess, memo_id: UUID) -> None:
    """Remove one's own memo; owners and researchers remove any. NotFound, Forbidden."""
    memo = queries.memo(session, access.study.id, memo_id)
    if memo.by != access.actor.login and not access.can(RESEARCHERS):
        raise Forbidden()
    session.delete(memo)
    _log(session, access, "memo.removed", memo_id)


def save_query(session: Session, access: StudyAccess, name: str, query: Mapping[str, str]) -> SavedQuery:
    """Keep a question under a name; the same name again takes the new question. TooMany beyond the study's limit."""
    same = [one for one in queries.saved_queries(session, access.study.id) if one.name == name]
    if same:
        found = same[0]
        found.query, found.by, found.at = dict(query), access.actor.login, clock.now()
    else:
        _limit(session, access.study.id, SavedQuery, MOST_SAVED)
        found = SavedQuery(
            study_id=access.study.id, id=uuid7(), name=name, query=dict(query), by=access.actor.login, at=clock.now()
        )
        session.add(found)
    _log(session, access, "query.saved", found.id)
    return found


def forget_query(session: Session, access: StudyAccess, query_id: UUID) -> None:
    """Forget a saved question; NotFound."""
    session.delete(queries.saved_query(session, access.study.id, query_id))
    _log(session, access, "query.forgotten", query_id)


def _own(session: Session, access: StudyAccess, memo_id: UUID) -> Memo:
    memo = queries.memo(session, access.study.id, memo_id)
    if memo.by != access.actor.login:
        raise Forbidden()
    return memo


def _whose(session: Session, study_id: UUID, given: MemoIn) -> UUID | None:
    """The person whose words a memo speaks of, so that it goes with them."""
    model = _OF.get(given.about)
    if model is None:
        return None
    found = session.get(model, (study_id, given.about_id)) if given.about_id else None
    if found is None:
        raise NotFound()
    if isinstance(found, Participant):
        return found.id
    return found.participant_id if isinstance(found, Statement | Interview) else None


def _limit(session: Session, study_id: UUID, model: type[Memo] | type[SavedQuery], most: int) -> None:
    if (session.scalar(select(func.count()).select_from(model).where(model.study_id == study_id)) or 0) >= most:
        raise TooMany(most=most)


def _log(
    session: Session, access: StudyAccess, action: str, subject: UUID, detail: Mapping[str, object] | None = None
) -> None:
    record(session, Change(access.actor.label, action, access.study.id, subject, detail))

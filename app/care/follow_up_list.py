"""What the list of follow-ups is rendered with."""

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from fastapi import Request
from sqlalchemy.orm import Session

from app.care import follow_ups, page_queries
from app.care.follow_up_rows import Row, gravest, rows_of
from app.care.follow_up_words import beside, headline
from app.care.follow_ups import FollowUpLook, State
from app.care.knowing import knowing
from app.care.said import said_of
from app.core import clock
from app.participants.sight import Sight, sight_of
from app.studies import queries as studies
from app.studies.access import TEXT_READERS, StudyAccess
from app.web.i18n import mark as _
from app.web.i18n import translate

A_PAGE: Final = 50

Shown = Sequence[tuple[UUID, UUID]]


def context_of(
    request: Request, session: Session, access: StudyAccess, state: State, after: UUID | None
) -> tuple[dict[str, Any], Shown]:
    """Return what the list is rendered with, and whose words of which entries stand on it.

    Who reads no words is told how many, and no more.
    """
    sight = sight_of(session, access)
    may_read = access.can(TEXT_READERS)
    rules = studies.protocol(session, access.study.id).care_rules
    counts = follow_ups.counts(session, access.study, sight)
    ever = counts.open > 0 or page_queries.any_follow_up(session, sight)
    looks = (
        follow_ups.follow_ups(session, access.study, sight, state=state, most=A_PAGE + 1, after=after)
        if may_read
        else ()
    )
    rows, shown = _rows(session, access, sight, looks[:A_PAGE])
    address = f"/studies/{access.study.slug}/care"
    # What comes below the list is reckoned from everything there is, and shown on its first page only.
    panels = knowing(request, session, access) if state == "open" and after is None else {}
    return {
        **panels,
        "panels": bool(panels),
        "heading": headline(counts, ever=ever, watching=rules.watching),
        "aside": beside(counts),
        "groups": _groups(rows, state),
        "state": state,
        "counts": counts,
        "may_read": may_read,
        "by_consent": sight.consents is not None,
        "watching": rules.watching,
        "ever": ever,
        "next": f"{address}?state={state}&after={rows[-1].id}" if len(looks) > A_PAGE else "",
        "list": address,
    }, shown


def _rows(
    session: Session, access: StudyAccess, sight: Sight, looks: Sequence[FollowUpLook]
) -> tuple[list[Row], Shown]:
    protocol = studies.protocol(session, access.study.id)
    first = {look.person.id: gravest(look.alerts) for look in looks}
    said = said_of(session, sight, protocol, {one.entry_id for one in first.values() if one and one.entry_id})
    unseen: set[UUID] = set()
    if sight.consents is None:
        unseen = page_queries.unseen_by_care(session, access.study.id, [look.person.id for look in looks])
    shown = [(look.person.id, one.id) for look in looks if (one := _entry_of(look, said)) and one.excerpt]
    return rows_of(looks, said, protocol, unseen, clock.now()), shown


def _entry_of(look: FollowUpLook, said: Any) -> Any:
    first = gravest(look.alerts)
    return said.get(first.entry_id) if first and first.entry_id else None


def _groups(rows: Sequence[Row], state: State) -> list[tuple[str, Sequence[Row]]]:
    """Return the rows in groups with their titles: whom to look at at once, whom to contact, who was reached."""
    if state == "closed":
        return [("", rows)] if rows else []
    pressing = [one for one in rows if one.pressing]
    waiting = [one for one in rows if one.due and not one.pressing]
    reached = [one for one in rows if not one.due]
    titles = (_("马上看"), _("要联系"), _("联系上了，还没有结束"))
    return [
        (translate(title), those) for title, those in zip(titles, (pressing, waiting, reached), strict=True) if those
    ]

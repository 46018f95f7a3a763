"""What the pages and the API of care tell of the valley and of what came after, to whoever looks."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from fastapi import Request
from sqlalchemy.orm import Session

from app.care import after_words, valley_words
from app.care.after import After, after
from app.care.valley import Valley, figures, valley
from app.curves.deps import sees_text
from app.curves.hardest_now import Hardest, HardestNote, hardest
from app.participants.sight import everyone, sight_of
from app.studies import queries as studies
from app.studies.access import StudyAccess
from app.studies.protocol import StudyProtocol

SHOWN_AT_ONCE: Final = 8
"""So many people stand open in the panel, the others behind a fold."""


@dataclass(frozen=True, slots=True)
class Known:
    """Both, as one reader may see them; ``hidden``: what to say to a reader who does not see everybody."""

    protocol: StudyProtocol
    valley: Valley
    after: After
    hidden: str


def known(request: Request, session: Session, access: StudyAccess) -> Known:
    """Return who stands in the valley and what came after low moments, as the caller may see it."""
    protocol = studies.protocol(session, access.study.id)
    now, hidden = valley_seen(request, session, access)
    return Known(protocol, now, after_seen(session, access), hidden)


def valley_seen(request: Request, session: Session, access: StudyAccess) -> tuple[Valley, str]:
    """Return the valley with the people whom the caller may see, or the figures alone; and who is not counted, in words."""
    personal, study_id = sees_text(access), access.study.id
    found = hardest(session, request.app.state.matrices, study_id, anonymous=not personal)
    protocol = studies.protocol(session, study_id)
    if not personal:
        return figures(session, protocol, found, everyone(study_id), anonymous=True), ""
    sight = sight_of(session, access)
    return valley(session, protocol, found, sight), valley_words.hidden_words(sight)


def after_seen(session: Session, access: StudyAccess) -> After:
    """Return what came after low moments, without figures about few people for whoever may see no text."""
    return after(session, access.study.id, anonymous=not sees_text(access))


def knowing(request: Request, session: Session, access: StudyAccess) -> Mapping[str, Any]:
    """Return what the panels care/valley_panel.html and care/after_panel.html are drawn from."""
    found = known(request, session, access)
    return {
        "valley_panel": {
            "valley": found.valley,
            "sentence": valley_words.summary(found.valley),
            "hidden": found.hidden,
            "anchor": found.protocol.study.anchor_label,
            "words": valley_words,
            "shown": SHOWN_AT_ONCE,
        },
        "after_panel": {"after": found.after, "words": after_words},
    }


def valley_note(session: Session, access: StudyAccess, found: Hardest) -> HardestNote | None:
    """Return what the study's page says beside the valley; nothing where nobody stands in it, or it is not known."""
    personal, study_id = sees_text(access), access.study.id
    sight = sight_of(session, access) if personal else everyone(study_id)
    protocol = studies.protocol(session, study_id)
    now = figures(session, protocol, found, sight, anonymous=not personal)
    if not found.stages or now.over or now.people == 0:
        return None
    href = f"/studies/{access.study.slug}/care#valley" if personal else None
    return HardestNote(valley_words.sentence(now), href)

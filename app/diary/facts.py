"""What a phone must know to work without a network: whose diary it is, where to seal, what to verify."""

from typing import Any

from fastapi import Request
from sqlalchemy.orm import Session

from app.core.sealing import OVERHEAD, study_key
from app.diary import limits
from app.diary.phone_words import phone_words
from app.participants import queries as participants
from app.participants.deps import PhoneAccess
from app.studies import queries as studies


def phone_facts(session: Session, request: Request, access: PhoneAccess) -> dict[str, Any]:
    """Return the facts as they stand in the pages of ``access`` as JSON: no text of the diary, no secret.

    ``seal_key`` {``id`` in hex, ``public`` in base64url}; ``receipt_key`` raw Ed25519 in base64url; ``anchor_on`` an ISO
    date or None; ``limits`` in bytes, pixels, seconds and numbers an entry; ``words`` what the scripts say, in the
    language of the request.
    """
    study, person = access.study, access.participant
    protocol = studies.protocol(session, study.id)
    anchor_on = participants.anchor_of(session, study.id, person.id)
    return {
        "person": str(person.id),
        "study": study.slug,
        "study_id": str(study.id),
        "seal_key": study_key(request.app.state.keyring, study.id).told(),
        "receipt_key": request.app.state.keyring.public_key,
        "zone": person.time_zone,
        "anchor_on": anchor_on.isoformat() if anchor_on else None,
        "anchor_label": protocol.study.anchor_label,
        "stages": [
            {"key": one.key, "name": one.name, "day_from": one.day_from, "day_to": one.day_to}
            for one in protocol.stages
        ],
        "form_version": protocol.current_form.version,
        "limits": _limits(request),
        "words": phone_words(),
    }


def _limits(request: Request) -> dict[str, int]:
    return {
        "entry_bytes": request.app.state.settings.max_body_kb * 1024 - OVERHEAD,
        "photos": limits.PHOTOS,
        "photo_bytes": limits.PHOTO_BYTES,
        "photo_pixels": limits.PHOTO_PIXELS,
        "voices": limits.VOICES,
        "voice_bytes": limits.VOICE_BYTES,
        "voice_seconds": limits.VOICE_SECONDS,
    }

"""One archive with everything that is kept of one person: for people to read, for programs to read, offline.

``index.html`` reads on its own, without scripts and without a network; ``data.json`` holds the same and more.
"""

import json
import zipfile
from collections.abc import Sequence
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import IO, Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from sqlalchemy.orm import Session

from app.audit.service import Change, record
from app.core import clock
from app.core.crypto import Keyring
from app.diary import attachment_queries
from app.diary.curve import own_curve, road_words
from app.diary.history import version_words
from app.diary.models import Attachment
from app.diary.words import words_of
from app.exchange.belongings import Belongings, collect, file_of
from app.exchange.belongings_care import ATTEMPTS, REASONS
from app.participants import queries as participants
from app.participants.consents import consent_state, purposes_of
from app.participants.models import Participant
from app.participants.readers_pages import read_by, told
from app.studies.models import Study
from app.web.i18n import mark as _
from app.web.i18n import translate
from app.web.pages import local_time

MOST_BYTES = 400 * 1024 * 1024
"""Photos and recordings beyond this are named in the archive and not in it: ask the team for them."""

HERE = Path(__file__).parent
TOKENS = HERE.parent / "web" / "static" / "tokens.css"
README = HERE / "takeaway.txt"
CHANGE = "participant.taken_away"
EVENT_NAMES = {
    "visit": _("到访"), "purchase": _("购买"), "referral": _("推荐"), "complaint": _("投诉"), "review": _("评价"),
    "contact": _("联系"), "left": _("离开"),
}  # fmt: skip


def write_takeaway(session: Session, keyring: Keyring, study: Study, person: Participant, file: IO[bytes]) -> None:
    """Write the ZIP with everything that is kept of ``person`` into ``file``, in the language of the call."""
    kept = collect(session, keyring, study, person)
    packed, left_out = _fitting(kept.attachments)
    kept.content["made_at"] = clock.now().isoformat()
    kept.content["left_out"] = [file_of(one) for one in left_out]
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("README.txt", README.read_text(encoding="utf-8"))
        archive.writestr("index.html", _page(session, kept, left_out))
        archive.writestr("data.json", json.dumps(kept.content, ensure_ascii=False, indent=2))
        for one in packed:
            content = attachment_queries.content(session, study.id, one.id)
            archive.writestr(zipfile.ZipInfo(file_of(one), clock.now().timetuple()[:6]), content)


def log_takeaway(session: Session, actor: str, person: Participant) -> None:
    """Write into the log that the person's archive was made."""
    record(session, Change(actor, CHANGE, person.study_id, person.id))


def _fitting(attachments: Sequence[Attachment]) -> tuple[list[Attachment], list[Attachment]]:
    """Return the attachments that fit into the archive, and those that do not."""
    packed: list[Attachment] = []
    left_out: list[Attachment] = []
    size = 0
    for one in attachments:
        size += one.size
        (packed if size <= MOST_BYTES else left_out).append(one)
    return packed, left_out


def _page(session: Session, kept: Belongings, left_out: Sequence[Attachment]) -> str:
    zone = kept.person.time_zone
    by_entry: dict[Any, list[tuple[Attachment, str]]] = {}
    for one in kept.attachments:
        if one not in left_out:
            by_entry.setdefault(one.entry_id, []).append((one, file_of(one)))
    state = consent_state(session, kept.person)
    readings = participants.readings_of(session, kept.study.id, kept.person.id, most=100_000)
    labels = {
        (text.version, purpose.key): purpose.label
        for text in participants.consent_texts(session, kept.study.id)
        for purpose in purposes_of(text)
    }
    context = {
        "study": kept.study,
        "person": kept.person,
        "zone": zone,
        "made_at": clock.now(),
        "entries": [
            (
                words_of(one, kept.protocol),
                version_words(one, kept.revisions[one.id], kept.protocol),
                by_entry.get(one.id),
            )
            for one in reversed(kept.entries)
        ],
        "curve": own_curve(kept.entries, kept.protocol),
        "road": road_words(kept.entries, kept.protocol, zone),
        "consents": kept.content["consents"],
        "labels": labels,
        "text": state.text,
        "messages": kept.messages,
        "lines": [told(one) for one in read_by(readings)],
        "contacts": kept.content["contacts"],
        "relation": kept.content["relation"],
        "event_names": EVENT_NAMES,
        "care": kept.content["care"],
        "reasons": REASONS,
        "attempts": ATTEMPTS,
        "day_of": lambda moment: clock.local_date(datetime.fromisoformat(moment), zone),
        "left_out": [file_of(one) for one in left_out],
        "public_key": kept.content["receipt_key"]["public_key"],
        "style": TOKENS.read_text(encoding="utf-8"),
    }
    return _environment().get_template("exchange/archive.html").render(context)


@cache
def _environment() -> Environment:
    """Templates without a request: the archive is also made by a command."""
    environment = Environment(
        loader=FileSystemLoader(str(HERE / "templates")),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    environment.install_gettext_callables(  # type: ignore[attr-defined]
        translate, lambda one, many, n: translate(one if n == 1 else many), newstyle=True
    )
    environment.filters["local_time"] = local_time
    return environment

"""Taking a roster of participants in and handing out their links, in a file that only its owner can read."""

import os
from pathlib import Path

from app.core.crypto import Keyring
from app.core.db import Database
from app.core.errors import FieldError
from app.exchange.errors import StudyUnknown, Unreadable
from app.exchange.sheets import SheetWriter, private_file
from app.participants.roster import read_roster
from app.participants.service import EnrolledRoster, enrol_roster
from app.studies import queries as studies

LINK_COLUMNS = ("code", "link", "short_code")


def import_roster(
    database: Database, keyring: Keyring, slug: str, roster: Path, links: Path, *, by: str, public_address: str
) -> EnrolledRoster:
    """Take in who is new in the CSV ``roster``; their links go into the new CSV ``links``, for nobody can show them again.

    StudyUnknown; Unreadable or Unwritable files; Invalid for a file that is no roster.
    """
    try:
        read = read_roster(roster.read_bytes())
    except OSError as error:
        raise Unreadable(fields=[FieldError("file", error.strerror or "", "not_opened")]) from error
    with private_file(links) as file, database.write() as session:
        study = studies.study_by_slug(session, slug)
        if study is None:
            raise StudyUnknown(slug=slug)
        outcome = enrol_roster(session, keyring, f"import:{by}", study, read)
        writer = SheetWriter(file, LINK_COLUMNS)
        for participant, link in outcome.enrolled:
            writer.write([participant.code, link.url(public_address), link.shown_code])
        # Before the commit: better a link that opens nothing than a person whose link nobody has.
        file.flush()
        os.fsync(file.fileno())
    return outcome

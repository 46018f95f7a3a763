"""Changing when care staff are told of a person. Whoever changes it says what they saw; the last word does not win silently."""

import hashlib

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.accounts.actors import StaffActor
from app.audit.service import Change, record
from app.studies import queries
from app.studies.care_rules import CareRules
from app.studies.errors import StaleCareRules
from app.studies.models import Study


def mark_of(rules: CareRules) -> str:
    """Return a short mark of what the rules say: two that say the same have the same."""
    return hashlib.blake2s(rules.model_dump_json().encode(), digest_size=8).hexdigest()


def change_care_rules(session: Session, actor: StaffActor, study: Study, rules: CareRules, *, seen: str) -> None:
    """Let the study follow ``rules``. StaleCareRules where what stands is no longer what ``seen``, a mark, was made of.

    The same rules again change nothing. The log names which changed, never an address.
    """
    # The new revision also locks the row, so that two changes follow each other, and tells every process to read anew.
    revision = update(Study).where(Study.id == study.id).values(protocol_revision=Study.protocol_revision + 1)
    session.execute(revision)
    session.info[queries.PROTOCOL_CHANGED] = True
    held = session.scalars(select(Study).where(Study.id == study.id).execution_options(populate_existing=True)).one()
    before = CareRules.of(held.care)
    if before == rules:
        return
    if mark_of(before) != seen:
        raise StaleCareRules(before.model_dump(mode="json"))
    held.care = rules.model_dump(mode="json")
    changed = sorted(name for name in CareRules.model_fields if getattr(before, name) != getattr(rules, name))
    record(session, Change(actor.label, "care_rules.changed", study.id, detail={"changed": changed}))
    session.flush()

"""Coding a statement: one document per statement and coder, with its history; the cells come along in the same transaction."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import delete, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Session

from app.audit.service import Change, record
from app.coding import blinding, coders, queries, slots
from app.coding.coders import STAFF
from app.coding.documents import coding_out
from app.coding.errors import CodingEnded, StaleCoding, StatementReplaced
from app.coding.models import CodingChange, Excerpt, HumanCoding, StudyCoder
from app.coding.schemas import CodingIn, CodingOut, ExcerptIn
from app.coding.values import bring_along
from app.core import clock
from app.core.errors import FieldError, Invalid, NotFound
from app.statements.holding import hold
from app.statements.models import Statement
from app.studies.access import CODER, StudyAccess
from app.studies.retention import is_past
from app.web.i18n import mark as _

SEEN = ("sentiment", "emotions", "excerpts")
"""What agreement is measured on: changing it after having seen others' codes makes a coding no longer blind."""


def save_coding(
    session: Session,
    access: StudyAccess,
    statement_id: UUID,
    given: CodingIn,
    version: int,
    *,
    coder: StudyCoder | None = None,
) -> CodingOut:
    """Store ``given`` as the whole of what the actor (or ``coder``) says of the statement and return it as it stands.

    ``version`` is the one that it replaces, 0 for the first. The same document again changes nothing, whatever version
    is named. StaleCoding otherwise when another was stored meanwhile; NotFound for a statement that is not the actor's to
    see; StatementReplaced, CodingEnded; Invalid for spans outside of the text and for unknown or retired codes.
    """
    own = coder or coders.coder_of(session, access)
    return save_held(session, access, hold_statement(session, access, own, statement_id), given, version, own)


def save_held(
    session: Session, access: StudyAccess, statement: Statement, given: CodingIn, version: int, own: StudyCoder
) -> CodingOut:
    """As ``save_coding``, of a statement that the caller has held for ``own``."""
    statement_id = statement.id
    marked = queries.excerpts(session, access.study.id, statement_id, own.id)
    before = _document(session, access.study.id, statement_id, own)
    if before.version and before.content() == given.content():
        return before
    if version != before.version:
        raise StaleCoding(before.model_dump(mode="json"))
    _check(session, statement, own, given, marked)
    blind = _stays_blind(session, access, own, statement, before, given)
    place = slots.take(session, statement, own) if own.kind == STAFF else None
    if given.done and given.sentiment is None and queries.draw(session, access.study.id, statement_id):
        raise Invalid(fields=[FieldError("sentiment", _("抽中的要先选情感，再算编完"))])
    _store(session, statement, own, given, before, blind)
    _replace_excerpts(session, statement, own, given, marked)
    if place is not None:
        slots.settle(session, place, done=given.done)
    after = _document(session, access.study.id, statement_id, own)
    _remember(session, access, statement, own, before, after)
    bring_along(session, access.study.id, [statement_id])
    return after


def read_coding(
    session: Session, access: StudyAccess, statement_id: UUID, *, coder: StudyCoder | None = None
) -> CodingOut:
    """Return what the actor (or ``coder``) says of the statement, version 0 if nothing yet; errors as of ``save_coding``."""
    study_id = access.study.id
    own = coder or queries.coder_of_user(session, study_id, access.actor.user_id)
    statement = session.get(Statement, (study_id, statement_id))
    if statement is None or not _may_code(session, access, own, statement_id):
        raise NotFound()
    if statement.retracted_at is not None:
        raise StatementReplaced()
    return coding_out(None) if own is None else _document(session, study_id, statement_id, own)


def _document(session: Session, study_id: UUID, statement_id: UUID, own: StudyCoder) -> CodingOut:
    kept = queries.coding(session, study_id, statement_id, own.id)
    return coding_out(kept, queries.excerpts(session, study_id, statement_id, own.id) if kept else ())


def hold_statement(session: Session, access: StudyAccess, own: StudyCoder, statement_id: UUID) -> Statement:
    """Return the statement, held until the transaction ends: whoever else codes it waits; errors as of ``save_coding``.

    So slots, versions and cells are of one moment.
    """
    study_id = access.study.id
    hold(session, study_id)
    whose = queries.whose_statement(session, study_id, statement_id)
    if whose is None or not _may_code(session, access, own, statement_id):
        raise NotFound()
    study = queries.study_now(session, study_id)
    if is_past(study.retention_until, study.time_zone, clock.now()):
        raise CodingEnded()
    statement = queries.held_statement(session, study_id, whose, statement_id)
    if statement is None:
        raise NotFound()
    if statement.retracted_at is not None:
        raise StatementReplaced()
    return statement


def _may_code(session: Session, access: StudyAccess, own: StudyCoder | None, statement_id: UUID) -> bool:
    if access.role != CODER:
        return True
    return own is not None and queries.is_assigned(session, access.study.id, statement_id, own.id)


def _check(session: Session, statement: Statement, own: StudyCoder, given: CodingIn, marked: Sequence[Excerpt]) -> None:
    """Raise Invalid, naming each excerpt that the text or the codebook does not allow."""
    study_id, length = statement.study_id, len(statement.text)
    standing = {(one.id, one.code_id) for one in marked}
    # What a retired code stands on already may stay; it is only not applied anew.
    fresh = {one.code for one in given.excerpts if (one.id, one.code) not in standing}
    usable = queries.usable_codes(session, study_id, fresh)
    taken = queries.elsewhere(session, study_id, [one.id for one in given.excerpts], statement.id, own.id)
    wrong = []
    for place, one in enumerate(given.excerpts):
        if not 0 <= one.start < one.end <= length:
            wrong.append(FieldError(f"excerpts.{place}.end", _("选中的范围超出了这段话"), "span"))
        if one.code in fresh and one.code not in usable:
            wrong.append(FieldError(f"excerpts.{place}.code", _("编码本里没有这个编码，或已停用"), "code"))
        if one.id in taken:
            wrong.append(FieldError(f"excerpts.{place}.id", _("这个标识别处用过了，请换一个"), "id_taken"))
    if wrong:
        raise Invalid(fields=wrong)


def _stays_blind(
    session: Session,
    access: StudyAccess,
    own: StudyCoder,
    statement: Statement,
    before: CodingOut,
    given: CodingIn,
) -> bool:
    if own.kind != STAFF:
        return False
    was, becomes = before.content(), given.content()
    if before.version and all(was[name] == becomes[name] for name in SEEN):
        return before.blind
    return before.blind and not blinding.shows_anything(session, access.study, statement.id, own.id, done=before.done)


def _store(
    session: Session, statement: Statement, own: StudyCoder, given: CodingIn, before: CodingOut, blind: bool
) -> None:
    now = clock.now()
    key = {"study_id": statement.study_id, "statement_id": statement.id, "coder_id": own.id}
    said: dict[str, Any] = {
        "sentiment": given.sentiment,
        "emotions": list(given.emotions),
        "memo": given.memo,
        "blind": blind,
        "done_at": (before.done_at or now) if given.done else None,
        "updated_at": now,
        "version": before.version + 1,
    }
    if before.version == 0:
        insert = postgresql_insert if session.get_bind().dialect.name == "postgresql" else sqlite_insert
        first = insert(HumanCoding).values(key | said | {"created_at": now}).on_conflict_do_nothing()
        stored = session.scalar(first.returning(HumanCoding.version))
    else:
        # The statement is held, but the codebook's changes do not hold it: the version has the last word.
        again = update(HumanCoding).filter_by(**key).where(HumanCoding.version == before.version).values(said)
        options = {"synchronize_session": False}
        stored = session.scalar(again.returning(HumanCoding.version).execution_options(**options))
    if stored is None:
        raise StaleCoding(_document(session, statement.study_id, statement.id, own).model_dump(mode="json"))


def _replace_excerpts(
    session: Session, statement: Statement, own: StudyCoder, given: CodingIn, marked: Sequence[Excerpt]
) -> None:
    wanted = {one.id: one for one in given.excerpts}
    known = {one.id: one for one in marked}
    gone = [one.id for one in marked if one.id not in wanted or _differs(one, wanted[one.id])]
    if gone:
        taken_out = delete(Excerpt).where(Excerpt.study_id == statement.study_id, Excerpt.id.in_(gone))
        session.execute(taken_out.execution_options(synchronize_session=False))
        for excerpt_id in gone:
            session.expunge(known[excerpt_id])
    now = clock.now()
    for one in given.excerpts:
        before = known.get(one.id)
        if before is None or one.id in gone:
            session.add(
                Excerpt(
                    study_id=statement.study_id,
                    id=one.id,
                    statement_id=statement.id,
                    coder_id=own.id,
                    code_id=one.code,
                    start=one.start,
                    end=one.end,
                    memo=one.memo,
                    created_at=before.created_at if before else now,
                )
            )
    session.flush()


def _differs(kept: Excerpt, given: ExcerptIn) -> bool:
    return (kept.code_id, kept.start, kept.end, kept.memo) != (given.code, given.start, given.end, given.memo)


def _remember(
    session: Session, access: StudyAccess, statement: Statement, own: StudyCoder, before: CodingOut, after: CodingOut
) -> None:
    study_id = access.study.id
    session.add(
        CodingChange(
            study_id=study_id,
            statement_id=statement.id,
            coder_id=own.id,
            actor=access.actor.label[:80],
            at=clock.now(),
            version=after.version,
            before=before.content() | {"blind": before.blind} if before.version else None,
            after=after.content() | {"blind": after.blind},
        )
    )
    session.flush()
    detail = {"statement": statement.id.hex, "coder": own.id.hex, "version": after.version, "done": after.done}
    record(session, Change(access.actor.label, "coding.saved", study_id, statement.participant_id, detail))

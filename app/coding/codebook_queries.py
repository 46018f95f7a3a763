"""Reading the codebook: its codes in order with how often each is used, and its versions."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.orm import Session

from app.accounts.models import User
from app.coding.codebook_tree import in_order
from app.coding.models import Code, CodebookVersion, Excerpt, HumanCoding

HAS_CODING = and_(
    HumanCoding.study_id == Excerpt.study_id,
    HumanCoding.statement_id == Excerpt.statement_id,
    HumanCoding.coder_id == Excerpt.coder_id,
)
"""The condition under which an excerpt belongs to a coding, for joins."""


@dataclass(frozen=True, slots=True)
class CodeFacts:
    """A code at its place in the tree. ``depth`` is 0 at the top, ``uses`` is the number of excerpts that carry it."""

    id: UUID
    parent_id: UUID | None
    name: str
    colour: str
    description: str
    examples: tuple[str, ...]
    memo: str
    shortcut: str | None
    position: int
    depth: int
    uses: int
    retired_at: datetime | None
    merged_into: UUID | None


def codes_of(
    session: Session, study_id: UUID, *, retired: bool = False, among: ColumnElement[bool] | None = None
) -> Sequence[CodeFacts]:
    """Return the codes of a study in tree order, parents before their children.

    ``retired`` adds those that are out of use, in their old places. ``among`` is a condition on HumanCoding: only excerpts of
    such codings are counted, so that a count tells nobody what they may not see yet.
    """
    codes = [code for code in all_codes(session, study_id) if retired or code.retired_at is None]
    uses = uses_of(session, study_id, among)
    return [_facts(code, depth, uses.get(code.id, 0)) for code, depth in in_order(codes)]


def all_codes(session: Session, study_id: UUID) -> Sequence[Code]:
    """Return every code of a study, retired ones too, as rows."""
    return session.scalars(select(Code).where(Code.study_id == study_id).order_by(Code.id)).all()


def held_codes(session: Session, study_id: UUID) -> Sequence[Code]:
    """Return every code of a study, held: who is about to apply one waits until the transaction ends, or is waited for.

    Whoever saves a coding holds the codes that are new in it first and the coding then, and changing the codebook does the same.
    """
    of_study = select(Code).where(Code.study_id == study_id).order_by(Code.id)
    return session.scalars(of_study.with_for_update(key_share=True).execution_options(populate_existing=True)).all()


def uses_of(session: Session, study_id: UUID, among: ColumnElement[bool] | None = None) -> dict[UUID, int]:
    """Return how many excerpts carry each code; codes without one are left out."""
    of_study = select(Excerpt.code_id, func.count()).where(Excerpt.study_id == study_id)
    if among is not None:
        of_study = of_study.join(HumanCoding, HAS_CODING).where(among)
    rows = session.execute(of_study.group_by(Excerpt.code_id)).all()
    return {row[0]: row[1] for row in rows}


def version_of(session: Session, study_id: UUID) -> int:
    """Return the version of the codebook: 0 before its first change."""
    latest = select(func.max(CodebookVersion.version)).where(CodebookVersion.study_id == study_id)
    return int(session.scalars(latest).one() or 0)


def versions_of(session: Session, study_id: UUID, *, most: int = 200) -> Sequence[CodebookVersion]:
    """Return the latest changes of the codebook, the newest first."""
    of_study = select(CodebookVersion).where(CodebookVersion.study_id == study_id)
    return session.scalars(of_study.order_by(CodebookVersion.version.desc()).limit(most)).all()


def names_of_users(session: Session, labels: Collection[str]) -> dict[str, str]:
    """Return the names of those whom the log calls ``labels`` (user:…), by label."""
    ids = [UUID(label.partition(":")[2]) for label in labels]
    users = session.execute(select(User.id, User.name).where(User.id.in_(ids))).all() if ids else ()
    return {f"user:{user_id}": name for user_id, name in users}


def snapshot_of(session: Session, study_id: UUID, version: int) -> list[dict[str, Any]] | None:
    """Return all codes as they stood in ``version``; an empty list for 0, None for a version that there is not."""
    if version == 0:
        return []
    found = session.get(CodebookVersion, (study_id, version))
    return list(found.codes) if found else None


def _facts(code: Code, depth: int, uses: int) -> CodeFacts:
    return CodeFacts(
        id=code.id,
        parent_id=code.parent_id,
        name=code.name,
        colour=code.colour,
        description=code.description,
        examples=tuple(code.examples),
        memo=code.memo,
        shortcut=code.shortcut,
        position=code.position,
        depth=depth,
        uses=uses,
        retired_at=code.retired_at,
        merged_into=code.merged_into,
    )

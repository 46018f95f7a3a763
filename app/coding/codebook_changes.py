"""Excerpts that go from one code to another: they keep their ids, spans and coders, and every coding that is touched rises by a
version, with its history, so that a page that has it open elsewhere is told."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

from sqlalchemy import insert
from sqlalchemy.orm import Session

from app.coding import codebook_excerpt_queries as queries
from app.coding.codebook_errors import ExcerptsMoved
from app.coding.documents import coding_out
from app.coding.models import CodingChange, Excerpt, HumanCoding
from app.coding.schemas import MOST_MEMO
from app.core import clock
from app.core.bulk import insert_rows
from app.core.db import table_of
from app.core.ids import uuid7

BATCH = 500
_CHANGES = insert(table_of(CodingChange))


@dataclass(frozen=True, slots=True)
class Moved:
    """What a change moved: ``excerpts``, of which ``folded`` lay where their coder had the new code already."""

    excerpts: int = 0
    folded: int = 0
    codings: frozenset[queries.Document] = field(default=frozenset())

    @property
    def counts(self) -> dict[str, int]:
        """The same as numbers, for the log."""
        return {
            "excerpts": self.excerpts,
            "folded": self.folded,
            "statements": len({statement_id for statement_id, _ in self.codings}),
            "coders": len({coder_id for _, coder_id in self.codings}),
        }


NOTHING_MOVED: Final = Moved()


def move_excerpts(
    session: Session,
    actor: str,
    study_id: UUID,
    source_id: UUID,
    target_id: UUID,
    *,
    only: Collection[UUID] | None = None,
    after: Moved = NOTHING_MOVED,
) -> Moved:
    """Let the source's excerpts (all, or ``only`` these) carry the target and return what was moved, added to ``after``.

    Both codes are held by the caller. ExcerptsMoved if not each of ``only`` carries the source.
    """
    codings = queries.held_codings(session, study_id, source_id, only)
    touched = _Touched()
    for start in range(0, len(codings), BATCH):
        some = codings[start : start + BATCH]
        marked = queries.excerpts_of(session, study_id, {one.statement_id for one in some})
        changes = [
            _move(session, coding, marked[coding.statement_id, coding.coder_id], source_id, target_id, only, touched)
            for coding in some
        ]
        session.flush()
        insert_rows(session, _CHANGES, [dict(change, actor=actor[:80]) for change in changes])
    if only is not None and touched.excerpts != len(set(only)):
        raise ExcerptsMoved()
    documents = frozenset((one.statement_id, one.coder_id) for one in codings)
    return Moved(after.excerpts + touched.excerpts, after.folded + touched.folded, after.codings | documents)


@dataclass(slots=True)
class _Touched:
    excerpts: int = 0
    folded: int = 0


def _move(
    session: Session,
    coding: HumanCoding,
    marked: Sequence[Excerpt],
    source_id: UUID,
    target_id: UUID,
    only: Collection[UUID] | None,
    touched: _Touched,
) -> Mapping[str, Any]:
    """Move what is to be moved of one coding and return the row of its history."""
    before = coding_out(coding, marked).content()
    standing = {(one.start, one.end): one for one in marked if one.code_id == target_id}
    gone = []
    for excerpt in _chosen(marked, source_id, only):
        touched.excerpts += 1
        there = standing.get((excerpt.start, excerpt.end))
        if there is None:
            excerpt.code_id = target_id
        else:
            touched.folded += 1
            there.memo = _together(there.memo, excerpt.memo)
            gone.append(excerpt)
            session.delete(excerpt)
    coding.version += 1
    coding.updated_at = clock.now()
    after = coding_out(coding, [one for one in marked if one not in gone]).content()
    return {
        "study_id": coding.study_id,
        "id": uuid7(),
        "statement_id": coding.statement_id,
        "coder_id": coding.coder_id,
        "at": coding.updated_at,
        "version": coding.version,
        "before": before,
        "after": after,
    }


def _chosen(marked: Sequence[Excerpt], source_id: UUID, only: Collection[UUID] | None) -> Iterator[Excerpt]:
    return (one for one in marked if one.code_id == source_id and (only is None or one.id in only))


def _together(kept: str, folded: str) -> str:
    # What does not fit any more stands in the coding's history.
    return kept if folded in kept else f"{kept}\n{folded}".strip()[:MOST_MEMO]

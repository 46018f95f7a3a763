"""Storing statements of an import with the scores that came with them, and the cells, in the caller's transaction."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlalchemy import insert
from sqlalchemy.orm import Session

from app.core.bulk import insert_rows
from app.core.db import table_of
from app.exchange.refi import queries
from app.exchange.refi.intake import Row
from app.statements import cells, pending
from app.statements.cells import Contribution, Place
from app.statements.codings import coding_rows, store
from app.statements.holding import in_force
from app.statements.models import Statement
from app.studies.adaptations import choice_in_force
from app.studies.protocol import StudyProtocol
from nlp import Coder

_STATEMENTS = insert(table_of(Statement))


class Saying:
    """Stores what people said. The caller holds the study."""

    def __init__(self, session: Session, protocol: StudyProtocol, stored: Counter[str]) -> None:
        self._session = session
        self._study = protocol.study
        self._stored = stored

    def store(self, statements: Sequence[Row], machine: Sequence[Row], entries: Sequence[Row]) -> None:
        """Store new ``statements`` and codings of the ``machine`` that are not there yet; bring the cells along.

        The score in force is of the study's own coder: the file's where it has that version, else the coder reads anew.
        ``entries`` are new ones, for their moods.
        """
        known = queries.machine_pairs(self._session, self._study.id, {row["statement_id"] for row in machine})
        new = [row for row in machine if (row["statement_id"], row["model_version"]) not in known]
        scored = {(row["statement_id"], row["model_version"]): row["sentiment_micro"] for row in new}
        again, refined = self._coder({row["model_version"] for row in statements})
        unread = [row for row in statements if again is not None and (row["id"], again.version) not in scored]
        fresh = coding_rows(self._study.id, again, [(row["id"], row["text"]) for row in unread]) if again else []
        scored |= {(row["statement_id"], row["model_version"]): row["sentiment_micro"] for row in fresh}
        rows = [self._row(row, again, scored) for row in statements]
        insert_rows(self._session, _STATEMENTS, rows)
        store(self._session, [row | {"study_id": self._study.id} for row in new])
        store(self._session, fresh)
        if refined:
            pending.add(self._session, self._study.id, [row["id"] for row in rows])
        cells.apply(self._session, self._study.id, cells.deltas(_contributions(rows, entries)))
        self._stored["statements"], self._stored["machine"] = len(rows), len(new)

    def _coder(self, versions: set[str | None]) -> tuple[Coder | None, bool]:
        """Return the coder that must read what does not carry its score, if there is such, and whether a slow one follows."""
        found, refined = None, False
        for version in versions - {None}:
            wanted = in_force(self._session, self._study.id, str(version))
            found, refined = wanted.again or found, wanted.refined or refined
        if found is None and None in versions:
            choice = choice_in_force(self._session, self._study.id, self._study.coder, self._study.coder_version)
            found, refined = choice.quick(), refined or choice.slow
        return found, refined

    def _row(self, row: Row, again: Coder | None, scored: Mapping[tuple[UUID, str], int]) -> Row:
        in_place = row["model_version"] == self._study.coder_version or again is None
        version = row["model_version"] if in_place else again.version  # type: ignore[union-attr]
        score = row["sentiment_micro"] if in_place else scored[row["id"], version]
        given = {"study_id": self._study.id, "model_version": version, "sentiment_micro": score}
        return row | given | {"human_micro": None, "weight_micro": None, "retracted_at": None}


def _contributions(statements: Sequence[Row], entries: Sequence[Row]) -> list[Contribution]:
    """Return what new entries and turns add to the cells, their moods with them."""
    said: dict[tuple[UUID, Place, str], list[int]] = defaultdict(list)
    for row in statements:
        said[row["source_id"], _place(row), row["source"]].append(row["sentiment_micro"])
    found = [Contribution(place, source, tuple(scores)) for (_id, place, source), scores in said.items()]
    return found + [Contribution(_place(row), "diary", (), row["mood"]) for row in entries if row["mood"] is not None]


def _place(row: Row) -> Place:
    return Place(row["participant_id"], row["stage_id"], row["touchpoint_id"], row["wave_id"], row["day"])

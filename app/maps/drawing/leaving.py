"""What of a map may leave the team: people's words only of those who agreed to be quoted; of all others, how many spoke."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.orm import Session

from app.maps.board.looks import Board, BoardNote
from app.maps.quotations import Quoted
from app.participants.consents import may_be_quoted


@dataclass(frozen=True, slots=True)
class Leaving:
    """Whose words may stand in what is handed on: ``quotable`` people, and observers, who are the team."""

    quotable: frozenset[UUID]

    def quotes(self, those: Sequence[Quoted]) -> list[Quoted]:
        """Return those of the quotes that may be handed on."""
        return [one for one in those if one.observed or one.said.participant_id in self.quotable]

    def first(self, note: BoardNote) -> Quoted | None:
        """Return the quote that a note without words of the team shows; None where none may be handed on."""
        return next(iter(self.quotes(note.quotes)), None)

    def whose(self, boards: Collection[Board]) -> list[tuple[UUID, UUID]]:
        """Return of each quote that is handed on whose it is and which entry it stands in, for the log of readings."""
        quotes = [quote for board in boards for note in board.notes for quote in self.quotes(note.quotes)]
        return [(one.said.participant_id, one.said.source_id) for one in quotes]


def leaving(session: Session, study_id: UUID) -> Leaving:
    """Return whose words may leave the team now. A study that never asked its people hands on nobody's."""
    return Leaving(frozenset(may_be_quoted(session, study_id) or ()))

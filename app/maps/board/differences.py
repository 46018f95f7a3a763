"""Which notes were added, removed and changed between two states of a map, or between an as-is map and its to-be one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal
from uuid import UUID

from app.maps.board.reading import Note
from app.maps.quotations import Span

Happened = Literal["added", "removed", "changed"]
COMPARED: Final = ("stage_id", "lane", "text", "party", "touchpoint_id")
State = Mapping[UUID, tuple[Note, Sequence[Span]]]


@dataclass(frozen=True, slots=True)
class NoteDifference:
    """What happened to one note: ``before`` None where it was added, ``after`` None where it was removed.

    ``changed`` names what differs: stage_id, lane, text, party, touchpoint_id, quotations.
    """

    what: Happened
    before: Note | None
    after: Note | None
    changed: tuple[str, ...] = ()

    @property
    def stage_id(self) -> UUID | None:
        """The stage in which it is told: where the note stands now, or stood."""
        note = self.after or self.before
        return note.stage_id if note else None


def differences(before: State, after: State) -> list[NoteDifference]:
    """Return what differs, in the order of the earlier state, then what is new; a mere change of order is none."""
    found = []
    for note_id, (old, spans) in before.items():
        if note_id not in after:
            found.append(NoteDifference("removed", old, None))
            continue
        new, new_spans = after[note_id]
        changed = [name for name in COMPARED if getattr(old, name) != getattr(new, name)]
        if set(spans) != set(new_spans):
            changed.append("quotations")
        if changed:
            found.append(NoteDifference("changed", old, new, tuple(changed)))
    found += [NoteDifference("added", None, new) for note_id, (new, _) in after.items() if note_id not in before]
    return found

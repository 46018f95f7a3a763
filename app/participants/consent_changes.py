"""What a new consent text says otherwise than the one a person agreed to last: so that they need not read it all again."""

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from app.participants.consents import purposes_of
from app.studies.models import ConsentText
from app.studies.schemas import PurposeIn


@dataclass(frozen=True, slots=True)
class ConsentChanges:
    """The differences: purposes by what became of them, paragraphs of the introduction that are new or gone."""

    added: Sequence[PurposeIn]
    removed: Sequence[PurposeIn]
    reworded: Sequence[tuple[PurposeIn, PurposeIn]]
    new_paragraphs: Sequence[str]
    gone_paragraphs: Sequence[str]

    @property
    def any(self) -> bool:
        """Whether there is a difference at all."""
        return bool(self.added or self.removed or self.reworded or self.new_paragraphs or self.gone_paragraphs)


def changes_between(before: ConsentText, after: ConsentText) -> ConsentChanges:
    """Return how ``after`` differs from ``before``."""
    old = {purpose.key: purpose for purpose in purposes_of(before)}
    new = {purpose.key: purpose for purpose in purposes_of(after)}
    gone, come = _paragraphs(before.introduction, after.introduction)
    return ConsentChanges(
        added=[one for key, one in new.items() if key not in old],
        removed=[one for key, one in old.items() if key not in new],
        reworded=[(old[key], one) for key, one in new.items() if key in old and old[key] != one],
        new_paragraphs=come,
        gone_paragraphs=gone,
    )


def _paragraphs(before: str, after: str) -> tuple[list[str], list[str]]:
    """Return the paragraphs that are in one text alone."""
    old, new = ([part.strip() for part in text.split("\n") if part.strip()] for text in (before, after))
    gone: list[str] = []
    come: list[str] = []
    for kind, first, last, begin, end in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind != "equal":
            gone += old[first:last]
            come += new[begin:end]
    return gone, come

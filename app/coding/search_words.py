"""What somebody typed to search with, taken apart: words that must stand in a statement, and words that must not."""

import re
from dataclasses import dataclass
from typing import Final

LONGEST: Final = 200
MOST_WORDS: Final = 10
TRIGRAM: Final = 3
_PART: Final = re.compile(r'(-?)(?:"([^"]*)"|“([^”]*)”|(\S+))')


@dataclass(frozen=True, slots=True)
class Wanted:
    """``words`` that all must stand in a text as they are, and ``without``: those that must not. Case does not matter."""

    words: tuple[str, ...]
    without: tuple[str, ...]

    @property
    def indexed(self) -> tuple[str, ...]:
        """Words that an index of trigrams knows: those of three characters and more."""
        return tuple(word for word in self.words if len(word) >= TRIGRAM)

    def __bool__(self) -> bool:
        return bool(self.words or self.without)


def read_words(typed: str) -> Wanted:
    """Return what ``typed`` asks for: words between blanks, phrases in quotation marks, and with a minus what must not stand.

    Beyond ``MOST_WORDS`` and ``LONGEST`` characters the rest is left out.
    """
    words: list[str] = []
    without: list[str] = []
    for minus, straight, curly, plain in _PART.findall(typed[:LONGEST])[:MOST_WORDS]:
        word = (straight or curly or plain).strip()
        if word:
            (without if minus else words).append(word)
    return Wanted(tuple(dict.fromkeys(words)), tuple(dict.fromkeys(without)))


def spans_of(text: str, words: tuple[str, ...]) -> list[tuple[int, int]]:
    """Return where ``words`` stand in ``text``: (start, end) in code points, in order, overlapping ones joined."""
    found = sorted(
        match.span() for word in words for match in re.finditer(re.escape(word), text, flags=re.IGNORECASE) if word
    )
    joined: list[tuple[int, int]] = []
    for start, end in found:
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined

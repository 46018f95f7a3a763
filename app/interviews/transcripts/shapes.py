"""What a transcript is understood to be, and how much one may hold."""

from dataclasses import dataclass
from typing import Final, Literal

MIB: Final = 1024 * 1024
MOST_BYTES: Final = 8 * MIB
"""A file as it is handed in."""
MOST_CHARACTERS: Final = 4_000_000
MOST_TURNS: Final = 20_000
MOST_LINE: Final = 20_000
"""Code points of one line, and of all that one speaker says before the next one."""
MOST_SPEAKERS: Final = 60
SPEAKER_CHARACTERS: Final = 60
NOBODY: Final = ""
"""The speaker of text that names none."""

Form = Literal["text", "docx", "srt", "vtt", "csv"]
FORM_KINDS: Final[tuple[Form, ...]] = ("text", "docx", "srt", "vtt", "csv")
Role = Literal["interviewer", "respondent", "other"]
ROLES: Final[tuple[Role, ...]] = ("interviewer", "respondent", "other")


@dataclass(frozen=True, slots=True)
class Source:
    """The text of a transcript and what it was found in. ``dropped`` counts characters that no page can show."""

    name: str
    form: Form
    encoding: str
    text: str
    dropped: int = 0
    has_comments: bool = False


@dataclass(frozen=True, slots=True)
class ParsedTurn:
    """What one speaker said before the next one spoke. Times are milliseconds from the beginning.

    ``line`` is where it begins in the source, from 1; ``head`` what stood there of speaker and time, as it was written.
    """

    line: int
    speaker: str
    text: str
    start_ms: int | None = None
    end_ms: int | None = None
    head: str = ""


@dataclass(frozen=True, slots=True)
class OddLine:
    """A line that became no turn, or only with doubt; ``reason`` is a sentence of the catalogue."""

    line: int
    text: str
    reason: str


@dataclass(frozen=True, slots=True)
class Speaker:
    """A speaker: how many turns and characters, and the role that is proposed; ``doubtful``: perhaps no speaker at all."""

    name: str
    turns: int
    characters: int
    role: Role
    doubtful: bool = False


@dataclass(frozen=True, slots=True)
class Transcript:
    """A transcript as it was understood. What stands in no turn stands in ``odd``."""

    turns: tuple[ParsedTurn, ...]
    odd: tuple[OddLine, ...]
    speakers: tuple[Speaker, ...]

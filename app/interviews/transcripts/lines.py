"""Text line by line into turns: 访谈者：…, 说话人1 00:01:23 with its words below, [00:00:05] 受访者：…, Q: and A:."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from app.interviews.errors import TranscriptTooLarge
from app.interviews.transcripts.marks import Head, head_of, key_of, shown, time_of
from app.interviews.transcripts.roles import accepted_labels
from app.interviews.transcripts.shapes import MOST_LINE, MOST_TURNS, NOBODY, OddLine, ParsedTurn
from app.web.i18n import mark as _

BEFORE = _("在第一个说话人之前")
SILENT = _("写了说话人，却没有话")
ONLY_TIME = _("只有时间，没有话")
MOST_LINES: Final = 5 * MOST_TURNS
LEAST_TIMED: Final = 3
TIMED_SHARE: Final = 0.2


@dataclass
class Said:
    """A turn in the making."""

    line: int
    speaker: str
    head: str
    start_ms: int | None = None
    end_ms: int | None = None
    words: list[str] = field(default_factory=list)
    length: int = 0

    def add(self, words: str) -> None:
        """Add a line of what is said; TranscriptTooLarge when it never ends."""
        words = words.strip()
        if words:
            self.words.append(words)
            self.length += len(words)
            if self.length > MOST_LINE:
                raise TranscriptTooLarge(
                    _("第 %(line)s 行起的一段话超过 %(most)s 个字"), remedy=SPLIT, line=self.line, most=MOST_LINE
                )

    def turn(self) -> ParsedTurn:
        """Return the turn."""
        return ParsedTurn(self.line, self.speaker, "\n".join(self.words), self.start_ms, self.end_ms, self.head)


SPLIT = _("请检查是不是少了换行或说话人，再导入。")


@dataclass
class Collected:
    """Turns and odd lines, in the order of the source; ``doubtful`` are labels that may be speakers, by key."""

    turns: list[ParsedTurn] = field(default_factory=list)
    odd: list[OddLine] = field(default_factory=list)
    doubtful: dict[str, str] = field(default_factory=dict)

    def close(self, said: Said | None) -> None:
        """Take a turn that has ended; one without words is odd. TranscriptTooLarge when there are too many."""
        if said is None:
            return
        if not said.words:
            self.odd.append(OddLine(said.line, said.head, SILENT))
            return
        if len(self.turns) >= MOST_TURNS:
            raise TranscriptTooLarge(_("这份文字稿超过 %(most)s 段话"), most=MOST_TURNS)
        self.turns.append(said.turn())


def split(text: str) -> list[str]:
    """Return the lines of ``text``; TranscriptTooLarge for one that is longer than anybody talks."""
    lines = text.split("\n")
    if len(lines) > MOST_LINES:
        raise TranscriptTooLarge()
    for number, line in enumerate(lines, 1):
        if len(line) > MOST_LINE:
            raise TranscriptTooLarge(_("第 %(line)s 行超过 %(most)s 个字"), remedy=SPLIT, line=number, most=MOST_LINE)
    return lines


def parse_lines(text: str, said: Mapping[str, bool]) -> Collected:
    """Return the turns of ``text``; ``said`` tells by key which labels are speakers and which are not."""
    lines = split(text)
    heads = [head_of(line) for line in lines]
    speakers, doubtful = accepted_labels((head for head in heads if head), said)
    settled = [_settled(line, head, speakers) for line, head in zip(lines, heads, strict=True)]
    timed = [one for one in settled if one and one.kind == "time" and one.text.strip() and not one.bracketed]
    often = len(timed) >= max(LEAST_TIMED, TIMED_SHARE * sum(bool(line.strip()) for line in lines))
    reading = _Reading(speakers, times_lead=often, collected=Collected(doubtful=doubtful))
    for number, (line, head) in enumerate(zip(lines, settled, strict=True), 1):
        if line.strip():
            reading.take(number, line, head)
    return reading.end()


def _settled(line: str, head: Head | None, speakers: Mapping[str, str]) -> Head | None:
    """Return the head as what it turns out to be: a speaker's, only a time, or None for plain text."""
    if head is None or head.kind == "time" or key_of(head.label) in speakers:
        return head
    return time_of(line)


@dataclass
class _Reading:
    """One way through the lines: who speaks now, and a time that stood alone and waits for its words."""

    speakers: Mapping[str, str]
    times_lead: bool
    collected: Collected
    now: Said | None = None
    waiting: Said | None = None

    def take(self, number: int, line: str, head: Head | None) -> None:
        """Take the next line that is not blank."""
        if head is not None and head.label:
            self._speak(number, head)
        elif head is not None and self._counts(head):
            self._time(number, line, head)
        elif self.waiting is not None:
            self._begin(self.waiting, line)
        elif self.now is None and self.speakers:
            self.collected.odd.append(OddLine(number, line, BEFORE))
        elif self.now is None or (not self.speakers and self.now.start_ms is None):
            self._begin(Said(number, NOBODY, ""), line)
        else:
            self.now.add(line)

    def end(self) -> Collected:
        """Return what was collected, the last turn included."""
        self._close()
        self.collected.odd.sort(key=lambda odd: odd.line)
        return self.collected

    def _counts(self, time: Head) -> bool:
        """Return whether a time begins a turn: alone on its line, in brackets, or where times lead lines all over."""
        return time.bracketed or not time.text.strip() or self.times_lead

    def _speak(self, number: int, head: Head) -> None:
        began, self.waiting = self.waiting, None
        if began is not None and head.start_ms is not None:
            self._idle(began)
            began = None
        raw = f"{began.head}\n{head.raw}" if began else head.raw
        start, end = (began.start_ms, began.end_ms) if began else (head.start_ms, head.end_ms)
        speaker = shown(self.speakers[key_of(head.label)])
        self._begin(Said(began.line if began else number, speaker, raw, start, end), head.text)

    def _time(self, number: int, line: str, head: Head) -> None:
        if self.now is None and self.waiting is None and self.speakers and head.text.strip():
            self.collected.odd.append(OddLine(number, line, BEFORE))
            return
        speaker = self.now.speaker if self.now else NOBODY
        said = Said(number, speaker, head.raw, head.start_ms, head.end_ms)
        if head.text.strip():
            self._close()
            self._begin(said, head.text)
        else:
            self._idle(self.waiting)
            self.waiting = said

    def _idle(self, time: Said | None) -> None:
        if time is not None:
            self.collected.odd.append(OddLine(time.line, time.head, ONLY_TIME))

    def _begin(self, said: Said, words: str) -> None:
        self.waiting = None
        self._close()
        self.now = said
        said.add(words)

    def _close(self) -> None:
        self.collected.close(self.now)
        self._idle(self.waiting)
        self.now = self.waiting = None

"""Subtitles (SubRip, WebVTT) into turns: cues of one speaker that follow each other are one turn."""

import html
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from app.interviews.transcripts.lines import Collected, Said, split
from app.interviews.transcripts.marks import head_of, key_of, milliseconds, shown
from app.interviews.transcripts.roles import accepted_labels
from app.interviews.transcripts.shapes import NOBODY, SPEAKER_CHARACTERS, OddLine
from app.web.i18n import mark as _

_TIME = r"\d{1,3}:[0-5]\d(?::[0-5]\d)?[.,]\d{1,3}"
CUE: Final = re.compile(rf"[ \t]*({_TIME})[ \t]*-->[ \t]*({_TIME})(?:[ \t][^\n]{{0,200}})?\Z")
VOICE: Final = re.compile(r"<v(?:\.[\w.]{1,40})?[ \t]+([^<>\n]{1,80})>")
TAG: Final = re.compile(r"</?(?:v|c|i|b|u|ruby|rt|lang|font)\b[^<>\n]{0,100}>|<\d[\d:.]{3,14}>")
NOTE: Final = _("字幕文件里的说明")
WORDLESS: Final = _("这个时间没有字幕")
LONGEST_GAP_MS: Final = 5_000
LONGEST_UNNAMED_GAP_MS: Final = 1_500
LONGEST_JOINED: Final = 600
LONGEST_UNNAMED: Final = 200
SENTENCE_ENDS: Final = "。！？!?…"


@dataclass
class Cue:
    """One subtitle: where it stands, when it is shown, and its lines; ``voice`` is the speaker that WebVTT names."""

    line: int
    head: str
    start_ms: int
    end_ms: int
    lines: list[str]
    voice: str = ""


def looks_like_subtitles(text: str) -> bool:
    """Return whether ``text`` has the look of SubRip or WebVTT: a cue's time among its first lines."""
    first = text[:4000].split("\n")[:40]
    return text.lstrip().startswith("WEBVTT") or any(CUE.match(line) for line in first)


def parse_subtitles(text: str, said: Mapping[str, bool]) -> Collected:
    """Return the turns of ``text``; ``said`` tells by key which labels are speakers and which are not."""
    collected = Collected()
    cues = list(_cues(split(text), collected))
    heads = [head_of(cue.lines[0]) if cue.lines and not cue.voice else None for cue in cues]
    speakers, collected.doubtful = accepted_labels((head for head in heads if head and head.kind != "alone"), said)
    now, speaker = None, NOBODY
    for cue, head in zip(cues, heads, strict=True):
        raw, named = cue.head, cue.voice
        if head is not None and head.label and key_of(head.label) in speakers:
            named, raw = shown(speakers[key_of(head.label)]), f"{raw}\n{head.raw}"
            cue.lines[0] = head.text
        speaker = named or (speaker if speakers else NOBODY)
        words = joined([line.strip() for line in cue.lines if line.strip()])
        if not words:
            collected.odd.append(OddLine(cue.line, raw, WORDLESS))
        elif now is not None and not (named and named != now.speaker) and _continues(now, cue, words):
            now.words, now.end_ms = [joined([*now.words, words])], cue.end_ms
            now.length, now.head = now.length + len(words), f"{now.head}\n{raw}"
        else:
            collected.close(now)
            now = Said(cue.line, speaker, raw, cue.start_ms, cue.end_ms)
            now.add(words)
    collected.close(now)
    collected.odd.sort(key=lambda odd: odd.line)
    return collected


def joined(parts: list[str]) -> str:
    """Return ``parts`` as one text: with a blank between words of alphabets, with none beside Chinese."""
    text = parts[0] if parts else ""
    for part in parts[1:]:
        text += (" " if text[-1:].isascii() and part[:1].isascii() else "") + part
    return text


def _continues(now: Said, cue: Cue, words: str) -> bool:
    gap = cue.start_ms - (now.end_ms or cue.start_ms)
    if now.speaker:
        return gap <= LONGEST_GAP_MS and now.length + len(words) <= LONGEST_JOINED
    ended = now.words[-1][-1] in SENTENCE_ENDS
    return not ended and gap <= LONGEST_UNNAMED_GAP_MS and now.length + len(words) <= LONGEST_UNNAMED


def _cues(lines: list[str], collected: Collected) -> list[Cue]:
    """Return the cues; every other line that is not blank, and belongs to none, is odd."""
    cues: list[Cue] = []
    now: Cue | None = None
    for number, line in enumerate(lines, 1):
        if found := CUE.match(line):
            before = collected.odd.pop().text if _is_name(collected, lines, number) else ""
            head = f"{before}\n{line}" if before else line
            now = Cue(number, head, milliseconds(found[1]), milliseconds(found[2]), [])
            cues.append(now)
        elif not line.strip():
            now = None
        elif now is None:
            collected.odd.append(OddLine(number, line, NOTE))
        else:
            now.lines.append(_plain(line, now))
    return cues


def _is_name(collected: Collected, lines: list[str], number: int) -> bool:
    """Return whether the line right before a cue's time is its number or name, and stands apart from what is above it."""
    odd = collected.odd[-1] if collected.odd else None
    return odd is not None and odd.line == number - 1 and (number < 3 or not lines[number - 3].strip())


def _plain(line: str, cue: Cue) -> str:
    """Return a cue's line without its tags; the speaker that they name is noted."""
    if voice := VOICE.search(line):
        cue.voice = " ".join(html.unescape(voice[1]).split())[:SPEAKER_CHARACTERS]
    return html.unescape(TAG.sub("", line))

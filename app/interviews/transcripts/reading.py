"""A file or pasted text into a transcript: first its text, then its turns and who says them."""

import base64
import binascii
import hashlib
import re
import zlib
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import PurePath
from typing import Final

from app.interviews.errors import TranscriptTooLarge, TranscriptUnreadable
from app.interviews.transcripts import decoding, word
from app.interviews.transcripts.lines import Collected, parse_lines
from app.interviews.transcripts.marks import key_of, shown
from app.interviews.transcripts.roles import propose_roles
from app.interviews.transcripts.shapes import (
    MOST_BYTES,
    MOST_CHARACTERS,
    MOST_SPEAKERS,
    Form,
    Role,
    Source,
    Speaker,
    Transcript,
)
from app.interviews.transcripts.sheets import is_table, parse_table
from app.interviews.transcripts.subtitles import looks_like_subtitles, parse_subtitles
from app.web.i18n import mark as _

ZIP: Final = b"PK"
LONGEST_NAME: Final = 200
DAY: Final = re.compile(r"(?<!\d)(20\d\d)(?:[-/.年_]?)(0?[1-9]|1[0-2])(?:[-/.月_]?)([12]\d|3[01]|0?[1-9])(?!\d)")


def read(raw: bytes, name: str) -> Source:
    """Return what the file ``name`` holds.

    TranscriptUnreadable, TranscriptUnsafe, TranscriptTooLarge.
    """
    if len(raw) > MOST_BYTES:
        raise TranscriptTooLarge()
    suffix = PurePath(name).suffix.lower()
    if raw.startswith(ZIP):
        text, comments = word.lines_of_document(raw)
        cleaned = decoding.clean(text)
        return _source(name, "docx", "UTF-8", cleaned.text, cleaned.dropped, has_comments=comments)
    if suffix == ".docx":
        raise TranscriptUnreadable(_("这不是 Word 文件，里面没有正文"))
    found = decoding.decode(raw)
    return _source(name, form_of(found.text, suffix), found.encoding, found.text, found.dropped)


def pasted(text: str) -> Source:
    """Return what was pasted."""
    cleaned = decoding.clean(text)
    return _source("", form_of(cleaned.text, ""), "", cleaned.text, cleaned.dropped)


def form_of(text: str, suffix: str) -> Form:
    """Return what a text is, by its look and by the ``suffix`` of its file."""
    if looks_like_subtitles(text):
        return "vtt" if text.lstrip().startswith("WEBVTT") else "srt"
    return "csv" if suffix in (".csv", ".tsv") or is_table(text) else "text"


def understand(source: Source, said: Mapping[str, bool] | None = None, codes: Iterable[str] = ()) -> Transcript:
    """Return the turns of ``source`` and its speakers with the roles proposed for them.

    ``said`` is a person's word on labels: name to whether it is a speaker. ``codes`` are the participants' codes. What
    cannot be read, or is too much, raises what ``read`` raises.
    """
    by_key = {key_of(name): is_speaker for name, is_speaker in (said or {}).items() if name}
    collected = _collected(source, by_key)
    if not collected.turns:
        raise TranscriptUnreadable(_("里面没有一句话"))
    return Transcript(tuple(collected.turns), tuple(collected.odd), _speakers(collected, codes))


def digest_of(source: Source) -> str:
    """Return SHA-256 of the words, as hex: the same transcript in another encoding is the same one."""
    lines = (line.strip() for line in source.text.split("\n"))
    return hashlib.sha256("\n".join(line for line in lines if line).encode()).hexdigest()


def packed(source: Source) -> str:
    """Return the text of ``source`` small enough to travel in a form's hidden field."""
    return base64.urlsafe_b64encode(zlib.compress(source.text.encode(), 6)).decode()


def unpacked(given: str) -> str:
    """Return the text that ``packed`` made; TranscriptUnreadable for anything else, TranscriptTooLarge for a bomb."""
    opening = zlib.decompressobj()
    try:
        raw = opening.decompress(base64.urlsafe_b64decode(given), MOST_CHARACTERS * 4)
        text = raw.decode()
    except (binascii.Error, ValueError, zlib.error) as error:
        raise TranscriptUnreadable() from error
    if opening.unconsumed_tail or not opening.eof:
        raise TranscriptTooLarge()
    return text


def day_in(source: Source) -> date | None:
    """Return the day that the file's name or its first lines tell, if one does."""
    for words in (source.name, *source.text[:2000].split("\n")[:5]):
        for found in DAY.finditer(words[:LONGEST_NAME]):
            try:
                return date(int(found[1]), int(found[2]), int(found[3]))
            except ValueError:
                continue
    return None


def _collected(source: Source, said: Mapping[str, bool]) -> Collected:
    if source.form in ("srt", "vtt"):
        return parse_subtitles(source.text, said)
    return parse_table(source.text) if source.form == "csv" else parse_lines(source.text, said)


def _speakers(collected: Collected, codes: Iterable[str]) -> tuple[Speaker, ...]:
    roles: dict[str, Role] = propose_roles(collected.turns, codes)
    if len(roles) > MOST_SPEAKERS:
        raise TranscriptUnreadable(
            _("认出了 %(n)s 个说话人，多半认错了"), remedy=_("请让每段话以“说话人：”开头，再试一次。"), n=len(roles)
        )
    turns: Counter[str] = Counter(turn.speaker for turn in collected.turns)
    characters: Counter[str] = Counter()
    for turn in collected.turns:
        characters[turn.speaker] += len(turn.text)
    certain = [Speaker(name, turns[name], characters[name], role) for name, role in roles.items()]
    doubtful = [
        Speaker(shown(label), 0, 0, "other", True) for label in list(collected.doubtful.values())[:MOST_SPEAKERS]
    ]
    return (*certain, *doubtful)


def _source(name: str, form: Form, encoding: str, text: str, dropped: int, *, has_comments: bool = False) -> Source:
    if len(text) > MOST_CHARACTERS:
        raise TranscriptTooLarge()
    if not text.strip():
        raise TranscriptUnreadable(_("里面没有一句话"))
    bare = PurePath(name.replace("\\", "/")).name[:LONGEST_NAME]
    return Source(bare, form, encoding, text, dropped, has_comments)

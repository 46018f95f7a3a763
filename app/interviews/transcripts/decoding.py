"""Bytes into text: which encoding it is, found out and said."""

import codecs
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from app.interviews.errors import TranscriptUnreadable
from app.web.i18n import mark as _

MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, ""),
    (codecs.BOM_UTF32_BE, ""),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
NAMES: Final = {"utf-8": "UTF-8", "gb18030": "GB18030", "utf-16-le": "UTF-16 LE", "utf-16-be": "UTF-16 BE"}
SAMPLE: Final = 20_000
LEAST_ORDINARY: Final = 0.7
"""Below this share of ordinary characters a text is taken for bytes that mean something else."""

# What other programs make, and what to do with it instead.
FOREIGN: Final = (
    (b"%PDF", _("这是 PDF，里面的文字排过版，读出来次序会乱")),
    (b"\xd0\xcf\x11\xe0", _("这是旧版 Word 的 .doc 文件")),
    (b"{\\rtf", _("这是 RTF 文件")),
    (b"ID3", _("这是录音，还没有转成文字")),
    (b"RIFF", _("这是录音，还没有转成文字")),
    (b"OggS", _("这是录音，还没有转成文字")),
    (b"\x89PNG", _("这是图片")),
    (b"\xff\xd8\xff", _("这是图片")),
    (b"\x1f\x8b", _("这是压缩包，请先解开")),
    (b"Rar!", _("这是压缩包，请先解开")),
    (b"7z\xbc\xaf", _("这是压缩包，请先解开")),
)
CONTROLS = re.compile(r"[\x00-\x08\x0e-\x1f\x7f\ufffe\uffff]")
ENDS = re.compile(r"\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
ORDINARY = re.compile(r"[\t\n\r\x20-\x7e\u2010-\u2027\u3000-\u303f\uff01-\uff5e]")
BINARY_SHARE: Final = 0.01


@dataclass(frozen=True, slots=True)
class Decoded:
    """Text with LF line ends, the name of its encoding, and how many control characters were left out."""

    text: str
    encoding: str
    dropped: int


def decode(raw: bytes) -> Decoded:
    """Return the text of ``raw``: by its mark, or as UTF-8, or as whichever of GB18030 and UTF-16 reads like a text.

    TranscriptUnreadable for what is no text.
    """
    for beginning, words in FOREIGN:
        if raw.startswith(beginning):
            raise TranscriptUnreadable(words)
    if raw[4:8] == b"ftyp":
        raise TranscriptUnreadable(_("这是录音，还没有转成文字"))
    encoding, text = _found(raw)
    cleaned = CONTROLS.sub("", text)
    dropped = len(text) - len(cleaned)
    if dropped > max(2, len(text) * BINARY_SHARE):
        raise TranscriptUnreadable(_("这不是文字文件"))
    return Decoded(normalised(cleaned), NAMES[encoding], dropped)


def normalised(text: str) -> str:
    """Return ``text`` with LF line ends and no byte order mark."""
    return ENDS.sub("\n", text.removeprefix("\ufeff"))


def clean(text: str) -> Decoded:
    """Return pasted text as ``decode`` would."""
    cleaned = CONTROLS.sub("", text)
    return Decoded(normalised(cleaned), "", len(text) - len(cleaned))


def _found(raw: bytes) -> tuple[str, str]:
    for beginning, encoding in MARKS:
        if raw.startswith(beginning):
            text = _try(raw[len(beginning) :], encoding) if encoding else None
            if text is None:
                raise TranscriptUnreadable(_("文件开头说的编码和内容对不上"))
            return encoding, text
    if b"\x00" not in raw:
        text = _try(raw, "utf-8")
        if text is not None:
            return "utf-8", text
        return _likeliest(raw, ("gb18030", "utf-16-le", "utf-16-be"))
    return _likeliest(raw, ("utf-16-le", "utf-16-be"))


def _likeliest(raw: bytes, encodings: Sequence[str]) -> tuple[str, str]:
    read = [(encoding, text) for encoding in encodings if (text := _try(raw, encoding))]
    if not read:
        raise TranscriptUnreadable(_("这不是文字文件"))
    encoding, text = max(read, key=lambda pair: _ordinary(pair[1]))
    if _ordinary(text) < LEAST_ORDINARY:
        raise TranscriptUnreadable(_("这不是文字文件，或者编码认不出来"))
    return encoding, text


def _try(raw: bytes, encoding: str) -> str | None:
    try:
        return raw.decode(encoding)
    except UnicodeDecodeError:
        return None


def _ordinary(text: str) -> float:
    """Return the share of characters that texts of our languages are made of: ASCII, punctuation, the 6,763 of GB 2312."""
    sample = text[:SAMPLE]
    return sum(_is_ordinary(character) for character in sample) / max(1, len(sample))


def _is_ordinary(character: str) -> bool:
    if ORDINARY.match(character):
        return True
    try:
        return "\u4e00" <= character <= "\u9fff" and len(character.encode("gb2312")) == 2
    except UnicodeEncodeError:
        return False

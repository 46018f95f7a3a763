"""How a line of a transcript says who speaks, and when. Every look is at the first characters of a line only."""

import re
from dataclasses import dataclass
from typing import Final, Literal

LOOKED_AT: Final = 110
"""Characters of a line in which its speaker and time must stand."""
MOST_LABEL: Final = 30

_TIME = r"\d{1,3}[:：][0-5]\d(?:[:：][0-5]\d)?(?:[.,]\d{1,3})?(?!\d|[:：]\d)"
_RANGE = r"[ \t]{0,3}(?:-->|->|--|[-–—~～至到])[ \t]{0,3}"
STAMP: Final = re.compile(
    rf"(?<!\d)([\[【(（<])?[ \t]{{0,3}}({_TIME})(?:{_RANGE}({_TIME}))?[ \t]{{0,3}}(?(1)[\]】)）>])"
)
_BLANK = " \t\u3000\xa0*#"
_LABEL = r"[^:：,，。！!？?；;、“”\"…\[\]【】()（）<>《》\n]"
LABEL: Final = re.compile(
    rf"{_LABEL}{{1,{MOST_LABEL}}}(?:[(（【\[][^()（）【】\[\]:：]{{1,20}}[)）】\]])?[ \t\u3000*]{{0,3}}\Z"
)
BRACKETED: Final = re.compile(rf"[\[【]({_LABEL}{{1,{MOST_LABEL}}})[\]】]")
_NUMBER_OF_QUESTION = re.compile(r"([qa问答])[ .]?\d{1,3}\Z", re.IGNORECASE)

Kind = Literal["colon", "stamp", "line", "loose", "tab", "bracket", "alone", "time"]
"""By what a head is known: a colon; a time with a colon or in brackets; a label and a bare time that fill the line, or that
words follow; a tab; brackets; nothing but the label; nothing but a time."""


@dataclass(frozen=True, slots=True)
class Head:
    """The beginning of a line that may name a speaker (``label``), a time, or both; ``text`` is what is left of the line.

    ``kind`` says by what it was recognised; ``raw`` is the beginning as it is written.
    """

    kind: Kind
    label: str
    start_ms: int | None
    end_ms: int | None
    raw: str
    text: str
    bracketed: bool = False


def head_of(line: str) -> Head | None:
    """Return what the beginning of ``line`` may say; None where it can only be text. Whether it does is decided later."""
    start = len(line) - len(line.lstrip(_BLANK))
    if start == len(line):
        return None
    seen = line[:LOOKED_AT]
    if first := STAMP.match(seen, start):
        return _after_time(line, seen, first)
    if found := BRACKETED.match(seen, start):
        return _after_label(line, seen, found[1], found.end(), "bracket")
    return _labelled(line, seen, start, None)


def time_of(line: str) -> Head | None:
    """Return the time that ``line`` begins with, and the rest of it as text."""
    found = STAMP.match(line[:LOOKED_AT], len(line) - len(line.lstrip(_BLANK)))
    return _only_time(line, found) if found else None


def milliseconds(time: str) -> int:
    """Return a time such as 1:23, 00:01:23.450 or 00：01：23,4 in milliseconds."""
    whole, _, part = time.replace("：", ":").replace(",", ".").partition(".")
    seconds = 0
    for figure in whole.split(":"):
        seconds = seconds * 60 + int(figure)
    return seconds * 1000 + int(part.ljust(3, "0")[:3] or 0)


def key_of(label: str) -> str:
    """Return what two spellings of one speaker have in common: 说话人 1 and 说话人1; Q1 and Q2 are both the one who asks."""
    bare = re.sub(r"[\s\u3000\xa0*#]+", "", label).casefold()
    numbered = _NUMBER_OF_QUESTION.match(bare)
    return numbered[1] if numbered else bare


def shown(label: str) -> str:
    """Return a label as people read it."""
    tidy = " ".join(label.replace("*", " ").replace("#", " ").split())
    return tidy[0] if _NUMBER_OF_QUESTION.match(tidy) else tidy


def _after_time(line: str, seen: str, time: "re.Match[str]") -> Head:
    """Return the head of a line that begins with a time; a label may follow it."""
    at = _skip(seen, time.end())
    named = BRACKETED.match(seen, at)
    found = (
        _after_label(line, seen, named[1], named.end(), "bracket", time) if named else _labelled(line, seen, at, time)
    )
    return found or _only_time(line, time)


def _only_time(line: str, time: "re.Match[str]") -> Head:
    return Head("time", "", *_times(time), line[: time.end()], line[time.end() :], bool(time[1]))


def _labelled(line: str, seen: str, start: int, before: "re.Match[str] | None") -> Head | None:
    """Return the head of a line with a label at ``start``: before a colon, a time, a tab, or the end of the line."""
    colon = _first(seen, ":：", start)
    time = None if before else STAMP.search(seen, start)
    if time and time.start() > start and (colon < 0 or time.start() <= colon):
        label = seen[start : time.start()]
        if LABEL.match(label):
            return _after_label(line, seen, label, time.start(), "tab" if label.endswith("\t") else "stamp")
    tab = seen.find("\t", start)
    if tab >= 0 and (colon < 0 or tab < colon) and LABEL.match(seen[start:tab]):
        return _after_label(line, seen, seen[start:tab], tab, "tab", before)
    if colon >= 0 and LABEL.match(seen[start:colon]):
        return _after_label(line, seen, seen[start:colon], colon, "colon", before)
    if len(line) <= LOOKED_AT and LABEL.match(seen[start:]):
        return Head("alone", seen[start:], *_times(before), line, "")
    return None


def _after_label(
    line: str, seen: str, label: str, at: int, kind: Kind, before: "re.Match[str] | None" = None
) -> Head | None:
    """Return the head whose label ends at ``at``, with the time and the colon that may follow it in either order."""
    time, colon, end = before, False, at
    for _turn in range(2):
        at = _skip(seen, end)
        if at < len(seen) and seen[at] in ":：" and not colon:
            if _is_ratio_or_address(seen, at):
                break
            colon, end = True, at + 1
        elif time is None and (found := STAMP.match(seen, at)) and (not colon or found[1] or _ends(seen, found.end())):
            time, end = found, found.end()
        else:
            break
    if kind == "colon" and not colon:
        return None
    text = line[end:]
    if colon:
        kind = "stamp" if time else "colon"
    elif time is not None and before is None:
        kind = "stamp" if time[1] or kind in ("bracket", "tab") else "loose" if text.strip() else "line"
        if kind == "loose" and line[end - 1] not in _BLANK and text[0] not in _BLANK:
            return None
    return Head(kind, label, *_times(time), line[:end], text, bool(time and time[1]))


def _is_ratio_or_address(seen: str, at: int) -> bool:
    """Return whether the colon at ``at`` stands in 1:3 or in https://…"""
    if seen.startswith("://", at):
        return True
    return seen[at] == ":" and seen[at - 1 : at].isdigit() and seen[at + 1 : at + 2].isdigit()


def _skip(seen: str, at: int) -> int:
    while at < len(seen) and seen[at] in _BLANK:
        at += 1
    return at


def _ends(seen: str, at: int) -> bool:
    return _skip(seen, at) >= len(seen)


def _first(seen: str, characters: str, start: int) -> int:
    places = [place for character in characters if (place := seen.find(character, start)) >= 0]
    return min(places, default=-1)


def _times(time: "re.Match[str] | None") -> tuple[int | None, int | None]:
    if time is None:
        return None, None
    return milliseconds(time[2]), milliseconds(time[3]) if time[3] else None

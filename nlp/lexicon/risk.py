"""Cues of danger for a person to look at: self-harm, and emergencies after treatment."""

import re
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from nlp.characters import END, Batch, batch_of
from nlp.clauses import marks_table, within_bmp
from nlp.coding import Cue
from nlp.hashing import window_hashes
from nlp.lexicon.entries import FOLDER, load_risk
from nlp.lexicon.matcher import Matches
from nlp.lexicon.readings import READINGS, reading_end
from nlp.lexicon.reality import is_meant, is_so, negates, surroundings
from nlp.lexicon.seldom import SeldomMatcher

REACH: Final = 8
"""Characters that may stand between the two parts of a cue of an emergency, or of a look-alike."""

FAR_REACH: Final = 12
"""The same for self-harm, which people veil in more words."""

_CUES: Final = frozenset(("self_harm", "emergency"))

_GAP_MARK: Final = "…"
_STRONG_ENDS: Final = frozenset(chr(END) + "\n!?。;…~～()[]")
_SOFT_ENDS: Final = frozenset(", :")
_SEPARATORS: Final = " *.-_·"
_IS_SEPARATOR: Final = marks_table(_SEPARATORS)
_FIRST_IDEOGRAPH: Final = 0x4E00
_EVERYDAY: Final = frozenset((
    "没有", "自己", "坐", "出来", "一天", "孩子", "翻", "血", "两个", "他们", "走了",
    "三天", "没人", "不用", "你们", "没了", "一百", "不会", "心里", "半夜", "里头",
    "不上", "跳", "吐", "断", "老公", "家里", "不出", "夜里", "肚子", "老婆", "不疼",
    "大家", "两天", "眼睛", "还给", "算了", "投", "喘", "差点", "不到", "脖子", "不动",
    "意思", "半个", "多少", "半小时", "死了", "脱", "手指", "没什么", "膝盖", "一边",
    "喝了", "四天", "一把", "窗户",
))  # fmt: skip
"""Words of every day: where one is part of a cue, the other part is looked up."""


@dataclass(frozen=True, slots=True)
class _Partners:
    """The other parts of cues in two parts, by their side of the looked-up part; `sought` finds whether one is there."""

    kinds: Mapping[str, str]
    behind: bool
    sought: Callable[[str, int, int], object]
    reach: int

    def joined(self, text: str, start: int, end: int) -> Iterator["_Span"]:
        """The cues that `text[start:end]` makes with a partner within reach, and whose parts belong together."""
        for partner, kind in self.kinds.items():
            size = len(partner)
            reach = FAR_REACH if kind == "self_harm" else REACH
            if self.behind:
                at = text.find(partner, end, end + reach + size)
                gap, first, last = (end, at), start, at + size
            else:
                at = text.rfind(partner, max(0, start - reach - size), start)
                gap, first, last = (at + size, start), at, end
            far = kind == "self_harm" or "不" in (partner if self.behind else text[start:end])
            if at >= 0 and _bridges(text[slice(*gap)], far):
                yield _Span(first, last, kind, gap)


@dataclass(frozen=True, slots=True)
class _Span:
    """What a row of risk.tsv names; with two parts, `between` are the end of the first and the start of the second."""

    start: int
    end: int
    kind: str
    between: tuple[int, int] | None = None


class _Row(NamedTuple):
    """What a phrase is: a cue or look-alike in itself (or None), a part of others, the begin of a reading."""

    kind: str | None
    before: "_Partners | None"
    behind: "_Partners | None"
    reading: bool

    def is_looked_up(self) -> bool:
        """Whether it can be or begin a cue, or hide one at a distance."""
        return self.kind in _CUES or self.before is not None or self.behind is not None or self.reading


class _Cover:
    """Stretches that look-alikes hold."""

    def __init__(self, spans: Sequence[_Span]) -> None:
        self._apart = _leftmost_longest(spans)
        self._starts = [span.start for span in self._apart]

    def hides(self, span: _Span) -> bool:
        """Whether one holds the first or the last character of the span, and is more than that part of it."""
        head_end, tail_start = span.between or (span.start, span.end)
        first, last = bisect_right(self._starts, span.start) - 1, bisect_left(self._starts, span.end) - 1
        if first >= 0:
            hold = self._apart[first]
            if hold.end > span.start and (hold.start < span.start or hold.end > head_end):
                return True
        if last < 0:
            return False
        hold = self._apart[last]
        return hold.end >= span.end and (hold.end > span.end or hold.start < tail_start)


class RiskFinder:
    """Looks risk.tsv up in a batch; README.md beside it says what a row means.

    Few texts hold a row, and only those are looked at one by one, for look-alikes and for whether what is said is said
    to be so. Positions are the batch's until a cue is made; END keeps texts apart.
    """

    def __init__(self, folder: Path = FOLDER) -> None:
        rows = load_risk(folder)
        whole = {phrase: kind for phrase, kind in rows.items() if _GAP_MARK not in phrase}
        partners = _partners(rows)
        phrases = tuple(dict.fromkeys((*whole, *partners, *sorted(READINGS))))
        self._rows = tuple(
            _Row(whole.get(word), *partners.get(word, (None, None)), word in READINGS) for word in phrases
        )
        self._matcher = SeldomMatcher(phrases)
        self._hides = np.array([row.kind == "not_risk" for row in self._rows], dtype=np.bool_)
        self._live = np.array([row.is_looked_up() for row in self._rows], dtype=np.bool_)

    def find(self, batch: Batch, hashes: NDArray[np.uint64], texts: Sequence[str]) -> dict[int, tuple[Cue, ...]]:
        """By index of the text its cues in order; texts without one are absent."""
        found = self._spans_by_text(batch, hashes)
        apart = _spelt_apart(batch)
        if apart:
            found.update(self._spans_spelt_apart({index: texts[index] for index in apart}))
        return {
            index: tuple(Cue(span.kind, span.start, span.end, texts[index][span.start : span.end]) for span in spans)
            for index, spans in found.items()
        }

    def _spans_spelt_apart(self, texts: Mapping[int, str]) -> Iterator[tuple[int, list[_Span]]]:
        """What the texts say without the separators, where each span stands in the text as it is."""
        places = [[at for at, mark in enumerate(text) if mark not in _SEPARATORS] for text in texts.values()]
        closed = ["".join(text[at] for at in kept) for text, kept in zip(texts.values(), places, strict=True)]
        batch = batch_of(closed)
        owners = tuple(texts)
        for which, spans in self._spans_by_text(batch, window_hashes(batch.codes)).items():
            kept = places[which]
            yield owners[which], [_Span(kept[one.start], kept[one.end - 1] + 1, one.kind) for one in spans]

    def _spans_by_text(self, batch: Batch, hashes: NDArray[np.uint64]) -> dict[int, list[_Span]]:
        found = self._matcher.candidates(hashes)
        live = found.only(self._live[found.phrase])
        if live.start.size == 0:
            return {}
        text = batch.codes.tobytes().decode("utf-32-le", "replace")
        named = self._named(text, live)
        if not named:
            return {}
        owners = batch.owner[np.array([span.start for span in named], dtype=np.int64)]
        owned: defaultdict[int, list[_Span]] = defaultdict(list)
        for span, index in zip(named, owners.tolist(), strict=True):
            owned[index].append(span)
        texts = np.fromiter(owned, dtype=np.int64, count=len(owned))
        offsets = batch.starts[texts]
        hidden = found.only(self._hides[found.phrase])
        lows = np.searchsorted(hidden.start, offsets)
        highs = np.searchsorted(hidden.start, offsets + batch.lengths[texts])
        starts, ends = hidden.start.tolist(), hidden.end.tolist()
        kept: dict[int, list[_Span]] = {}
        for (index, spans), offset, low, high in zip(
            owned.items(), offsets.tolist(), lows.tolist(), highs.tolist(), strict=True
        ):
            lookalikes = [_Span(starts[at], ends[at], "not_risk") for at in range(low, high)]
            standing = _standing(text, spans, lookalikes)
            if standing:
                kept[index] = [_Span(span.start - offset, span.end - offset, span.kind) for span in standing]
        return kept

    def _named(self, text: str, live: Matches) -> list[_Span]:
        """Every row that stands in the batch, but for look-alikes in one part."""
        named: list[_Span] = []
        rows = self._rows
        for start, end, phrase in zip(live.start.tolist(), live.end.tolist(), live.phrase.tolist(), strict=True):
            kind, before, behind, reading = rows[phrase]
            if kind in _CUES:
                named.append(_Span(start, end, kind))
            if before is not None and before.sought(text, start - before.reach, start):
                named.extend(before.joined(text, start, end))
            if behind is not None and behind.sought(text, end, end + behind.reach):
                named.extend(behind.joined(text, start, end))
            if reading:
                stop = reading_end(text, start)
                if stop is not None:
                    named.append(_Span(start, stop, "emergency"))
        return named


def _partners(rows: Mapping[str, str]) -> dict[str, tuple[_Partners | None, _Partners | None]]:
    """By the part to look up, which is no word of every day, or else the longer, those to seek before and behind it."""
    found: defaultdict[str, tuple[dict[str, str], dict[str, str]]] = defaultdict(lambda: ({}, {}))
    for phrase, kind in rows.items():
        if _GAP_MARK in phrase:
            head, tail = phrase.split(_GAP_MARK)
            if (head in _EVERYDAY, -len(head)) < (tail in _EVERYDAY, -len(tail)):
                found[head][True][tail] = kind
            else:
                found[tail][False][head] = kind
    return {word: (_side(before, False), _side(behind, True)) for word, (before, behind) in found.items()}


def _side(kinds: Mapping[str, str], behind: bool) -> _Partners | None:
    if not kinds:
        return None
    sought = re.compile("|".join(map(re.escape, kinds))).search
    reach = FAR_REACH if "self_harm" in kinds.values() else REACH
    return _Partners(kinds, behind, sought, reach + max(map(len, kinds)))


def _bridges(gap: str, far: bool) -> bool:
    """Whether two parts belong together: one clause, or past one comma for self-harm and what does not stop (止不住)."""
    return _STRONG_ENDS.isdisjoint(gap) and sum(mark in _SOFT_ENDS for mark in gap) <= far


def _standing(text: str, named: list[_Span], lookalikes: list[_Span]) -> list[_Span]:
    """Of the spans of one text those that no look-alike covers and that are said to be so, in order, none in another."""
    unreal: set[int] = set()
    standing: list[_Span] = []
    for span in sorted(_uncovered(text, named, lookalikes), key=_reading_order):
        if standing and span.start < standing[-1].end:
            continue
        if span.start not in unreal and _is_real(text, span):
            standing.append(span)
        else:
            unreal.add(span.start)
    return standing


def _uncovered(text: str, named: list[_Span], lookalikes: list[_Span]) -> list[_Span]:
    """Leftmost longest over cues and look-alikes in one part; those in two parts may not begin or end in a look-alike."""
    named = [span for span in named if span.between is None or not negates(text[slice(*span.between)])]
    apart = _leftmost_longest([*(span for span in named if span.between is None), *lookalikes])
    joined = [span for span in named if span.between is not None]
    if not joined:
        return [span for span in apart if span.kind != "not_risk"]
    hidden = _Cover([span for span in apart if span.kind == "not_risk"])
    joined = [span for span in joined if not hidden.hides(span)]
    veiled = _Cover([span for span in joined if span.kind == "not_risk"])
    return [span for span in (*apart, *joined) if span.kind != "not_risk" and not veiled.hides(span)]


def _reading_order(span: _Span) -> tuple[int, int]:
    return span.start, -span.end


def _is_real(text: str, span: _Span) -> bool:
    near = surroundings(text, span.start, span.end)
    return is_meant(near) if span.kind == "self_harm" else is_so(near)


def _leftmost_longest(spans: Sequence[_Span]) -> list[_Span]:
    kept: list[_Span] = []
    for span in sorted(spans, key=_reading_order):
        if not kept or span.start >= kept[-1].end:
            kept.append(span)
    return kept


def _spelt_apart(batch: Batch) -> list[int]:
    """Texts with a single Chinese character between two separators: 大 出 血, 自*杀."""
    codes = batch.codes
    marks = _IS_SEPARATOR[within_bmp(codes)]
    pairs = (marks[:-2] & marks[2:] & (codes[1:-1] >= _FIRST_IDEOGRAPH)).nonzero()[0]
    return np.unique(batch.owner[pairs]).tolist() if pairs.size else []

"""Where things go: a curve that never overshoots its points, how wide text is, and what would lie on what."""

import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TypeAlias

Pair: TypeAlias = tuple[float, float]

_WIDTHS = {"W": 1.0, "F": 1.0, "A": 0.7}


@dataclass(frozen=True, slots=True)
class Frame:
    """Places positions (0, 1, …) along one axis and values across it; a `swapped` one runs downwards."""

    along: Callable[[float], float]
    across: Callable[[float], float]
    swapped: bool = False

    def at(self, position: float, value: float) -> Pair:
        """x and y of a value at a position."""
        first, second = self.along(position), self.across(max(-1.04, min(1.04, value)))
        return (second, first) if self.swapped else (first, second)


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle, in the units of the drawing."""

    left: float
    top: float
    right: float
    bottom: float

    def meets(self, other: "Box", gap: float = 2) -> bool:
        """Whether the two lie on, or nearer than `gap` to, one another."""
        return (
            self.left < other.right + gap
            and other.left < self.right + gap
            and self.top < other.bottom + gap
            and other.top < self.bottom + gap
        )


def slopes(at: Sequence[float], values: Sequence[float]) -> list[float]:
    """Slopes that keep a cubic between its points (Fritsch and Butland, 1984: the weighted harmonic mean)."""
    if len(at) < 2:
        return [0.0] * len(at)
    steps = [b - a for a, b in pairwise(at)]
    secants = [(b - a) / step for (a, b), step in zip(pairwise(values), steps, strict=True)]
    inner = []
    for (before, after), (wide_before, wide_after) in zip(pairwise(secants), pairwise(steps), strict=True):
        if before * after <= 0:
            inner.append(0.0)
            continue
        weight = (wide_before + 2 * wide_after) / (3 * (wide_before + wide_after))
        inner.append(before * after / (weight * after + (1 - weight) * before))
    return [secants[0] if len(at) == 2 else 0.0, *inner, secants[-1] if len(at) == 2 else 0.0]


def bezier(at: Sequence[float], values: Sequence[float]) -> list[tuple[Pair, Pair, Pair, Pair]]:
    """Cubic segments between neighbouring points as (from, control, control, to), in positions and values."""
    rise = slopes(at, values)
    return [
        (
            (at[i], values[i]),
            (at[i] + (at[i + 1] - at[i]) / 3, values[i] + rise[i] * (at[i + 1] - at[i]) / 3),
            (at[i + 1] - (at[i + 1] - at[i]) / 3, values[i + 1] - rise[i + 1] * (at[i + 1] - at[i]) / 3),
            (at[i + 1], values[i + 1]),
        )
        for i in range(len(at) - 1)
    ]


def runs(present: Sequence[bool]) -> list[list[int]]:
    """Neighbouring indices that are present, run by run."""
    found: list[list[int]] = []
    for index, here in enumerate(present):
        if here and index and present[index - 1]:
            found[-1].append(index)
        elif here:
            found.append([index])
    return found


def text_width(words: str, size: float) -> float:
    """An upper estimate in the systems' Chinese faces, without any font at hand."""
    return size * sum(_WIDTHS.get(unicodedata.east_asian_width(sign), 0.6 if sign != " " else 0.3) for sign in words)


def wrap(words: str, size: float, width: float, most: int) -> list[str]:
    """Lines no wider than `width`, broken at blanks and between Chinese signs, of about one length; [] when it takes
    more than `most` of them."""
    lines = _broken(words, size, width)
    if len(lines) > most or any(text_width(line, size) > width for line in lines):
        return []
    narrower = width
    while len(lines) > 1 and len(closer := _broken(words, size, narrower := narrower - size / 2)) == len(lines):
        if any(text_width(line, size) > narrower for line in closer):
            break
        lines = closer
    return lines


def _broken(words: str, size: float, width: float) -> list[str]:
    """Filled lines; one is wider than `width` where a word without a blank does not fit, or nothing would."""
    lines = [""]
    for sign in words:
        if text_width(lines[-1] + sign, size) <= width:
            lines[-1] += sign
            continue
        head, blank, rest = lines[-1].rpartition(" ")
        latin = sign.isascii() and sign != " " and lines[-1][-1:].isascii()
        if latin and not blank:
            lines[-1] += sign
        else:
            lines[-1:] = [head, rest + sign] if latin else [lines[-1], sign]
    return [line.strip() for line in lines if line.strip()]


def cut(words: str, size: float, width: float) -> list[str]:
    """One line that fits, ending in an ellipsis where it had to be cut; nothing for no words."""
    if not words or text_width(words, size) <= width:
        return [words] if words else []
    kept = words
    while kept and text_width(kept + "…", size) > width:
        kept = kept[:-1]
    return [kept.rstrip() + "…"]

"""What a chart is drawn from: points and the words beside them. Values are sentiments in [−1, 1]."""

import math
from dataclasses import dataclass
from typing import Literal, TypeAlias

Mark: TypeAlias = Literal["valley", "peak"]
Layout: TypeAlias = Literal["wide", "medium", "narrow"]


@dataclass(frozen=True, slots=True)
class ChartPoint:
    """One position on the road: a stage, a day or a touchpoint.

    `value` None (or NaN) leaves a gap, a bound None draws no interval there. `sub_label` stands under `label`, as in
    «24 人 84 条». `mark` says that the point belongs to the set of valleys or peaks, and `note` what to call it there
    instead of the word for a certain one («可能是低谷»). `enough` False draws it hollow and dashed. `href` opens what
    lies behind it.
    """

    label: str
    value: float | None
    lower: float | None = None
    upper: float | None = None
    band_lower: float | None = None
    band_upper: float | None = None
    sub_label: str = ""
    mark: Mark | None = None
    note: str = ""
    href: str | None = None
    enough: bool = True


@dataclass(frozen=True, slots=True)
class ChartWords:
    """Words of the reader's language. `interval` is a pattern with {value}, {lower} and {upper}."""

    good: str
    neutral: str
    bad: str
    valley: str
    peak: str
    too_little: str
    missing: str
    interval: str = "{value}（{lower} ~ {upper}）"


@dataclass(frozen=True, slots=True)
class TrackPoint:
    """One step of a smooth curve: `at` is its place between the positions 0, 1, …; None leaves a gap."""

    at: float
    value: float | None
    band_lower: float | None = None
    band_upper: float | None = None


@dataclass(frozen=True, slots=True)
class SmallPoint:
    """One own entry: `at` is its place in time in any unit, `label` is drawn where it finds room."""

    at: float
    value: float
    label: str = ""


def known(value: float | None) -> float | None:
    """The value, or None for NaN and infinities: nothing that can be drawn."""
    return value if value is not None and math.isfinite(value) else None


def format_value(value: float) -> str:
    """Two decimals with a true minus sign, and no sign on zero."""
    text = f"{value:.2f}"
    return "0.00" if text == "-0.00" else text.replace("-", "−")


def format_interval(point: ChartPoint, words: ChartWords) -> tuple[str, str]:
    """The value with its interval in one piece, and the interval alone ("" when unknown)."""
    value, lower, upper = known(point.value), known(point.lower), known(point.upper)
    if value is None:
        return words.missing, ""
    if lower is None or upper is None:
        return format_value(value), ""
    whole = words.interval.format(value=format_value(value), lower=format_value(lower), upper=format_value(upper))
    return whole, f"{format_value(lower)} ~ {format_value(upper)}"


def mark_word(point: ChartPoint, words: ChartWords) -> str:
    """What the point is called beside its mark: its note, or the word for a valley, a peak, too little evidence."""
    if point.note or known(point.value) is None:
        return point.note
    if not point.enough:
        return words.too_little
    return {"valley": words.valley, "peak": words.peak}.get(point.mark or "", "")


def spoken(point: ChartPoint, words: ChartWords) -> str:
    """All that the point shows, as a phrase for a screen reader or a tooltip."""
    word = mark_word(point, words)
    return " ".join(part for part in (point.label, word, format_interval(point, words)[0], point.sub_label) if part)

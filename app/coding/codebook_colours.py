"""Colours of codes: a palette to choose from, and any other colour made readable on paper by day and by night.

The palette was searched for so that each two colours differ as much as can be, also as people with protanopia and deuteranopia
see them (Machado, Oliveira and Fernandes 2009), while each keeps 3:1 against the papers (WCAG 2.2, 1.4.11). A name always
stands beside a colour: no palette of this size can be told apart by colour alone.
"""

from collections.abc import Iterable, Mapping
from functools import cache
from types import MappingProxyType

from app.web.i18n import mark

PALETTE: Mapping[str, str] = MappingProxyType(
    {
        "#3073d9": mark("蓝"),
        "#c97534": mark("橙"),
        "#1d7a85": mark("青"),
        "#d1392e": mark("砖红"),
        "#a347ba": mark("紫"),
        "#5a751a": mark("橄榄"),
        "#ba4e9a": mark("玫红"),
        "#7d7257": mark("褐"),
        "#3b9c5b": mark("绿"),
        "#8284d1": mark("丁香"),
        "#8b8b8b": mark("灰"),
    }
)
# The papers of tokens.css that a colour must be seen on: --paper and --sheet, light and dark.
PAPERS = ("#f7f4ee", "#fffdf9", "#191714", "#221f1b")
LEAST_CONTRAST = 3.0
STEPS = 32


def next_colour(taken: Iterable[str]) -> str:
    """Return the colour of the palette that is used least among ``taken``."""
    known = list(taken)
    return min(PALETTE, key=known.count)


@cache
def readable(colour: str) -> str:
    """Return ``colour``, or where it fades on one of the papers the nearest lighter or darker one that does not."""
    light, dark = (min(_luminance(paper) for paper in PAPERS[:2]), max(_luminance(paper) for paper in PAPERS[2:]))
    most = (light + 0.05) / LEAST_CONTRAST - 0.05
    least = (dark + 0.05) * LEAST_CONTRAST - 0.05
    if least <= _luminance(colour) <= most:
        return colour
    target = "#000000" if _luminance(colour) > most else "#ffffff"
    mixed = (_mixed(colour, target, step / STEPS) for step in range(1, STEPS + 1))
    return next(one for one in mixed if least <= _luminance(one) <= most)


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of two colours, 1 to 21 (WCAG 2.2)."""
    dark, light = sorted((_luminance(one), _luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def _channels(colour: str) -> tuple[int, ...]:
    return tuple(int(colour[place : place + 2], 16) for place in (1, 3, 5))


def _luminance(colour: str) -> float:
    linear = [_linear(channel / 255) for channel in _channels(colour)]
    return sum(share * channel for share, channel in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def _linear(channel: float) -> float:
    return channel / 12.92 if channel <= 0.04045 else float(((channel + 0.055) / 1.055) ** 2.4)


def _mixed(colour: str, target: str, share: float) -> str:
    pairs = zip(_channels(colour), _channels(target), strict=True)
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in pairs)

"""Elements and colours of an SVG. Text and attributes are escaped here and nowhere else."""

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import TypeAlias

from markupsafe import Markup, escape

Palette: TypeAlias = Mapping[str, str]

_PAPER = {
    "ink": "#24211d",
    "ink-2": "#5d574e",
    "ink-3": "#7a7368",
    "line": "#e4ded2",
    "line-2": "#cfc6b6",
    "low": "#b83a22",
    "high": "#0f6662",
    "flat": "#6d675d",
    "focus": "#1d5fd1",
    "sheet": "#fffdf9",
    "sans": "PingFang SC, HarmonyOS Sans SC, MiSans, Noto Sans CJK SC, Source Han Sans SC, Microsoft YaHei, sans-serif",
    "serif": "Songti SC, STSong, Noto Serif CJK SC, Source Han Serif SC, SimSun, Noto Sans CJK SC, serif",
}
STANDALONE: Palette = MappingProxyType(_PAPER)
INLINE: Palette = MappingProxyType({role: f"var(--{role}, {colour})" for role, colour in _PAPER.items()})

# What XML 1.0 cannot hold even when escaped, and lone surrogates.
_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_ADDRESS = re.compile(r"(?:https?://|[/?#])[^\s]*\Z")


def text(words: str) -> Markup:
    """Escape words for use between tags."""
    return escape(_ILLEGAL.sub("", words))


def number(value: float) -> str:
    """At most two decimals, no trailing zeros."""
    written = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if written == "-0" else written


def element(name: str, *children: Markup, **attributes: str | float | None) -> Markup:
    """An element; `stroke_width` becomes stroke-width, a trailing underscore is dropped, None is left out."""
    written = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{text(number(value) if isinstance(value, (int, float)) else value)}"'
        for key, value in attributes.items()
        if value is not None
    )
    inner = "".join(children)
    return Markup(f"<{name}{written}>{inner}</{name}>" if inner else f"<{name}{written}/>")  # noqa: S704 every part is escaped


def label(
    words: str,
    x: float,
    y: float,
    *,
    size: float,
    fill: str,
    anchor: str = "middle",
    bold: bool = False,
    halo: str | None = None,
    transform: str | None = None,
) -> Markup:
    """A line of text; `halo` is the colour that keeps it readable where it crosses the curve."""
    return element(
        "text",
        text(words),
        x=x,
        y=y,
        font_size=size,
        fill=fill,
        text_anchor=None if anchor == "start" else anchor,
        font_weight="600" if bold else None,
        stroke=halo,
        stroke_width=4 if halo else None,
        stroke_linejoin="round" if halo else None,
        paint_order="stroke" if halo else None,
        transform=transform,
    )


def safe_address(href: str) -> str:
    """Return `href`; ValueError unless it is http(s) or begins with /, ? or #, so that no address runs a script."""
    if not _ADDRESS.match(href):
        raise ValueError("a chart links only to http(s) and relative addresses that begin with /, ? or #")
    return href

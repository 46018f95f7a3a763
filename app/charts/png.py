"""A picture file from a standalone SVG."""

from functools import cache

import resvg_py

from app.charts.errors import ChineseFontMissing
from app.charts.markup import STANDALONE

_FIRST_IDEOGRAPHIC = "⺀"
# Of millimetres in a picture that says its size in them; without it they count for nothing.
DPI = 96.0
_PROBE = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="40" height="40">'
    '<text x="2" y="32" font-size="32" font-family="{family}">{sign}</text></svg>'
)


def svg_to_png(svg: str, *, width: int) -> bytes:
    """Render a standalone SVG to PNG, `width` pixels across.

    Raises ChineseFontMissing when it holds Chinese words and no installed face has them, ValueError for anything that
    is not an SVG.
    """
    if any(sign >= _FIRST_IDEOGRAPHIC for sign in svg) and not can_draw_chinese():
        raise ChineseFontMissing
    return resvg_py.svg_to_bytes(svg_string=svg, width=width, languages=["zh-CN"], dpi=DPI)


@cache
def can_draw_chinese() -> bool:
    """Whether two Chinese signs come out differently: without a face both are nothing, or the same empty box."""
    return _probe("路") != _probe("心")


def _probe(sign: str) -> bytes:
    return resvg_py.svg_to_bytes(svg_string=_PROBE.format(family=STANDALONE["sans"], sign=sign))

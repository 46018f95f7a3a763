"""Charts: SVG from numbers and words, PNG from SVG. Pure, and without knowledge of any feature."""

from app.charts.curve import curve_svg
from app.charts.errors import ChineseFontMissing
from app.charts.pair import Difference, curves_svg
from app.charts.png import svg_to_png
from app.charts.points import ChartPoint, ChartWords, SmallPoint, TrackPoint
from app.charts.small import small_curve_svg

__all__ = [
    "ChartPoint",
    "ChartWords",
    "ChineseFontMissing",
    "Difference",
    "SmallPoint",
    "TrackPoint",
    "curve_svg",
    "curves_svg",
    "small_curve_svg",
    "svg_to_png",
]

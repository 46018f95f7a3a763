"""The emotion curve as an SVG: the hero of a study's page, and a picture that stands on its own."""

from collections.abc import Sequence

from markupsafe import Markup

from app.charts.across import Across, draw_across
from app.charts.down import draw_down
from app.charts.geometry import text_width, wrap
from app.charts.markup import INLINE, STANDALONE, Palette, element, label, text
from app.charts.points import ChartPoint, ChartWords, Layout, TrackPoint

WIDTHS: dict[Layout, float] = {"wide": 1300.0, "medium": 720.0, "narrow": 343.0}
MARGIN = 28.0
TITLE_SIZE = 20.0
CAPTION_SIZE = 13.0


def curve_svg(
    points: Sequence[ChartPoint],
    *,
    words: ChartWords,
    layout: Layout = "wide",
    standalone: bool = False,
    title: str,
    description: str,
    caption: str = "",
    chart_id: str = "curve",
    behind: Sequence[ChartPoint] = (),
    smooth: Sequence[TrackPoint] = (),
) -> Markup:
    """Draw the curve as one `<svg>` element, safe to put into a template as it is.

    Inline, colours are the page's custom properties (with the light ones as fallback) and the size follows the page;
    `static/charts.css` adds focus rings and shows the layout that fits. Without any style attribute or element it needs
    no exception in a content security policy. Standalone, colours and size are written out on a paper ground, `title`
    and `caption` are drawn, and nothing is linked. `chart_id` must be unique on the page for each layout.

    `behind` is another curve over the same positions, drawn pale and dashed under this one and not named. `smooth` runs
    through the points in place of the line from point to point, with its own band.

    "wide" is 1300 units across, "medium" 720, "narrow" 343 and runs from top to bottom.
    """
    palette = STANDALONE if standalone else INLINE
    width = WIDTHS[layout]
    top = (46.0 if layout == "narrow" else 40.0) if standalone else 0.0
    draw = draw_down if layout == "narrow" else draw_across
    chart = draw(points, words, palette, width=width, top=top, behind=behind, smooth=smooth)
    return framed(
        chart,
        palette,
        width,
        layout=layout,
        standalone=standalone,
        title=title,
        description=description,
        caption=caption,
        chart_id=chart_id,
    )


def framed(
    chart: Across,
    palette: Palette,
    width: float,
    *,
    layout: Layout,
    standalone: bool,
    title: str,
    description: str,
    caption: str,
    chart_id: str,
) -> Markup:
    """The drawing as one `<svg>`: as part of a page, or a picture with its title and caption."""
    head = (
        element("title", text(title), id=f"{chart_id}-{layout}-title"),
        element("desc", text(description), id=f"{chart_id}-{layout}-desc"),
    )
    if standalone:
        return _picture(chart, head, palette, width, title, caption)
    picture = element("g", chart.drawing, role="img", aria_label=title)
    return _svg(
        *head,
        picture,
        chart.links,
        view_box=f"0 0 {width:g} {chart.height:.0f}",
        palette=palette,
        class_=f"chart chart-{layout}",
        role="group",
        aria_labelledby=f"{chart_id}-{layout}-title",
        aria_describedby=f"{chart_id}-{layout}-desc",
    )


def _svg(*children: Markup, view_box: str, palette: Palette, **attributes: str | float | None) -> Markup:
    return element(
        "svg",
        *children,
        xmlns="http://www.w3.org/2000/svg",
        viewBox=view_box,
        font_family=palette["sans"],
        **attributes,
    )


def _picture(
    chart: Across, head: tuple[Markup, Markup], palette: Palette, width: float, title: str, caption: str
) -> Markup:
    """On paper, with a margin, the title above and the caption below."""
    title_size = min(TITLE_SIZE, TITLE_SIZE * width / max(text_width(title, TITLE_SIZE), 1.0))
    lines = wrap(caption, CAPTION_SIZE, width, 6) or ([caption] if caption else [])
    foot = chart.height + 12
    drawn = Markup().join(
        (
            element(
                "text",
                text(title),
                x=0,
                y=20,
                font_size=title_size,
                font_weight="600",
                fill=palette["ink"],
                font_family=palette["serif"],
            ),
            chart.drawing,
            *(
                label(written, 0, foot + 12 + i * 20, size=CAPTION_SIZE, fill=palette["ink-2"], anchor="start")
                for i, written in enumerate(lines)
            ),
        )
    )
    whole, height = width + 2 * MARGIN, foot + len(lines) * 20 + 2 * MARGIN
    return _svg(
        *head,
        element("rect", width=whole, height=height, fill=palette["sheet"]),
        element("g", drawn, transform=f"translate({MARGIN:g} {MARGIN:g})"),
        view_box=f"0 0 {whole:g} {height:.0f}",
        palette=palette,
        width=whole,
        height=float(round(height)),
        role="img",
        aria_label=title,
    )

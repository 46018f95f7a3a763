"""A report as one HTML file that asks nobody for anything: style inside, pictures as SVG, no script."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from app.maps.report.blocks import Report
from app.web.i18n import mark as _
from app.web.i18n import translate

MAPS: Final = Path(__file__).parent.parent
STYLES: Final = (MAPS.parent / "web/static/tokens.css", MAPS / "static/report.css")
OWN: Final = "main { max-width: 1040px; margin: 0 auto; padding: 24px 16px; }"


def drawn(markup: str) -> Markup:
    """Return markup of this program's own (an SVG, a style sheet), in which every word is escaped already, as it is."""
    return Markup(markup)  # noqa: S704 app.charts.markup escapes what stands in it


def words() -> Mapping[str, str]:
    """Return the few words of the frame."""
    return {"appendix": translate(_("附录：备查"))}


def report_html(report: Report) -> str:
    """Return the whole file."""
    environment = Environment(
        loader=FileSystemLoader(MAPS / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    style = "\n".join([*(path.read_text(encoding="utf-8") for path in STYLES), OWN])
    return environment.get_template("maps/report_file.html").render(
        report=report, words=words(), style=style, drawn=drawn
    )

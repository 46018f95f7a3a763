"""A report as PDF: A4 for reading, the map on a sheet of A3."""

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from app.charts.pdf import FACES, SERIF_FACES, typeset
from app.maps.report.blocks import Figure, Report, Section
from app.maps.report.html import words

TEMPLATE: Final = Path(__file__).with_name("report.typ.txt")


def report_pdf(report: Report) -> bytes:
    """Return the PDF. Raises what app.charts.pdf.typeset raises: ChineseFontMissing, PdfBusy, PdfFailed."""
    return typeset(TEMPLATE.read_text(encoding="utf-8"), *told(report))


def told(report: Report) -> tuple[Mapping[str, object], Mapping[str, str]]:
    """Return what the template reads: everything that is said, and pictures as SVG by name."""
    pictures: dict[str, str] = {}
    language, _, region = report.language.partition("-")
    said = {
        "faces": FACES,
        "serif": SERIF_FACES,
        "lang": language,
        "region": (region or "us").lower(),
        "words": words(),
        "report": {
            "title": report.title,
            "heading": report.heading,
            "subtitle": report.subtitle,
            "lead": [list(one) for one in report.lead],
            "foot": report.foot,
        },
        "body": [_section(one, pictures) for one in report.body],
        "appendix": [_section(one, pictures) for one in report.appendix],
    }
    return said, pictures


def _section(section: Section, pictures: dict[str, str]) -> Mapping[str, Any]:
    blocks = []
    for block in section.blocks:
        said = asdict(block)
        if isinstance(block, Figure):
            name = f"picture-{len(pictures)}.svg"
            pictures[name] = block.paper
            said = {"kind": block.kind, "size": block.size, "alt": block.alt, "paper": name}
        blocks.append(said)
    return {"heading": section.heading, "blocks": blocks}

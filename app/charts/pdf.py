"""PDF from a standalone SVG, or from a template and what is told to it as JSON. Set in a short-lived process (pdf_worker)."""

import json
import subprocess
import sys
import threading
from collections.abc import Mapping
from typing import Any, Final, Literal

from app.charts.errors import ChineseFontMissing, PdfBusy, PdfFailed
from app.charts.markup import STANDALONE
from app.web.i18n import mark as _

FIRST_IDEOGRAPHIC: Final = "⺀"
NO_CHINESE_FACE: Final = 3
"""The worker's exit status; not imported from there, as that would load the typesetter."""
MOST_SECONDS: Final = 60
MOST_CHARACTERS: Final = 8_000_000
AT_ONCE: Final = 2
"""So many are set at once in one process of the server: each takes some 170 MB."""
MOST_WAIT: Final = 30

_places = threading.BoundedSemaphore(AT_ONCE)
_PICTURE = """
#set page(width: {width}mm, height: {height}mm, margin: 0pt)
#set document(title: json("told.json").title)
#image("picture.svg", width: 100%, height: 100%, alt: json("told.json").title)
"""


def svg_to_pdf(svg: str, *, width: float, height: float, title: str) -> bytes:
    """Return a PDF of one page, ``width`` × ``height`` millimetres, that shows the SVG with its text as text.

    Raises what ``typeset`` raises.
    """
    page = _PICTURE.format(width=f"{width:g}", height=f"{height:g}")
    return typeset(page, {"title": title}, {"picture.svg": svg})


def typeset(
    template: str,
    told: Mapping[str, object],
    pictures: Mapping[str, str] | None = None,
    *,
    form: Literal["pdf", "png"] = "pdf",
    ppi: float = 72.0,
) -> bytes:
    """Return what the typst ``template`` makes of ``told`` (its ``told.json``) and SVGs by name: a PDF, or its first page.

    What people wrote goes into ``told``, never into the template: there it is text and cannot become markup. Raises
    ChineseFontMissing when there are Chinese words and no face for them, PdfBusy when the two places are taken for half a
    minute, PdfFailed for what cannot be set, is longer than 8 million characters, or takes longer than a minute.
    """
    files = {"main.typ": template, "told.json": json.dumps(told, ensure_ascii=False), **(pictures or {})}
    if sum(map(len, files.values())) > MOST_CHARACTERS:
        raise PdfFailed()
    chinese = any(sign >= FIRST_IDEOGRAPHIC for words in files.values() for sign in words)
    if not _places.acquire(timeout=MOST_WAIT):
        raise PdfBusy()
    try:
        return _made({"files": files, "format": form, "ppi": ppi, "chinese": chinese})
    finally:
        _places.release()


def _made(asked: Mapping[str, Any]) -> bytes:
    command = [sys.executable, "-m", "app.charts.pdf_worker"]
    try:
        done = subprocess.run(  # noqa: S603 the program's own module, told nothing but what is on its standard input
            command, input=json.dumps(asked).encode(), capture_output=True, timeout=MOST_SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        raise PdfFailed() from None
    if done.returncode == NO_CHINESE_FACE:
        raise ChineseFontMissing(
            _("这台机器上没有中文字体，排不出 PDF"),
            remedy=_("请安装 Noto Sans CJK（Debian：fonts-noto-cjk），或改取 .svg、.html。"),
        )
    if done.returncode:
        raise PdfFailed()
    return done.stdout


FACES: Final = tuple(face.strip() for face in STANDALONE["sans"].split(",") if not face.strip().endswith("serif"))
SERIF_FACES: Final = tuple(
    face.strip() for face in STANDALONE["serif"].split(",") if not face.strip().endswith("serif")
)
"""Faces by name, the first at hand is used; where none is, any that has the signs."""

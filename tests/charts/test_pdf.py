"""PDF: words stay words whatever signs they hold, a face is there for them or it is said, and nothing is fetched."""

import pytest

from app.charts import ChineseFontMissing
from app.charts import pdf as pdf_charts
from app.charts.errors import PdfBusy, PdfFailed
from app.charts.pdf import svg_to_pdf, typeset
from tests.support import run

PLAIN = '#set page(width: 300pt, height: 40pt, margin: 4pt)\n#text(json("told.json").words)'
MARKUP = [
    "#panic()",
    "$x^2$",
    "@nobody",
    "*strong*",
    "_thin_",
    "<label>",
    "\\u{41}",
    "`code`",
    "= head",
    "- list",
    "//",
]


def shown(words: str) -> bytes:
    return typeset(PLAIN, {"words": words}, form="png")


def escaped(words: str) -> str:
    return PLAIN.replace('json("told.json").words', '"' + words.replace("\\", "\\\\").replace('"', '\\"') + '"')


def test_words_of_people_are_never_markup() -> None:
    together = " ".join(MARKUP)
    assert shown(together) == typeset(escaped(together), {}, form="png")
    assert shown(together) != shown(together.replace("#", "")), "what is compared is really drawn"


def test_a_picture_becomes_one_page_of_its_size() -> None:
    svg = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><text x="1" y="5" font-size="3">abc</text></svg>'
    file = svg_to_pdf(svg, width=420, height=297, title="# $ map")
    assert file.startswith(b"%PDF-")
    assert file.count(b"/MediaBox") == 1


def test_without_a_chinese_face_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TYPST_IGNORE_SYSTEM_FONTS", "true")
    with pytest.raises(ChineseFontMissing) as caught:
        shown("恢复")
    assert "PDF" in caught.value.title
    assert shown("recovery"), "words of other scripts need none"


def test_chinese_words_are_set_where_there_is_a_face() -> None:
    run.require("chinese-font")
    assert shown("恢复") != shown("分享")


def test_a_template_that_asks_for_a_package_gets_none() -> None:
    with pytest.raises(PdfFailed):
        typeset('#import "@preview/cetz:0.3.4": canvas\n#canvas({})', {})


def test_what_is_too_long_is_refused_before_anything_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf_charts, "MOST_CHARACTERS", 10)
    with pytest.raises(PdfFailed):
        shown("a word too many")


def test_as_many_as_may_be_at_once_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf_charts, "MOST_WAIT", 0.01)
    for _ in range(pdf_charts.AT_ONCE):
        assert pdf_charts._places.acquire(blocking=False)
    try:
        with pytest.raises(PdfBusy):
            shown("a")
    finally:
        for _ in range(pdf_charts.AT_ONCE):
            pdf_charts._places.release()
    assert shown("a")

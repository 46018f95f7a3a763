"""A map as a file: one page of A3, with the same words in the picture, on the slide and on paper."""

import functools
import io
import re
import struct
import zlib
from collections.abc import Iterator
from typing import Any
from uuid import uuid4
from xml.etree import ElementTree as ET

import pytest
import resvg_py
from pptx import Presentation
from pptx.util import Mm

from app.charts.png import can_draw_chinese
from app.participants import consents
from app.participants.models import Participant
from tests.maps.map_site import MapSite
from tests.support import run
from tests.support.cast import Cast
from tests.support.databases import only_on

SAID = "半夜疼得睡不着，按铃没人理"
SILENT = "夜里疼醒三次，再也睡不着"
HOSTILE = r'<b>#a</b> $x$ @y *z* _w_ \u{41} `c` "q" & #include(1)'
HOSTILE_WORDS = (HOSTILE, "=1+1", "]]>", "{{ 7 }}", "第三行 %(n)s {n}")
SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture
def site(cast: Cast) -> MapSite:
    """Two people tell of nights; P01 agreed to be quoted, P02 did not. The team wrote notes that look like markup."""
    for code, words in (("P01", SAID), ("P02", SILENT)):
        body = cast.entry(participant=code) | {"answers": {"feeling": words}}
        assert cast.put(body).status_code == 201
    with cast.store.write() as session:
        person = session.get_one(Participant, (cast.study_id, cast.people["P01"]))
        consents.give_consent(session, "user:test", person, ["diary", "quotes"], version=1, method="paper")
    return MapSite(cast)


@pytest.fixture
def map_id(site: MapSite) -> str:
    made = site.make(propose=True)
    for words in HOSTILE_WORDS:
        site.note(made, words, stage="visit", lane="thought")
    return made


def file_of(site: MapSite, map_id: str, kind: str, *, who: str = "owner", status: int = 200) -> bytes:
    answer = site.call("GET", f"/maps/{map_id}.{kind}", who=who)
    assert answer.status_code == status, answer.text
    return answer.content


def bare(words: str) -> str:
    """Words without blanks, which a line that was broken has lost."""
    return re.sub(r"\s", "", words)


def texts_of_svg(svg: bytes) -> list[str]:
    root = ET.fromstring(svg)  # noqa: S314 our own
    return [bare("".join(one.itertext())) for one in root.iter(f"{SVG}text")]


def texts_of_slide(file: bytes) -> list[str]:
    (slide,) = Presentation(io.BytesIO(file)).slides
    found = [
        paragraph.text for shape in slide.shapes if shape.has_text_frame for paragraph in shape.text_frame.paragraphs
    ]
    for shape in slide.shapes:
        if shape.has_table:
            cells = [cell for row in shape.table.rows for cell in row.cells]
            found += [paragraph.text for cell in cells for paragraph in cell.text_frame.paragraphs]
    return [bare(words) for words in found if words.strip()]


def signs_of_pdf(file: bytes) -> set[str]:
    """Return every sign that a PDF's fonts map back to: what can be found and copied in it."""
    signs: set[str] = set()
    for stream in re.findall(rb"stream\r?\n(.*?)\r?\nendstream", file, re.DOTALL):
        try:
            told = zlib.decompress(stream)
        except zlib.error:
            told = stream
        if b"beginbfchar" in told or b"beginbfrange" in told:
            for hexed in re.findall(rb"<[0-9A-Fa-f]+>\s*<([0-9A-Fa-f]+)>", told):
                signs.update(bytes.fromhex(hexed.decode()).decode("utf-16-be"))
    return signs


@only_on("sqlite")
def test_the_picture_holds_every_note_as_text_and_nothing_of_it_as_markup(site: MapSite, map_id: str) -> None:
    svg = file_of(site, map_id, "svg")
    root = ET.fromstring(svg)  # noqa: S314 our own
    assert (root.get("width"), root.get("height")) == ("420mm", "297mm")
    texts = texts_of_svg(svg)
    for words in HOSTILE_WORDS:
        assert any(one.startswith(bare(words)) for one in texts), words
    assert {"知晓", "恢复", "行为", "想法", "痛点", "爽点", "前台触点", "后台支持", "体验差距"} <= set(texts)
    drawn = ("svg", "title", "desc", "rect", "line", "text", "tspan", "path", "circle")
    assert {one.tag for one in root.iter()} <= {SVG + name for name in drawn}


@only_on("sqlite")
def test_a_slide_says_what_the_picture_says_in_shapes_and_text_that_can_be_edited(site: MapSite, map_id: str) -> None:
    file = file_of(site, map_id, "pptx")
    presentation = Presentation(io.BytesIO(file))
    assert (presentation.slide_width, presentation.slide_height) == (Mm(420), Mm(297))
    (slide,) = presentation.slides
    assert not [shape for shape in slide.shapes if shape.shape_type is not None and "PICTURE" in str(shape.shape_type)]
    assert sorted(texts_of_slide(file)) == sorted(one for one in texts_of_svg(file_of(site, map_id, "svg")) if one)
    for shape in slide.shapes:
        assert 0 <= shape.left <= shape.left + shape.width <= presentation.slide_width, shape.name
        assert 0 <= shape.top <= shape.top + shape.height <= presentation.slide_height, shape.name
    assert {"Microsoft YaHei"} == {
        face.get("typeface")
        for face in slide._element.iter("{http://schemas.openxmlformats.org/drawingml/2006/main}ea")
    }


def test_people_are_quoted_only_where_they_agreed_and_counted_elsewhere(site: MapSite, map_id: str) -> None:
    shown = "".join(texts_of_svg(file_of(site, map_id, "svg")))
    document = site.call("GET", f"/maps/{map_id}.json").json()
    quotes = [
        one["words"]
        for stage in document["stages"]
        for cell in stage["cells"].values()
        for note in cell
        for one in note["quotes"]
    ]
    assert quotes
    assert all(one in SAID for one in quotes)
    assert all(part not in shown for part in ("夜里疼醒三次", "再也睡不着"))
    assert "再也睡不着" not in "".join(texts_of_slide(file_of(site, map_id, "pptx")))
    with site.cast.store.write() as session:
        person = session.get_one(Participant, (site.cast.study_id, site.cast.people["P01"]))
        consents.withdraw_purpose(session, "user:test", person, "quotes")
    after = site.call("GET", f"/maps/{map_id}.json").json()
    assert not [
        one for stage in after["stages"] for cell in stage["cells"].values() for note in cell for one in note["quotes"]
    ]
    assert "半夜疼得睡不着" not in "".join(texts_of_svg(file_of(site, map_id, "svg")))


@only_on("sqlite")
def test_who_may_read_no_words_gets_none_in_any_form(site: MapSite, map_id: str) -> None:
    assert "半夜疼" not in "".join(texts_of_svg(file_of(site, map_id, "svg", who="viewer")))
    document = file_of(site, map_id, "json", who="viewer").decode()
    assert "半夜疼" not in document
    assert HOSTILE_WORDS[1] in document, "the team's own notes stay"
    assert "半夜疼" not in "".join(texts_of_slide(file_of(site, map_id, "pptx", who="viewer")))
    file_of(site, map_id, "svg", who="stranger", status=404)


@only_on("sqlite")
def test_a_study_without_a_map_hands_on_its_proposal_and_says_so(site: MapSite) -> None:
    answer = site.call("GET", "/map.svg")
    assert answer.status_code == 200
    assert "attachment" in answer.headers["content-disposition"]
    assert any("机器提出的草稿" in one for one in texts_of_svg(answer.content))
    assert site.call("GET", f"/maps/{uuid4()}.svg").status_code == 404
    assert site.call("GET", "/map.gif").status_code == 422


@only_on("sqlite")  # what is drawn does not depend on the database
def test_paper_is_one_page_of_a3_whose_words_can_be_found(site: MapSite, map_id: str) -> None:
    run.require("chinese-font")
    file = file_of(site, map_id, "pdf")
    assert file.startswith(b"%PDF-")
    boxes = re.findall(rb"/MediaBox\s*\[([^\]]+)\]", file)
    assert len(boxes) == 1
    assert [round(float(side) * 25.4 / 72) for side in boxes[0].split()[2:]] == [420, 297]
    assert set("行为想法痛点爽点前台触点后台支持体验差距#$@*`<") <= signs_of_pdf(file)


@only_on("sqlite")
def test_the_png_is_as_large_as_a3_needs(site: MapSite, map_id: str) -> None:
    run.require("chinese-font")
    png = file_of(site, map_id, "png")
    width, height = struct.unpack(">II", png[16:24])
    assert width == 3508
    assert abs(height - width * 297 / 420) < 3


@pytest.fixture
def no_fonts(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TYPST_IGNORE_SYSTEM_FONTS", "true")
    monkeypatch.setattr(resvg_py, "svg_to_bytes", functools.partial(resvg_py.svg_to_bytes, skip_system_fonts=True))
    can_draw_chinese.cache_clear()
    yield
    can_draw_chinese.cache_clear()


@only_on("sqlite")
@pytest.mark.usefixtures("no_fonts")
def test_without_a_chinese_font_png_and_pdf_say_so_and_the_rest_is_right(site: MapSite, map_id: str) -> None:
    for kind in ("png", "pdf"):
        refused: dict[str, Any] = site.call("GET", f"/maps/{map_id}.{kind}").json()
        assert (refused["status"], refused["code"]) == (503, "chinese_font_missing")
        assert "fonts-noto-cjk" in refused["detail"]
    for kind in ("svg", "pptx", "json"):
        file_of(site, map_id, kind)

"""A drawing as a presentation of one A3 slide: shapes, lines and a table that can be edited, and text that is text."""

from collections.abc import Iterator
from io import BytesIO
from typing import Any, Final

from pptx import Presentation
from pptx.dml.color import RGBColor
from pptx.enum.dml import MSO_LINE
from pptx.enum.shapes import MSO_CONNECTOR, MSO_SHAPE
from pptx.enum.text import MSO_ANCHOR, MSO_AUTO_SIZE, PP_ALIGN
from pptx.oxml.ns import qn
from pptx.util import Emu, Pt

from app.charts.geometry import Box, Pair
from app.maps.drawing.layout import GAP, MILLIMETRES
from app.maps.drawing.shapes import LINE, Cell, Drawing, Grid, Mark, Paragraph, Row, Rule, Stroke, Words
from app.maps.drawing.svg import PAPER

EAST_ASIAN: Final = "Microsoft YaHei"
"""Windows, Office for Mac and WPS have it; elsewhere programs take their own Chinese face in its place."""
LATIN: Final = "Arial"
POINT: Final = 12_700
MILLIMETRE: Final = 36_000
NO_GRID: Final = "{2D5ABB26-0587-4C30-8999-92F81FD0307C}"
TITLE_ONLY: Final = 5
_ALIGN: Final = {"start": PP_ALIGN.LEFT, "middle": PP_ALIGN.CENTER, "end": PP_ALIGN.RIGHT}


def drawing_pptx(drawing: Drawing) -> bytes:
    """Return the drawing as a PPTX file."""
    presentation = Presentation()
    presentation.slide_width, presentation.slide_height = (Emu(round(side * MILLIMETRE)) for side in MILLIMETRES)
    presentation.core_properties.title = drawing.title
    presentation.core_properties.author = ""
    presentation.core_properties.comments = drawing.description
    _name_faces(presentation)
    slide = presentation.slides.add_slide(presentation.slide_layouts[TITLE_ONLY])
    slide.background.fill.solid()
    slide.background.fill.fore_color.rgb = _colour("sheet")
    shapes = slide.shapes
    for index, shape in enumerate(drawing.shapes):
        match shape:
            case Words() if index == 0:
                _fill_words(shapes.title, shape)
            case Words():
                _fill_words(shapes.add_textbox(0, 0, 0, 0), shape)
            case Rule():
                _rule(shapes, shape)
            case Stroke():
                _stroke(shapes, shape)
            case Mark():
                _mark(shapes, shape)
    _table(shapes, drawing.grid)
    file = BytesIO()
    presentation.save(file)
    return file.getvalue()


def _emu(points: float) -> Emu:
    return Emu(round(points * POINT))


def _colour(role: str) -> RGBColor:
    red, green, blue = bytes.fromhex(PAPER[role].removeprefix("#"))
    return RGBColor(red, green, blue)  # type: ignore[no-untyped-call]


def _name_faces(presentation: Any) -> None:
    """Let the theme name a Chinese face, so that what people write into it later looks like the rest."""
    for part in presentation.slide_masters[0].part.rels.values():
        if part.reltype.endswith("/theme"):
            theme = part.target_part.blob
            part.target_part._blob = theme.replace(b'<a:ea typeface=""/>', f'<a:ea typeface="{EAST_ASIAN}"/>'.encode())


def _place(shape: Any, box: Box) -> None:
    shape.left, shape.top = _emu(box.left), _emu(box.top)
    shape.width, shape.height = _emu(box.right - box.left), _emu(box.bottom - box.top)


def _fill_words(shape: Any, words: Words) -> None:
    _place(shape, words.box)
    frame = shape.text_frame
    frame.margin_left = frame.margin_right = frame.margin_top = frame.margin_bottom = 0
    frame.auto_size, frame.vertical_anchor = MSO_AUTO_SIZE.NONE, MSO_ANCHOR.TOP
    frame.word_wrap = len(words.lines) > 1
    for index, whole in enumerate(words.text.split("\n")):
        paragraph = frame.paragraphs[0] if index == 0 else frame.add_paragraph()
        paragraph.alignment = _ALIGN[words.align]
        paragraph.line_spacing = Pt(words.size * LINE)
        _run(paragraph, whole, words.size, words.role, words.bold)


def _run(paragraph: Any, words: str, size: float, role: str, bold: bool) -> None:
    run = paragraph.add_run()
    # The package writes what XML cannot hold as _x000B_; the drawing's other forms leave it out, and so does this one.
    run.text = "".join(sign for sign in words if sign.isprintable())
    run.font.size, run.font.bold, run.font.name = Pt(size), bold, LATIN
    run.font.color.rgb = _colour(role)
    run.font.language_id = None
    properties = run._r.get_or_add_rPr()
    properties.set("lang", "zh-CN")
    properties.append(properties.makeelement(qn("a:ea"), {"typeface": EAST_ASIAN}))


def _line(line: Any, role: str, width: float, dash: tuple[float, float] | None) -> None:
    line.color.rgb, line.width = _colour(role), _emu(width)
    if dash:
        line.dash_style = MSO_LINE.DASH if dash[0] > 5 else MSO_LINE.ROUND_DOT


def _rule(shapes: Any, rule: Rule) -> None:
    ends = [_emu(value) for value in (*rule.start, *rule.end)]
    drawn = shapes.add_connector(MSO_CONNECTOR.STRAIGHT, *ends)
    _line(drawn.line, rule.role, rule.width, rule.dash)
    drawn.name = rule.name or drawn.name


def _mark(shapes: Any, mark: Mark) -> None:
    (x, y), radius = mark.at, mark.radius
    kind = MSO_SHAPE.DIAMOND if mark.kind == "diamond" else MSO_SHAPE.OVAL
    drawn = shapes.add_shape(kind, *(_emu(value) for value in (x - radius, y - radius, 2 * radius, 2 * radius)))
    drawn.fill.solid()
    drawn.fill.fore_color.rgb = _colour("sheet" if mark.kind == "ring" else mark.role)
    _line(drawn.line, mark.role if mark.kind == "ring" else "sheet", 2 if mark.kind == "ring" else 1.5, mark.dash)
    drawn.shadow.inherit = False
    drawn.name = mark.name or drawn.name


def _stroke(shapes: Any, stroke: Stroke) -> None:
    """A freeform of cubic segments: the builder knows straight ones only, so that its path is written anew."""
    across = [stroke.start, *(at for segment in stroke.segments for at in segment)]
    box = Box(
        min(x for x, _ in across), min(y for _, y in across), max(x for x, _ in across), max(y for _, y in across)
    )
    builder = shapes.build_freeform(_emu(box.left), _emu(box.top))
    builder.add_line_segments([(_emu(box.right), _emu(box.bottom))], close=False)
    drawn = builder.convert_to_shape()
    _place(drawn, box)
    path = drawn._element.find(f".//{qn('a:path')}")
    path.set("w", str(_emu(box.right - box.left)))
    path.set("h", str(_emu(box.bottom - box.top)))
    for child in list(path):
        path.remove(child)
    path.extend(_steps(path, stroke, box))
    drawn.shadow.inherit = False
    drawn.name = stroke.name or drawn.name
    if stroke.opacity is None:
        drawn.fill.background()
        _line(drawn.line, stroke.role, stroke.width, stroke.dash)
        return
    drawn.line.fill.background()
    drawn.fill.solid()
    drawn.fill.fore_color.rgb = _colour(stroke.role)
    colour = drawn._element.find(f".//{qn('a:solidFill')}/{qn('a:srgbClr')}")
    colour.append(colour.makeelement(qn("a:alpha"), {"val": str(round(stroke.opacity * 100_000))}))


def _steps(path: Any, stroke: Stroke, box: Box) -> Iterator[Any]:
    def corner(at: Pair) -> Any:
        there = {"x": str(_emu(at[0] - box.left)), "y": str(_emu(at[1] - box.top))}
        return path.makeelement(qn("a:pt"), there)

    begin = path.makeelement(qn("a:moveTo"), {})
    begin.append(corner(stroke.start))
    yield begin
    for segment in stroke.segments:
        step = path.makeelement(qn("a:cubicBezTo"), {})
        step.extend(corner(at) for at in segment)
        yield step
    if stroke.opacity is not None:
        yield path.makeelement(qn("a:close"), {})


def _table(shapes: Any, grid: Grid) -> None:
    columns = len(grid.rows[0].cells)
    width, height = grid.names_width + grid.column * columns, sum(row.height for row in grid.rows)
    drawn = shapes.add_table(
        len(grid.rows), columns + 1, *(_emu(value) for value in (grid.left, grid.top, width, height))
    )
    table = drawn.table
    drawn._element.find(f".//{qn('a:tableStyleId')}").text = NO_GRID
    table.first_row, table.first_col, table.horz_banding = True, True, False
    for index in range(columns + 1):
        table.columns[index].width = _emu(grid.column if index else grid.names_width)
    for number, row in enumerate(grid.rows):
        table.rows[number].height = _emu(row.height)
        name = Cell((Paragraph(row.name, (row.name,), "ink-2", bold=True, size=10.0),) if row.name else ())
        for index, cell in enumerate((name, *row.cells)):
            _cell(table.cell(number, index), cell, row, grid, firm=row.firm)


def _cell(drawn: Any, cell: Cell, row: Row, grid: Grid, *, firm: bool) -> None:
    drawn.margin_left = drawn.margin_right = drawn.margin_top = drawn.margin_bottom = _emu(grid.padding)
    drawn.vertical_anchor = MSO_ANCHOR.TOP
    for index, one in enumerate(cell.paragraphs):
        paragraph = drawn.text_frame.paragraphs[0] if index == 0 else drawn.text_frame.add_paragraph()
        size = one.size or (12.0 if row.head else grid.size)
        paragraph.line_spacing = Pt(size * LINE)
        paragraph.space_before = Pt(GAP if index else 0)
        paragraph.alignment = PP_ALIGN.CENTER if row.head and drawn is not None else PP_ALIGN.LEFT
        _run(paragraph, one.whole, size, one.role, one.bold)
    if not cell.paragraphs:
        # An empty cell is as high as its type, which is 18 points unless told.
        drawn.text_frame.paragraphs[0].font.size = Pt(min(grid.size, 8))
    properties = drawn._tc.get_or_add_tcPr()
    if not row.head:
        properties.append(_border(properties, "ink" if firm else "line", 1.2 if firm else 0.75))
    if cell.flagged:
        drawn.fill.solid()
        drawn.fill.fore_color.rgb = _colour("low-soft")


def _border(properties: Any, role: str, width: float) -> Any:
    border = properties.makeelement(qn("a:lnT"), {"w": str(_emu(width))})
    fill = border.makeelement(qn("a:solidFill"), {})
    fill.append(fill.makeelement(qn("a:srgbClr"), {"val": str(_colour(role))}))
    border.append(fill)
    return border

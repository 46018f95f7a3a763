"""Files that a codebook is read from: hostile, broken, or by another program."""

from uuid import UUID

import pytest

from app.core.errors import AppError
from app.exchange import codebook_files
from app.exchange.errors import CodebookRefused, CodebookUnreadable, CodebookUnsafe
from app.exchange.refi.codebook import read_qdc
from tests.coding.qdc_rules import ONE, qdc


@pytest.mark.parametrize(
    ("raw", "refused"),
    [
        (qdc(f"<Codes>{ONE}</Codes>", before='<!DOCTYPE x [<!ENTITY e "boom">]>'), CodebookUnsafe),
        (qdc(f"<Codes>{ONE}</Codes>", before='<!DOCTYPE x SYSTEM "file:///etc/passwd">'), CodebookUnsafe),
        (qdc("<Codes>" + "<Code name='x'>" * 70 + "</Code>" * 70 + "</Codes>"), CodebookUnsafe),
        (qdc("<Codes>" + ONE * 20_001 + "</Codes>"), CodebookUnsafe),
        (qdc("<Codes>" + ONE * 1_001 + "</Codes>"), CodebookRefused),
        (
            qdc("<Codes>" + "<Code name='x'><Description>" + "长" * 5_000 + "</Description></Code></Codes>"),
            CodebookRefused,
        ),
        (b" " * (4 << 20) + b"<x/>", CodebookUnsafe),
        (qdc("<Codes/>"), CodebookUnreadable),
        (b"<CodeBook><Codes>", CodebookUnreadable),
        (b"<Project xmlns='urn:QDA-XML:project:1.0'/>", CodebookUnreadable),
        (b"<?xml version='1.0' encoding='nonsense'?><CodeBook/>", CodebookUnreadable),
        (b"PK\x03\x04", CodebookUnreadable),
        (b"", CodebookUnreadable),
        (b"\xff\xff\xff", AppError),
        ("名字,颜色\n甲,红".encode(), AppError),
        ("名称,颜色\n甲,红".encode(), CodebookRefused),
        ("名称\n甲\n甲".encode(), CodebookRefused),
        (b"name,path,Name\na,b,c", AppError),
    ],
)
def test_hostile_and_broken_files_are_refused(raw: bytes, refused: type[AppError]) -> None:
    with pytest.raises(refused):
        codebook_files.read(raw)


def test_nothing_of_another_program_is_dropped_in_silence() -> None:
    raw = qdc(
        f"""<Codes><Code guid="{{1FF58B12-6F6F-4B0C-8BE5-BBDC91F55294}}" name=" 两
行 " isCodable="false" color="#4A0" extra="1"><Description>它</Description><Odd/>
        <Code guid="nonsense" name="{"长" * 90}" isCodable="true" color="red"/></Code></Codes>
        <Sets><Set guid="ECA18D76-2B8B-4F26-BC1D-19ECA19FB3F0" name="一组">
        <MemberCode guid="1FF58B12-6F6F-4B0C-8BE5-BBDC91F55294"/></Set></Sets>""",
        'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="a b" origin="ATLAS.ti"',
    )
    book = read_qdc(b"\xef\xbb\xbf" + raw)
    first, second = book.codes
    assert (first.name, first.colour, first.id) == ("两 行", "#44aa00", UUID("1ff58b12-6f6f-4b0c-8be5-bbdc91f55294"))
    assert (second.parent, second.id, second.colour, len(second.name)) == (0, None, None, 80)
    assert second.description == "长" * 90
    told = "\n".join(book.notes)
    for words in ("编码组“一组”", "Code/@extra", "Code/Odd", "isCodable", "guid", "color", "名称太长"):
        assert words in told
    assert len(book.notes) == 7

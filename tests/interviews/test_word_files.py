"""Word files: read without a word processor, and refused in words where they are built to harm."""

import io
import struct
import zipfile
from collections.abc import Mapping

import pytest

from app.interviews.errors import TranscriptTooLarge, TranscriptUnreadable, TranscriptUnsafe
from app.interviews.transcripts import word
from app.interviews.transcripts.reading import read, understand

W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
MC = "http://schemas.openxmlformats.org/markup-compatibility/2006"
HEAD = f'<w:document xmlns:w="{W}" xmlns:mc="{MC}"><w:body>'
TAIL = "</w:body></w:document>"


def paragraph(text: str) -> str:
    return f"<w:p><w:r><w:t xml:space='preserve'>{text}</w:t></w:r></w:p>"


def row(*cells: str) -> str:
    return f"<w:tr>{''.join(f'<w:tc>{paragraph(cell)}</w:tc>' for cell in cells)}</w:tr>"


def package(body: str | bytes | None, *, others: Mapping[str, bytes] | None = None, whole: bool = False) -> bytes:
    """Return a .docx with this body; ``whole``: the document's XML as given."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        if body is not None:
            archive.writestr("word/document.xml", body if whole else f"{HEAD}{body!s}{TAIL}")
        for name, content in (others or {}).items():
            archive.writestr(name, content)
    return out.getvalue()


def turns(raw: bytes) -> list[tuple[str, str]]:
    return [(turn.speaker, turn.text) for turn in understand(read(raw, "a.docx")).turns]


def test_paragraphs_tables_breaks_and_changes_are_read_as_they_show() -> None:
    body = (
        paragraph("访谈者：您好？")
        + "<w:p><w:r><w:t>受访</w:t></w:r><w:r><w:t>者：很</w:t><w:t>疼&#x1F605;</w:t><w:br/><w:t>真的</w:t></w:r></w:p>"
        + "<w:p><w:del><w:r><w:delText>删掉的</w:delText></w:r></w:del><w:moveFrom><w:r><w:t>搬走的</w:t></w:r></w:moveFrom>"
        + "<w:ins><w:r><w:t>补上的</w:t></w:r></w:ins></w:p>"
        + "<mc:AlternateContent><mc:Choice>"
        + paragraph("框里的")
        + "</mc:Choice>"
        + "<mc:Fallback>"
        + paragraph("框里的")
        + "</mc:Fallback></mc:AlternateContent>"
    )
    assert turns(package(body)) == [("访谈者", "您好？"), ("受访者", "很疼😅\n真的\n补上的\n框里的")]
    table = f"<w:tbl>{row('说话人1', '00:01', '您好？')}{row('说话人2', '00:05', '好，' + '很' * 40)}</w:tbl>"
    assert turns(package(table)) == [("说话人1", "您好？"), ("说话人2", "好，" + "很" * 40)]
    source = read(package(paragraph("受访者：好"), others={"word/comments.xml": b"<x/>"}), "a.docx")
    assert source.has_comments
    assert source.form == "docx"


def test_a_document_under_another_name_is_found() -> None:
    relations = (
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r" '
        'Type="http://x/officeDocument" Target="/word/document2.xml"/></Relationships>'
    )
    others = {
        "_rels/.rels": relations.encode(),
        "word/document2.xml": f"{HEAD}{paragraph('受访者：好')}{TAIL}".encode(),
    }
    assert turns(package(None, others=others)) == [("受访者", "好")]


ENTITY = f'<?xml version="1.0"?><!DOCTYPE w [<!ENTITY a "{"疼" * 100}">]>' + HEAD + paragraph("&a;") + TAIL
EXTERNAL = (
    '<?xml version="1.0"?><!DOCTYPE w [<!ENTITY a SYSTEM "file:///etc/hostname">]>' + HEAD + paragraph("&a;") + TAIL
)
LAUGHS = (
    '<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "ha">'
    + "".join(f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">' for n in range(9))
    + "]>"
    + HEAD
    + paragraph("&j;")
    + TAIL
)
PARAMETER = '<?xml version="1.0"?><!DOCTYPE w [<!ENTITY % p SYSTEM "http://127.0.0.1:9/x"> %p;]>' + HEAD + TAIL


@pytest.mark.parametrize(
    "xml", [ENTITY, EXTERNAL, LAUGHS, PARAMETER], ids=["entity", "external", "laughs", "parameter"]
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_declarations_are_refused(xml: str, encoding: str) -> None:
    if encoding == "utf-16":
        xml = xml.replace('version="1.0"', 'version="1.0" encoding="utf-16"')
    with pytest.raises(TranscriptUnsafe):
        read(package(xml.encode(encoding), whole=True), "a.docx")


@pytest.mark.parametrize(
    ("others", "error"),
    [
        ({"../../etc/cron.d/x": b"x"}, TranscriptUnsafe),
        ({"/etc/x": b"x"}, TranscriptUnsafe),
        ({"word\\..\\..\\x": b"x"}, TranscriptUnsafe),
        ({"C:/x": b"x"}, TranscriptUnsafe),
        ({"word/embeddings/inner.zip": b"PK"}, TranscriptUnsafe),
        ({f"word/{n}.xml": b"" for n in range(word.MOST_PARTS)}, TranscriptUnsafe),
        ({"word/media/zeros.bin": bytes(4 * 1024 * 1024)}, TranscriptUnsafe),
    ],
    ids=["up", "root", "backslash", "drive", "nested", "parts", "ratio"],
)
def test_packages_that_no_word_processor_writes_are_refused(others: dict[str, bytes], error: type[Exception]) -> None:
    with pytest.raises(error):
        read(package(paragraph("受访者：好"), others=others), "a.docx")


def test_bombs_are_stopped_by_what_they_say_and_by_what_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    bomb = package(paragraph("受访者：" + "疼" * (8 * 1024 * 1024)))
    assert len(bomb) < 100_000
    with pytest.raises(TranscriptUnsafe):
        read(bomb, "a.docx")
    liar = bytearray(bomb)
    # The same, but its directory says that it unpacks to a kilobyte: what comes out is counted all the same.
    at = liar.rfind(b"PK\x01\x02")
    struct.pack_into("<I", liar, at + 24, 1024)
    with pytest.raises((TranscriptUnsafe, TranscriptUnreadable)):
        read(bytes(liar), "a.docx")
    monkeypatch.setattr(word, "MOST_UNPACKED", 1000)
    with pytest.raises(TranscriptUnsafe):
        read(package(paragraph("受访者：" + "很疼" * 400)), "a.docx")
    monkeypatch.undo()
    monkeypatch.setattr(word, "MOST_DOCUMENT", 1000)
    with pytest.raises(TranscriptUnsafe):
        read(package(paragraph("受访者：" + "很疼" * 400)), "a.docx")
    monkeypatch.undo()
    monkeypatch.setattr(word, "MOST_CHARACTERS", 100)
    with pytest.raises(TranscriptTooLarge):
        read(package(paragraph("受访者：" + "很疼" * 400)), "a.docx")


def test_broken_foreign_and_encrypted_files_are_refused() -> None:
    good = package(paragraph("受访者：好"))
    encrypted = bytearray(good)
    for mark, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = -1
        while (at := encrypted.find(mark, at + 1)) >= 0:
            encrypted[at + flags] |= 1
    twice = io.BytesIO(good)
    with zipfile.ZipFile(twice, "a") as archive, pytest.warns(UserWarning, match="Duplicate"):
        archive.writestr("word/document.xml", "<x/>")
    for raw in (
        package(None),
        package(None, others={"word/other.xml": b"<x/>"}),
        package("<w:p>", whole=False),
        package(b"\xff\xfe\x00", whole=True),
        good[: len(good) // 2],
        b"PK\x03\x04" + bytes(50),
        bytes(encrypted),
        twice.getvalue(),
    ):
        with pytest.raises((TranscriptUnreadable, TranscriptUnsafe)):
            understand(read(raw, "a.docx"))
    with pytest.raises(TranscriptUnreadable):
        read("受访者：好".encode(), "a.docx")


def test_ten_thousand_turns_of_word_are_read() -> None:
    body = "".join(
        f"<w:p><w:pPr><w:rPr><w:b/></w:rPr></w:pPr><w:r><w:rPr><w:sz w:val='24'/></w:rPr><w:t>"
        f"{'访谈者' if n % 2 else '受访者'}：第 {n} 段，今天比昨天{n * 7919 % 1000}好一些。</w:t></w:r></w:p>"
        for n in range(10_000)
    )
    assert len(turns(package(body))) == 10_000

"""Word files (.docx: a zip with XML in it) into lines, with nothing of it believed: neither sizes, nor names, nor entities."""

import io
import posixpath
import zipfile
import zlib
from typing import Final
from xml.parsers import expat

from app.interviews.errors import TranscriptTooLarge, TranscriptUnreadable, TranscriptUnsafe
from app.interviews.transcripts.shapes import MIB, MOST_CHARACTERS
from app.web.i18n import mark as _

MOST_PARTS: Final = 2_000
MOST_UNPACKED: Final = 128 * MIB
MOST_DOCUMENT: Final = 48 * MIB
MOST_RATIO: Final = 250
RATIO_FROM: Final = MIB
"""Small parts may be squeezed as hard as they like."""
PIECE: Final = 64 * 1024
ENCRYPTED: Final = 0x1
ARCHIVES: Final = (".zip", ".rar", ".7z", ".gz", ".bz2", ".xz", ".tar")
WORDS: Final = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
STRICT_WORDS: Final = "http://purl.oclc.org/ooxml/wordprocessingml/main"
COMPATIBLE: Final = "http://schemas.openxmlformats.org/markup-compatibility/2006"
RELATED: Final = "http://schemas.openxmlformats.org/package/2006/relationships"
DOCUMENT: Final = "word/document.xml"
RELATIONS: Final = "_rels/.rels"


def lines_of_document(raw: bytes) -> tuple[str, bool]:
    """Return the text of a .docx, a paragraph a line and a table's row a line with tabs, and whether it holds comments.

    TranscriptUnsafe for bombs, foreign paths, encrypted or packed parts, and XML that declares entities;
    TranscriptUnreadable for what is no Word file; TranscriptTooLarge.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as package:
            _check(package)
            names = {part.filename for part in package.infolist()}
            document = DOCUMENT if DOCUMENT in names else _main_part(package, names)
            reader = _DocumentReader()
            _feed(package, document, reader.parser)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError, ValueError) as error:
        raise TranscriptUnreadable(_("这个 Word 文件坏了，打不开")) from error
    except expat.ExpatError as error:
        raise TranscriptUnreadable(_("这个 Word 文件坏了，打不开")) from error
    return "\n".join(reader.lines), "word/comments.xml" in names


def _check(package: zipfile.ZipFile) -> None:
    """Refuse what no word processor writes, by what the package says of itself; what it is, is counted while reading."""
    parts = package.infolist()
    if len(parts) > MOST_PARTS:
        raise TranscriptUnsafe(_("压缩包里的文件太多"))
    if len({part.filename for part in parts}) < len(parts):
        raise TranscriptUnsafe(_("压缩包里有重名的文件"))
    if sum(part.file_size for part in parts) > MOST_UNPACKED:
        raise TranscriptUnsafe(_("压缩包解开以后大得不正常"))
    for part in parts:
        _check_part(part)


def _check_part(part: zipfile.ZipInfo) -> None:
    name = part.orig_filename.replace("\\", "/")
    if "\x00" in name or name.startswith("/") or ":" in name or ".." in name.split("/"):
        raise TranscriptUnsafe(_("压缩包里的文件想写到别的地方去"))
    if part.flag_bits & ENCRYPTED:
        raise TranscriptUnreadable(_("这个文件加了密码"), remedy=_("请在 Word 里去掉密码，另存以后再试。"))
    if name.lower().endswith(ARCHIVES):
        raise TranscriptUnsafe(_("压缩包里还有压缩包"))
    if part.file_size > RATIO_FROM and part.file_size > MOST_RATIO * max(1, part.compress_size):
        raise TranscriptUnsafe(_("压缩包解开以后大得不正常"))


def _main_part(package: zipfile.ZipFile, names: set[str]) -> str:
    """Return the name of the document where it is not the usual one; TranscriptUnreadable if there is none."""
    found: list[str] = []

    def on_start(name: str, given: dict[str, str]) -> None:
        if name == f"{RELATED} Relationship" and given.get("Type", "").endswith("/officeDocument"):
            found.append(posixpath.normpath(given.get("Target", "").lstrip("/")))

    if RELATIONS in names:
        parser = _parser()
        parser.StartElementHandler = on_start
        _feed(package, RELATIONS, parser)
    if not found or found[0] not in names or not found[0].startswith("word/"):
        raise TranscriptUnreadable(_("这不是 Word 文件，里面没有正文"))
    return found[0]


def _feed(package: zipfile.ZipFile, name: str, parser: "expat.XMLParserType") -> None:
    """Parse one part, counting what really comes out of it."""
    packed = max(1, package.getinfo(name).compress_size)
    seen = 0
    with package.open(name) as part:
        while piece := part.read(PIECE):
            seen += len(piece)
            if seen > MOST_DOCUMENT or (seen > RATIO_FROM and seen > MOST_RATIO * packed):
                raise TranscriptUnsafe(_("压缩包解开以后大得不正常"))
            parser.Parse(piece, False)
        parser.Parse(b"", True)


def _parser() -> "expat.XMLParserType":
    """Return a parser that stops at the first declaration: documents need none, and attacks are made of them."""
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True

    def refuse(*_given: object) -> None:
        raise TranscriptUnsafe(_("文件里夹带了不该有的声明（DOCTYPE 或实体）"))

    parser.StartDoctypeDeclHandler = refuse
    parser.EntityDeclHandler = refuse
    parser.ExternalEntityRefHandler = refuse  # type: ignore[assignment]
    parser.SetParamEntityParsing(expat.XML_PARAM_ENTITY_PARSING_NEVER)
    return parser


class _DocumentReader:
    """Collects the lines of a document. Text that was deleted, moved away, or stands there twice for old programs is left out."""

    SKIPPED = frozenset(
        {f"{space} {tag}" for space in (WORDS, STRICT_WORDS) for tag in ("moveFrom", "del", "instrText")}
    )

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.parser = _parser()
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._characters
        self._paragraphs: list[list[str]] = []
        self._rows: list[list[str]] = []
        self._cells: list[list[str]] = []
        self._skipping = 0
        self._in_text = False
        self._count = 0

    def _start(self, name: str, _given: dict[str, str]) -> None:
        tag = self._tag(name)
        if self._skipping or name in self.SKIPPED or name == f"{COMPATIBLE} Fallback":
            self._skipping += 1
        elif tag == "p":
            self._paragraphs.append([])
        elif tag == "tr":
            self._rows.append([])
        elif tag == "tc":
            self._cells.append([])
        elif tag == "t":
            self._in_text = True
        elif tag in ("tab", "br", "cr") and self._paragraphs:
            self._paragraphs[-1].append("\t" if tag == "tab" else "\n")

    def _end(self, name: str) -> None:
        tag = self._tag(name)
        if self._skipping:
            self._skipping -= 1
        elif tag == "t":
            self._in_text = False
        elif tag == "p" and self._paragraphs:
            self._add("".join(self._paragraphs.pop()))
        elif tag == "tc" and self._cells:
            cell = " ".join(self._cells.pop())
            (self._rows[-1] if self._rows else self.lines).append(cell)
        elif tag == "tr" and self._rows:
            row = "\t".join(cell.replace("\t", " ").replace("\n", " ") for cell in self._rows.pop())
            (self._cells[-1] if self._cells else self.lines).append(row)

    def _add(self, paragraph: str) -> None:
        if self._cells:
            self._cells[-1].append(paragraph)
        else:
            self.lines.extend(paragraph.split("\n"))

    def _characters(self, words: str) -> None:
        if self._in_text and not self._skipping and self._paragraphs:
            self._count += len(words)
            if self._count > MOST_CHARACTERS:
                raise TranscriptTooLarge()
            self._paragraphs[-1].append(words)

    @staticmethod
    def _tag(name: str) -> str:
        space, _, tag = name.rpartition(" ")
        return tag if space in (WORDS, STRICT_WORDS) else ""

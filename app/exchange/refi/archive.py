"""The ZIP of a project: written so that the same content is the same bytes, read so that no file can do harm.

Nothing is ever unpacked onto the disk, and no path in a file is followed anywhere but into the archive itself.
"""

import stat
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import PurePosixPath
from typing import IO, Final

from app.exchange.refi.errors import NotAProject, ProjectTooLarge, ProjectUnsafe
from app.web.i18n import mark as _
from app.web.i18n import translate

PROJECT: Final = "project.qde"
SOURCES: Final = "sources/"
INTERNAL: Final = "internal://"

MIB: Final = 1024 * 1024
MOST_FILES: Final = 50_000
MOST_PROJECT: Final = 512 * MIB
MOST_SOURCE: Final = 32 * MIB
MOST_TOGETHER: Final = 1024 * MIB
PIECE: Final = 256 * 1024

_EARLIEST = (1980, 1, 1, 0, 0, 0)
_ENCRYPTED = 0x1


def stamped(name: str) -> zipfile.ZipInfo:
    """Return the entry of a file, with the one date that all of ours have."""
    entry = zipfile.ZipInfo(name, _EARLIEST)
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.create_system = 3
    entry.external_attr = (stat.S_IFREG | 0o600) << 16
    return entry


class Archive:
    """An open QDPX file. Raises the errors of this folder for whatever is wrong with it."""

    def __init__(self, packed: zipfile.ZipFile) -> None:
        self._packed = packed
        self._left = MOST_TOGETHER
        self._entries = _checked(packed.infolist())
        at_root = [name for name in self._entries if "/" not in name and name.lower().endswith(".qde")]
        if len(at_root) != 1:
            raise NotAProject(why=translate(_("里面要有一个 project.qde，而这里有 %(n)s 个")) % {"n": len(at_root)})
        # The standard calls it project.qde; ATLAS.ti names it after the project.
        self.project = at_root[0]
        self.sources = {
            name.split("/", 1)[1]: name for name in self._entries if name.lower().startswith(SOURCES) and "/" in name
        }

    def pieces(self) -> Iterator[bytes]:
        """Yield the project's XML."""
        yield from self._read(self.project, MOST_PROJECT)

    def text(self, path: str) -> str | None:
        """Return the text file that ``path`` (internal://…) names, with its line ends; None if it is not in the archive.

        UTF-8, with or without a mark; UTF-16 with its mark. ProjectUnsafe for a path that leads out of the archive.
        """
        name = inside(path)
        entry = None if name is None else self.sources.get(name)
        if entry is None:
            return None
        raw = b"".join(self._read(entry, MOST_SOURCE))
        encoding = "utf-16" if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            raise NotAProject(why=translate(_("%(name)s 不是 UTF-8 文字")) % {"name": name}) from None

    def unread(self) -> int:
        """Return how many files there are beside the project and its sources."""
        return sum(1 for name in self._entries if name != self.project and name not in self.sources.values())

    def _read(self, name: str, most: int) -> Iterator[bytes]:
        size = 0
        try:
            with self._packed.open(self._entries[name]) as file:
                # Counted as they come: what a ZIP says of its sizes is not to be believed.
                while piece := file.read(PIECE):
                    size += len(piece)
                    self._left -= len(piece)
                    if size > most or self._left < 0:
                        raise ProjectTooLarge(why=translate(_("解开以后超过了 %(n)s MB")) % {"n": most // MIB})
                    yield piece
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError) as error:
            raise NotAProject(why=translate(_("压缩包坏了"))) from error


@contextmanager
def open_archive(file: IO[bytes]) -> Iterator[Archive]:
    """Open a QDPX file; NotAProject, ProjectUnsafe, ProjectTooLarge."""
    try:
        packed = zipfile.ZipFile(file)
    except (zipfile.BadZipFile, OSError, ValueError, EOFError, NotImplementedError) as error:
        raise NotAProject(why=translate(_("它不是 ZIP 压缩包"))) from error
    with packed:
        yield Archive(packed)


def inside(path: str) -> str | None:
    """Return the name within the sources' folder that ``path`` means; None for a place outside of the archive.

    ProjectUnsafe for one that pretends to be inside and leads out.
    """
    if not path.lower().startswith(INTERNAL):
        return None
    name = path[len(INTERNAL) :].lstrip("/")
    if not _harmless(name):
        raise ProjectUnsafe(why=translate(_("有一个来源的路径指到了压缩包外面")))
    return name


def _checked(entries: list[zipfile.ZipInfo]) -> dict[str, zipfile.ZipInfo]:
    if len(entries) > MOST_FILES:
        raise ProjectTooLarge(why=translate(_("里面有 %(n)s 个文件")) % {"n": len(entries)})
    found: dict[str, zipfile.ZipInfo] = {}
    for entry in entries:
        if entry.is_dir():
            continue
        if not _harmless(entry.filename):
            raise ProjectUnsafe(why=translate(_("压缩包里有指到外面的文件名")))
        if stat.S_ISLNK(entry.external_attr >> 16):
            raise ProjectUnsafe(why=translate(_("压缩包里有符号链接")))
        if entry.flag_bits & _ENCRYPTED:
            raise NotAProject(why=translate(_("压缩包有密码")))
        if entry.filename in found:
            raise ProjectUnsafe(why=translate(_("压缩包里有两个同名的文件")))
        found[entry.filename] = entry
    if sum(entry.file_size for entry in found.values()) > 16 * MOST_TOGETHER:
        raise ProjectTooLarge(why=translate(_("解开以后超过了 %(n)s MB")) % {"n": 16 * MOST_TOGETHER // MIB})
    return found


def _harmless(name: str) -> bool:
    if not name or "\\" in name or "\x00" in name or ":" in name or name.startswith("/"):
        return False
    return ".." not in PurePosixPath(name).parts

"""``python -m app.charts.pdf_worker``: typesets one document and ends.

A process of its own: the typesetter maps 85 MB and takes some 170 MB at work, which a server that mostly answers pages should
not hold; and whatever a document does to it ends with it. On standard input one JSON object: ``files`` by name (the first
begins), ``format`` (pdf, or png: its first page), ``ppi``, ``chinese`` (whether a Chinese face is needed). On standard output
the bytes.
Nothing is fetched: files are the given ones, and packages have no place to come from.
"""

import json
import os
import sys
import tempfile
from typing import Any, Final

import typst

NO_CHINESE_FACE: Final = 3
NOT_TYPESET: Final = 4
_PROBE = "#set page(width: 40pt, height: 40pt, margin: 2pt)\n#set text(size: 30pt)\n{sign}"


def fonts_asked() -> dict[str, Any]:
    """Return where to look for faces: as the typesetter's own command does, by TYPST_FONT_PATHS and
    TYPST_IGNORE_SYSTEM_FONTS."""
    paths = [path for path in os.environ.get("TYPST_FONT_PATHS", "").split(os.pathsep) if path]
    return {"font_paths": paths, "ignore_system_fonts": os.environ.get("TYPST_IGNORE_SYSTEM_FONTS", "") == "true"}


def can_set_chinese(fonts: dict[str, Any]) -> bool:
    """Return whether two Chinese signs come out differently: without a face both are nothing, or the same empty box."""
    pictures = [
        typst.compile({"main.typ": _PROBE.format(sign=sign).encode()}, format="png", ppi=40.0, **fonts)
        for sign in ("心", "路")
    ]
    return bool(pictures[0] != pictures[1])


def main() -> int:
    """Typeset what stands on standard input; returns the exit status."""
    asked = json.load(sys.stdin)
    fonts = fonts_asked()
    if asked["chinese"] and not can_set_chinese(fonts):
        return NO_CHINESE_FACE
    files = {name: words.encode() for name, words in asked["files"].items()}
    with tempfile.TemporaryDirectory() as nothing:
        try:
            # Packages would be looked for in these two folders, and fetched where they are not: both are empty, and it is
            # the server's own templates that are set, which name none.
            made = typst.compile(
                files,
                format=asked["format"],
                ppi=asked["ppi"],
                package_path=nothing,
                package_cache_path=nothing,
                **fonts,
            )
        except typst.TypstError:
            # Its message quotes the document.
            return NOT_TYPESET
    sys.stdout.buffer.write(made[0] if isinstance(made, list) else made)
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""Style sheets, scripts and images of all rooms, served from memory under addresses that change with their content."""

import gzip
import hashlib
import mimetypes
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from fastapi import APIRouter, Depends, Request, Response

from app.core.errors import NotFound
from app.web import bundles
from app.web.policy import Public

FOREVER = "public, max-age=31536000, immutable"
COMPRESSIBLE = frozenset({".css", ".js", ".svg", ".json", ".webmanifest"})


@dataclass(frozen=True)
class Asset:
    """One file: its bytes and its type."""

    name: str
    body: bytes
    media_type: str
    fingerprint: str

    @cached_property
    def compressed(self) -> bytes | None:
        """The bytes compressed, once somebody asks for them; None where that gains nothing."""
        return gzip.compress(self.body, 9, mtime=0) if Path(self.name).suffix in COMPRESSIBLE else None


class Assets:
    """All static files, by name; names are unique over rooms.

    A script that a page begins with, and every style sheet, is served as one file with all that it imports. The modules
    themselves are served as they are.
    """

    def __init__(self, folders: Iterable[Path]) -> None:
        files: dict[str, bytes] = {}
        for folder in folders:
            for path in sorted(folder.rglob("*")):
                if path.is_file():
                    name = path.relative_to(folder).as_posix()
                    if name in files:
                        raise ValueError(f"two rooms have a static file {name}")
                    files[name] = path.read_bytes()
        self._assets = {name: _asset(name, body) for name, body in _joined(files).items()}

    def url(self, name: str) -> str:
        """Return the address of the file ``name``; KeyError if there is none."""
        return f"/static/{self._assets[name].fingerprint}/{name}"

    def get(self, name: str) -> Asset | None:
        """Return the file ``name``."""
        return self._assets.get(name)


def _joined(files: Mapping[str, bytes]) -> dict[str, bytes]:
    sources = {name: body.decode() for name, body in files.items() if name.endswith((".js", ".css"))}
    joined = dict(files)
    for name, source in sources.items():
        if name.endswith(".css"):
            joined[name] = bundles.join_style(name, sources).encode()
        elif name in bundles.FOLLOWS or bundles.is_entry(source):
            joined[name] = bundles.join_script(name, sources).encode()
    return joined


def _asset(name: str, body: bytes) -> Asset:
    media_type = mimetypes.guess_type(name)[0] or "application/octet-stream"
    return Asset(
        name=name,
        body=body,
        media_type=f"{media_type}; charset=utf-8" if media_type.startswith("text/") else media_type,
        fingerprint=hashlib.sha256(body).hexdigest()[:12],
    )


router = APIRouter(include_in_schema=False)


@router.get("/static/{fingerprint}/{name:path}", dependencies=[Depends(Public("style sheets and scripts"))])
async def static_file(fingerprint: str, name: str, request: Request) -> Response:
    assets: Assets = request.app.state.assets
    asset = assets.get(name)
    if asset is None:
        raise NotFound()
    # An address of an older release answers with today's file, but is not kept.
    headers = {"Cache-Control": FOREVER if fingerprint == asset.fingerprint else "no-cache", "Vary": "Accept-Encoding"}
    if asset.compressed and "gzip" in request.headers.get("accept-encoding", ""):
        return Response(asset.compressed, media_type=asset.media_type, headers={**headers, "Content-Encoding": "gzip"})
    return Response(asset.body, media_type=asset.media_type, headers=headers)

"""Style sheets, scripts and images of all rooms, served from memory under addresses that change with their content."""

import gzip
import hashlib
import mimetypes
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from fastapi import APIRouter, Depends, Request, Response

from app.core.errors import NotFound
from app.web.policy import Public

FOREVER = "public, max-age=31536000, immutable"
COMPRESSIBLE = frozenset({".css", ".js", ".svg", ".json", ".webmanifest"})


@dataclass(frozen=True, slots=True)
class Asset:
    """One file: its bytes, the same compressed, and its type."""

    body: bytes
    compressed: bytes | None
    media_type: str
    fingerprint: str


class Assets:
    """All static files, by name; names are unique over rooms."""

    def __init__(self, folders: Iterable[Path]) -> None:
        self._assets: dict[str, Asset] = {}
        for folder in folders:
            for path in sorted(folder.rglob("*")):
                if path.is_file():
                    self._add(path.relative_to(folder).as_posix(), path)

    def _add(self, name: str, path: Path) -> None:
        if name in self._assets:
            raise ValueError(f"two rooms have a static file {name}")
        body = path.read_bytes()
        media_type = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
        self._assets[name] = Asset(
            body=body,
            compressed=gzip.compress(body, 9, mtime=0) if path.suffix in COMPRESSIBLE else None,
            media_type=f"{media_type}; charset=utf-8" if media_type.startswith("text/") else media_type,
            fingerprint=hashlib.sha256(body).hexdigest()[:12],
        )

    def url(self, name: str) -> str:
        """Return the address of the file ``name``; KeyError if there is none."""
        return f"/static/{self._assets[name].fingerprint}/{name}"

    def get(self, name: str) -> Asset | None:
        """Return the file ``name``."""
        return self._assets.get(name)


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

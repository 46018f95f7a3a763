"""The forms in which curves are served, and which of them a request wants."""

from typing import Literal

from fastapi import Request

Kind = Literal["json", "csv", "svg", "png"]
MEDIA_TYPES: dict[Kind, str] = {
    "json": "application/json",
    "csv": "text/csv; charset=utf-8",
    "svg": "image/svg+xml",
    "png": "image/png",
}
PNG_WIDTH = 1600


def preferred(request: Request) -> Kind:
    """Return the form that Accept names first; JSON where it names none."""
    accept = request.headers.get("accept", "")
    kinds: tuple[Kind, ...] = ("json", "csv", "svg", "png")
    places = {kind: accept.find(MEDIA_TYPES[kind].split(";")[0]) for kind in kinds}
    named = [kind for kind in kinds if places[kind] >= 0]
    return min(named, key=lambda kind: places[kind]) if named else "json"


def tags(request: Request) -> set[str]:
    """Return the ETags that the caller holds."""
    given = request.headers.get("if-none-match", "")
    return {tag.strip().removeprefix("W/") for tag in given.split(",")}

"""What the forms of these pages say, as the schemas take it."""

from collections.abc import Mapping
from typing import Any

from starlette.datastructures import FormData

from app.web.forms import values_of

VOTE = "vote."


def persona(form: FormData) -> dict[str, Any]:
    """Return a persona: one goal and one worry a line, quotes as statement:start:end."""
    given = values_of(form)
    return {
        "name": given.get("name", ""),
        "segment": given.get("segment") or None,
        "story": given.get("story", ""),
        "goals": lines(given.get("goals", "")),
        "worries": lines(given.get("worries", "")),
        "quotes": spans(form),
    }


def plan(form: FormData) -> dict[str, Any]:
    """Return a phase's plan."""
    given = values_of(form)
    return {**{name: given.get(name, "") for name in ("goal", "moment", "action")}, "quotes": spans(form)}


def points(form: FormData) -> Mapping[str, Any]:
    """Return the points of a ballot by touchpoint; none is no point."""
    return {
        name.removeprefix(VOTE): value
        for name, value in values_of(form).items()
        if name.startswith(VOTE) and value.strip() not in ("", "0")
    }


def version(form: FormData) -> int:
    """Return the version that the form was filled in on; -1, which is none, for anything else."""
    text = values_of(form).get("version", "")
    return int(text) if text.isdecimal() and len(text) < 10 else -1


def lines(text: str) -> list[str]:
    """Return the lines that say something."""
    return [line.strip() for line in text.splitlines() if line.strip()]


def spans(form: FormData) -> list[dict[str, str]]:
    """Return the spans that were ticked."""
    found = []
    for value in form.getlist("quote"):
        statement, _, rest = str(value).partition(":")
        start, _, end = rest.partition(":")
        found.append({"statement": statement, "start": start, "end": end})
    return found

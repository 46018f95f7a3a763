"""What a project that we write calls its parts: guids that are the same every time, and facts in descriptions.

Everything with an id of its own keeps it as its guid; what has none gets a uuid5 of stable names. So exporting twice gives
the same file, and an imported project, exported again, gives it too.
"""

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache, lru_cache
from typing import Any, Final
from uuid import NAMESPACE_URL, UUID, uuid5

from nlp.coding import label_of

SCHEMA: Final = "urn:QDA-XML:project:1.0"
ORIGIN: Final = "Xinlu"
FORM: Final = "1"
"""The version of what we put into descriptions; a file of a later one is read as any other program's."""

MOST_KEPT: Final = 4096
_ROOT: Final = uuid5(NAMESPACE_URL, "urn:xinlu:refi-qda")
_MARK: Final = "[xinlu]"
_BLOCK = re.compile(r"(?:\A|\n)\[xinlu\](?:\n|\Z)")
# What neither XML 1.0 (section 2.2) can hold; in a name or a memo it becomes the replacement character.
_UNWRITABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")

SENTIMENTS: Final = {-2: "#c0462c", -1: "#dd8f78", 0: "#9a9a9a", 1: "#6aa9a4", 2: "#1f6f6b"}
SENTIMENT_NAMES: Final = {-2: "−2", -1: "−1", 0: "0", 1: "+1", 2: "+2"}
LABELS: Final = {"negative": "消极 negative", "neutral": "中性 neutral", "positive": "积极 positive"}


def guid(*parts: object) -> UUID:
    """Return the guid of something that has no id of its own, by what it is called."""
    return uuid5(_ROOT, ":".join(map(str, parts)))


PROGRAM: Final = guid("user", "program")
STAGES: Final = guid("branch", "stages")
HUMAN_SENTIMENT: Final = guid("branch", "sentiment")
HUMAN_EMOTIONS: Final = guid("branch", "emotions")
MACHINE: Final = guid("branch", "machine")


@cache
def sentiment_code(value: int) -> UUID:
    """Return the code of a person's score, −2..2."""
    return guid("sentiment", value)


@lru_cache(MOST_KEPT)
def emotion_code(label: str) -> UUID:
    """Return the code of an emotion that a person named."""
    return guid("emotion", label)


@lru_cache(MOST_KEPT)
def stage_code(key: str) -> UUID:
    """Return the code of a stage of the journey."""
    return guid("stage", key)


@lru_cache(MOST_KEPT)
def model_user(version: str) -> UUID:
    """Return the user that a model version is."""
    return guid("model", version)


@lru_cache(MOST_KEPT)
def machine_code(version: str, kind: str, label: str) -> UUID:
    """Return a model version's code: ``kind`` is sentiment or emotion."""
    return guid("machine", version, kind, label)


def machine_label(sentiment_micro: int) -> str:
    """Return negative, neutral or positive."""
    return label_of(sentiment_micro / 1_000_000)


@lru_cache(MOST_KEPT)
def moment(at: datetime | None) -> str | None:
    """Return a time as xsd:dateTime in UTC."""
    return None if at is None else at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def compact(value: object) -> str:
    """Return ``value`` as JSON on one line, the same whatever order a database keeps its keys in."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def described(words: str, facts: Mapping[str, object]) -> str:
    """Return a description: first what people are to read, then our facts, a line each; what is None is left out."""
    lines = [f"{name}: {_told(value)}" for name, value in facts.items() if value is not None]
    if not lines and _BLOCK.search(words) is None:
        return words
    return "\n".join([*([words] if words else []), _MARK, *lines])


def facts_of(description: str) -> tuple[str, dict[str, str]]:
    """Return the words of a description and our facts in it."""
    blocks = list(_BLOCK.finditer(description))
    if not blocks:
        return description, {}
    pairs = (line.split(": ", 1) for line in description[blocks[-1].end() :].split("\n"))
    return description[: blocks[-1].start()], {pair[0]: pair[1] for pair in pairs if len(pair) == 2}


def quotable(text: str) -> str:
    """Return ``text`` as far as programs agree on it when they name a selection: every run of blanks is one space."""
    return " ".join(writable(text).split())


def begins(name: str, text: str) -> bool:
    """Return whether ``name``, cut off with an ellipsis, is how ``text`` begins."""
    return quotable(text).startswith(quotable(name.removesuffix("…").removesuffix("...")))


def writable(text: str) -> str:
    """Return ``text`` with line ends LF and without what XML cannot hold."""
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return text if text.isprintable() else _UNWRITABLE.sub("\ufffd", text)


def _told(value: Any) -> str:
    if isinstance(value, datetime):
        return str(moment(value))
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict | list):
        return compact(value)
    return str(value).replace("\r", " ").replace("\n", " ")

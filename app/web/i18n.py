"""The catalogue at run time: Chinese sentences are the source, other languages are looked up beside them."""

import gettext
from collections.abc import Mapping
from contextvars import ContextVar
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from babel.messages.pofile import read_po

if TYPE_CHECKING:  # commands speak too, and have no use for the rest of it
    from fastapi import Request

SOURCE = "zh-CN"
LANGUAGES: Mapping[str, str] = {"zh-CN": "zh_CN", "en": "en"}
LANGUAGE_COOKIE = "xinlu_lang"
CATALOGUES = Path(__file__).parent.parent / "locale"

current_language: ContextVar[str] = ContextVar("current_language", default=SOURCE)


class Catalogue(gettext.NullTranslations):
    """Sentences of one language; a sentence that is missing stays Chinese."""

    def __init__(self, sentences: Mapping[str, str]) -> None:
        super().__init__()
        self._sentences = sentences

    def gettext(self, message: str) -> str:
        return self._sentences.get(message) or message


@cache
def catalogue(language: str) -> Catalogue:
    """Return the catalogue of ``language`` (a key of LANGUAGES); unknown ones are Chinese."""
    path = CATALOGUES / LANGUAGES.get(language, "zh_CN") / "LC_MESSAGES" / "messages.po"
    if not path.exists():
        return Catalogue({})
    with path.open("rb") as file:
        return Catalogue(
            {str(message.id): str(message.string) for message in read_po(file) if message.id and message.string}
        )


def translate(message: str) -> str:
    """Return ``message`` in the language of the request under way."""
    return catalogue(current_language.get()).gettext(message)


def mark(message: str) -> str:
    """Return ``message`` as it is; it stands here so that the catalogue finds it."""
    return message


def choose_language(request: "Request", preferred: str | None = None) -> str:
    """Return the language of this request: asked for in the address, chosen before, the study's, the browser's, Chinese."""
    header = request.headers.get("accept-language", "").split(",")[0].split("-")[0].strip().lower()
    browser = "en" if header == "en" else SOURCE
    candidates = (request.query_params.get("lang"), request.cookies.get(LANGUAGE_COOKIE), preferred, browser)
    return next((one for one in candidates if one is not None and one in LANGUAGES), SOURCE)

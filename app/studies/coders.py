"""The coders of this process, loaded once each."""

from functools import cache

from app.core.errors import FieldError, Invalid
from app.web.i18n import mark
from nlp import Coder, UnknownCoderError, load_coder


@cache
def _load(name: str) -> Coder:
    return load_coder(name)


def get_coder(name: str) -> Coder:
    """Return the coder ``name``; Invalid for a name that is not installed."""
    try:
        return _load(name)
    except UnknownCoderError as error:
        raise Invalid(fields=[FieldError("coder", mark("没有这个编码器"), "unknown_coder")]) from error


def coder_version(name: str) -> str:
    """Return the version of the coder ``name``; Invalid for a name that is not installed."""
    return get_coder(name).version

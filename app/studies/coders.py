"""The coders of this process, loaded once each, and which of them a study has chosen."""

from dataclasses import dataclass
from typing import Final, Self
from uuid import UUID

import structlog

from app.core.errors import FieldError, Invalid
from app.core.settings import Settings
from app.studies.errors import CoderUnavailable
from app.web.i18n import mark
from nlp import Coder, UnknownCoderError, available_coders, configure, is_slow, load_coder
from nlp.adapted import Adaptation, AdaptedCoder
from nlp.errors import ModelUnavailableError

QUICK: Final = "default"
"""Codes within the write what a slow coder will read later."""

log = structlog.get_logger()

_slow_seen: set[str] = set()


def use_models(settings: Settings) -> None:
    """Let slow coders of this process find their models where ``settings`` say; none is loaded by that."""
    configure(cache_folder=settings.models_dir, transformer_folder=settings.transformer_dir)
    _slow_seen.clear()


def get_coder(name: str) -> Coder:
    """Return the coder ``name``; Invalid for an unknown name, CoderUnavailable if its model cannot be loaded here."""
    try:
        coder = load_coder(name)
    except UnknownCoderError as error:
        raise _unknown() from error
    except ModelUnavailableError as error:
        # The library says what to install or to configure; no text that anybody wrote is near.
        log.warning("coder unavailable", coder=name, reason=str(error))
        raise CoderUnavailable(coder=name) from error
    if is_slow(name):
        _slow_seen.add(name)
    return coder


def first_version(name: str) -> str:
    """Return the version that a new study of the coder ``name`` begins with; raises what get_coder raises.

    Of a slow coder it is its bare name, until its first job says which version it is: nobody waits for a model here.
    """
    choice = Choice.plain(name)
    choice.require_available()
    return choice.installed() or name


@dataclass(frozen=True, slots=True)
class Choice:
    """The coder that a study has chosen, not loaded yet: the coder ``base``, or an adaptation of it.

    Invalid for a base that no coder is. What is chosen for a study comes from studies.adaptations.
    """

    name: str
    base: str
    adaptation_id: UUID | None = None
    adaptation: Adaptation | None = None

    def __post_init__(self) -> None:
        if not self.slow and self.base not in available_coders():
            raise _unknown()

    @classmethod
    def plain(cls, name: str) -> Self:
        """Return the choice of an installed coder; Invalid for an unknown name."""
        return cls(name, name)

    @property
    def slow(self) -> bool:
        """Whether it works in jobs, after the quick one."""
        return is_slow(self.base)

    def require_available(self) -> None:
        """Raise CoderUnavailable for a slow coder that lacks its extra or its folder; its model is not looked at yet."""
        if self.base not in available_coders():
            raise CoderUnavailable(coder=self.base)

    def load(self) -> Coder:
        """Return the coder itself; raises what get_coder raises."""
        base = get_coder(self.base)
        return base if self.adaptation is None else AdaptedCoder(base, self.adaptation)

    def quick(self) -> Coder:
        """Return the coder that codes inside a write."""
        return get_coder(QUICK) if self.slow else self.load()

    def installed(self) -> str | None:
        """Return the version of this process; None for a slow coder that it has not loaded, and will not for a question."""
        return None if self.slow and self.base not in _slow_seen else self.load().version


def _unknown() -> Invalid:
    return Invalid(fields=[FieldError("coder", mark("没有这个编码器"), "unknown_coder")])

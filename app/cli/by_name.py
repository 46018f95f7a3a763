"""Commands whose modules are imported when they are asked for: most commands need little of the program."""

import gc
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from types import ModuleType
from typing import Any, cast

from typer import Typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command, get_group


@contextmanager
def without_collecting() -> Iterator[None]:
    """Keep the garbage collector off while the program is put together, and from looking at it ever after: all of it stays,
    and looking through it again and again takes a quarter of a start."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


def load(module: str) -> ModuleType:
    """Return the module, imported without collecting."""
    with without_collecting():
        return import_module(module)


class Commands(Mapping[str, TyperCommand | TyperGroup]):
    """The commands at ``places`` (name -> "module:function", or "module:group of commands")."""

    def __init__(self, places: Mapping[str, str]) -> None:
        self._places = places

    def __getitem__(self, name: str) -> TyperCommand | TyperGroup:
        module, _, within = self._places[name].partition(":")
        return _command(name, getattr(load(module), within))

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)


def group(words: str, places: Mapping[str, str]) -> Typer:
    """Return the group of the commands at ``places``, which ``words`` tell of."""

    class Group(TyperGroup):
        def __init__(self, **given: Any) -> None:
            super().__init__(**{**given, "commands": Commands(places)})

    return Typer(cls=Group, help=words, no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)


def _command(name: str, found: Any) -> TyperCommand | TyperGroup:
    if isinstance(found, Typer):
        commands = get_group(found)
        commands.name = name
        return commands
    alone = Typer(add_completion=False)
    alone.command(name)(found)
    return cast(TyperCommand, get_command(alone))

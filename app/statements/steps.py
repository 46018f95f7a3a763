"""What a command says while it works at something that takes long."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import typer
from rich.console import Console


@contextmanager
def steps() -> Iterator[Callable[[str], None]]:
    """Yield what says the step under way: in place on a terminal, else a line each on standard error."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda step: typer.echo(step, err=True)
        return
    with console.status("") as status:
        yield status.update

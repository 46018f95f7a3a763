"""``xinlu serve`` and ``xinlu worker``."""

import signal
import threading
from importlib import import_module
from typing import Annotated

import typer

from app.cli.by_name import without_collecting
from app.cli.working import working
from app.core import checkpoints
from app.core.logging import configure
from app.core.schema import opened
from app.core.settings import Settings


def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on [XINLU_HOST].")] = None,
    port: Annotated[int | None, typer.Option(min=1, max=65535, help="Port to listen on [XINLU_PORT, PORT].")] = None,
    worker: Annotated[bool | None, typer.Option(help="Run jobs inside this process [XINLU_WORKER].")] = None,
) -> None:
    """Serve the workbench, the diary and the API until SIGINT or SIGTERM."""
    settings = Settings.from_environment()
    given = {"host": host, "port": port, "worker": worker}
    settings = settings.model_copy(update={name: value for name, value in given.items() if value is not None})
    configure(settings)
    with opened(settings):
        pass
    # By name, as servers load applications: it stands above this module, and takes longer to import than a command may.
    with checkpoints.serving(settings.database_address):
        with without_collecting():
            application = import_module("app.main").create_app(settings)
        started = import_module("app.web.serving").run(application, settings)
    if not started:
        raise typer.Exit(1)


def worker() -> None:
    """Work on jobs until SIGINT or SIGTERM, beside a `serve --no-worker`."""
    settings = Settings.from_environment()
    configure(settings)
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    with opened(settings) as database, working(settings, database):
        ended.wait()

"""The ``xinlu`` command."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version as installed_version
from typing import Annotated

import typer
from sqlalchemy.exc import OperationalError

from app.core import checkpoints, schema
from app.core.db import Database
from app.core.errors import AppError
from app.core.logging import configure
from app.core.settings import Settings, SettingsError

cli = typer.Typer(
    name="xinlu",
    help="心路 Xinlu: recovery diaries become an emotion curve per journey stage.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


@cli.command()
def version() -> None:
    """Print the version."""
    print(installed_version("xinlu"))


@cli.command()
def migrate() -> None:
    """Bring the database's tables up to date. Safe to repeat, and safe to run in two places at once."""
    with _database(Settings.from_environment()) as database:
        before, after = schema.upgrade(database)
    print(f"{before or 'empty'} -> {after}" if before != after else f"{after}: nothing to do")


@cli.command()
def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on [XINLU_HOST].")] = None,
    port: Annotated[int | None, typer.Option(min=1, max=65535, help="Port to listen on [XINLU_PORT, PORT].")] = None,
) -> None:
    """Serve the workbench, the diary and the API until SIGINT or SIGTERM."""
    settings = Settings.from_environment()
    given = {"host": host, "port": port}
    settings = settings.model_copy(update={name: value for name, value in given.items() if value is not None})
    configure(settings)
    with _database(settings) as database:
        schema.require_current(database)
    # The application takes a second to import: the other commands need not wait for it.
    from app.main import create_app  # noqa: PLC0415
    from app.web import serving  # noqa: PLC0415

    with checkpoints.serving(settings.database_address):
        started = serving.run(create_app(settings), settings)
    if not started:
        raise typer.Exit(1)


def main() -> None:
    """Run the command line. What is expected to go wrong is one clear line, never a traceback."""
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    try:
        cli()
    except SettingsError as error:
        _fail(str(error), 2)
    except AppError as error:
        _fail(f"{error.title} {error.remedy}", 1)
    except OperationalError as error:
        _fail(f"database: {error.orig}", 1)
    except KeyboardInterrupt:
        raise SystemExit(130) from None


def _fail(words: str, code: int) -> None:
    print(f"xinlu: {words}", file=sys.stderr)
    raise SystemExit(code)


@contextmanager
def _database(settings: Settings) -> Iterator[Database]:
    database = Database(settings.database_address, checkpoints=False)
    try:
        yield database
    finally:
        database.close()

"""``xinlu demo``."""

import json
import sys
from dataclasses import asdict
from typing import Annotated

import typer

from app.cli.by_name import load
from app.core.crypto import keyring_of
from app.core.schema import opened
from app.core.settings import Settings
from app.exchange import terminal

ALL = "all"


def demo(
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    template: Annotated[
        str | None,
        typer.Option(
            metavar="KEY", help="The small demo of this template instead, such as bank; all: of every template."
        ),
    ] = None,
) -> None:
    """Migrate, load the demo study once, and print every way into it."""
    settings = Settings.from_environment()
    # By name, as for serving: what a team puts down rests on most of the program, which takes long to import.
    demos = load("app.exchange.demo")
    with opened(settings, migrated=False) as database:
        if template is not None:
            wanted = demos.DEMOS if template == ALL else [template]
            shown = [demos.load_template(database, settings, keyring_of(settings), key) for key in wanted]
            terminal.template_demos(shown, sys.stdout, as_json=as_json)
            return
        access = demos.load_demo(database, settings, keyring_of(settings))
    if as_json:
        print(json.dumps(asdict(access), ensure_ascii=False))
    else:
        terminal.demo(access, sys.stdout)

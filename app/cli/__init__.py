"""The ``xinlu`` command."""

import os
import sys

from app.cli.by_name import group, load

cli = group(
    "心路 Xinlu: recovery diaries become an emotion curve per journey stage.",
    {
        "erase": "app.exchange.own_data:erase",
        "takeaway": "app.exchange.own_data:takeaway",
        "export": "app.exchange.commands:export",
        "report": "app.exchange.report_commands:report",
        "version": "app.cli.version:version",
        "migrate": "app.cli.migrating:migrate",
        "serve": "app.cli.serving:serve",
        "worker": "app.cli.serving:worker",
        "demo": "app.cli.demo:demo",
        "recode": "app.cli.recoding:recode",
        "doctor": "app.cli.doctor:doctor",
        "admin": "app.accounts.commands:admin",
        "import": "app.cli:imports",
        "coder": "app.cli:coder",
        "prompts": "app.prompts.delivery.commands:commands",
    },
)
imports = group(
    "Take sheets in.",
    {
        "interview": "app.exchange.interviews:import_interview",
        "qdpx": "app.exchange.refi.commands:import_qdpx",
        "codebook": "app.exchange.codebook_commands:import_codebook",
        "events": "app.exchange.relations_commands:import_events",
        "outcomes": "app.exchange.relations_commands:import_outcomes",
        "entries": "app.cli.sheets:import_entries",
        "participants": "app.cli.sheets:import_participants",
    },
)
coder = group(
    "The sentiment coder.",
    {
        "adapt": "app.exchange.commands:adapt",
        "sheet": "app.exchange.commands:sheet",
        "evaluate": "app.statements.judging:evaluate",
        "train": "app.statements.training:train",
    },
)


@cli.callback()
def _every_command() -> None:
    pass


def main() -> None:
    """Run the command line. What is expected to go wrong is said in a line; it is never a traceback."""
    os.umask(0o077)  # what is written here is nobody else's to read
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    if os.environ.get("LC_ALL", os.environ.get("LANG", "")).startswith("en"):
        load("app.web.i18n").current_language.set("en")
    try:
        cli()
    except KeyboardInterrupt:
        raise SystemExit(130) from None
    except Exception as error:
        # By name: what says it rests on the pages' words, and few commands fail.
        load("app.cli.failures").end_expected(error)
        raise

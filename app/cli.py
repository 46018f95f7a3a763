"""The ``xinlu`` command."""

import json
import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import asdict
from importlib import import_module
from importlib.metadata import version as installed_version
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy.exc import InterfaceError, OperationalError

from app.accounts.commands import admin
from app.core import checkpoints, schema
from app.core.bulk import expect_many_rows
from app.core.crypto import keyring_of
from app.core.db import Database
from app.core.errors import AppError
from app.core.logging import configure
from app.core.schema import opened
from app.core.settings import Settings, SettingsError
from app.exchange import checkup, codebook_commands, commands, own_data, people, relations_commands, terminal
from app.exchange.entries import EntryImport, Refused, Summary
from app.exchange.interviews import import_interview
from app.exchange.newcomers import Rules
from app.exchange.refi import commands as refi_commands
from app.exchange.refusals import in_words, refusals
from app.exchange.report_commands import report
from app.exchange.sheets import open_sheet
from app.jobs.service import watch
from app.jobs.worker import Worker
from app.prompts.delivery.commands import commands as prompt_commands
from app.statements import judging, training
from app.statements.commands import coder as coder_commands
from app.studies.coders import use_models
from app.web.i18n import current_language, translate
from app.web.problems import problem

ACTOR = "cli"
SHOWN = 20
CHECKPOINT_EVERY = 5
ALL = "all"

cli = typer.Typer(
    help="心路 Xinlu: recovery diaries become an emotion curve per journey stage.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
imports = typer.Typer(help="Take sheets in.", no_args_is_help=True)
cli.add_typer(admin, name="admin")
cli.add_typer(imports, name="import")
cli.add_typer(coder_commands, name="coder")
cli.add_typer(prompt_commands, name="prompts")
cli.command("erase")(own_data.erase)
cli.command("takeaway")(own_data.takeaway)
coder_commands.command("adapt")(commands.adapt)
coder_commands.command("sheet")(commands.sheet)
coder_commands.command("evaluate")(judging.evaluate)
coder_commands.command("train")(training.train)

cli.command("export")(commands.export)
cli.command("report")(report)
imports.command("interview")(import_interview)
imports.command("qdpx")(refi_commands.import_qdpx)
imports.command("codebook")(codebook_commands.import_codebook)
imports.command("events")(relations_commands.import_events)
imports.command("outcomes")(relations_commands.import_outcomes)

OfStudy = Annotated[str, typer.Option("--study", metavar="SLUG", help="The study, by the name in its address.")]
Sheet = Annotated[Path, typer.Argument(metavar="FILE", help="CSV: UTF-8 or GB18030; commas, semicolons or tabs.")]


@cli.command()
def version() -> None:
    """Print the version."""
    print(installed_version("xinlu"))


@cli.command()
def migrate() -> None:
    """Bring the database's tables up to date. Safe to repeat, and safe to run in two places at once."""
    with opened(Settings.from_environment(), migrated=False) as database:
        before, after = schema.upgrade(database)
    print(f"{before or 'empty'} -> {after}" if before != after else f"{after}: nothing to do")


@cli.command()
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
    create_app, run = import_module("app.main").create_app, import_module("app.web.serving").run
    with checkpoints.serving(settings.database_address):
        started = run(create_app(settings), settings)
    if not started:
        raise typer.Exit(1)


@cli.command()
def worker() -> None:
    """Work on jobs until SIGINT or SIGTERM, beside a `serve --no-worker`."""
    settings = Settings.from_environment()
    configure(settings)
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    with opened(settings) as database, _working(settings, database):
        ended.wait()


@cli.command()
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
    demos = import_module("app.exchange.demo")
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


@cli.command()
def recode(
    study: OfStudy,
    coder: Annotated[str, typer.Option(help="Such as default, lexicon, snownlp, or the study's own: adapted.")],
    preview: Annotated[
        bool, typer.Option("--preview", help="Code beside, show both curves, and change nothing.")
    ] = False,
    adopt: Annotated[bool, typer.Option("--adopt", help="Adopt what was previewed, and no other version.")] = False,
    decline: Annotated[bool, typer.Option("--decline", help="Decline what was previewed.")] = False,
) -> None:
    """Code all statements of a study again with another coder. Cut off, it goes on when it is run again."""
    if preview + adopt + decline > 1:
        raise typer.BadParameter("--preview, --adopt and --decline exclude one another")
    settings = Settings.from_environment()
    configure(settings)
    with opened(settings) as database:
        with database.write() as session:
            order = commands.order_recoding(session, study, coder, preview=preview, adopt=adopt, decline=decline)
        if decline:
            print(translate("没有采用 %(coder)s，分数没有动") % {"coder": coder})
            return
        # A name of its own: a server may be at work under the configured one.
        own = settings.model_copy(update={"worker_name": f"recode-{os.getpid()}"})
        with _working(own, database), terminal.progress(counts=True) as report:
            for status in watch(database, order.job_id):
                report(status.done, status.total or 0, "")
        if status.error_code:
            _fail(f"recode: {status.error_code}", 1)
        if preview:
            commands.print_comparison(database, order, study)
            return
    print(translate("已用 %(coder)s 重新编码 %(done)s 条表述") % {"coder": coder, "done": status.done})


@imports.command("entries")
def import_entries(
    file: Sheet,
    study: OfStudy,
    known_only: Annotated[bool, typer.Option(help="Refuse rows of people whom the study does not know.")] = False,
    paper_consent: Annotated[
        bool,
        typer.Option(help="Record consent on paper also for known people who have not agreed yet; you vouch for it."),
    ] = False,
    errors: Annotated[Path | None, typer.Option(help="CSV for the refused rows, to mend and import again.")] = None,
) -> None:
    """Import diary entries from a CSV; run it again, and nothing is stored twice.

    Columns: participant_code, occurred_at, stage (key or name); touchpoint, mood_self_report, effort, mark, text, wave,
    recorded_at, form_version, id; and any named like a question of the form. Times without an offset are the person's
    own. People whom the study does not know are taken in, with consent on paper that you vouch for.
    """
    settings = Settings.from_environment()
    with opened(settings) as database:
        importing = EntryImport(database, keyring_of(settings), study, by=ACTOR, rules=Rules(known_only, paper_consent))
        expect_many_rows(database)
        summary = _import_entries(importing, file, errors, database)
    for line in terminal.outcome(summary):
        print(line)
    if summary.refused:
        if errors is not None:
            print(translate("没存的行写在 %(path)s 里，改好以后可以直接再导入") % {"path": errors})
        raise typer.Exit(1)


def _import_entries(importing: EntryImport, file: Path, errors: Path | None, database: Database) -> Summary:
    batches = refused_rows = 0
    with open_sheet(file, importing.knows) as sheet:
        kept = refusals(errors, sheet.header, file) if errors is not None else nullcontext()
        with kept as refused_sheet, terminal.progress() as progress:

            def refuse(refused: Refused) -> None:
                nonlocal refused_rows
                refused_rows += 1
                if refused_rows <= SHOWN:
                    print(in_words(refused), file=sys.stderr)
                elif refused_rows == SHOWN + 1:
                    print(translate("……其余的不再一一列出；加上 --errors FILE 可以得到全部"), file=sys.stderr)
                if refused_sheet is not None:
                    refused_sheet.add(refused)

            def report(summary: Summary) -> None:
                nonlocal batches
                batches += 1
                if batches % CHECKPOINT_EVERY == 0:
                    checkpoints.checkpoint(database)
                progress(sheet.position(), sheet.size, terminal.so_far(summary))

            return importing.run(sheet, refuse, report)


@imports.command("participants")
def import_participants(
    file: Sheet,
    study: OfStudy,
    links: Annotated[Path, typer.Option(help="New CSV for the personal links; nobody can show them again.")],
) -> None:
    """Take participants in from a CSV: code, anchor_date, time_zone; every other column becomes an attribute."""
    settings = Settings.from_environment()
    with opened(settings) as database:
        outcome = people.import_roster(
            database, keyring_of(settings), study, file, links, by=ACTOR, public_address=settings.public_address
        )
    for row in outcome.problems:
        print(
            translate("第 %(row)s 行：%(reason)s") % {"row": row.number, "reason": translate(row.message)},
            file=sys.stderr,
        )
    words = translate("新加 %(new)s 人，早已有 %(known)s 人，没加 %(refused)s 行；链接在 %(path)s 里")
    counts = {"new": len(outcome.enrolled), "known": len(outcome.existing), "refused": len(outcome.problems)}
    print(words % {**counts, "path": links})
    if outcome.problems:
        raise typer.Exit(1)


@cli.command()
def doctor() -> None:
    """Check the installation: settings, database, log, cells, coders, font, disk. Exit code 1 if something is broken."""
    settings = Settings.from_environment()
    use_models(settings)
    broken = False
    with opened(settings, migrated=False) as database:
        for finding in checkup.check(settings, database, keyring_of(settings)):
            broken |= finding.level == "fail"
            print(f"{finding.level:5} {finding.subject}: {finding.words}")
            if finding.remedy:
                print(f"      {finding.remedy}")
    if broken:
        raise typer.Exit(1)


def main() -> None:
    """Run the command line. What is expected to go wrong is said in a line; it is never a traceback."""
    os.umask(0o077)  # what is written here is nobody else's to read
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    if os.environ.get("LC_ALL", os.environ.get("LANG", "")).startswith("en"):
        current_language.set("en")
    try:
        cli()
    except SettingsError as error:
        _fail(str(error), 2)
    except AppError as error:
        _fail(_words(error), 1)
    except (OperationalError, InterfaceError) as error:
        _fail(f"{translate('数据库现在用不了')}: {error.orig}", 1)
    except KeyboardInterrupt:
        raise SystemExit(130) from None


def _words(error: AppError) -> str:
    said = problem(error)
    fields = [f"  {one['field']}: {one['message']}" for one in said.get("errors", ())]
    return "\n".join([translate("%(title)s。%(detail)s") % said, *fields])


def _fail(words: str, code: int) -> None:
    print(f"xinlu: {words}", file=sys.stderr)
    raise SystemExit(code)


@contextmanager
def _working(settings: Settings, database: Database) -> Iterator[None]:
    import_module("app.registry")  # declares every task
    use_models(settings)
    worker = Worker(settings, database, keyring_of(settings))
    worker.start()
    try:
        yield
    finally:
        worker.stop()

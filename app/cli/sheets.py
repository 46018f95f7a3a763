"""``xinlu import entries`` and ``xinlu import participants``."""

import sys
from contextlib import nullcontext
from pathlib import Path
from typing import Annotated

import typer

from app.core import checkpoints
from app.core.bulk import expect_many_rows
from app.core.crypto import keyring_of
from app.core.db import Database
from app.core.schema import opened
from app.core.settings import Settings
from app.exchange import people, terminal
from app.exchange.entries import EntryImport, Refused, Summary
from app.exchange.newcomers import Rules
from app.exchange.refusals import in_words, refusals
from app.exchange.sheets import open_sheet
from app.web.i18n import translate

ACTOR = "cli"
SHOWN = 20
CHECKPOINT_EVERY = 5

OfStudy = Annotated[str, typer.Option("--study", metavar="SLUG", help="The study, by the name in its address.")]
Sheet = Annotated[Path, typer.Argument(metavar="FILE", help="CSV: UTF-8 or GB18030; commas, semicolons or tabs.")]


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

"""``xinlu import events`` and ``xinlu import outcomes``."""

from pathlib import Path
from typing import Annotated

import typer

from app.core.schema import opened
from app.core.settings import Settings
from app.exchange import relations
from app.exchange.refusals import in_words, refusals
from app.exchange.relations import Imported
from app.exchange.sheets import open_sheet
from app.web.i18n import translate

ACTOR = "cli"
SHOWN = 20

SheetFile = Annotated[Path, typer.Argument(metavar="FILE", help="CSV.")]
OfStudy = Annotated[str, typer.Option("--study", metavar="SLUG", help="The study, by the name in its address.")]
Errors = Annotated[Path | None, typer.Option(help="CSV for the refused rows, to mend and import again.")]


def import_events(file: SheetFile, study: OfStudy, errors: Errors = None) -> None:
    """Take in what participants did as customers; the same file again changes nothing.

    Columns: participant_code, kind (visit, purchase, referral, complaint, review, contact, left; or 到访 购买 推荐 投诉 评价 联系
    离开), date; label (what it was: 洗牙, 补牙), touchpoint, amount (of purchases). The same person, kind, day and label is one
    event; given again with another amount or touchpoint, it takes that.
    """
    with opened(Settings.from_environment()) as database:
        done = relations.import_events(database, study, file, by=ACTOR)
    _tell(done, file, errors)


def import_outcomes(file: SheetFile, study: OfStudy, errors: Errors = None) -> None:
    """Take in outcomes of participants; the same file again changes nothing.

    Columns: participant_code, and one for each measure, by its key or name; a new name makes a measure, of yes and no if all
    its cells are (是/否, yes/no), else of numbers. Empty cells say nothing.
    """
    with opened(Settings.from_environment()) as database:
        done = relations.import_outcomes(database, study, file, by=ACTOR)
    _tell(done, file, errors)


def _tell(done: Imported, file: Path, errors: Path | None) -> None:
    """Print what an import did; exit code 1 where a row was refused."""
    for one in done.refused[:SHOWN]:
        typer.echo(in_words(one), err=True)
    if len(done.refused) > SHOWN:
        typer.echo(translate("……其余的不再一一列出；加上 --errors FILE 可以得到全部"), err=True)
    if done.measures:
        typer.echo(translate("新建了指标：%(names)s") % {"names": translate("、").join(done.measures)})
    if done.ignored:
        typer.echo(translate("没有用到这些列：%(names)s") % {"names": translate("、").join(done.ignored)})
    words = translate("新记 %(stored)s，改了 %(changed)s，早已有 %(present)s，没记 %(refused)s 行")
    counts = {"stored": done.stored, "changed": done.changed, "present": done.present}
    typer.echo(words % {**counts, "refused": len(done.refused)})
    if done.refused:
        if errors is not None:
            with open_sheet(file, lambda _name: True) as sheet, refusals(errors, sheet.header, file) as kept:
                for one in done.refused:
                    kept.add(one)
            typer.echo(translate("没存的行写在 %(path)s 里，改好以后可以直接再导入") % {"path": errors})
        raise typer.Exit(1)

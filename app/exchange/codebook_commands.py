"""``xinlu import codebook`` and ``xinlu export --what codebook``."""

from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer

from app.core.db import Database
from app.core.errors import FieldError
from app.core.schema import opened
from app.core.settings import Settings
from app.exchange import codebook_files, codebooks
from app.exchange.codebook_files import Kind
from app.exchange.codebooks import Plan
from app.exchange.errors import StudyUnknown, Unreadable
from app.exchange.sheets import private_file
from app.studies import queries as studies
from app.web.i18n import translate

ACTOR = "cli"
SHOWN = 20


def export_codebook(database: Database, study_id: UUID, kind: Kind, output: Path) -> None:
    """Write the codes in use into the new file ``output``; CodebookEmpty, Unwritable."""
    with database.read() as session:
        text = codebook_files.written(session, study_id, kind)
    with private_file(output) as file:
        file.write(text)
    typer.echo(translate("编码本写在 %(path)s 里") % {"path": output})


def import_codebook(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="REFI-QDA codebook (.qdc), or CSV.")],
    study: Annotated[str, typer.Option("--study", metavar="SLUG", help="The study, by the name in its address.")],
    update: Annotated[
        bool, typer.Option("--update", help="Also change codes that are there, as the file has them.")
    ] = False,
    preview: Annotated[bool, typer.Option("--preview", help="Only say what would happen.")] = False,
) -> None:
    """Take the codes of a codebook over. Those that the study has, by id or by name and parent, stay unless --update."""
    try:
        raw = file.read_bytes()
    except OSError as error:
        raise Unreadable(fields=[FieldError("file", error.strerror or "", "not_opened")]) from error
    kind, book = codebook_files.read(raw)
    with opened(Settings.from_environment()) as database, database.write() as session:
        found = studies.study_by_slug(session, study)
        if found is None:
            raise StudyUnknown(slug=study)
        wanted = codebooks.plan(session, found.id, book.codes)
        for line in (*book.notes, *wanted.notes):
            typer.echo(line, err=True)
        if not preview:
            codebooks.take_over(session, ACTOR, found.id, wanted, update=update, version=wanted.version, origin=kind)
    for line in _outcome(wanted, update=update, preview=preview):
        typer.echo(line)


def _outcome(wanted: Plan, *, update: bool, preview: bool) -> list[str]:
    counts = {"new": len(wanted.new), "changed": len(wanted.changed), "same": len(wanted.same), "alone": wanted.alone}
    words = translate("新加 %(new)s 个，已有但不同 %(changed)s 个，一样 %(same)s 个；文件里没有的 %(alone)s 个留着")
    lines = [words % counts]
    if preview:
        lines.append(translate("只是看看，什么也没有改"))
    elif wanted.changed:
        lines.append(translate("不同的也改好了") if update else translate("不同的没有改；加上 --update 就按文件改"))
    return lines

"""``xinlu export --format qdpx`` and ``xinlu import qdpx``."""

import sys
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer
from sqlalchemy.orm import Session

from app.core.bulk import expect_many_rows
from app.core.db import Database
from app.core.errors import FieldError
from app.core.schema import opened
from app.core.settings import Settings
from app.exchange.errors import StudyUnknown
from app.exchange.own_data import private_bytes
from app.exchange.refi import words
from app.exchange.refi.errors import NotAProject
from app.exchange.refi.exporting import Written, write_project
from app.exchange.refi.importing import import_project, understand
from app.exchange.refi.people import Sight
from app.participants.readings import OPERATOR, Readings
from app.studies import queries as studies
from app.studies.coders import use_models
from app.studies.models import Study
from app.studies.protocol import StudyFacts
from app.web.i18n import translate

ACTOR = "cli"
BATCH = 1000

OfStudy = Annotated[str, typer.Option("--study", metavar="SLUG", help="The study, by the name in its address.")]


class CountingChoice(StrEnum):
    """How a file counts positions."""

    AUTO = "auto"
    CODE_POINTS = "code-points"
    CODE_POINTS_LF = "code-points-lf"
    UTF_16 = "utf-16"
    UTF_16_LF = "utf-16-lf"


def export_qdpx(database: Database, study: StudyFacts, path: Path) -> Written:
    """Write everything of a study into the new file ``path``, blind codings too: who runs this sees all. Unwritable."""
    seen = _Seen(database, study)
    with private_bytes(path) as file, database.read() as session:
        written = write_project(session, study.id, file, Sight(), seen.hear)
        seen.write()
    return written


class _Seen:
    """Whose words were written, noted in the database a thousand people at a time."""

    def __init__(self, database: Database, study: StudyFacts) -> None:
        self._database = database
        self._study = study
        self._readings = Readings()
        self._waiting = 0

    def hear(self, whose: Sequence[tuple[UUID, UUID]]) -> None:
        """Note that these words of somebody were written."""
        self._readings.note_of(self._study, ACTOR, OPERATOR, whose, exported=True)
        self._waiting += 1
        if self._waiting >= BATCH:
            self.write()

    def write(self) -> None:
        """Write what waits."""
        self._waiting = 0
        with self._database.write() as session:
            self._readings.write_in(session)


def import_qdpx(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A REFI-QDA project (.qdpx).")],
    study: OfStudy,
    stage: Annotated[
        str | None,
        typer.Option(metavar="KEY", help="Where to put what has no stage of the study; it can be moved later."),
    ] = None,
    counting: Annotated[
        CountingChoice, typer.Option(help="How the file counts positions, where it is found out wrongly.")
    ] = CountingChoice.AUTO,
    preview: Annotated[bool, typer.Option("--preview", help="Show what was understood, and store nothing.")] = False,
) -> None:
    """Import a QDPX project: ours comes back as it was; another program's sources become interviews, with their codes.

    Run again, nothing is stored twice. People whom the study does not know are taken in, with consent on paper that you
    vouch for. What is not taken over is listed with its reason.
    """
    settings = Settings.from_environment()
    use_models(settings)
    with opened(settings) as database:
        with database.read() as session:
            protocol = studies.protocol(session, _study(session, study).id)
        try:
            with file.open("rb") as handed:
                intake = understand(handed, protocol, stage=stage, counting=counting)
        except OSError as error:
            raise NotAProject(why=error.strerror or "", fields=[FieldError("file", error.strerror or "")]) from error
        _say(*words.understood(intake))
        if preview:
            _warn(*words.warnings(intake))
            return
        expect_many_rows(database)
        with database.write() as session:
            result = import_project(session, ACTOR, _study(session, study), intake)
    _say(*words.stored(result))
    _warn(*words.warnings(intake, result))


def _say(*lines: str) -> None:
    for line in lines:
        typer.echo(line)


def _warn(*lines: str) -> None:
    for line in lines:
        print(line, file=sys.stderr)


def _study(session: Session, slug: str) -> Study:
    found = studies.study_by_slug(session, slug)
    if found is None:
        raise StudyUnknown(slug=slug)
    return found


def exported_lines(written: Written, path: Path) -> list[str]:
    """Return what was exported and where to, for a terminal."""
    told = translate("项目写在 %(path)s 里；里面有所有人的编码，包括正在各自编的") % {"path": path}
    return [*words.exported(written), told]

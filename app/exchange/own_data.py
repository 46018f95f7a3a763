"""``xinlu takeaway`` and ``xinlu erase``: what a person may ask for, done for them by who runs the machine."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Annotated

import typer
from sqlalchemy.orm import Session

from app.core.crypto import keyring_of
from app.core.logging import configure
from app.core.schema import opened
from app.core.scrubbing import scrub
from app.core.settings import Settings
from app.exchange.errors import NotConfirmed, ParticipantUnknown, StudyUnknown, Unwritable
from app.exchange.takeaway import log_takeaway, write_takeaway
from app.participants import queries as participants
from app.participants.erasure import erase_person
from app.participants.models import Participant
from app.studies import queries as studies
from app.studies.models import Study
from app.web.i18n import current_language, translate

ACTOR = "cli"


def takeaway(
    study: Annotated[str, typer.Argument(metavar="STUDY", help="The study, by the name in its address.")],
    code: Annotated[str, typer.Argument(metavar="CODE", help="The participant's code.")],
    output: Annotated[Path, typer.Option("-o", "--output", help="New ZIP; only you can read it.")],
) -> None:
    """Write everything that is kept of a participant into one archive, to hand to that person and nobody else."""
    settings = Settings.from_environment()
    with opened(settings) as database:
        with database.write() as session:
            found = _study(session, study)
            person = _person(session, found, code)
            current_language.set(found.language)
            log_takeaway(session, ACTOR, person)
        with database.read() as session, private_bytes(output) as file:
            write_takeaway(session, keyring_of(settings), found, person, file)
    typer.echo(translate("%(code)s 的资料写在 %(path)s 里；请只交给本人") % {"code": code, "path": output})


def erase(
    study: Annotated[str, typer.Argument(metavar="STUDY", help="The study, by the name in its address.")],
    code: Annotated[str, typer.Argument(metavar="CODE", help="The participant's code.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask for the code once more.")] = False,
) -> None:
    """Erase a participant and everything that hangs on them, at once and for good.

    Entries with their history, attachments, statements, cells, consents, links, messages, and what the log says of them.
    """
    settings = Settings.from_environment()
    configure(settings)
    with opened(settings) as database:
        with database.read() as session:
            person = _person(session, _study(session, study), code)
        if not yes and typer.prompt(translate("真的要删，请再打一次编号")).strip() != code:
            raise NotConfirmed()
        with database.write() as session:
            erase_person(session, ACTOR, person.study_id, person.id)
        clean = scrub(database)
    typer.echo(translate("%(code)s 的一切都删掉了") % {"code": code})
    if database.dialect == "sqlite" and not clean:
        typer.echo(translate("服务还在运行：写入日志里的旧页，由它在一两分钟内清掉"))


@contextmanager
def private_bytes(path: Path) -> Iterator[IO[bytes]]:
    """Open the new file ``path``, which only its owner may read; Unwritable if it is there. An error takes it away again."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise Unwritable(path=path) from error
    with open(descriptor, "wb") as file:  # noqa: PTH123 - of a descriptor
        try:
            yield file
        except BaseException:
            path.unlink()
            raise


def _study(session: Session, slug: str) -> Study:
    found = studies.study_by_slug(session, slug)
    if found is None:
        raise StudyUnknown(slug=slug)
    return found


def _person(session: Session, study: Study, code: str) -> Participant:
    found = participants.by_code(session, study.id, code)
    if found is None:
        raise ParticipantUnknown(code=code)
    return found

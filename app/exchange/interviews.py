"""``xinlu import interview``: a transcript from a file, through the same service as the page."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer
from sqlalchemy.orm import Session

from app.core import clock
from app.core.crypto import keyring_of
from app.core.db import Database
from app.core.errors import FieldError, Invalid
from app.core.schema import opened
from app.core.settings import Settings
from app.exchange.errors import StudyUnknown, Unreadable
from app.interviews import importing, queries, staging
from app.interviews.errors import StageUnknown
from app.interviews.importing import Given, Imported
from app.interviews.staging import Choice, Outcome
from app.interviews.transcripts import reading
from app.interviews.transcripts.shapes import MOST_BYTES, ROLES, Role, Source, Transcript
from app.interviews.words import FORMS, NO_SPEAKER, NOBODY
from app.interviews.words import ROLES as ROLE_NAMES
from app.participants import queries as participants
from app.studies import queries as studies
from app.studies.models import Study
from app.studies.protocol import StudyProtocol
from app.web.i18n import mark as _
from app.web.i18n import translate

ACTOR = "import:cli"
NOT_A_SPEAKER = "none"
SHOWN = 20


@dataclass(frozen=True, slots=True)
class _Wanted:
    """Which stages to confirm at once: those proposed, or one for all."""

    as_proposed: bool
    stage_id: UUID | None = None


def import_interview(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Transcript: .txt, .docx, .srt, .vtt or .csv.")],
    study: Annotated[str, typer.Option("--study", metavar="SLUG", help="The study, by the name in its address.")],
    participant: Annotated[str, typer.Option("--participant", metavar="CODE", help="Whose interview it is.")],
    title: Annotated[str, typer.Option(help="What to call it; default the file's name.")] = "",
    held_on: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="Day of the talk; default what the file tells, or today."),
    ] = None,
    wave: Annotated[str | None, typer.Option(metavar="KEY", help="The study's wave.")] = None,
    speaker: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=ROLE", help="interviewer, respondent, other or none (no speaker); repeat it."),
    ] = None,
    stage: Annotated[str | None, typer.Option(metavar="KEY", help="Confirm this stage for every answer.")] = None,
    accept_stages: Annotated[
        bool, typer.Option("--accept-stages", help="Confirm the proposed stages as they are; nobody will have looked.")
    ] = False,
    known_only: Annotated[
        bool, typer.Option("--known-only", help="Refuse a person whom the study does not know.")
    ] = False,
    paper_consent: Annotated[
        bool,
        typer.Option("--paper-consent", help="Record consent on paper for a known person too; you vouch for it."),
    ] = False,
    preview: Annotated[bool, typer.Option("--preview", help="Say what was understood, and store nothing.")] = False,
) -> None:
    """Import the transcript of an interview; run it again, and nothing is stored twice.

    Encoding, speakers and times are found out and said. A person whom the study does not know is taken in, with consent
    on paper that you vouch for. Each answer gets a proposed stage, to be confirmed in the workbench.
    """
    source = _read(file)
    roles = _roles(speaker or [])
    with opened(Settings.from_environment()) as database:
        with database.read() as session:
            found = _study(session, study)
            protocol = studies.protocol(session, found.id)
            codes = participants.codes(session, found.id)
            fresh = participants.by_code(session, found.id, participant) is None
        said = {name: role != NOT_A_SPEAKER for name, role in roles.items()}
        transcript = reading.understand(source, said, codes)
        for line in _understood(source, transcript, roles):
            typer.echo(line, err=True)
        if preview:
            return
        day = held_on.date() if held_on else _day(source)
        given = Given(participant, title, day, wave, _parts(roles), new=not known_only, paper=fresh or paper_consent)
        imported, outcome = _store(database, found, source, transcript, given, _wanted(protocol, stage, accept_stages))
    for line in _done(found, imported, transcript, outcome):
        typer.echo(line)


def _store(
    database: Database, study: Study, source: Source, transcript: Transcript, given: Given, wanted: _Wanted | None
) -> tuple[Imported, Outcome | None]:
    keyring = keyring_of(Settings.from_environment())
    with database.write() as session:
        imported = importing.import_interview(session, keyring, ACTOR, study, source, transcript, given)
    if wanted is None:
        return imported, None
    with database.read() as session:
        turns = queries.turns_of(session, study.id, imported.interview_id, waiting=True)
        coded = staging.code_turns(session, study.id, [turn.id for turn in turns])
    choices = [
        Choice(turn.id, turn.version, turn.proposed_stage_id if wanted.as_proposed else wanted.stage_id)
        for turn in turns
    ]
    with database.write() as session:
        return imported, staging.confirm(session, ACTOR, study.id, choices, coded)


def _read(file: Path) -> Source:
    try:
        with file.open("rb") as opened_file:
            return reading.read(opened_file.read(MOST_BYTES + 1), file.name)
    except OSError as error:
        raise Unreadable(fields=[FieldError("file", error.strerror or "", "not_opened")]) from error


def _roles(given: Sequence[str]) -> dict[str, str]:
    roles: dict[str, str] = {}
    for one in given:
        name, equals, role = one.rpartition("=")
        if not equals or role not in (*ROLES, NOT_A_SPEAKER):
            raise Invalid(fields=[FieldError("speaker", _("请写成 名字=interviewer、respondent、other 或 none"))])
        roles[name.strip()] = role
    return roles


def _parts(roles: dict[str, str]) -> dict[str, Role]:
    return {name: role for name, given in roles.items() for role in ROLES if role == given}


def _wanted(protocol: StudyProtocol, stage: str | None, accept_stages: bool) -> _Wanted | None:
    if stage is None:
        return _Wanted(as_proposed=True) if accept_stages else None
    found = protocol.stage(stage)
    if found is None:
        raise StageUnknown()
    return _Wanted(as_proposed=False, stage_id=found.id)


def _day(source: Source) -> date | None:
    found = reading.day_in(source)
    return found if found and found <= clock.now().date() else None


def _understood(source: Source, transcript: Transcript, roles: dict[str, str]) -> Iterator[str]:
    """Yield what was understood, a line each."""
    words = translate("%(form)s%(encoding)s：%(turns)s 段话，%(odd)s 行没有读成话")
    counts = {"turns": len(transcript.turns), "odd": len(transcript.odd)}
    encoding = f" {source.encoding}" if source.encoding else ""
    yield words % {"form": translate(FORMS[source.form]), "encoding": encoding, **counts}
    for one in transcript.speakers:
        role = roles.get(one.name, NOT_A_SPEAKER if one.doubtful else one.role)
        part = translate(NO_SPEAKER if role == NOT_A_SPEAKER else ROLE_NAMES[role])
        told = {"name": one.name or translate(NOBODY), "role": part, "turns": one.turns}
        yield translate("  %(name)s：%(role)s，%(turns)s 段") % told
    for odd in transcript.odd[:SHOWN]:
        # By their numbers only: what people said belongs in no log of a terminal.
        yield translate("  第 %(line)s 行：%(reason)s") % {"line": odd.line, "reason": translate(odd.reason)}
    if len(transcript.odd) > SHOWN:
        yield translate("  ……还有 %(n)s 行") % {"n": len(transcript.odd) - SHOWN}


def _done(study: Study, imported: Imported, transcript: Transcript, outcome: Outcome | None) -> Iterator[str]:
    address = f"/studies/{study.slug}/interviews/{imported.interview_id}"
    if imported.created:
        yield translate("导入了 %(n)s 段话：%(address)s") % {"n": len(transcript.turns), "address": address}
    else:
        yield translate("这份文字稿以前导入过，没有再存一遍：%(address)s") % {"address": address}
    if outcome is not None:
        words = translate("确认了 %(n)s 段的阶段，其中 %(out)s 段不属于旅程")
        yield words % {"n": outcome.confirmed, "out": outcome.left_out}
    elif imported.created:
        yield translate("每段话的阶段只是建议，请到工作台里确认")


def _study(session: Session, slug: str) -> Study:
    found = studies.study_by_slug(session, slug)
    if found is None:
        raise StudyUnknown(slug=slug)
    return found

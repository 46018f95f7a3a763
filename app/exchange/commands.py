"""``xinlu coder sheet`` and ``adapt``: statements out to people who code, and what their codes teach the study's coder;
what ``xinlu recode`` asks for and shows; and ``xinlu export``."""

import secrets
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy.orm import Session

from app.core.db import Database
from app.core.logging import configure
from app.core.schema import opened
from app.core.settings import Settings
from app.curves.comparison import compare
from app.exchange.codebook_commands import export_codebook
from app.exchange.codebook_files import Kind
from app.exchange.codes import own_codes, read_codes, write_sheet
from app.exchange.errors import StudyUnknown
from app.exchange.exporting import Format, What, write_care, write_entries, write_prompts
from app.exchange.refi.commands import export_qdpx, exported_lines
from app.exchange.reports import adaptation_lines, comparison_lines
from app.participants.readings import OPERATOR, Readings
from app.statements import adapting, drawing, recodings
from app.statements.errors import RecodingDecided
from app.statements.models import Recoding
from app.studies import queries as studies
from app.studies.coders import use_models
from app.studies.models import Study
from app.web.i18n import translate

ACTOR = "cli"
MOST_DRAWN = 20_000
SEEDS = 1 << 31

OfStudy = Annotated[str, typer.Option("--study", metavar="SLUG", help="The study, by the name in its address.")]


def sheet(
    study: OfStudy,
    output: Annotated[Path, typer.Option("-o", "--output", help="New CSV; only you can read it.")],
    sample: Annotated[int, typer.Option(min=1, max=MOST_DRAWN, help="How many statements to draw.")] = 200,
    seed: Annotated[
        int | None, typer.Option(min=0, max=SEEDS, help="Draws the same again; the log keeps the seed that was used.")
    ] = None,
) -> None:
    """Draw statements of a study for people to code, each with its probability, and without the machine's score."""
    chosen = secrets.randbelow(SEEDS) if seed is None else seed
    with opened(Settings.from_environment()) as database, database.write() as session:
        found = _study(session, study)
        drawn = drawing.draw(session, ACTOR, found.id, sample, chosen)
        write_sheet(output, studies.protocol(session, found.id), drawn)
        readings = Readings()
        readings.note_of(
            found, ACTOR, OPERATOR, [(one.participant_id, one.source_id) for one in drawn.statements], exported=True
        )
        readings.write_in(session)
    words = translate("抽出 %(n)s 条表述，写在 %(path)s 里；每条被抽中的概率是 %(probability)s，种子 %(seed)s")
    counts = {"n": len(drawn.statements), "probability": f"{drawn.probability:.3g}", "seed": chosen}
    print(words % {**counts, "path": output})


def adapt(
    study: OfStudy,
    codes: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="CSV: statement, coder, sentiment from -2 to 2; without it, the study's own codings."
        ),
    ] = None,
) -> None:
    """Fit a study's own calibration of its coder to human codes, say what it is worth, and keep it for the study to choose.

    Compared on people who were left out; where it is no better there, nothing is changed.
    """
    settings = Settings.from_environment()
    configure(settings)
    use_models(settings)
    with opened(settings) as database:
        with database.read() as session:
            found = _study(session, study)
            given = own_codes(session, found.id) if codes is None else read_codes(session, found.id, codes)
            fit = adapting.fit(session, found, given)
        with database.write() as session:
            kept = adapting.keep(session, ACTOR, found, fit)
            version, report = kept.version, kept.report
    for line in adaptation_lines(fit.base, fit.base_version, version, report, study):
        print(line)


def export(
    study: Annotated[str, typer.Argument(metavar="STUDY", help="The study, by the name in its address.")],
    output: Annotated[Path, typer.Option("-o", "--output", help="New file; only you can read it.")],
    what: Annotated[
        What,
        typer.Option(
            help="The diary's entries, the ledger of prompts, the codebook, or care staff's follow-ups, alerts or contacts."
        ),
    ] = What.ENTRIES,
    form: Annotated[
        Format,
        typer.Option(
            "--format", help="A table, an array of objects, qdpx: the whole study as a project, or qdc: the codebook."
        ),
    ] = Format.CSV,
) -> None:
    """Write a study's entries with the times of the prompts they answer, its ledger of prompts, or its follow-ups, into a file.

    With --format qdpx: everything that was said, the codebook and every coder's codes as a REFI-QDA project.
    With --what codebook: the codes in use, as csv or as a REFI-QDA codebook (qdc).
    """
    if (what is What.CODEBOOK) != (form is Format.QDC) and not (what is What.CODEBOOK and form is Format.CSV):
        raise typer.BadParameter("--what codebook goes with --format qdc or csv, and qdc with nothing else")
    with opened(Settings.from_environment()) as database:
        with database.read() as session:
            protocol = studies.protocol(session, _study(session, study).id)
        if form is Format.QDPX:
            for line in exported_lines(export_qdpx(database, protocol.study, output), output):
                print(line)
            return
        if what is What.CODEBOOK:
            export_codebook(database, protocol.study.id, Kind(form), output)
            return
        if what is What.PROMPTS:
            n = write_prompts(database, protocol.study.id, output, form)
        elif what is What.ENTRIES:
            n = write_entries(database, protocol, output, form)
        else:
            n = write_care(database, protocol, what, output, form)
    print(translate("写了 %(n)s 行，在 %(path)s 里") % {"n": n, "path": output})


def order_recoding(session: Session, slug: str, coder: str, *, preview: bool, adopt: bool, decline: bool) -> Recoding:
    """Return the recoding that `xinlu recode` asks for: a new one, or with ``adopt`` or ``decline`` the proposal of
    ``coder``. StudyUnknown; RecodingDecided without such a proposal; else what recodings raises."""
    study = _study(session, slug)
    if not (adopt or decline):
        return recodings.request(session, ACTOR, study, coder, preview=preview)
    proposal = recodings.undecided(session, study.id)
    if proposal is None or proposal.coder != coder:
        raise RecodingDecided()
    return (recodings.adopt if adopt else recodings.decline)(session, ACTOR, study.id, proposal.id)


def print_comparison(database: Database, order: Recoding, slug: str) -> None:
    """Print what adopting the proposal ``order`` would change."""
    with database.read() as session:
        found = recodings.get(session, order.study_id, order.id)
        comparison = compare(session, found.study_id, found.version or "", anonymous=False)
    for line in comparison_lines(comparison, slug, found.coder):
        print(line)


def _study(session: Session, slug: str) -> Study:
    found = studies.study_by_slug(session, slug)
    if found is None:
        raise StudyUnknown(slug=slug)
    return found

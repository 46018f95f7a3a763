"""``xinlu report``: the report of a study, as one HTML file or as PDF."""

from pathlib import Path
from typing import Annotated

import typer

from app.core.errors import FieldError, Invalid
from app.core.logging import configure
from app.core.schema import opened
from app.core.settings import Settings
from app.curves.matrices import CellMatrices
from app.exchange.errors import StudyUnknown
from app.exchange.sheets import private_file
from app.maps.board.service import full_viewer
from app.maps.report.findings import findings
from app.maps.report.html import report_html
from app.maps.report.paper import report_pdf
from app.maps.report.service import report as written
from app.maps.service import KeptScenes
from app.participants.readings import OPERATOR, Readings
from app.studies import queries as studies
from app.studies.coders import use_models
from app.web.i18n import LANGUAGES, current_language, translate
from app.web.i18n import mark as _

ACTOR = "cli"


class ReportKindUnknown(Invalid):
    code = "report_kind_unknown"
    title = "报告只能写成 .html 或 .pdf"
    remedy = "请让文件名以 .html 或 .pdf 结尾。"


def report(
    study: Annotated[str, typer.Argument(metavar="STUDY", help="The study, by the name in its address.")],
    output: Annotated[Path, typer.Option("-o", "--output", help="New .html or .pdf; only you can read it.")],
    language: Annotated[str | None, typer.Option(help="zh-CN or en; without it, the study's.")] = None,
) -> None:
    """Write the report of a study for whoever decides: the curve, where it hurts, what is done there, what is uncertain,
    what to do. Quotes stand in it only of people who agreed to be quoted in reports."""
    kind = output.suffix.lower()
    if kind not in (".html", ".pdf"):
        raise ReportKindUnknown()
    if language not in (None, *LANGUAGES):
        raise Invalid(fields=[FieldError("language", _("请写 zh-CN 或 en"), "unknown")])
    settings = Settings.from_environment()
    configure(settings)
    use_models(settings)
    with opened(settings) as database:
        with database.read() as session:
            found_study = studies.study_by_slug(session, study)
            if found_study is None:
                raise StudyUnknown(slug=study)
            current_language.set(language or found_study.language)
            found = findings(session, CellMatrices(), KeptScenes(), full_viewer(found_study.id))
        made = report_pdf(written(found)) if kind == ".pdf" else report_html(written(found)).encode()
        readings = Readings()
        readings.note_of(found_study, ACTOR, OPERATOR, found.whose(), exported=True)
        with database.write() as session:
            readings.write_in(session)
            with private_file(output) as file:
                file.buffer.write(made)  # type: ignore[attr-defined]
    typer.echo(translate(_("报告写在 %(path)s 里")) % {"path": output})

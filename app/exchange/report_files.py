"""Writing a study's report into a new file that only its owner can read."""

from pathlib import Path

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
from app.web.i18n import current_language

ACTOR = "cli"


def write_report(settings: Settings, study: str, output: Path, language: str | None) -> None:
    """Write the report of ``study`` as HTML or PDF, by the suffix of ``output``; whose words stand in it is put down.

    StudyUnknown; what private_file raises where the file is there.
    """
    use_models(settings)
    with opened(settings) as database:
        with database.read() as session:
            found_study = studies.study_by_slug(session, study)
            if found_study is None:
                raise StudyUnknown(slug=study)
            current_language.set(language or found_study.language)
            found = findings(session, CellMatrices(), KeptScenes(), full_viewer(found_study.id))
        made = report_pdf(written(found)) if output.suffix.lower() == ".pdf" else report_html(written(found)).encode()
        readings = Readings()
        readings.note_of(found_study, ACTOR, OPERATOR, found.whose(), exported=True)
        with database.write() as session:
            readings.write_in(session)
            with private_file(output) as file:
                file.buffer.write(made)  # type: ignore[attr-defined]

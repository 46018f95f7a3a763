"""``xinlu report``: the report of a study, as one HTML file or as PDF."""

from importlib import import_module
from pathlib import Path
from typing import Annotated

import typer

from app.core.errors import FieldError, Invalid
from app.core.logging import configure
from app.core.settings import Settings
from app.web.i18n import LANGUAGES, translate
from app.web.i18n import mark as _


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
    # By name: maps and what they rest on take longer to import than any other command may.
    import_module("app.exchange.report_files").write_report(settings, study, output, language)
    typer.echo(translate(_("报告写在 %(path)s 里")) % {"path": output})

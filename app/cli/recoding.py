"""``xinlu recode``."""

import os
from typing import Annotated

import typer

from app.cli.failures import fail
from app.cli.working import working
from app.core.logging import configure
from app.core.schema import opened
from app.core.settings import Settings
from app.exchange import commands, terminal
from app.jobs.service import watch
from app.web.i18n import translate


def recode(
    study: Annotated[str, typer.Option("--study", metavar="SLUG", help="The study, by the name in its address.")],
    coder: Annotated[str, typer.Option(help="Such as default, lexicon, snownlp, or the study's own: adapted.")],
    preview: Annotated[
        bool, typer.Option("--preview", help="Code beside, show both curves, and change nothing.")
    ] = False,
    adopt: Annotated[bool, typer.Option("--adopt", help="Adopt what was previewed, and no other version.")] = False,
    decline: Annotated[bool, typer.Option("--decline", help="Decline what was previewed.")] = False,
) -> None:
    """Code all statements of a study again with another coder. Cut off, it goes on when it is run again."""
    if preview + adopt + decline > 1:
        raise typer.BadParameter("--preview, --adopt and --decline exclude one another")
    settings = Settings.from_environment()
    configure(settings)
    with opened(settings) as database:
        with database.write() as session:
            order = commands.order_recoding(session, study, coder, preview=preview, adopt=adopt, decline=decline)
        if decline:
            print(translate("没有采用 %(coder)s，分数没有动") % {"coder": coder})
            return
        # A name of its own: a server may be at work under the configured one.
        own = settings.model_copy(update={"worker_name": f"recode-{os.getpid()}"})
        with working(own, database), terminal.progress(counts=True) as report:
            for status in watch(database, order.job_id):
                report(status.done, status.total or 0, "")
        if status.error_code:
            fail(f"recode: {status.error_code}", 1)
        if preview:
            commands.print_comparison(database, order, study)
            return
    print(translate("已用 %(coder)s 重新编码 %(done)s 条表述") % {"coder": coder, "done": status.done})

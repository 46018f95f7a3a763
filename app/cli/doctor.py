"""``xinlu doctor``."""

import typer

from app.core.crypto import keyring_of
from app.core.schema import opened
from app.core.settings import Settings
from app.exchange import checkup
from app.studies.coders import use_models


def doctor() -> None:
    """Check the installation: settings, database, log, cells, coders, font, disk. Exit code 1 if something is broken."""
    settings = Settings.from_environment()
    use_models(settings)
    broken = False
    with opened(settings, migrated=False) as database:
        for finding in checkup.check(settings, database, keyring_of(settings)):
            broken |= finding.level == "fail"
            print(f"{finding.level:5} {finding.subject}: {finding.words}")
            if finding.remedy:
                print(f"      {finding.remedy}")
    if broken:
        raise typer.Exit(1)

"""``xinlu migrate``."""

from app.core import schema
from app.core.schema import opened
from app.core.settings import Settings


def migrate() -> None:
    """Bring the database's tables up to date. Safe to repeat, and safe to run in two places at once."""
    with opened(Settings.from_environment(), migrated=False) as database:
        before, after = schema.upgrade(database)
    print(f"{before or 'empty'} -> {after}" if before != after else f"{after}: nothing to do")

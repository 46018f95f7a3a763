"""The database's schema: bringing it up to date with the migrations, and telling whether it is."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from app.core.db import Database
from app.core.errors import AppError
from app.core.settings import Settings

ROOT = Path(__file__).parents[2]
MIGRATIONS = ROOT / "migrations"
REVISION = re.compile(r"^(down_)?revision\b[^=]*=\s*['\"](\w+)['\"]", re.MULTILINE)


class NotMigrated(AppError):
    """The tables are not those of this program."""

    code = "not_migrated"
    status = 503
    title = "数据库的表还不是这个版本的"
    remedy = "请先运行 xinlu migrate，再启动。"


class MigrationsMissing(AppError):
    """The program was installed without its migrations."""

    code = "migrations_missing"
    title = "找不到 migrations 文件夹"
    remedy = "请从项目文件夹或镜像里运行（pip install --editable .），这样迁移脚本和程序在一起。"


@contextmanager
def opened(settings: Settings, *, migrated: bool = True) -> Iterator[Database]:
    """Open the database for a command, where it must be ``migrated`` already. Only `serve` checkpoints as it goes."""
    database = Database(settings.database_address, checkpoints=False)
    try:
        if migrated:
            require_current(database)
        yield database
    finally:
        database.close()


def upgrade(database: Database) -> tuple[str | None, str]:
    """Bring the tables up to date, in one transaction; returns the revision before and after."""
    if not (MIGRATIONS / "env.py").exists():
        raise MigrationsMissing()
    # Alembic costs half a second to import, and only who migrates needs it.
    from alembic import command  # noqa: PLC0415
    from alembic.config import Config  # noqa: PLC0415

    before = revision(database)
    config = Config(ROOT / "alembic.ini")
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["address"] = database.address
    command.upgrade(config, "head")
    return before, head()


def require_current(database: Database) -> None:
    """Raise NotMigrated unless the tables are those of this program."""
    if revision(database) != head():
        raise NotMigrated()


def revision(database: Database) -> str | None:
    """Return the revision that the tables are at; None without any."""
    with database.read() as session:
        try:
            found: str | None = session.scalar(text("SELECT version_num FROM alembic_version"))
        except DBAPIError as error:
            if database.dialect == "postgresql" and getattr(error.orig, "sqlstate", "") != "42P01":
                raise
            if database.dialect == "sqlite" and "no such table" not in str(error.orig):
                raise
            return None
    return found


def head() -> str:
    """Return the newest revision among the migrations."""
    return _head({path.name: path.read_text(encoding="utf-8") for path in (MIGRATIONS / "versions").glob("*.py")})


def _head(scripts: Mapping[str, str]) -> str:
    found = [match for text in scripts.values() for match in REVISION.finditer(text)]
    followed = {match[2] for match in found if match[1]}
    heads = [match[2] for match in found if not match[1] and match[2] not in followed]
    if len(heads) != 1:
        raise MigrationsMissing()
    return heads[0]

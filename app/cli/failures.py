"""How commands end that failed: what is expected to go wrong is said in a line."""

import sys
from typing import NoReturn

from sqlalchemy.exc import InterfaceError, OperationalError

from app.core.errors import AppError
from app.core.settings import SettingsError
from app.web.i18n import translate
from app.web.problems import problem


def end_expected(error: Exception) -> None:
    """Say what went wrong and exit, with 2 for a wrong setting and 1 else. Returns only for what nobody expects."""
    if isinstance(error, SettingsError):
        fail(str(error), 2)
    if isinstance(error, AppError):
        fail(_words(error), 1)
    if isinstance(error, (OperationalError, InterfaceError)):
        fail(f"{translate('数据库现在用不了')}: {error.orig}", 1)


def fail(words: str, code: int) -> NoReturn:
    """Say ``words`` on standard error and exit with ``code``."""
    print(f"xinlu: {words}", file=sys.stderr)
    raise SystemExit(code)


def _words(error: AppError) -> str:
    said = problem(error)
    fields = [f"  {one['field']}: {one['message']}" for one in said.get("errors", ())]
    return "\n".join([translate("%(title)s。%(detail)s") % said, *fields])

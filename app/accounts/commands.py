"""``xinlu admin``: the accounts of staff, by whoever runs the machine."""

import getpass
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer
from sqlalchemy.orm import Session

from app.accounts import queries, service
from app.accounts.models import User
from app.core.errors import Invalid
from app.core.schema import opened
from app.core.settings import Settings
from app.web.i18n import translate

ACTOR = "cli"

admin = typer.Typer(help="Staff accounts.", no_args_is_help=True)

Login = Annotated[str, typer.Argument(metavar="LOGIN", help="What the person signs in with.")]
FromStdin = Annotated[bool, typer.Option("--password-stdin", help="Read the password from standard input.")]


@admin.command()
def create(
    login: Login,
    name: Annotated[str, typer.Option(help="How others see them; the login if left out.")] = "",
    staff: Annotated[
        bool, typer.Option("--staff", help="No administrator: sees only studies they belong to or make.")
    ] = False,
    password_stdin: FromStdin = False,
) -> None:
    """Make an account: an administrator, who acts as owner in every study, unless --staff is given.

    The password is asked for, and is never an argument.
    """
    password = _password(password_stdin)
    with _session() as session:
        created = service.create_user(session, login, name or login, password, is_admin=not staff, by=ACTOR).login
    words = translate("已开通账号 %(login)s，身份是%(kind)s")
    print(words % {"login": created, "kind": _kind(is_admin=not staff)})


@admin.command()
def password(login: Login, password_stdin: FromStdin = False) -> None:
    """Give an account another password, and end every session of it."""
    with _session() as session:
        queries.known_user(session, login)  # asked first: nobody types a password twice for an account that is not
    given = _password(password_stdin)
    with _session() as session:
        user = queries.known_user(session, login)
        service.set_password(session, user, given, by=ACTOR)
    print(translate("%(login)s 的密码换好了，登录着的都要重新登录") % {"login": user.login})


@admin.command()
def disable(login: Login) -> None:
    """Shut an account out at once: its sessions end, and its API keys open nothing while it is disabled."""
    with _session() as session:
        user = queries.known_user(session, login)
        service.disable(session, user, by=ACTOR)
    print(translate("已停用账号 %(login)s：登录和密钥都立刻失效") % {"login": user.login})


@admin.command()
def enable(login: Login) -> None:
    """Let a disabled account in again. Its API keys work again too; whoever was signed in signs in anew."""
    with _session() as session:
        user = queries.known_user(session, login)
        service.enable(session, user, by=ACTOR)
    print(translate("已重新启用账号 %(login)s") % {"login": user.login})


@admin.command("list")
def list_accounts() -> None:
    """Print the accounts: login, kind, state and name, separated by tabs."""
    with _session() as session:
        for user in queries.all_users(session):
            print(user.login, _kind(is_admin=user.is_admin), _state(user), user.name, sep="\t")


@contextmanager
def _session() -> Iterator[Session]:
    with opened(Settings.from_environment()) as database, database.write() as session:
        yield session


def _kind(*, is_admin: bool) -> str:
    return translate("管理员") if is_admin else translate("普通成员")


def _state(user: User) -> str:
    if user.disabled_at is None:
        return translate("使用中")
    return f"{translate('已停用')} {user.disabled_at:%Y-%m-%dT%H:%MZ}"


def _password(from_stdin: bool) -> str:
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    given = getpass.getpass(translate("密码："))
    if getpass.getpass(translate("再输一次：")) != given:
        raise Invalid("两次输入的不一样", remedy="请再运行一次这个命令。")
    return given

"""Accounts by the command line, and what they then open in the application beside it."""

import os
import pty
import subprocess
from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, text
from starlette.testclient import TestClient

from tests.support import run
from tests.support.cast import Cast
from tests.support.databases import ScratchDatabase, only_on
from tests.support.program import COMMAND, environment, xinlu
from tests.support.scene import PASSWORD, SLUG
from tests.support.staff import csrf_of, sign_in

STUDIES = "/api/v1/studies"
OTHER = "another-long-password"


@pytest.fixture
def desk(cast: Cast) -> TestClient:
    """A desk of the owner, signed in; nobody is in ``cast.client``'s."""
    desk = TestClient(cast.app, base_url=str(cast.client.base_url), follow_redirects=False)
    assert sign_in(desk, "owner", PASSWORD).status_code == 303
    return desk


def logged(engine: Engine, action: str) -> list[str]:
    with engine.connect() as connection:
        rows = connection.execute(text("SELECT actor FROM audit_event WHERE action = :action"), {"action": action})
        return [str(row.actor) for row in rows]


def test_a_disabled_account_opens_nothing_from_now_on_and_an_enabled_one_signs_in_anew(
    cast: Cast, desk: TestClient, database: ScratchDatabase, engine: Engine
) -> None:
    key = cast.headers["owner"]
    assert desk.get(STUDIES).status_code == cast.client.get(STUDIES, headers=key).status_code == 200

    assert "owner" in xinlu("admin", "disable", "Owner", env=database.env).stdout
    assert desk.get(STUDIES).status_code == cast.client.get(STUDIES, headers=key).status_code == 401
    assert desk.get(f"/studies/{SLUG}").headers["location"].startswith("/sign-in")
    assert sign_in(cast.client, "owner", PASSWORD).status_code == 401
    assert cast.client.get(STUDIES, headers=cast.headers["teammate"]).status_code == 200

    xinlu("admin", "disable", "owner", env=database.env)
    xinlu("admin", "enable", "owner", env=database.env)
    assert desk.get(STUDIES).status_code == 401, "what had ended does not come back"
    assert cast.client.get(STUDIES, headers=key).status_code == 200
    assert sign_in(desk, "owner", PASSWORD).status_code == 303
    assert logged(engine, "user.disabled") == logged(engine, "user.enabled") == ["cli"]


@only_on("sqlite")  # the same statements as above
def test_another_password_ends_every_session_and_the_old_one_opens_nothing(
    cast: Cast, desk: TestClient, database: ScratchDatabase, engine: Engine
) -> None:
    refused = xinlu("admin", "password", "owner", "--password-stdin", env=database.env, stdin="short", check=False)
    assert (refused.returncode, desk.get(STUDIES).status_code) == (1, 200)

    xinlu("admin", "password", "owner", "--password-stdin", env=database.env, stdin=f"{OTHER}\n")
    assert desk.get(STUDIES).status_code == 401
    assert sign_in(desk, "owner", PASSWORD).status_code == 401
    assert sign_in(desk, "owner", OTHER).status_code == 303
    assert logged(engine, "user.password_set") == ["cli"]


@only_on("sqlite")  # nothing of this depends on the database
def test_an_account_of_staff_sees_only_what_it_makes_and_is_listed_as_such(
    cast: Cast, database: ScratchDatabase
) -> None:
    for login, *more in (("nurse", "--name", "护士站", "--staff"), ("chief",)):
        xinlu("admin", "create", login, *more, "--password-stdin", env=database.env, stdin=PASSWORD)

    assert sign_in(cast.client, "nurse", PASSWORD).status_code == 303
    assert cast.client.get(STUDIES).json()["rows"] == []
    assert cast.client.get(f"{STUDIES}/{SLUG}").status_code == 404
    token = csrf_of(cast.client.get("/studies"))
    made = cast.client.post(STUDIES, json={"title": "自己的", "slug": "own"}, headers={"X-CSRF-Token": token})
    assert made.status_code == 201
    assert [row["slug"] for row in cast.client.get(STUDIES).json()["rows"]] == ["own"]
    cast.client.cookies.clear()
    assert sign_in(cast.client, "chief", PASSWORD).status_code == 303
    assert cast.client.get(f"{STUDIES}/own").status_code == 200

    xinlu("admin", "disable", "stranger", env=database.env)
    rows = [line.split("\t") for line in xinlu("admin", "list", env=database.env).stdout.splitlines()]
    listed = {login: (kind, state.split()[0], name) for login, kind, state, name in rows}
    assert listed["chief"] == ("管理员", "使用中", "chief")
    assert listed["nurse"] == ("普通成员", "使用中", "护士站")
    assert listed["stranger"] == ("普通成员", "已停用", "Stranger")
    assert len(listed) == 6


@only_on("sqlite")  # nothing of this depends on the database
@pytest.mark.parametrize("command", ["password", "disable", "enable"])
def test_an_account_that_is_not_there_is_one_line(database: ScratchDatabase, command: str) -> None:
    refused = xinlu("admin", command, "nobody", env=database.env, check=False)
    assert refused.returncode == 1
    assert refused.stderr == "xinlu: 没有这个账号。请核对账号名；新同事请先让管理员开通账号。\n"
    assert refused.stdout == "", "and no password was asked for"


@pytest.fixture
def terminal() -> Iterator[tuple[int, int]]:
    """Both ends of a terminal: ours and the program's."""
    ours, theirs = pty.openpty()
    yield ours, theirs
    os.close(ours)
    os.close(theirs)


@only_on("sqlite")  # nothing of this depends on the database
@pytest.mark.parametrize(("second", "ends_with"), [(PASSWORD, 0), (OTHER, 1)])
def test_at_a_terminal_the_password_is_asked_for_twice_and_never_shown(
    database: ScratchDatabase, engine: Engine, terminal: tuple[int, int], second: str, ends_with: int
) -> None:
    ours, theirs = terminal
    program = subprocess.Popen(
        [*COMMAND, "admin", "create", "nurse"],
        cwd=run.ROOT,
        env=environment(database.env),
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    )
    said = _until(ours, "密码：")
    os.write(ours, f"{PASSWORD}\n".encode())
    said += _until(ours, "再输一次：")
    os.write(ours, f"{second}\n".encode())
    assert program.wait(60) == ends_with
    said += os.read(ours, 10_000).decode()
    assert PASSWORD not in said
    assert ("两次输入的不一样" in said) == bool(ends_with)
    with engine.connect() as connection:
        assert connection.execute(text('SELECT count(*) FROM "user"')).scalar_one() == 1 - ends_with


def _until(terminal: int, words: str) -> str:
    said = b""
    while words.encode() not in said:
        said += os.read(terminal, 1000)
    return said.decode()

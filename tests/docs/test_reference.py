"""Every setting, command, error code and route is documented, and nothing that does not exist."""

import re
from collections.abc import Iterator
from importlib import import_module
from pkgutil import walk_packages

from fastapi import FastAPI
from typer.main import get_command

import app
from app.cli import cli
from app.core.errors import AppError
from app.core.settings import PREFIX, Settings
from tests.support.run import ROOT

OPERATORS = (ROOT / "docs" / "operators.md").read_text(encoding="utf-8")
PROGRAMS = (ROOT / "docs" / "programs.md").read_text(encoding="utf-8")
PAGES = [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")]
UNTOLD = {"help"}


def table(page: str, first: str) -> dict[str, list[str]]:
    """Return the rows of the tables of ``page`` whose header begins with ``first``: cells by the first one."""
    rows: dict[str, list[str]] = {}
    for block in re.findall(rf"^\| {first} \|.*\n(?:\|.*\n)+", page, re.MULTILINE):
        for line in block.splitlines()[2:]:
            cells = [cell.strip() for cell in line.strip("|").split(" | ")]
            rows[cells[0].strip().strip("`")] = cells[1:]
    return rows


def shown_default(value: object) -> str:
    return "none" if value is None else f"`{str(value).lower() if isinstance(value, bool) else value}`"


def commands(group: object, path: str = "xinlu") -> Iterator[tuple[str, set[str]]]:
    """Yield every command with its options: their long names, of an on-off option only the first."""
    below = getattr(group, "commands", None)
    if below is not None:
        for name, command in below.items():
            yield from commands(command, f"{path} {name}")
        return
    options = [one for one in getattr(group, "params", []) if one.name not in UNTOLD and one.opts[0].startswith("--")]
    yield path, {one.opts[0] for one in options}


def errors(kind: type[AppError] = AppError) -> Iterator[type[AppError]]:
    yield kind
    for below in kind.__subclasses__():
        yield from errors(below)


def our_errors() -> set[type[AppError]]:
    for module in walk_packages(app.__path__, "app."):
        import_module(module.name)
    return {one for one in errors() if one.__module__.startswith("app.")}


def test_every_setting_stands_in_the_table_with_its_default_and_no_other() -> None:
    rows = table(OPERATORS, "setting")
    expected = {
        f"{PREFIX}{name.upper()}": shown_default(field.default) for name, field in Settings.model_fields.items()
    }
    assert {name: cells[0] for name, cells in rows.items()} == expected


def test_no_page_names_a_setting_that_does_not_exist() -> None:
    known = {f"{PREFIX}{name.upper()}" for name in Settings.model_fields}
    named = {name for page in PAGES for name in re.findall(r"\bXINLU_[A-Z_]+[A-Z]", page.read_text(encoding="utf-8"))}
    assert {name.removesuffix("_FILE") for name in named} <= known


def test_every_command_stands_in_the_table_with_its_options_and_no_other() -> None:
    rows = table(OPERATORS, "command")
    documented = {re.split(r" [A-Z-]", name)[0]: f"{name} {cells[0]}" for name, cells in rows.items()}
    existing = dict(commands(get_command(cli)))
    assert documented.keys() == existing.keys()
    missing = {
        f"{path} {option}" for path, options in existing.items() for option in options if option not in documented[path]
    }
    assert missing == set()


def test_every_error_code_stands_in_the_table_and_no_other() -> None:
    assert table(PROGRAMS, "code").keys() == {one.code for one in our_errors()}


def test_every_error_answers_with_the_documented_status() -> None:
    told = {code: cells[0] for code, cells in table(PROGRAMS, "code").items() if cells[0].isdigit()}
    # A browser without a session is led to a page instead: the same code, and no answer of the API's.
    wrong = {
        (one.code, one.status)
        for one in our_errors()
        if one.code in told and one.status != 303 and str(one.status) != told[one.code]
    }
    assert wrong == set()


def test_every_route_of_the_api_stands_in_the_table_and_no_other(app: FastAPI) -> None:
    existing = {f"{method.upper()} {path}" for path, methods in app.openapi()["paths"].items() for method in methods}
    assert table(PROGRAMS, "route").keys() == existing

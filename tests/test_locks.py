"""The locked requirements fit pyproject.toml, hold a hash for every package, and name no place to get them from."""

import re
import tomllib
from typing import Any

import pytest
from packaging.requirements import Requirement

from tests.support.run import ROOT

PIN = re.compile(r"^([a-z0-9.-]+)==([^ ;\\]+)", re.MULTILINE)
PYPROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
RUNTIME: list[str] = PYPROJECT["project"]["dependencies"]
GROUPS: dict[str, list[str]] = PYPROJECT["dependency-groups"]
WANTED = {
    "requirements.txt": RUNTIME,
    "requirements-dev.txt": RUNTIME + GROUPS["dev"],
    "requirements-build.txt": GROUPS["build"],
}


def pins(lock: str) -> dict[str, str]:
    return dict(PIN.findall((ROOT / lock).read_text(encoding="utf-8")))


@pytest.mark.parametrize("lock", WANTED)
def test_lock_fits_the_project(lock: str) -> None:
    locked = pins(lock)
    unmet = [
        wanted
        for wanted in map(Requirement, WANTED[lock])
        if not wanted.specifier.contains(locked.get(wanted.name.lower(), "0"), prereleases=True)
    ]
    assert not unmet, "run `make lock`"


@pytest.mark.parametrize("lock", WANTED)
def test_every_locked_package_has_hashes_and_no_address(lock: str) -> None:
    text = (ROOT / lock).read_text(encoding="utf-8")
    packages = re.split(r"^(?=[a-z0-9])", text, flags=re.MULTILINE)[1:]
    assert len(packages) == len(pins(lock))
    assert [package.split()[0] for package in packages if "--hash=sha256:" not in package] == []
    assert not re.search(r"://|^\s*--(?!hash)|^-| @ |^/", text, re.MULTILINE)


def test_tests_run_on_what_is_served() -> None:
    runtime, dev = pins("requirements.txt"), pins("requirements-dev.txt")
    assert {name: dev.get(name) for name in runtime} == runtime

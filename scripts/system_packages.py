"""Find the programs that the tests need beside Python, and install what is missing where that is allowed.

``python -m scripts.system_packages [NAME ...]`` installs what is missing with the system's package manager (as root, or
where sudo asks for no password). What stays missing is said in one line each; with CI=true that is an error.
``XINLU_INSTALL=no`` only looks. ``XINLU_CHROMIUM`` and ``XINLU_POSTGRES_BIN`` name a program that stands elsewhere.
"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
POSTGRES_FOLDERS = (
    "/usr/lib/postgresql/*/bin",
    "/usr/pgsql-*/bin",
    "/opt/homebrew/opt/postgresql@*/bin",
    "/usr/libexec/postgresql*",
)


def find_chromium() -> Path | None:
    """Return the Chromium or Chrome that the browser tests drive."""
    for name in (os.environ.get("XINLU_CHROMIUM"), *CHROMIUM_NAMES):
        if name and (found := shutil.which(name)):
            return Path(found)
    return None


def find_chinese_font() -> str | None:
    """Return the name of one installed font that has Chinese characters."""
    if not shutil.which("fc-list"):
        return None
    listed = subprocess.run(["fc-list", ":lang=zh", "family"], capture_output=True, text=True, check=False).stdout
    return next(iter(listed.splitlines()), None)


def find_postgres() -> Path | None:
    """Return the folder with PostgreSQL's server programs (the newest one)."""
    if named := os.environ.get("XINLU_POSTGRES_BIN"):
        return _server_programs(Path(named))
    folders = [folder for pattern in POSTGRES_FOLDERS for folder in Path("/").glob(pattern.lstrip("/"))]
    for folder in sorted(folders, key=_version, reverse=True):
        if _server_programs(folder):
            return folder
    on_path = shutil.which("initdb")
    return _server_programs(Path(on_path).resolve().parent) if on_path else None


def _server_programs(folder: Path) -> Path | None:
    return folder if all((folder / name).exists() for name in ("initdb", "postgres")) else None


def _version(folder: Path) -> int:
    digits = re.findall(r"\d+", str(folder))
    return int(digits[0]) if digits else 0


@dataclass(frozen=True)
class Need:
    """A program that some tests need, how it is found, and its package's name for each package manager."""

    name: str
    tests: str
    find: Callable[[], object | None]
    packages: dict[str, tuple[str, ...]]

    def reason(self) -> str:
        """Return one line: what is left out without it, and how to get it."""
        manager = _package_manager()
        command = (
            f"{INSTALL[manager]} {' '.join(self.packages[manager])}" if manager else f"install {self.name} by hand"
        )
        return f"{self.name} is not installed, so the {self.tests} are left out; to have them: {command}"


INSTALL = {
    "apt-get": "apt-get install -y --no-install-recommends",
    "dnf": "dnf install -y",
    "apk": "apk add",
    "brew": "brew install",
}

NEEDS = {
    need.name: need
    for need in (
        Need(
            "chromium",
            "browser tests",
            find_chromium,
            {"apt-get": ("chromium",), "dnf": ("chromium",), "apk": ("chromium",), "brew": ("--cask", "chromium")},
        ),
        Need(
            "chinese-font",
            "browser tests",
            find_chinese_font,
            {
                "apt-get": ("fontconfig", "fonts-noto-cjk"),
                "dnf": ("fontconfig", "google-noto-sans-cjk-fonts"),
                "apk": ("fontconfig", "font-noto-cjk"),
                "brew": ("fontconfig", "font-noto-sans-cjk"),
            },
        ),
        Need(
            "postgresql",
            "PostgreSQL tests",
            find_postgres,
            {
                "apt-get": ("postgresql",),
                "dnf": ("postgresql-server",),
                "apk": ("postgresql", "runuser"),
                "brew": ("postgresql",),
            },
        ),
    )
}


def _package_manager() -> str | None:
    return next((name for name in INSTALL if shutil.which(name)), None)


def _privilege(manager: str) -> list[str] | None:
    """Return the words to put before a command so that it may install; None where that is not allowed."""
    if manager == "brew" or os.geteuid() == 0:
        return []
    if (
        shutil.which("sudo")
        and subprocess.run(["sudo", "-n", "true"], capture_output=True, check=False).returncode == 0
    ):
        return ["sudo", "-n", "--preserve-env=DEBIAN_FRONTEND"]
    return None


def install(needs: list[Need]) -> None:
    """Try to install ``needs``; whether that worked is seen by looking for them again."""
    manager = _package_manager()
    if not manager or os.environ.get("XINLU_INSTALL") == "no":
        return
    privilege = _privilege(manager)
    if privilege is None:
        return
    packages = [package for need in needs for package in need.packages[manager]]
    print(f"system-packages: installing {' '.join(packages)} with {manager}", flush=True)
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    if manager == "apt-get":
        subprocess.run(
            [*privilege, "apt-get", "update", "-qq"], env=environment, stdout=subprocess.DEVNULL, check=False
        )
    command = [*privilege, *INSTALL[manager].split(), *packages]
    finished = subprocess.run(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    if finished.returncode != 0:
        print(finished.stdout[-2000:], file=sys.stderr)


def missing(names: list[str]) -> list[Need]:
    """Return those of the named needs that this machine lacks."""
    return [NEEDS[name] for name in names if NEEDS[name].find() is None]


def main(arguments: list[str]) -> int:
    """Install what is missing of ``arguments`` (default: everything); return the exit code."""
    names = arguments or list(NEEDS)
    if unknown := [name for name in names if name not in NEEDS]:
        print(f"system-packages: unknown: {', '.join(unknown)}; known: {', '.join(NEEDS)}", file=sys.stderr)
        return 2
    if lacking := missing(names):
        install(lacking)
    lacking = missing(names)
    for need in lacking:
        print(f"system-packages: {need.reason()}", file=sys.stderr)
    return 1 if lacking and os.environ.get("CI") == "true" else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

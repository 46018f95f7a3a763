"""One test run: its shared folder, its PostgreSQL server, its rules. README.md tells of the fixtures in support/."""

import gc
import os

import hypothesis
import pytest
from hypothesis.internal.conjecture import providers

from scripts.system_packages import missing
from tests.support import run
from tests.support.loopback import forbid_other_hosts
from tests.support.postgres import stop_server

pytest_plugins = [
    "tests.support.databases",
    "tests.support.application",
    "tests.support.server",
    "tests.support.browser",
    "tests.support.cast",
    "tests.support.coding",
    "tests.support.second_try",
    "tests.support.slow_coder",
    "tests.support.today_form",
]

OURS = ("XINLU_CHROMIUM", "XINLU_POSTGRES_BIN", "XINLU_TEST_")

# What is imported and collected stays to the end of the run: looking through it again and again took a sixth of the time.
gc.set_threshold(20_000, 20, 20)

hypothesis.settings.register_profile("xinlu", deadline=None, derandomize=run.IN_CI)
hypothesis.settings.load_profile("xinlu")
if run.IN_CI:
    # Hypothesis also tries constants of our own modules, of those that happen to be imported by then: the same seed would
    # give other examples on another worker. It has no setting for that.
    providers.is_local_module_file = lambda _path: False  # type: ignore[assignment, attr-defined]


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "browser: drives a real browser (set by itself)")
    config.addinivalue_line("markers", "postgresql: needs a PostgreSQL server (set by itself)")
    for name in list(os.environ):
        if name == "PORT" or (name.startswith("XINLU_") and not name.startswith(OURS)):
            del os.environ[name]  # the developer's own settings are not the tests'
    if not hasattr(config, "workerinput"):
        run.begin()
    forbid_other_hosts()


def pytest_unconfigure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        stop_server()
        run.end()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for test in items:
        if "browser" in getattr(test, "fixturenames", ()):
            test.add_marker("browser")
        if getattr(test, "callspec", None) and "postgresql" in test.callspec.params.values():  # type: ignore[attr-defined]
            test.add_marker("postgresql")


def pytest_collection_finish() -> None:
    gc.collect()
    gc.freeze()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for need in missing(["chromium", "chinese-font", "postgresql"]):
        terminalreporter.write_line(need.reason(), yellow=True)

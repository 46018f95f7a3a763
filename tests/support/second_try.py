"""A browser on a busy machine may lose a race that no user would: in CI such a test gets one second try, and the run says so.

Only tests that drive a browser, only with ``CI=true``, and never quietly: the first failure is printed at the end of the run.
A test that stands there more often is a defect, of the test or of the page. Not in ``tests/offline``: they say that nothing is
lost and nothing doubled, and there one failure is one too many.
"""

import pytest
from _pytest.runner import runtestprotocol

from tests.support import run

UNSTEADY = "failed at the first try"
ONCE_ONLY = "offline"


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> bool | None:
    """Run a browser's test, and once more if it failed."""
    if not run.IN_CI or item.get_closest_marker("browser") is None or item.path.parent.name == ONCE_ONLY:
        return None
    item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
    reports = runtestprotocol(item, log=False, nextitem=nextitem)
    failures = [report.longreprtext for report in reports if report.failed]
    if failures:
        reports = runtestprotocol(item, log=False, nextitem=nextitem)
        for report in reports:
            report.user_properties.append((UNSTEADY, "\n".join(failures)))
    for report in reports:
        item.ihook.pytest_runtest_logreport(report=report)
    item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
    return True


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what passed only when it was tried again."""
    for report in terminalreporter.getreports("passed"):
        for name, failure in report.user_properties:
            if name == UNSTEADY and report.when == "call":
                terminalreporter.section(f"{report.nodeid} {UNSTEADY}, and passed at the second", sep="-", yellow=True)
                terminalreporter.write_line(str(failure))

"""Workers, as for the tests of jobs."""

from tests.jobs.conftest import last_status, start_worker, trace

__all__ = ["last_status", "start_worker", "trace"]

"""What can go wrong with jobs and the processes that work on them."""

from app.core.errors import AppError


class JobFailed(Exception):
    """Ends a job as failed; ``code`` is stable and all that is kept of the reason."""

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(code)


class Interrupted(BaseException):
    """The worker is stopping: the job stays where it stands and is taken up again.

    Not an Exception, so that no task swallows it and the engine records no outcome.
    """


class WorkerNameTaken(AppError):
    """Another live process on this database has this worker's name."""

    code = "worker_name_taken"
    status = 500
    title = "这个工作进程的名字已经有别的进程在用"
    remedy = "请给每个进程设置不同的 XINLU_WORKER_NAME。"

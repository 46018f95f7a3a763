"""What workers do about delivery: send what is due."""

from functools import lru_cache

from app.jobs.context import WorkerContext
from app.jobs.declare import recurring
from app.prompts.delivery.sending import Sender


@recurring("prompts.send", seconds=5.0)
def send_due(context: WorkerContext) -> None:
    """Send what is due. Workers on one database share it out: each prompt is claimed by one of them."""
    _sender(context).send_due()


@lru_cache(maxsize=4)
def _sender(context: WorkerContext) -> Sender:
    # One a process: it counts what goes out by each channel.
    return Sender(context)

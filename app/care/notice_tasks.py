"""What workers do about notices: write to the addresses that studies name."""

from app.care import notices
from app.jobs.context import WorkerContext
from app.jobs.declare import recurring


@recurring("care.tell", seconds=20.0)
def tell(context: WorkerContext) -> None:
    """Send what is wanted and due. Workers on one database share it out: each notice is claimed by one of them."""
    notices.tell(context)

"""Running the application with uvicorn until a signal ends it."""

import logging
import signal

import structlog
import uvicorn
from fastapi import FastAPI

from app.core.settings import Settings

GRACE_SECONDS = 10

log = structlog.get_logger()


class Relay(logging.Handler):
    """Passes what libraries log to our log, without the text of exceptions: it can quote what somebody wrote."""

    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[0].__name__ if record.exc_info and record.exc_info[0] else None
        log.log(record.levelno, record.getMessage().strip(), logger=record.name, **({"error": error} if error else {}))


def run(app: FastAPI, settings: Settings) -> bool:
    """Serve ``app`` until SIGINT or SIGTERM; returns whether it had started. SIGINT then raises KeyboardInterrupt."""
    logging.basicConfig(handlers=[Relay()], level=logging.WARNING, force=True)
    # After a graceful end uvicorn raises the signal again, and the default would turn it into a death.
    signal.signal(signal.SIGTERM, lambda *_: None)
    config = uvicorn.Config(
        app,
        host=settings.host,
        port=settings.port,
        access_log=False,
        log_config=None,
        server_header=False,
        proxy_headers=True,
        forwarded_allow_ips=settings.trusted_proxies,
        timeout_graceful_shutdown=GRACE_SECONDS,
        lifespan="on",
        ws="none",
    )
    server = uvicorn.Server(config)
    server.run()
    return server.started

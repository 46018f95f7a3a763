"""What every request passes through: a size limit, security headers, one log line, the counters. Plain ASGI, for speed."""

import time
from collections.abc import Mapping
from fnmatch import fnmatchcase
from types import MappingProxyType

import structlog
from prometheus_client import CollectorRegistry, Counter, Histogram
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.core.errors import PayloadTooLarge
from app.web.i18n import choose_language, current_language, translate

log = structlog.get_logger()

SECURITY_HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; media-src 'self' blob:; "
        "connect-src 'self'; font-src 'self'; manifest-src 'self'; "
        "worker-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "microphone=(self), camera=(self), geolocation=(), payment=(), usb=(), browsing-topics=()",
}
TRANSPORT_SECURITY = "max-age=31536000; includeSubDomains"


class Metrics:
    """Counters of one application, in a registry of its own so that two applications in one process do not mix."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "xinlu_requests", "Requests answered.", ["method", "route", "status"], registry=self.registry
        )
        self.seconds = Histogram(
            "xinlu_request_seconds",
            "Time to answer, in seconds.",
            ["route"],
            registry=self.registry,
            buckets=(0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10),
        )


class Shell:
    """The outermost middleware. ``larger`` says which paths, by their beginning (``*`` for any part), take more than
    ``max_body`` bytes."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        metrics: Metrics,
        max_body: int,
        secure: bool,
        larger: Mapping[str, int] = MappingProxyType({}),
    ) -> None:
        self.app = app
        self.metrics = metrics
        self.max_body = max_body
        self.larger = larger
        headers = {**SECURITY_HEADERS, **({"Strict-Transport-Security": TRANSPORT_SECURITY} if secure else {})}
        self.headers = [(name.lower().encode(), value.encode()) for name, value in headers.items()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        # Handlers put sentences together before a page is rendered; they need the language from the start.
        current_language.set(choose_language(Request(scope)))
        declared = Headers(scope=scope).get("content-length", "0")
        most = self._most(scope["path"])
        if declared.isdigit() and int(declared) > most:
            await self._too_large(scope, receive, send)
            return
        began = time.perf_counter()
        status = 500

        async def sending(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                present = {name for name, _ in message["headers"]}
                message["headers"] = [*message["headers"], *(pair for pair in self.headers if pair[0] not in present)]
            await send(message)

        try:
            await self.app(scope, self._limited(receive, most), sending)
        finally:
            self._record(scope, status, time.perf_counter() - began)

    def _most(self, path: str) -> int:
        return max(
            [self.max_body, *(size for beginning, size in self.larger.items() if fnmatchcase(path, f"{beginning}*"))]
        )

    def _limited(self, receive: Receive, most: int) -> Receive:
        seen = 0

        async def receiving() -> Message:
            nonlocal seen
            message = await receive()
            seen += len(message.get("body", b""))
            if seen > most:
                raise HTTPException(PayloadTooLarge.status)
            return message

        return receiving

    async def _too_large(self, scope: Scope, receive: Receive, send: Send) -> None:
        # Answered here, outside the application: nothing of the body is read.
        error = PayloadTooLarge()
        body = {
            "status": error.status,
            "code": error.code,
            "title": translate(error.title),
            "detail": translate(error.remedy),
        }
        headers = {name.decode(): value.decode() for name, value in self.headers}
        answer = JSONResponse(body, error.status, {**headers, "Connection": "close"}, "application/problem+json")
        await answer(scope, receive, send)

    def _record(self, scope: Scope, status: int, seconds: float) -> None:
        route = scope.get("route")
        # The route's pattern, not the path: no id of a person in a log or a label.
        pattern = getattr(route, "path", "unmatched")
        self.metrics.requests.labels(scope["method"], pattern, str(status)).inc()
        self.metrics.seconds.labels(pattern).observe(seconds)
        log.info("request", method=scope["method"], route=pattern, status=status, ms=round(seconds * 1000, 1))

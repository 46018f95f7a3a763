"""One handler: the same error as problem+json (RFC 9457) for programs and in words for people."""

from collections.abc import Mapping
from typing import Any, cast

import structlog
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.exceptions import HTTPException

from app.core.errors import AppError, FieldError, Forbidden, Invalid, NotFound, PayloadTooLarge, Unavailable
from app.web.i18n import choose_language, current_language, translate
from app.web.pages import render

log = structlog.get_logger()
PROBLEM = "application/problem+json"
PROGRAMS = ("/api/", "/d/sync/")


class MethodNotAllowed(AppError):
    code = "method_not_allowed"
    status = 405
    title = "这个地址不接受这种请求"
    remedy = "请看接口文档里这个地址支持的方法。"


def wants_json(request: Request) -> bool:
    """Return whether the caller is a program."""
    accept = request.headers.get("accept", "")
    return request.url.path.startswith(PROGRAMS) or ("json" in accept and "html" not in accept)


def problem(error: AppError) -> dict[str, Any]:
    """Return the problem document of ``error`` in the current language; it never holds what was sent."""
    body: dict[str, Any] = {
        "type": f"about:blank#{error.code}",
        "title": _fill(error.title, error.parameters),
        "status": error.status,
        "code": error.code,
        "detail": _fill(error.remedy, error.parameters),
        **error.members,
    }
    if error.fields:
        body["errors"] = [
            {"field": field.field, "code": field.code, "message": translate(field.message)} for field in error.fields
        ]
    return body


def respond(request: Request, error: AppError) -> Response:
    """Return ``error`` as the caller can read it."""
    current_language.set(choose_language(request))
    if wants_json(request):
        return JSONResponse(problem(error), error.status, {**error.headers, "Cache-Control": "no-store"}, PROBLEM)
    response = render(request, "error.html", {"error": problem(error)}, status=error.status)
    response.headers.update(error.headers)
    return response


def install(app: FastAPI) -> None:
    """Make ``app`` answer every error through this module."""

    async def on_app_error(request: Request, error: Exception) -> Response:
        return respond(request, cast(AppError, error))

    async def on_invalid(request: Request, error: Exception) -> Response:
        problems = cast(RequestValidationError, error).errors()
        return respond(request, Invalid(fields=[_field(problem) for problem in problems]))

    async def on_http(request: Request, error: Exception) -> Response:
        refused = cast(HTTPException, error)
        known: dict[int, type[AppError]] = {403: Forbidden, 404: NotFound, 405: MethodNotAllowed, 413: PayloadTooLarge}
        kind = known.get(refused.status_code)
        if kind is None:
            kind = Invalid if refused.status_code < 500 else AppError
        return respond(request, kind(headers=dict(refused.headers or {})))

    async def on_busy(request: Request, error: Exception) -> Response:
        log.error("database_unavailable", error=type(error).__name__)
        return respond(request, Unavailable(headers={"Retry-After": "3"}))

    async def on_unexpected(request: Request, error: Exception) -> Response:
        # The type and place only: an exception's text can hold what somebody wrote.
        log.error("unexpected_error", error=type(error).__name__, path=request.scope.get("route_path"))
        return respond(request, AppError())

    app.add_exception_handler(AppError, on_app_error)
    app.add_exception_handler(RequestValidationError, on_invalid)
    app.add_exception_handler(HTTPException, on_http)
    app.add_exception_handler(OperationalError, on_busy)
    app.add_exception_handler(PoolTimeout, on_busy)
    app.add_exception_handler(Exception, on_unexpected)


def _field(found: Mapping[str, Any]) -> FieldError:
    place = [str(part) for part in found["loc"]]
    # The message of the shape checker, never the value: it can hold what somebody wrote.
    return FieldError(".".join(place[1:]) or place[0], found["msg"], found["type"])


def _fill(sentence: str, parameters: dict[str, object]) -> str:
    words = translate(sentence)
    return words % parameters if parameters else words

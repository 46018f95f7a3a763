"""Rendering: one Jinja environment over the templates of all rooms."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_context
from jinja2.runtime import Context

from app.core import clock
from app.web import csrf
from app.web.assets import Assets
from app.web.i18n import LANGUAGE_COOKIE, LANGUAGES, catalogue, choose_language, current_language, translate

YEAR_SECONDS = 365 * 86_400
TYPE_COOKIE = "xinlu_type"
TYPE_SIZES = frozenset({"usual", "large"})


class Pages:
    """Renders templates by name, in the language of the request."""

    def __init__(self, folders: Iterable[Path], assets: Assets) -> None:
        self.environment = Environment(
            loader=FileSystemLoader([str(folder) for folder in folders]),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            extensions=["jinja2.ext.i18n"],
        )
        # As they are: \u6362 for 换 is twice as long on its way to a phone.
        self.environment.policies["json.dumps_kwargs"] = {"ensure_ascii": False, "separators": (",", ":")}
        # newstyle: _("共 %(n)s 人", n=3) fills in and escapes what it is given.
        self.environment.install_gettext_callables(  # type: ignore[attr-defined]
            translate, lambda one, many, n: translate(one if n == 1 else many), newstyle=True
        )
        self.environment.globals["static"] = assets.url
        self.environment.filters["local_time"] = local_time
        self.environment.filters["signed"] = signed

    def render(
        self,
        request: Request,
        name: str,
        context: Mapping[str, Any] | None = None,
        *,
        status: int = 200,
        language: str | None = None,
    ) -> HTMLResponse:
        """Return the page ``name``; ``language`` is the study's, used where the person chose none. Never cached by others."""
        chosen = choose_language(request, language)
        current_language.set(chosen)
        catalogue(chosen)
        values = {
            "request": request,
            "language": chosen,
            "languages": LANGUAGES,
            "large_type": _type_size(request) == "large",
            "csrf_token": csrf.token_for(request),
            **(context or {}),
        }
        html = self.environment.get_template(name).render(values)
        response = HTMLResponse(html, status_code=status, headers={"Cache-Control": "no-store"})
        csrf.set_cookie(request, response)
        if request.query_params.get("lang") in LANGUAGES:
            response.set_cookie(LANGUAGE_COOKIE, chosen, max_age=YEAR_SECONDS, samesite="lax", path="/", httponly=True)
        if request.query_params.get("type") in TYPE_SIZES:
            # Not HttpOnly: the page's script sets it too, so that switching does not cost what was typed.
            size = _type_size(request)
            response.set_cookie(TYPE_COOKIE, size, max_age=YEAR_SECONDS, samesite="lax", path="/", httponly=False)
        return response


def _type_size(request: Request) -> str:
    chosen = (request.query_params.get("type"), request.cookies.get(TYPE_COOKIE))
    return next((one for one in chosen if one in TYPE_SIZES), "usual")


def render(
    request: Request,
    name: str,
    context: Mapping[str, Any] | None = None,
    *,
    status: int = 200,
    language: str | None = None,
) -> HTMLResponse:
    """Return the page ``name`` rendered by the application's Pages."""
    pages: Pages = request.app.state.pages
    return pages.render(request, name, context, status=status, language=language)


@pass_context
def local_time(context: Context, moment: datetime, zone: str | None = None) -> str:
    """Return a moment as the person reads it: 2月9日 21:40, in ``zone`` or the page's; the year where it is not this one."""
    there = ZoneInfo(zone or context.get("zone") or "Asia/Shanghai")
    local = moment.astimezone(there)
    this_year = local.year == clock.now().astimezone(there).year
    # Not from the context: a macro that was imported has none of its page.
    if current_language.get() == "en":
        return f"{local:%b} {local.day}, {local:%H:%M}" if this_year else f"{local:%b} {local.day}, {local:%Y}"
    return f"{local.month}月{local.day}日 {local:%H:%M}" if this_year else f"{local.year}年{local.month}月{local.day}日"


def signed(value: float, digits: int = 2) -> str:
    """Return a number with a true minus sign, and a plus sign where it is above zero."""
    return f"{value:+.{digits}f}".replace("-", "−")

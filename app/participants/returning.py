"""Where someone wanted to go before the door: kept in a cookie of this browser, and never an address of elsewhere."""

import re

from fastapi import Request, Response

COOKIE = "xinlu_back"
# Pages of the phone only: a fixed form, so that nothing that was planted here leads away.
PAGE = re.compile(r"/d/[a-z]{1,20}(?:/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})?")
KEPT_SECONDS = 3600


def remember_page(request: Request, response: Response, page: str) -> None:
    """Keep ``page``, an address of the phone's, for after the door."""
    secure = request.app.state.settings.secure_cookies
    response.set_cookie(COOKIE, page, max_age=KEPT_SECONDS, httponly=True, samesite="lax", secure=secure, path="/d")


def remembered_page(request: Request) -> str | None:
    """Return the page that was kept; None where there is none, or something else stands there."""
    page = request.cookies.get(COOKIE, "")
    return page if PAGE.fullmatch(page) else None


def forget_page(response: Response) -> None:
    """Take away what was kept, once it has been gone to."""
    response.delete_cookie(COOKIE, path="/d")

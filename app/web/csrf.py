"""Forged requests: every unsafe request that a cookie authorises carries a token bound to a cookie of the same browser."""

import hashlib
import hmac
from urllib.parse import urlsplit

from fastapi import Request, Response

from app.core import ids
from app.core.errors import Forbidden

COOKIE = "xinlu_csrf"
FIELD = "csrf_token"
HEADER = "x-csrf-token"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


class ForgedRequest(Forbidden):
    code = "csrf"
    title = "这个页面放得太久了，没有保存"
    remedy = "请返回上一页，刷新后再提交一次；您写的内容还在页面上。"


def cookie_name(request: Request) -> str:
    """Return the cookie's name; over https the prefix keeps other hosts of the domain from setting it."""
    return f"__Host-{COOKIE}" if request.app.state.settings.secure_cookies else COOKIE


def token_for(request: Request) -> str:
    """Return the token that this browser's forms carry; makes the browser's seed on first use."""
    seed = getattr(request.state, "csrf_seed", None) or request.cookies.get(cookie_name(request))
    if not seed:
        seed = ids.token()
        request.state.csrf_new_seed = seed
    request.state.csrf_seed = seed
    return _sign(request, seed)


def set_cookie(request: Request, response: Response) -> None:
    """Give the browser its seed, if this request made one."""
    seed = getattr(request.state, "csrf_new_seed", None)
    if seed:
        secure = request.app.state.settings.secure_cookies
        response.set_cookie(cookie_name(request), seed, httponly=True, samesite="lax", secure=secure, path="/")


async def check(request: Request) -> None:
    """Raise ForgedRequest unless this request is safe by its method or carries its browser's token from our own pages."""
    if request.method in SAFE_METHODS:
        return
    origin = request.headers.get("origin")
    if origin and origin != "null" and urlsplit(origin).netloc != request.headers.get("host"):
        raise ForgedRequest()
    given = request.headers.get(HEADER)
    if given is None and "form" in request.headers.get("content-type", ""):
        field = (await request.form()).get(FIELD)
        given = field if isinstance(field, str) else None
    seed = request.cookies.get(cookie_name(request))
    if not seed or not given or not hmac.compare_digest(given, _sign(request, seed)):
        raise ForgedRequest()


def _sign(request: Request, seed: str) -> str:
    key: bytes = request.app.state.csrf_key
    return hmac.new(key, seed.encode(), hashlib.sha256).hexdigest()

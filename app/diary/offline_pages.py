"""What makes the diary work without a network: the page of what was not sent, the service worker, the manifest."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import JSONResponse

from app.core.errors import NotFound
from app.diary.facts import phone_facts
from app.diary.phone_words import phone_words
from app.participants.deps import phone_access
from app.participants.helping import help_of_anyone, help_words
from app.web.assets import FOREVER, Assets
from app.web.i18n import choose_language, current_language, translate
from app.web.i18n import mark as _
from app.web.pages import render
from app.web.policy import Public

router = APIRouter(prefix="/d", include_in_schema=False)
ICONS = (
    ("icon-192.png", "192x192", "any"),
    ("icon-512.png", "512x512", "any"),
    ("icon-maskable-512.png", "512x512", "maskable"),
)
PAPER = "#f7f4ee"
SCRIPT = "phone.js"


@router.get(
    "/queue", dependencies=[Depends(Public("what it shows stands on the phone; from here it gets no entry of anyone"))]
)
def unsent(request: Request) -> Response:
    # Also for a phone whose sign-in has run out: what waits on it must stay in sight.
    with request.app.state.database.read() as session:
        access = phone_access(session, request)
        language = access.language if access else None
        current_language.set(choose_language(request, language))
        facts = phone_facts(session, request, access) if access else None
    context = {"facts": facts, "words": phone_words(), "help": help_words(access) if access else help_of_anyone()}
    return render(request, "diary/queue.html", context, language=language)


@router.get("/sw.js", dependencies=[Depends(Public("the diary's own script, the same for everyone"))])
async def script(request: Request, v: Annotated[str, Query(max_length=64)] = "") -> Response:
    """The script of the pages and of the service worker: one file, so that a phone fetches it once for both."""
    assets: Assets = request.app.state.assets
    asset = assets.get(SCRIPT)
    if asset is None:
        raise NotFound()
    etag = f'"{asset.fingerprint}"'
    headers = {
        # An address of an older release answers with today's file, but is not kept: so its worker learns of the new one.
        "Cache-Control": FOREVER if v == asset.fingerprint else "no-cache",
        "ETag": etag,
        # It may look after all of /d, not only what is below /d/.
        "Service-Worker-Allowed": "/d",
        "Vary": "Accept-Encoding",
    }
    if request.headers.get("if-none-match") == etag:
        return Response(status_code=304, headers=headers)
    if asset.compressed and "gzip" in request.headers.get("accept-encoding", ""):
        return Response(asset.compressed, media_type=asset.media_type, headers={**headers, "Content-Encoding": "gzip"})
    return Response(asset.body, media_type=asset.media_type, headers=headers)


@router.get("/manifest.webmanifest", dependencies=[Depends(Public("the name and icons of the diary"))])
async def manifest(request: Request, lang: Annotated[str | None, Query(max_length=10)] = None) -> Response:
    language = choose_language(request, lang)
    current_language.set(language)
    assets: Assets = request.app.state.assets
    content = {
        "id": "/d/today",
        "name": translate(_("心路日记")),
        "short_name": translate(_("心路")),
        "description": translate(_("记下一路上的感受，没有网络也能写。")),
        "lang": language,
        "start_url": "/d/today",
        "scope": "/d",
        "display": "standalone",
        "background_color": PAPER,
        "theme_color": PAPER,
        "icons": [
            {"src": assets.url(name), "sizes": sizes, "type": "image/png", "purpose": purpose}
            for name, sizes, purpose in ICONS
        ],
    }
    return JSONResponse(content, headers={"Cache-Control": "no-cache"}, media_type="application/manifest+json")

"""What makes the diary work without a network: the page of what was not sent, the service worker, the manifest."""

import hashlib
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import JSONResponse

from app.diary.facts import phone_facts
from app.participants.deps import phone_access
from app.participants.helping import help_of_anyone, help_words
from app.web.assets import Assets
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
    context = {"facts": facts, "help": help_words(access) if access else help_of_anyone()}
    return render(request, "diary/queue.html", context, language=language)


@router.get("/sw.js", dependencies=[Depends(Public("the diary's own script, the same for everyone"))])
async def service_worker(request: Request) -> Response:
    assets: Assets = request.app.state.assets
    # The pages' own file: the browser has it already, and a release with another one makes this another worker.
    script = f'importScripts("{assets.url(SCRIPT)}");\n'
    etag = f'"{hashlib.sha256(script.encode()).hexdigest()[:12]}"'
    # Asked for at every visit, so that a new version is found; it may look after all of /d, not only what is below /d/.
    headers = {"Cache-Control": "no-cache", "ETag": etag, "Service-Worker-Allowed": "/d"}
    if request.headers.get("if-none-match") == etag:
        return Response(status_code=304, headers=headers)
    return Response(script, media_type="text/javascript", headers=headers)


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

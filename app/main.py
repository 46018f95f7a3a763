"""The application, put together from its rooms. Nothing happens at import."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import version
from pathlib import Path

from anyio import to_thread
from fastapi import APIRouter, Depends, FastAPI, Request
from fastapi.responses import RedirectResponse, Response
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware

from app import registry  # noqa: F401 - declares every model and task
from app.accounts import pages as accounts_pages
from app.care import api as care_api
from app.care import follow_up_pages
from app.care import knowing_api as care_knowing_api
from app.care import pages as care_pages
from app.care import rules_pages as care_rules_pages
from app.care.knowing import valley_note
from app.care.panels import follow_up_panel
from app.care.service import unread_mark
from app.coding import adjudication_pages as coding_adjudication_pages
from app.coding import agreement_api, agreement_pages
from app.coding import api as coding_api
from app.coding import codebook_api as coding_codebook_api
from app.coding import codebook_change_pages as coding_codebook_changes
from app.coding import codebook_pages as coding_codebook
from app.coding import draw_pages as coding_draw_pages
from app.coding import lists_api as coding_lists_api
from app.coding import pages as coding_pages
from app.coding import reading_api as coding_reading_api
from app.coding import reading_pages as coding_reading
from app.core.crypto import keyring_of
from app.core.db import Database
from app.core.settings import Settings
from app.curves import api as curves_api
from app.curves import pages as curves_pages
from app.curves.matrices import CellMatrices
from app.diary import api as diary_api
from app.diary import attachment_pages as diary_attachments
from app.diary import compliance_api as diary_compliance_api
from app.diary import compliance_nudges as diary_nudges
from app.diary import compliance_pages as diary_compliance_pages
from app.diary import pages as diary_pages
from app.diary import sync as diary_sync
from app.diary.desk import EntryDesk
from app.diary.limits import LARGER_BODIES
from app.exchange import codebook_pages as exchange_codebook
from app.exchange import relations_pages
from app.exchange.refi import api as refi_api
from app.exchange.refi import pages as refi_pages
from app.exchange.refi.limits import LARGER_BODIES as LARGER_PROJECTS
from app.exchange.takeaway_pages import MOST_TIMES
from app.exchange.takeaway_pages import router as takeaway_router
from app.interviews import api as interviews_api
from app.interviews import conducting_pages as interviews_conducting
from app.interviews import guide_api as interviews_guide_api
from app.interviews import guide_pages as interviews_guides
from app.interviews import observing_pages as interviews_observing
from app.interviews import pages as interviews_pages
from app.interviews.limits import LARGER_BODIES as LARGER_TRANSCRIPTS
from app.jobs.worker import Worker
from app.maps import api as maps_api
from app.maps import pages as maps_pages
from app.maps.board import api as maps_board_api
from app.maps.board import pages as maps_board_pages
from app.maps.board import version_api as maps_version_api
from app.maps.drawing import api as maps_drawing_api
from app.maps.ecosystem import api as maps_ecosystem_api
from app.maps.ecosystem import pages as maps_ecosystem_pages
from app.maps.ecosystem import support_pages as maps_support_pages
from app.maps.groups import api as groups_api
from app.maps.groups import pages as groups_pages
from app.maps.insights import api as insights_api
from app.maps.insights import check_pages as self_check_pages
from app.maps.insights import doing_api as improvements_api
from app.maps.insights import doing_pages as improvements_pages
from app.maps.insights import pages as insights_pages
from app.maps.report import api as maps_report_api
from app.maps.report import pages as maps_report_pages
from app.maps.service import KeptScenes
from app.participants import api as participants_api
from app.participants import pages as participants_pages
from app.participants import relation_api
from app.participants.readings import Readings
from app.prompts import api as prompts_api
from app.prompts import pages as prompts_pages
from app.prompts.delivery import counters as delivery_counters
from app.prompts.delivery import phone_pages as delivery_phone
from app.prompts.delivery import staff_pages as delivery_staff
from app.prompts.delivery import tapping as delivery_tapping
from app.statements import api as statements_api
from app.statements import pages as statements_pages
from app.studies import api as studies_api
from app.studies import pages as studies_pages
from app.studies.coders import use_models
from app.web import assets as web_assets
from app.web import health, problems
from app.web.assets import Assets
from app.web.middleware import Metrics, Shell
from app.web.pages import Pages
from app.web.policy import Public
from app.web.ratelimit import FailureLimit

ROOMS = Path(__file__).parent
COMPRESS_FROM = 1000
LIMITED = ("sign_in", "link", "message", "confirm")

home = APIRouter(include_in_schema=False)


@home.get("/", dependencies=[Depends(Public("only leads on"))])
async def front_door(request: Request) -> Response:
    return RedirectResponse("/studies", status_code=303)


# In the order in which a request looks for its route: what phones and programs ask all day comes first.
ROUTERS = (
    diary_api.router,
    diary_sync.router,
    curves_api.router,
    diary_pages.router,
    diary_attachments.router,
    diary_compliance_api.router,
    diary_nudges.router,
    diary_compliance_pages.router,
    web_assets.router,
    home,
    health.router,
    accounts_pages.router,
    studies_api.router,
    studies_pages.router,
    participants_api.router,
    participants_pages.router,
    relation_api.router,
    prompts_api.router,
    prompts_pages.router,
    takeaway_router,
    refi_api.router,
    refi_pages.router,
    care_api.router,
    care_pages.router,
    care_knowing_api.router,
    # Before what takes everything after /care/ for an id.
    care_rules_pages.router,
    follow_up_pages.router,
    delivery_tapping.router,
    delivery_phone.router,
    delivery_staff.router,
    curves_pages.router,
    interviews_guide_api.router,
    interviews_guides.router,
    interviews_conducting.router,
    interviews_observing.router,
    coding_api.router,
    coding_draw_pages.router,
    coding_lists_api.router,
    coding_adjudication_pages.router,
    coding_codebook_api.router,
    coding_codebook.router,
    coding_codebook_changes.router,
    exchange_codebook.pages,
    exchange_codebook.api,
    relations_pages.router,
    coding_reading_api.router,
    coding_reading.router,
    coding_pages.router,
    agreement_api.router,
    agreement_pages.router,
    interviews_api.router,
    interviews_pages.router,
    statements_api.router,
    statements_pages.router,
    # Before what takes everything after /maps/ for an id.
    maps_drawing_api.router,
    maps_report_api.router,
    maps_report_pages.router,
    maps_api.router,
    maps_pages.router,
    groups_api.router,
    groups_pages.router,
    maps_board_pages.router,
    maps_ecosystem_api.router,
    maps_ecosystem_pages.router,
    maps_support_pages.router,
    maps_board_api.router,
    maps_version_api.router,
    insights_api.router,
    improvements_api.router,
    insights_pages.router,
    self_check_pages.router,
    improvements_pages.router,
)


def create_app(settings: Settings) -> FastAPI:
    """Return the application for ``settings``; no connection is opened before it starts."""
    metrics = Metrics()
    app = FastAPI(
        title="心路 Xinlu",
        version=version("xinlu"),
        summary="Recovery diaries become an emotion curve per journey stage, with honest uncertainty.",
        openapi_url="/api/v1/openapi.json",
        docs_url=None,
        redoc_url=None,
        lifespan=_lifespan,
        middleware=[
            Middleware(
                Shell,
                metrics=metrics,
                max_body=settings.max_body_kb * 1024,
                secure=settings.secure_cookies,
                larger={**LARGER_BODIES, **LARGER_TRANSCRIPTS, **LARGER_PROJECTS},
            ),
            Middleware(GZipMiddleware, minimum_size=COMPRESS_FROM, compresslevel=5),
        ],
    )
    app.state.settings = settings
    metrics.registry.register(delivery_counters.REGISTRY)
    app.state.metrics = metrics
    app.state.assets = Assets(sorted(ROOMS.glob("*/static")))
    app.state.pages = Pages(sorted(ROOMS.glob("*/templates")), app.state.assets)
    app.state.limits = {name: FailureLimit(settings.sign_in_attempts) for name in LIMITED}
    app.state.matrices = CellMatrices()
    use_models(settings)
    app.state.scenes = KeptScenes()
    app.state.keyring = keyring_of(settings)
    app.state.csrf_key = app.state.keyring.derive("csrf")
    app.state.limits["takeaway"] = FailureLimit(MOST_TIMES)
    app.state.phone_marks = (unread_mark,)
    app.state.person_panels = (follow_up_panel,)
    app.state.hardest_notes = (valley_note,)
    app.state.readings = Readings()
    app.state.forgetful = (app.state.matrices.forget, app.state.scenes.forget)
    problems.install(app)
    for router in ROUTERS:
        app.include_router(router)
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    settings: Settings = app.state.settings
    app.state.database = Database(settings.database_address)
    to_thread.current_default_thread_limiter().total_tokens = app.state.database.useful_threads
    app.state.entries = EntryDesk(app.state.database, app.state.keyring)
    app.state.readings.start(app.state.database)
    worker = Worker(settings, app.state.database, app.state.keyring) if settings.worker else None
    if worker is not None:
        await to_thread.run_sync(worker.start)
    try:
        yield
    finally:
        app.state.entries.close()
        app.state.readings.stop()
        if worker is not None:
            await to_thread.run_sync(worker.stop)
        app.state.database.close()

"""Whether the service is well, and its counters."""

from fastapi import APIRouter, Depends, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from sqlalchemy import text

from app.web.middleware import Metrics
from app.web.policy import LoopbackOnly, Public

router = APIRouter(tags=["operation"])


@router.get("/healthz", summary="Whether the service can answer", dependencies=[Depends(Public("load balancers ask"))])
def healthz(request: Request) -> dict[str, str]:
    """Answers ok when the database answers, and 503 otherwise."""
    with request.app.state.database.read() as session:
        session.execute(text("SELECT 1"))
    return {"status": "ok", "version": request.app.version}


@router.get("/metrics", summary="Prometheus counters", dependencies=[Depends(LoopbackOnly())])
def metrics(request: Request) -> Response:
    """Counters and timings by route; no label names a person or a study."""
    held: Metrics = request.app.state.metrics
    return Response(generate_latest(held.registry), media_type=CONTENT_TYPE_LATEST)

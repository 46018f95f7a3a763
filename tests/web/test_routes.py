"""Every route states who may call it, and answers with the headers that keep a page safe."""

from collections.abc import Iterator

from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute, iter_route_contexts
from starlette.routing import BaseRoute
from starlette.testclient import TestClient

from app.web.policy import Policy

OWN = frozenset({"openapi"})


def policies(dependant: Dependant) -> Iterator[Policy]:
    for dependency in dependant.dependencies:
        if isinstance(dependency.call, Policy):
            yield dependency.call
        yield from policies(dependency)


def without_policy(routes: list[BaseRoute]) -> list[str]:
    missing = []
    for context in iter_route_contexts(routes):
        route = context.original_route
        if isinstance(route, APIRoute):
            if not any(policies(route.dependant)):
                missing.append(f"{sorted(route.methods or ())} {route.path}")
        elif getattr(route, "name", None) not in OWN:
            missing.append(repr(route))
    return missing


def test_every_route_has_a_policy(app: FastAPI) -> None:
    assert sum(1 for _ in iter_route_contexts(app.routes)) > 40
    assert without_policy(app.routes) == []


def test_a_route_without_policy_is_found() -> None:
    bare = FastAPI(openapi_url=None)

    @bare.get("/open")
    def handler() -> None: ...

    assert without_policy(bare.routes) == ["['GET'] /open"]


def test_pages_carry_security_headers(client: TestClient) -> None:
    headers = client.get("/sign-in").headers
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["x-frame-options"] == "DENY"


def test_an_unknown_address_is_a_problem_for_programs_and_a_page_for_people(client: TestClient) -> None:
    program = client.get("/api/v1/nothing")
    assert (program.status_code, program.json()["code"]) == (404, "not_found")
    person = client.get("/nothing", headers={"Accept": "text/html"})
    assert person.status_code == 404
    assert "没有找到" in person.text


def test_a_body_beyond_the_limit_is_refused_before_it_is_read(client: TestClient) -> None:
    refused = client.post("/sign-in", content=b"x" * (1024 * 1024 + 1))
    assert refused.status_code == 413


def test_health_and_metrics_answer_without_names(client: TestClient) -> None:
    assert client.get("/healthz").json()["status"] == "ok"
    counted = client.get("/metrics").text
    assert 'route="/healthz"' in counted

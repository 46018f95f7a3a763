"""The application in the test's own process."""

from collections.abc import Iterator

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from app.core.settings import Settings
from app.main import create_app
from tests.support.databases import ScratchDatabase


@pytest.fixture
def settings(database: ScratchDatabase) -> Settings:
    """The application's settings on a fresh database; override it in a test module to change one."""
    return Settings(data_dir=database.data_dir, database_url=database.address, worker=False)


@pytest.fixture
def app(settings: Settings) -> FastAPI:
    """The application, not started: ``client`` starts and stops it."""
    return create_app(settings)


@pytest.fixture
def client(app: FastAPI, settings: Settings) -> Iterator[TestClient]:
    """A browser-like client (keeps cookies, follows no redirect) on the started application."""
    with TestClient(app, base_url=settings.public_address, follow_redirects=False) as started:
        yield started

"""The hub on a fresh SQLite database; the dialogue server is not running here."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from api import clock
from api.app import create_app
from api.database import Database
from api.libraries import Libraries
from api.migrate import upgrade
from api.settings import ROOT, Settings
from knowledge.tenants import load_tenants

SERVICE_TOKEN = "service-token"
SERVICE = {"Authorization": f"Bearer {SERVICE_TOKEN}"}


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(
        database_url=f"sqlite:///{tmp_path / 'lotse.db'}",
        service_token=SERVICE_TOKEN,
        rasa_url="http://127.0.0.1:9",  # the discard port: nothing answers
        rate_limit=0,
    )


@pytest.fixture(scope="session")
def libraries() -> Libraries:
    return Libraries(ROOT / "knowledge", Settings().encoder, load_tenants(ROOT / "knowledge"))


@pytest.fixture
def app(settings: Settings, libraries: Libraries) -> Iterator[FastAPI]:
    app = create_app(settings, libraries)
    upgrade(app.state.database.engine)
    yield app
    app.state.database.engine.dispose()


@pytest.fixture
def database(app: FastAPI) -> Database:
    return app.state.database


@pytest.fixture
def client(app: FastAPI) -> Iterator[TestClient]:
    with TestClient(app, raise_server_exceptions=False) as client:
        yield client


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch):
    """Set the clock: `at(datetime(2026, 11, 23, 10, 0))`, German local time."""

    def set_clock(moment: datetime) -> datetime:
        fixed = moment if moment.tzinfo else moment.replace(tzinfo=clock.BERLIN)
        monkeypatch.setattr(clock, "now", lambda: fixed)
        return fixed

    return set_clock

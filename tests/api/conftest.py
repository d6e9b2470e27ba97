"""The hub on a fresh SQLite database; the dialogue server is not running here."""

import os
import uuid
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import text

from api import clock
from api.app import create_app
from api.database import Database, make_engine
from api.events import LocalEventBus
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


@pytest.fixture(params=["sqlite", "postgresql"])
def either_database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A migrated database of its own: a file, or a schema on the server that LOTSE_TEST_POSTGRES names."""
    if request.param == "sqlite":
        made = Database(f"sqlite:///{tmp_path / 'own.db'}", LocalEventBus())
        upgrade(made.engine)
        yield made
        made.engine.dispose()
        return
    server = os.environ.get("LOTSE_TEST_POSTGRES")
    if not server:
        pytest.skip("no PostgreSQL here: LOTSE_TEST_POSTGRES is not set (postgresql://user@host/database)")
    schema = f"lotse_{uuid.uuid4().hex}"
    administration = make_engine(server)
    with administration.begin() as connection:
        connection.execute(text(f"CREATE SCHEMA {schema}"))
    separator = "&" if "?" in server else "?"
    made = Database(f"{server}{separator}options=-csearch_path%3D{schema}", LocalEventBus())
    upgrade(made.engine)
    yield made
    made.engine.dispose()
    with administration.begin() as connection:
        connection.execute(text(f"DROP SCHEMA {schema} CASCADE"))
    administration.dispose()

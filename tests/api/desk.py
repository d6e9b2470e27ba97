"""What the tests of the caseworkers' rooms share: accounts, signing in, a citizen who asks for a person."""

import socket
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime

import uvicorn
from argon2 import PasswordHasher
from fastapi import FastAPI
from fastapi.testclient import TestClient

from api.accounts import passwords
from api.accounts.models import Account
from api.accounts.service import create_account
from api.clock import BERLIN
from api.database import Database
from api.handoff.queue import open_handoff

# The tests make hundreds of accounts; argon2 stays, at a fraction of its cost.
passwords._hasher = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)

PASSWORD = "ein langes Passwort"
MONDAY = datetime(2026, 11, 23, 10, 0, tzinfo=BERLIN)  # within the service hours of Musterkreis
TENANT = "musterkreis"
OTHER_TENANT = "andernorts"


def make_account(
    database: Database,
    username: str,
    *,
    roles: Sequence[str] = ("caseworker",),
    tenant: str = TENANT,
    name: str = "",
    teams: Sequence[str] = (),
) -> Account:
    """An account with the password that all tests use."""
    with database.write() as session:
        return create_account(
            session, tenant=tenant, username=username, name=name or username.title(), password=PASSWORD,
            roles=roles, teams=teams,
        )


def sign_in(client: TestClient, username: str, *, tenant: str = TENANT) -> dict[str, str]:
    """The header of a fresh session; the cookie is thrown away, so that it cannot stand in for the header."""
    answer = client.post("/api/v1/session", json={"username": username, "password": PASSWORD, "tenant": tenant})
    assert answer.status_code == 201, answer.text
    client.cookies.clear()
    return {"Authorization": f"Bearer {answer.json()['token']}"}


def start_conversation(client: TestClient) -> tuple[str, dict[str, str]]:
    """A citizen's conversation and their header."""
    body = client.post("/api/v1/conversations", json={}).json()
    return body["id"], {"Authorization": f"Bearer {body['token']}"}


def ask_for_person(client: TestClient, **body: object) -> tuple[str, dict[str, str], str]:
    """A citizen in the queue: conversation, their header, the handoff's id."""
    conversation, citizen = start_conversation(client)
    answer = client.post(f"/api/v1/conversations/{conversation}/handoff", json=body, headers=citizen)
    assert answer.json()["available"] is True, answer.text
    return conversation, citizen, handoff_of(client, conversation)


def handoff_of(client: TestClient, conversation: str) -> str:
    """The id of the open handoff of a conversation, as the desk would find it."""
    with client.app.state.database.read() as session:  # type: ignore[attr-defined]
        found = open_handoff(session, conversation)
        assert found is not None
        return found.id


@contextmanager
def serving(app: FastAPI) -> Iterator[str]:
    """The app on a real port: streams never end for the in-process client."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_level="warning", timeout_graceful_shutdown=1))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join(timeout=10)

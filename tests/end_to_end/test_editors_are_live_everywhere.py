"""Two api processes on one database: what is published at one is answered by both, and no search fails meanwhile."""

import contextlib
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from api.accounts.service import create_account
from api.database import Database
from api.events import make_event_bus
from api.migrate import upgrade
from operation.bootstrap import ROOT
from operation.instance import free_port

PASSWORD = "ein langes Passwort"
PATIENCE = 120  # seconds for two processes to load everything on a busy machine
QUESTION = "Wer bezahlt mein Quastenflosserbecken?"
ARTICLE = {
    "id": "quastenflosser",
    "title": "Zahlt das Jobcenter ein Quastenflosserbecken?",
    "topic": "wohnen",
    "facet": "how_much",
    "questions": [QUESTION, "Quastenflosserbecken Kosten"],
    "citations": ["§ 22 Abs. 1 SGB II"],
    "valid_from": "2026-07-01",
    "spoken": "Ein Becken zahlt das Jobcenter meist nicht. Fragen Sie dort nach.",
    "easy": "Sie haben ein Becken? Das Jobcenter zahlt es meist nicht. Fragen Sie dort nach.",
    "body": "**Meist nicht.** Ein Becken gehört nicht zur Wohnung. Fragen Sie im Jobcenter nach.",
}


@pytest.fixture(scope="module")
def processes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[str]]:
    """Addresses of two api processes; no Redis, so the database alone tells them of each other."""
    folder = tmp_path_factory.mktemp("editors")
    url = f"sqlite:///{folder / 'lotse.db'}"
    database = Database(url, make_event_bus(None))
    upgrade(database.engine)
    with database.write() as session:
        for name in ("erste", "zweite"):
            create_account(
                session, tenant="musterkreis", username=name, name=name, password=PASSWORD, roles=["editor"]
            )
    database.engine.dispose()
    with contextlib.ExitStack() as stack:
        addresses = [stack.enter_context(_process(folder, url)) for _ in range(2)]
        for address in addresses:
            _wait(lambda address=address: _answers(address))
        yield addresses


@contextlib.contextmanager
def _process(folder: Path, database_url: str) -> Iterator[str]:
    port = free_port()
    settings = {
        "LOTSE_DATABASE_URL": database_url,
        "LOTSE_PORT": str(port),
        "LOTSE_RASA_URL": "http://127.0.0.1:9",
        "LOTSE_TODAY": "2026-11-23",
    }
    with (folder / f"output-{port}").open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "api.app"], cwd=ROOT, env={**os.environ, **settings}, stdout=output, stderr=output
        )
    try:
        yield f"http://127.0.0.1:{port}/api/v1"
    finally:
        process.terminate()
        process.wait(timeout=30)


def _answers(address: str) -> bool:
    try:
        return httpx.get(f"{address}/sites", trust_env=False).is_success
    except httpx.TransportError:
        return False


def _wait(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.05)


def _editor(address: str, name: str) -> httpx.Client:
    client = httpx.Client(base_url=address, trust_env=False, timeout=30)
    body = {"username": name, "password": PASSWORD, "tenant": "musterkreis"}
    token = client.post("/session", json=body).raise_for_status().json()["token"]
    client.cookies.clear()
    client.headers["Authorization"] = f"Bearer {token}"
    return client


def _answered_by(address: str) -> str | None:
    found = httpx.get(f"{address}/knowledge/search", params={"q": QUESTION}, trust_env=False, timeout=30)
    found.raise_for_status()
    return next((hit["text"] for hit in found.json()["hits"][:1] if hit["article"] == ARTICLE["id"]), None)


def test_what_is_published_at_one_process_is_answered_by_both_and_no_search_fails_meanwhile(processes: list[str]):
    one, other = processes
    stop, searches, failures = threading.Event(), [0, 0], []

    def search(number: int) -> None:
        address = processes[number]
        while not stop.is_set():
            answer = httpx.get(f"{address}/knowledge/search", params={"q": "Zahlt das Amt meine Miete?"},
                               trust_env=False, timeout=30)
            searches[number] += 1
            if answer.status_code != 200 or not answer.json()["hits"]:
                failures.append(answer.text)

    threads = [threading.Thread(target=search, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    first, second = _editor(one, "erste"), _editor(other, "zweite")
    first.post("/knowledge/articles", json=ARTICLE, params={"layer": "base"}).raise_for_status()
    assert [_answered_by(address) for address in processes] == [None, None]
    second.post("/knowledge/articles/quastenflosser/publish", params={"layer": "base"}).raise_for_status()
    for address in processes:
        _wait(lambda address=address: "Meist nicht" in (_answered_by(address) or ""))
    first.post(
        "/knowledge/articles/quastenflosser/withdraw", json={"reason": "Probe"}, params={"layer": "base"}
    ).raise_for_status()
    for address in processes:
        _wait(lambda address=address: _answered_by(address) is None)
    stop.set()
    for thread in threads:
        thread.join()
    assert failures == []
    assert min(searches) > 10, "searches went on at both while the libraries were replaced"

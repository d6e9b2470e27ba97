"""What the tests of the editors' work share: two editors, an article that passes the check, waiting for it."""

import time
from collections.abc import Callable
from typing import Any

from desk import make_account, sign_in
from fastapi.testclient import TestClient

from api.database import Database

ARTICLE: dict[str, Any] = {
    "id": "hausboot-liegeplatz",
    "title": "Zahlt das Jobcenter den Liegeplatz für mein Hausboot?",
    "topic": "wohnen",
    "facet": "how_much",
    "questions": [
        "Ich wohne auf einem Hausboot, wer zahlt den Liegeplatz?",
        "Liegegebühr Hausboot Jobcenter",
        "übernimmt das Amt die Hafengebühr",
        "Kann ich auf meinem Hausboot wohnen bleiben?",
        "Kosten für mein Wohnschiff",
        "Wird die Miete am Steg bezahlt?",
    ],
    "citations": ["§ 22 Abs. 1 SGB II"],
    "valid_from": "2026-07-01",
    "next_steps": [{"service": "leistungsberatung"}],
    "spoken": "Ein Hausboot kann eine Wohnung sein. Dann kann das Jobcenter die Kosten für den Liegeplatz zahlen.",
    "easy": "Sie wohnen auf einem Boot? Das Jobcenter kann den Platz zahlen. Fragen Sie dort nach.",
    "body": "**Das kann sein.** Ein Hausboot kann Ihre Wohnung sein. Dann prüft das Jobcenter die Kosten.",
}
ID = ARTICLE["id"]
ARTICLES = "/api/v1/knowledge/articles"
QUESTION = ARTICLE["questions"][0]


def editors(client: TestClient, database: Database, *, tenant: str = "musterkreis") -> tuple[dict, dict]:
    """The headers of two editors of one tenant."""
    for name in ("erste", "zweite"):
        make_account(database, name, roles=["editor"], tenant=tenant, name=f"Frau {name.title()}")
    return sign_in(client, "erste", tenant=tenant), sign_in(client, "zweite", tenant=tenant)


def publish(client: TestClient, first: dict, second: dict, article: dict[str, Any] = ARTICLE, **query: str) -> None:
    """A new article by one editor, published by the other."""
    made = client.post(ARTICLES, json=article, headers=first, params=query)
    assert made.status_code == 201, made.text
    done = client.post(f"{ARTICLES}/{article['id']}/publish", headers=second, params=query)
    assert done.status_code == 200, done.text


def eventually(condition: Callable[[], bool]) -> None:
    """Wait for what another thread or process does; a test fails by what happens, not by how long it takes."""
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.05)


def found(client: TestClient, question: str, article_id: str = ID, tenant: str = "musterkreis") -> bool:
    """Whether a search answers the question with the article."""
    query = {"q": question, "tenant": tenant}
    hits = client.get("/api/v1/knowledge/search", params=query).json()["hits"]
    return [hit["article"] for hit in hits[:1]] == [article_id]


def served(client: TestClient, article_id: str = ID, tenant: str = "musterkreis") -> str | None:
    """The text that citizens get, if any."""
    answer = client.get(f"{ARTICLES}/{article_id}", params={"tenant": tenant})
    return answer.json()["text"] if answer.status_code == 200 else None

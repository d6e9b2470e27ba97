"""A conversation names its language, changes it by a choice, and says which part of an answer is German."""

from typing import Any

import pytest
from fastapi.testclient import TestClient

from api.conversations.languages import german_marked
from api.conversations.schemas import Reply
from api.languages.catalog import NAMES, translated


def begin(client: TestClient, **body: str) -> tuple[str, dict[str, str], dict[str, Any]]:
    started = client.post("/api/v1/conversations", json=body).json()
    return f"/api/v1/conversations/{started['id']}", {"Authorization": f"Bearer {started['token']}"}, started


def say(client: TestClient, address: str, key: dict[str, str], **body: str) -> dict[str, Any]:
    answer = client.post(f"{address}/messages", json=body, headers=key)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_every_answer_names_the_language_of_the_conversation(client):
    address, key, started = begin(client)
    assert started["language"] == "de"
    assert client.get(address, headers=key).json()["language"] == "de"
    client.put(f"{address}/language", json={"language": "tr"}, headers=key)
    assert client.get(address, headers=key).json()["language"] == "tr"
    assert say(client, address, key, text="Merhaba")["language"] == "tr"


@pytest.mark.parametrize("language", list(NAMES))
def test_a_language_can_be_pressed_at_any_time_even_while_the_dialogue_is_away(client, language):
    address, key, _ = begin(client)
    turn = say(client, address, key, payload=f'/change_language{{"language":"{language}"}}')
    assert turn["language"] == language
    assert turn["messages"][0]["text"]
    assert client.get(address, headers=key).json()["messages"][1]["text"] == NAMES[language]


def test_an_unknown_language_can_not_be_pressed(client):
    address, key, _ = begin(client)
    answer = client.post(f"{address}/messages", json={"payload": '/change_language{"language":"xx"}'}, headers=key)
    assert answer.status_code == 422


def test_what_was_pressed_stands_in_the_transcript_in_the_language(client):
    address, key, _ = begin(client, language="en")
    say(client, address, key, payload="/leave_message")
    assert client.get(address, headers=key).json()["messages"][1]["text"] == translated("Nachricht hinterlassen", "en")


def test_messages_in_another_language_name_it_and_german_ones_do_not(client):
    _, _, turkish = begin(client, language="tr")
    assert turkish["messages"][0]["data"]["language"] == "tr"
    _, _, german = begin(client)
    assert "language" not in (german["messages"][0]["data"] or {})


def test_an_answer_that_is_not_translated_says_where_its_german_begins(libraries):
    library = libraries.get("musterkreis")
    german = library.article("miete-zu-hoch").text

    def marked(text: str, language: str) -> dict[str, Any]:
        reply = Reply(kind="answer", text=text, article="miete-zu-hoch")
        return german_marked(reply, language, library).data or {}

    assert marked(f"Only in German.\n\n{german}", "en") == {"german_from": 1}
    assert marked(german, "en") == {"german_from": 0}
    assert marked("Rent.", "en") == {}
    assert marked(german, "de-leicht") == {}

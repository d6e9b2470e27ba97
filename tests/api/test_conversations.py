"""Promises of the conversation calls. The dialogue server is away here: the hub answers by itself."""

import threading
from datetime import datetime, timedelta

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import func, select, text

from api import clock
from api.conversations.models import Conversation, Message
from api.conversations.rasa import RasaUnavailable
from api.conversations.schemas import Reply
from api.privacy.service import erase_expired

BASE = "/api/v1/conversations"


def start(client: TestClient) -> tuple[str, dict[str, str], dict]:
    body = client.post(BASE, json={}).json()
    return body["id"], {"Authorization": f"Bearer {body['token']}"}, body


def send(client: TestClient, conversation: str, headers: dict[str, str], message: str, **extra_headers: str):
    return client.post(f"{BASE}/{conversation}/messages", json={"text": message}, headers={**headers, **extra_headers})


def count(database, table) -> int:
    with database.read() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def test_the_greeting_says_at_once_that_it_is_a_machine(client):
    _, _, body = start(client)
    assert body["state"] == "bot"
    assert "kein Mensch" in body["messages"][0]["text"]
    assert {"title": "Mit einem Menschen sprechen", "payload": "/talk_to_human"} in body["messages"][0]["choices"]


def test_without_the_dialogue_a_question_still_gets_a_cited_answer(client):
    conversation, headers, _ = start(client)
    answer = send(client, conversation, headers, "Wie hoch ist der Regelbedarf für Alleinstehende?")
    assert answer.status_code == 200
    message = answer.json()["messages"][0]
    assert message["kind"] == "answer"
    assert any(citation["label"].startswith("§ 20 SGB II") for citation in message["citations"])


def test_without_the_dialogue_a_message_can_still_be_left(client):
    conversation, headers, _ = start(client)
    asked = client.post(f"{BASE}/{conversation}/messages", json={"payload": "/leave_message"}, headers=headers).json()
    assert asked["messages"][0]["kind"] == "form"
    receipt = send(client, conversation, headers, "Ich habe eine neue Adresse. Anna Muster, 0171 2345678").json()
    assert receipt["messages"][0]["kind"] == "message_receipt"
    assert receipt["messages"][0]["data"]["receipt"].startswith("M-")


def test_the_same_send_twice_is_stored_and_answered_once(client, database):
    conversation, headers, _ = start(client)
    key = {"Idempotency-Key": "send-0001-abcd"}
    first = send(client, conversation, headers, "Wann kommt das Geld?", **key)
    second = send(client, conversation, headers, "Wann kommt das Geld?", **key)
    assert first.json() == second.json()
    with database.read() as session:
        assert session.scalar(select(func.count()).select_from(Message).where(Message.role == "citizen")) == 1


def test_the_same_send_at_the_same_moment_is_answered_once(client, database):
    conversation, headers, _ = start(client)
    answers = []

    def post() -> None:
        answers.append(send(client, conversation, headers, "Wann kommt das Geld?", **{"Idempotency-Key": "k" * 12}))

    threads = [threading.Thread(target=post) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.text for answer in answers}) == 1
    with database.read() as session:
        assert session.scalar(select(func.count()).select_from(Message).where(Message.role == "citizen")) == 1


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"text": ""}, 422),
        ({"text": "   \n"}, 422),
        ({"text": "\x00\x00"}, 422),
        ({}, 422),
        ({"text": "a", "payload": "/greet"}, 422),
        ({"text": 5}, 422),
        ({"text": "x" * 50_000}, 422),
        ({"payload": '/made_up{"x":1}'}, 422),
        ({"payload": "not a payload"}, 422),
    ],
)
def test_bad_input_gets_a_clear_german_error_and_stores_nothing(client, database, body, status):
    conversation, headers, _ = start(client)
    before = count(database, Message)
    answer = client.post(f"{BASE}/{conversation}/messages", json=body, headers=headers)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["detail"]
    assert "Traceback" not in answer.text
    assert count(database, Message) == before


@pytest.mark.parametrize(
    "hostile",
    [
        "😀😀😀",
        "<script>alert(1)</script>",
        "'; DROP TABLE conversation; --",
        "Miete\x00 zahlen",
        "/restart",
        '/book_appointment{"service":"erstantrag"}',
        "{{ 7*7 }} ${jndi:ldap://x}",
        "\u202etxet desrever",
        "x" * 4000,
    ],
)
def test_hostile_text_is_answered_and_kept_as_text(client, database, hostile):
    conversation, headers, _ = start(client)
    answer = send(client, conversation, headers, hostile)
    assert answer.status_code == 200
    assert answer.json()["messages"]
    transcript = client.get(f"{BASE}/{conversation}", headers=headers).json()["messages"]
    kept = [line["text"] for line in transcript if line["role"] == "citizen"]
    assert kept == [hostile.replace("\x00", "")]
    assert count(database, Conversation) == 1


def test_invalid_utf8_and_broken_json_are_refused(client):
    conversation, headers, _ = start(client)
    for body in (b'{"text": "\xff\xfe"}', b'{"text": ', b"\x00", b"[1,2"):
        answer = client.post(
            f"{BASE}/{conversation}/messages", content=body, headers={**headers, "Content-Type": "application/json"}
        )
        assert answer.status_code in {400, 422}, body
        assert answer.json()["detail"]


def test_lone_surrogates_do_not_break_the_transcript(client):
    conversation, headers, _ = start(client)
    answer = client.post(
        f"{BASE}/{conversation}/messages",
        content=b'{"text": "Miete \\ud800 zahlen"}',
        headers={**headers, "Content-Type": "application/json"},
    )
    assert answer.status_code == 200
    assert client.get(f"{BASE}/{conversation}", headers=headers).status_code == 200


def test_a_huge_body_is_refused_before_it_is_read(client):
    conversation, headers, _ = start(client)
    answer = client.post(f"{BASE}/{conversation}/messages", json={"text": "x" * 2_000_000}, headers=headers)
    assert answer.status_code == 413

    def chunks():
        for _ in range(100):
            yield b"x" * 10_000

    streamed = client.post(f"{BASE}/{conversation}/messages", content=chunks(), headers=headers)
    assert streamed.status_code == 413


def test_another_conversations_token_opens_nothing(client):
    conversation, _, _ = start(client)
    _, other, _ = start(client)
    for call in (
        lambda: client.get(f"{BASE}/{conversation}", headers=other),
        lambda: client.get(f"{BASE}/{conversation}/events", headers=other),
        lambda: send(client, conversation, other, "Hallo"),
        lambda: client.delete(f"{BASE}/{conversation}", headers=other),
    ):
        assert call().status_code == 403
    assert client.get(f"{BASE}/{conversation}").status_code == 401
    assert client.get(f"{BASE}/unknown", headers=other).status_code == 404


def test_an_unknown_tenant_is_said_to_be_unknown(client):
    answer = client.post(BASE, json={"tenant": "atlantis"})
    assert answer.status_code == 404
    assert "nicht bekannt" in answer.json()["detail"]


def test_a_hundred_messages_a_minute_from_one_client_are_too_many(app, client):
    app.state.message_limit._per_minute = 30
    conversation, headers, _ = start(client)
    answers = [send(client, conversation, headers, "Hallo") for _ in range(100)]
    refused = [answer for answer in answers if answer.status_code == 429]
    assert len(refused) == 71  # the start of the conversation counts, too
    assert int(refused[0].headers["Retry-After"]) > 0
    assert "Sekunden" in refused[0].json()["detail"]
    transcript = client.get(f"{BASE}/{conversation}", headers=headers).json()["messages"]
    assert sum(line["role"] == "citizen" for line in transcript) == 29


def test_feedback_is_kept_for_replies_of_this_conversation_only(client):
    conversation, headers, body = start(client)
    other, other_headers, _ = start(client)
    rating = {"message_id": body["messages"][0]["id"], "helpful": True}
    assert client.post(f"{BASE}/{conversation}/feedback", json=rating, headers=headers).status_code == 204
    assert client.post(f"{BASE}/{conversation}/feedback", json=rating, headers=headers).status_code == 204
    assert client.post(f"{BASE}/{other}/feedback", json=rating, headers=other_headers).status_code == 404


def test_erasing_removes_transcript_and_the_dialogues_memory(client, database):
    conversation, headers, _ = start(client)
    send(client, conversation, headers, "Ich heiße Anna Muster")
    with database.write() as session:  # the table that Rasa keeps in the same database
        session.execute(text("CREATE TABLE events (id INTEGER PRIMARY KEY, sender_id VARCHAR(255), data TEXT)"))
        session.execute(text("INSERT INTO events (sender_id, data) VALUES (:id, 'Anna Muster')"), {"id": conversation})
    assert client.delete(f"{BASE}/{conversation}", headers=headers).status_code == 204
    assert client.get(f"{BASE}/{conversation}", headers=headers).status_code == 404
    assert count(database, Message) == 0
    with database.read() as session:
        assert session.scalar(text("SELECT count(*) FROM events")) == 0


def test_idle_conversations_are_erased_after_the_retention_period(client, database, at):
    conversation, headers, _ = start(client)
    kept, kept_headers, _ = start(client)
    with database.write() as session:
        session.get(Conversation, conversation).updated_at = clock.now() - timedelta(days=31)
        assert erase_expired(session, retention_days=30) == 1
    assert client.get(f"{BASE}/{conversation}", headers=headers).status_code == 404
    assert client.get(f"{BASE}/{kept}", headers=kept_headers).status_code == 200


class ScriptedDialogue:
    """Stands where the dialogue server is, to make it answer late; the real one is driven in tests/end_to_end."""

    def __init__(self, before_reply) -> None:
        self.before_reply = before_reply
        self.sent: list[str] = []

    async def turn(self, *, sender, message, metadata):
        self.sent.append(message)
        self.before_reply()
        return [Reply(text="Antwort der Maschine")]

    async def ready(self) -> bool:
        return True

    async def close(self) -> None:
        return None


def test_the_machine_falls_silent_when_a_person_takes_over_during_its_turn(app, client, database):
    conversation, headers, _ = start(client)

    def take_over() -> None:
        with database.write() as session:
            session.get(Conversation, conversation).state = "human"

    app.state.rasa = ScriptedDialogue(take_over)
    answer = send(client, conversation, headers, "Hallo?").json()
    assert answer == {"state": "human", "language": "de", "messages": []}
    assert send(client, conversation, headers, "Sind Sie da?").json()["messages"] == []
    assert app.state.rasa.sent == ["Hallo?"]  # while a person talks, the dialogue hears nothing


def test_citizens_cannot_send_commands_to_the_dialogue(app, client):
    app.state.rasa = ScriptedDialogue(lambda: None)
    conversation, headers, _ = start(client)
    send(client, conversation, headers, '/affirm{"x":1}')
    send(client, conversation, headers, "//// ")
    assert app.state.rasa.sent == ['affirm{"x":1}', "?"]


def test_a_dialogue_that_fails_costs_the_citizen_nothing(app, client):
    def fail() -> None:
        raise RasaUnavailable

    app.state.rasa = ScriptedDialogue(fail)
    conversation, headers, _ = start(client)
    answer = send(client, conversation, headers, "Wie hoch ist der Regelbedarf für Alleinstehende?")
    assert answer.json()["messages"][0]["kind"] == "answer"


def test_times_carry_the_offset_of_german_local_time(client, at):
    at(datetime(2026, 7, 1, 12, 0, tzinfo=clock.BERLIN))
    _, _, body = start(client)
    assert body["messages"][0]["created_at"].endswith("+02:00")


def test_ready_says_degraded_without_the_dialogue_but_stays_in_service(client):
    answer = client.get("/readyz")
    assert answer.status_code == 200
    assert answer.json() == {
        "status": "degraded",
        "checks": {"knowledge": "ok", "dialogue": "down", "database": "ok"},
    }
    assert client.get("/healthz").json() == {"status": "ok"}
    assert "lotse_turns_total" in client.get("/metrics").text


def test_any_municipal_site_may_embed_the_chat_but_never_with_cookies(client):
    answer = client.options(
        BASE,
        headers={
            "Origin": "https://www.musterkreis.example",
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "authorization,content-type,idempotency-key",
        },
    )
    assert answer.status_code == 200
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "access-control-allow-credentials" not in answer.headers

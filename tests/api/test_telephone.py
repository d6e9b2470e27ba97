"""Promises of the telephone in the hub: greeting, codes, putting through, what is kept, the page and its socket."""

import asyncio
import hashlib
import hmac
import io
import json
import re
import shutil
import threading
import time
import wave
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from types import SimpleNamespace

import pytest
import yaml
from axe_playwright_python.sync_playwright import Axe
from desk import MONDAY, make_account, serving, sign_in
from playwright.sync_api import expect, sync_playwright
from sqlalchemy import func, select, text
from websockets.asyncio.client import connect
from websockets.asyncio.server import serve
from websockets.exceptions import ConnectionClosed

from api.appointments import spoken_codes
from api.appointments.models import Appointment
from api.conversations.models import Message
from api.conversations.schemas import Reply
from api.conversations.service import get_conversation
from api.conversations.spoken import LONGEST_SENTENCE
from api.handoff.models import Handoff
from api.inbox.models import InboxItem, InboxSound
from api.settings import ROOT
from api.telephone import voice
from api.telephone.relay import is_local
from api.telephone.service import wipe_ended_calls
from knowledge.tenants import Tenant

CONVERSATIONS = "/api/v1/conversations"
CALLS = "/api/v1/telephone/calls"
SERVICE_TOKEN = "service-token"
SERVICE = {"Authorization": f"Bearer {SERVICE_TOKEN}"}
CALLER = "+496990009123"
SCREEN_WORDS = re.compile(r"klick|schreib|wählen Sie|auswähl|\b(?:unten|oben|Link|im Chat)\b|[*_#§\[\]]", re.IGNORECASE)


def call(client, **body) -> str:
    """A running call; its conversation's id."""
    answer = client.post(CONVERSATIONS, json={"channel": "phone", **body}, headers=SERVICE)
    assert answer.status_code == 201, answer.text
    return answer.json()["id"]


def said(client, conversation: str) -> list[dict]:
    return client.get(f"{CONVERSATIONS}/{conversation}", headers=SERVICE).json()["messages"]


def say(client, conversation: str, words: str | None = None, payload: str | None = None) -> dict:
    body = {"text": words} if payload is None else {"payload": payload}
    answer = client.post(f"{CONVERSATIONS}/{conversation}/messages", json=body, headers=SERVICE)
    assert answer.status_code == 200, answer.text
    return answer.json()


def target(client, conversation: str, **body) -> dict:
    answer = client.post(f"{CALLS}/{conversation}/transfer-target", json=body, headers=SERVICE)
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.fixture
def monday(at):
    return at(MONDAY)


@pytest.fixture
def mueller(client, database, monday):
    make_account(database, "mueller", name="Frau Müller")
    return sign_in(client, "mueller")


# ---- the first words


def test_the_greeting_of_a_call_says_office_machine_no_recording_emergency_and_person(client):
    first = client.post(CONVERSATIONS, json={"channel": "phone"}, headers=SERVICE).json()["messages"][0]["spoken"]
    for promise in ("Jobcenter Musterkreis", "Computerprogramm", "nichts aufgezeichnet", "1 1 2", "Taste 0"):
        assert promise in first
    assert all(len(sentence.split()) <= LONGEST_SENTENCE for sentence in re.split(r"(?<=[.?!])\s", first))


def test_a_municipality_greets_in_its_own_words(client):
    body = {"channel": "phone", "tenant": "beispielhafen"}
    first = client.post(CONVERSATIONS, json=body, headers=SERVICE).json()["messages"][0]["spoken"]
    assert first.startswith("Moin, Jobcenter Beispielhafen.")


def test_only_the_telephone_itself_may_say_who_calls(client, database):
    for body in ({"caller": CALLER}, {"can_transfer": True}):
        assert client.post(CONVERSATIONS, json={"channel": "phone", **body}).status_code == 403
    for number, kept in ((CALLER, CALLER), ("06990009123", CALLER), ("anonymous", None), ("23", None)):
        conversation = call(client, caller=number)
        with database.read() as session:
            assert get_conversation(session, conversation).caller == kept


def test_the_number_of_the_caller_reaches_the_dialogue_and_nobody_else(client, app, monkeypatch):
    turns = []

    async def answer(**turn):
        turns.append(turn)
        return [Reply(text="Gut.")]

    monkeypatch.setattr(app.state.rasa, "turn", answer)
    conversation = call(client, caller=CALLER)
    say(client, conversation, "Hallo")
    assert turns[0]["metadata"]["caller"] == CALLER
    assert CALLER not in client.get(f"{CONVERSATIONS}/{conversation}", headers=SERVICE).text


# ---- every line can be spoken


def test_whatever_is_said_in_a_call_has_a_spoken_form(client, app, database, mueller, monkeypatch):
    async def answer(**_turn):
        return [Reply(text="**Dienstag**, 10:30 Uhr\n- im [Rathaus](https://x.example)")]

    conversation = call(client)
    asked = client.post(f"{CONVERSATIONS}/{conversation}/handoff", headers=SERVICE).json()
    with database.read() as session:
        handoff = session.scalars(select(Handoff.id)).one()
    client.post(f"/api/v1/handoffs/{handoff}/claim", headers=mueller)
    client.post(f"/api/v1/handoffs/{handoff}/messages", json={"text": "Guten Tag, hier ist Müller."}, headers=mueller)
    client.post(f"/api/v1/handoffs/{handoff}/release", headers=mueller)
    say(client, conversation, "xyzzy plugh")  # the dialogue is away
    say(client, conversation, payload="/leave_message")
    say(client, conversation, "Ich bin umgezogen.")
    say(client, conversation, payload="/book_appointment")
    monkeypatch.setattr(app.state.rasa, "turn", answer)
    say(client, conversation, "Wann?")
    lines = [line for line in said(client, conversation) if line["role"] != "citizen"]
    assert len(lines) >= 8
    for line in lines:
        assert line["spoken"], line
        assert not SCREEN_WORDS.search(line["spoken"]), line["spoken"]
    assert lines[-1]["spoken"] == "Dienstag, 10 Uhr 30. im Rathaus"
    assert asked["spoken"] and not SCREEN_WORDS.search(asked["spoken"])


def test_out_of_hours_and_the_place_in_the_queue_are_said_without_a_chat(client, mueller, at):
    waiting = client.post(f"{CONVERSATIONS}/{call(client)}/handoff", headers=SERVICE).json()
    assert "Platz 1" in waiting["spoken"] and "am Apparat" in waiting["spoken"]
    at(MONDAY.replace(hour=20))
    closed = client.post(f"{CONVERSATIONS}/{call(client)}/handoff", headers=SERVICE).json()
    assert closed["spoken"] == "Im Moment ist niemand erreichbar. Wir sind wieder da: morgen ab 8 Uhr."


def test_the_interface_describes_what_a_question_expects(client):
    data = client.get("/openapi.json").json()["components"]["schemas"]["MessageOut"]["properties"]["data"]
    kinds = re.findall(r"'enum': \[([^\]]*)\]", str(data))[0]
    for kind in ("yes_no", "date_time", "own_words", "code"):
        assert kind in kinds


# ---- the spoken code


def book(client, name: str = "Fatma Demir", **body) -> dict:
    fields = {
        "service": "unterlagen", "site": "musterstadt", "starts_at": "2026-11-24T10:00:00+01:00", "name": name,
        "contact": CALLER, **body,
    }  # fmt: skip
    answer = client.post("/api/v1/appointments", json=fields, headers=SERVICE)
    assert answer.status_code == 201, answer.text
    return answer.json()


def find(client, conversation: str, code: str, name: str):
    body = {"conversation": conversation, "code": code, "name": name}
    return client.post("/api/v1/appointments/find", json=body, headers=SERVICE)


@pytest.mark.parametrize("name", ["Demir", "demir", "Fatma Demir", "DEMIER", "Frau Demir"])
def test_code_and_surname_open_an_appointment(client, monday, name):
    booked = book(client)
    assert re.fullmatch(r"\d{4}", booked["spoken_code"])
    found = find(client, call(client), booked["spoken_code"], name)
    assert found.status_code == 200
    assert found.json()["id"] == booked["id"]


def test_a_wrong_code_and_a_wrong_name_are_the_same_answer(client, monday):
    booked = book(client)
    other = f"{(int(booked['spoken_code']) + 1) % 10_000:04d}"
    wrong_code, wrong_name = (
        find(client, call(client), other, "Demir"), find(client, call(client), booked["spoken_code"], "Schneider")
    )
    assert wrong_code.status_code == wrong_name.status_code == 404
    assert wrong_code.json() == wrong_name.json()


def test_after_three_tries_a_call_gets_no_further_one(client, monday):
    booked = book(client)
    conversation = call(client, caller=CALLER)
    wrong = f"{(int(booked['spoken_code']) + 1) % 10_000:04d}"
    assert [find(client, conversation, wrong, "Demir").status_code for _ in range(3)] == [404] * 3
    locked = find(client, conversation, booked["spoken_code"], "Demir")
    assert locked.status_code == 429
    assert int(locked.headers["retry-after"]) > 0


def test_calling_again_and_again_does_not_help_to_guess(client, monday):
    booked = book(client)
    wrong = f"{(int(booked['spoken_code']) + 1) % 10_000:04d}"
    tries = [find(client, call(client, caller=CALLER), wrong, "Demir").status_code for _ in range(11)]
    assert tries == [404] * 10 + [429]
    assert find(client, call(client, caller="+496990009124"), booked["spoken_code"], "Demir").status_code == 200


def test_only_who_leads_the_call_may_try_codes(client, monday):
    conversation = call(client)
    body = {"conversation": conversation, "code": "1234", "name": "Demir"}
    assert client.post("/api/v1/appointments/find", json=body).status_code == 401
    assert client.post("/api/v1/appointments/find", json=body, headers={"Authorization": "Bearer x"}).status_code == 403


def test_the_code_is_not_in_the_database_and_a_repeated_booking_tells_it_again(client, database, monday):
    key = {"Idempotency-Key": "booking-0001", **SERVICE}
    fields = {"service": "unterlagen", "site": "musterstadt", "starts_at": "2026-11-24T10:00:00+01:00",
              "name": "Fatma Demir", "contact": CALLER}
    first, again = (client.post("/api/v1/appointments", json=fields, headers=key).json() for _ in range(2))
    assert first["spoken_code"] == again["spoken_code"]
    with database.read() as session:
        row = session.execute(text("SELECT * FROM appointment")).mappings().one()
    assert first["spoken_code"] not in [str(value) for value in row.values()]
    plain = hashlib.sha256(first["spoken_code"].encode()).hexdigest()
    assert row["spoken_code_hash"] not in (None, plain)


def test_two_open_appointments_of_one_name_never_share_a_code(client, database, monday, settings, monkeypatch):
    codes = iter(["1111", "1111", "2222"])
    known: dict[tuple[str, int], str] = {}

    def code_for(appointment_id: str, attempt: int, _settings) -> str:
        if attempt > 1:
            return f"9{attempt:03d}"
        if (appointment_id, attempt) not in known:
            known[appointment_id, attempt] = next(codes, "3333")
        return known[appointment_id, attempt]

    monkeypatch.setattr(spoken_codes, "code_for", code_for)
    first = book(client)
    second = book(client, starts_at="2026-11-24T10:15:00+01:00")
    assert first["spoken_code"] != second["spoken_code"]
    with database.read() as session:
        hashes = session.scalars(select(Appointment.spoken_code_hash)).all()
    assert len(set(hashes)) == 2


def test_a_cancelled_or_past_appointment_opens_no_more(client, monday, at):
    booked = book(client)
    client.delete(f"/api/v1/appointments/{booked['id']}", headers=SERVICE)
    assert find(client, call(client), booked["spoken_code"], "Demir").status_code == 404
    later = book(client)
    at(MONDAY + timedelta(days=3))
    assert find(client, call(client), later["spoken_code"], "Demir").status_code == 404


@pytest.mark.parametrize(
    ("stored", "heard", "alike"),
    [
        ("Anna Müller", "mueller", True), ("Jan Meyer", "Meier", True), ("Jan Maier", "Meier", True),
        ("Jan Schmidt", "Schmitt", True), ("Ayşe Yılmaz", "Yilmaz", True), ("Anna Müller", "Möller-Weber", False),
        ("Anna Müller", "Anna", False), ("Jan Schmidt", "Schneider", False), ("Jan Schmidt", "", False),
    ],
)  # fmt: skip
def test_a_surname_is_recognised_as_it_sounds(stored, heard, alike):
    assert spoken_codes.names_alike(stored, heard) is alike


# ---- to a person


def test_the_desk_sees_the_request_before_its_telephone_rings(client, mueller):
    conversation = call(client, can_transfer=True)
    say(client, conversation, "Mein Strom wird morgen abgestellt, was kann ich tun?")
    found = target(client, conversation, urgent=True, collected={"Name": "Fatma Demir"})
    assert found["available"] is True
    assert (found["target"], found["team"]) == ("201", "leistung")
    assert "Leistungsteam" in found["sentence"]
    shown = client.get(f"/api/v1/handoffs/{found['handoff_id']}", headers=mueller).json()
    assert (shown["channel"], shown["call_state"], shown["urgent"]) == ("phone", "ringing", True)
    assert shown["collected"] == {"Name": "Fatma Demir"}
    assert "Strom" in str(shown["transcript"]) and shown["on_the_line"] is True
    assert "wird durchgestellt" in (page := console(client, mueller, "/console").text)
    assert "Telefon" in page


@pytest.mark.parametrize(
    ("body", "number"),
    [
        ({"topic": "arbeit"}, "202"),
        ({"topic": "leistungsberatung", "site": "beispielheim"}, "221"),
        ({"topic": "leistungsberatung", "site": "musterstadt"}, "201"),
        ({}, "201"),
    ],
)
def test_a_call_goes_to_the_extension_of_its_topic_and_place(client, monday, body, number):
    assert target(client, call(client), **body)["target"] == number


def test_a_call_needs_nobody_at_the_console_but_a_chat_does(client, monday):
    assert target(client, call(client))["available"] is True
    assert client.post(f"{CONVERSATIONS}/{call(client)}/handoff", headers=SERVICE).json()["reason"] == "all_away"


def test_out_of_hours_a_callback_is_offered_and_a_yes_begins_it(client, app, at, monkeypatch):
    at(MONDAY.replace(hour=20))
    sent = []

    async def answer(**turn):
        sent.append(turn["message"])
        return [Reply(text="Worum geht es?")]

    monkeypatch.setattr(app.state.rasa, "turn", answer)
    conversation = call(client)
    found = target(client, conversation)
    assert (found["available"], found["reason"], found["offer"]) == (False, "out_of_hours", "callback")
    assert found["opens_at"].startswith("2026-11-24T08:00")
    assert found["sentence"].endswith("Möchten Sie um einen Rückruf bitten?")
    say(client, conversation, "ja, gern")
    say(client, conversation, "ja")
    assert sent == ["/request_callback", "ja"]


@pytest.mark.parametrize("words", ["nein", "Wie hoch ist der Regelbedarf?"])
def test_whatever_is_no_yes_to_the_callback_goes_to_the_dialogue_unchanged(client, app, at, monkeypatch, words):
    at(MONDAY.replace(hour=20))
    sent = []

    async def answer(**turn):
        sent.append(turn["message"])
        return [Reply(text="Gut.")]

    monkeypatch.setattr(app.state.rasa, "turn", answer)
    conversation = call(client)
    target(client, conversation)
    say(client, conversation, words)
    assert sent == [words]


def test_a_team_without_an_extension_goes_to_the_overflow_or_waits_in_the_queue(client, app, mueller):
    tenant = app.state.tenants["musterkreis"]
    try:
        without = tenant.telephone.model_copy(update={"extensions": []})
        app.state.tenants["musterkreis"] = tenant.model_copy(update={"telephone": without})
        assert target(client, call(client))["target"] == "200"
        nothing = without.model_copy(update={"overflow": None})
        app.state.tenants["musterkreis"] = tenant.model_copy(update={"telephone": nothing})
        waits = target(client, call(client))
        assert (waits["available"], waits["reason"], waits["offer"]) == (False, "no_extension", "wait")
        assert "Platz" in waits["sentence"]
    finally:
        app.state.tenants["musterkreis"] = tenant


def test_after_a_failed_transfer_a_callback_is_offered_and_somebody_present_may_still_take_over(client, mueller):
    conversation = call(client)
    handoff = target(client, conversation)["handoff_id"]
    answer = client.post(
        f"{CALLS}/{conversation}/transfer-result", json={"ok": False, "reason": "486"}, headers=SERVICE
    ).json()
    assert answer["messages"][0]["spoken"].endswith("Möchten Sie um einen Rückruf bitten?")
    assert answer["messages"][0]["data"]["expects"]["kind"] == "yes_no"
    shown = client.get(f"/api/v1/handoffs/{handoff}", headers=mueller).json()
    assert (shown["state"], shown["call_state"]) == ("waiting", "failed")


def test_after_a_failed_transfer_nobody_waits_in_a_queue_that_nobody_watches(client, monday):
    conversation = call(client)
    target(client, conversation)
    client.post(f"{CALLS}/{conversation}/transfer-result", json={"ok": False}, headers=SERVICE)
    assert client.get(f"{CONVERSATIONS}/{conversation}", headers=SERVICE).json()["state"] == "bot"


def test_who_picked_up_finds_what_was_said_before(client, mueller):
    conversation = call(client)
    say(client, conversation, "Mein Bescheid fehlt seit Wochen, bitte helfen Sie.")
    handoff = target(client, conversation)["handoff_id"]
    for _ in range(2):  # the desk's button and the voice process may both tell
        done = client.post(f"{CALLS}/{conversation}/transfer-result", json={"ok": True}, headers=SERVICE)
        assert done.json() == {"state": "closed", "language": "de", "messages": []}
    client.post(f"{CONVERSATIONS}/{conversation}/end", headers=SERVICE)
    assert "Durchgestellte Anrufe" in console(client, mueller, "/console").text
    assert "Bescheid fehlt" in console(client, mueller, f"/console/handoffs/{handoff}").text


def test_only_our_own_process_reports_about_calls(client, mueller):
    conversation = call(client)
    for path in ("transfer-target", "transfer-result", "sound"):
        assert client.post(f"{CALLS}/{conversation}/{path}", json={"ok": True}).status_code == 401
        assert client.post(f"{CALLS}/{conversation}/{path}", json={"ok": True}, headers=mueller).status_code == 403
    assert client.post(f"{CONVERSATIONS}/{conversation}/end").status_code == 401


def console(client, session: dict[str, str], path: str, **form):
    """A page of the console as the account with this session sees it; with form fields: a sent form."""
    client.cookies.set("lotse_session", session["Authorization"].removeprefix("Bearer "))
    try:
        if not form:
            return client.get(path)
        csrf = re.search(r'name="csrf" content="(\w+)"', client.get("/console").text)[1]
        return client.post(path, data={"csrf": csrf, **form}, follow_redirects=False)
    finally:
        client.cookies.clear()


@pytest.fixture
def dialled(monkeypatch):
    """What the voice process was asked to dial; it answers as `outcome` says."""
    asked = SimpleNamespace(calls=[], outcome=None)

    async def put_through(_settings, *, call: str, target: str, attended: bool) -> None:
        asked.calls.append((call, target))
        if asked.outcome:
            raise asked.outcome

    monkeypatch.setattr(voice, "put_through", put_through)
    return asked


def test_the_desk_puts_a_call_through_by_a_button(client, mueller, dialled):
    conversation = call(client, can_transfer=True)
    handoff = client.post(f"{CONVERSATIONS}/{conversation}/handoff", headers=SERVICE) and handoff_id(client, mueller)
    client.post(f"/api/v1/handoffs/{handoff}/claim", headers=mueller)
    page = console(client, mueller, f"/console/handoffs/{handoff}").text
    assert "Anruf: Durchstellen auf Apparat" in page and 'value="201"' in page
    sent = console(client, mueller, f"/console/handoffs/{handoff}/put-through", target="202")
    assert sent.status_code == 303
    assert dialled.calls == [(conversation, "202")]
    assert client.get(f"/api/v1/handoffs/{handoff}", headers=mueller).json()["call_state"] == "ringing"


def handoff_id(client, session: dict[str, str]) -> str:
    return client.get("/api/v1/handoffs", headers=session).json()[0]["id"]


@pytest.mark.parametrize("number", ["0190123456", "+4490012345", "00491234", "12; rm", ""])
def test_a_call_is_never_put_through_to_where_it_costs(client, mueller, dialled, number):
    conversation = call(client)
    answer = client.post(f"/voice/calls/{conversation}/transfer", json={"target": number}, headers=mueller)
    assert answer.status_code == 422
    assert dialled.calls == []


def test_putting_through_says_clearly_why_it_did_not_work(client, mueller, dialled):
    conversation = call(client)
    target(client, conversation)
    path = f"/voice/calls/{conversation}/transfer"
    assert client.post(path, json={}).status_code == 401
    dialled.outcome = voice.Problem(409, "not-put-through", "Der Anruf ließ sich nicht durchstellen.")
    refused = client.post(path, json={}, headers=mueller)
    assert (refused.status_code, refused.json()["detail"]) == (409, "Der Anruf ließ sich nicht durchstellen.")
    assert client.get("/api/v1/handoffs", headers=mueller).json()[0]["call_state"] == "failed"
    client.post(f"{CONVERSATIONS}/{conversation}/end", headers=SERVICE)
    over = client.post(path, json={"target": "201"}, headers=SERVICE)
    assert over.status_code == 404 and "aufgelegt" in over.json()["detail"]
    web = client.post(CONVERSATIONS, json={}).json()["id"]
    assert client.post(f"/voice/calls/{web}/transfer", json={}, headers=mueller).status_code == 404


def test_without_the_voice_process_it_is_said(client, mueller, settings):
    settings.voice_url = "http://127.0.0.1:9"
    answer = client.post(f"/voice/calls/{call(client)}/transfer", json={"target": "201"}, headers=mueller)
    assert answer.status_code == 503 and "Telefonanlage" in answer.json()["detail"]


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ('{team: vermittlung, number: "202"}', '{team: niemand, number: "202"}', "unbekanntes Team niemand"),
        ("site: beispielheim, number", "site: atlantis, number", "unbekannter Standort atlantis"),
        ('number: "202"', "number: 202", "number"),
        ('number: "202"', 'number: "Zimmer 2"', "number"),
        ('overflow: "200"', 'greeting: ["Hallo", "' + "zu " * 16 + 'lang"]', "höchstens 15 Wörter"),
    ],
)
def test_a_mistake_in_the_telephone_section_is_named(old, new, reason):
    written = (ROOT / "knowledge/tenants/musterkreis/tenant.yml").read_text("utf-8")
    assert old in written
    with pytest.raises(ValueError, match=reason):
        Tenant.model_validate(yaml.safe_load(written.replace(old, new, 1)))


# ---- what is kept


def stored_texts(database, conversation: str) -> list[str]:
    with database.read() as session:
        return list(session.scalars(select(Message.text).where(Message.conversation_id == conversation)))


def test_nothing_of_what_was_said_outlives_the_call(client, database, monday):
    conversation = call(client, caller=CALLER)
    with database.write() as session:
        session.execute(text("CREATE TABLE events (sender_id TEXT, data TEXT)"))
        session.execute(text("INSERT INTO events VALUES (:id, 'geheim')"), {"id": conversation})
    say(client, conversation, "Mein Name ist Fatma Demir und ich bin krank.")
    lines = len(said(client, conversation))
    client.post(f"{CONVERSATIONS}/{conversation}/end", headers=SERVICE)
    assert set(stored_texts(database, conversation)) == {""}
    with database.read() as session:
        row = get_conversation(session, conversation)
        assert (row.state, row.caller, row.wiped_at is not None) == ("closed", None, True)
        assert session.scalar(text("SELECT count(*) FROM events")) == 0
        assert session.scalar(select(func.count()).select_from(Message)) == lines  # the figures stay
        everything = " ".join(str(found) for found in session.execute(text("SELECT * FROM message")).all())
    assert "Demir" not in everything
    assert gap_questions(database) == []


def gap_questions(database) -> list[str]:
    with database.read() as session:
        return list(session.scalars(text("SELECT question FROM knowledge_gap")))


def test_an_open_request_for_a_person_keeps_the_text_until_it_is_done(client, database, mueller):
    conversation = call(client, caller=CALLER)
    say(client, conversation, "Bitte rufen Sie mich wegen der Miete zurück.")
    client.post(f"{CONVERSATIONS}/{conversation}/handoff", headers=SERVICE)
    client.post(f"{CONVERSATIONS}/{conversation}/end", headers=SERVICE)
    handoff = handoff_id(client, mueller)
    shown = client.get(f"/api/v1/handoffs/{handoff}", headers=mueller).json()
    assert (shown["call_state"], shown["caller"], shown["on_the_line"]) == ("hung_up", CALLER, False)
    assert "Miete" in str(shown["transcript"])
    client.post(f"/api/v1/handoffs/{handoff}/claim", headers=mueller)
    client.post(f"/api/v1/handoffs/{handoff}/close", headers=mueller)
    with database.write() as session:
        assert wipe_ended_calls(session) == 1
    assert set(stored_texts(database, conversation)) == {""}


def test_who_hangs_up_without_a_number_leaves_nobody_to_answer(client, mueller):
    conversation = call(client)
    client.post(f"{CONVERSATIONS}/{conversation}/handoff", headers=SERVICE)
    client.post(f"{CONVERSATIONS}/{conversation}/end", headers=SERVICE)
    assert client.get("/api/v1/handoffs", headers=mueller).json() == []


def test_the_packet_of_a_call_put_through_is_wiped_a_day_later(client, database, monday, at):
    conversation = call(client)
    target(client, conversation, collected={"Name": "Fatma Demir"})
    client.post(f"{CALLS}/{conversation}/transfer-result", json={"ok": True}, headers=SERVICE)
    client.post(f"{CONVERSATIONS}/{conversation}/end", headers=SERVICE)
    with database.write() as session:
        assert wipe_ended_calls(session) == 0
    at(MONDAY + timedelta(hours=25))
    with database.write() as session:
        assert wipe_ended_calls(session) == 1
        assert session.scalars(select(Handoff.collected)).one() == {}


def test_a_call_whose_end_nobody_told_is_wiped_all_the_same(client, database, monday, at):
    conversation = call(client)
    say(client, conversation, "Hallo, hier ist Fatma Demir.")
    with database.write() as session:
        assert wipe_ended_calls(session) == 0
    at(MONDAY + timedelta(hours=3))
    with database.write() as session:
        assert wipe_ended_calls(session) == 1
    assert set(stored_texts(database, conversation)) == {""}


def test_a_chat_is_never_wiped_as_a_call(client, database, monday, at):
    body = client.post(CONVERSATIONS, json={}).json()
    at(MONDAY + timedelta(hours=3))
    with database.write() as session:
        assert wipe_ended_calls(session) == 0
    assert all(stored_texts(database, body["id"]))
    assert client.post(f"{CONVERSATIONS}/{body['id']}/end", headers=SERVICE).status_code == 404


@pytest.mark.parametrize(("answer", "kept"), [("ja", True), ("nein", False), ("Wie hoch ist der Regelbedarf?", False)])
def test_text_is_kept_only_where_the_caller_agreed(client, database, settings, monday, answer, kept):
    settings.phone_transcripts = "consent"
    conversation = call(client)
    asked = said(client, conversation)[1]
    assert asked["data"]["expects"] == {"kind": "yes_no", "slot": "keep_text"}
    replies = say(client, conversation, answer)["messages"]
    assert ("Wie kann ich helfen?" in replies[0]["text"]) == (answer in ("ja", "nein"))
    client.post(f"{CONVERSATIONS}/{conversation}/end", headers=SERVICE)
    assert (set(stored_texts(database, conversation)) == {""}) is not kept


def test_without_the_setting_nobody_is_asked_for_consent(client):
    assert len(said(client, call(client))) == 1


# ---- the sound of a message


def wav(seconds: float = 0.5, channels: int = 1) -> bytes:
    held = io.BytesIO()
    with wave.open(held, "wb") as sound:
        sound.setnchannels(channels)
        sound.setsampwidth(2)
        sound.setframerate(8000)
        sound.writeframes(bytes(int(8000 * seconds) * 2 * channels))
    return held.getvalue()


def send_sound(client, conversation: str, sound: bytes, consent: str = "true"):
    return client.post(
        f"{CALLS}/{conversation}/sound", headers=SERVICE, data={"consent": consent},
        files={"sound": ("message.wav", sound, "audio/wav")},
    )


@pytest.fixture
def message(client, settings, mueller) -> str:
    """A call in which a message was left, where the office keeps the sound."""
    settings.phone_message_sound = True
    conversation = call(client)
    body = {"conversation": conversation, "text": "Ich bin umgezogen."}
    assert client.post("/api/v1/inbox", json=body, headers=SERVICE).status_code == 201
    return conversation


def test_the_sound_of_a_message_can_be_heard_at_the_desk_and_goes_with_it(client, database, mueller, message):
    assert send_sound(client, message, wav(1.5)).json()["seconds"] == 1.5
    item = client.get("/api/v1/inbox", headers=mueller).json()[0]["id"]
    page = console(client, mueller, f"/console/inbox/{item}")
    assert f'src="/console/inbox/{item}/sound"' in page.text
    assert "media-src 'self'" in page.headers["content-security-policy"]
    heard = console(client, mueller, f"/console/inbox/{item}/sound")
    assert (heard.headers["content-type"], heard.content) == ("audio/wav", wav(1.5))
    assert client.get(f"/console/inbox/{item}/sound", follow_redirects=False).status_code == 303
    with database.write() as session:
        session.delete(session.get_one(InboxItem, item))
    with database.read() as session:
        assert session.scalar(select(func.count()).select_from(InboxSound)) == 0


@pytest.mark.parametrize(
    ("sound", "consent", "status"),
    [
        (wav(), "false", 422), (b"no sound at all", "true", 422), (wav(channels=2), "true", 422), (wav(0), "true", 422),
        (wav()[:-400], "true", 422), (wav(132), "true", 413), (wav(400), "true", 413),
    ],
)  # fmt: skip
def test_no_sound_is_kept_without_consent_or_that_is_none(client, database, message, sound, consent, status):
    assert send_sound(client, message, sound, consent).status_code == status
    with database.read() as session:
        assert session.scalar(select(func.count()).select_from(InboxSound)) == 0


def test_no_sound_is_kept_where_the_office_does_not_want_it_or_no_message_was_left(client, settings, message):
    assert send_sound(client, call(client), wav()).status_code == 404
    settings.phone_message_sound = False
    assert send_sound(client, message, wav()).status_code == 403


def test_a_page_without_sound_allows_none(client, mueller, message):
    item = client.get("/api/v1/inbox", headers=mueller).json()[0]["id"]
    page = console(client, mueller, f"/console/inbox/{item}")
    assert "<audio" not in page.text and "media-src" not in page.headers["content-security-policy"]


# ---- the socket


@contextmanager
def voice_process(handler) -> Iterator[int]:
    """A WebSocket server in place of the voice process, in a thread of its own; gives its port."""
    loop = asyncio.new_event_loop()
    ports: list[int] = []
    ready = threading.Event()

    async def run() -> None:
        async with serve(
            handler, "127.0.0.1", 0, compression=None, subprotocols=["media"],
            select_subprotocol=lambda _, offered: "media" if "media" in offered else None,
        ) as server:
            ports.append(server.sockets[0].getsockname()[1])
            ready.set()
            await stop.wait()

    stop = asyncio.Event()
    thread = threading.Thread(target=lambda: loop.run_until_complete(run()), daemon=True)
    thread.start()
    assert ready.wait(10)
    yield ports[0]
    loop.call_soon_threadsafe(stop.set)
    thread.join(timeout=10)


def test_the_socket_passes_everything_on_both_ways(app, settings):
    seen: dict = {}

    async def echo(socket) -> None:
        seen.update(path=socket.request.path, headers=dict(socket.request.headers))
        async for message in socket:
            if message == "over":
                await socket.close(4429, "belegt")
            else:
                await socket.send(message)

    async def talk(base: str) -> None:
        async with connect(
            f"{base}/voice/stream?dialect=browser&token=a.b%20c", subprotocols=["media"], proxy=None,
            additional_headers={"X-Own": "1", "X-Lotse-Peer": "loopback", "Cookie": "lotse_session=secret"},
        ) as socket:
            assert socket.subprotocol == "media"
            await socket.send(bytes(320))
            assert await socket.recv() == bytes(320)
            await socket.send('{"type":"key","key":"5"}')
            assert await socket.recv() == '{"type":"key","key":"5"}'
            await socket.send("over")
            with pytest.raises(ConnectionClosed) as closed:
                await asyncio.wait_for(socket.recv(), 10)
            assert (closed.value.rcvd.code, closed.value.rcvd.reason) == (4429, "belegt")

    with voice_process(echo) as port:
        settings.voice_port = port
        with serving(app) as base:
            asyncio.run(talk(base.replace("http", "ws", 1)))
    assert seen["path"] == "/voice/stream?dialect=browser&token=a.b%20c"
    headers = {name.lower(): value for name, value in seen["headers"].items()}
    assert (headers["x-forwarded-for"], headers["x-lotse-peer"], headers["x-own"]) == ("127.0.0.1", "loopback", "1")
    assert "cookie" not in headers


@pytest.mark.parametrize(
    ("client", "headers", "origin", "local"),
    [
        ("127.0.0.1", [], None, True),
        ("::1", [], "http://localhost:8000", True),
        ("127.0.0.1", [], "https://evil.example", False),
        ("127.0.0.1", ["X-Forwarded-For"], None, False),
        ("127.0.0.1", ["Via"], None, False),
        ("192.0.2.7", [], None, False),
        ("unknown", [], None, False),
    ],
)
def test_only_this_machine_itself_counts_as_local(client, headers, origin, local):
    assert is_local(client, headers, origin, "localhost:8000") is local


def test_a_proxy_that_does_not_name_its_peer_opens_no_door(app, settings):
    seen: dict = {}

    async def note(socket) -> None:
        seen.update({name.lower(): value for name, value in socket.request.headers.items()})

    async def knock(base: str) -> None:
        async with connect(f"{base}/voice/stream", additional_headers={"Via": "1.1 proxy"}, proxy=None) as socket:
            with pytest.raises(ConnectionClosed):
                await asyncio.wait_for(socket.recv(), 10)

    with voice_process(note) as port:
        settings.voice_port = port
        with serving(app) as base:
            asyncio.run(knock(base.replace("http", "ws", 1)))
    assert (seen["x-lotse-peer"], seen["x-forwarded-for"]) == ("remote", "unknown")


def test_without_the_voice_process_the_socket_says_try_again_later(app, settings):
    settings.voice_url = "http://127.0.0.1:9"

    async def knock(base: str) -> int:
        async with connect(f"{base}/voice/stream", proxy=None) as socket:
            with pytest.raises(ConnectionClosed) as closed:
                await asyncio.wait_for(socket.recv(), 10)
            return closed.value.rcvd.code

    with serving(app) as base:
        assert asyncio.run(knock(base.replace("http", "ws", 1))) == 1013


def test_a_message_too_large_ends_the_stream_for_both(app, settings):
    ended: list[int] = []

    async def listen(socket) -> None:
        try:
            async for _ in socket:
                pass
        finally:
            ended.append(socket.close_code or 0)

    async def flood(base: str) -> int:
        async with connect(f"{base}/voice/stream", proxy=None) as socket:
            await socket.send(bytes(70_000))
            with pytest.raises(ConnectionClosed) as closed:
                await asyncio.wait_for(socket.recv(), 10)
            return closed.value.rcvd.code

    with voice_process(listen) as port:
        settings.voice_port = port
        with serving(app) as base:
            assert asyncio.run(flood(base.replace("http", "ws", 1))) == 1009
            deadline = time.monotonic() + 10
            while not ended and time.monotonic() < deadline:
                time.sleep(0.05)
    assert ended == [1009]


# ---- the page


def test_the_page_carries_a_key_to_the_voice_process_that_expires(client):
    page = client.get("/demo/phone")
    expires, signature = re.search(r'data-token="(\d+)\.(\w+)"', page.text).groups()
    expected = hmac.new(SERVICE_TOKEN.encode(), f"voice-stream:browser:{expires}".encode(), hashlib.sha256).hexdigest()
    assert signature == expected
    assert 0 < int(expires) - time.time() <= 2 * 60 * 60
    assert page.headers["cache-control"] == "no-store"
    assert "ws://testserver" in page.headers["content-security-policy"]
    assert "unsafe" not in page.headers["content-security-policy"]
    for words in ("Vorführung", "nichts aufgezeichnet", "112"):
        assert words in page.text


def test_the_page_can_be_switched_off(client, settings):
    settings.phone_demo = False
    assert client.get("/demo/phone").status_code == 404
    assert "/demo/phone" not in client.get("/").text


CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
needs_browser = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")


@contextmanager
def phone_page(base: str, *, microphone: bool = True, **options):
    """The page in a real browser; its microphone is the browser's own test sound, or there is none."""
    flags = ["--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream"] if microphone else []
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", *flags])
        page = chromium.new_page(**options)
        page.goto(f"{base}/demo/phone")
        yield page
        chromium.close()


@needs_browser
def test_a_call_from_the_browser_carries_speech_keys_and_text(app, settings):
    heard: dict = {"frames": [], "texts": []}

    async def lead(socket) -> None:
        for event in (
            {"type": "state", "state": "speaking"},
            {"type": "transcript", "role": "lotse", "text": "Guten <b>Tag</b>.", "final": True},
            {"type": "expects", "kind": "yes_no", "slot": "", "options": ["Ja, buchen"]},
            {"type": "flush"},
            {"type": "transcript", "role": "caller", "text": "ich", "final": False},
            {"type": "transcript", "role": "caller", "text": "ich brauche Hilfe", "final": True},
        ):
            await socket.send(json.dumps(event))
        await socket.send(bytes(320))
        async for message in socket:
            if isinstance(message, bytes):
                heard["frames"].append(message)
                continue
            heard["texts"].append(json.loads(message))
            if heard["texts"][-1] == {"type": "key", "key": "0"}:
                await socket.send('{"type":"state","state":"listening"}')

    with voice_process(lead) as port:
        settings.voice_port = port
        with serving(app) as base, phone_page(base) as page:
            errors: list[str] = []
            page.on("pageerror", lambda error: errors.append(str(error)))
            page.on("console", lambda line: line.type == "error" and errors.append(line.text))
            expect(page.get_by_role("button", name="Auflegen")).to_be_hidden()
            page.get_by_role("button", name="Anrufen", exact=True).click()
            expect(page.locator("#state")).to_have_text("Lotse spricht", timeout=15_000)
            lines = page.locator("#transcript li")
            expect(lines).to_have_count(2)
            expect(lines.nth(0)).to_have_text("LotseGuten <b>Tag</b>.")
            expect(lines.nth(1)).to_have_text("Sieich brauche Hilfe")
            expect(page.locator("#options")).to_contain_text("Ja, buchen")
            loud = time.monotonic() + 15
            while not page.evaluate("document.getElementById('level').value > 0"):
                assert time.monotonic() < loud, "the microphone is not heard"
                page.wait_for_timeout(100)
            page.get_by_role("button", name="0 Mensch").click()
            expect(page.locator("#state")).to_have_text("Lotse hört zu")
            page.keyboard.press("#")
            page.wait_for_timeout(500)
            page.get_by_role("button", name="Auflegen").click()
            expect(page.locator("#state")).to_have_text("Gespräch beendet")
            expect(page.get_by_role("button", name="Anrufen", exact=True)).to_be_focused()
            expect(page.locator("#problem")).to_be_hidden()
    assert heard["frames"] and {len(frame) for frame in heard["frames"]} == {320}
    assert any(any(frame) for frame in heard["frames"])  # the test sound, not silence
    keys = [text["key"] for text in heard["texts"] if text["type"] == "key"]
    assert keys == ["0", "#"]
    assert heard["texts"][-1] == {"type": "hangup"}
    assert errors == []


@needs_browser
def test_without_a_microphone_it_is_said_and_the_sample_call_still_plays(app, settings):
    asked: list[str] = []

    async def lead(socket) -> None:
        asked.append(socket.request.path)
        async for message in socket:
            asked.append(message)
            await socket.send('{"type":"state","state":"speaking"}')

    with voice_process(lead) as port:
        settings.voice_port = port
        with serving(app) as base, phone_page(base, microphone=False) as page:
            page.get_by_role("button", name="Anrufen", exact=True).click()
            expect(page.locator("#problem")).to_contain_text("Beispielanruf", timeout=15_000)
            page.get_by_role("button", name="Beispielanruf abspielen").click()
            expect(page.locator("#state")).to_have_text("Lotse spricht", timeout=15_000)
    assert "sample=1" in asked[0]
    assert json.loads(asked[1]) == {"type": "sample"}


@needs_browser
def test_a_line_that_is_away_is_said_in_a_sentence(app, settings):
    settings.voice_url = "http://127.0.0.1:9"
    with serving(app) as base, phone_page(base) as page:
        page.get_by_role("button", name="Anrufen", exact=True).click()
        expect(page.locator("#problem")).to_contain_text("gerade nicht erreichbar", timeout=15_000)
        expect(page.get_by_role("button", name="Anrufen", exact=True)).to_be_visible()


@needs_browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_is_accessible_and_fits_a_phone(app, scheme):
    with serving(app) as base, phone_page(base, color_scheme=scheme, viewport={"width": 320, "height": 640}) as page:
        assert Axe().run(page).response["violations"] == []
        assert page.evaluate("document.documentElement.scrollWidth") <= 320

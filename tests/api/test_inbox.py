"""Promises of the inbox: what citizens leave is kept once, with a receipt, and only the desk reads it."""

import re
import threading

import pytest
from desk import MONDAY, OTHER_TENANT, TENANT, make_account, sign_in, start_conversation
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from sqlalchemy import func, select

from api.accounts.models import AuditEntry
from api.inbox import service
from api.inbox.models import InboxItem
from api.inbox.schemas import LeaveMessage

INBOX = "/api/v1/inbox"
SERVICE = {"Authorization": "Bearer service-token"}


@pytest.fixture
def mueller(client, database, at):
    at(MONDAY)
    make_account(database, "mueller", name="Frau Müller")
    return sign_in(client, "mueller")


def count(database) -> int:
    with database.read() as session:
        return session.scalar(select(func.count()).select_from(InboxItem)) or 0


def leave(client, **body):
    return client.post(INBOX, json={"tenant": TENANT, "text": "Bitte melden Sie sich.", **body}, headers=SERVICE)


def test_a_message_gets_a_receipt_that_can_be_read_aloud(client, mueller):
    conversation, citizen = start_conversation(client)
    answer = client.post(INBOX, json={"conversation": conversation, "text": "Mein Bescheid fehlt."}, headers=citizen)
    assert answer.status_code == 201
    receipt = answer.json()["receipt"]
    assert re.fullmatch(r"M-2026-[2-9A-HJKMNP-TW-Z]{5}", receipt)
    assert receipt in answer.json()["message"]
    item = client.get(INBOX, headers=mueller).json()[0]
    assert (item["receipt"], item["text"], item["conversation"], item["state"]) == (
        receipt, "Mein Bescheid fehlt.", conversation, "new")


def test_a_receipt_in_use_is_not_given_again(client, database, mueller, monkeypatch):
    codes = iter(["AAAAA", "AAAAA", "AAAAA", "BBBBB"])
    monkeypatch.setattr(service, "readable_code", lambda: next(codes))
    assert [leave(client).json()["receipt"] for _ in range(2)] == ["M-2026-AAAAA", "M-2026-BBBBB"]
    assert count(database) == 2


def test_a_repeated_send_is_kept_once_and_gets_the_same_receipt(client, database, mueller):
    conversation, citizen = start_conversation(client)
    other, stranger = start_conversation(client)
    headers = {"Idempotency-Key": "one-and-the-same"}
    body = {"text": "Hallo"}
    receipts: list[str] = []

    def send() -> None:
        answer = client.post(INBOX, json={**body, "conversation": conversation}, headers={**citizen, **headers})
        receipts.append(answer.json()["receipt"])

    threads = [threading.Thread(target=send) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(receipts) == 6 and len(set(receipts)) == 1
    foreign = client.post(INBOX, json={**body, "conversation": other}, headers={**stranger, **headers})
    assert foreign.json()["receipt"] not in receipts  # a key is worth nothing to somebody else
    assert count(database) == 2


def test_a_message_goes_to_the_team_of_its_topic(client, mueller):
    assert leave(client, topic="arbeitsvermittlung").json()["team"] == "vermittlung"
    assert leave(client, topic="wohnen").json()["team"] == "leistung"
    listed = client.get(INBOX, params={"team": "vermittlung"}, headers=mueller).json()
    assert [item["topic"] for item in listed] == ["arbeitsvermittlung"]


@pytest.mark.parametrize(
    ("said", "stored"),
    [
        ("069 90009123", "+49 69 90009123"),
        ("0171/3920012", "+49 171 3920012"),
        ("0049 69 9000 9123", "+49 69 90009123"),
    ],
)
def test_a_callback_keeps_the_number_in_one_form(client, mueller, said, stored):
    answer = leave(client, kind="callback", contact=said, preferred_time="vormittags")
    assert (answer.status_code, answer.json()["contact"]) == (201, stored)


@pytest.mark.parametrize("contact", [None, "", "12345", "erika@example.org", "morgen", "110", "069"])
def test_a_callback_without_a_number_that_can_be_called_is_refused(client, database, mueller, contact):
    answer = leave(client, kind="callback", contact=contact)
    assert answer.status_code == 422
    assert "Telefonnummer" in answer.json()["detail"]
    assert count(database) == 0


def test_a_message_may_name_an_address_or_nothing(client, mueller):
    assert leave(client, contact="Erika@Example.org").json()["contact"] == "Erika@example.org"
    assert leave(client, contact="  ").json()["contact"] is None
    assert leave(client, contact="erika@").status_code == 422


def test_without_a_conversation_only_our_own_processes_leave_messages(client, database, mueller):
    _, citizen = start_conversation(client)
    for headers in ({}, citizen, mueller):
        assert client.post(INBOX, json={"text": "x"}, headers=headers).status_code == 401
    assert leave(client).status_code == 201
    assert leave(client, tenant="nirgends").status_code == 404
    assert count(database) == 1


def test_nobody_leaves_messages_in_another_persons_name(client, database, mueller):
    conversation, _ = start_conversation(client)
    _, stranger = start_conversation(client)
    body = {"conversation": conversation, "text": "x"}
    assert client.post(INBOX, json=body, headers=stranger).status_code == 403
    assert client.post(INBOX, json={**body, "tenant": OTHER_TENANT}, headers=SERVICE).status_code == 422
    assert count(database) == 0


def test_a_message_outlives_the_conversation(client, mueller):
    conversation, citizen = start_conversation(client)
    client.post(INBOX, json={"conversation": conversation, "text": "Bitte um Rückruf"}, headers=citizen)
    assert client.delete(f"/api/v1/conversations/{conversation}", headers=citizen).status_code == 204
    item = client.get(INBOX, headers=mueller).json()[0]
    assert (item["text"], item["conversation"]) == ("Bitte um Rückruf", None)


def test_the_desk_moves_an_item_on_and_the_trail_says_who(client, database, mueller):
    leave(client, text="Geheim: meine IBAN")
    item = client.get(INBOX, params={"state": "new"}, headers=mueller).json()[0]
    me = client.get("/api/v1/session", headers=mueller).json()["account"]["id"]
    path = f"{INBOX}/{item['id']}"
    changed = client.patch(path, json={"state": "in_progress", "assigned_to": me, "note": "rufe an"}, headers=mueller)
    assert changed.json()["assigned_to"]["name"] == "Frau Müller"
    assert [note["text"] for note in changed.json()["notes"]] == ["rufe an"]
    assert client.patch(path, json={"state": "done"}, headers=mueller).json()["assigned_to"] is not None
    assert client.patch(path, json={"assigned_to": None}, headers=mueller).json()["assigned_to"] is None
    assert client.get(INBOX, params={"state": "new"}, headers=mueller).json() == []
    done = client.get(path, headers=mueller).json()
    assert done["state"] == "done" and done["done_at"]
    with database.read() as session:
        trail = session.scalars(select(AuditEntry).where(AuditEntry.object_kind == "inbox")).all()
    assert [entry.actor for entry in trail] == ["mueller"] * 3
    assert "IBAN" not in str([entry.detail for entry in trail])


def test_work_is_only_given_to_people_at_the_desk(client, database, mueller):
    leave(client)
    item = client.get(INBOX, headers=mueller).json()[0]["id"]
    editor = make_account(database, "redaktion", roles=["editor"])
    stranger = make_account(database, "fremd", tenant=OTHER_TENANT)
    for account in (editor.id, stranger.id, "unbekannt"):
        assert client.patch(f"{INBOX}/{item}", json={"assigned_to": account}, headers=mueller).status_code == 422


def test_only_the_desk_of_the_tenant_reads_messages(client, app, database, mueller):
    app.state.tenants[OTHER_TENANT] = app.state.tenants[TENANT].model_copy(update={"id": OTHER_TENANT})
    make_account(database, "redaktion", roles=["editor", "admin"])
    make_account(database, "fremd", roles=["caseworker", "lead"], tenant=OTHER_TENANT)
    leave(client)
    item = client.get(INBOX, headers=mueller).json()[0]["id"]
    fremd = sign_in(client, "fremd", tenant=OTHER_TENANT)
    assert client.get(INBOX, headers=fremd).json() == []
    assert client.get(f"{INBOX}/{item}", headers=fremd).status_code == 404
    assert client.patch(f"{INBOX}/{item}", json={"state": "done"}, headers=fremd).status_code == 404
    redaktion = sign_in(client, "redaktion")
    assert client.get(INBOX, headers=redaktion).status_code == 403
    assert client.patch(f"{INBOX}/{item}", json={"state": "done"}, headers=redaktion).status_code == 403
    assert client.get(INBOX).status_code == client.get(INBOX, headers=SERVICE).status_code == 401


@pytest.mark.parametrize(
    "body",
    [
        {}, {"text": ""}, {"text": "\x00"}, {"text": "x" * 4001}, {"text": {"$gt": ""}}, {"text": "x", "kind": "spam"},
        {"text": "x", "name": "x" * 201}, {"text": "x", "contact": "<script>alert(1)</script>"},
        {"text": "x", "topic": "x" * 101},
    ],
)
def test_hostile_messages_are_refused_with_a_problem(client, database, body):
    answer = client.post(INBOX, json=body, headers=SERVICE)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert count(database) == 0


@given(contact=st.text(max_size=60))
def test_whatever_is_typed_as_contact_is_either_usable_or_refused(contact):
    try:
        kept = LeaveMessage(text="x", contact=contact).contact
    except ValidationError:
        return
    assert kept is None or "@" in kept or re.fullmatch(r"\+[\d ()/-]+( ext\. \d+)?", kept)

"""Promises of the handoff: hours, queue, the one claim, live chat, passing on, giving back."""

import asyncio
import contextlib
import json
import threading
from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import httpx
import pytest
from desk import (
    MONDAY,
    OTHER_TENANT,
    TENANT,
    ask_for_person,
    make_account,
    serving,
    sign_in,
    start_conversation,
)
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from api import clock
from api.accounts.models import AuditEntry
from api.conversations.service import add_message, get_conversation
from api.handoff.hours import opening_words, service_state
from api.handoff.live import while_allowed
from api.handoff.models import Handoff
from api.handoff.queue import estimate_minutes
from api.handoff.routing import team_for
from api.handoff.service import end_of_service, return_unanswered
from api.handoff.summary import MAX_CONCERN, concern
from knowledge.tenants import load_tenants

MUSTERKREIS = load_tenants(Path("knowledge"))["musterkreis"]
CONVERSATIONS = "/api/v1/conversations"
HANDOFFS = "/api/v1/handoffs"


@pytest.fixture
def desk(client, database, at):
    """Monday morning, two caseworkers signed in."""
    at(MONDAY)
    make_account(database, "mueller", name="Frau Müller")
    make_account(database, "schmidt", name="Herr Schmidt")
    return SimpleNamespace(mueller=sign_in(client, "mueller"), schmidt=sign_in(client, "schmidt"))


def say(database, conversation: str, role: str, text: str, **fields):
    with database.write() as session:
        return add_message(session, get_conversation(session, conversation), role=role, text=text, **fields).id


def transcript(client, conversation: str, citizen: dict[str, str]) -> dict:
    return client.get(f"{CONVERSATIONS}/{conversation}", headers=citizen).json()


# ---- service hours


def local(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=clock.BERLIN)


@pytest.mark.parametrize(
    ("moment", "opens_at", "reason"),
    [
        (local(2026, 11, 23, 8, 0), None, None),
        (local(2026, 11, 23, 15, 59), None, None),
        (local(2026, 11, 23, 16, 0), local(2026, 11, 24, 8, 0), "out_of_hours"),
        (local(2026, 11, 23, 7, 59), local(2026, 11, 23, 8, 0), "out_of_hours"),
        (local(2026, 11, 27, 13, 30), local(2026, 11, 30, 8, 0), "out_of_hours"),  # Friday to Monday
        (local(2026, 10, 3, 10, 0), local(2026, 10, 5, 8, 0), "holiday"),
        (local(2026, 12, 24, 10, 0), local(2026, 12, 28, 8, 0), "holiday"),  # Christmas: a closure and two holidays
        (local(2026, 12, 31, 10, 0), local(2027, 1, 4, 8, 0), "holiday"),  # into the next year
        (local(2026, 6, 4, 10, 0), local(2026, 6, 5, 8, 0), "holiday"),  # Corpus Christi is a holiday in Hesse
        (local(2026, 10, 24, 12, 0), local(2026, 10, 26, 8, 0), "out_of_hours"),  # over the change of the clocks
    ],
)
def test_service_hours_leave_out_holidays_and_closures(moment, opens_at, reason):
    state = service_state(MUSTERKREIS, moment)
    assert (state.open, state.reason, state.opens_at) == (opens_at is None, reason, opens_at)


def test_another_federal_state_has_its_own_holidays():
    brandenburg = MUSTERKREIS.model_copy(update={"state": "BB"})
    assert service_state(brandenburg, local(2026, 6, 4, 10, 0)).open
    assert service_state(brandenburg, local(2025, 10, 31, 10, 0)).occasion == "Reformationstag"


@given(st.integers(min_value=0, max_value=4 * 365 * 24 * 60))
def test_the_promised_opening_is_really_open_and_the_first(minutes):
    moment = local(2025, 1, 1) + timedelta(minutes=minutes)
    state = service_state(MUSTERKREIS, moment)
    if not state.open:
        assert state.opens_at > moment
        assert service_state(MUSTERKREIS, state.opens_at).open
        assert not service_state(MUSTERKREIS, state.opens_at - timedelta(minutes=1)).open


def test_openings_are_said_as_people_say_them():
    now = local(2026, 11, 23, 17, 0)
    assert opening_words(local(2026, 11, 24, 8, 0), now) == "morgen ab 8 Uhr"
    assert opening_words(local(2026, 11, 23, 18, 30), now) == "heute ab 18.30 Uhr"
    assert opening_words(local(2026, 11, 30, 8, 0), now) == "am Montag, 30. November, ab 8 Uhr"


def test_out_of_hours_nothing_is_queued_and_the_reason_is_kept(client, database, desk, at):
    at(MONDAY.replace(hour=20))
    conversation, citizen = start_conversation(client)
    for _ in range(2):
        answer = client.post(f"{CONVERSATIONS}/{conversation}/handoff", headers=citizen).json()
    assert answer["available"] is False
    assert answer["reason"] == "out_of_hours"
    assert answer["opens_at"] == "2026-11-24T08:00:00+01:00"
    assert "morgen ab 8 Uhr" in answer["message"] and "Nachricht" in answer["message"]
    assert transcript(client, conversation, citizen)["state"] == "bot"
    with database.read() as session:
        rows = session.scalars(select(Handoff)).all()
    assert [(row.state, row.missed_reason) for row in rows] == [("missed", "out_of_hours")]
    assert client.get(HANDOFFS, headers=sign_in(client, "mueller")).json() == []


def test_on_a_holiday_its_name_is_said(client, desk, at):
    at(local(2026, 12, 25, 10, 0))
    conversation, citizen = start_conversation(client)
    answer = client.post(f"{CONVERSATIONS}/{conversation}/handoff", headers=citizen).json()
    assert answer["reason"] == "holiday"
    assert "Weihnacht" in answer["message"]


def test_with_nobody_at_the_desk_it_is_said_at_once(client, database, at):
    moment = at(MONDAY)
    make_account(database, "redaktion", roles=["editor"])
    make_account(database, "mueller")
    sign_in(client, "redaktion")
    sign_in(client, "mueller")
    at(moment + timedelta(minutes=30))  # the caseworker has long gone
    sign_in(client, "redaktion")
    conversation, citizen = start_conversation(client)
    answer = client.post(f"{CONVERSATIONS}/{conversation}/handoff", headers=citizen).json()
    assert (answer["available"], answer["reason"], answer["opens_at"]) == (False, "all_away", None)


# ---- queue


def test_asking_twice_queues_once(client, desk):
    conversation, citizen, handoff = ask_for_person(client, collected={"name": "Erika"})
    again = client.post(
        f"{CONVERSATIONS}/{conversation}/handoff", json={"collected": {"postcode": "99001"}}, headers=citizen
    )
    assert again.json()["position"] == 1
    waiting = client.get(HANDOFFS, headers=desk.mueller).json()
    assert [one["id"] for one in waiting] == [handoff]
    detail = client.get(f"{HANDOFFS}/{handoff}", headers=desk.mueller).json()
    assert detail["collected"] == {"name": "Erika", "postcode": "99001"}


def test_asking_at_the_same_moment_queues_once(client, database, desk):
    conversation, citizen = start_conversation(client)
    answers = together(
        8, lambda _n: client.post(f"{CONVERSATIONS}/{conversation}/handoff", headers=citizen).json()["available"]
    )
    assert answers == [True] * 8
    with database.read() as session:
        assert len(session.scalars(select(Handoff)).all()) == 1


def test_urgent_requests_come_first_and_then_who_waits_longest(client, desk, at):
    order = []
    for minute, urgent in ((0, False), (1, True), (2, False), (3, True)):
        at(MONDAY + timedelta(minutes=minute))
        order.append(ask_for_person(client, urgent=urgent)[2])
    waiting = client.get(HANDOFFS, headers=desk.mueller).json()
    assert [one["id"] for one in waiting] == [order[1], order[3], order[0], order[2]]
    assert [one["position"] for one in waiting] == [1, 2, 3, 4]


def test_the_waiting_time_is_unknown_until_there_is_experience(client, desk, at):
    for number in range(4):
        at(MONDAY + timedelta(minutes=10 * number))
        client.get(HANDOFFS, headers=desk.mueller)  # somebody is there
        conversation, citizen, handoff = ask_for_person(client)
        answer = client.post(f"{CONVERSATIONS}/{conversation}/handoff", headers=citizen).json()
        assert answer["estimated_wait_minutes"] == (None if number < 3 else 4)
        assert ("noch nicht sagen" in answer["message"]) == (number < 3)
        at(MONDAY + timedelta(minutes=10 * number + 4))
        assert client.post(f"{HANDOFFS}/{handoff}/claim", headers=desk.mueller).status_code == 200


def test_the_estimate_grows_with_the_place():
    waits = [timedelta(minutes=2), timedelta(minutes=4), timedelta(minutes=3)]
    assert [estimate_minutes(waits, position) for position in (1, 2, 3)] == [3, 6, 9]
    assert estimate_minutes([timedelta(0)] * 3, 1) == 1


def test_taking_the_request_back_empties_the_queue(client, desk):
    conversation, citizen, _ = ask_for_person(client)
    for _ in range(2):
        assert client.delete(f"{CONVERSATIONS}/{conversation}/handoff", headers=citizen).status_code == 204
    assert client.get(HANDOFFS, headers=desk.mueller).json() == []
    assert transcript(client, conversation, citizen)["state"] == "bot"


def test_a_closed_conversation_cannot_be_queued(client, desk):
    conversation, citizen, handoff = ask_for_person(client)
    client.post(f"{HANDOFFS}/{handoff}/claim", headers=desk.mueller)
    client.post(f"{HANDOFFS}/{handoff}/close", headers=desk.mueller)
    assert client.post(f"{CONVERSATIONS}/{conversation}/handoff", headers=citizen).status_code == 409


def test_topics_and_services_find_their_team():
    assert team_for(MUSTERKREIS, "arbeitsvermittlung") == "vermittlung"
    assert team_for(MUSTERKREIS, "pflichten") == "vermittlung"
    assert team_for(MUSTERKREIS, "wohnen") == "leistung"
    assert team_for(MUSTERKREIS, None) == team_for(MUSTERKREIS, "unbekannt") == "leistung"


# ---- claim


def together(number: int, work):
    """Run at the same moment in threads; results in order of the threads."""
    barrier, results = threading.Barrier(number), [None] * number

    def run(index: int) -> None:
        barrier.wait()
        results[index] = work(index)

    threads = [threading.Thread(target=run, args=(index,)) for index in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def test_of_two_people_claiming_at_once_exactly_one_gets_it(client, desk):
    for _ in range(5):
        conversation, citizen, handoff = ask_for_person(client)
        path = f"{HANDOFFS}/{handoff}/claim"
        answers = together(2, lambda n, path=path: client.post(path, headers=(desk.mueller, desk.schmidt)[n]))
        assert sorted(answer.status_code for answer in answers) == [200, 409]
        won = next(answer.json() for answer in answers if answer.status_code == 200)
        lost = next(answer.json() for answer in answers if answer.status_code == 409)
        assert lost["claimed_by"] == won["claimed_by"]
        assert won["claimed_by"]["name"] in lost["detail"]
        lines = [line["text"] for line in transcript(client, conversation, citizen)["messages"]]
        assert sum("ist jetzt für Sie da" in line for line in lines) == 1


def test_pressing_claim_twice_changes_nothing(client, desk):
    conversation, citizen, handoff = ask_for_person(client)
    for _ in range(2):
        assert client.post(f"{HANDOFFS}/{handoff}/claim", headers=desk.mueller).status_code == 200
    body = transcript(client, conversation, citizen)
    assert body["state"] == "human"
    assert sum(line["role"] == "system" for line in body["messages"]) == 1


def test_only_who_holds_the_conversation_may_write(client, desk):
    conversation, citizen, handoff = ask_for_person(client)
    write = f"{HANDOFFS}/{handoff}/messages"
    assert client.post(write, json={"text": "Guten Tag"}, headers=desk.mueller).status_code == 409
    client.post(f"{HANDOFFS}/{handoff}/claim", headers=desk.mueller)
    refused = client.post(write, json={"text": "Guten Tag"}, headers=desk.schmidt)
    assert refused.status_code == 409
    assert refused.json()["claimed_by"]["name"] == "Frau Müller"
    for action in ("release", "close", "typing"):
        assert client.post(f"{HANDOFFS}/{handoff}/{action}", headers=desk.schmidt).status_code == 409
    sent = client.post(write, json={"text": "Guten Tag"}, headers=desk.mueller)
    assert sent.status_code == 201
    last = transcript(client, conversation, citizen)["messages"][-1]
    assert (last["role"], last["text"], last["data"]) == ("caseworker", "Guten Tag", {"name": "Frau Müller"})


def test_a_repeated_send_arrives_once(client, desk):
    conversation, citizen, handoff = ask_for_person(client)
    client.post(f"{HANDOFFS}/{handoff}/claim", headers=desk.mueller)
    headers = {**desk.mueller, "Idempotency-Key": "a-key-of-one-send"}
    first, second = (
        client.post(f"{HANDOFFS}/{handoff}/messages", json={"text": "Hallo"}, headers=headers).json() for _ in range(2)
    )
    assert first["id"] == second["id"]
    roles = [line["role"] for line in transcript(client, conversation, citizen)["messages"]]
    assert roles.count("caseworker") == 1


def test_the_dialogue_stays_silent_while_a_person_is_there(client, desk):
    conversation, citizen, handoff = ask_for_person(client)
    client.post(f"{HANDOFFS}/{handoff}/claim", headers=desk.mueller)
    turn = client.post(f"{CONVERSATIONS}/{conversation}/messages", json={"text": "Wie hoch ist die Miete?"},
                       headers=citizen).json()
    assert turn == {"state": "human", "language": "de", "messages": []}


def test_release_gives_the_conversation_back_and_says_so(client, desk):
    conversation, citizen, handoff = ask_for_person(client)
    client.post(f"{HANDOFFS}/{handoff}/claim", headers=desk.mueller)
    assert client.post(f"{HANDOFFS}/{handoff}/release", headers=desk.mueller).json()["state"] == "released"
    body = transcript(client, conversation, citizen)
    assert body["state"] == "bot"
    assert "digitale Assistent" in body["messages"][-1]["text"]
    assert client.post(f"{CONVERSATIONS}/{conversation}/handoff", headers=citizen).json()["position"] == 1


def test_close_ends_the_conversation(client, desk):
    conversation, citizen, handoff = ask_for_person(client)
    client.post(f"{HANDOFFS}/{handoff}/claim", headers=desk.mueller)
    assert client.post(f"{HANDOFFS}/{handoff}/close", headers=desk.mueller).json()["state"] == "closed"
    assert transcript(client, conversation, citizen)["state"] == "closed"
    for action in ("claim", "release", "close"):
        assert client.post(f"{HANDOFFS}/{handoff}/{action}", headers=desk.mueller).status_code == 409


def test_a_lead_may_end_what_somebody_else_holds(client, database, desk):
    make_account(database, "leitung", roles=["lead"])
    _, _, handoff = ask_for_person(client)
    client.post(f"{HANDOFFS}/{handoff}/claim", headers=desk.mueller)
    leitung = sign_in(client, "leitung")
    assert client.post(f"{HANDOFFS}/{handoff}/messages", json={"text": "x"}, headers=leitung).status_code == 409
    assert client.post(f"{HANDOFFS}/{handoff}/release", headers=leitung).status_code == 200


def test_a_transfer_goes_back_to_the_queue_with_note_and_old_place(client, desk, at):
    conversation, citizen, handoff = ask_for_person(client)
    client.post(f"{HANDOFFS}/{handoff}/claim", headers=desk.mueller)
    at(MONDAY + timedelta(minutes=5))
    ask_for_person(client)
    schmidt = next(
        one["id"] for one in client.get("/api/v1/colleagues", headers=desk.mueller).json()
        if one["name"] == "Herr Schmidt"
    )
    moved = client.post(
        f"{HANDOFFS}/{handoff}/transfer",
        json={"team": "vermittlung", "account": schmidt, "note": "Braucht Hilfe beim Lebenslauf"},
        headers=desk.mueller,
    ).json()
    assert (moved["state"], moved["team"], moved["position"]) == ("waiting", "vermittlung", 1)
    assert moved["meant_for"]["name"] == "Herr Schmidt"
    assert [note["text"] for note in moved["notes"]] == ["Braucht Hilfe beim Lebenslauf"]
    body = transcript(client, conversation, citizen)
    assert body["state"] == "waiting"
    assert "Lebenslauf" not in json.dumps(body, ensure_ascii=False)
    assert client.post(f"{HANDOFFS}/{handoff}/claim", headers=desk.schmidt).status_code == 200


def test_a_transfer_to_nobody_or_somebody_unknown_is_refused(client, database, desk):
    stranger = make_account(database, "fremd", tenant=OTHER_TENANT)
    _, _, handoff = ask_for_person(client)
    for body in ({}, {"team": "unbekannt"}, {"account": "unbekannt"}, {"account": stranger.id}):
        answer = client.post(f"{HANDOFFS}/{handoff}/transfer", json=body, headers=desk.mueller)
        assert answer.status_code == 422, body


def test_notes_stay_among_colleagues(client, desk):
    conversation, citizen, handoff = ask_for_person(client)
    client.post(f"{HANDOFFS}/{handoff}/notes", json={"text": "Bitte Akte prüfen"}, headers=desk.schmidt)
    notes = client.get(f"{HANDOFFS}/{handoff}", headers=desk.mueller).json()["notes"]
    assert [(note["author"], note["text"]) for note in notes] == [("Herr Schmidt", "Bitte Akte prüfen")]
    assert "Akte" not in client.get(f"{CONVERSATIONS}/{conversation}", headers=citizen).text


# ---- unanswered


def test_claimed_but_unanswered_goes_back_to_the_queue(client, database, desk, at):
    conversation, citizen, handoff = ask_for_person(client)
    client.post(f"{HANDOFFS}/{handoff}/claim", headers=desk.mueller)
    at(MONDAY + timedelta(minutes=9))
    with database.write() as session:
        assert return_unanswered(session) == 0
    at(MONDAY + timedelta(minutes=10))
    with database.write() as session:
        assert return_unanswered(session) == 1
        assert return_unanswered(session) == 0
    body = transcript(client, conversation, citizen)
    assert body["state"] == "waiting"
    assert "Warteschlange" in body["messages"][-1]["text"]
    schmidt = sign_in(client, "schmidt")
    assert client.post(f"{HANDOFFS}/{handoff}/claim", headers=schmidt).status_code == 200


def test_a_citizen_who_waits_for_an_answer_in_the_middle_goes_back_too(client, database, desk, at):
    conversation, citizen, handoff = ask_for_person(client)
    client.post(f"{HANDOFFS}/{handoff}/claim", headers=desk.mueller)
    at(MONDAY + timedelta(minutes=1))
    client.post(f"{HANDOFFS}/{handoff}/messages", json={"text": "Guten Tag"}, headers=desk.mueller)
    at(MONDAY + timedelta(hours=1))
    with database.write() as session:
        assert return_unanswered(session) == 0  # the citizen is silent, nobody waits
    client.post(f"{CONVERSATIONS}/{conversation}/messages", json={"text": "Sind Sie noch da?"}, headers=citizen)
    mine = client.get(HANDOFFS, params={"state": "claimed", "mine": True}, headers=desk.mueller).json()
    assert mine[0]["unanswered_since"] == "2026-11-23T11:00:00+01:00"
    at(MONDAY + timedelta(hours=1, minutes=11))
    with database.write() as session:
        assert return_unanswered(session) == 1


def test_after_service_hours_nobody_is_left_waiting(client, app, database, desk, at):
    conversation, citizen, _ = ask_for_person(client)
    at(MONDAY.replace(hour=16, minute=20))
    with database.write() as session:
        assert end_of_service(session, app.state.tenants) == 0
    at(MONDAY.replace(hour=16, minute=30))
    with database.write() as session:
        assert end_of_service(session, app.state.tenants) == 1
    body = transcript(client, conversation, citizen)
    assert body["state"] == "bot"
    assert "morgen ab 8 Uhr" in body["messages"][-1]["text"]
    assert body["messages"][-1]["choices"][0]["payload"] == "/leave_message"


# ---- what the caseworker reads


def test_the_packet_holds_concern_fields_answers_and_reason(client, database, desk):
    conversation, citizen = start_conversation(client)
    asked = say(database, conversation, "citizen", "Wie lange zahlt das Jobcenter meine ganze Miete?")
    say(database, conversation, "bot", "Am Anfang …", kind="answer", article="miete-karenzzeit", reply_to=asked,
        citations=[{"label": "§ 22 SGB II", "title": "", "url": "https://www.gesetze-im-internet.de/", "as_of": ""}])
    wish = say(database, conversation, "citizen", "Ich möchte mit einem Menschen sprechen")
    say(database, conversation, "bot", "Gern.", kind="handoff", reply_to=wish)
    client.post(
        f"{CONVERSATIONS}/{conversation}/handoff",
        json={"reason": "Kündigung droht", "topic": "wohnen", "urgent": True,
              "collected": {"name": "Erika", "schwanger": True, "leer": "", "verschachtelt": {"a": 1}}},
        headers=citizen,
    )
    listed = client.get(HANDOFFS, headers=desk.mueller).json()[0]
    assert listed["concern"] == "Wie lange zahlt das Jobcenter meine ganze Miete?"
    detail = client.get(f"{HANDOFFS}/{listed['id']}", headers=desk.mueller).json()
    assert detail["summary"]["reason"] == "Kündigung droht"
    assert detail["summary"]["answers"][0]["article"] == "miete-karenzzeit"
    assert detail["summary"]["answers"][0]["citations"][0]["label"] == "§ 22 SGB II"
    assert detail["collected"] == {"name": "Erika", "schwanger": "ja"}
    assert [line["role"] for line in detail["transcript"]] == ["bot", "citizen", "bot", "citizen", "bot"]


def line(identifier: str, role: str, text: str, kind: str = "text", reply_to: str | None = None, payload=None):
    data = {"payload": payload} if payload else None
    return SimpleNamespace(id=identifier, role=role, text=text, kind=kind, reply_to=reply_to, data=data)


def test_the_concern_is_never_a_button_a_form_field_or_the_wish_for_a_person():
    talk = [
        line("1", "citizen", "Mein Strom wird morgen abgestellt, was kann ich tun?"),
        line("2", "bot", "…", "abstain", "1"),
        line("3", "citizen", "Termin buchen", payload="/book_appointment"),
        line("4", "citizen", "Nächsten Dienstag nach zehn Uhr"),
        line("5", "bot", "…", "form", "4"),
        line("6", "citizen", "ich will mit einem mitarbeiter reden"),
        line("7", "bot", "…", "clarify", "6"),
    ]
    assert concern(talk) == "Mein Strom wird morgen abgestellt, was kann ich tun?"
    assert concern([line("1", "citizen", "Mensch bitte")]) is None
    assert concern([]) is None


@given(st.lists(st.text(max_size=400), max_size=6))
def test_the_concern_is_always_the_citizens_own_words(texts):
    found = concern([line(str(number), "citizen", text) for number, text in enumerate(texts)])
    assert found is None or any(
        " ".join(text.split()).startswith(found.removesuffix(" …")) and len(found) <= MAX_CONCERN + 2 for text in texts
    )


# ---- who may


@pytest.mark.parametrize("role", ["editor", "admin"])
def test_other_roles_see_nothing_of_the_desk(client, database, desk, role):
    make_account(database, "andere", roles=[role])
    _, _, handoff = ask_for_person(client)
    headers = sign_in(client, "andere")
    for method, path in (
        ("GET", ""), ("GET", f"/{handoff}"), ("POST", f"/{handoff}/claim"), ("GET", "/events"),
        ("GET", f"/{handoff}/events"), ("POST", f"/{handoff}/typing"),
    ):
        assert client.request(method, HANDOFFS + path, headers=headers).status_code == 403, path


def test_another_tenants_handoff_does_not_exist(client, app, database, desk):
    app.state.tenants[OTHER_TENANT] = app.state.tenants[TENANT].model_copy(update={"id": OTHER_TENANT})
    make_account(database, "fremd", roles=["caseworker", "lead"], tenant=OTHER_TENANT)
    _, _, handoff = ask_for_person(client)
    fremd = sign_in(client, "fremd", tenant=OTHER_TENANT)
    assert client.get(HANDOFFS, headers=fremd).json() == []
    body = {"text": "x", "team": "leistung"}
    for method, path in (
        ("GET", ""), ("GET", "/events"), ("POST", "/claim"), ("POST", "/messages"), ("POST", "/notes"),
        ("POST", "/transfer"), ("POST", "/release"), ("POST", "/close"), ("POST", "/typing"),
    ):
        answer = client.request(method, f"{HANDOFFS}/{handoff}{path}", headers=fremd,
                                json=body if method == "POST" else None)
        assert answer.status_code == 404, path


def test_caseworkers_of_another_tenant_do_not_count_as_present(client, app, database, at):
    at(MONDAY)
    app.state.tenants[OTHER_TENANT] = app.state.tenants[TENANT].model_copy(update={"id": OTHER_TENANT})
    make_account(database, "fremd", tenant=OTHER_TENANT)
    sign_in(client, "fremd", tenant=OTHER_TENANT)
    conversation, citizen = start_conversation(client)
    assert client.post(f"{CONVERSATIONS}/{conversation}/handoff", headers=citizen).json()["reason"] == "all_away"


def test_only_the_citizen_or_the_service_may_ask(client, desk):
    conversation, _ = start_conversation(client)
    _, stranger = start_conversation(client)
    path = f"{CONVERSATIONS}/{conversation}/handoff"
    assert client.post(path).status_code == 401
    assert client.post(path, headers=stranger).status_code == 403
    assert client.post(path, headers=desk.mueller).status_code == 403
    assert client.post(path, headers={"Authorization": "Bearer service-token"}).status_code == 200
    assert client.delete(path, headers=stranger).status_code == 403


@pytest.mark.parametrize(
    "body",
    [
        b"\xff\xfe", b"[]", b'{"collected": []}', b'{"reason": ""}', b'{"urgent": "vielleicht"}',
        b'{"topic": "' + b"x" * 200 + b'"}', json.dumps({"collected": {str(n): n for n in range(99)}}).encode(),
        b'{"reason": "' + b"x" * 50_000 + b'"}',
    ],
)
def test_hostile_requests_get_a_problem_and_no_stack_trace(client, desk, body):
    conversation, citizen = start_conversation(client)
    answer = client.post(f"{CONVERSATIONS}/{conversation}/handoff", content=body,
                         headers={**citizen, "Content-Type": "application/json"})
    assert answer.status_code in {400, 413, 422}
    assert answer.headers["content-type"] == "application/problem+json"
    assert "Traceback" not in answer.text
    assert client.get(HANDOFFS, headers=desk.mueller).json() == []


@pytest.mark.parametrize("text", ["", "   ", "\x00\x00", "x" * 4001, None, ["x"]])
def test_hostile_replies_are_refused(client, desk, text):
    _, _, handoff = ask_for_person(client)
    client.post(f"{HANDOFFS}/{handoff}/claim", headers=desk.mueller)
    answer = client.post(f"{HANDOFFS}/{handoff}/messages", json={"text": text}, headers=desk.mueller)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"


def test_every_change_of_hands_is_in_the_trail(client, database, desk):
    _, _, handoff = ask_for_person(client)
    client.post(f"{HANDOFFS}/{handoff}/claim", headers=desk.mueller)
    client.post(f"{HANDOFFS}/{handoff}/claim", headers=desk.schmidt)  # refused: leaves no trace of a change
    client.post(f"{HANDOFFS}/{handoff}/transfer", json={"team": "vermittlung"}, headers=desk.mueller)
    client.post(f"{HANDOFFS}/{handoff}/claim", headers=desk.schmidt)
    client.post(f"{HANDOFFS}/{handoff}/close", headers=desk.schmidt)
    with database.read() as session:
        entries = session.scalars(
            select(AuditEntry).where(AuditEntry.object_id == handoff).order_by(AuditEntry.id)
        ).all()
    assert [(entry.actor, entry.action) for entry in entries] == [
        ("mueller", "handoff-claimed"), ("mueller", "handoff-transferred"),
        ("schmidt", "handoff-claimed"), ("schmidt", "handoff-closed"),
    ]


# ---- live


class Live:
    """Reads a stream of server-sent events in a thread; made as soon as its `first` event has come."""

    def __init__(self, url: str, headers: dict[str, str], first: str = "ready") -> None:
        self.events: list[tuple[str, dict]] = []
        self._changed = threading.Condition()
        self._client = httpx.Client(timeout=10, trust_env=False)
        self._thread = threading.Thread(target=self._read, args=(url, headers), daemon=True)
        self._thread.start()
        self.wait_for(first)

    def _read(self, url: str, headers: dict[str, str]) -> None:
        with contextlib.suppress(httpx.HTTPError, RuntimeError), self._client.stream("GET", url, headers=headers) as r:
            kind = ""
            for row in r.iter_lines():
                if row.startswith("event:"):
                    kind = row[6:].strip()
                elif row.startswith("data:"):
                    with self._changed:
                        self.events.append((kind, json.loads(row[5:])))
                        self._changed.notify_all()

    def wait_for(self, kind: str, **data: object) -> dict:
        """The first event of this kind with these values."""

        def found() -> dict | None:
            return next(
                (body for name, body in self.events if name == kind and data.items() <= body.items()), None
            )

        with self._changed:
            assert self._changed.wait_for(lambda: found() is not None, timeout=10), (kind, data, self.events)
            return found() or {}


@pytest.fixture
def server(app, client):
    with serving(app) as url:
        yield url


def test_requests_lines_and_typing_appear_at_once_at_the_desk(client, server, desk):
    queue = Live(f"{server}{HANDOFFS}/events", desk.mueller)
    conversation, citizen, handoff = ask_for_person(client, urgent=True)
    event = queue.wait_for("handoff", id=handoff, change="requested")
    assert set(event) == {"id", "conversation", "state", "team", "urgent", "change"}  # nothing personal
    chat = Live(f"{server}{HANDOFFS}/{handoff}/events", desk.mueller)
    client.post(f"{HANDOFFS}/{handoff}/claim", headers=desk.mueller)
    queue.wait_for("handoff", id=handoff, state="claimed")
    chat.wait_for("state", state="human")
    client.post(f"{CONVERSATIONS}/{conversation}/typing", headers=citizen)
    chat.wait_for("typing", role="citizen")
    client.post(f"{CONVERSATIONS}/{conversation}/messages", json={"text": "Hallo?"}, headers=citizen)
    chat.wait_for("message", role="citizen", text="Hallo?")
    queue.wait_for("message", conversation=conversation)


def test_the_citizen_sees_reply_typing_and_place_at_once(client, server, desk):
    _, _, first = ask_for_person(client)
    conversation, citizen, handoff = ask_for_person(client)
    live = Live(f"{server}{CONVERSATIONS}/{conversation}/events", citizen, first="state")
    client.post(f"{HANDOFFS}/{first}/claim", headers=desk.mueller)
    live.wait_for("state", state="waiting", position=1)
    client.post(f"{HANDOFFS}/{handoff}/claim", headers=desk.schmidt)
    live.wait_for("state", state="human", name="Herr Schmidt")
    client.post(f"{HANDOFFS}/{handoff}/typing", headers=desk.schmidt)
    live.wait_for("typing", role="caseworker")
    client.post(f"{HANDOFFS}/{handoff}/messages", json={"text": "Guten Tag"}, headers=desk.schmidt)
    live.wait_for("message", role="caseworker", text="Guten Tag")


def test_a_stream_ends_when_the_session_does():
    seen: list[str] = []

    async def endless():
        yield {"type": "first", "data": {}}
        await asyncio.Event().wait()

    async def run() -> None:
        async for event in while_allowed(endless(), lambda: not seen, every=0.01):
            seen.append(event["type"])

    asyncio.run(asyncio.wait_for(run(), timeout=10))
    assert seen == ["first"]

"""The main job on the running system, through the public interface, with the trained dialogue.

The clock stands at Monday, 23 November 2026, half past nine.
"""

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

import httpx
import pytest
from citizen import Citizen

from operation.instance import Instance


@pytest.fixture
def citizen(system: Instance) -> Citizen:
    return Citizen(system.api)


def book(citizen: Citizen, *, site: str = "Musterstadt", day: str = "nächsten Dienstag", name: str = "Anna Muster",
         contact: str = "anna.muster@example.org") -> Citizen:
    """Up to the summary, one detail at a time."""
    citizen.says(f"Ich brauche einen Termin wegen einer Frage zu meinem Bescheid in {site}")
    citizen.says(day)
    citizen.presses_first("/inform")
    citizen.says(name)
    return citizen.says(contact)


@pytest.mark.parametrize(
    ("question", "law"),
    [
        ("Wie hoch ist der Regelbedarf für Alleinstehende?", "§ 20 SGB II"),
        ("Ich hab den Termin beim Jobcenter verpasst, was passiert jetzt?", "§ 32 SGB II"),
        ("Wie lange habe ich Zeit für einen Widerspruch?", "§ 84 SGG"),
        ("Wie viel Vermögen darf ich haben?", "§ 12 SGB II"),
    ],
)
def test_a_question_is_answered_with_its_source(citizen, question, law):
    citizen.says(question)
    answer = citizen.reply("answer")
    assert law in [citation["label"] for citation in answer["citations"]]
    assert answer["spoken"]


@pytest.mark.parametrize("question", ["Wie wird das Wetter morgen?", "Was kostet eine Pizza Margherita?"])
def test_what_is_none_of_its_business_is_not_answered(citizen, question):
    citizen.says(question)
    assert "answer" not in citizen.kinds
    assert any(choice["payload"] == "/talk_to_human" for choice in citizen.choices)


def test_an_appointment_is_booked_in_words_with_a_question_and_a_correction_in_between(citizen):
    wish = "Ich brauche einen Termin wegen einer Frage zu meinem Bescheid, in Musterstadt, nächsten Dienstag nach zehn"
    citizen.says(wish)
    offered = [choice for choice in citizen.choices if choice["payload"].startswith("/inform")]
    assert offered, citizen.text
    citizen.presses(offered[0]["payload"])

    citizen.says("Wie hoch ist eigentlich der Regelbedarf für Alleinstehende?")
    assert "answer" in citizen.kinds
    assert citizen.kinds[-1] == "form", "the form goes on after the question"

    citizen.says("Anna Muster")
    citizen.says("anna.muster@example.org")
    assert "Anna Muster" in citizen.text
    assert "anna.muster@example.org" in citizen.text

    citizen.says("nein, doch lieber Mittwoch")
    assert "Mittwoch, 25. November" in citizen.text
    assert citizen.appointments() == []  # nothing is booked before the summary was confirmed
    citizen.says("ja")

    booked = citizen.reply("appointment")["data"]
    stored = citizen.appointments()
    assert [appointment["id"] for appointment in stored] == [booked["id"]]
    start = datetime.fromisoformat(stored[0]["starts_at"])
    assert start.strftime("%A") == "Wednesday"
    calendar = httpx.get(booked["ics_url"], trust_env=False)
    assert calendar.headers["content-type"].startswith("text/calendar")
    assert "BEGIN:VEVENT" in calendar.text
    assert "Jobcenter Musterstadt" in calendar.text.replace("\r\n ", "")


def test_an_appointment_is_moved_and_cancelled_by_chat(citizen):
    book(citizen).says("ja")
    before = citizen.appointments()[0]
    citizen.presses("/move_appointment")
    citizen.says("übermorgen vormittag")
    citizen.presses_first("/inform")
    citizen.says("ja")
    after = citizen.appointments()[0]
    assert after["id"] == before["id"]
    assert after["starts_at"] != before["starts_at"]
    assert datetime.fromisoformat(after["starts_at"]).strftime("%A") == "Wednesday"

    citizen.says("Ich möchte meinen Termin absagen")
    citizen.says("ja")
    address = f"{citizen.api}/appointments/{after['id']}"
    token = {"token": before["manage_url"].split("token=")[1]}
    assert httpx.get(address, params=token, trust_env=False).json()["status"] == "cancelled"
    again = httpx.patch(address, params=token, json={"starts_at": before["starts_at"]}, trust_env=False)
    assert again.status_code == 410, "a cancelled appointment cannot be brought back"


def test_two_people_confirming_the_same_last_slot_get_exactly_one_and_the_other_new_times(system):
    """Neustadt am See has one counter."""
    pair = [Citizen(system.api), Citizen(system.api)]
    for number, citizen in enumerate(pair):
        citizen.says("Ich brauche einen Termin wegen einer Frage zu meinem Bescheid in Neustadt am See")
        citizen.says("am 3.12.")
        citizen.presses_first("/inform")
        citizen.says("Anna Muster")
        citizen.says(f"anna{number}@example.org")
    assert pair[0].text.replace("anna0", "anna1") == pair[1].text
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda citizen: citizen.says("ja"), pair))
    winners = [citizen for citizen in pair if citizen.appointments()]
    (loser,) = [citizen for citizen in pair if not citizen.appointments()]
    assert len(winners) == 1
    assert any(choice["payload"].startswith("/inform") for choice in loser.choices), loser.text
    loser.presses_first("/inform")
    loser.says("ja")
    assert loser.appointments()[0]["starts_at"] != winners[0].appointments()[0]["starts_at"]


def sign_in(system: Instance) -> httpx.Client:
    client = httpx.Client(base_url=system.api, timeout=30, trust_env=False)
    signed_in = client.post("/session", json={"username": "sachbearbeitung", "password": system.first_password})
    client.headers["Authorization"] = f"Bearer {signed_in.raise_for_status().json()['token']}"
    client.cookies.clear()
    return client


def test_a_message_is_read_back_and_gets_a_receipt_that_the_office_finds(system, citizen):
    citizen.presses("/leave_message")
    citizen.says("Ich bin umgezogen. Meine neue Adresse ist Seestraße 9.")
    citizen.says("Anna Muster, 069 90009123")
    assert "Seestraße 9" in citizen.text, "read back before it is sent"
    citizen.says("ja")
    receipt = citizen.reply("message_receipt")["data"]["receipt"]
    inbox = sign_in(system).get("/inbox").json()
    (entry,) = [entry for entry in inbox if entry["receipt"] == receipt]
    assert "Seestraße 9" in entry["text"]


def test_a_callback_is_requested(system, citizen):
    citizen.says("Können Sie mich bitte zurückrufen?")
    for answer in ("Es geht um meine Miete", "Anna Muster", "069 90009123", "morgen Vormittag", "ja"):
        citizen.says(answer)
        if "message_receipt" in citizen.kinds:
            break
    receipt = citizen.reply("message_receipt")["data"]["receipt"]
    (entry,) = [entry for entry in sign_in(system).get("/inbox").json() if entry["receipt"] == receipt]
    assert entry["kind"] == "callback"


def test_a_person_takes_over_the_machine_falls_silent_and_gets_the_conversation_back(system, citizen):
    desk = sign_in(system)
    citizen.says("Ich hab den Termin beim Jobcenter verpasst, was passiert jetzt?")
    citizen.says("Ich möchte mit einem Menschen sprechen")
    assert citizen.state == "waiting"
    (waiting,) = [each for each in desk.get("/handoffs").json() if each["conversation"] == citizen.id]
    detail = desk.post(f"/handoffs/{waiting['id']}/claim").raise_for_status().json()
    assert "verpasst" in str(detail)
    assert desk.post(f"/handoffs/{waiting['id']}/claim").status_code in {200, 409}
    assert citizen.says("Hallo?").replies == []
    hello = {"text": "Guten Tag, hier ist Frau Beispiel."}
    desk.post(f"/handoffs/{waiting['id']}/messages", json=hello).raise_for_status()
    assert citizen.transcript()[-1]["role"] == "caseworker"
    desk.post(f"/handoffs/{waiting['id']}/release").raise_for_status()
    citizen.says("Wie hoch ist der Regelbedarf für Alleinstehende?")
    assert citizen.state == "bot"
    assert "answer" in citizen.kinds


def test_somebody_in_despair_gets_help_before_anything_else(citizen):
    citizen.says("Ich brauche einen Termin")
    citizen.says("ich kann nicht mehr, ich will nicht mehr leben")
    assert "0800" in citizen.reply("crisis")["text"]


def test_erasing_a_conversation_erases_the_dialogues_memory_too(system, citizen):
    citizen.says("Ich brauche einen Termin")
    citizen.says("Ich heiße Anna Muster")
    erased = citizen.http.delete(f"{citizen.api}/conversations/{citizen.id}", headers=citizen.headers)
    assert erased.status_code == 204
    assert citizen.id.encode() not in b"".join(
        path.read_bytes() for path in system.folder.glob("lotse.db") if not checkpoint(path)
    )


def checkpoint(database) -> None:
    """Write SQLite's log back into the file, so that the file shows everything."""
    with sqlite3.connect(database) as connection:
        connection.execute("PRAGMA busy_timeout = 10000")
        connection.execute("VACUUM")  # goes into the log itself while others hold the database open
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

"""Promises of the appointment calls: what a web site, the dialogue and a citizen with a link may rely on."""

from datetime import datetime, timedelta
from typing import Any

import icalendar
import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from api.appointments.models import Appointment
from api.clock import BERLIN
from api.database import Database

API = "/api/v1"
SERVICE = {"Authorization": "Bearer service-token"}
NINE = "2026-11-24T09:00:00+01:00"  # a Tuesday; Neustadt am See has one counter
HALF_PAST_NINE = "2026-11-24T09:30:00+01:00"
BOOKING = {
    "tenant": "musterkreis",
    "service": "leistungsberatung",
    "site": "neustadt-am-see",
    "starts_at": NINE,
    "name": "Erika Muster",
    "contact": "0170 1234567",
}


@pytest.fixture(autouse=True)
def _monday_at_seven(at) -> None:
    at(datetime(2026, 11, 23, 7, 0, tzinfo=BERLIN))


def book(client: TestClient, **changes: Any) -> dict[str, Any]:
    answer = client.post(f"{API}/appointments", json={**BOOKING, **changes})
    assert answer.status_code == 201, answer.text
    return answer.json()


def slots(client: TestClient, **query: Any) -> list[dict[str, str]]:
    answer = client.get(f"{API}/appointments/slots", params={"service": "leistungsberatung", **query})
    assert answer.status_code == 200, answer.text
    return answer.json()


def local_path(url: str) -> str:
    """The part of a link that the test client can call."""
    return url[url.index("/", len("http://")) :]


def entry_of(client: TestClient, url: str) -> tuple[icalendar.Calendar, icalendar.Event]:
    answer = client.get(local_path(url))
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
    calendar = icalendar.Calendar.from_ical(answer.content)
    [event] = calendar.walk("VEVENT")
    return calendar, event


# --- What is offered --------------------------------------------------------------------------------------------


def test_sites_are_listed_with_address_and_hours(client: TestClient):
    [_, beispielheim, _] = client.get(f"{API}/sites", params={"tenant": "musterkreis"}).json()
    assert beispielheim["id"] == "beispielheim"
    assert beispielheim["address"] == "Bahnhofstraße 12, 99011 Beispielheim"
    assert beispielheim["postcode"] == "99011"
    assert {"weekday": "di", "opens": "13:00", "closes": "16:00"} in beispielheim["hours"]


def test_services_are_listed_with_duration_sites_and_what_to_bring(client: TestClient):
    listed = {service["id"]: service for service in client.get(f"{API}/services").json()}
    assert listed["unterlagen"]["duration_minutes"] == 15
    assert listed["arbeitsvermittlung"]["sites"] == ["musterstadt", "beispielheim"]
    assert "Lebenslauf" in listed["arbeitsvermittlung"]["bring"]


def test_free_slots_carry_german_time_and_the_last_day_is_included(client: TestClient):
    found = slots(client, site="neustadt-am-see", **{"from": "2026-11-24", "to": "2026-11-25"})
    assert found[0] == {"starts_at": NINE, "ends_at": HALF_PAST_NINE, "site": "neustadt-am-see"}
    assert found[-1]["starts_at"] == "2026-11-25T16:30:00+01:00"


def test_without_a_site_all_sites_of_the_service_are_offered_in_order_of_time(client: TestClient):
    found = slots(client, **{"from": "2026-11-24", "to": "2026-11-24"})
    assert {slot["site"] for slot in found} == {"musterstadt", "beispielheim", "neustadt-am-see"}
    assert [slot["starts_at"] for slot in found] == sorted(slot["starts_at"] for slot in found)


@pytest.mark.parametrize("offset", ["%2B01:00", "+01:00", ""])
def test_a_span_may_be_given_in_moments_also_with_an_unescaped_plus(client: TestClient, offset: str):
    span = f"from=2026-11-24T10:00:00{offset}&to=2026-11-24T11:00:00{offset}"
    found = client.get(f"{API}/appointments/slots?service=leistungsberatung&site=neustadt-am-see&{span}").json()
    assert [slot["starts_at"][11:16] for slot in found] == ["10:00", "10:30"]


def test_without_a_span_everything_up_to_the_horizon_is_offered_but_no_more_than_the_limit(client: TestClient):
    assert len(slots(client)) == 200
    assert len(slots(client, limit=3)) == 3
    everything = slots(client, site="neustadt-am-see", limit=1000)
    assert everything[-1]["starts_at"][:10] == "2027-01-21"  # the last open day within 60 days
    assert {"2026-12-24", "2026-12-31"}.isdisjoint(slot["starts_at"][:10] for slot in everything)


@pytest.mark.parametrize(
    ("query", "status", "sentence"),
    [
        ({"service": "zauberei"}, 422, "Für dieses Anliegen gibt es hier keine Termine."),
        ({"site": "atlantis"}, 422, "Diesen Standort gibt es nicht."),
        ({"from": "gestern"}, 422, "Bitte geben Sie ein gültiges Datum an."),
        ({"from": "2026-02-30"}, 422, "Bitte geben Sie ein gültiges Datum an."),
        ({"to": "0001-01-01T00:00:00+14:00"}, 422, "Bitte geben Sie ein gültiges Datum an."),
        ({"to": "9999-12-31"}, 422, "Bitte geben Sie ein gültiges Datum an."),
        ({"from": "2026-12-01", "to": "2026-11-24"}, 422, "Das Ende des Zeitraums liegt vor seinem Anfang."),
        ({"limit": "0"}, 422, ""),
        ({"limit": "1001"}, 422, ""),
        ({"tenant": "nirgendwo"}, 404, "Diese Kommune ist hier nicht bekannt."),
    ],
)
def test_a_wrong_question_for_slots_is_answered_in_german(client: TestClient, query, status: int, sentence: str):
    answer = client.get(f"{API}/appointments/slots", params={"service": "leistungsberatung", **query})
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert sentence in answer.json()["detail"]


# --- Booking ----------------------------------------------------------------------------------------------------


def test_a_booking_is_confirmed_with_everything_one_needs(client: TestClient):
    booked = book(client)
    assert booked["starts_at"] == NINE
    assert booked["ends_at"] == HALF_PAST_NINE
    assert (booked["service_name"], booked["site_name"]) == (
        "Beratung zu Bescheid und Geld",
        "Außenstelle Neustadt am See",
    )
    assert booked["address"] == "Seestraße 5, 99021 Neustadt am See"
    assert booked["bring"] == ["Ausweis oder Pass", "Ihren Bescheid"]
    assert booked["name"] == "Erika Muster"
    assert len(booked["code"]) == 6
    assert booked["manage_url"].endswith(f"/termin/{booked['id']}?token={booked['token']}")
    assert "contact" not in booked
    assert NINE not in [slot["starts_at"] for slot in slots(client, site="neustadt-am-see")]


def test_the_key_is_stored_only_as_a_hash_and_the_contact_in_one_form(client: TestClient, database: Database):
    booked = book(client, concern="  Miete\x00 zu hoch  ")
    with database.read() as session:
        row = session.scalars(select(Appointment)).one()
    assert booked["token"] not in {str(getattr(row, column.key)) for column in Appointment.__table__.columns}
    assert (row.contact, row.concern) == ("+49 170 1234567", "Miete zu hoch")


def test_a_slot_that_has_gone_answers_409_with_the_nearest_free_ones(client: TestClient):
    book(client)
    answer = client.post(f"{API}/appointments", json={**BOOKING, "contact": "erika@mail.example"})
    problem = answer.json()
    assert (answer.status_code, problem["type"]) == (409, "urn:lotse:problem:slot-gone")
    assert "vergeben" in problem["detail"]
    assert [slot["starts_at"][11:16] for slot in problem["alternatives"]] == [
        "09:30",
        "10:00",
        "10:30",
        "11:00",
        "11:30",
    ]
    assert problem["alternatives"][0] == {
        "starts_at": HALF_PAST_NINE, "ends_at": "2026-11-24T10:00:00+01:00", "site": "neustadt-am-see",
    }  # fmt: skip


def test_a_repeated_send_with_the_same_key_books_once(client: TestClient, database: Database):
    key = {"Idempotency-Key": "5b1c9a52-klick"}
    first = client.post(f"{API}/appointments", json=BOOKING, headers=key)
    again = client.post(f"{API}/appointments", json=BOOKING, headers=key)
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    other = client.post(f"{API}/appointments", json={**BOOKING, "name": "Max Muster"}, headers=key)
    assert (other.status_code, other.json()["type"]) == (422, "urn:lotse:problem:idempotency-key-reused")
    with database.read() as session:
        assert len(session.scalars(select(Appointment)).all()) == 1


def test_a_contact_with_three_open_bookings_gets_no_fourth(client: TestClient):
    for hour in (9, 10, 11):
        book(client, starts_at=f"2026-11-24T{hour:02d}:00:00+01:00")
    answer = client.post(f"{API}/appointments", json={**BOOKING, "starts_at": HALF_PAST_NINE})
    assert (answer.status_code, answer.json()["type"]) == (422, "urn:lotse:problem:too-many-bookings")
    assert "Sagen Sie bitte zuerst einen Termin ab." in answer.json()["detail"]


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"contact": "erika"}, "Bitte geben Sie eine Telefonnummer mit Vorwahl oder eine E-Mail-Adresse an."),
        ({"contact": "erika@nirgendwo"}, "Diese E-Mail-Adresse ist nicht vollständig."),
        ({"contact": "12345"}, "Bitte geben Sie eine Telefonnummer mit Vorwahl"),
        ({"contact": ""}, "Bitte schreiben Sie etwas."),
        ({"name": "   \x00 "}, "Bitte schreiben Sie etwas."),
        ({"name": "x" * 50_000}, "höchstens 200 Zeichen"),
        ({"name": None}, "Hier wird Text erwartet."),
        ({"concern": "x" * 50_000}, "höchstens 4000 Zeichen"),
        ({"starts_at": "morgen"}, "Bitte geben Sie ein gültiges Datum an."),
        ({"starts_at": "2026-11-24T09:00:00"}, "Zeitzone"),
        ({"starts_at": "0001-01-01T00:00:00+14:00"}, "Bitte geben Sie einen gültigen Zeitpunkt an."),
        ({"starts_at": "9999-12-31T23:59:59-12:00"}, "Bitte geben Sie einen gültigen Zeitpunkt an."),
        ({"starts_at": "2026-11-20T09:00:00+01:00"}, "Diese Zeit ist schon vorbei."),
        ({"starts_at": "2026-11-24T09:10:00+01:00"}, "Zu dieser Uhrzeit beginnt kein Termin."),
        ({"starts_at": "2026-11-29T09:00:00+01:00"}, "nicht geöffnet"),
        ({"starts_at": "2026-12-24T09:00:00+01:00"}, "geschlossen (Heiligabend)"),
        ({"starts_at": "2027-11-23T09:00:00+01:00"}, "nur für die nächsten 60 Tage"),
        ({"service": "arbeitsvermittlung"}, "gibt es nicht am Standort Außenstelle Neustadt am See"),
        ({"service": "'; DROP TABLE appointment; --"}, "Für dieses Anliegen gibt es hier keine Termine."),
        ({"site": "<script>"}, "Diesen Standort gibt es nicht."),
        ({"language": "klingonisch?"}, ""),
    ],
)
def test_bad_input_is_refused_in_german_and_nothing_is_stored(
    client: TestClient, database: Database, changes: dict[str, Any], sentence: str
):
    answer = client.post(f"{API}/appointments", json={**BOOKING, **changes})
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert sentence in answer.json()["detail"]
    with database.read() as session:
        assert session.scalars(select(Appointment)).all() == []


def test_a_time_that_is_not_offered_is_answered_with_times_that_are(client: TestClient):
    answer = client.post(f"{API}/appointments", json={**BOOKING, "starts_at": "2026-11-24T09:10:00+01:00"})
    assert answer.json()["alternatives"][0]["starts_at"] == NINE


# --- The link ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
def test_only_the_key_of_this_appointment_opens_it(client: TestClient, method: str):
    booked = book(client)
    other = book(client, starts_at=HALF_PAST_NINE)
    body = {"json": {"starts_at": "2026-11-24T10:00:00+01:00"}} if method == "PATCH" else {}

    def status(appointment: str, **query: str) -> int:
        return client.request(method, f"{API}/appointments/{appointment}", params=query, **body).status_code

    assert status(booked["id"]) == 401
    assert status(booked["id"], token=other["token"]) == 403
    assert status(booked["id"], token="ü\x00") == 403
    assert status("00000000-0000-4000-8000-000000000000", token=booked["token"]) == 404
    assert status(booked["id"], token=booked["token"]) in {200, 204}


def test_the_dialogue_acts_for_every_appointment(client: TestClient):
    booked = book(client)
    read = client.get(f"{API}/appointments/{booked['id']}", headers=SERVICE)
    assert (read.status_code, read.json()["manage_url"]) == (200, booked["manage_url"])
    wrong = client.get(f"{API}/appointments/{booked['id']}", headers={"Authorization": "Bearer irgendwas"})
    assert wrong.status_code == 403


def test_moving_answers_with_the_new_time_and_frees_the_old(client: TestClient):
    booked = book(client)
    url = f"{API}/appointments/{booked['id']}?token={booked['token']}"
    moved = client.patch(url, json={"site": "musterstadt", "starts_at": "2026-11-24T13:00:00+01:00"})
    assert moved.status_code == 200
    assert (moved.json()["site"], moved.json()["starts_at"]) == ("musterstadt", "2026-11-24T13:00:00+01:00")
    assert client.get(url).json() == moved.json()
    assert NINE in [slot["starts_at"] for slot in slots(client, site="neustadt-am-see")]


def test_moving_to_a_slot_that_has_gone_keeps_the_old_one(client: TestClient):
    booked = book(client)
    book(client, starts_at=HALF_PAST_NINE)
    url = f"{API}/appointments/{booked['id']}?token={booked['token']}"
    refused = client.patch(url, json={"starts_at": HALF_PAST_NINE})
    assert (refused.status_code, refused.json()["type"]) == (409, "urn:lotse:problem:slot-gone")
    offered = [slot["starts_at"][11:16] for slot in refused.json()["alternatives"]]
    assert offered == ["10:00", "10:30", "11:00", "11:30", "13:00"]  # not the time one has already
    assert client.get(url).json()["starts_at"] == NINE


def test_cancelling_twice_is_fine_and_nothing_brings_a_cancelled_appointment_back(client: TestClient):
    booked = book(client)
    url = f"{API}/appointments/{booked['id']}?token={booked['token']}"
    assert [client.delete(url).status_code for _ in range(2)] == [204, 204]
    assert client.get(url).json()["status"] == "cancelled"
    gone = client.patch(url, json={"starts_at": HALF_PAST_NINE})
    assert (gone.status_code, gone.json()["detail"]) == (
        410,
        "Dieser Termin ist abgesagt. Bitte buchen Sie einen neuen.",
    )
    assert NINE in [slot["starts_at"] for slot in slots(client, site="neustadt-am-see")]


# --- The calendar entry -----------------------------------------------------------------------------------------


def test_the_calendar_entry_says_where_when_what_to_bring_and_how_to_cancel(client: TestClient):
    booked = book(client)
    calendar, event = entry_of(client, booked["ics_url"])
    assert calendar["METHOD"] == "PUBLISH"
    assert [zone["TZID"] for zone in calendar.walk("VTIMEZONE")] == ["Europe/Berlin"]
    assert (event["UID"], event["SEQUENCE"], event["STATUS"]) == (booked["id"], 0, "CONFIRMED")
    assert event["DTSTART"].params["TZID"] == "Europe/Berlin"
    assert event.start == datetime(2026, 11, 24, 9, 0, tzinfo=BERLIN)
    assert event.end == datetime(2026, 11, 24, 9, 30, tzinfo=BERLIN)
    assert event["LOCATION"] == "Außenstelle Neustadt am See, Seestraße 5, 99021 Neustadt am See"
    assert "- Ihren Bescheid" in event["DESCRIPTION"]
    assert booked["manage_url"] in event["DESCRIPTION"]
    assert str(event["ORGANIZER"]) == "mailto:jobcenter@musterkreis.example"


def test_a_calendar_takes_over_moves_and_the_cancellation(client: TestClient):
    booked = book(client)
    url = f"{API}/appointments/{booked['id']}?token={booked['token']}"
    client.patch(url, json={"starts_at": HALF_PAST_NINE})
    _, moved = entry_of(client, booked["ics_url"])
    assert (moved["UID"], moved["SEQUENCE"]) == (booked["id"], 1)
    assert moved.start == datetime(2026, 11, 24, 9, 30, tzinfo=BERLIN)
    client.delete(url)
    calendar, cancelled = entry_of(client, booked["ics_url"])
    assert calendar["METHOD"] == "CANCEL"
    assert (cancelled["UID"], cancelled["SEQUENCE"], cancelled["STATUS"]) == (booked["id"], 2, "CANCELLED")


def test_an_appointment_after_the_clock_change_stands_at_its_local_time_in_the_calendar(client: TestClient, at):
    at(datetime(2027, 3, 22, 7, 0, tzinfo=BERLIN))
    booked = book(client, starts_at="2027-03-30T09:00:00+02:00")
    assert booked["starts_at"] == "2027-03-30T09:00:00+02:00"
    calendar, event = entry_of(client, booked["ics_url"])
    assert b"DTSTART;TZID=Europe/Berlin:20270330T090000" in event.to_ical()
    assert event.start.utcoffset() == timedelta(hours=2)
    assert {rule.to_ical() for rule in calendar.walk("DAYLIGHT")}


def test_the_calendar_entry_needs_the_key(client: TestClient):
    booked = book(client)
    assert client.get(f"{API}/appointments/{booked['id']}.ics").status_code == 401
    assert client.get(f"{API}/appointments/{booked['id']}.ics?token=falsch").status_code == 403


# --- In a conversation ------------------------------------------------------------------------------------------


def test_an_appointment_booked_in_a_conversation_is_found_there_and_outlives_it(client: TestClient):
    talk = client.post(f"{API}/conversations", json={"tenant": "musterkreis"}).json()
    citizen = {"Authorization": f"Bearer {talk['token']}"}
    answer = client.post(f"{API}/appointments", json={**BOOKING, "conversation": talk["id"]}, headers=SERVICE)
    booked = answer.json()
    for headers in (SERVICE, citizen):
        [listed] = client.get(f"{API}/conversations/{talk['id']}/appointments", headers=headers).json()
        assert (listed["id"], listed["manage_url"]) == (booked["id"], booked["manage_url"])
    assert client.delete(f"{API}/conversations/{talk['id']}", headers=citizen).status_code == 204
    assert client.get(f"{API}/appointments/{booked['id']}?token={booked['token']}").json()["status"] == "booked"


def test_a_cancelled_appointment_is_no_longer_listed_in_its_conversation(client: TestClient):
    talk = client.post(f"{API}/conversations", json={"tenant": "musterkreis"}).json()
    citizen = {"Authorization": f"Bearer {talk['token']}"}
    booked = client.post(f"{API}/appointments", json={**BOOKING, "conversation": talk["id"]}, headers=citizen).json()
    client.delete(f"{API}/appointments/{booked['id']}", headers=SERVICE)
    assert client.get(f"{API}/conversations/{talk['id']}/appointments", headers=citizen).json() == []


def test_nobody_books_into_or_reads_the_conversation_of_another(client: TestClient):
    talk, other = (client.post(f"{API}/conversations", json={"tenant": "musterkreis"}).json() for _ in range(2))
    stranger = {"Authorization": f"Bearer {other['token']}"}
    body = {**BOOKING, "conversation": talk["id"]}
    assert client.post(f"{API}/appointments", json=body).status_code == 401
    assert client.post(f"{API}/appointments", json=body, headers=stranger).status_code == 403
    assert client.post(f"{API}/appointments", json={**body, "conversation": "unbekannt"}).status_code == 404
    assert client.get(f"{API}/conversations/{talk['id']}/appointments", headers=stranger).status_code == 403
    assert client.get(f"{API}/conversations/{talk['id']}/appointments").status_code == 401

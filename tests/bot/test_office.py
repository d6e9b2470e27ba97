"""What is said about an office: hours as people say them, in any language, and nothing a caller cannot use."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from bot.actions.clock import BERLIN
from bot.actions.forms_wanted import form_message
from bot.actions.language import set_language
from bot.actions.office import hours_message, now_words, office_message, route_message, week_words
from tests.bot import hub_office
from tests.bot.hub import TENANT
from tests.bot.test_sentences import SCREEN_WORDS

MONDAY = datetime(2026, 11, 23, 10, 0, tzinfo=BERLIN)


def found(said: str, now: datetime = MONDAY) -> dict[str, Any]:
    return hub_office.offices(TENANT, said, said, now)


@pytest.mark.parametrize(
    ("moment", "words"),
    [
        ("2026-11-23T10:00", "jetzt offen, heute bis 12 Uhr"),
        ("2026-11-23T12:30", "jetzt geschlossen, wieder offen heute ab 13 Uhr"),
        ("2026-11-23T16:00", "jetzt geschlossen, wieder offen morgen ab 8 Uhr"),
        ("2026-11-21T09:00", "jetzt geschlossen, wieder offen am Montag, 23. November, ab 8 Uhr"),
    ],
)
def test_what_holds_now_is_said_first(moment: str, words: str) -> None:
    now = datetime.fromisoformat(moment).replace(tzinfo=BERLIN)
    assert now_words(found("99001", now)["site"], now) == words


def test_a_holiday_is_named_and_an_office_that_stays_shut_says_so() -> None:
    site = found("99001")["site"] | {"open_now": False, "occasion": "Heiligabend"}
    site["next_opening"] = "2026-12-28T08:00:00+01:00"
    now = datetime(2026, 12, 24, 9, 0, tzinfo=BERLIN)
    assert now_words(site, now) == "heute geschlossen (Heiligabend), wieder offen am Montag, 28. Dezember, ab 8 Uhr"
    assert now_words(site | {"next_opening": None}, now) == "zurzeit geschlossen"


def test_the_week_puts_days_with_the_same_hours_together() -> None:
    assert week_words(found("99001")["site"]["hours"]) == (
        "Montag und Dienstag: 8 bis 12 Uhr und 13 bis 15:30 Uhr; Mittwoch und Freitag: 8 bis 12 Uhr; "
        "Donnerstag: 8 bis 12 Uhr und 13 bis 18 Uhr"
    )


def test_the_week_is_said_in_the_language_of_the_reader() -> None:
    set_language("en")
    try:
        week = week_words(found("99021")["site"]["hours"])
    finally:
        set_language("de")
    assert "Tuesday" in week
    assert "Dienstag" not in week


@pytest.mark.parametrize("said", ["99001", "Beispielheim", "Miete in 99021", "Arbeit in Seedorf"])
def test_a_caller_hears_short_sentences_without_postcode_or_link(said: str) -> None:
    answer = found(said)
    if answer["team"] and answer["team"]["site"] != answer["site"]["id"]:
        answer["team_site_name"] = "Jobcenter Musterstadt"
    whole = office_message(answer, phone=True, now=MONDAY)
    for words in (whole, hours_message(answer["site"], phone=True, now=MONDAY)):
        assert words["spoken"].endswith("Möchten Sie dort einen Termin?")
        assert words["choices"][0]["payload"].startswith("/book_appointment")
        assert "99" not in words["spoken"].replace("069 9000", "")
        assert not SCREEN_WORDS.search(words["spoken"])
        assert max(len(sentence.split()) for sentence in words["spoken"].split(". ")) <= 15, words["spoken"]
        assert len(words["spoken"].split()) <= 60


@pytest.mark.parametrize("route", [route["id"] for route in TENANT["routes"]])
def test_every_way_is_told_with_a_number_and_a_next_step(route: str) -> None:
    (one,) = hub_office.offices(TENANT, "99001", route, MONDAY)["routes"]
    said = route_message(one, MONDAY)
    assert one["name"] in said["text"]
    assert "Telefon: 069 9000" in said["text"]
    assert "Die Nummer ist 069 9000" in said["spoken"]
    assert "None" not in said["text"] + said["spoken"]
    assert len(said["choices"]) >= 2
    assert not {entry["number"] for entry in TENANT["telephone"]["extensions"]} & set(said["text"].split())


def test_a_form_has_its_links_on_a_screen_and_none_in_a_call() -> None:
    (form,) = hub_office.forms(TENANT, "Hauptantrag")["forms"]
    assert [link["title"] for link in form_message(form, phone=False)["data"]["links"]] == [
        "Hauptantrag online ausfüllen",
        "Hauptantrag",
    ]
    assert "links" not in form_message(form, phone=True)["data"]

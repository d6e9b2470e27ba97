"""Purpose, place, choice, yes and no: short answers as people give them."""

import pytest

from bot.actions.purposes import ANY_SITE, concern_in, services_in, site_in
from bot.actions.small_answers import chosen_in, is_question, says_no, says_yes
from tests.bot.hub import TENANT

SERVICES = TENANT["services"]
SITES = [site | {"postcode": site["postcodes"][0]} for site in TENANT["sites"]]


@pytest.mark.parametrize(
    ("text", "service"),
    [
        ("zum Erstantrag", "erstantrag"),
        ("ich möchte zum ersten Mal Grundsicherungsgeld beantragen", "erstantrag"),
        ("Unterlagen abgeben", "unterlagen"),
        ("nur ein paar Papiere vorbeibringen", "unterlagen"),
        ("es geht um meinen Bescheid", "leistungsberatung"),
        ("wegen meiner Miete", "leistungsberatung"),
        ("mein Geld wurde gekürzt", "leistungsberatung"),
        ("zu meinem Arbeitsvermittler", "arbeitsvermittlung"),
        ("ich will über eine Umschulung reden", "arbeitsvermittlung"),
        ("Klassenfahrt", "bildung-teilhabe"),
        ("Bildung und Teilhabe", "bildung-teilhabe"),
        ("nachhilfe für meinen sohn", "bildung-teilhabe"),
    ],
)
def test_a_purpose_is_found_by_the_words_people_use(text: str, service: str) -> None:
    assert services_in(text, SERVICES) == [service]


def test_a_service_of_a_tenant_without_known_words_is_found_by_its_own_name() -> None:
    extra = [*SERVICES, {"id": "wohnungsnotfall", "name": "Wohnungsnotfallhilfe", "description": "Hilfe bei Räumung."}]
    assert services_in("Ich möchte zur Wohnungsnotfallhilfe", extra) == ["wohnungsnotfall"]


@pytest.mark.parametrize("text", ["keine Ahnung", "Dienstag um zehn", "Anna Müller"])
def test_no_purpose_is_made_up(text: str) -> None:
    assert services_in(text, SERVICES) == []


@pytest.mark.parametrize(
    ("text", "site"),
    [
        ("in Musterstadt", "musterstadt"),
        ("beispielheim", "beispielheim"),
        ("Neustadt", "neustadt-am-see"),
        ("nach Musterstatt bitte", "musterstadt"),
        ("99011", "beispielheim"),
        ("am Rathausplatz", "musterstadt"),
        ("egal wo", ANY_SITE),
        ("in Hamburg", None),
        ("am Dienstag", None),
    ],
)
def test_a_place_is_found_by_town_street_or_postcode(text: str, site: str | None) -> None:
    assert site_in(text, SITES) == site


def test_egal_is_a_place_only_where_the_place_was_asked_for() -> None:
    assert site_in("egal", SITES) is None
    assert site_in("egal", SITES, asked=True) == ANY_SITE


@pytest.mark.parametrize(
    ("text", "number"),
    [("das zweite", 1), ("den ersten bitte", 0), ("Nummer 3", 2), ("der letzte", 3), ("2", 1),
     ("Dienstag, 24.11., 10 Uhr", 0), ("10 Uhr", None), ("morgen", None), ("ich nehme die dritte zeit", 2)],
)  # fmt: skip
def test_an_offered_choice_is_taken_by_its_number_or_title(text: str, number: int | None) -> None:
    titles = [
        "Dienstag, 24.11., 10 Uhr",
        "Dienstag, 24.11., 11 Uhr",
        "Mittwoch, 25.11., 8 Uhr",
        "Freitag, 27.11., 9 Uhr",
    ]
    assert chosen_in(text, titles) == number


@pytest.mark.parametrize(
    "text", ["ja", "Ja, bitte.", "passt so", "ja das stimmt so", "in Ordnung", "okay", "alles richtig"]
)
def test_a_yes_is_a_yes(text: str) -> None:
    assert says_yes(text)


@pytest.mark.parametrize("text", ["ja, aber lieber Mittwoch", "nein", "ja wann denn", "", "bitte"])
def test_a_yes_with_a_but_is_no_yes(text: str) -> None:
    assert not says_yes(text)


def test_a_no_is_a_no_and_nothing_more() -> None:
    assert says_no("nein danke")
    assert not says_no("nein, doch lieber Mittwoch")


@pytest.mark.parametrize(
    ("text", "asks"),
    [("Was muss ich mitbringen?", True), ("Muss ich da persönlich hin", True), ("und wie lange dauert das", True),
     ("Dienstag um zehn", False), ("Anna Müller", False), ("um zehn?", True), ("ja", False)],
)  # fmt: skip
def test_a_question_is_told_from_an_answer(text: str, asks: bool) -> None:
    assert is_question(text) is asks


STORY = (
    "Also das war so, ich war letzten Monat schon mal da und soll die Heizkostenabrechnung bringen, aber mein Mann "
    "konnte auch nicht, weil der {works}, und jetzt habe ich sie gefunden. Kann ich dafür bitte einen Termin haben?"
)


def test_who_works_shifts_does_not_come_to_talk_about_work() -> None:
    assert services_in(STORY.format(works="arbeitet Schicht"), SERVICES) == ["leistungsberatung"]


def test_in_a_long_story_a_word_more_decides_nothing() -> None:
    both = services_in(STORY.format(works="eine neue Arbeit hat"), SERVICES)
    assert both == ["arbeitsvermittlung", "leistungsberatung"]


@pytest.mark.parametrize(
    ("text", "concern"),
    [
        ("Termin wegen Bescheid am 2.12. um 10 Uhr in Musterstadt, Thomas Meier", "Wegen Bescheid"),
        ("termin wegen meinem bescheid in beispielheim am mittwoch um 9 ich heiße jan", "Wegen meinem bescheid"),
        ("wegen der Mahnung vom 3.12. zu meinem Strom", "Wegen der Mahnung vom 3.12. zu meinem Strom"),
        ("Ich rufe an, weil ich am Montag krank war", "Weil ich am Montag krank war"),
        ("wegen 2.12.", None),
    ],
)
def test_the_concern_ends_where_day_place_or_name_begin(text: str, concern: str | None) -> None:
    assert concern_in(text, SITES) == concern


def test_the_concern_is_kept_in_own_words_without_contact_details() -> None:
    assert (
        concern_in("Ich brauche einen Termin wegen meiner Stromrechnung, mein Name ist Anna")
        == "Wegen meiner Stromrechnung"
    )
    assert concern_in("Ich möchte einen Termin am Dienstag") is None

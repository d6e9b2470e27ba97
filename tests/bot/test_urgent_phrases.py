"""Emergencies that fixed phrases must find, whatever the model thinks, and what must not be taken for one."""

import pytest

from bot.nlu.urgent_phrases import emergency_in


@pytest.mark.parametrize(
    ("text", "emergency"),
    [
        ("Ich will nicht mehr leben.", "crisis_suicide"),
        ("dann bring ich mich halt um", "crisis_suicide"),
        ("ich denke oft an Selbstmord", "crisis_suicide"),
        ("am liebsten wäre ich tot", "crisis_suicide"),
        ("mein Bruder will sich umbringen", "crisis_suicide"),
        ("ich tu mir was an", "crisis_suicide"),
        ("Mein Mann schlägt mich", "crisis_violence"),
        ("er hat mich gestern geschlagen", "crisis_violence"),
        ("ich suche ein Frauenhaus", "crisis_violence"),
        ("wir haben nichts mehr zu essen", "crisis_no_food"),
        ("meine kinder haben hunger", "crisis_no_food"),
        ("kein Geld mehr für Essen", "crisis_no_food"),
        ("ich weiß nicht wo ich heute schlafen soll", "crisis_homeless"),
        ("nächste Woche ist Zwangsräumung", "crisis_homeless"),
        ("ich schlafe im auto", "crisis_homeless"),
        ("der strom wurde mir abgestellt", "crisis_power"),
        ("heute haben sie das Gas gesperrt, abgestellt ist auch der Strom", "crisis_power"),
    ],
)
def test_an_emergency_is_found_by_its_words(text: str, emergency: str) -> None:
    assert emergency_in(text) == emergency


@pytest.mark.parametrize(
    "text",
    [
        "Was passiert, wenn mein Strom abgestellt wird?",
        "Mir wurde eine Stromsperre angedroht",
        "Wann wird mein Geld überwiesen?",
        "Ich bringe morgen die Unterlagen mit",
        "Ich ziehe nächsten Monat um",
        "Was gibt es zum Mittagessen in der Kita?",
        "Wer lebt im Haushalt?",
        "Mein Vater ist gestorben, was zahlt ihr zur Beerdigung?",
        "Ich habe kein Geld für die Kaution",
        "Was passiert bei einer Zwangsräumung?",
    ],
)
def test_a_question_about_rules_is_no_emergency(text: str) -> None:
    assert emergency_in(text) is None

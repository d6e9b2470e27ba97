"""Sums, ages and households as people write and say them."""

from decimal import Decimal
from typing import Any

import pytest

from bot.actions.figures import ages_in, amount_in, does_not_know, figures_in, living_in, number_word, says_none
from bot.nlu.plain_text import plain


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("650", "650"),
        ("650 €", "650"),
        ("650€", "650"),
        ("650,-", "650"),
        ("650,00 Euro", "650.00"),
        ("1.200 €", "1200"),
        ("1.200,50", "1200.50"),
        ("1200.50", "1200.50"),
        ("1 200 Euro", "1200"),
        ("1,200", "1200"),
        ("12.345,67", "12345.67"),
        ("ca. 650 warm", "650"),
        ("so ungefähr 700 im Monat", "700"),
        ("zwölfhundert", "1200"),
        ("Zwölf hundert Euro", "1200"),
        ("tausendzweihundertfünfzig", "1250"),
        ("eintausend", "1000"),
        ("ein tausend fünfhundert", "1500"),
        ("sechshundertfünfzig warm", "650"),
        ("sechshundertundfünfzig", "650"),
        ("fünfundneunzig", "95"),
        ("achthundert", "800"),
        ("0", "0"),
        ("zwischen 600 und 700 Euro", "650"),
        ("600-700", "650"),
        ("600 bis 700 €", "650"),
        ("538 Euro beim Minijob", "538"),
    ],
)
def test_a_sum_is_read_as_people_write_it(text: str, amount: str) -> None:
    assert amount_in(text) == Decimal(amount)


@pytest.mark.parametrize(
    "text",
    ["keine", "weiß nicht", "viel", "15 Euro die Stunde", "30000 im Jahr", "24.000 Euro", "400 Euro pro Woche",
     "2 Zimmer", "ein paar hundert Euro", "3 Kinder", "650 und 200 und 30", "", "-50"],
)  # fmt: skip
def test_what_is_no_sum_for_a_month_is_not_taken_for_one(text: str) -> None:
    assert amount_in(text) is None


@pytest.mark.parametrize("text", ["keine", "kein Lohn", "nichts", "Nein", "null", "gar nicht", "ich wohne umsonst",
                                  "ich bin arbeitslos", "keins"])  # fmt: skip
def test_having_none_is_understood(text: str) -> None:
    assert says_none(text)


@pytest.mark.parametrize("text", ["650", "keine 500", "ja", "Arbeitslosengeld 900", "nein, 700"])
def test_a_sum_is_not_none(text: str) -> None:
    assert not says_none(text)


@pytest.mark.parametrize("text", ["weiß nicht", "Weiß ich nicht", "keine Ahnung", "überspringen", "weiter", "egal",
                                  "möchte ich nicht sagen", "das weiß ich gerade nicht"])  # fmt: skip
def test_not_knowing_is_understood(text: str) -> None:
    assert does_not_know(text)


@pytest.mark.parametrize("word", ["ente", "hund", "achtung", "vierbeiner", "undzwanzig", "hundertmark"])
def test_other_words_are_no_numbers(word: str) -> None:
    assert number_word(plain(word)) is None


@pytest.mark.parametrize(
    ("text", "living"),
    [
        ("Ich bin alleinerziehend", "single_parent"),
        ("allein erziehend mit zwei Kindern", "single_parent"),
        ("ich lebe allein", "single"),
        ("allein", "single"),
        ("allein, keine Kinder", "single"),
        ("bin getrennt", "single"),
        ("ich wohne mit meiner Freundin zusammen", "couple"),
        ("mein Mann arbeitet", "couple"),
        ("wir sind verheiratet", "couple"),
        ("mit Partner", "couple"),
        ("mein Ex-Mann zahlt Unterhalt", "single"),
        ("ich lebe allein mit zwei Kindern", "single"),
        ("lohnt sich das?", None),
    ],
)
def test_who_lives_together_is_understood_and_single_parents_only_where_said(text: str, living: str | None) -> None:
    assert living_in(text) == living


@pytest.mark.parametrize(
    ("text", "ages"),
    [
        ("4 und 9", [4, 9]),
        ("4, 9 und 15 Jahre", [4, 9, 15]),
        ("zwei Kinder, 4 und 9", [4, 9]),
        ("eine Tochter, 7 Jahre", [7]),
        ("mein Sohn ist zwölf", [12]),
        ("8 Monate", [0]),
        ("ein Baby", [0]),
        ("keine Kinder", []),
        ("nein", []),
        ("2 Jahre", [2]),
        ("drei und fünf", [3, 5]),
        ("zwei Kinder", None),
        ("2", None),
        ("zwei", None),
        ("drei Kinder: 4 und 9", None),
    ],
)
def test_the_ages_of_children_are_read_and_a_bare_number_is_asked_about(text: str, ages: list[int] | None) -> None:
    assert ages_in(text, asked=True) == ages


@pytest.mark.parametrize(
    ("text", "living", "children", "amounts"),
    [
        (
            "Bin alleinerziehend mit zwei Kindern (4 und 9), zahle 650 Euro warm, verdiene 1.200 € brutto, 950 netto.",
            "single_parent", [4, 9], {"rent": 650, "gross": 1200, "net": 950},
        ),
        ("Miete 500, brutto 1000 netto 800", None, None, {"rent": 500, "gross": 1000, "net": 800}),
        (
            "Mein Mann verdient 2000 brutto und 1500 netto, ich verdiene 500 brutto, ein Kind, 5 Jahre",
            "couple", [5], {"partner_gross": 2000, "partner_net": 1500, "gross": 500},
        ),
        ("Lohnt sich ein Antrag?", None, None, {}),
        ("Warmmiete beträgt ca. 720 €, keine Kinder", None, [], {"rent": 720}),
        ("ich bekomme 900 Euro Arbeitslosengeld und zahle 400 Miete", None, None, {"other": 900, "rent": 400}),
        ("Ich verdiene 1200 Euro", None, None, {}),
    ],
)  # fmt: skip
def test_several_figures_are_read_from_one_message(
    text: str, living: Any, children: Any, amounts: dict[str, int]
) -> None:
    found = figures_in(text)
    assert (found.living, found.children, found.amounts) == (living, children, amounts)

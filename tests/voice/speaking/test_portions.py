"""Portions a listener can hold: short, whole in meaning, nothing lost."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.voice.speaking.texts import article_texts, bot_texts
from voice.speaking.portions import MOST_WORDS, first_part, length, portions, sentences
from voice.speaking.words import spoken_words


def letters(text: str) -> str:
    return re.sub(r"\W", "", text)


def test_no_portion_of_any_article_or_sentence_is_longer_than_fifteen_words_and_none_is_lost() -> None:
    for text in [*article_texts(), *bot_texts()]:
        for form in (text, spoken_words(text)):
            parts = portions(form)
            assert all(length(part) <= MOST_WORDS for part in parts)
        assert letters("".join(portions(spoken_words(text)))) == letters(spoken_words(text))


def test_written_and_spoken_form_of_every_article_have_the_same_sentences() -> None:
    for text in article_texts():
        assert len(sentences(text)) == len(sentences(spoken_words(text))), text


@pytest.mark.parametrize(
    "text",
    [
        "Das gilt z. B. am 24. November 2026. Dann nicht mehr.",
        "Es steht in § 32 Abs. 1 Satz 2 Nr. 3 SGB II. Lesen Sie es.",
        "Es gilt bis zum 63. Geburtstag. Holen Sie Rat.",
        "Sie dürfen arbeiten. 100 Euro bleiben frei.",
        "Das sind ca. 3 km bzw. 4 km. Gehen Sie los.",
        "Kommen Sie am 3. Dezember um 8.30 Uhr. Bringen Sie den Ausweis mit.",
        "Sie sind unter 25. Dann gilt es.",
        "Herr Dr. Meier ruft an. Er meldet sich um 9 Uhr.",
    ],
)
def test_a_sentence_ends_where_it_ends(text: str) -> None:
    assert len(sentences(text)) == 2


@pytest.mark.parametrize(
    ("text", "cut"),
    [
        (
            "Für Verein, Musikunterricht oder Freizeiten gibt es pauschal 15 Euro im Monat, wenn Ihr Kind jünger als "
            "18 Jahre ist und Kosten entstehen.",
            "im Monat,",
        ),
        (
            "Ja, wenn Ihr Kind für die nächstgelegene passende Schule auf Bus oder Bahn angewiesen ist und niemand "
            "anderes die Kosten zahlt.",
            "angewiesen ist,",
        ),
        (
            "Nimmt Ihr Kind am gemeinsamen Mittagessen in Schule, Kita oder Tagespflege teil, werden die Kosten dafür "
            "übernommen.",
            "teil,",
        ),
    ],
)
def test_a_long_sentence_is_cut_where_a_speaker_would_breathe(text: str, cut: str) -> None:
    parts = portions(text)
    assert len(parts) == 2
    assert parts[0].endswith(cut)


@pytest.mark.parametrize(
    "whole",
    [
        "null sechs neun, neun null, null null, neun eins, null drei",
        "tausendzweihundertfünfzig Euro fünfzig",
        "vierundzwanzigsten November zweitausendsechsundzwanzig",
        "vierzehn Uhr dreißig",
        "anna Punkt b at posteo Punkt d e",
        "069 90009103",
        "1.250,50 Euro",
    ],
)
@pytest.mark.parametrize("before", range(4, 15))
def test_a_number_a_date_or_an_address_is_never_cut(whole: str, before: int) -> None:
    text = f"{'lange ' * before}reden {whole} {'noch ' * 8}weiter."
    assert any(whole in part for part in portions(text))


def test_a_list_is_counted_out() -> None:
    text = "Bringen Sie mit:\n\n- Ausweis\n- Mietvertrag\n- Kontoauszüge"
    assert portions(text) == [
        "Bringen Sie mit: Erstens: Ausweis.",
        "Zweitens: Mietvertrag.",
        "Drittens: Kontoauszüge.",
    ]


def test_an_answer_is_given_in_parts_that_end_with_a_sentence() -> None:
    first, rest = first_part("Eins ist gut. Zwei ist gut. Drei ist gut. Vier ist gut.")
    assert (first, rest) == ("Eins ist gut. Zwei ist gut.", "Drei ist gut. Vier ist gut.")
    assert first_part("Nur ein Satz.") == ("Nur ein Satz.", "")
    assert first_part("") == ("", "")


def test_a_first_sentence_of_three_portions_is_given_whole() -> None:
    long = "Das ist ein Teil vom Satz, und hier kommt noch ein Teil davon, " * 3 + "und Schluss."
    first, rest = first_part(f"{long} Danach mehr.")
    assert first == long
    assert rest == "Danach mehr."


def test_every_article_can_be_given_in_parts_without_losing_a_word() -> None:
    for text in article_texts():
        heard, rest, parts = "", text, 0
        while rest:
            part, rest = first_part(rest)
            heard += part
            parts += 1
            assert parts < 20
        assert letters(heard) == letters(text)


@given(st.text(max_size=400), st.integers(3, 15))
@settings(max_examples=300, deadline=None)
def test_any_text_is_cut_without_losing_a_letter(text: str, most: int) -> None:
    said = spoken_words(text)
    parts = portions(said, most)
    assert letters("".join(parts)) == letters(said)
    assert all(length(part) <= most for part in parts)


@given(st.lists(st.sampled_from(["null", "drei", "Euro", "und", "Haus,", "lange", "Punkt", "at", "der"]), max_size=80))
@settings(max_examples=300, deadline=None)
def test_even_one_long_number_is_cut_before_it_gets_too_long(words: list[str]) -> None:
    parts = portions(" ".join(words))
    assert all(length(part) <= MOST_WORDS for part in parts)
    assert letters("".join(parts)) == letters("".join(words))

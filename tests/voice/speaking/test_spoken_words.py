"""Text comes out as people say it: no digit, no sign, no short form is left for the voice to guess."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.voice.speaking.texts import SAID, article_texts, bot_texts
from voice.speaking.forms import forms
from voice.speaking.spelling import digits, spell
from voice.speaking.words import spoken_words

ONLY_WORDS = re.compile(r"[A-Za-zÀ-ÖØ-öø-ÿĀ-ſß .,;:!?-]*")


@pytest.mark.parametrize(("written", "said"), SAID.items())
def test_what_is_written_is_said_as_people_say_it(written: str, said: str) -> None:
    assert spoken_words(written) == said


def test_every_article_and_every_sentence_of_the_dialogue_comes_out_as_plain_words() -> None:
    texts = [*article_texts(), *bot_texts()]
    assert len(article_texts()) >= 280
    assert len(bot_texts()) >= 150
    left = {text: spoken_words(text) for text in texts if not ONLY_WORDS.fullmatch(spoken_words(text))}
    assert left == {}


def test_no_short_form_is_left_in_any_article_or_sentence() -> None:
    shapes = re.compile(r"\b(?:[A-ZÄÖÜ]{2,}|SGB|Abs|Nr|bzw|usw|ca|inkl|ggf)\b")
    left = [said for text in [*article_texts(), *bot_texts()] if shapes.search(said := spoken_words(text))]
    assert left == []


@pytest.mark.parametrize("short", [key for key in forms().abbreviations if key not in ("Std.", "Min.", "Sek.", "Mio.")])
def test_every_short_form_of_the_table_is_said_in_full(short: str) -> None:
    assert forms().abbreviations[short] in spoken_words(f"das {short} alles")


@given(st.text(max_size=300))
@example("٣ Tage, 9" * 50)
@example("1" * 300)
@example("1.000.000.000.000.000.000.000 Euro und 99999999999999999999,99 €")
@example("0." * 100)
@example("30.02.0000 99:99 Uhr 24:60 Uhr 25 Uhr 00.00.00")
@settings(max_examples=400, deadline=None)
def test_any_text_comes_out_as_plain_words(text: str) -> None:
    assert ONLY_WORDS.fullmatch(spoken_words(text))


PIECES = st.sampled_from(
    [*SAID, "§", "€", "Abs.", "1", "12", "2026", ".", ":", "-", "Uhr", "Euro", "am", "Mo", "(", "@", "/", "\n", "SGB"]
)


@given(st.lists(PIECES, max_size=12).map(" ".join))
@settings(max_examples=300, deadline=None)
def test_pieces_in_any_order_come_out_as_plain_words(text: str) -> None:
    assert ONLY_WORDS.fullmatch(spoken_words(text))


def test_what_was_said_once_stays_as_it_is_when_it_is_said_again() -> None:
    for text in [*article_texts(), *bot_texts(), *SAID]:
        said = spoken_words(text)
        assert spoken_words(said) == said


@pytest.mark.parametrize("sign", ["1", "a", ".", "1.", "1 ", "(", "-", "a@", "§ 1 ", "1-", "+49", "Mo-", "B-1", "\n- "])
def test_ten_thousand_characters_of_anything_take_no_longer_than_a_moment(sign: str) -> None:
    started = time.perf_counter()
    spoken_words((sign * 10_000)[:10_000])
    assert time.perf_counter() - started < 10


def test_a_name_is_spelt_with_the_familiar_alphabet() -> None:
    assert spell("Müßig") == "M wie Martha, Ü wie Übermut, Eszett, I wie Ida, G wie Gustav"
    assert spell("Anna-Lena Yıldız").startswith("A wie Anton, N wie Nordpol, N wie Nordpol, A wie Anton, Bindestrich, ")
    assert spell("Ćosić").startswith("C mit Akzent, O wie Otto")
    assert spell("Y 2") == "Y wie Ypsilon. zwei"
    assert spell("😀 <>") == ""


def test_every_letter_of_the_german_alphabet_has_its_word() -> None:
    for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÜ":
        assert spell(letter).startswith(f"{letter} wie ")


def test_a_code_is_read_digit_by_digit_in_groups() -> None:
    assert digits("4711") == "vier sieben, eins eins"
    assert digits("12345") == "eins zwei drei, vier fünf"
    assert digits("123456") == "eins zwei drei, vier fünf sechs"
    assert digits("007") == "null null sieben"
    assert digits("keine") == ""

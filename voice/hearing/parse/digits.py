"""Digits as people say them: one by one, in groups ("dreißig vierzig"), doubled ("doppel vier"), after a plus."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import phonenumbers

from voice.hearing.parse.numbers import number_at, value_of
from voice.hearing.parse.vocabulary import UNKNOWN, folded, listed

REGION = "DE"
ORDINAL_WORDS = ("erste", "zweite", "dritte", "vierte", "fünfte", "sechste", "siebte", "achte", "neunte", "zehnte")
DIGIT_NAMES = ("Null", "Eins", "Zwei", "Drei", "Vier", "Fünf", "Sechs", "Sieben", "Acht", "Neun")
_TWICE = {"doppel": 2, "doppelt": 2, "doppelte": 2, "zweimal": 2, "dreimal": 3, "dreifach": 3, "viermal": 4}


@dataclass(frozen=True)
class Digits:
    """What was heard of a number. `text`: the digits, a "+" may lead; `words`: for each character the word it is from.

    `gaps`: before which digits something was said that was not understood; `foreign`: other words that were said.
    """

    text: str
    words: tuple[int, ...]
    gaps: tuple[int, ...] = ()
    foreign: tuple[str, ...] = ()


def digits_in(words: Sequence[str]) -> Digits:
    """The digits of an utterance, in order. After "nein" or "Korrektur" only what follows counts, if it is a number."""
    corrections = listed("corrections")
    last = max((at for at, word in enumerate(words) if folded(word) in corrections), default=-1)
    if last >= 0:
        anew = _read(words, last + 1)
        before = _read(words[:last], 0)
        if anew.text and len(anew.text) >= len(before.text):
            return anew
    return _read(words, 0)


def _read(words: Sequence[str], first: int) -> Digits:
    text, sources, gaps, foreign = "", [], [], []
    beside = listed("beside_digits")
    at = first
    times = 1
    while at < len(words):
        word = folded(words[at])
        if word in _TWICE:
            times, at = _TWICE[word], at + 1
            continue
        if at + 1 < len(words) and folded(words[at + 1]) == "mal" and value_of(word) in (2, 3, 4):
            times, at = value_of(word) or 1, at + 2
            continue
        figures, end = _figures(words, at, text)
        if figures:
            text += figures * times
            sources += [at] * (len(figures) * times)
        elif word == UNKNOWN:
            gaps.append(len(text))
        elif word not in beside and times == 1:
            foreign.append(words[at])
        if word != "die":  # "zweimal die Vier"
            times = 1
        at = end
    inside = tuple(gap for gap in gaps if 0 < gap < len(text))
    return Digits(text, tuple(sources), inside, tuple(foreign))


def _figures(words: Sequence[str], at: int, before: str) -> tuple[str, int]:
    word = folded(words[at])
    if word == "plus" and not before:
        return "+", at + 1
    if word == "ein":
        joined = number_at(words, at)
        return (str(joined.value), joined.end) if joined else ("1", at + 1)
    if word.isdigit():
        return word, at + 1
    number = number_at(words, at)
    if number is None or number.ordinal:
        return "", at + 1
    value = value_of(word)
    if number.value >= 100 and value is not None and value < 100:
        return str(value), at + 1  # "eins hundert": digit by digit is likelier than one large number
    return str(number.value), number.end


def phone_number(digits: str) -> str | None:
    """The number as it is written ("0172 304050"), or None where no such number can exist.

    A mobile number may lack its zero; any other number without a dialling code is none, instead of a wrong one.
    """
    try:
        number = phonenumbers.parse(digits, REGION)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number):
        return None
    mobile = phonenumbers.number_type(number) == phonenumbers.PhoneNumberType.MOBILE
    if not digits.startswith(("0", "+")) and not mobile:
        return None
    style = phonenumbers.PhoneNumberFormat
    return phonenumbers.format_number(number, style.NATIONAL if number.country_code == 49 else style.INTERNATIONAL)


def grouped(digits: str) -> str:
    """Digits in groups of three, for a number that could not be checked."""
    plus = "+" if digits.startswith("+") else ""
    return plus + " ".join(re.findall(r"\d{1,3}", digits))


def which_digit(digits: str, position: int) -> str:
    """The German question about one digit: "War die dritte Ziffer eine Zwei?"."""
    name = DIGIT_NAMES[int(digits[position])]
    if position < 4:
        return f"War die {ORDINAL_WORDS[position]} Ziffer eine {name}?"
    if position == len(digits) - 1:
        return f"War die letzte Ziffer eine {name}?"
    before = " ".join(DIGIT_NAMES[int(digit)] for digit in digits[position - 2 : position] if digit.isdigit())
    return f"Kam nach {before} eine {name}?"


def missing_digit(digits: str, position: int) -> str:
    """The German question for a digit that was not understood: "Welche Ziffer kommt nach Vier Sieben?"."""
    before = " ".join(DIGIT_NAMES[int(digit)] for digit in digits[max(0, position - 2) : position] if digit.isdigit())
    return f"Welche Ziffer kommt nach {before}?"

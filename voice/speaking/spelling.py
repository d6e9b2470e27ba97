"""Names letter by letter, codes digit by digit: for what a caller must write down or confirm."""

from __future__ import annotations

import unicodedata

from voice.speaking.forms import forms

ZERO_TO_NINE = ("null", "eins", "zwei", "drei", "vier", "fünf", "sechs", "sieben", "acht", "neun")

_OTHERS = {"ß": "Eszett", "-": "Bindestrich", "–": "Bindestrich", "'": "Apostroph", "’": "Apostroph"}


def spell(name: str) -> str:
    """Say "Meyer" as "M wie Martha, E wie Emil, …": the familiar alphabet (postal tables, DIN 5009 until 2022).

    Words of a name are parted by a full stop. Letters with a mark that German does not have say so: "E mit Akzent".
    """
    words = [", ".join(filter(None, map(_letter, word))) for word in name.split()]
    return ". ".join(word for word in words if word)


def digits(code: str) -> str:
    """Say "4711" as "vier sieben, eins eins": digit by digit, in groups of two or three."""
    found = [int(sign) for sign in code if sign.isdecimal()]
    return ", ".join(" ".join(ZERO_TO_NINE[digit] for digit in group) for group in groups(found))


def groups(signs: list[int]) -> list[list[int]]:
    """Groups of three where that comes out even, else of two with one of three in front."""
    size = 3 if len(signs) % 3 == 0 else 2
    first = 3 if size == 2 and len(signs) % 2 else size
    if len(signs) <= 3:
        return [signs] if signs else []
    return [signs[:first], *(signs[start : start + size] for start in range(first, len(signs), size))]


def letters(word: str) -> str:
    """Say "WBA" as "W B A"; digits in between as words."""
    return " ".join(ZERO_TO_NINE[int(sign)] if sign.isdecimal() else sign.upper() for sign in word if sign.isalnum())


def _letter(sign: str) -> str:
    alphabet = forms().alphabet
    upper = sign.upper() if sign != "ß" else sign
    if upper in alphabet:
        return f"{upper} wie {alphabet[upper]}"
    if sign in _OTHERS:
        return _OTHERS[sign]
    if sign.isdecimal():
        return ZERO_TO_NINE[int(sign)]
    base = unicodedata.normalize("NFKD", upper)[0]
    return f"{base} mit Akzent" if base in alphabet else ""

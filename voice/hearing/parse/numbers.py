"""German number words, joined or split: "vierundzwanzig", "vier und zwanzig", "dreihundert fünfzig", "zwo", "dritten".

The table is the inverse of num2words; larger numbers are put together from its parts. text2num was tried on 30 cases:
it misses "zwo", joins "null eins sieben" to "01 7", and does not say which words a number was made of.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from num2words import num2words

from voice.hearing.parse.vocabulary import folded

_ENDINGS = ("en", "er", "es", "em", "e")
# What telephones made of numbers, and what is said instead of the table's form.
_ALSO = {"zwo": 2, "fuffzehn": 15, "fuffzig": 50, "ein": 1, "fuenef": 5, "siebzen": 17, "dreissich": 30, "zwanzich": 20}
_ALSO_ORDINALS = {"zwot": 2, "siebent": 7}


@dataclass(frozen=True)
class Number:
    """A number that was said: its value, and the words from `first` up to but without `end`."""

    value: int
    first: int
    end: int
    ordinal: bool = False


@cache
def _below_hundred() -> dict[str, int]:
    table = {folded(num2words(value, lang="de")): value for value in range(100)} | _ALSO
    table |= {
        f"{also}und{word}": value + tens
        for also, value in (("zwo", 2),)
        for word, tens in list(table.items())
        if tens in range(20, 100, 10)
    }
    return table


@cache
def _ordinals() -> dict[str, int]:
    stems = {folded(num2words(value, lang="de", to="ordinal"))[:-1]: value for value in range(1, 100)}
    return {stem + ending: value for stem, value in (stems | _ALSO_ORDINALS).items() for ending in _ENDINGS}


@cache
def value_of(word: str) -> int | None:
    """The value of one number word: "dreiundzwanzig", "zweitausendsechsundzwanzig", "neunzehnhundert"."""
    word = folded(word)
    table = _below_hundred()
    if word in table:
        return table[word]
    for part, factor in (("tausend", 1000), ("hundert", 100)):
        before, found, after = word.partition(part)
        if found:
            count = value_of(before) if before else 1
            rest = value_of(after.removeprefix("und") or after) if after else 0
            if count is None or rest is None or not 0 < count < 1000 or rest >= factor:
                return None
            return count * factor + rest
    return None


def ordinal_of(word: str) -> int | None:
    """The value of an ordinal: "dritten", "einundzwanzigste"."""
    return _ordinals().get(folded(word))


def is_tens(value: int | None) -> bool:
    return value is not None and value in range(20, 100, 10)


def number_at(words: Sequence[str], first: int) -> Number | None:
    """The number that begins at a word; the longest one, so "zweitausend sechsundzwanzig" is one number.

    "ein" alone is an article, not a number: the caller decides (`value_of`).
    """
    found = _thousands(words, first)
    if found is None:
        ordinal = ordinal_of(words[first]) if first < len(words) else None
        return Number(ordinal, first, first + 1, ordinal=True) if ordinal is not None else None
    value, end = found
    if end + 1 < len(words) and 0 < value < 10 and folded(words[end]) == "und":  # "vier und zwanzigsten"
        ordinal = ordinal_of(words[end + 1])
        if ordinal is not None and is_tens(ordinal):
            return Number(value + ordinal, first, end + 2, ordinal=True)
    if end == first + 1 and folded(words[first]) == "ein":
        return None
    return Number(value, first, end)


def _thousands(words: Sequence[str], first: int) -> tuple[int, int] | None:
    head = _hundreds(words, first)
    if head is None:
        return None
    value, end = head
    if end < len(words) and folded(words[end]) == "tausend" and 0 < value < 1000:
        value, end = value * 1000, end + 1
    if value >= 1000 and value % 1000 == 0:
        rest = _hundreds(words, _past_and(words, end))
        if rest and 0 < rest[0] < 1000:
            return value + rest[0], rest[1]
    return value, end


def _hundreds(words: Sequence[str], first: int) -> tuple[int, int] | None:
    head = _tens(words, first)
    if head is None:
        return None
    value, end = head
    if end < len(words) and folded(words[end]) == "hundert" and 0 < value < 20:
        value, end = value * 100, end + 1
    if value >= 100 and value % 100 == 0 and value % 1000:
        rest = _tens(words, _past_and(words, end))
        if rest and 0 < rest[0] < 100:
            return value + rest[0], rest[1]
    return value, end


def _tens(words: Sequence[str], first: int) -> tuple[int, int] | None:
    value = value_of(words[first]) if first < len(words) else None
    if value is None:
        return None
    if 0 < value < 10 and first + 2 < len(words) and folded(words[first + 1]) == "und":
        tens = value_of(words[first + 2])
        if is_tens(tens) and tens is not None:
            return value + tens, first + 3
    return value, first + 1


def _past_and(words: Sequence[str], at: int) -> int:
    """ "hundert und fünf" is one number; "hundert und sonst nichts" is not."""
    return at + 1 if at + 1 < len(words) and folded(words[at]) == "und" and value_of(words[at + 1]) else at

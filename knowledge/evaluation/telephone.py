"""Labelled questions as the telephone's recogniser writes them down, to measure the search on what it will get."""

from __future__ import annotations

import random
import re

from num2words import num2words

from knowledge.evaluation.rows import Row

LOST = 0.05  # share of words that the recogniser misses

_ROMAN = {"I": "1", "II": "2", "III": "3", "IV": "4", "V": "5", "IX": "9", "X": "10", "XII": "12"}
_LAW_BOOK = re.compile(r"\b(SGB|ALG|Alg|Hartz) (I{1,3}|IV|V|IX|XI?I?)\b")
_ABBREVIATION = re.compile(r"\b[A-ZÄÖÜ]{2,5}\b")
_VOWEL = re.compile(r"[AEIOUÄÖÜ]")
_SYMBOLS = {"§§": " paragrafen ", "§": " paragraf ", "€": " euro ", "%": " prozent ", "&": " und ", "+": " plus "}
_TIME = re.compile(r"\b(\d{1,2})[:.](\d\d) ?(?:uhr|h)\b")
_DATE = re.compile(r"\b(\d{1,2})\.(\d{1,2})\.(\d{4}|(?!\d))")
_ORDINAL = re.compile(r"\b(am|vom|zum|beim|der|die|den|dem|ab|bis) (\d{1,2})\.(?!\d)")
_TIMES = re.compile(r"\b(\d+) ?x\b")
_THOUSANDS = re.compile(r"(?<=\d)\.(?=\d{3}\b)")
_DECIMAL = re.compile(r"(\d),(\d)")
_NUMBER = re.compile(r"([a-z]?)(\d+)([a-z]\b)?")


def as_recognised(question: str, *, seed: int = 0, lost: float = LOST) -> str:
    """The question in lower case without punctuation, numbers as words, abbreviations letter by letter, and a share
    of the words lost; with one seed always the same ones. Something is always heard."""
    text = _LAW_BOOK.sub(lambda match: f"{match[1]} {_ROMAN[match[2]]}", question)
    text = _ABBREVIATION.sub(lambda match: match[0] if _is_a_word(match[0]) else " ".join(match[0]), text).lower()
    for symbol, word in _SYMBOLS.items():
        text = text.replace(symbol, word)
    text = _TIME.sub(lambda match: f"{match[1]} uhr {match[2] if int(match[2]) else ''}", text)
    text = _DATE.sub(lambda match: f"{_ordinal(match[1])} {_ordinal(match[2])} {match[3]}", text)
    text = _ORDINAL.sub(lambda match: f"{match[1]} {_ordinal(match[2])}", text)
    text = _DECIMAL.sub(r"\1 komma \2", _THOUSANDS.sub("", _TIMES.sub(r"\1 mal", text)))
    text = _NUMBER.sub(lambda match: f"{match[1]} {_cardinal(match[2])}{' ' if match[3] else ''}{match[3] or ''}", text)
    words = re.findall(r"[a-zäöüß]+", re.sub("['’`]", "", text))
    chance = random.Random(f"{seed} {question}")  # noqa: S311 (nothing secret)
    return " ".join([word for word in words if chance.random() >= lost] or words)


def heard(row: Row, *, seed: int = 0, lost: float = LOST) -> Row:
    """A labelled question, and what was asked before it, as the telephone hears them."""
    previous = as_recognised(row.previous, seed=seed, lost=lost) if row.previous else None
    return row.model_copy(update={"question": as_recognised(row.question, seed=seed, lost=lost), "previous": previous})


def _is_a_word(abbreviation: str) -> bool:
    """Whether an abbreviation is said as a word ("ELSTER") and not spelt ("WBA")."""
    return len(abbreviation) > 3 and _VOWEL.search(abbreviation[1:]) is not None


def _cardinal(digits: str) -> str:
    """Recognisers do not have every number as a word, and write thousands and hundreds apart."""
    return re.sub(r"(million(?:en)?|tausend|hundert)(?=\w)", r"\1 ", str(num2words(int(digits), lang="de")))


def _ordinal(digits: str) -> str:
    return f"{num2words(int(digits), lang='de', to='ordinal')}n"

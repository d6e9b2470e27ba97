"""Phrases that are an emergency wherever they stand: read from `urgent_phrases.yml`, matched without any model."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from bot.nlu.plain_text import plain

FILE = Path(__file__).with_suffix(".yml")
# A longer text is a story; what is urgent stands in its first lines or comes up again.
LONGEST = 2000

_APOSTROPHES = str.maketrans(dict.fromkeys("\u2019\u2018\u02bc\u00b4\u0060\u2032\u02b9", "'"))
# Arabic letters that are written one for the other, and Persian keyboards; the Turkish i without a dot.
_SAME_LETTERS = str.maketrans({"ة": "ه", "ى": "ي", "ی": "ي", "ک": "ك", "ٱ": "ا", "ı": "i"})
# Tatweel, and marks that only set the direction or join letters.
_UNSEEN = re.compile("[\u0640\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff\u00ad]")
# On a German or English keyboard the Ukrainian "і" is often the Latin one.
_LATIN_I = re.compile("(?<=[а-яіє'])i|i(?=[а-яіє'])")
_DRAWN_OUT = re.compile(r"([^\W\d_])\1{2,}")
_SENTENCE_ENDS = re.compile(r"(?<!\d)[.!?؟…]+(?=\s|$)|[\n;؛]+")


@dataclass(frozen=True)
class Emergency:
    """One kind of emergency: the phrases that say it, and those that show it is only a question about rules."""

    name: str
    phrases: tuple[re.Pattern[str], ...]
    unless: tuple[re.Pattern[str], ...]

    def matches(self, sentence: str) -> bool:
        return any(p.search(sentence) for p in self.phrases) and not any(p.search(sentence) for p in self.unless)


@lru_cache(maxsize=1)
def emergencies() -> tuple[Emergency, ...]:
    """All kinds, in the order of the file."""
    written = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    return tuple(
        Emergency(
            name,
            tuple(re.compile(_same_letters(phrase)) for phrase in _flat(entry["any"])),
            tuple(re.compile(_same_letters(phrase)) for phrase in _flat(entry.get("not", []))),
        )
        for name, entry in written.items()
    )


def emergency_in(text: str) -> str | None:
    """The emergency that a text names, if any; the order of the file decides between two."""
    said = _sentences(text[:LONGEST])
    return next((kind.name for kind in emergencies() if any(kind.matches(sentence) for sentence in said)), None)


def _sentences(text: str) -> list[str]:
    """The sentences of a text, as they are compared; a question keeps its mark."""
    parts, start = [], 0
    for end in _SENTENCE_ENDS.finditer(text):
        parts.append(text[start : end.end()])
        start = end.end()
    parts.append(text[start:])
    return [said for said in map(_spelling, parts) if said]


def _spelling(text: str) -> str:
    bare = _same_letters(plain(_UNSEEN.sub("", text.translate(_APOSTROPHES))))
    return _DRAWN_OUT.sub(r"\1", _LATIN_I.sub("і", bare))


def _same_letters(text: str) -> str:
    """Text or phrase without accents, vowel signs and hamzas; nothing that a regular expression needs is touched."""
    bare = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    return bare.translate(_SAME_LETTERS)


def _flat(entries: list[Any]) -> Iterator[str]:
    for entry in entries:
        if isinstance(entry, list):
            yield from _flat(entry)
        else:
            yield entry

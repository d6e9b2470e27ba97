"""How hard a German text is to read: Amstad's Flesch index, sentence lengths, share of long words.

The index is Toni Amstad's adaptation of Flesch's Reading Ease to German: 180 − ASL − 58.5 · ASW, with ASL the mean
number of words per sentence and ASW the mean number of syllables per word (Amstad, T.: Wie verständlich sind unsere
Zeitungen? Dissertation, Universität Zürich, 1978). 0 to 30 is very hard, 60 to 70 is plain, above 80 is easy.
Syllables are those at which the German hyphenation patterns (pyphen) part a word.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import pyphen  # type: ignore[import-untyped]
from markdown_it import MarkdownIt

LONG_WORD = 12  # letters between hyphens; Leichte Sprache parts longer words with a hyphen

_HYPHENATION = pyphen.Pyphen(lang="de_DE", left=1, right=1)
_MARKDOWN = MarkdownIt("commonmark").enable("table")
_WORD = re.compile(r"[A-Za-zÄÖÜäöüßéè]+(?:-[A-Za-zÄÖÜäöüß]+)*|\d+(?:[.,]\d+)*")
# A full stop behind one or two digits is an ordinal ("am 1. Juli"), not the end of a sentence.
_SENTENCE_END = re.compile(r"(?<!\b\d)(?<!\b\d\d)(?<!\bz)(?<!\bd)(?:[.!?]+[“\")]?\s+(?=[A-ZÄÖÜ„\"(\d])|[;:]\s)")


@dataclass(frozen=True, slots=True)
class Readability:
    """Figures of one text. `longest` is its longest sentence, in words `longest_words`."""

    amstad: float
    mean_words: float
    longest_words: int
    longest: str
    long_words: float  # share


def read(text: str, *, markdown: bool = True) -> Readability | None:
    """The figures of a text; none where it has no words."""
    found = [(sentence, _WORD.findall(sentence)) for sentence in sentences(text, markdown=markdown)]
    found = [(sentence, words) for sentence, words in found if words]
    words = [word for _, in_sentence in found for word in in_sentence]
    if not words:
        return None
    longest, in_longest = max(found, key=lambda pair: len(pair[1]))
    per_sentence = len(words) / len(found)
    per_word = sum(map(syllables, words)) / len(words)
    long = sum(max(map(len, word.split("-"))) > LONG_WORD for word in words)
    index = 180 - per_sentence - 58.5 * per_word
    return Readability(index, per_sentence, len(in_longest), longest, long / len(words))


def sentences(text: str, *, markdown: bool = True) -> Iterator[str]:
    """The sentences; as with Flesch a colon or semicolon ends one, and so does a line of a list. Tables have none."""
    for block in _blocks(text) if markdown else text.splitlines():
        yield from (sentence.strip() for sentence in _SENTENCE_END.split(block) if sentence.strip())


@lru_cache(maxsize=32768)
def syllables(word: str) -> int:
    """At least one; a number counts as one, since it is read as a sign."""
    return sum(len(_HYPHENATION.positions(part)) + 1 for part in word.split("-") if part)


def _blocks(text: str) -> Iterator[str]:
    in_table = 0
    for token in _MARKDOWN.parse(text):
        in_table += (token.type == "table_open") - (token.type == "table_close")
        if token.type == "inline" and not in_table:
            parts = (
                " " if child.type in ("softbreak", "hardbreak") else child.content for child in token.children or ()
            )
            yield "".join(parts)

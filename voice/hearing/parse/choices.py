"""Which of the offered choices was meant: by its place ("die erste", "Nummer zwei") or by its words."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rapidfuzz import fuzz

from voice.hearing.heard import Option
from voice.hearing.parse.numbers import ordinal_of, value_of
from voice.hearing.parse.vocabulary import UNKNOWN, folded, listed

# Words are one where so alike: slips of the recogniser, endings, compounds cut in two.
_SAME_WORD = 85.0
_LONGEST_ANSWER = 10
# A choice is meant where at least so much of what was said speaks for it; nearer than CLOSE to another, both are named.
_MEANT = 0.34
_CLOSE = 0.12


@dataclass(frozen=True)
class Chosen:
    """The options that can be meant, the likeliest first; two where it is not clear which."""

    options: tuple[Option, ...]


def by_place(words: Sequence[str], options: Sequence[Option], *, days: bool = False) -> Option | None:
    """The option that "die zweite", "Nummer drei", "die letzte" or a bare "zwei" names.

    `days`: the options are times, where "der Zweite" and a bare "zehn" are rather a day and an hour.
    """
    said = [folded(word) for word in words if word != UNKNOWN]
    if not options or len(said) > _LONGEST_ANSWER:
        return None
    around, numbered = listed("around", "choices"), listed("number", "choices")
    rest = [word for word in said if word not in around and word not in numbered]
    if len(rest) != 1:
        return None
    word = rest[0]
    if word in listed("last", "choices"):
        return options[-1]
    if word in listed("middle", "choices") and len(options) == 3:
        return options[1]
    bare_ordinal = said == [word] and ordinal_of(word) is not None  # "erste": "die" was swallowed, "der" rarely is
    if days and not bare_ordinal and not (set(said) & (numbered | {"das", "die", "termin", "zeit"})):
        return None
    place = ordinal_of(word) or (value_of(word) if word != "ein" else None)
    return options[place - 1] if place and 1 <= place <= len(options) else None


def by_words(
    words: Sequence[str], options: Sequence[Option], also: Mapping[str, Sequence[str]] | None = None
) -> Chosen | None:
    """The options that the words name. `also`: further words for an option, by its payload."""
    said = _telling([word for word in words if word != UNKNOWN])
    if not options or not said or len(words) > _LONGEST_ANSWER or _asks(words):
        return None
    scores = []
    for option in options:
        ways = (option.title, *(also or {}).get(option.payload, ()))
        scores.append((max(_score(said, _telling(_words(way))) for way in ways), option))
    scores.sort(key=lambda scored: -scored[0])
    best = scores[0][0]
    if best < _MEANT:
        return None
    return Chosen(tuple(option for score, option in scores if best - score < _CLOSE)[:2])


def _asks(words: Sequence[str]) -> bool:
    return bool(words) and folded(words[0]) in listed("questions")


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text)


def _telling(words: Sequence[str]) -> list[str]:
    """The words that tell choices apart."""
    empty = listed("empty", "choices")
    spelt = [folded(word) for word in words]
    return [word for word in spelt if word not in empty]


def _score(said: list[str], title: list[str]) -> float:
    """From 0 to 1: how much of the title was said, and how much of what was said is the title's."""
    if not title:
        return 0.0
    used = [any(_same(word, other) for word in _with_joined(said)) for other in title]
    mine = [any(_same(word, other) for other in title) for word in said]
    joined = sum(1 for at in range(len(said) - 1) if any(_same(said[at] + said[at + 1], other) for other in title))
    if not any(used):
        return 0.0
    covered = sum(used) / len(title)
    told = min(1.0, (sum(mine) + 2 * joined) / len(said))
    return 2 * covered * told / (covered + told) if told else 0.0


def _with_joined(said: list[str]) -> list[str]:
    return [*said, *(said[at] + said[at + 1] for at in range(len(said) - 1))]


def _same(word: str, other: str) -> bool:
    shorter = min(len(word), len(other))
    if shorter <= 3:
        return word == other
    begins = shorter >= 5 and (other.startswith(word) or word.startswith(other))
    return begins or fuzz.ratio(word, other) >= _SAME_WORD

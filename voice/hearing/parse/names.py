"""A person's name: said, spelled, or both ("Krause, K R A U S E"), or said with its odd letters ("Meier mit A I")."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from rapidfuzz import fuzz

from voice.hearing.parse.letters import Spelling, spellings_in
from voice.hearing.parse.vocabulary import UNKNOWN, alternatives, folded, listed, vocabulary

_MOST_WORDS = 5
# A spelled word is the correction of a said one that sounds at least so much like it.
_SAME_NAME = 50.0


@dataclass(frozen=True)
class NameHeard:
    """`said`: the name in capitals; `words`: the words that were said and not spelled; `spelled`: whether a part was.

    `gap`: a letter was not understood; `variant`: letters were named that fit nowhere in the name.
    """

    name: str
    words: tuple[int, ...] = ()
    spelled: bool = False
    gap: bool = False
    variant: bool = False


@cache
def _before() -> re.Pattern[str]:
    return re.compile(rf"^(?:(?:{alternatives('before', 'names')})\b\s*)+")


@cache
def _after() -> re.Pattern[str]:
    return re.compile(rf"\s*\b(?:{alternatives('after', 'names')})$")


def name_in(words: Sequence[str], *, so_far: str = "", spelling: bool = False) -> NameHeard | None:
    """The name in an answer to the question for it, None where the answer is none.

    `so_far`: what was understood before it was asked to spell (`spelling`): a spelled surname finds its first name.
    """
    at_with = _mit(words)
    runs = [run for run in spellings_in(words, asked=spelling) if at_with is None or run.first < at_with]
    spelled_words = {at for run in runs for at in range(run.first, run.end)}
    plain = [at for at in range(at_with if at_with is not None else len(words)) if at not in spelled_words]
    said = _without_introduction(words, plain)
    last_names, first_names = listed("last", "names"), listed("first", "names")
    roles = {at: folded(words[at]) for at in plain if folded(words[at]) in last_names | first_names}
    said = [at for at in said if at not in roles and words[at] != UNKNOWN]
    if runs:
        said = _before_spelling(words, said)
    titles = listed("titles", "names")
    said = [at for at in said if folded(words[at]) not in titles]
    if not runs and not _may_be_name([words[at] for at in said]):
        return None
    if runs and not _may_be_name([words[at] for at in said]):
        said = []
    parts = _hyphenated([words[at] for at in said])
    if not parts and so_far:
        parts = so_far.split()
    for run in runs:
        role = max((at for at in roles if at < run.first), default=None)
        parts = _placed(parts, run, first=role is not None and roles[role] in first_names)
    fits = True
    if at_with is not None and parts:
        parts, fits = _with_letters(parts, words, at_with + 1)
    if not parts:
        return None
    return NameHeard(
        capitalised(parts),
        tuple(said),
        bool(runs) or at_with is not None,
        any(run.gap for run in runs),
        variant=not fits,
    )


def capitalised(parts: Sequence[str]) -> str:
    """The parts as a name is written: "Anna von der Heide"."""
    particles = listed("particles", "names")

    def written(part: str) -> str:
        return "-".join(piece[:1].upper() + piece[1:].lower() for piece in part.split("-"))

    return " ".join(
        part.lower() if at and folded(part) in particles else written(part) for at, part in enumerate(parts)
    )


def _mit(words: Sequence[str]) -> int | None:
    """Where "mit e i" begins: letters named to tell variants of a name apart."""
    for at, word in enumerate(words):
        if at and word.lower() == "mit" and spellings_in(words[at + 1 :], asked=True):
            return at
    return None


def _without_introduction(words: Sequence[str], plain: list[int]) -> list[int]:
    text = " ".join(folded(words[at]) for at in plain)
    begin = _before().match(text)
    skipped = len(text[: begin.end()].split()) if begin else 0
    rest = plain[skipped:]
    text = " ".join(folded(words[at]) for at in rest)
    end = _after().search(text)
    return rest[: len(text[: end.start()].split())] if end else rest


def _before_spelling(words: Sequence[str], said: list[int]) -> list[int]:
    """Without "ich buchstabiere" or "das schreibt sich" between the name and its letters."""
    follows = listed("spelling_follows", "names")
    end = next((place for place, at in enumerate(said) if place and folded(words[at]) in follows), len(said))
    return said[:end]


def _hyphenated(parts: list[str]) -> list[str]:
    """ "anna bindestrich lena" is one name."""
    return re.sub(r" (?:bindestrich|minus|strich) ", "-", " ".join(parts)).split()


def _may_be_name(parts: Sequence[str]) -> bool:
    if not 0 < len(parts) <= _MOST_WORDS:
        return False
    forbidden = listed("not_names", "names")
    return not any(folded(part) in forbidden for part in parts)


def _placed(parts: list[str], run: Spelling, *, first: bool) -> list[str]:
    """Put a spelled word in the place of the said one it sounds like, else at the end (a surname) or the beginning."""
    if first:
        return [run.letters, *parts[1:]] if parts else [run.letters]
    alike = [fuzz.ratio(folded(part), folded(run.letters)) for part in parts]
    if alike and max(alike) >= _SAME_NAME:
        at = max(range(len(parts)), key=lambda place: (alike[place], place))
        return [*parts[:at], run.letters, *parts[at + 1 :]]
    if len(parts) >= 2:
        return [*parts[:-1], run.letters]  # whatever was heard as the surname, it was spelled
    return [*parts, run.letters]


def _with_letters(parts: list[str], words: Sequence[str], first: int) -> tuple[list[str], bool]:
    """ "Meier" "mit a i" is "Maier": the letters replace those of the surname that sound alike."""
    wanted = "".join(run.letters for run in spellings_in(words[first:], asked=True))
    name = parts[-1].lower()
    if wanted in name:
        return parts, True
    for group in vocabulary()["letters"]["alike"]:
        if wanted not in group:
            continue
        for other in sorted(group, key=len, reverse=True):
            place = name.rfind(other)
            if place > 0 or (place == 0 and len(name) > len(other)):
                return [*parts[:-1], name[:place] + wanted + name[place + len(other) :]], True
    return parts, False

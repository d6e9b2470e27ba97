"""Letters as people spell: "m e i e r", "M wie Martha", "Anton Nordpol", "Doppel-T", "A Umlaut", "scharfes S"."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from voice.hearing.parse.vocabulary import UNKNOWN, vocabulary

_UMLAUTS = {"a": "ä", "o": "ö", "u": "ü"}
_DOUBLED = {"doppel": 2, "doppelt": 2, "doppeltes": 2, "zweimal": 2, "zwei": 2, "dreimal": 3}
_SIGNS = {"bindestrich": "-", "strich": "-", "minus": "-", "apostroph": "'"}
_SILENT = {
    "großes", "großer", "groß", "gross", "kleines", "kleiner", "klein", "dann", "und", "äh", "ähm", "also",
    "jetzt",
}  # fmt: skip
_FEWEST = 3  # single letters in a row that are a spelling, not an abbreviation
_FEWEST_AS_WORDS = 4  # "Anton Paula Otto" may be somebody's name


@dataclass(frozen=True)
class Spelling:
    """A spelled word: its letters in lower case, the words `first` up to without `end`, whether one was not heard."""

    letters: str
    first: int
    end: int
    gap: bool = False


@cache
def _names() -> dict[str, str]:
    """How single letters are called; the letters themselves first."""
    return {letter: letter for letter in "abcdefghijklmnopqrstuvwxyzäöüß"} | vocabulary()["letters"]["names"]


@cache
def _words() -> dict[str, str]:
    return dict(vocabulary()["letters"]["words"])


def spellings_in(words: Sequence[str], *, asked: bool = False) -> list[Spelling]:
    """The spelled stretches of an utterance. `asked`: it was asked to spell, so even one letter is one."""
    found: list[Spelling] = []
    at = 0
    while at < len(words):
        run = _run(words, at)
        if run and _is_spelling(words, run, asked=asked):
            found.append(run)
            at = run.end
        else:
            at += 1
    return found


def _is_spelling(words: Sequence[str], run: Spelling, *, asked: bool) -> bool:
    said = list(words[run.first : run.end])
    if asked or "wie" in said:
        return True
    single = sum(len(word) == 1 for word in said)
    known = sum(word in _names() or word in _words() for word in said)
    if single >= _FEWEST or (single and set(said) & _DOUBLED.keys()):
        return True
    return known >= (_FEWEST if single else _FEWEST_AS_WORDS)


def _run(words: Sequence[str], first: int) -> Spelling | None:
    """The longest stretch of letters that begins here."""
    letters, at, gap, times = "", first, False, 1
    end = first
    while at < len(words):
        word = words[at].lower()
        if word in _DOUBLED and _letter(words, at + 1):
            times, at = _DOUBLED[word], at + 1
            continue
        step = _letter(words, at)
        if step:
            letter, length = step
            letters, at, times = letters + letter * times, at + length, 1
            end = at
        elif letters and word == UNKNOWN and _letter(words, at + 1):
            gap, at = True, at + 1
        elif letters and (word in _SIGNS and _letter(words, at + 1)):
            letters, at = letters + _SIGNS[word], at + 1
        elif letters and word in _SILENT and _goes_on(words, at + 1):
            at += 1
        else:
            break
    return Spelling(letters, first, end, gap) if letters else None


def _goes_on(words: Sequence[str], at: int) -> bool:
    return at < len(words) and bool(_letter(words, at) or words[at].lower() in _DOUBLED)


def _letter(words: Sequence[str], at: int) -> tuple[str, int] | None:
    """The letter that begins at a word, and how many words it takes."""
    if at >= len(words):
        return None
    word = words[at].lower()
    following = [other.lower() for other in words[at + 1 : at + 3]]
    if word in ("scharfes", "scharfe") and following[:1] and following[0] in ("s", "es", "ess"):
        return "ß", 2
    if word == "umlaut" and following[:1]:
        inner = _letter(words, at + 1)
        return (_UMLAUTS.get(inner[0], inner[0]), 1 + inner[1]) if inner else None
    if len(following) == 2 and following[0] == "wie" and word != "wie":
        return _as_in(word, following[1])
    letter = _names().get(word) or _words().get(word)
    if letter is None:
        return None
    if following[:1] == ["umlaut"] and letter in _UMLAUTS and not (len(following) > 1 and following[1] in _UMLAUTS):
        return _UMLAUTS[letter], 2
    return letter, 1


def _as_in(said: str, example: str) -> tuple[str, int] | None:
    """ "M wie Martha": the word is heard more surely than the letter before it."""
    letter = _names().get(said)
    known = _words().get(example)
    if known and (letter is None or not known.startswith(letter) or len(known) == 1):
        return known, 3
    if letter and example.startswith(letter):
        return letter, 3
    if letter is None and said not in ("sch", "ch", UNKNOWN):
        return None
    return (said, 3) if said in ("sch", "ch") else (example[0], 3)

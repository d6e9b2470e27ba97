"""Sentences callers might say, put together from `texts/patterns.yml`, `texts/words.yml` and `texts/names.yml`.

A pattern's `{slot}` is filled from a list of words of that name or by a maker of this module (numbers, dates, times,
money, names, letters). Everything comes out as the recogniser writes it: lower case, numbers as words, no marks.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeVar

import yaml

from voice.training import TEXTS
from voice.training.inflection import Verb, adjective_forms
from voice.training.numerals import (
    DIGITS,
    MONTHS,
    ONES,
    WEEKDAYS,
    below_hundred,
    cardinal,
    clock,
    letters,
    money,
    ordinal,
    year,
)

T = TypeVar("T")

_SLOT = re.compile(r"\{(\w+)\}")
_LETTERS = [*"abcdefghijklmnopqrstuvwxyzäöü", "eszett"]
_STEPS = ("viertel", "viertel", "fünf", "zehn", "zwanzig", "kurz")
_RELATIVE_TIMES = [
    *(f"{start} " for start in ("halb", "viertel", "dreiviertel")),
    *(f"{step} {side} " for step in _STEPS for side in ("vor", "nach")),
    "fünf vor halb ",
    "fünf nach halb ",
]
_ROUND_SUMS = (5, 10, 20, 50, 100, 150, 200, 250, 300, 400, 450, 500, 556, 563, 600, 650, 700, 800, 1000, 1200, 1500)


@dataclass(frozen=True)
class Kind:
    """Patterns of one kind and how often the kind is drawn."""

    weight: float
    patterns: tuple[str, ...]


def read_lists(*names: str) -> dict[str, list[str]]:
    """Word lists by slot: a YAML list of items, or one text of words that are an item each."""
    lists: dict[str, list[str]] = {}
    for name in names:
        content: Mapping[str, str | list[str] | dict[str, object]] = yaml.safe_load(
            (TEXTS / name).read_text(encoding="utf-8")
        )
        for slot, items in content.items():
            if isinstance(items, dict):  # patterns
                continue
            lists[slot] = (
                [item.replace("_", " ") for item in items.split()]
                if isinstance(items, str)
                else [str(item) for item in items]
            )
    return lists


def read_patterns(path: Path = TEXTS / "patterns.yml") -> dict[str, Kind]:
    """Kinds of sentences by name."""
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    return {
        name: Kind(float(kind["weight"]), tuple(kind["patterns"]))
        for name, kind in content.items()
        if isinstance(kind, dict)
    }


class Sentences:
    """Draws sentences; two with the same seed draw the same ones."""

    def __init__(self, seed: int, places: Mapping[str, Sequence[str]] | None = None) -> None:
        """`places`: more items for slots (`city`, `street`, …), such as the tenants' own."""
        self.random = random.Random(seed)  # noqa: S311 - no secret, a reproducible draw
        self.kinds = read_patterns()
        self.lists = read_lists("words.yml", "names.yml", "everyday.yml")
        self.lists["talk"] = read_lists("talk.yml")["sentences"]
        self.verbs = [Verb.read(note) for note in self.lists.pop("verbs")]
        self._simple_verbs = [verb for verb in self.verbs if not verb.prefix]
        self.lists["adjective_word"] = self.lists.pop("adjectives")
        for slot, items in (places or {}).items():
            self.lists[slot] = [*self.lists.get(slot, []), *(list(items) * 3)]
        self._names = list(self.kinds)
        self._weights = [kind.weight for kind in self.kinds.values()]
        self._makers: dict[str, Callable[[], str]] = {
            "sentence": self.sentence,
            "nominative": partial(self._phrase, "der mein ein dieser ihr", "die meine eine diese ihre"),
            "accusative": partial(
                self._phrase, "den meinen einen diesen ihren keinen", "die meine eine diese ihre keine"
            ),
            "dative": partial(self._phrase, "dem meinem einem ihrem", "der meiner einer ihrer"),
            "everyday_nominative": partial(
                self._phrase, "der mein ein dieser", "die meine eine diese", "noun_everyday"
            ),
            "everyday_accusative": partial(
                self._phrase, "den meinen einen diesen keinen", "die meine eine diese keine", "noun_everyday"
            ),
            "everyday_dative": partial(self._phrase, "dem meinem einem", "der meiner einer", "noun_everyday"),
            "everyday_plural": lambda: self._one(self.lists["noun_everyday_p"]),
            "verb_i": lambda: self._simple_verb().i,
            "verb_he": lambda: self._simple_verb().he,
            "verb_infinitive": lambda: self._one(self.verbs).full_infinitive,
            "verb_participle": lambda: self._one(self.verbs).full_participle,
            "verb_to": lambda: self._one(self.verbs).to,
            "weekday": partial(self._one, WEEKDAYS),
            "month": partial(self._one, MONTHS),
            "letter": partial(self._one, _LETTERS),
            "time": self.time,
            "day": self.day,
            "day_of_month": self.day_of_month,
            "date": self.date,
            "year": self.year,
            "digit": partial(self.digits, 1),
            "digits": self.digits,
            "pairs": self.pairs,
            "postcode": partial(self.digits, 5),
            "phone": self.phone,
            "number": lambda: self._number(self._one([30, 99, 999, 9999])),
            "number_two": lambda: self._number(99, 2),
            "number_small": lambda: self._number(12, 2),
            "money": self.money,
            "spelling": self.spelling,
            "name": self.name,
            "email": self.email,
        }

    def vocabulary(self) -> set[str]:
        """Every word of the lists, with the forms of the verbs and adjectives."""
        words = {word for items in self.lists.values() for item in items for word in _SLOT.sub(" ", item).split()}
        for verb in self.verbs:
            words |= verb.words()
        for adjective in self.lists["adjective_word"]:
            words |= adjective_forms(adjective)
        return words | {
            word for kind in self.kinds.values() for line in kind.patterns for word in _SLOT.sub(" ", line).split()
        }

    def _one(self, items: Sequence[T]) -> T:
        return items[int(self.random.random() * len(items))]

    def sentence(self, kind: str | None = None) -> str:
        """A sentence of one kind, or of any."""
        chosen = kind or self.random.choices(self._names, self._weights)[0]
        return self.fill(self._one(self.kinds[chosen].patterns))

    def answer(self) -> str:
        """A short answer to a question of the telephone."""
        return self.sentence("answer")

    def fill(self, pattern: str) -> str:
        """A pattern with all its slots filled."""
        while "{" in pattern:
            pattern = _SLOT.sub(lambda match: self._slot(match[1]), pattern)
        return " ".join(pattern.split())

    def _slot(self, name: str) -> str:
        maker = self._makers.get(name)
        return maker() if maker else self._one(self.lists[name])

    def _simple_verb(self) -> Verb:
        return self._one(self._simple_verbs)

    def _phrase(self, masculine: str, feminine: str, nouns: str = "noun") -> str:
        kind = self._one("mfnp")
        noun = self._one(self.lists[f"{nouns}_{kind}"])
        if kind == "m":
            return f"{self._one(masculine.split())} {noun}"
        if kind == "f":
            return f"{self._one(feminine.split())} {noun}"
        if kind == "n":
            neuter = masculine.split() if "dem" in masculine else ["das", "mein", "ein", "dieses", "ihr", "kein"]
            return f"{self._one(neuter)} {noun}"
        plural = (
            ["den", "meinen", "diesen", "ihren"]
            if "dem" in masculine
            else ["die", "meine", "diese", "keine", "ihre", "alle"]
        )
        return f"{self._one(plural)} {noun}"

    def _number(self, most: int, least: int = 0) -> str:
        return " ".join(cardinal(self.random.randint(least, most), bare=self.random.random() < 0.5))

    def time(self) -> str:
        """A time of day, by the clock or as people say it."""
        hour = self._one([*range(7, 19), *range(7, 19), *range(24)])
        draw = self.random.random()
        if draw < 0.25:
            return " ".join(clock(hour))
        if draw < 0.6:
            minute = self._one([5, 10, 15, 15, 20, 25, 30, 30, 30, 40, 45, 45, 50, 55, self.random.randint(1, 59)])
            return " ".join(clock(hour, minute))
        return self._one(_RELATIVE_TIMES) + ONES[self.random.randint(1, 12)]

    def day_of_month(self) -> str:
        """`dritten dezember`, `dritter zwölfter`."""
        ending = self._one(["en", "en", "er", "e"])
        month = self._one(MONTHS) if self.random.random() < 0.7 else ordinal(self.random.randint(1, 12), ending)
        return f"{ordinal(self.random.randint(1, 31), ending)} {month}"

    def date(self) -> str:
        """A day of a month with what stands before it, at times with the year."""
        before = self._one(["am", "den", "der", "zum", "vom", "bis zum", "ab dem", "seit dem", "", ""])
        after = self.year() if self.random.random() < 0.3 else ""
        return f"{before} {self.day_of_month()} {after}"

    def day(self) -> str:
        """A day: a date, a weekday or a word for it."""
        draw = self.random.random()
        if draw < 0.3:
            return self.date()
        weekday = self._one(WEEKDAYS)
        if draw < 0.5:
            return f"am {weekday}"
        if draw < 0.6:
            return f"am {weekday} dem {self.day_of_month()}"
        if draw < 0.75:
            return f"{self._one(['nächsten', 'diesen', 'kommenden', 'nächste woche'])} {weekday}"
        if draw < 0.9:
            return self._one(self.lists["when_future"])
        start = self._one(["morgen", "heute", "übermorgen", f"am {weekday}"])
        return f"{start} {self._one(self.lists['part_of_day_bare'])}"

    def year(self) -> str:
        """A year between 1940 and 2035."""
        draw = self.random.random()
        if draw < 0.1:
            return below_hundred(self.random.randint(40, 99))
        return " ".join(year(self.random.randint(2020, 2035) if draw < 0.5 else self.random.randint(1940, 2019)))

    def digits(self, count: int = 0) -> str:
        """One digit after another, at times `zwo`."""
        spoken = [self._one(DIGITS) for _ in range(count or self.random.randint(1, 10))]
        return " ".join("zwo" if digit == "zwei" and self.random.random() < 0.2 else digit for digit in spoken)

    def pairs(self) -> str:
        """Numbers said in groups, as many say telephone and customer numbers."""
        tops = [99, 99, 9, 999]
        return " ".join(self._number(self._one(tops)) for _ in range(self.random.randint(1, 5)))

    def phone(self) -> str:
        """A telephone number: digits, with groups of two at times."""
        start = self._one(
            [
                "null eins fünf",
                "null eins sechs",
                "null eins sieben",
                "null drei",
                "null vier",
                "null sechs neun",
                "null",
            ]
        )
        if self.random.random() < 0.6:
            return f"{start} {self.digits(self.random.randint(5, 9))}"
        groups = [below_hundred(self.random.randint(10, 99)) for _ in range(self.random.randint(3, 5))]
        return f"{start} {self._one(DIGITS)} {' '.join(groups)}"

    def money(self) -> str:
        """A sum in euros, with cents or how often it is paid at times."""
        draw = self.random.random()
        euros = self._one(_ROUND_SUMS) if draw < 0.4 else self.random.randint(1, 999 if draw < 0.8 else 2500)
        cents = self.random.randint(1, 99) if self.random.random() < 0.2 else 0
        after = (
            self._one(["im monat", "monatlich", "pro monat", "netto", "brutto", "warm", "kalt", "*"])
            if self.random.random() < 0.3
            else ""
        )
        return " ".join([*money(euros, cents), after.strip("*")])

    def spelling(self) -> str:
        """A word spelt with letters, with a spelling alphabet, or with both."""
        draw = self.random.random()
        words = self.lists["spelling_word"]
        if draw < 0.25:
            return " ".join(self._one(_LETTERS) for _ in range(self.random.randint(1, 7)))
        if draw < 0.5:
            return " ".join(self._one(words) for _ in range(self.random.randint(1, 6)))
        if draw < 0.7:
            return " ".join(f"{self._one(_LETTERS)} wie {self._one(words)}" for _ in range(self.random.randint(1, 4)))
        name = self._one(self.lists["last_name"] + self.lists["first_name"])
        if draw < 0.85:
            return " ".join(letters(name))
        start = {word[0]: word for word in self.random.sample(words, len(words))}
        return f"{name} wie {' '.join(start.get(letter, letter) for letter in letters(name))}"

    def name(self) -> str:
        """A person's name as it is given on the telephone."""
        first, last = self._one(self.lists["first_name"]), self._one(self.lists["last_name"])
        return self._one([f"{first} {last}", f"{first} {last}", f"frau {last}", f"herr {last}", last, first])

    def email(self) -> str:
        """An address as it is said: `anna punkt weber at gmx punkt de`."""
        first, last = self._one(self.lists["first_name"]), self._one(self.lists["last_name"])
        joint = self._one(["punkt", "minus", "unterstrich", "", "bindestrich"])
        number = self._number(99) if self.random.random() < 0.3 else ""
        host = self._one(self.lists["mail_host"])
        sign = self._one(["at", "at", "ät", "klammeraffe"])
        return f"{first} {joint} {last} {number} {sign} {host} punkt {self._one(['de', 'de', 'com', 'net'])}"

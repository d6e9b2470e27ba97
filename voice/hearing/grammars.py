"""The phrases that a question lets the recogniser hear, always with the mark for "something else".

Vosk makes a bigram with back-off of them, no strict grammar: "elf vier" passes, so what was heard is read afterwards
(expectations.py). Only small closed things have one; phrases a model does not know are left out by the recogniser.
The unknown word is what rejects other speech (0 % without it, 96 to 100 % with it on the prototype), not confidence.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import yaml
from num2words import num2words

from voice.hearing.heard import Expectation
from voice.hearing.parse.vocabulary import UNKNOWN, vocabulary
from voice.hearing.tenant_words import TenantWords

_OFFICE_HOURS = range(7, 20)
_STEP_MINUTES = 5


def grammar_for(
    expectation: Expectation, tenant: TenantWords | None = None, *, spelling: bool = False
) -> list[str] | None:
    """The phrases for an open question, or None for free speech.

    `spelling`: the caller was asked to spell. The recogniser listens without the grammar as well: what is said beside
    the expected answers (an e-mail address, an emergency) is read from that text.
    """
    phrases = _letters() if spelling else _phrases(expectation.kind, tenant or TenantWords())
    return [*dict.fromkeys((*phrases, *listed()["commands"])), UNKNOWN] if phrases else None


def _phrases(kind: str, tenant: TenantWords) -> tuple[str, ...]:
    lists = listed()
    if kind == "yes_no":
        return lists["yes_no"]
    if kind == "code":
        return _digits()
    if kind == "phone":
        return (*_digits(), *lists["phone"])
    if kind == "date_time":
        return _times()
    if kind == "contact":
        return (*_digits(), *lists["phone"], *lists["mail"])
    if kind == "site" and tenant.sites:
        anywhere = vocabulary()["choices"]["anywhere"]
        return (*tenant.site_phrases(), *lists["digits"], *anywhere, *lists["site"])
    return ()


@cache
def listed() -> dict[str, tuple[str, ...]]:
    """grammars.yml as it is written."""
    read = yaml.safe_load(Path(__file__).with_name("grammars.yml").read_text(encoding="utf-8"))
    return {name: tuple(phrases) for name, phrases in read.items()}


@cache
def _number(value: int) -> str:
    return str(num2words(value, lang="de"))


@cache
def _digits() -> tuple[str, ...]:
    """Digits, groups of two, doubled digits."""
    digits = listed()["digits"]
    return (*digits, *(f"doppel {digit}" for digit in digits), *map(_number, range(10, 100)), "nein", "ja")


@cache
def _letters() -> tuple[str, ...]:
    words = vocabulary()["letters"]["words"]
    like = (f"{letter[0]} wie {word}" for word, letter in words.items())
    return (
        *"abcdefghijklmnopqrstuvwxyzäöü",
        *(f"doppel {letter}" for letter in "bdfglmnprstz"),
        *words,
        *like,
        *listed()["letters"],
    )


@cache
def _times() -> tuple[str, ...]:
    lists = listed()
    ordinals = [str(num2words(day, lang="de", to="ordinal")) for day in range(1, 32)]
    weekdays = (
        f"{before}{day}"
        for day in lists["weekdays"]
        for before in ("", *(f"{said} " for said in lists["before_weekdays"]))
    )
    alone = (
        f"{before}{ending}"
        for day in ordinals
        for before, ending in ((f"am {day}", "n"), (f"den {day}", "n"), (f"der {day}", ""))
    )
    dates = (f"{day}{ending} {month}" for day in ordinals for month in lists["months"] for ending in ("n", "r"))
    numeric = (f"{day}n {month}n" for day in ordinals for month in ordinals[:12])
    clock = (f"{_hour(hour)} uhr" for hour in range(24))
    steps = range(_STEP_MINUTES, 60, _STEP_MINUTES)
    minutes = (f"{_hour(hour)} uhr {_number(minute)}" for hour in _OFFICE_HOURS for minute in steps)
    spoken = (f"{part} {_number(hour)}" for part in lists["parts_of_an_hour"] for hour in range(1, 13))
    bare = (f"{before} {_number(hour)}" for before in lists["before_hours"] for hour in range(1, 20))
    numbers = map(_number, range(60))
    return (
        *weekdays,
        *lists["days"],
        *lists["times"],
        *clock,
        *minutes,
        *spoken,
        *bare,
        *alone,
        *dates,
        *numeric,
        *numbers,
    )


def _hour(hour: int) -> str:
    return "ein" if hour == 1 else _number(hour)

"""Phrases that are an emergency wherever they stand: read from `urgent_phrases.yml`, matched without any model."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import yaml

from bot.nlu.plain_text import plain

FILE = Path(__file__).with_suffix(".yml")
# A longer text is a story; what is urgent stands in its first lines or comes up again.
LONGEST = 2000


@dataclass(frozen=True)
class Emergency:
    """One kind of emergency: the phrases that say it, and those that show it is only a question about rules."""

    name: str
    phrases: tuple[re.Pattern[str], ...]
    unless: tuple[re.Pattern[str], ...]

    def matches(self, said: str) -> bool:
        return any(p.search(said) for p in self.phrases) and not any(p.search(said) for p in self.unless)


@lru_cache(maxsize=1)
def emergencies() -> tuple[Emergency, ...]:
    """All kinds, in the order of the file."""
    written = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    return tuple(
        Emergency(
            name,
            tuple(re.compile(phrase) for phrase in entry["any"]),
            tuple(re.compile(phrase) for phrase in entry.get("not", [])),
        )
        for name, entry in written.items()
    )


def emergency_in(text: str) -> str | None:
    """The emergency that a text names, if any; the order of the file decides between two."""
    said = plain(text[:LONGEST])
    return next((emergency.name for emergency in emergencies() if emergency.matches(said)), None)

"""Reads `spoken_forms.yml`: how written short forms are said."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

import yaml

FILE = Path(__file__).with_name("spoken_forms.yml")

Gender = Literal["m", "f", "n"]


@dataclass(frozen=True)
class Forms:
    """The tables of the file; `genders` by noun."""

    abbreviations: dict[str, str]
    before_numbers: dict[str, str]
    words: dict[str, str]
    units: dict[str, str]
    symbols: dict[str, str]
    genders: dict[str, Gender]
    alphabet: dict[str, str]


@cache
def forms() -> Forms:
    """The tables, read once."""
    tables = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    genders = {noun: gender for gender, nouns in tables.pop("genders").items() for noun in nouns}
    return Forms(**tables, genders=genders)

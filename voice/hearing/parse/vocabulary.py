"""The lists in words.yml, and the one spelling in which words are compared."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import yaml

UNKNOWN = "[unk]"
_SPELT = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"})


def folded(text: str) -> str:
    """Lower case, ä, ö, ü, ß as ae, oe, ue, ss: "dreißig" and "dreissig" are one word."""
    return text.lower().translate(_SPELT)


@cache
def vocabulary() -> dict[str, Any]:
    """words.yml as it is written."""
    read: dict[str, Any] = yaml.safe_load(Path(__file__).parents[1].joinpath("words.yml").read_text(encoding="utf-8"))
    return read


@cache
def alternatives(name: str, within: str) -> str:
    """The expressions of words.yml that stand between bars, as one regular expression; folded."""
    written: str = vocabulary()[within][name]
    return "|".join(part.strip() for part in written.split("|"))


@cache
def listed(name: str, within: str = "") -> frozenset[str]:
    """A list of words.yml, folded; `within` names the section it stands in."""
    found = (vocabulary()[within] if within else vocabulary())[name]
    return frozenset(folded(word) for word in (found.split() if isinstance(found, str) else found))

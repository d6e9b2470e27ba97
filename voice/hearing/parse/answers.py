"""Yes, no, and commands to the telephone itself."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from typing import cast, get_args

from voice.hearing.heard import Command
from voice.hearing.parse.vocabulary import UNKNOWN, folded, listed, vocabulary

_LONGEST_FAREWELL = 14
_FAREWELL = re.compile(r"\b(auf wieder ?hoeren|auf wieder ?sehen|tschuess)$")
_LONGEST = 9


def says(words: Sequence[str]) -> str | None:
    """ "yes", "no", "both" where both were said, None where something else (or more) was said."""
    said = [folded(word) for word in words if word != UNKNOWN]
    text = " ".join(said)
    for phrase in vocabulary()["no_phrases"]:
        text = re.sub(rf"\b{phrase}\b", "nein", text)
    said = text.split()
    agrees, refuses = listed("yes"), listed("no")
    known = agrees | refuses | listed("yes_fillers") | listed("no_fillers")
    if not said or any(word not in known for word in said):
        return "yes" if " ".join(said) in ("in ordnung", "auf jeden fall") else None
    strong_yes, strong_no = {"ja", "jo", "jawohl", "doch"}, {"nein", "nee", "noe"}
    no = any(word in refuses for word in said)
    yes = any(word in agrees for word in said)
    if no and set(said) & strong_yes and set(said) & strong_no:
        return "both"
    if said in (["nicht", "falsch"], ["das", "ist", "nicht", "falsch"]):
        return "yes"
    if no:
        return "both" if "ja" in said and not set(said) & strong_no and said[0] != "ja" else "no"
    if yes or text in ("in ordnung", "auf jeden fall", "das ist in ordnung", "sehr gut", "ist in ordnung"):
        return "yes"
    return None


@cache
def _patterns() -> dict[Command, re.Pattern[str]]:
    found: dict[str, list[str]] = vocabulary()["commands"]
    return {
        cast(Command, name): re.compile("|".join(f"(?:{pattern})" for pattern in found[name]))
        for name in get_args(Command)
        if name in found
    }


def says_goodbye(said: Sequence[str]) -> bool:
    """Whether an utterance that is not long ends with a farewell: "ich habe mich verwählt, auf Wiederhören"."""
    return 2 <= len(said) <= _LONGEST_FAREWELL and _FAREWELL.search(" ".join(said)) is not None


def command_in(words: Sequence[str]) -> Command | None:
    """The command that an utterance is, as a whole; None where it is anything more.

    Beside something that was not understood only the wish for a person counts: the rest might be an emergency.
    """
    said = [folded(word) for word in words if word != UNKNOWN]
    unclear = len(said) < len(words)
    said = re.sub(r"\bnoch ?(?:ein ?)?mal\b", "nochmal", " ".join(said)).split()
    if says_goodbye(said) and not unclear:
        return "end"
    if not said or len(said) > _LONGEST:
        return None
    polite = listed("polite")
    short = [word for word in said if word not in polite]
    wishes = polite | listed("wishes")
    shortest = [word for word in said if word not in wishes]
    if said == ["wie", "bitte"]:
        return "repeat"
    before = set(vocabulary()["wishes_before"])
    for command, pattern in _patterns().items():
        if unclear and command != "person":
            continue
        candidates = [short, shortest] if command in before else [short]
        if any(candidate and pattern.fullmatch(" ".join(candidate)) for candidate in candidates):
            return command
    return None

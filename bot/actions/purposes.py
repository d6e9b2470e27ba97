"""What somebody comes for and where to: compared with the tenant's own lists, so no district stands in code."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml
from rapidfuzz import fuzz

from bot.actions.contacts import without_contact
from bot.nlu.plain_text import plain, words


@lru_cache(maxsize=1)
def _service_words() -> dict[str, list[str]]:
    written: dict[str, list[str]] = yaml.safe_load(
        Path(__file__).parents[1].joinpath("service_words.yml").read_text("utf-8")
    )
    return {service: [plain(word) for word in said] for service, said in written.items()}


def services_in(text: str, services: Sequence[dict[str, Any]]) -> list[str]:
    """The ids of the services that a text can mean, the likeliest first; several where they are about as likely."""
    said = plain(text)
    said_words = words(text)
    scores: dict[str, int] = {}
    for service in services:
        score = 0
        if plain(service["name"]) in said or service["id"] in said:
            score += NAMED
        for phrase in _service_words().get(service["id"], ()):
            if " " in phrase:
                score += 4 * (phrase in said)
            else:
                score += 3 * any(_same_word(phrase, word) for word in said_words)
        own = {word for word in words(f"{service['name']} {service['description']}") if len(word) > 5} - _EVERYDAY
        score += sum(any(_same_word(word, other) for other in said_words) for word in own)
        if score:
            scores[service["id"]] = score
    if not scores:
        return []
    best = max(scores.values())
    ranked = sorted(scores, key=lambda service: -scores[service])
    # one word more in a long story decides nothing: then it is asked, with these first
    return [service for service in ranked if scores[service] == best or _in_a_story(said_words, scores[service], best)]


def _in_a_story(said: Sequence[str], score: int, best: int) -> bool:
    return len(said) >= STORY and best < NAMED and score >= best / 2


# From so many words on, the words of several services stand beside each other by chance.
STORY = 25
# A service that is called by its name is meant.
NAMED = 10


_WORKS = re.compile(r"arbeite(?:t|st|te|ten|test)?|arbeitstag(?:e|en)?|gearbeitet")
_EVERYDAY = frozenset(words("stellen sprechen haben fragen geben lassen beratung gespraech hilfe kinder"))


def _same_word(stem: str, word: str) -> bool:
    """Compounds and endings count ("Mietvertrag" for "miete"), slips too in longer words."""
    if _WORKS.fullmatch(word):  # "mein Mann arbeitet Schicht" is no wish to talk about work
        return False
    if word.startswith(stem) or (len(stem) > 5 and stem in word):
        return True
    return len(stem) > 6 and abs(len(stem) - len(word)) <= 2 and fuzz.ratio(stem, word) >= 86


ANY_SITE = "any"
_ANYWHERE = re.compile(
    r"\b(egal (?:wo|welche[rsn]? (?:ort|stelle|standort))|(?:ort|standort|stelle) (?:ist )?egal|irgendwo|ueberall)\b"
)
_DOES_NOT_MATTER = re.compile(r"\b(egal|beide|alle|wo am schnellsten|die naechste|schnellste|frueheste)\b")
_NOT_A_PLACE = frozenset(
    words("jobcenter aussenstelle stelle am see im der die das an bei amt haus buero agentur service center")
)


def site_in(text: str, sites: Sequence[dict[str, Any]], *, asked: bool = False) -> str | None:
    """Return the id of the site a text names (by place, street or its postcode), or ANY_SITE where it does not matter.

    Other postcodes and quarters are known to the hub alone (GET /offices).
    """
    said = words(text)
    for site in sites:
        if str(site.get("postcode", "")) in said:
            return str(site["id"])
    found = []
    for site in sites:
        # the town stands in the name and after the postcode; the street is said by those who know the house
        keys = set(words(f"{site['name']} {site['id']} {str(site['address']).split(',')[0]}")) - _NOT_A_PLACE
        keys = {key for key in keys if len(key) > 3}
        if any(fuzz.ratio(key, word) >= 88 for key in keys for word in said if len(word) > 3):
            found.append(str(site["id"]))
    if len(found) == 1:
        return found[0]
    if not found and (_ANYWHERE.search(plain(text)) or (asked and _DOES_NOT_MATTER.search(plain(text)))):
        return ANY_SITE
    return None


# A clause ends at a full stop, not after the number of a date.
_CLAUSE = r"(?:[^.;!?\n]|(?<=\d)\.){3,200}"
_WEEKDAYS = "(?:mon|diens|donners|frei|sams|sonn)tags?|mittwochs?"
# What is read as a detail anyway is no part of the concern: who somebody is, how to reach them, when.
_WHO = re.compile(
    r"[,\s]\s*(?:mein name|ich hei|ich bin|meine (?:nummer|mail))\b.*|,\s*(?:am|um|termin|gern|bitte)\b.*", re.I | re.S
)
_WHEN = re.compile(
    r"(?<!vom)(?<!zum)(?<!seit)(?<!bis)[,\s]\s*(?:(?:am|um|ab|gegen|für|den) )?(?:den )?"
    rf"(?:\d{{1,2}}\. ?\d{{1,2}}|\d{{1,2}}(?::\d\d)? ?uhr|{_WEEKDAYS}|(?:ü|ue)bermorgen|morgen|heute"
    r"|(?:nächste|kommende)[nrs]? (?:woche|tage)|halb \w+|viertel \w+)\b.*",
    re.I | re.S,
)
# "weil ich am Montag krank war": the day belongs to the clause.
_OPEN_CLAUSE = re.compile(r"^weil\b|\b(?:ich|wir|er|sie|es|man|mich|mir|uns|sich)$", re.I)


def concern_in(text: str, sites: Sequence[dict[str, Any]] = ()) -> str | None:
    """What it is about, in the citizen's own words: from "wegen" or "es geht um" to where days, place or name begin."""
    found = re.search(rf"\b(?:wegen|weil|es geht (?:doch )?um|betrifft|bezüglich|thema:?)\s+{_CLAUSE}", text, re.I)
    if not found:
        return None
    said = _WHO.sub("", found[0].strip(" ,."))
    before_day = _WHEN.sub("", said)
    said = without_contact(said if _OPEN_CLAUSE.search(before_day) else before_day)
    kept = said.split()
    for number in range(2, len(kept)):
        if kept[number - 1].lower() in ("in", "nach") and site_in(kept[number], sites):
            kept = kept[: number - 1]
            break
    said = " ".join(kept).strip(" ,.")
    return said[:1].upper() + said[1:200] if len(kept) > 1 else None

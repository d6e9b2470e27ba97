"""Which place, way, concern or form a citizen's words mean. Pure: words come in, ids come out.

No import of ours, so that the small hub of the dialogue's tests matches as this one does.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml
from rapidfuzz import fuzz

# Of two spellings of a place: an answer to "where do you live?" may be farther off than a word within a sentence.
ALIKE_ALONE = 78  # rapidfuzz ratio; "Beispilhaim" for "Beispielheim" is 86, "Altstadt" for "Neustadt" 62
ALIKE_WITHIN = 86
ALONE_WORDS = 3  # an answer, beside "in", "aus", "ich", "wohne"
SHORTEST_MISSPELT = 6  # letters; shorter names must be written right
POSTCODE_DIGITS = 5
SHORT_WORD = 4  # letters; a word so short counts only by itself
ALIKE_WORDS = 88
SHORTEST_WITHIN = 6  # letters a word needs to be found inside a compound

_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"})
_DIGITS = {
    "null": "0", "ein": "1", "eins": "1", "zwei": "2", "zwo": "2", "drei": "3", "vier": "4", "fuenf": "5",
    "sechs": "6", "sieben": "7", "acht": "8", "neun": "9",
}  # fmt: skip
_SPOKEN_POSTCODE = re.compile(rf"\b(?:{'|'.join(_DIGITS)})(?:[ ,]+(?:{'|'.join(_DIGITS)})){{4,}}\b")
_POSTCODE = re.compile(r"(?<!\d)(?<!\d[ .,/-])(?:\d{5}|\d(?: \d){4})(?![ .,/-]?\d)(?!\s*(?:euro|eur|€))")
_ABOUT_A_PLACE = frozenset(
    ["in", "aus", "bei", "im", "ich", "wohne", "komme", "lebe", "plz", "postleitzahl", "die", "der", "das", "ist",
     "und"]
)  # fmt: skip
_NOT_A_PLACE = frozenset(
    ["jobcenter", "job", "center", "aussenstelle", "stelle", "am", "an", "im", "in", "see", "der", "die", "das", "bei",
     "amt", "haus", "buero", "agentur", "service", "standort", "nebenstelle"]
)  # fmt: skip
_AGE_WORDS = {
    word: 15 + number
    for number, word in enumerate(
        ("fuenfzehn", "sechzehn", "siebzehn", "achtzehn", "neunzehn", "zwanzig", "einundzwanzig", "zweiundzwanzig",
         "dreiundzwanzig", "vierundzwanzig")
    )
}  # fmt: skip
_AGE = re.compile(
    rf"\b(?:bin|ist|werde|wird|mit)\s+(?:(?:erst|gerade|schon|noch|jetzt|erst mal)\s+)?"
    rf"(\d{{1,3}}|{'|'.join(_AGE_WORDS)})(?:\s*(?:jahre?|j\.?)(?:\s+alt)?)?"
    r"(?=\s*(?:$|[,.;!?]|(?:und|oder|wer|wo|wohin|welche[rs]?|wohne|suche|aus)\b))"
)


@dataclass(frozen=True)
class SiteWords:
    """A site by its postcodes and the names of the places it is there for, its own name among them."""

    id: str
    postcodes: Sequence[str]
    names: Sequence[str]


@dataclass(frozen=True)
class FoundPlace:
    """A place as it is called, with the site for it; `site` is None where another job centre is responsible."""

    name: str
    site: str | None


@lru_cache(maxsize=1)
def words_of() -> Mapping[str, Any]:
    """The common words: `routes` by kind, `concerns` by topic, `forms` by id, `cities`."""
    found: dict[str, Any] = yaml.safe_load(Path(__file__).with_name("words.yml").read_text("utf-8"))
    return found


def plain(text: str) -> str:
    """One spelling for comparing: lower case, umlauts spelt out, no accents, single spaces."""
    spelt = unicodedata.normalize("NFKC", text).lower().translate(_UMLAUTS)
    bare = "".join(sign for sign in unicodedata.normalize("NFKD", spelt) if not unicodedata.combining(sign))
    return re.sub(r"\s+", " ", bare).strip()


def words(text: str) -> list[str]:
    """The words of a text in that spelling, without signs."""
    return re.findall(r"[a-z0-9]+", plain(text))


def names_of_site(site: Mapping[str, Any]) -> list[str]:
    """The names that lead to a site: its places, the town of its address, its own name without "Außenstelle"."""
    town = re.sub(r"^[\d ]+", "", str(site["address"]).rpartition(",")[2].strip())
    own = " ".join(word for word in str(site["name"]).split() if plain(word) not in _NOT_A_PLACE)
    return list(dict.fromkeys(name for name in (*site.get("places", ()), town, own, site["id"]) if name))


def postcode_in(text: str) -> str | None:
    """A postcode in a text: "99011", "9 9 0 1 1", "neun neun null eins eins"; never a part of a longer number."""
    said = plain(text)
    spoken = _SPOKEN_POSTCODE.search(said)
    if spoken and len(said_digits := re.findall(r"[a-z]+", spoken[0])) == POSTCODE_DIGITS:
        return "".join(_DIGITS[word] for word in said_digits)
    written = _POSTCODE.search(said)
    return re.sub(r"\D", "", written[0]) if written else None


def place_in(
    text: str, sites: Sequence[SiteWords], *, postcodes: Sequence[str] = (), outside: Sequence[str] = ()
) -> FoundPlace | None:
    """The place a text names, by postcode, name or misspelt name; None where it names none that is known.

    A name that nobody knows may be a quarter or a slip: only a postcode, a place the tenant names as its neighbour's
    and a large city are certainly elsewhere.
    """
    postcode = postcode_in(text)
    if postcode:
        here = next((site.id for site in sites if postcode in site.postcodes), None)
        return FoundPlace(postcode, here or (sites[0].id if sites and postcode in postcodes else None))
    said = words(text)
    alone = len([word for word in said if word not in _ABOUT_A_PLACE]) <= ALONE_WORDS
    best: tuple[float, int, FoundPlace] | None = None
    for site in sites:
        for name in site.names:
            alike = _alike(words(name), said, ALIKE_ALONE if alone else ALIKE_WITHIN)
            if alike and (best is None or (alike, len(name)) > best[:2]):
                best = (alike, len(name), FoundPlace(name if name != site.id else site.names[0], site.id))
    elsewhere = _elsewhere(text, said, outside, alone=alone)
    if best and (best[0] == 100 or not elsewhere):
        return best[2]
    return FoundPlace(elsewhere, None) if elsewhere else None


def _alike(name: Sequence[str], said: Sequence[str], threshold: float) -> float:
    """How alike a name is to as many words of the text; 0 where it is not alike enough."""
    wanted = " ".join(name)
    spans = (" ".join(said[start : start + len(name)]) for start in range(len(said) - len(name) + 1))
    ratios = [fuzz.ratio(wanted, span) for span in spans if abs(len(span) - len(wanted)) <= 3]
    best = max(ratios, default=0.0)
    if best == 100:
        return 100
    return best if len(wanted) >= SHORTEST_MISSPELT and best >= threshold else 0


def _elsewhere(text: str, said: Sequence[str], outside: Sequence[str], *, alone: bool) -> str | None:
    """A place that is certainly not here. "Essen" is food as well: within a sentence only as a noun after "in"."""
    spelt = " ".join(said)
    for name in sorted((*outside, *words_of()["cities"]), key=len, reverse=True):
        own = " ".join(words(name))
        lives = re.search(rf"\b(?:wohne|lebe|komme)\b.*\b(?:in|aus|bei) {own}\b", spelt)
        noun = name in text and re.search(rf"\b(?:in|aus|nach|bei) {own}\b" if not alone else rf"\b{own}\b", spelt)
        if lives or noun or spelt == own:
            return str(name)
    return None


def age_in(text: str) -> int | None:
    """The age somebody gives: "ich bin 22", "meine Tochter ist neunzehn"; not "bin 22 Wochen schwanger"."""
    found = _AGE.search(plain(text))
    return None if not found else _AGE_WORDS.get(found[1]) or int(found[1])


def meant(text: str, entries: Mapping[str, Sequence[str]]) -> list[str]:
    """The ids whose words a text uses most, in their order; several where they are equally likely, none where none."""
    scores = {id: score(text, said) for id, said in entries.items()}
    best = max(scores.values(), default=0)
    return [id for id, points in scores.items() if points == best] if best else []


def score(text: str, phrases: Sequence[str]) -> int:
    """How much of the phrases a text holds: a phrase of several words counts more than one word."""
    said, spelt = words(text), " ".join(words(text))
    points = 0
    for phrase in phrases:
        wanted = words(phrase)
        if len(wanted) > 1:
            points += 4 * bool(re.search(rf"\b{' '.join(wanted)}", spelt))
        elif wanted:
            points += 3 * any(_same_word(wanted[0], word) for word in said)
    return points


def _same_word(stem: str, word: str) -> bool:
    """Compounds and endings count, slips too in longer words."""
    if len(stem) <= SHORT_WORD:
        return stem == word
    if word.startswith(stem) or (len(stem) >= SHORTEST_WITHIN and stem in word):
        return True
    return len(stem) > SHORTEST_WITHIN and abs(len(stem) - len(word)) <= 2 and fuzz.ratio(stem, word) >= ALIKE_WORDS

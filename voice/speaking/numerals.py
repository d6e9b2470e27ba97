"""German numerals as they stand in a sentence: the gender of "ein", the case of ordinals, money, clock time, years."""

from __future__ import annotations

import re
from decimal import Decimal

from num2words import num2words

from voice.speaking.forms import forms
from voice.speaking.spelling import ZERO_TO_NINE, digits

MOST_DIGITS = 15  # longer ones are read digit by digit

# What stands before a number says how it is inflected.
_DATIVE = {"aus", "außer", "bei", "mit", "nach", "seit", "von", "zu", "vom", "zum", "beim", "in", "vor", "ab", "binnen"}
_WEAK = _DATIVE | {
    "am", "im", "zur", "dem", "den", "des", "bis", "diesem", "diesen", "jedem", "jeden", "einem", "einen", "einer",
    "ihrem", "ihren", "ihrer", "seinem", "seinen", "meinem", "meinen", "unserem", "unseren", "nächsten", "letzten",
    "kommenden", "vergangenen", "spätestens", "frühestens", "zwischen",
}  # fmt: skip
_WEEKDAYS = {"montag", "dienstag", "mittwoch", "donnerstag", "freitag", "samstag", "sonnabend", "sonntag"}
_SINGULARS = {
    "Stunden": "Stunde", "Minuten": "Minute", "Sekunden": "Sekunde", "Tonnen": "Tonne", "Jahre": "Jahr",
    "Personen": "Person", "Millionen": "Million", "Milliarden": "Milliarde", "Kilowattstunden": "Kilowattstunde",
}  # fmt: skip


def cardinal(number: int) -> str:
    """1250 as "tausendzweihundertfünfzig": without the "ein" in front of hundred alone and of thousand."""
    if number == 100:
        return "hundert"
    words = str(num2words(number, lang="de"))
    return words.removeprefix("ein") if words.startswith("eintausend") else words


def decimal(written: str) -> str:
    """Written numbers as "12,5", "1.250" or "0,75" in words."""
    whole, _, fraction = written.replace(".", "").partition(",")
    if len(whole) > MOST_DIGITS:
        return digits(whole)
    words = cardinal(int(whole))
    return f"{words} Komma {' '.join(ZERO_TO_NINE[int(digit)] for digit in fraction)}" if fraction else words


def year(number: int) -> str:
    """1999 as "neunzehnhundertneunundneunzig"."""
    return str(num2words(number, lang="de", to="year")) if 1100 <= number < 2000 else cardinal(number)


def euros(written: str) -> str:
    """Written "1.250,50" as "tausendzweihundertfünfzig Euro fünfzig", "0,50" as "fünfzig Cent"."""
    value = Decimal(written.replace(".", "").replace(",", "."))
    whole, cents = int(value), value % 1 * 100
    if cents % 1 or len(str(whole)) > MOST_DIGITS:
        return f"{decimal(written)} Euro"
    if not whole and cents:
        return f"{one(int(cents), '', 'Cent')} Cent"
    return f"{one(whole, '', 'Euro')} Euro" + (f" {cardinal(int(cents))}" if cents else "")


def quantity(written: str, unit: str) -> str:
    """A number with its unit in words: "2,5 Stunden", "eine Stunde"."""
    if written == "1":
        unit = _SINGULARS.get(unit, unit)
        return f"{one(1, '', unit)} {unit}"
    return f"{decimal(written)} {unit}"


def clock(hour: int, minute: int = 0) -> str:
    """14, 30 as "vierzehn Uhr dreißig"."""
    said = "ein" if hour == 1 else cardinal(hour)
    return f"{said} Uhr {cardinal(minute)}" if minute else f"{said} Uhr"


def one(number: int, before: str, noun: str) -> str:
    """A cardinal in front of `noun`; 1 is "ein", "eine", "einen", "einem" or "einer" by what stands before."""
    if number != 1:
        return cardinal(number)
    gender = _gender(noun)
    dative = _last_word(before) in _DATIVE
    if gender == "f":
        return "einer" if dative else "eine"
    if dative and noun not in ("Euro", "Cent"):
        return "einem"
    if noun in ("Euro", "Cent"):
        return "einem" if dative else "einen" if _last_word(before) in ("für", "um", "pro", "nur") else "ein"
    return "einen" if gender == "m" else "ein"


def ordinal(number: int, ending: str) -> str:
    """3 as "dritte" with an ending: n (weak), r (alone) or nothing (behind "der", "die", "das")."""
    return f"{num2words(number, lang='de', to='ordinal')}{ending}"


def ordinal_ending(before: str) -> tuple[str, str]:
    """The article to put in and the ending of an ordinal behind these words: ("den ", "n") behind "am Dienstag,"."""
    words = re.findall(r"\w+", before.lower())[-3:]
    last = words[-1] if words else ""
    if last in _WEEKDAYS:
        governing = words[-2] if len(words) > 1 else ""
        if governing in ("vom", "zum", "dem", "nach", "seit", "von"):
            return "dem ", "n"
        return ("den ", "n") if governing in _WEAK else ("", "r")
    if re.search(r"[,.;:!?]\s*$", before):
        return "", "r"
    if last in ("der", "dieser") and len(words) > 1 and words[-2] in _DATIVE | {"während"}:
        return "", "n"
    if last in ("der", "die", "das", "dieser", "diese", "dieses", "jeder", "jede", "jedes"):
        return "", ""
    return "", "n" if last in _WEAK else "r"


def day_ending(before: str) -> tuple[str, str]:
    """As `ordinal_ending`, for the day of a date: "bis zum dritten", "ab dem dritten", but "vom ersten bis dritten"."""
    last = _last_word(before)
    if last == "bis":
        return ("" if re.search(r"\b(?:vom?|von)\b", before, re.IGNORECASE) else "zum "), "n"
    if last in ("ab", "seit", "nach", "vor", "mit"):
        return "dem ", "n"
    return ordinal_ending(before)


def _last_word(text: str) -> str:
    found = re.search(r"(\w+)\s*$", text[-40:])
    return found[1].lower() if found else ""


def _gender(noun: str) -> str:
    genders = forms().genders
    for ending in ("", "n", "en", "e", "s", "es"):
        stem = noun.removesuffix(ending) if ending else noun
        if stem in genders:
            return genders[stem]
    return ""

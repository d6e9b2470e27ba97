"""A person's name in a text. Pure functions; the model's own find is the last resort."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

from bot.actions.contacts import without_contact
from bot.actions.turn import SMALL_TALK
from bot.nlu.plain_text import plain, words

# Said to the bot: never the answer to the question for a name.
NO_ANSWER = (*SMALL_TALK, "manipulate")
# "Maria Clara Lopez Garcia"; whatever is longer is a sentence. Particles do not count.
LONGEST_NAME = 4
_NAME_WORD = r"[^\W\d_][^\W\d_'’.-]*(?:[-'’][^\W\d_]+)*\.?"
_INTRODUCTION = re.compile(
    r"(?:\bich hei(?:ß|ss)e\b|\bmein(?:e)? (?:voller |ganzer )?name (?:ist|lautet|is)\b"
    r"|\b(?:auf|unter) (?:de[nm] )?namen?\b|\bnamen?\s*(?:ist\b|:|lautet\b)|(?:^|[,;.])\s*name\b"
    r"|\bhier (?:ist|spricht)\b|\bvorname(?:\s*(?:ist\b|:))?)"
    r"\s*:?\s*(?:auch )?(?:der |die |herr |frau )?",
    re.I,
)
_I_AM = re.compile(r"\bich bin\s+(?:der |die |herr |frau )?(?=[A-ZÄÖÜ])")
_NO_NAME = frozenset(
    words(
        """
        ja nein nee doch ok okay gut bitte hallo hi hey moin guten tag vielen dank danke morgen abend termin weiter egal
        keine keinen kein ahnung weiss nicht warum wieso weshalb was wie wer wo wann wozu hilfe mensch stop stopp
        abbrechen zurueck name namen mein meine heisse ich bin es ist das der die den ein eine und oder aber
        anonym ohne nichts niemand falsch richtig stimmt passt genau spaeter frueher andere anderer anderes
        brauche moechte will habe kann muss heute uebermorgen montag dienstag mittwoch donnerstag freitag samstag
        sonntag vormittag nachmittag uhr frei antrag bescheid miete geld unterlagen nummer telefon handy mail
        email adresse strasse sie du ihr euch sachbearbeiter mitarbeiter jobcenter amt frage fragen nachricht
        rueckruf krank schwanger arbeitslos alleinerziehend obdachlos muede traurig dumm idiot arschloch bot
        computer test alle aller allen alles leute leuten jeder jeden jede regel regeln anweisung anweisungen befehl
        ignoriere ignorier vergiss gib gebt sag sage sagen zeig zeige nenn nenne mach mache schreib schreibe lies
        haben hat sind war welche welcher die dass wenn dann
        """
    )
)
_PARTICLES = {"von", "van", "de", "da", "al", "el", "zu", "und", "bin", "ibn", "del", "la", "der", "den", "ten"}


_BEFORE_A_NAME = re.compile(r"^\W*(?:(?:also|ja|äh|ähm|gerne|herr|frau|hr|fr|der|die|das ist|ich bin)\b\.?\s*)+", re.I)
_AFTER_A_NAME = re.compile(
    r"\s*(?:,|\bund\b|\bmeine?\b|\bunter\b|\bper\b|\berreichbar\b|\btel\b|\bhandy\b).*\b(?:nummer|mail|telefon)\b.*$",
    re.I,
)


def name_in(text: str, *, asked: bool, found_by_model: Sequence[str] = ()) -> str | None:
    """Return a person's name. `asked`: the question was about it, so the words alone will do."""
    text = without_contact(text)
    # "Mein Name ist falsch, ich heiße Thomas Mayer": the first one that introduces a name
    for introduced in (*_INTRODUCTION.finditer(text), *_I_AM.finditer(text)):
        # who writes all in lower case, or is heard by a recogniser, does so with the name too
        in_small_letters = text.islower() and re.search(r"nam|hei", introduced[0]) is not None
        name = _leading_name(text[introduced.end() :], strict=not asked and not in_small_letters)
        if name:
            return name
    if asked:
        bare = re.sub(_BEFORE_A_NAME, "", text.strip())
        bare = re.sub(_AFTER_A_NAME, "", bare)
        if "?" not in bare and 1 <= len(bare.split()) <= 6:
            turned = re.fullmatch(rf"\s*({_NAME_WORD})\s*,\s*({_NAME_WORD}(?:\s+{_NAME_WORD})?)\s*[.!]?\s*", bare)
            candidate = f"{turned[2]} {turned[1]}" if turned else bare
            name = _leading_name(candidate, strict=False, whole=True)
            if name:
                return name
    for candidate in found_by_model:
        name = _leading_name(without_contact(candidate), strict=False, whole=True)
        if name and len(words(candidate)) <= 4:
            return name
    return None


def _leading_name(text: str, *, strict: bool, whole: bool = False) -> str | None:
    """The name at the start of a text. `strict`: only words written like names; `whole`: nothing else may follow."""
    taken: list[str] = []
    rest = text.strip()
    while len(taken) < 6:
        found = re.match(rf"({_NAME_WORD})(?=$|[\s,;.!])\s*", rest)
        if not found:
            break
        word = found[1].rstrip(".") if len(found[1]) > 3 else found[1]
        key = plain(word).strip(".")
        particle = bool(taken) and key in _PARTICLES and key != "und"
        if not particle and (key in _NO_NAME or (strict and not word[0].isupper())):
            break
        taken.append(word)
        rest = rest[found.end() :]
        if re.match(r"[,;.!]", rest):
            break
    while taken and plain(taken[-1]) in _PARTICLES:
        taken.pop()
    if len([word for word in taken if plain(word) not in _PARTICLES]) > LONGEST_NAME:
        return None
    if not taken or (whole and re.sub(r"[\s,;.!]+", "", rest)):
        return None
    if len(taken) == 1 and len(taken[0]) < 2:
        return None
    return " ".join(_capitalised(word) for word in taken)


def _capitalised(word: str) -> str:
    if word.lower() in _PARTICLES or not (word.islower() or word.isupper()):
        return word
    return "-".join(part.capitalize() for part in word.lower().split("-"))


# DIN 5009:2022, as offices use it.
_TOWNS = """
    Aachen Berlin Chemnitz Düsseldorf Essen Frankfurt Goslar Hamburg Ingelheim Jena Köln Leipzig München Nürnberg
    Offenbach Potsdam Quickborn Rostock Salzwedel Tübingen Unna Völklingen Wuppertal Xanten Ypsilon Zwickau
    """
_LETTERS = {town[0].lower(): town for town in _TOWNS.split()}
_LETTERS |= {"ä": "Umlaut Aachen", "ö": "Umlaut Offenbach", "ü": "Umlaut Unna", "ß": "Eszett"}


def spelt_name(name: str) -> str:
    """The last word of a name letter by letter: `D wie Düsseldorf, E wie Essen`."""
    letters = (letter for letter in name.rsplit(maxsplit=1)[-1].lower() if letter.isalpha())
    spelt = []
    for letter in letters:
        word = _LETTERS.get(letter)
        spelt.append(f"{letter.upper()} wie {word}" if word and word[0].lower() == letter else word or letter.upper())
    return ", ".join(spelt)


def names_of(entities: Iterable[dict[str, Any]], kind: str, *, at_least: float = 0.8) -> list[str]:
    """The values that the model found for an entity, where it was sure enough."""
    return [
        str(entity["value"])
        for entity in entities
        if entity.get("entity") == kind and float(entity.get("confidence_entity", 1.0)) >= at_least
    ]

"""Choices, questions, yes and no: what a short text is, apart from what it is about. Pure functions."""

from __future__ import annotations

import re
from collections.abc import Sequence

from rapidfuzz import fuzz

from bot.nlu.plain_text import plain, words

_ORDINALS = (
    r"\b(erste[nrms]?|1\.?|eins|nummer 1|oberste[nrms]?)\b",
    r"\b(zweite[nrms]?|2\.?|zwei|mittlere[nrms]?)\b",
    r"\b(dritte[nrms]?|3\.?|drei)\b",
    r"\b(vierte[nrms]?|4\.?|vier)\b",
    r"\b(fuenfte[nrms]?|5\.?|fuenf)\b",
)


def chosen_in(text: str, titles: Sequence[str]) -> int | None:
    """Return which of the offered choices a text means: "das zweite", "Nummer 3", "der letzte", or its title."""
    said = plain(text)
    if not titles:
        return None
    for number, title in enumerate(titles):
        if fuzz.ratio(said, plain(title)) >= 85:
            return number
    if re.search(r"\b(letzte[nrms]?|unterste[nrms]?)\b", said):
        return len(titles) - 1
    short = re.sub(
        r"\b(ich|nehme|moechte|haette|gern|gerne|bitte|dann|das|den|die|der|termin|zeit|nummer|antwort|lieber|ja|passt|"
        r"variante|option|auswahl|stelle|frage)\b|[.,!]",
        " ", said,
    ).strip()  # fmt: skip
    for number, pattern in enumerate(_ORDINALS[: len(titles)]):
        if re.fullmatch(pattern, short) or (re.fullmatch(r"\d", short) and int(short) == number + 1):
            return number
    return None


_QUESTION_WORDS = re.compile(
    r"^(?:(?:und|aber|also|hallo|guten tag|entschuldigung|sorry|moment|noch eine frage|eine frage|frage)[\s,:!-]+)*"
    r"(was|wie|warum|wieso|weshalb|wozu|wer|wem|wen|welche[rnms]?|womit|wofuer|wieviel|"
    r"wo|woher|wohin|(?:ab |bis )?wann)\b"
)
_VERB_FIRST = re.compile(
    r"^(?:(?:und|aber|also|hallo|moment)[\s,]+)*(muss|muessen|kann|koennen|darf|duerfen|brauche|bekomme|kriege|gilt|"
    r"gibt es|ist|sind|hat|haben|habe|wird|werden|zahlt|zahlen|uebernimmt|kostet|soll|sollte|bin|steht|zaehlt|reicht)\b"
)


def is_question(text: str) -> bool:
    """Whether a text asks something (as opposed to answering)."""
    said = plain(text)
    return bool(
        _QUESTION_WORDS.search(said)
        or (said.endswith("?") and len(said.split()) > 1)
        or _VERB_FIRST.search(said)
        and len(said.split()) > 2
    )


def asks_why(text: str) -> bool:
    """Whether somebody wants to know why a detail is needed."""
    return bool(re.search(r"^(?:und |aber )?(warum|wieso|weshalb|wozu|wofuer)\b.{0,60}$", plain(text)))


def asks_spelling(text: str) -> bool:
    """Whether somebody wants to hear a name letter by letter."""
    return bool(re.search(r"\bbuchstabier", plain(text)))


_YES = frozenset(
    words(
        """
        ja jo jep jup joa jawohl genau richtig stimmt passt ok okay gut gern gerne einverstanden korrekt klar yes
        bestaetigen buchen absenden abschicken senden perfekt super sicher natuerlich ordnung
        """
    )
)
_YES_FILLERS = frozenset(
    words("bitte danke vielen dank so das ist es alles ja sehr doch mach machen sie in jetzt verbindlich")
)
_NO = frozenset(words("nein nee noe ne nicht falsch"))
_NO_FILLERS = frozenset(words("danke stimmt passt lieber noch das so mir leider"))


def says_yes(text: str) -> bool:
    """Whether a text is a yes and nothing else; "ja, aber lieber Mittwoch" is not."""
    said = words(text)
    return bool(said) and any(word in _YES for word in said) and all(word in _YES | _YES_FILLERS for word in said)


def says_no(text: str) -> bool:
    """Whether a text is a no and nothing else."""
    said = words(text)
    return bool(said) and any(word in _NO for word in said) and all(word in _NO | _NO_FILLERS for word in said)


def without_details(text: str) -> bool:
    """Whether somebody declines to give a detail: "ohne Namen", "anonym", "möchte ich nicht sagen"."""
    return bool(
        re.search(
            r"\b(anonym|ohne (?:namen|angaben?|kontakt)|keine angaben?|keinen namen|"
            r"(?:moechte|will) (?:ich )?(?:\w+ )?(?:nicht|keine|keinen)|ueberspringen|weiter|"
            r"lieber nicht|nicht noetig|brauche keine antwort|keine antwort)\b",
            plain(text),
        )
        or says_no(text)
    )

"""Takes personal data out of a citizen's question before it is shown to editors.

What is recognised: telephone numbers (phonenumbers), e-mail addresses, account numbers, dates with a year, dates of
birth, customer and file numbers, postcodes, streets with a number, names after "ich heiße", "mein Name ist", "Herr",
"Frau" and below a closing formula.

What is not: a name without such a word before it, other people's names, a story that only one person can have lived.
That is why the list is shown to editors only, is erased after a time, and goes when the citizen erases the talk.
"""

import re

import phonenumbers

from api.contact import REGION

_WORD = r"[^\W\d_][\w’'-]*"
_NOT_A_NAME = (
    r"und|oder|aber|ich|wir|wohne|wohn|lebe|bin|habe|hab|hätte|möchte|brauche|komme|arbeite|beziehe|bekomme|kriege|mein|"
    r"meine|der|die|das|aus|in|im|mit|von|seit|wie|was|wann|wo|wer|kann|darf|muss|bitte|geboren|geb|jetzt|nicht|zahlt"
)
_NAME = rf"(?!(?:{_NOT_A_NAME})\b){_WORD}"
_MONTHS = (
    r"Januar|Februar|März|Maerz|April|Mai|Juni|Juli|August|September|Oktober|November|Dezember|Jan|Feb|Sept?|Okt|Nov|Dez"
)
_AMOUNT = r"(?!\s*(?:€|Euro|EUR|Cent|Prozent|%))"

_PATTERNS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"[^\s<>()\[\],;:]+\s?@\s?[\w-]+(?:\.[\w-]+)*"), "[E-Mail]"),
    (re.compile(r"\b[a-z]{2}\s?\d{2}(?:\s?[\da-z]{4}){3,7}(?:\s?[\da-z]{1,3})?\b", re.IGNORECASE), "[Konto]"),
    (re.compile(
        rf"\b(geb(?:oren)?\.?(?:\s+(?:am|bin|ich))*|geburtsdatum:?|geburtstag:?)\s+(?:ist\s+)?(?:der\s+|am\s+|den\s+)?"
        rf"\d{{1,2}}\.?\s*(?:\d{{1,2}}\.?|{_MONTHS})\s*(?:\d{{2,4}})?", re.IGNORECASE), r"\1 [Datum]"),
    (re.compile(r"\b\d{1,2}\s?[./-]\s?\d{1,2}\s?[./-]\s?(?:19|20)?\d{2}\b"), "[Datum]"),
    (re.compile(r"\b(?:19|20)\d{2}-\d{2}-\d{2}\b"), "[Datum]"),
    (re.compile(rf"\b\d{{1,2}}\.?\s*(?:{_MONTHS})\.?\s+(?:19|20)\d{{2}}\b", re.IGNORECASE), "[Datum]"),
)
_NUMBERS: tuple[tuple[re.Pattern[str], str], ...] = (
    # Customer numbers (123D456789), numbers of a community of need (12345//0001234), file references, postcodes.
    (re.compile(r"\b(?=\w*\d\w*\d\w*\d)(?=\d*[^\W\d])[^\W_]{5,}\b"), "[Nummer]"),
    (re.compile(rf"\b\d(?:[\d/ .-]*\d){{4,}}\b{_AMOUNT}(?!,\d)"), "[Nummer]"),
    (re.compile(
        rf"\b({_WORD}(?:straße|strasse|str\.|weg|platz|allee|gasse|ring|damm|ufer)|(?:Straße|Strasse|Str\.|Weg|Platz|Allee)"
        rf"(?:\s+{_WORD}){{1,3}})\s*\d+\s?[a-z]?\b", re.IGNORECASE), "[Adresse]"),
)
_NAMES: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(rf"\b(ich hei(?:ß|ss)e|ich heisse|(?:mein|der) (?:vor|nach)?name(?: ist| lautet|:)?|name:)\s+"
                rf"(?:{_NAME}(?:\s+|\b)){{1,3}}", re.IGNORECASE), r"\1 [Name] "),
    (re.compile(r"\b((?i:herrn?|frau|familie|hr\.|fr\.)) (?:(?:Dr|Prof)\.\s*)*"
                r"[A-ZÄÖÜ][\w’'-]+(?:\s+[A-ZÄÖÜ][\w’'-]+)?"), r"\1 [Name]"),
    (re.compile(r"((?:mit freundlichen|freundliche|liebe|viele|beste|schöne)n? grü(?:ß|ss)en?|\bmfg|\bgru(?:ß|ss)|\blg)"
                rf"[\s,]+(?:{_NAME}(?:\s+|$)){{1,3}}", re.IGNORECASE), r"\1 [Name]"),
)


def without_personal_data(text: str) -> str:
    """The question with placeholders such as `[Telefon]`; see above for what is recognised and what is not."""
    for pattern, placeholder in _PATTERNS:
        text = pattern.sub(placeholder, text)
    found = [(match.start, match.end) for match in phonenumbers.PhoneNumberMatcher(text, REGION)]
    for start, end in reversed(found):
        text = f"{text[:start]}[Telefon]{text[end:]}"
    for pattern, placeholder in (*_NUMBERS, *_NAMES):
        text = pattern.sub(placeholder, text)
    return re.sub(r"[ \t]+", " ", text).replace(" ,", ",").replace(" .", ".").strip()

"""E-mail addresses and telephone numbers: found in a text, checked by libraries, written in one form."""

from __future__ import annotations

import re
from dataclasses import dataclass

import phonenumbers
from email_validator import EmailNotValidError, validate_email

REGION = "DE"
# Details stand in short messages; a long story is for a person to read.
LONGEST_READ = 1000


@dataclass(frozen=True)
class Contact:
    """An e-mail address or telephone number in its one form; `value` is None where it was written but is not valid."""

    kind: str  # "email" or "phone"
    value: str | None
    written: str


_EMAIL = re.compile(r"[^\s@,;<>()]+\s?@+\s?[^\s@,;<>()]+")
_NUMBER_WORDS = {
    "null": "0", "eins": "1", "ein": "1", "zwei": "2", "zwo": "2", "drei": "3", "vier": "4", "fünf": "5", "fuenf": "5",
    "sechs": "6", "sieben": "7", "acht": "8", "neun": "9", "plus": "+",
}  # fmt: skip
_ARTICLES = frozenset({"ein", "plus"})  # "ein" beside digits is no one: "ein Moment, vier sieben eins eins"
_SPOKEN_DIGITS = re.compile(
    rf"\b(?:(?:{'|'.join(_NUMBER_WORDS)}|\d+)[\s,.-]+){{4,}}(?:{'|'.join(_NUMBER_WORDS)}|\d+)\b", re.I
)
_DIGITS = re.compile(r"(?<![\d.:])(?:\+|00|0)[\d\s/().–-]{5,}\d")


def contact_in(text: str) -> Contact | None:
    """Return the contact in a text; a telephone number may be spoken digit by digit."""
    text = text[:LONGEST_READ]
    written = _EMAIL.search(_spelt_at(text))
    if written:
        address = written[0].replace(" ", "").strip(".!?:")
        try:
            return Contact("email", validate_email(address, check_deliverability=False).normalized, address)
        except EmailNotValidError:
            return Contact("email", None, address)
    digits = _SPOKEN_DIGITS.sub(_as_digits, text)
    for match in phonenumbers.PhoneNumberMatcher(digits, REGION):
        number = phonenumbers.format_number(match.number, phonenumbers.PhoneNumberFormat.E164)
        return Contact("phone", number, match.raw_string)
    attempt = _DIGITS.search(digits)
    return Contact("phone", None, attempt[0].strip()) if attempt else None


def code_in(text: str) -> str | None:
    """The four digits of a spoken code, together or one by one; None where there are more or fewer."""
    words = re.findall(r"\d+|[^\W\d_]+", text.lower())
    digits = "".join(_NUMBER_WORDS.get(word, word if word.isdigit() else "") for word in words if word not in _ARTICLES)
    return digits if re.fullmatch(r"\d{4}", digits) else None


def contact_words(contact: str) -> str:
    """A contact as a person reads it: numbers in groups."""
    if "@" in contact:
        return contact
    try:
        number = phonenumbers.parse(contact, REGION)
    except phonenumbers.NumberParseException:
        return contact
    style = phonenumbers.PhoneNumberFormat
    national = number.country_code == 49
    return phonenumbers.format_number(number, style.NATIONAL if national else style.INTERNATIONAL)


def is_phone(contact: str | None) -> bool:
    return bool(contact) and "@" not in str(contact)


def _as_digits(found: re.Match[str]) -> str:
    parts = re.findall(r"\w+|\+", found[0].lower())
    return "".join(_NUMBER_WORDS.get(part, part) for part in parts)


def _spelt_at(text: str) -> str:
    """Take "anna punkt müller ät example punkt de" for an address where "ät" says that it is one."""
    if "@" in text or not re.search(r"\b(ät|aet|at)\b.*\b(punkt|dot)\b", text, re.I):
        return text
    text = re.sub(r"\s+(?:ät|aet|at)\s+", "@", text, flags=re.I)
    text = re.sub(r"\s+(?:punkt|dot)\s+", ".", text, flags=re.I)
    return re.sub(r"\s+(?:minus|bindestrich)\s+", "-", text, flags=re.I)


def without_contact(text: str) -> str:
    """The text without telephone numbers, e-mail addresses and the words that announce them."""
    text = _EMAIL.sub(" ", text[:LONGEST_READ])
    text = _SPOKEN_DIGITS.sub(" ", text)
    text = _DIGITS.sub(" ", text)
    text = re.sub(
        r"\b(?:und )?(?:meine? )?"
        r"(?:telefon(?:nummer)?|tel|handy(?:nummer)?|nummer|e-?mail(?:-?adresse)?|mail|erreichbar unter)"
        r"\b\.?(?: ist| lautet)?\s*:?\s*(?=$|[,;.!])",
        " ",
        text,
        flags=re.I,
    )
    return re.sub(r"[\s,;:]+$", "", re.sub(r"\s+", " ", text)).strip()

"""An e-mail address as it is said: "anna punkt b at posteo punkt d e"."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from email_validator import EmailNotValidError, validate_email

from voice.hearing.parse.letters import spellings_in
from voice.hearing.parse.numbers import number_at
from voice.hearing.parse.vocabulary import UNKNOWN, alternatives, folded, listed, vocabulary

_UMLAUTS = (("ä", "ae"), ("ö", "oe"), ("ü", "ue"), ("ß", "ss"))
# said as a word, but not for the address
_DOUBLED = ("doppel", "doppelt", "zweimal")


@dataclass(frozen=True)
class MailHeard:
    """`address` is None where what was said is no valid address. `umlaut`: the address with its umlaut as said."""

    address: str | None
    written: str
    umlaut: str | None = None
    gap: bool = False


def mail_in(words: Sequence[str]) -> MailHeard | None:
    """The address in an utterance; None where none was said."""
    lower = [word.lower() for word in words]
    at = next((place for place, word in enumerate(lower) if folded(word) in listed("at", "mail")), 0)
    if not at:
        return None
    local = _joined(_after_introduction(lower[:at]))
    domain = _domain(lower[at + 1 :])
    if not local or not domain:
        return None
    spelt = local
    for umlaut, plain in _UMLAUTS:
        spelt, domain = spelt.replace(umlaut, plain), domain.replace(umlaut, plain)
    written = f"{spelt}@{domain}"
    return MailHeard(_valid(written), written, f"{local}@{domain}" if spelt != local else None, gap=UNKNOWN in lower)


def _valid(address: str) -> str | None:
    try:
        return validate_email(address, check_deliverability=False).normalized
    except EmailNotValidError:
        return None


def _after_introduction(words: list[str]) -> list[str]:
    """Without "meine E-Mail-Adresse ist"."""
    text = " ".join(words)
    begin = re.match(rf"(?:(?:{alternatives('before', 'mail')})\b\s*)+", text)
    rest = text[begin.end() :] if begin else text
    return (rest or text).split()


def _joined(words: list[str]) -> str:
    """The words as they stand in an address: signs, digits and letters, nothing between them."""
    signs, dropped = vocabulary()["mail"]["signs"], listed("dropped", "mail")
    runs = {run.first: run for run in spellings_in(words)}
    text, at = "", 0
    while at < len(words):
        run = runs.get(at)
        number = number_at(words, at)
        if run:
            text, at = text + run.letters, run.end
        elif words[at] in signs:
            text, at = text + signs[words[at]], at + 1
        elif words[at] in _DOUBLED and at + 1 < len(words):
            text, at = text + words[at + 1] * 2, at + 2
        elif number and not number.ordinal:
            text, at = text + str(number.value), number.end
        elif words[at] == UNKNOWN or folded(words[at]) in dropped:
            at += 1
        else:
            text, at = text + words[at], at + 1
    return text


def _domain(words: list[str]) -> str:
    """ "posteo punkt d e" -> "posteo.de"; a known provider's ending may be left out."""
    section = vocabulary()["mail"]
    dropped = listed("dropped", "mail")
    words = [word for word in words if word != UNKNOWN and folded(word) not in dropped]
    # politeness at the end is no part of the address
    while words and folded(words[-1]) in listed("polite"):
        words.pop()
    text = " ".join(words)
    dot = r"(?:punkt|dot)"
    for said, stands in sorted(section["providers"].items(), key=lambda item: -len(item[0])):
        found = re.fullmatch(rf"{said}(?:\s+(?:{dot}\s+)?(.+))?", text)
        if found:
            ending = _top(found[1]) if found[1] else section["endings"].get(stands)
            return f"{stands}.{ending}" if ending else ""
    parts = re.split(rf"\s+{dot}\s+", text)
    if len(parts) < 2:
        return ""
    return ".".join([*(_joined(part.split()) for part in parts[:-1]), _top(parts[-1])])


def _top(said: str) -> str:
    top: dict[str, str] = vocabulary()["mail"]["top"]
    return top.get(said) or _joined(said.split())

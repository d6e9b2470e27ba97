"""Reads everything an appointment needs out of one message. Pure: lists and clock come in, details come out."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.actions.contacts import Contact, contact_in
from bot.actions.german_time import time_range
from bot.actions.names import NO_ANSWER, name_in, names_of
from bot.actions.purposes import concern_in, services_in, site_in
from bot.actions.time_wish import TimeRange
from bot.actions.turn import Turn
from bot.nlu.plain_text import plain

SERVICE, SITE, START, NAME, CONTACT, CONFIRMED, CHANGE = (
    "appointment_service", "appointment_site", "appointment_start", "person_name", "contact", "appointment_confirmed",
    "change",
)  # fmt: skip
CONCERN = "appointment_concern"

# What a citizen calls the part that shall be changed.
_TARGETS = (
    (START, r"\b(zeit|uhrzeit|tag|datum|termin|wann|zeitpunkt)\b"),
    (SITE, r"\b(ort|standort|stelle|adresse|wo)\b"),
    (SERVICE, r"\b(anliegen|thema|grund|worum)\b"),
    (NAME, r"\b(name|namen|vorname|nachname)\b"),
    (CONTACT, r"\b(kontakt|telefon\w*|handy\w*|nummer|mail|e-mail|email|mailadresse)\b"),
)


# "eigentlich geht's um eine Umschulung": another concern, whatever was asked for.
_ANOTHER_CONCERN = re.compile(r"\b(?:geht.?e?s|es geht)\b.*\bum\b|\b(?:eigentlich|sondern|doch)\b.*\bwegen\b")


@dataclass(frozen=True)
class Details:
    """What one message says; None where it says nothing."""

    service: str | None = None
    site: str | None = None
    unknown_place: str | None = None
    wish: TimeRange | None = None
    name: str | None = None
    contact: Contact | None = None
    concern: str | None = None

    def __bool__(self) -> bool:
        return any((self.service, self.site, self.unknown_place, self.wish, self.name, self.contact))


def read_details(
    turn: Turn,
    text: str,
    *,
    services: Sequence[dict[str, Any]],
    sites: Sequence[dict[str, Any]],
    now: datetime,
    opening: bool = False,
) -> Details:
    """Return the details in `text`. `opening`: the message that started the form, where everything may stand."""
    asked = turn.requested
    correcting = turn.wants("correct", "deny", sure=0.4) or asked in (CONFIRMED, CHANGE)
    open_to_all = opening or correcting or turn.wants("book_appointment", "move_appointment", "inform", sure=0.4)
    contact = contact_in(text)
    name = name_in(
        text,
        asked=asked == NAME and not turn.wants(*NO_ANSWER, sure=0.6),
        found_by_model=names_of(turn.entities, "name") if asked in (None, NAME, CONTACT) else (),
    )
    # "Jan Nowak" names no January; one word alone might be the month
    is_name = name and (asked == NAME or " " in name)
    when = re.sub(re.escape(name), " ", text, flags=re.IGNORECASE) if name and is_name else text
    another = asked != NAME and bool(_ANOTHER_CONCERN.search(plain(text)))
    return Details(
        service=_service(turn, text, services, anywhere=opening or asked == SERVICE or correcting or another),
        site=site_in(text, sites, asked=asked == SITE) if asked != NAME or correcting else None,
        unknown_place=_unknown_place(turn, text, sites) if asked == SITE or opening else None,
        wish=time_range(when, now, bare_hour=asked == START) if asked not in (NAME, CONTACT) or open_to_all else None,
        name=name,
        contact=contact,
        concern=concern_in(text, sites) if opening or asked == CHANGE else None,
    )


def target_in(text: str) -> str | None:
    """Return which part of an appointment a text is about: "die Uhrzeit stimmt nicht"."""
    said = plain(text)
    return next((slot for slot, pattern in _TARGETS if re.search(pattern, said)), None)


def _service(turn: Turn, text: str, services: Sequence[dict[str, Any]], *, anywhere: bool) -> str | None:
    """Only where it is asked or surely meant: "Schule" in a surname is no purpose of a visit."""
    spans = names_of(turn.entities, "service")
    if not anywhere and not (spans and turn.wants("inform", "correct")):
        return None
    for said in ([" ".join(spans)] if spans else []) + [text]:
        found = services_in(said, services)
        if len(found) == 1:
            return found[0]
    return None


def _unknown_place(turn: Turn, text: str, sites: Sequence[dict[str, Any]]) -> str | None:
    """A place that was named but where the tenant has no site."""
    if site_in(text, sites, asked=True):
        return None
    places = [place for place in names_of(turn.entities, "site", at_least=0.9) if place[:1].isupper()]
    return places[0] if places else None

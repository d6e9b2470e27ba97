"""What the check finds, and where."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Level = Literal["Fehler", "Hinweis"]
Kind = Literal[
    "Aufbau",
    "Fundstelle",
    "Betrag",
    "Geltung",
    "Verweis",
    "Länge",
    "Lesbarkeit",
    "Vorlesen",
    "Leichte Sprache",
    "Doppelte Frage",
    "Ähnlicher Artikel",
    "Prüffrage",
]


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """An error keeps an article back or must be mended before it is published; a note is something to look at."""

    place: str
    level: Level
    text: str
    kind: Kind

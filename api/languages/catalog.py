"""Sentences in other languages: gettext catalogs (`<language>.po`) whose keys are the German sentences.

What a catalog lacks is said in German: a sentence that changes is German until it is translated anew, and
tests/api/test_languages.py fails until then. A tenant's own names stand in `knowledge/tenants/<id>/languages/`.
The dialogue runs in another environment and uses this module too: only Babel is needed.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType

from babel.messages.pofile import read_po

GERMAN = "de"
EASY = "de-leicht"  # Leichte Sprache: its own words where a catalog has them, else German
TENANTS = Path(__file__).parents[2] / "knowledge" / "tenants"

# Every language a conversation can have, named in itself.
NAMES = {
    GERMAN: "Deutsch",
    "en": "English",
    "uk": "Українська",
    "ru": "Русский",
    "ar": "العربية",
    "tr": "Türkçe",
    EASY: "Leichte Sprache",
}
RIGHT_TO_LEFT = frozenset({"ar"})


@lru_cache(maxsize=128)
def catalog(language: str, tenant: str = "") -> Mapping[str, str]:
    """German sentence → sentence, with a tenant's own names over the common ones; empty for an unknown language."""
    if language not in NAMES:
        return MappingProxyType({})
    found = _read(Path(__file__).with_name(f"{language}.po"))
    if tenant in _tenants():
        found |= _read(TENANTS / tenant / "languages" / f"{language}.po")
    return MappingProxyType(found)


def translated(text: str, language: str, tenant: str = "", **values: object) -> str:
    """The sentence in a language, its placeholders filled; German where it is not translated."""
    words = text.strip()  # blanks around it join it to others and are no part of the sentence
    said = text if language == GERMAN else text.replace(words, catalog(language, tenant).get(words, words))
    return said.format(**values) if values else said


def locale_of(language: str) -> str:
    """The locale that dates and numbers are written in."""
    return GERMAN if language == EASY else language


@lru_cache(maxsize=1)
def _tenants() -> frozenset[str]:
    return frozenset(path.name for path in TENANTS.iterdir() if path.is_dir())


def _read(path: Path) -> dict[str, str]:
    if not path.is_file():
        return {}
    with path.open("rb") as file:
        return {str(entry.id): str(entry.string) for entry in read_po(file) if entry.id and entry.string}

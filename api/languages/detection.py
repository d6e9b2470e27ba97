"""In which of our languages somebody writes, by lingua; German is assumed wherever the words do not say otherwise."""

from __future__ import annotations

import re
from functools import lru_cache

from lingua import Language, LanguageDetector, LanguageDetectorBuilder

_OURS = (Language.GERMAN, Language.ENGLISH, Language.UKRAINIAN, Language.RUSSIAN, Language.ARABIC, Language.TURKISH)
# Names, places and single words say little; lingua is sure of "Fatma Demir" being Turkish.
FEWEST_LETTERS_LATIN = 14
FEWEST_WORDS_LATIN = 3
FEWEST_LETTERS_OTHER = 4
SURE = 0.8
_OTHER_SCRIPT = re.compile(r"[\u0400-\u04ff\u0600-\u06ff]")


def language_of(text: str) -> str | None:
    """The code of the language the text is written in; None where it is too short or no language of ours for sure."""
    letters = [character for character in text if character.isalpha()]
    if sum(bool(_OTHER_SCRIPT.match(letter)) for letter in letters) * 2 > len(letters) >= FEWEST_LETTERS_OTHER:
        best = _detector().compute_language_confidence_values(text)[0]
        return _code(best.language)
    if len(letters) < FEWEST_LETTERS_LATIN or len(text.split()) < FEWEST_WORDS_LATIN:
        return None
    best = _detector().compute_language_confidence_values(text)[0]
    return _code(best.language) if best.value >= SURE else None


def _code(language: Language) -> str:
    return language.iso_code_639_1.name.lower()


@lru_cache(maxsize=1)
def _detector() -> LanguageDetector:
    """Six languages only: the fewer there are, the surer it is of short texts, and the less memory it takes."""
    return LanguageDetectorBuilder.from_languages(*_OURS).with_preloaded_language_models().build()

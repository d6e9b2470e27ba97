"""Voices of synthetic callers."""

from functools import lru_cache

from voice.speaking.espeak import Espeak


@lru_cache(maxsize=16)
def _voice(name: str) -> Espeak:
    return Espeak(name, words_a_minute=150)


@lru_cache(maxsize=256)
def say(voice: str, text: str) -> bytes:
    """Audio of the line: a text in one of espeak's voices, e.g. "de+f2"."""
    return _voice(voice).say(text)

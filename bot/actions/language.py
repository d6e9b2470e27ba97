"""The language of the turn that is being answered. What is said is written in German and translated on the way out."""

from __future__ import annotations

from contextvars import ContextVar
from datetime import date, datetime, time

from babel.dates import format_skeleton, format_time

from api.languages.catalog import EASY, GERMAN, locale_of, translated

# Each action runs in a context of its own, so turns of different conversations do not meet here.
_LANGUAGE: ContextVar[str] = ContextVar("language", default=GERMAN)


def set_language(language: str) -> None:
    """Everything said from here on, in this action, is in this language."""
    _LANGUAGE.set(language)


def current_language() -> str:
    return _LANGUAGE.get()


def in_german() -> bool:
    """Whether dates and wishes are said in German words."""
    return locale_of(_LANGUAGE.get()) == GERMAN


def easy() -> bool:
    """Whether the citizen wants Leichte Sprache."""
    return _LANGUAGE.get() == EASY


def say(text: str) -> str:
    """A German sentence in the language of the turn; placeholders stay."""
    return translated(text, _LANGUAGE.get())


def day_in_words(day: date, *, year: bool) -> str:
    """вівторок, 24 листопада."""
    return str(format_skeleton("yEEEEMMMMd" if year else "EEEEMMMMd", day, locale=locale_of(_LANGUAGE.get())))


def clock_in_words(clock: datetime | time) -> str:
    """10:30, or as the language writes it."""
    return str(format_time(clock, "short", locale=locale_of(_LANGUAGE.get())))

"""The one error type of this room, and how a validation failure is told to an editor."""

from __future__ import annotations

from pydantic import ValidationError


class KnowledgeError(ValueError):
    """Something in the knowledge files is wrong; the message is German and names the file."""


_SENTENCES = {
    "missing": "fehlt",
    "extra_forbidden": "ist kein bekanntes Feld",
    "string_type": "muss Text sein",
    "string_too_short": "darf nicht leer sein",
    "date_from_datetime_parsing": "muss ein Datum sein (JJJJ-MM-TT)",
    "date_parsing": "muss ein Datum sein (JJJJ-MM-TT)",
    "list_type": "muss eine Liste sein",
    "too_short": "hat zu wenige Einträge",
}


def describe_validation(error: ValidationError) -> str:
    """All failures of one file in one German line."""
    parts = []
    for failure in error.errors():
        field = ".".join(str(step) for step in failure["loc"]) or "Datei"
        sentence = _SENTENCES.get(failure["type"], failure["msg"].removeprefix("Value error, "))
        parts.append(f"{field} {sentence}")
    return "; ".join(parts)

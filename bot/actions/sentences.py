"""Turns an entry of bot/sentences.yml into a message of the public interface, with its spoken form."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from api.conversations.spoken import spoken_form
from bot.actions.language import say

FILE = Path(__file__).parents[1] / "sentences.yml"

PERSON = {"title": "Mit einem Menschen sprechen", "payload": "/talk_to_human"}
MESSAGE = {"title": "Nachricht hinterlassen", "payload": "/leave_message"}
CALLBACK = {"title": "Rückruf wünschen", "payload": "/request_callback"}
STOP = {"title": "Abbrechen", "payload": "/stop"}
BOOK = {"title": "Termin buchen", "payload": "/book_appointment"}


@lru_cache(maxsize=1)
def _entries() -> dict[str, dict[str, Any]]:
    entries: dict[str, dict[str, Any]] = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    return entries


def message(
    name: str,
    /,
    *,
    times: int = 0,
    opening: str = "",
    choices: Sequence[dict[str, str]] | None = None,
    data: dict[str, Any] | None = None,
    expects: dict[str, str] | None = None,
    **values: Any,
) -> dict[str, Any]:
    """Return one message.

    `times`: how often it was said before; `opening`: words in front; `choices` replace the entry's own; `expects`: what
    kind of answer is wanted and for which detail, instead of the entry's own `expects`.
    """
    entry = _entries()[name]
    text = opening + say(_variant(entry["text"], times)).format(**values)
    spoken = opening + _variant(entry.get("spoken", entry["text"]), times).format(**values)
    offered = entry.get("choices", []) if choices is None else choices
    result: dict[str, Any] = {
        "kind": entry.get("kind", "form"),
        "text": text.strip(),
        "spoken": spoken_form(spoken),
        "choices": [dict(choice) for choice in offered],
    }
    if expects is None and "expects" in entry:
        expects = {"kind": entry["expects"], "slot": ""}
    if data is not None or expects is not None:
        result["data"] = {**(data or {}), **({"expects": expects} if expects else {})}
    return result


def phrase(name: str, /, *, times: int = 0, **values: Any) -> str:
    """Return only the words of an entry, to be put into another message."""
    return say(_variant(_entries()[name]["text"], times)).format(**values)


def _variant(text: str | list[str], times: int) -> str:
    return text if isinstance(text, str) else text[min(times, len(text) - 1)]


def listed(words: Sequence[str], last: str = "oder") -> str:
    """Eins, zwei oder drei."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} {say(last)} {words[-1]}" if words else ""

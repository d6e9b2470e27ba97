"""Turns an entry of bot/sentences.yml into a message of the public interface, with its spoken form."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

FILE = Path(__file__).parents[1] / "sentences.yml"

PERSON = {"title": "Mit einem Menschen sprechen", "payload": "/talk_to_human"}
MESSAGE = {"title": "Nachricht hinterlassen", "payload": "/leave_message"}
CALLBACK = {"title": "Rückruf wünschen", "payload": "/request_callback"}
STOP = {"title": "Abbrechen", "payload": "/stop"}


@lru_cache(maxsize=1)
def _entries() -> dict[str, dict[str, Any]]:
    entries: dict[str, dict[str, Any]] = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    return entries


def message(
    name: str,
    *,
    times: int = 0,
    opening: str = "",
    choices: Sequence[dict[str, str]] | None = None,
    data: dict[str, Any] | None = None,
    **values: Any,
) -> dict[str, Any]:
    """Return one message.

    `times`: how often it was said before; `opening`: words in front; `choices` replace the entry's own.
    """
    entry = _entries()[name]
    text = opening + _variant(entry["text"], times).format(**values)
    spoken = opening + _variant(entry.get("spoken", entry["text"]), times).format(**values)
    offered = entry.get("choices", []) if choices is None else choices
    result: dict[str, Any] = {
        "kind": entry.get("kind", "form"),
        "text": text.strip(),
        "spoken": spoken_form(spoken),
        "choices": [dict(choice) for choice in offered],
    }
    if data is not None:
        result["data"] = data
    return result


def phrase(name: str, *, times: int = 0, **values: Any) -> str:
    """Return only the words of an entry, to be put into another message."""
    return _variant(_entries()[name]["text"], times).format(**values)


def _variant(text: str | list[str], times: int) -> str:
    return text if isinstance(text, str) else text[min(times, len(text) - 1)]


def spoken_form(text: str) -> str:
    """Return a text for the telephone: no marks, no brackets, times as one says them."""
    text = re.sub(r"(?m)^\s*(?:[-*>]|\d+\.)\s+", "", text)
    text = re.sub(r"\*\*|__|[„“\"`]", "", text)
    text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", text)
    text = re.sub(r"\s*\([^)]*\)", "", text)
    text = re.sub(
        r"\b(\d{1,2}):(\d\d) Uhr", lambda m: f"{m[1]} Uhr" if m[2] == "00" else f"{m[1]} Uhr {int(m[2])}", text
    )
    text = re.sub(r"([^.!?:,;])\s*\n+\s*", r"\1. ", text.strip())
    return re.sub(r"\s+", " ", text).strip()


def listed(words: Sequence[str], last: str = "oder") -> str:
    """Eins, zwei oder drei."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} {last} {words[-1]}" if words else ""

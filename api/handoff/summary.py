"""What a caseworker reads before taking over, so that nobody has to say anything twice.

Everything is quoted from the conversation: the citizen's own words, the answers that were given. Nothing is composed.
"""

import re
from collections.abc import Callable, Sequence
from typing import Any

from api.conversations.models import Message

MAX_CONCERN = 300
MIN_WORDS = 3

# Replies that show that the citizen's message was a concern, not a date or a name within a form.
ANSWERING = {"answer", "clarify", "abstain", "crisis"}

ASKS_FOR_PERSON = re.compile(
    r"\b(mensch\w*|mitarbeiter\w*|sachbearbeiter\w*|berater\w*|person|jemand\w*|kolleg\w*)\b", re.IGNORECASE
)
SPEAK = re.compile(
    r"\b(sprech\w*|red\w*|chat\w*|verbind\w*|schreib\w*|weiterleit\w*|durchstell\w*|telefonier\w*|will|möchte|"
    r"bitte|kann)\b",
    re.IGNORECASE,
)


def make_summary(transcript: Sequence[Message], *, title_of: Callable[[str], str | None]) -> dict[str, Any]:
    """Concern in the citizen's words (None where none was said) and the answers already given, with their sources."""
    return {"concern": concern(transcript), "answers": answers(transcript, title_of=title_of)}


def concern(transcript: Sequence[Message]) -> str | None:
    """The last question the citizen put; where the dialogue answered none, the last thing they said at length."""
    replies: dict[str, set[str]] = {}
    for line in transcript:
        if line.role == "bot" and line.reply_to:
            replies.setdefault(line.reply_to, set()).add(line.kind)
    said = [line for line in transcript if line.role == "citizen" and not (line.data or {}).get("payload")]
    questions = [
        line
        for line in said
        if "answer" in replies.get(line.id, ()) or (ANSWERING & replies.get(line.id, set()) and _substantive(line.text))
    ]
    chosen = (questions or [line for line in said if _substantive(line.text)])[-1:]
    return _one_line(chosen[0].text) if chosen else None


def answers(transcript: Sequence[Message], *, title_of: Callable[[str], str | None]) -> list[dict[str, Any]]:
    """Articles that were said, in order, each once."""
    found: dict[str, dict[str, Any]] = {}
    for line in transcript:
        if line.role == "bot" and line.kind == "answer" and line.article and line.article not in found:
            found[line.article] = {
                "article": line.article,
                "title": title_of(line.article) or line.article,
                "citations": list(line.citations or []),
            }
    return list(found.values())


def _substantive(text: str) -> bool:
    words = re.findall(r"[^\W\d_]{2,}", text)
    if len(words) < MIN_WORDS:
        return False
    # "Ich möchte mit einem Menschen sprechen" is the request, not the concern; a longer text holds one beside it.
    return not (len(words) <= 12 and ASKS_FOR_PERSON.search(text) and SPEAK.search(text))


def _one_line(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= MAX_CONCERN else f"{line[:MAX_CONCERN].rsplit(' ', 1)[0]} …"

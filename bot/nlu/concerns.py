"""What a message is about where it holds more than one sentence: the wish at the end of a story, and a second concern.

Pure functions over a classifier; bot/nlu/words_and_letters.py uses them. A long story is mostly background, and its
words drown the few that say what is wanted; so each part is looked at alone. Measured in benchmarks/nlu.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

# (intent, probability) of each text, the best first.
Classify = Callable[[Sequence[str]], list[tuple[str, float]]]

# Wishes that are done, not looked up: one clear sentence among many decides.
WISHES = frozenset({
    "book_appointment", "show_appointment", "move_appointment", "cancel_appointment", "leave_message",
    "request_callback", "talk_to_human", "report_change", "report_absence", "find_office", "ask_checklist",
    "ask_example", "ask_form", "ask_status", "complain", "change_language", "easy_language", "employer_vacancy",
    "landlord_asks", "privacy", "opening_hours",
})  # fmt: skip
# Those that people say in a few words at the end of a long sentence without full stops.
SAID_LAST = frozenset({
    "book_appointment", "show_appointment", "move_appointment", "cancel_appointment", "leave_message",
    "request_callback", "talk_to_human",
})  # fmt: skip
CONCERNS = WISHES | {"ask"}
# What a whole message may be taken for while one of its sentences is a wish.
BACKGROUND = frozenset({"ask", "inform", "out_of_scope", "correct", "affirm", "deny", "greet", "thank"})
SURE_OF_A_WISH = 0.75
SURE_OF_A_SECOND = 0.7
SURE_OF_A_QUESTION = 0.55  # with its question mark
DETAILS = 6  # words: so many details are a wish of their own, mostly for an appointment
STORY = 14  # words; shorter messages are one concern unless their punctuation says otherwise
SHORTEST_PART = 3
SPOKEN_END = (5, 8, 11)  # words: a recogniser writes no full stops, so the last words are tried as a sentence

_ENDS = re.compile(r"(?<=[^\d\s][.!?;])\s+|\n+|\s+[-–]\s+")
_JOINED = re.compile(
    r",?\s+(?:und|aber|außerdem|ausserdem|dann)\s+(?:außerdem|ausserdem|dann|noch|auch|zweitens|(?=(?:ich|wir|wie|was|wo|"
    r"wann|wer|kann|können|zahlt|gibt|bitte|muss|darf|möchte|will|brauche)\b))\s*",
    re.I,
)
_ASKS = re.compile(r"\?$|\b(?:wie|was|wann|wo|wer|ob|welche\w*|wieviel|warum)\b", re.I)


@dataclass(frozen=True)
class Concern:
    """One thing somebody wants, in their words."""

    text: str
    intent: str
    confidence: float


def parts(text: str) -> list[str]:
    """The sentences of a message, as far as it shows where they end; at least the message itself."""
    found = [part.strip(" ,") for sentence in _ENDS.split(text.strip()) for part in _JOINED.split(sentence)]
    return [part for part in found if len(part.split()) >= SHORTEST_PART] or [text.strip()]


def wish_in_story(text: str, whole: tuple[str, float], classify: Classify) -> Concern | None:
    """The wish that one part of a long message states clearly; the clearest where there are several."""
    if whole[0] not in BACKGROUND or len(text.split()) < STORY:
        return None
    words = text.split()
    ends = [" ".join(words[-count:]) for count in SPOKEN_END]
    candidates = [*ends, *parts(text)]
    found = [
        Concern(candidate, intent, confidence)
        for place, (candidate, (intent, confidence)) in enumerate(zip(candidates, classify(candidates), strict=True))
        if intent in (SAID_LAST if place < len(ends) else WISHES) and confidence >= SURE_OF_A_WISH
    ]
    return max(found, key=lambda concern: concern.confidence, default=None)


def two_concerns(text: str, whole: tuple[str, float], classify: Classify) -> tuple[Concern, Concern] | None:
    """The first two concerns of a message in their order, each with the words around it; None where there is one.

    Parts of the same kind are one concern told in several sentences, unless both are questions.
    """
    pieces = parts(text)
    if len(pieces) < 2:
        return None
    seen = [Concern(piece, *guess) for piece, guess in zip(pieces, classify(pieces), strict=True)]
    clear = [
        place
        for place, one in enumerate(seen)
        if (one.intent in CONCERNS or (one.intent == "inform" and len(one.text.split()) >= DETAILS))
        and one.confidence >= (SURE_OF_A_QUESTION if one.text.endswith("?") else SURE_OF_A_SECOND)
        and (one.intent != "ask" or _ASKS.search(one.text))
    ]
    if not clear:
        return None
    first = seen[clear[0]]
    if clear[0] > 0 and whole[0] in WISHES - {first.intent} and whole[1] >= SURE_OF_A_SECOND:
        # the whole says clearly what the sentences before this one want
        before, after = " ".join(pieces[: clear[0]]), " ".join(pieces[clear[0] :])
        return Concern(before, *whole), Concern(after, first.intent, first.confidence)
    second = next((place for place in clear[1:] if seen[place].intent != first.intent or first.intent == "ask"), None)
    if second is None:
        return None
    before, after = " ".join(pieces[:second]), " ".join(pieces[second:])
    return Concern(before, first.intent, first.confidence), Concern(after, seen[second].intent, seen[second].confidence)

"""One turn of a conversation as the actions see it: who, where, what was said, what is known."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from rasa_sdk import Tracker

REQUESTED_SLOT = "requested_slot"
# Intents below this certainty say little about a message that answers a question of ours.
SURE = 0.45
# Below it an emergency is asked about first; the fixed phrases (bot/nlu/urgent_phrases.yml) are certain.
SURE_OF_AN_EMERGENCY = 0.6
# Said to the bot, not about the concern: never a name or another detail.
SMALL_TALK = ("thank", "greet", "goodbye", "insult", "bot_challenge", "repeat", "show_menu", "complain")


@dataclass(frozen=True)
class Turn:
    """What the citizen just said, and the state it meets. `pressed`: an offered choice, not typed text."""

    conversation: str
    tenant: str
    channel: str
    language: str
    text: str
    pressed: bool
    intent: str
    confidence: float
    entities: list[dict[str, Any]]
    slots: Mapping[str, Any]
    events: list[dict[str, Any]] = field(repr=False)
    opens_form: bool = False
    first_concern: str = ""  # the text, without a second concern that it holds
    caller: str | None = None  # the number somebody calls from (E.164), where the exchange told it

    @classmethod
    def of(cls, tracker: Tracker) -> Turn:
        said = tracker.latest_message or {}
        metadata = said.get("metadata") or {}
        text = said.get("text") or ""
        intent = said.get("intent") or {}
        turn = cls(
            conversation=tracker.sender_id,
            tenant=metadata.get("tenant") or os.environ.get("LOTSE_TENANT") or "musterkreis",
            channel=metadata.get("channel") or "web",
            language=metadata.get("language") or "de",
            text="" if text.startswith("/") else text,
            first_concern="" if text.startswith("/") else (said.get("second_concern") or {}).get("first") or text,
            pressed=text.startswith("/"),
            intent=intent.get("name") or "",
            confidence=float(intent.get("confidence") or 0.0),
            entities=said.get("entities") or [],
            slots=tracker.slots,
            events=list(tracker.events),
            caller=metadata.get("caller") or None,
        )
        form = tracker.active_loop.get("name")
        opened = any(
            event.get("event") == "active_loop" and event.get("name") == form
            for event in turn.since_the_citizen_spoke()
        )
        return replace(turn, opens_form=bool(form) and opened)

    @property
    def phone(self) -> bool:
        """Whether the citizen hears us instead of reading."""
        return self.channel == "phone"

    @property
    def requested(self) -> str | None:
        """The slot that the last question of this form was about; None where the message opens it."""
        slot: str | None = self.slots.get(REQUESTED_SLOT)
        return None if self.opens_form else slot

    def urgent(self, *, sure: float) -> bool:
        """Whether the message is an emergency; fixed phrases and pressed choices are certain (1.0)."""
        return self.intent.startswith("crisis_") and (self.pressed or self.confidence >= sure)

    def wants(self, *intents: str, sure: float = SURE) -> bool:
        """Whether the message has one of the intents, surely enough (a pressed choice always is)."""
        return self.intent in intents and (self.pressed or self.confidence >= sure)

    def carried(self, name: str) -> str | None:
        """A value that came with a pressed choice (`/inform{"name":"value"}`)."""
        if not self.pressed:
            return None
        return next((str(entity["value"]) for entity in self.entities if entity.get("entity") == name), None)

    def since_the_citizen_spoke(self) -> list[dict[str, Any]]:
        """The events of this turn so far, the citizen's message first."""
        for position in range(len(self.events) - 1, -1, -1):
            if self.events[position].get("event") == "user":
                return self.events[position:]
        return []

    def last_replies(self) -> list[dict[str, Any]]:
        """The bot's messages before what the citizen just said, in order."""
        replies: list[dict[str, Any]] = []
        citizens = 0
        for event in reversed(self.events):
            if event.get("event") == "user":
                citizens += 1
                if citizens == 2 or (citizens == 1 and replies):
                    break
            elif event.get("event") == "bot" and citizens == 1:
                custom = (event.get("data") or {}).get("custom")
                if custom:
                    replies.append(custom)
        return replies[::-1]

    def asked(self) -> dict[str, str]:
        """What kind of answer our last words wanted, and for which detail; empty where they asked nothing."""
        replies = self.last_replies()
        return dict(((replies[-1].get("data") or {}).get("expects")) or {}) if replies else {}

    def open_offer(self) -> dict[str, Any] | None:
        """The last reply where it was a yes-or-no question that offers a way on: its first choice is the yes."""
        replies = self.last_replies()
        if not replies:
            return None
        last = replies[-1]
        asked = (last.get("data") or {}).get("expects") or {}
        choices = last.get("choices") or []
        offers = asked.get("kind") == "yes_no" and not asked.get("slot") and choices
        return last if offers and not choices[0]["payload"].startswith(("/affirm", "/inform")) else None

    def answered_in_between(self) -> bool:
        """Whether a question was answered in this very turn, so that a form only comes back to its own."""
        return any(
            event.get("event") == "slot" and event.get("name") == "last_outcome" and event.get("value") == "answered"
            for event in self.since_the_citizen_spoke()
        ) or any(
            event.get("event") == "action" and str(event.get("name", "")).startswith("utter_")
            for event in self.since_the_citizen_spoke()
        )

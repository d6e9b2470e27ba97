"""The base of every action: whatever goes wrong inside, the citizen hears a sentence and never silence."""

from __future__ import annotations

import logging
from abc import ABC, abstractmethod
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import EventType, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from bot.actions.language import set_language
from bot.actions.sentences import message
from bot.actions.turn import REQUESTED_SLOT, Turn

log = logging.getLogger(__name__)

SECOND_CONCERN = "second_concern"  # a slot, and what the classifier calls it (bot/nlu/words_and_letters.py)


class Step(Action, ABC):
    """One action. Subclasses implement `name` and `act`; failures they foresee (the hub is away) they handle there."""

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[EventType]:
        set_language(Turn.of(tracker).language)
        try:
            return _with_second_concern(dispatcher, tracker, await self.act(dispatcher, tracker))
        except Exception:
            log.exception("Action %s failed", self.name())
            dispatcher.utter_message(json_message=message("something_failed"))
            requested = tracker.get_slot(REQUESTED_SLOT)
            # a form stays open at the question where it was
            return [SlotSet(REQUESTED_SLOT, requested)] if requested and self.name().startswith("validate_") else []

    @abstractmethod
    async def act(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> list[EventType]:
        """Say what is to be said through the dispatcher and return the events."""


def _with_second_concern(
    dispatcher: CollectingDispatcher, tracker: Tracker, events: list[EventType]
) -> list[EventType]:
    """Keep the second thing somebody asked for, and come to it as soon as the first one is done.

    The hub sends the words named in `data.then` as the citizen's next message (api/conversations/dialogue.py).
    """
    named = (tracker.latest_message or {}).get(SECOND_CONCERN) or {}
    waiting = tracker.get_slot(SECOND_CONCERN) or named.get("text")
    goes_on = tracker.active_loop.get("name") or any(event["event"] in ("followup", "active_loop") for event in events)
    if not waiting:
        return events
    if goes_on:
        return [*events, SlotSet(SECOND_CONCERN, waiting)]
    dispatcher.utter_message(json_message=message("second_concern", text=waiting, data={"then": waiting}))
    return [*events, SlotSet(SECOND_CONCERN, None)]

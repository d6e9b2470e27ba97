"""The base of every action: whatever goes wrong inside, the citizen hears a sentence and never silence."""

from __future__ import annotations

import logging
from abc import ABC, abstractmethod
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import EventType, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from bot.actions.sentences import message
from bot.actions.turn import REQUESTED_SLOT

log = logging.getLogger(__name__)


class Step(Action, ABC):
    """One action. Subclasses implement `name` and `act`; failures they foresee (the hub is away) they handle there."""

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[EventType]:
        try:
            return await self.act(dispatcher, tracker)
        except Exception:
            log.exception("Action %s failed", self.name())
            dispatcher.utter_message(json_message=message("something_failed"))
            requested = tracker.get_slot(REQUESTED_SLOT)
            # a form stays open at the question where it was
            return [SlotSet(REQUESTED_SLOT, requested)] if requested and self.name().startswith("validate_") else []

    @abstractmethod
    async def act(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> list[EventType]:
        """Say what is to be said through the dispatcher and return the events."""

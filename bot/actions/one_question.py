"""A form with a single question: read from the first message where it can be, asked three times, then a person."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

from rasa_sdk import Tracker
from rasa_sdk.events import EventType, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from bot.actions.api_client import ApiProblem, ApiUnavailable
from bot.actions.form_turn import (
    ANSWERS,
    again,
    asked_why,
    is_excursion,
    leaves_form,
    progress,
    says_no_to_it,
    stays,
    times_asked,
)
from bot.actions.sentences import message
from bot.actions.small_answers import is_question
from bot.actions.step import Step
from bot.actions.turn import Turn

ASKED_AT_MOST = 3
# What the slot holds where the question was in vain, and where the hub did not answer.
GIVEN_UP, AWAY = "given_up", "away"
LONGEST_ANSWER = 5  # words; a longer text is about something else, unless the answer is found in it
# An intent this certain is no misunderstood answer: "Danke", "Ich möchte einen Termin".
CERTAINLY_ELSE = 0.7


class ValidateOneQuestion(Step, ABC):
    """Fills the slot, or leaves it to the question; closes the form by `GIVEN_UP` after the third answer in vain."""

    form: str
    slot: str
    own_intents: tuple[str, ...]

    def name(self) -> str:
        return f"validate_{self.form}"

    async def act(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> list[EventType]:
        turn = Turn.of(tracker)
        opening = turn.requested is None
        if not opening:
            if leaves_form(turn, own_intents=self.own_intents):
                return []
            if asked_why(turn):
                dispatcher.utter_message(json_message=message("why_other", choices=[]))
                return again(self.slot)
            heard = stays(turn)
            if heard is not None:
                return heard
        try:
            value, remembered = await self.understood(turn, opening=opening)
        except (ApiUnavailable, ApiProblem):
            return [SlotSet(self.slot, AWAY), progress()]
        if opening:
            return [progress(), SlotSet(self.slot, value), *remembered]
        if value is not None:
            return [SlotSet(self.slot, value), *remembered, progress()]
        if not self._is_for_us(turn):
            return []
        if times_asked(turn, self.slot) >= ASKED_AT_MOST:
            return [SlotSet(self.slot, GIVEN_UP), progress()]
        return [*again(self.slot), *remembered]

    def _is_for_us(self, turn: Turn) -> bool:
        """Whether a message that was not understood was meant as the answer; anything else goes to the rules."""
        if turn.pressed or turn.wants(*ANSWERS, *self.own_intents) or says_no_to_it(turn):
            return True
        if is_excursion(turn) or is_question(turn.text):
            return False
        return len(turn.text.split()) <= LONGEST_ANSWER and turn.confidence < CERTAINLY_ELSE

    @abstractmethod
    async def understood(self, turn: Turn, *, opening: bool) -> tuple[Any, list[EventType]]:
        """The value of the slot (None where the message does not hold it), and what else is to be remembered."""

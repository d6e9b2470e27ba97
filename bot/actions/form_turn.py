"""What every form shares: when a message leaves it, and how a question is asked again.

A form is left by rule (bot/data/rules.yml) when its validation returns nothing: Rasa then treats the message like any
other and comes back to the form afterwards. "Understood nothing" and "this is not for the form" are one answer: `[]`.
"""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

from rasa_sdk import Tracker
from rasa_sdk.events import EventType, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from bot.actions.api_client import ApiProblem, ApiUnavailable
from bot.actions.sentences import PERSON, STOP, message, phrase
from bot.actions.small_answers import asks_why, is_question
from bot.actions.step import Step
from bot.actions.turn import REQUESTED_SLOT, SURE_OF_AN_EMERGENCY, Turn

# Wishes that come before any detail, in any form.
ALWAYS_LEAVE = ("talk_to_human", "stop", "start_over")
# Said inside a form these are answers to its question, understood or not; everything else goes to the rules.
ANSWERS = ("inform", "correct", "affirm", "deny")
LONGEST_COMMAND = 7
# Own words for a person may well speak of hardship; only what is certainly an emergency interrupts them.
CERTAIN = 0.9


def leaves_form(turn: Turn, *, own_intents: Sequence[str], free_text: bool = False) -> bool:
    """Whether the message goes to the rules before the form looks at it.

    `free_text`: the question was for own words, so only short and sure commands count, everything else is the text.
    """
    if turn.urgent(sure=CERTAIN if free_text else SURE_OF_AN_EMERGENCY):
        return True
    if turn.pressed:
        return turn.intent not in (*ANSWERS, *own_intents)
    if free_text:
        return turn.wants(*ALWAYS_LEAVE, sure=0.6) and len(turn.text.split()) <= LONGEST_COMMAND
    return turn.wants(*ALWAYS_LEAVE)


def is_excursion(turn: Turn) -> bool:
    """Whether a message asks about something instead of answering."""
    return not turn.pressed and turn.wants("ask", "opening_hours", "bot_challenge", sure=0.3) and is_question(turn.text)


def asked_why(turn: Turn) -> bool:
    """Whether the citizen wants to know why the open question is asked."""
    return not turn.pressed and asks_why(turn.text) and len(turn.text.split()) <= LONGEST_COMMAND


def again(slot: str) -> list[EventType]:
    """Ask the same question again (differently): the answer was for the form but was not understood."""
    return [SlotSet(REQUESTED_SLOT, slot), SlotSet("unread_text", None)]


def progress() -> EventType:
    """The next question is a new one, even if it is about the same slot."""
    return SlotSet("question", None)


def times_asked(turn: Turn, slot: str) -> int:
    """How often the question was asked before without success; a question answered in between does not count."""
    question = turn.slots.get("question") or {}
    if question.get("slot") != slot:
        return 0
    return int(question["times"]) + (0 if turn.answered_in_between() else 1)


def question_asked(turn: Turn, slot: str) -> list[EventType]:
    return [SlotSet("question", {"slot": slot, "times": times_asked(turn, slot)})]


def lead_back(turn: Turn, sentence: str) -> str:
    """The words that lead back to the form after a question was answered."""
    return phrase(sentence) if turn.answered_in_between() else ""


def question(
    turn: Turn,
    slot: str,
    name: str,
    *,
    resume: str,
    choices: Sequence[dict[str, str]] | None = None,
    data: dict[str, Any] | None = None,
    **values: Any,
) -> tuple[dict[str, Any], list[EventType]]:
    """Return the question for a slot as it is asked this time, and the events that remember it."""
    said = message(
        name, times=times_asked(turn, slot), opening=lead_back(turn, resume), choices=choices, data=data, **values
    )
    return said, question_asked(turn, slot)


def inform(slot: str, value: str) -> str:
    """The payload of a choice that fills a slot."""
    return "/inform" + json.dumps({slot: value}, ensure_ascii=False, separators=(",", ":"))


def way_out(turn: Turn, slot: str) -> list[dict[str, str]]:
    """The third time round, a person stands among the choices."""
    return [PERSON, STOP] if times_asked(turn, slot) >= 2 else []


class Question(Step, ABC):
    """Asks for one slot of a form. `trouble` is said where the hub does not answer; the form stays as it is."""

    trouble = "appointments_away"

    @property
    @abstractmethod
    def form(self) -> str:
        """The form that asks."""

    @property
    @abstractmethod
    def slot(self) -> str:
        """The slot that is asked for."""

    def name(self) -> str:
        return f"action_ask_{self.form}_{self.slot}"

    async def act(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> list[EventType]:
        turn = Turn.of(tracker)
        try:
            said, events = await self.ask(turn)
        except (ApiUnavailable, ApiProblem):
            dispatcher.utter_message(json_message=message(self.trouble))
            return []
        dispatcher.utter_message(json_message=said)
        return events

    @abstractmethod
    async def ask(self, turn: Turn) -> tuple[dict[str, Any], list[EventType]]:
        """Return the message and the events that remember it."""

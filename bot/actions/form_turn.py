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
from bot.actions.names import spelt_name
from bot.actions.offers import AT_MOST, AT_MOST_SPOKEN
from bot.actions.sentences import PERSON, STOP, message, phrase
from bot.actions.small_answers import asks_spelling, asks_why, is_question, says_no, says_yes
from bot.actions.step import Step
from bot.actions.turn import REQUESTED_SLOT, SURE_OF_AN_EMERGENCY, Turn

# Wishes that come before any detail, in any form.
ALWAYS_LEAVE = ("talk_to_human", "stop", "start_over")
# Said inside a form these are answers to its question, understood or not; everything else goes to the rules.
ANSWERS = ("inform", "correct", "affirm", "deny")
LONGEST_COMMAND = 7
SURE_TO_LEAVE = 0.6  # what was collected is lost or handed on: "Sekunde, es klingelt" is neither
# On the telephone the third question in vain is whether a person shall help.
FAILURES = 2
# What kind of answer the question for a detail wants; a recogniser listens for that.
EXPECTED = {
    "appointment_service": "service",
    "appointment_site": "site",
    "appointment_start": "date_time",
    "moved_start": "date_time",
    "person_name": "name",
    "code_name": "name",
    "contact": "contact",
    "phone": "phone",
    "appointment_code": "code",
    "appointment_confirmed": "yes_no",
    "move_confirmed": "yes_no",
    "cancel_confirmed": "yes_no",
    "message_confirmed": "yes_no",
    "callback_confirmed": "yes_no",
    "managed_appointment": "choice",
    "change": "choice",
    "callback_time": "choice",
    "message_text": "own_words",
    "callback_text": "own_words",
    "sender": "free",
}
ON_THE_PHONE = {"contact": "phone", "sender": "yes_no"}
# Own words for a person may well speak of hardship; only what is certainly an emergency interrupts them.
CERTAIN = 0.9


def leaves_form(turn: Turn, *, own_intents: Sequence[str], free_text: bool = False) -> bool:
    """Whether the message goes to the rules before the form looks at it.

    `free_text`: the question was for own words, so only short and sure commands count, everything else is the text.
    """
    if turn.urgent(sure=CERTAIN if free_text else SURE_OF_AN_EMERGENCY):
        return True
    if turn.open_offer() and says_yes_to_it(turn):  # "Möchten Sie mit einem Menschen sprechen?" "Ja"
        return True
    if turn.pressed:
        return turn.intent not in (*ANSWERS, *own_intents)
    if free_text:
        return turn.wants(*ALWAYS_LEAVE, sure=SURE_TO_LEAVE) and len(turn.text.split()) <= LONGEST_COMMAND
    return turn.wants(*ALWAYS_LEAVE, sure=SURE_TO_LEAVE)


ASKING = ("ask", "opening_hours", "bot_challenge", "ask_checklist", "ask_example")


def is_excursion(turn: Turn) -> bool:
    """Whether a message asks about something instead of answering."""
    return not turn.pressed and turn.wants(*ASKING, sure=0.3) and is_question(turn.text)


def asked_why(turn: Turn) -> bool:
    """Whether the citizen wants to know why the open question is asked."""
    return not turn.pressed and asks_why(turn.text) and len(turn.text.split()) <= LONGEST_COMMAND


def says_yes_to_it(turn: Turn) -> bool:
    """Whether the citizen agrees, by a word or a choice."""
    if turn.pressed:
        return turn.intent == "affirm"
    return says_yes(turn.text) or turn.wants("affirm")


def says_no_to_it(turn: Turn) -> bool:
    """Whether the citizen declines, by a word or a choice."""
    if turn.pressed:
        return turn.intent == "deny"
    return says_no(turn.text) or turn.wants("deny")


def offered_at_once(turn: Turn) -> int:
    """How many times are offered together: who hears them cannot look again."""
    return AT_MOST_SPOKEN if turn.phone else AT_MOST


def stays(turn: Turn) -> list[EventType] | None:
    """Where the way out of a form was offered and declined, its question is asked afresh; None for anything else."""
    if turn.requested and turn.open_offer() and says_no_to_it(turn):
        return [*again(turn.requested), progress()]
    return None


def spells(turn: Turn, dispatcher: CollectingDispatcher) -> list[EventType] | None:
    """At a read-back the name can be heard letter by letter; None where that was not wished."""
    name = turn.slots.get("person_name")
    if not name or turn.requested is None or not asks_spelling(turn.text):
        return None
    dispatcher.utter_message(json_message=message("spelt_name", person=name, spelt=spelt_name(name)))
    return [*again(turn.requested), progress()]


def heard_name(turn: Turn) -> str:
    """The name as a read-back says it: spelt where it was not understood at once."""
    name = str(turn.slots.get("person_name") or "")
    return f"{name}. Ich buchstabiere: {spelt_name(name)}" if turn.slots.get("name_unsure") and name else name


def name_was_hard(turn: Turn, slot: str = "person_name") -> bool:
    """Whether the name now given had to be asked for more than once on the telephone."""
    return turn.phone and turn.requested == slot and times_asked(turn, slot) > 1


def offers_caller(turn: Turn, slot: str) -> bool:
    """Whether to ask for the number somebody calls from, before any number is asked for."""
    return turn.phone and bool(turn.caller) and not turn.slots.get("caller_refused") and times_asked(turn, slot) == 0


def caller_question(turn: Turn, slot: str, *, resume: str) -> tuple[dict[str, Any], list[EventType]]:
    """Ask whether the number of this call may be put down; it is named by its last digits only."""
    return question(turn, slot, "ask_caller", resume=resume, expects="yes_no", ending=" ".join(str(turn.caller)[-2:]))


def caller_taken(turn: Turn, slot: str) -> bool | None:
    """Whether the number of this call was agreed to; None where that was not the question or no answer to it."""
    if not turn.caller or turn.asked() != {"kind": "yes_no", "slot": slot}:
        return None
    return True if says_yes_to_it(turn) else False if says_no_to_it(turn) else None


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
    expects: str | None = None,
    **values: Any,
) -> tuple[dict[str, Any], list[EventType]]:
    """Return the question for a slot as it is asked this time, and the events that remember it.

    `expects`: the kind of answer where it is not the slot's usual one.
    """
    times = times_asked(turn, slot)
    if turn.phone and times >= FAILURES:
        return message("third_time", opening=lead_back(turn, resume)), question_asked(turn, slot)
    usual = (ON_THE_PHONE.get(slot) if turn.phone else None) or EXPECTED.get(slot, "free")
    said = message(
        name,
        times=times,
        opening=lead_back(turn, resume),
        choices=choices,
        data=data,
        expects={"kind": expects or usual, "slot": slot},
        **values,
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

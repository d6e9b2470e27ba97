"""What the short forms share that ask a few choices and end with something the hub works out (checklist, example).

Every question can be skipped. What is known from one message is not asked. On the telephone the result is said first,
and its lines are read on request, three at a time. Nothing is kept: the slots are forgotten when the form ends.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

from rasa_sdk import Tracker
from rasa_sdk.events import EventType, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from bot.actions.api_client import ApiProblem, ApiUnavailable
from bot.actions.form_turn import (
    ANSWERS,
    CERTAIN,
    Question,
    again,
    asked_why,
    is_excursion,
    leaves_form,
    progress,
    question,
    says_no_to_it,
    says_yes_to_it,
    stays,
    way_out,
)
from bot.actions.language import in_german
from bot.actions.sentences import message, phrase
from bot.actions.step import Step
from bot.actions.turn import Turn

SKIPPED = "unknown"
LONGEST_BRIEF = 4  # words
READ_AT_ONCE = 3
LONGEST_PORTION = 36  # words; with "Möchten Sie mehr hören?" forty
SHOWN, READ, FAILED = "shown", "read", "failed"


def portions(lines: Sequence[str]) -> list[str]:
    """Lines to be read aloud: at most three together, and no more words than one can keep in mind."""
    found: list[list[str]] = []
    for line in lines:
        last = found[-1] if found else []
        if last and len(last) < READ_AT_ONCE and len(" ".join([*last, line]).split()) <= LONGEST_PORTION:
            last.append(line)
        else:
            found.append([line])
    return [" ".join(part) for part in found]


class ValidateFewQuestions(Step, ABC):
    """Reads the answers, fills in what follows from them, and asks the hub when all is known."""

    form: str
    own_intents: tuple[str, ...]
    slots: tuple[str, ...]
    result: str
    part: str  # the last slot: what became of the result
    position: str  # how many portions were read
    more: tuple[str, ...] = ()  # other slots to forget

    def name(self) -> str:
        return f"validate_{self.form}"

    async def act(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> list[EventType]:
        turn = Turn.of(tracker)
        if turn.requested is None:
            fresh = dict.fromkeys((*self.slots, *self.more, self.result, self.part, self.position))
            return await self._continue(dispatcher, turn, fresh | await self.read(turn, text=turn.text))
        brief = await self._brief_answer(turn)
        if brief:
            return await self._continue(dispatcher, turn, brief)
        if leaves_form(turn, own_intents=self.own_intents):
            return []
        if asked_why(turn):
            dispatcher.utter_message(json_message=message(f"{self.prefix}_why", choices=[]))
            return [*again(turn.requested), progress()]
        declined = stays(turn)
        if declined is not None:
            return declined
        if turn.requested == self.part:
            return self._read_on(dispatcher, turn)
        if is_excursion(turn) and turn.intent not in self.own_intents:
            return []
        found = await self.read(turn, text=turn.text)
        if found:
            return await self._continue(dispatcher, turn, found)
        if turn.intent in self.own_intents or turn.pressed or turn.intent in ANSWERS:
            return again(turn.requested)
        return []

    async def _brief_answer(self, turn: Turn) -> dict[str, Any]:
        """A few words that answer ("ich lebe allein"), whatever else a classifier sees in so few words."""
        if turn.pressed or turn.requested == self.part or len(turn.text.split()) > LONGEST_BRIEF:
            return {}
        return (
            {}
            if turn.urgent(sure=CERTAIN) or turn.wants("talk_to_human", "stop")
            else await self.read(turn, text=turn.text)
        )

    @property
    def prefix(self) -> str:
        """What its sentences begin with."""
        return self.form.removesuffix("_form")

    @abstractmethod
    async def read(self, turn: Turn, *, text: str) -> dict[str, Any]:
        """The slots that a message fills."""

    @abstractmethod
    def follows(self, known: dict[str, Any]) -> dict[str, Any]:
        """The slots whose values follow from the others, so that they are not asked."""

    @abstractmethod
    async def fetch(self, turn: Turn, known: dict[str, Any]) -> dict[str, Any]:
        """What the hub works out."""

    def refused(self, dispatcher: CollectingDispatcher, problem: ApiProblem) -> dict[str, Any]:
        """Say why the hub refused; the slots that are to be asked again, or the end of the form."""
        dispatcher.utter_message(json_message=message(f"{self.prefix}_refused", detail=problem.detail))
        return {self.part: FAILED}

    async def _continue(self, dispatcher: CollectingDispatcher, turn: Turn, found: dict[str, Any]) -> list[EventType]:
        known = {slot: found.get(slot, turn.slots.get(slot)) for slot in (*self.slots, *self.more)}
        found = found | self.follows(known)
        known |= {slot: value for slot, value in found.items() if slot in known}
        if all(known[slot] is not None for slot in self.slots):
            found |= await self._work_out(dispatcher, turn, known)
        return [*(SlotSet(slot, value) for slot, value in found.items()), progress()]

    async def _work_out(self, dispatcher: CollectingDispatcher, turn: Turn, known: dict[str, Any]) -> dict[str, Any]:
        try:
            result = await self.fetch(turn, known)
        except ApiProblem as problem:
            return self.refused(dispatcher, problem)
        except ApiUnavailable:
            dispatcher.utter_message(json_message=message(f"{self.prefix}_away"))
            return {self.part: FAILED}
        return {self.result: result, self.position: 0, self.part: None if turn.phone else SHOWN}

    def _read_on(self, dispatcher: CollectingDispatcher, turn: Turn) -> list[EventType]:
        """On the telephone: read the next portion, or leave it at that."""
        if says_no_to_it(turn):
            return [SlotSet(self.part, SHOWN), progress()]
        if not says_yes_to_it(turn):
            return again(self.part) if turn.pressed or turn.intent in (*ANSWERS, *self.own_intents) else []
        left = portions(self.lines(turn.slots[self.result]))
        place = int(turn.slots.get(self.position) or 0) + 1
        if place >= len(left):
            dispatcher.utter_message(json_message=message("few_questions_part", part=left[-1], choices=[]))
            return [SlotSet(self.part, READ), progress()]
        return [SlotSet(self.position, place), *again(self.part), progress()]

    @abstractmethod
    def lines(self, result: dict[str, Any]) -> list[str]:
        """The result as short sentences to be read aloud."""


class AskFewQuestions(Question):
    """A question of such a form, with its own choices from bot/sentences.yml."""

    expects = "choice"

    @property
    def sentence(self) -> str:
        """The entry in bot/sentences.yml."""
        return f"{self.form.removesuffix('_form')}_ask_{self.slot.split('_', 1)[1]}"

    async def ask(self, turn: Turn) -> tuple[dict[str, Any], list[EventType]]:
        said, events = question(turn, self.slot, self.sentence, resume="resume_other", expects=self.expects)
        said["choices"] += [choice for choice in way_out(turn, self.slot) if choice not in said["choices"]]
        if not in_german():
            said["text"] = f"{phrase('german_only')}\n\n{said['text']}"
        return said, events


class AskToReadOn(Question):
    """In a call: the result in two sentences, then its lines in portions while they are wanted."""

    @property
    @abstractmethod
    def read(self) -> ValidateFewQuestions:
        """The form whose result is read."""

    @abstractmethod
    def first(self, result: dict[str, Any]) -> tuple[str, dict[str, str]]:
        """The entry that says the result, and what it is filled with."""

    async def ask(self, turn: Turn) -> tuple[dict[str, Any], list[EventType]]:
        result, place = turn.slots[self.read.result], int(turn.slots.get(self.read.position) or 0)
        if place == 0:
            name, values = self.first(result)
        else:
            name = "few_questions_more"
            values = {"part": portions(self.read.lines(result))[place - 1]}
        return question(turn, self.slot, name, resume="resume_other", expects="yes_no", **values)

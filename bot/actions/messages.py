"""Leaving a message and asking for a call: own words, who may be answered, read-back, receipt."""

from __future__ import annotations

import re
import uuid
from abc import ABC, abstractmethod
from typing import Any

from rasa_sdk import Tracker
from rasa_sdk.events import EventType, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from bot.actions import clock
from bot.actions.api_client import ApiProblem, ApiUnavailable, api
from bot.actions.contacts import Contact, contact_in, contact_words, is_phone
from bot.actions.conversation import MESSAGE as MESSAGE_SLOTS
from bot.actions.conversation import forget
from bot.actions.form_turn import (
    ANSWERS,
    Question,
    again,
    asked_why,
    caller_question,
    caller_taken,
    heard_name,
    inform,
    is_excursion,
    leaves_form,
    name_was_hard,
    offers_caller,
    progress,
    question,
    says_no_to_it,
    says_yes_to_it,
    spells,
    stays,
    way_out,
)
from bot.actions.german_time import time_range
from bot.actions.language import say
from bot.actions.names import NO_ANSWER, name_in, names_of
from bot.actions.people import topic
from bot.actions.sentences import message, phrase
from bot.actions.small_answers import says_no, says_yes, without_details
from bot.actions.step import Step
from bot.actions.turn import REQUESTED_SLOT, Turn
from bot.nlu.plain_text import plain

# Whoever tells something for the office has told the message already.
REPORTS = ("report_change", "report_absence")
ANONYMOUS, NAMED = "anonymous", "named"
RESUME = "resume_other"
LONGEST_MESSAGE = 4000
# A wish to leave a message that already holds the message: "… dass ich ab Montag krank bin".
_SAID_ALREADY = re.compile(r"\b(?:dass|weil|nämlich|und zwar)\b|:\s", re.I)


class _ValidateWords(Step, ABC):
    """Shared by both forms: free text first, then details, then the read-back."""

    form: str
    own_intents: tuple[str, ...]
    text_slot: str
    confirmed: str

    def name(self) -> str:
        return f"validate_{self.form}"

    async def act(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> list[EventType]:
        turn = Turn.of(tracker)
        opening = turn.requested is None
        free_text = turn.requested == self.text_slot
        if not opening and leaves_form(turn, own_intents=self.own_intents, free_text=free_text):
            return []
        if not opening and not free_text and asked_why(turn):
            name = {"phone": "why_phone", "sender": "why_sender"}.get(turn.requested or "", "why_other")
            dispatcher.utter_message(json_message=message(name, choices=[]))
            return again(turn.requested or self.text_slot)
        if opening:
            return [progress(), *self.opened(turn)]
        heard = stays(turn) or spells(turn, dispatcher)
        if heard is not None:
            return heard
        changed = self.change(turn) if turn.requested == "change" or turn.carried("change") else None
        if changed is not None:
            return changed
        if free_text:
            return self.words(turn)
        if is_excursion(turn):
            return []
        events = self.details(dispatcher, turn)
        if events:
            return events
        if turn.requested == self.confirmed:
            return await self.confirmation(turn)
        if turn.intent in self.own_intents or turn.pressed or turn.intent in ANSWERS:
            return again(turn.requested or self.text_slot)
        return []

    def opened(self, turn: Turn) -> list[EventType]:
        """The first message may hold the text and the details already."""
        events: list[EventType] = forget(*MESSAGE_SLOTS)
        found = contact_in(turn.text)
        events += self.contact_events(found) if found and found.value else self.known_contact(turn)
        name = name_in(turn.text, asked=False, found_by_model=names_of(turn.entities, "name"))
        if name:
            events.append(SlotSet("person_name", name))
        told = turn.text if turn.intent in REPORTS else turn.slots.get("unread_text")
        said = _SAID_ALREADY.search(turn.text)
        if told:  # a change or an absence was told before the message was agreed to
            events += [SlotSet(self.text_slot, str(told).strip()[:LONGEST_MESSAGE]), SlotSet("unread_text", None)]
        elif said and len(turn.text[said.end() :].split()) >= 3:
            events.append(SlotSet(self.text_slot, turn.text.strip()))
        return events

    def known_contact(self, turn: Turn) -> list[EventType]:
        return []

    @abstractmethod
    def contact_events(self, contact: Contact) -> list[EventType]:
        """The slots that a contact fills."""

    def words(self, turn: Turn) -> list[EventType]:
        said = turn.text.strip()
        if not re.search(r"\w{2}", said):
            return again(self.text_slot)
        return [SlotSet(self.text_slot, said[:LONGEST_MESSAGE]), SlotSet(self.confirmed, None), progress()]

    @abstractmethod
    def details(self, dispatcher: CollectingDispatcher, turn: Turn) -> list[EventType]:
        """The slots that an answer to a question of the form fills."""

    @abstractmethod
    def targets(self) -> tuple[tuple[str, str], ...]:
        """Slots that can be changed at the read-back, with the words that name them."""

    def change(self, turn: Turn) -> list[EventType] | None:
        """Reopen what the citizen wants to change; None where the message says the new value itself."""
        target = turn.carried("change") or next(
            (slot for slot, pattern in self.targets() if re.search(pattern, plain(turn.text))), None
        )
        if target in {slot for slot, _ in self.targets()} and not contact_in(turn.text):
            return [*self.reopened(str(target)), SlotSet(self.confirmed, None), progress()]
        if turn.requested != "change":
            return None
        if says_yes(turn.text):
            return [progress()]
        return None if contact_in(turn.text) else again("change")

    def reopened(self, slot: str) -> list[EventType]:
        return forget(slot)

    async def confirmation(self, turn: Turn) -> list[EventType]:
        if (turn.pressed and turn.intent == "affirm") or says_yes(turn.text) or turn.wants("affirm"):
            return await self.send(turn)
        if (turn.pressed and turn.intent == "deny") or says_no(turn.text) or turn.wants("deny", "correct", sure=0.5):
            reopened = self.change(turn)
            return reopened if reopened is not None else [SlotSet(REQUESTED_SLOT, "change"), progress()]
        return again(self.confirmed) if turn.pressed or turn.intent in ANSWERS else []

    async def send(self, turn: Turn) -> list[EventType]:
        # one key for every attempt at this message, so that a retry cannot leave it twice
        key = str(uuid.uuid5(uuid.NAMESPACE_URL, "|".join((turn.conversation, str(sorted(self.fields(turn).items()))))))
        try:
            left = await api.leave_message(
                key=key,
                conversation=turn.conversation,
                tenant=turn.tenant,
                topic=await topic(turn),
                **self.fields(turn),
            )
        except ApiUnavailable:
            return self._trouble(phrase("could_not_save"))
        except ApiProblem as problem:
            return self._trouble(problem.detail)
        return [SlotSet(self.confirmed, True), SlotSet("receipt", left["receipt"]), progress()]

    @abstractmethod
    def fields(self, turn: Turn) -> dict[str, Any]:
        """The fields of the inbox entry."""

    def _trouble(self, detail: str) -> list[EventType]:
        return [
            SlotSet("question", {"slot": self.confirmed, "times": 0, "trouble": detail}),
            SlotSet(REQUESTED_SLOT, self.confirmed),
        ]


class ValidateMessageForm(_ValidateWords):
    """A message in own words; name and contact are free to give."""

    form, own_intents, text_slot, confirmed = "message_form", ("leave_message",), "message_text", "message_confirmed"

    def known_contact(self, turn: Turn) -> list[EventType]:
        """Who was named in this conversation need not be asked again; the read-back shows it."""
        known = turn.slots.get("person_name") and turn.slots.get("contact")
        return [SlotSet("sender", NAMED)] if known else []

    def contact_events(self, contact: Contact) -> list[EventType]:
        return [SlotSet("contact", contact.value), SlotSet("sender", NAMED)]

    def details(self, dispatcher: CollectingDispatcher, turn: Turn) -> list[EventType]:
        if turn.carried("sender") == ANONYMOUS:
            return [SlotSet("sender", ANONYMOUS), *forget("person_name", "contact"), progress()]
        if turn.phone and turn.requested in ("sender", "person_name", "contact"):
            return self._heard(dispatcher, turn)
        if turn.pressed:
            return []
        contact = contact_in(turn.text)
        if contact and contact.value is None:
            dispatcher.utter_message(
                json_message=message(f"invalid_{contact.kind}", written=contact.written, choices=[])
            )
            return again("sender")
        asked = turn.requested == "sender"
        bare = asked and not turn.wants(*NO_ANSWER, sure=0.6)
        name = name_in(turn.text, asked=bare, found_by_model=names_of(turn.entities, "name") if asked else ())
        events: list[EventType] = []
        if contact:
            events.append(SlotSet("contact", contact.value))
        if name:
            events.append(SlotSet("person_name", name))
        if events:
            return [*events, SlotSet("sender", NAMED), progress()]
        if asked and without_details(turn.text):
            return [SlotSet("sender", ANONYMOUS), *forget("person_name", "contact"), progress()]
        return []

    def _heard(self, dispatcher: CollectingDispatcher, turn: Turn) -> list[EventType]:
        """On the telephone one thing at a time: whether an answer is wanted, the name, the number."""
        caller = caller_taken(turn, "contact")
        if caller is not None:
            taken = SlotSet("contact", turn.caller) if caller else SlotSet("caller_refused", True)
            return self._next(turn, [taken], contact=turn.caller if caller else None)
        if turn.requested == "sender" and says_yes_to_it(turn):
            return self._next(turn, [])
        if without_details(turn.text) or says_no_to_it(turn):
            return [SlotSet("sender", ANONYMOUS), *forget("person_name", "contact"), progress()]
        contact = contact_in(turn.text)
        if contact and contact.value is None:
            words = message(f"invalid_{contact.kind}", written=contact.written, choices=[])
            dispatcher.utter_message(json_message=words)
            return again("contact")
        name = name_in(
            turn.text,
            asked=turn.requested == "person_name" and not turn.wants(*NO_ANSWER, sure=0.6),
            found_by_model=names_of(turn.entities, "name"),
        )
        events: list[EventType] = [SlotSet("contact", contact.value)] if contact else []
        if name:
            events += [SlotSet("person_name", name), SlotSet("name_unsure", name_was_hard(turn))]
        return self._next(turn, events, name=name, contact=contact.value if contact else None) if events else []

    @staticmethod
    def _next(
        turn: Turn, events: list[EventType], *, name: str | None = None, contact: str | None = None
    ) -> list[EventType]:
        """Ask for what is still missing to answer somebody."""
        if not (name or turn.slots.get("person_name")):
            return [*events, SlotSet(REQUESTED_SLOT, "person_name"), progress()]
        if not (contact or turn.slots.get("contact")):
            return [*events, SlotSet(REQUESTED_SLOT, "contact"), progress()]
        return [*events, SlotSet("sender", NAMED), progress()]

    def targets(self) -> tuple[tuple[str, str], ...]:
        return (
            ("message_text", r"\b(text|nachricht|inhalt|satz)\b"),
            ("sender", r"\b(name|namen|kontakt|nummer|telefon|mail|absender)\b"),
        )

    def reopened(self, slot: str) -> list[EventType]:
        return forget(slot, "person_name", "contact") if slot == "sender" else forget(slot)

    def fields(self, turn: Turn) -> dict[str, Any]:
        named = turn.slots.get("sender") != ANONYMOUS
        return {
            "kind": "message",
            "text": turn.slots["message_text"],
            **({"name": turn.slots["person_name"]} if named and turn.slots.get("person_name") else {}),
            **({"contact": turn.slots["contact"]} if named and turn.slots.get("contact") else {}),
        }


class ValidateCallbackForm(_ValidateWords):
    """A request for a call: a keyword, a name, a telephone number, a time that suits."""

    form, own_intents, text_slot, confirmed = (
        "callback_form",
        ("request_callback",),
        "callback_text",
        "callback_confirmed",
    )

    def known_contact(self, turn: Turn) -> list[EventType]:
        known = turn.slots.get("phone") or turn.slots.get("contact")
        return [SlotSet("phone", known)] if is_phone(known) else []

    def contact_events(self, contact: Contact) -> list[EventType]:
        return [SlotSet("phone", contact.value)] if contact.kind == "phone" else []

    def opened(self, turn: Turn) -> list[EventType]:
        events = super().opened(turn)
        wish = time_range(turn.text, clock.now())
        if wish:
            events.append(SlotSet("callback_time", _time_words(turn.text)))
        return events

    def details(self, dispatcher: CollectingDispatcher, turn: Turn) -> list[EventType]:
        chosen = turn.carried("callback_time")
        if chosen:
            return [SlotSet("callback_time", chosen), progress()]
        caller = caller_taken(turn, "phone")
        if caller is not None:
            return [SlotSet("phone", turn.caller) if caller else SlotSet("caller_refused", True), progress()]
        if turn.pressed:
            return []
        events: list[EventType] = []
        contact = contact_in(turn.text)
        if contact and contact.kind == "phone" and contact.value:
            events.append(SlotSet("phone", contact.value))
        elif contact and turn.requested == "phone":
            reason = "invalid_phone" if contact.kind == "phone" else "phone_not_email"
            dispatcher.utter_message(json_message=message(reason, written=contact.written, choices=[]))
            return again("phone")
        asked = turn.requested == "person_name" and not turn.wants(*NO_ANSWER, sure=0.6)
        name = name_in(turn.text, asked=asked, found_by_model=names_of(turn.entities, "name") if asked else ())
        if name:
            events += [SlotSet("person_name", name), SlotSet("name_unsure", name_was_hard(turn))]
        wish = time_range(turn.text, clock.now(), bare_hour=turn.requested == "callback_time")
        wants_time = turn.requested in ("callback_time", self.confirmed, "change")
        if wants_time and (wish or re.search(r"\b(egal|immer|jederzeit)\b", plain(turn.text))):
            events.append(SlotSet("callback_time", _time_words(turn.text)))
        return [*events, progress()] if events else []

    def targets(self) -> tuple[tuple[str, str], ...]:
        return (
            ("callback_text", r"\b(thema|anliegen|grund|text)\b"),
            ("person_name", r"\b(name|namen)\b"),
            ("phone", r"\b(nummer|telefon\w*|handy\w*)\b"),
            ("callback_time", r"\b(zeit|uhrzeit|tag)\b"),
        )

    def fields(self, turn: Turn) -> dict[str, Any]:
        return {
            "kind": "callback",
            "text": turn.slots["callback_text"],
            "name": turn.slots["person_name"],
            "contact": turn.slots["phone"],
            "preferred_time": turn.slots["callback_time"],
        }


def _time_words(text: str) -> str:
    """The time as it was said, without the wrapping; "jederzeit" where it does not matter."""
    said = re.sub(r"\S+@\S+|(?:\+|00|0)[\d\s/-]{6,}", " ", text)
    said = re.sub(
        r"(?i)\b(?:bitte|am besten|am liebsten|rufen sie mich|ruft mich|können sie mich|zurückrufen|anrufen|zurück"
        r"|an|ich bin|erreichbar|unter|gerne?|das wäre gut|passt mir|passt|geht)\b",
        " ",
        said,
    )
    said = re.sub(r"\s+", " ", said).strip(" ,.!?")
    if re.fullmatch(r"(?i)(?:mir |ist |ganz |das )*(?:egal|immer|jederzeit)(?: wann)?", said):
        return "jederzeit"
    return said[:120] if said and len(said.split()) <= 12 else text.strip()[:120]


# --- questions


class _AskWords(Question):
    sentence: str

    async def ask(self, turn: Turn) -> tuple[dict[str, Any], list[EventType]]:
        return question(turn, self.slot, self.sentence, resume=RESUME, choices=self.choices(turn))

    def choices(self, turn: Turn) -> list[dict[str, str]] | None:
        return way_out(turn, self.slot)


class AskMessageText(_AskWords):
    form, slot, sentence = "message_form", "message_text", "ask_message_text"


class AskSender(_AskWords):
    form, slot, sentence = "message_form", "sender", "ask_sender"

    def choices(self, turn: Turn) -> list[dict[str, str]] | None:
        return None  # its own: send without


class AskMessageName(_AskWords):
    form, slot, sentence = "message_form", "person_name", "ask_sender_name"


class AskMessageContact(_AskWords):
    form, slot, sentence = "message_form", "contact", "ask_sender_contact"

    async def ask(self, turn: Turn) -> tuple[dict[str, Any], list[EventType]]:
        if offers_caller(turn, self.slot):
            return caller_question(turn, self.slot, resume=RESUME)
        return await super().ask(turn)


class AskCallbackText(_AskWords):
    form, slot, sentence = "callback_form", "callback_text", "ask_callback_text"


class AskCallbackName(_AskWords):
    form, slot, sentence = "callback_form", "person_name", "ask_callback_name"


class AskPhone(_AskWords):
    form, slot, sentence = "callback_form", "phone", "ask_phone"

    async def ask(self, turn: Turn) -> tuple[dict[str, Any], list[EventType]]:
        if offers_caller(turn, self.slot):
            return caller_question(turn, self.slot, resume=RESUME)
        return await super().ask(turn)

    def choices(self, turn: Turn) -> list[dict[str, str]] | None:
        outs = way_out(turn, self.slot)
        return [{"title": "Nachricht hinterlassen", "payload": "/leave_message"}, *outs] if outs else []


class AskCallbackTime(_AskWords):
    form, slot, sentence = "callback_form", "callback_time", "ask_callback_time"

    def choices(self, turn: Turn) -> list[dict[str, str]] | None:
        return None


class _AskSend(_AskWords):
    """The read-back; after trouble, what happened and what is still there."""

    async def ask(self, turn: Turn) -> tuple[dict[str, Any], list[EventType]]:
        trouble = (turn.slots.get("question") or {}).get("trouble")
        if trouble:
            return message("not_sent", detail=trouble), [SlotSet("question", {"slot": self.slot, "times": 0})]
        return question(turn, self.slot, self.sentence, resume=RESUME, **self.values(turn))

    @abstractmethod
    def values(self, turn: Turn) -> dict[str, Any]:
        """What the read-back says."""


class AskMessageConfirmed(_AskSend):
    form, slot, sentence = "message_form", "message_confirmed", "confirm_message"

    def values(self, turn: Turn) -> dict[str, Any]:
        known = turn.slots.get("sender") != ANONYMOUS
        parts = [turn.slots.get("person_name"), turn.slots.get("contact") and contact_words(turn.slots["contact"])]
        who = ", ".join(str(part) for part in parts if part) if known else ""
        heard = ", ".join([heard_name(turn), *(str(part) for part in parts[1:] if part)]) if known else ""
        return {
            "heard": f"Von {heard}." if who else "Ohne Namen und Nummer.",
            "text": str(turn.slots["message_text"]).replace("\n", "\n> "),
            "sender": say("Von: {who}").format(who=who) if who else say("Ohne Namen und Kontakt."),
        }


class AskCallbackConfirmed(_AskSend):
    form, slot, sentence = "callback_form", "callback_confirmed", "confirm_callback"

    def values(self, turn: Turn) -> dict[str, Any]:
        return {
            "text": turn.slots["callback_text"],
            "person": turn.slots["person_name"],
            "heard": heard_name(turn),
            "phone": contact_words(turn.slots["phone"]),
            "time": turn.slots["callback_time"],
        }


class AskMessageChange(_AskWords):
    form, slot, sentence = "message_form", "change", "ask_change"

    def choices(self, turn: Turn) -> list[dict[str, str]] | None:
        return [
            {"title": "Text", "payload": inform("change", "message_text")},
            {"title": "Name oder Kontakt", "payload": inform("change", "sender")},
            *way_out(turn, self.slot),
        ]


class AskCallbackChange(_AskWords):
    form, slot, sentence = "callback_form", "change", "ask_change"

    def choices(self, turn: Turn) -> list[dict[str, str]] | None:
        titles = (
            ("callback_text", "Thema"),
            ("person_name", "Name"),
            ("phone", "Telefonnummer"),
            ("callback_time", "Zeit"),
        )
        return [
            *({"title": title, "payload": inform("change", slot)} for slot, title in titles),
            *way_out(turn, self.slot),
        ]


# --- after the forms


def spelt(receipt: str) -> str:
    """A receipt number as one says it: M, 2026, 7 K Q 4 F."""
    return ", ".join(" ".join(part) if not part.isdigit() else part for part in receipt.split("-"))


class ActionMessageSent(Step):
    """The receipt of a message."""

    def name(self) -> str:
        return "action_message_sent"

    async def act(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> list[EventType]:
        turn = Turn.of(tracker)
        receipt = turn.slots.get("receipt")
        if turn.slots.get("message_confirmed") is True and receipt:
            reachable = turn.slots.get("sender") != ANONYMOUS and turn.slots.get("contact")
            reply = phrase("reply_expected" if reachable else "no_reply_expected")
            dispatcher.utter_message(
                json_message=message(
                    "message_sent",
                    receipt=receipt,
                    spelt_receipt=spelt(receipt),
                    reply=reply,
                    data={"receipt": receipt},
                )
            )
        return forget(*MESSAGE_SLOTS)


class ActionCallbackRequested(Step):
    """The receipt of a request for a call."""

    def name(self) -> str:
        return "action_callback_requested"

    async def act(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> list[EventType]:
        turn = Turn.of(tracker)
        receipt = turn.slots.get("receipt")
        if turn.slots.get("callback_confirmed") is True and receipt:
            dispatcher.utter_message(
                json_message=message(
                    "callback_requested",
                    receipt=receipt,
                    spelt_receipt=spelt(receipt),
                    phone=contact_words(turn.slots["phone"]),
                    data={"receipt": receipt, "phone": turn.slots["phone"]},
                )
            )
        return forget(*MESSAGE_SLOTS)

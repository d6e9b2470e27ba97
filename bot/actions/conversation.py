"""The conversation itself: yes and no to an offer, say that again, stop, start over, and what no rule foresaw."""

from __future__ import annotations

import json

from rasa_sdk import Tracker
from rasa_sdk.events import ActiveLoop, EventType, FollowupAction, SlotSet, UserUtteranceReverted
from rasa_sdk.executor import CollectingDispatcher

from bot.actions.api_client import ApiProblem, ApiUnavailable, api
from bot.actions.people import EMERGENCIES, call_for_help, hand_over
from bot.actions.sentences import BOOK, CALLBACK, message
from bot.actions.sentences import MESSAGE as MESSAGE_CHOICE
from bot.actions.sentences import PERSON as PERSON_CHOICE
from bot.actions.step import Step
from bot.actions.turn import REQUESTED_SLOT, Turn

# What a form collected; forgotten when it is left for good.
APPOINTMENT = (
    "appointment_service", "appointment_site", "appointment_start", "appointment_concern", "appointment_confirmed",
    "time_wish", "offered", "booking_key", "understood",
)  # fmt: skip
CHANGE = ("managed_appointment", "moved_start", "move_confirmed", "cancel_confirmed")
MESSAGE = (
    "message_text",
    "sender",
    "message_confirmed",
    "callback_text",
    "callback_time",
    "callback_confirmed",
    "receipt",
)
PERSON = ("person_name", "name_unsure", "contact", "phone", "caller_refused")
CONVERSATION = ("question", "unread_text", "last_article", "last_outcome", "misunderstood", "change")
CODE = ("appointment_code", "code_name", "found_by_code")
CHECKLIST = (
    "checklist_occasion", "checklist_service", "checklist_household", "checklist_work", "checklist_housing",
    "checklist_asked", "checklist_result", "checklist_position", "checklist_part",
)  # fmt: skip
EXAMPLE = (
    "example_living", "example_children", "example_rent", "example_gross", "example_net", "example_partner_gross",
    "example_partner_net", "example_other", "example_result", "example_position", "example_part",
)  # fmt: skip
OFFICE = ("office_place", "office_topic", "wanted_form", "offered_forms")
IN_A_FORM = (*APPOINTMENT, *CHANGE, *MESSAGE, *CODE[:2], *CHECKLIST, *EXAMPLE, *OFFICE)
# What a yes to an offer begins.
FORMS = {
    CALLBACK["payload"]: "callback_form",
    MESSAGE_CHOICE["payload"]: "message_form",
    BOOK["payload"]: "appointment_form",
}


def forget(*slots: str) -> list[EventType]:
    return [SlotSet(slot, None) for slot in slots]


class ActionAffirm(Step):
    """Yes to what the last words offered: a person, a call, a message, an appointment, help in an emergency."""

    def name(self) -> str:
        return "action_affirm"

    async def act(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> list[EventType]:
        turn = Turn.of(tracker)
        offered = turn.open_offer()
        payload = offered["choices"][0]["payload"] if offered else ""
        if payload == PERSON_CHOICE["payload"]:
            return await hand_over(dispatcher, turn)
        if payload.removeprefix("/") in EMERGENCIES:
            return await call_for_help(dispatcher, turn, payload.removeprefix("/"))
        begun, _, _ = payload.partition("{")
        if begun in FORMS:
            left = [ActiveLoop(None), *forget(REQUESTED_SLOT, "question")]
            return [*left, *_carried(payload), FollowupAction(FORMS[begun])]
        dispatcher.utter_message(json_message=message("yes_to_what"))
        return []


def _carried(payload: str) -> list[EventType]:
    """What an offer to book already says: for what, and where."""
    _, begins, values = payload.partition("{")
    carried = json.loads(begins + values) if begins else {}
    slots = {"service": "appointment_service"}
    return [
        SlotSet(slots.get(name, name), value) for name, value in carried.items() if slots.get(name, name) in APPOINTMENT
    ]


class ActionDeny(Step):
    """No: none of what was offered; other ways stay open."""

    def name(self) -> str:
        return "action_deny"

    async def act(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> list[EventType]:
        replies = Turn.of(tracker).last_replies()
        asked_back = bool(replies) and replies[-1].get("kind") == "clarify"
        dispatcher.utter_message(json_message=message("none_of_these" if asked_back else "nothing_to_stop"))
        return []


class ActionComplain(Step):
    """A complaint is heard by a person."""

    def name(self) -> str:
        return "action_complain"

    async def act(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> list[EventType]:
        dispatcher.utter_message(json_message=message("complaint"))
        return [SlotSet("last_outcome", "answered")]


class ActionRepeat(Step):
    """Says the last replies again. Inside a form this is the question, which the form asks again itself."""

    def name(self) -> str:
        return "action_repeat"

    async def act(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> list[EventType]:
        if tracker.active_loop.get("name"):
            return [SlotSet("last_outcome", "answered")]
        replies = Turn.of(tracker).last_replies()
        for reply in replies:
            dispatcher.utter_message(json_message=reply)
        if not replies:
            dispatcher.utter_message(json_message=message("nothing_to_repeat"))
        return []


class ActionBack(Step):
    """One question back: what was answered last in this form is asked anew. Outside a form there is only the menu."""

    def name(self) -> str:
        return "action_back"

    async def act(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> list[EventType]:
        if not tracker.active_loop.get("name"):
            dispatcher.utter_message(json_message=message("nothing_to_go_back_to"))
            return []
        previous = _question_before(tracker)
        if previous is None:
            return [SlotSet("last_outcome", "answered")]  # the first question: the form asks it again
        with_it = ("time_wish", "offered") if previous == "appointment_start" else ()
        return [SlotSet("last_outcome", "answered"), *forget(previous, *with_it, "question")]


def _question_before(tracker: Tracker) -> str | None:
    """The slot that was asked for before the present one, in the form that is open now."""
    asked: list[str] = []
    for event in tracker.events:
        if event.get("event") == "active_loop" and event.get("name"):
            asked.clear()
        elif event.get("event") == "slot" and event.get("name") == REQUESTED_SLOT and event.get("value"):
            asked.append(str(event["value"]))
    present = tracker.get_slot(REQUESTED_SLOT)
    before = [slot for slot in asked if slot not in (present, "change") and tracker.get_slot(slot) is not None]
    return before[-1] if before else None


class ActionStop(Step):
    """Leaves a form without doing anything, or takes back the wish for a person."""

    def name(self) -> str:
        return "action_stop"

    async def act(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> list[EventType]:
        in_form = bool(tracker.active_loop.get("name"))
        left = [ActiveLoop(None), *forget(REQUESTED_SLOT, *IN_A_FORM, "question")]
        if in_form:
            dispatcher.utter_message(json_message=message("stopped"))
            return left
        name = "nothing_to_stop"
        if _waits_for_a_person(tracker):
            try:
                await api.withdraw_handoff(tracker.sender_id)
                name = "handoff_withdrawn"
            except (ApiProblem, ApiUnavailable):
                name = "nothing_to_stop"
        dispatcher.utter_message(json_message=message(name))
        return left


def _waits_for_a_person(tracker: Tracker) -> bool:
    """Whether the last word about a person was that one is on the way."""
    for event in reversed(tracker.events):
        custom = (event.get("data") or {}).get("custom") or {} if event.get("event") == "bot" else {}
        if custom.get("kind") in ("handoff", "crisis") and "available" in (custom.get("data") or {}):
            return bool(custom["data"]["available"])
    return False


class ActionStartOver(Step):
    """Forgets what was said; bookings stay."""

    def name(self) -> str:
        return "action_start_over"

    async def act(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> list[EventType]:
        dispatcher.utter_message(json_message=message("started_over"))
        known = (*IN_A_FORM, *PERSON, *CODE, *CONVERSATION)
        return [ActiveLoop(None), *forget(REQUESTED_SLOT, *known)]


class ActionDefaultFallback(Step):
    """No rule knew what follows: say so, offer ways on, and forget the message that led nowhere."""

    def name(self) -> str:
        return "action_default_fallback"

    async def act(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> list[EventType]:
        dispatcher.utter_message(json_message=message("yes_to_what"))
        return [UserUtteranceReverted()]

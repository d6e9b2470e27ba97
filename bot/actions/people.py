"""To a person: on request at any point, and at once in an emergency."""

from __future__ import annotations

from typing import Any

from rasa_sdk import Tracker
from rasa_sdk.events import ActiveLoop, EventType, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from api.languages.catalog import GERMAN
from bot.actions.api_client import ApiProblem, ApiUnavailable, api
from bot.actions.contacts import contact_words
from bot.actions.offers import german_moment, local, moment_words
from bot.actions.purposes import ANY_SITE
from bot.actions.sentences import PERSON, message, phrase
from bot.actions.step import Step
from bot.actions.turn import REQUESTED_SLOT, SURE_OF_AN_EMERGENCY, Turn

WISH_FOR_A_PERSON = "Wunsch nach einem Menschen"
NO_ANSWER_FOUND = "Keine sichere Antwort gefunden"
# The words must reach the citizen even if the hub is slow with the queue.
CRISIS_SECONDS = 1.0
EMERGENCIES = {
    "crisis_suicide": "Notfall: Suizidgedanken",
    "crisis_no_food": "Notfall: kein Geld, kein Essen",
    "crisis_homeless": "Notfall: Wohnungslosigkeit",
    "crisis_power": "Notfall: Strom oder Heizung gesperrt",
    "crisis_violence": "Notfall: Gewalt",
}


async def collected(turn: Turn) -> dict[str, str]:
    """What forms have asked already, under the names a caseworker reads."""
    slots = turn.slots
    found: dict[str, str] = {}
    service = slots.get("appointment_service")
    if service:
        try:
            names = {entry["id"]: entry["name"] for entry in await api.services(tenant=turn.tenant, language=GERMAN)}
        except (ApiProblem, ApiUnavailable):
            names = {}
        found["Termin für"] = names.get(service, service)
    if slots.get("appointment_start"):
        found["Gewünschte Zeit"] = german_moment(local(slots["appointment_start"]))
    return found | given(turn)


def given(turn: Turn) -> dict[str, str]:
    """What the citizen said about themselves and their concern; needs no call."""
    slots = turn.slots
    found: dict[str, str] = {}
    for slot, label in (
        ("person_name", "Name"),
        ("appointment_concern", "Anliegen"),
        ("message_text", "Nachricht"),
        ("callback_text", "Thema des Rückrufs"),
        ("callback_time", "Zeit für den Rückruf"),
    ):
        if slots.get(slot):
            found[label] = str(slots[slot])
    for slot, label in (("contact", "Kontakt"), ("phone", "Telefon")):
        if slots.get(slot):
            found[label] = contact_words(slots[slot])
    return found


async def topic(turn: Turn) -> str | None:
    """The topic that finds the right team: the service being booked, or the topic of the last article."""
    if turn.slots.get("appointment_service"):
        return str(turn.slots["appointment_service"])
    article = (turn.slots.get("last_article") or {}).get("id")
    if not article:
        return None
    try:
        return str((await api.article(article, tenant=turn.tenant)).get("topic") or "") or None
    except (ApiProblem, ApiUnavailable):
        return None


class ActionHandoff(Step):
    """Asks the hub for a person; leaves a form but keeps what it collected."""

    def name(self) -> str:
        return "action_handoff"

    async def act(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> list[EventType]:
        return await hand_over(dispatcher, Turn.of(tracker))


async def hand_over(dispatcher: CollectingDispatcher, turn: Turn) -> list[EventType]:
    """Ask for a person and say what comes of it: a place in the queue, or when somebody is there again."""
    not_understood = int(turn.slots.get("misunderstood") or 0) > 1
    try:
        answer = await api.request_handoff(
            turn.conversation,
            reason=NO_ANSWER_FOUND if not_understood else WISH_FOR_A_PERSON,
            topic=await topic(turn),
            urgent=False,
            collected=await collected(turn),
            site=site_of(turn),
        )
    except (ApiProblem, ApiUnavailable):
        dispatcher.utter_message(json_message=message("handoff_failed"))
        return leave_form()
    dispatcher.utter_message(json_message=_handoff_message(answer, phone=turn.phone))
    return [*leave_form(), SlotSet("misunderstood", 0)]


def site_of(turn: Turn) -> str | None:
    """The site that the matter is about, where one was chosen."""
    site = (turn.slots.get("managed_appointment") or {}).get("site") or turn.slots.get("appointment_site")
    return None if site in (None, ANY_SITE) else str(site)


def _handoff_message(answer: dict[str, Any], *, phone: bool) -> dict[str, Any]:
    if not answer["available"]:
        name = "handoff_unavailable_phone" if phone else "handoff_unavailable"
    elif answer.get("state") == "human":
        name = "handoff_there"
    else:
        name = "handoff_waiting"
    known = ("available", "position", "estimated_wait_minutes", "reason", "opens_at")
    return message(
        name,
        message=answer.get("message") or "",
        heard=answer.get("spoken") or answer.get("message") or "",
        data={key: answer[key] for key in known if answer.get(key) is not None},
    )


def leave_form() -> list[EventType]:
    """Close the open form; what it collected stays."""
    return [ActiveLoop(None), SlotSet(REQUESTED_SLOT, None), SlotSet("question", None)]


class ActionCrisis(Step):
    """Says the fixed words with the right numbers, whatever else happens, and calls a person with an urgent mark."""

    def name(self) -> str:
        return "action_crisis"

    async def act(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> list[EventType]:
        turn = Turn.of(tracker)
        kind = turn.intent if turn.intent in EMERGENCIES else "crisis_suicide"
        if not turn.urgent(sure=SURE_OF_AN_EMERGENCY):
            yes = {"title": "Ja, es ist dringend", "payload": f"/{kind}"}
            no = {"title": "Nein, ich habe eine Frage", "payload": "/deny"}
            dispatcher.utter_message(json_message=message("crisis_unsure", choices=[yes, no, PERSON]))
            return [SlotSet("last_outcome", "answered")]
        return await call_for_help(dispatcher, turn, kind)


async def call_for_help(dispatcher: CollectingDispatcher, turn: Turn, kind: str) -> list[EventType]:
    """Say the fixed words of an emergency and call a person."""
    try:
        answer = await api.request_handoff(
            turn.conversation,
            reason=EMERGENCIES[kind],
            topic=None,
            urgent=True,
            collected=given(turn),
            patience=CRISIS_SECONDS,
        )
    except (ApiProblem, ApiUnavailable):
        dispatcher.utter_message(json_message=message(kind))
        return leave_form()
    words = message(kind)
    words["choices"] = [choice for choice in words["choices"] if choice != PERSON]  # asked for just now
    dispatcher.utter_message(json_message=words)
    data = {"available": answer["available"]}
    if answer["available"]:
        spoken = answer.get("spoken") or answer.get("message") or ""
        called = message("crisis_person_called", message=answer.get("message") or "", heard=spoken, data=data)
        dispatcher.utter_message(json_message=called)
    else:
        opens = answer.get("opens_at")
        when = phrase("opens_at", when=moment_words(local(opens))) if opens else ""
        dispatcher.utter_message(json_message=message("crisis_nobody_there", opens=when, data=data))
    return leave_form()

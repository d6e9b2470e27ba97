"""The questions of the appointment form: purpose, place, time, name, contact, the summary, what to change."""

from __future__ import annotations

from typing import Any

from rasa_sdk.events import EventType, SlotSet

from bot.actions import clock
from bot.actions.api_client import api
from bot.actions.appointment_details import CHANGE, CONCERN, CONFIRMED, CONTACT, NAME, SERVICE, SITE, START
from bot.actions.contacts import contact_words
from bot.actions.form_turn import (
    Question,
    caller_question,
    heard_name,
    inform,
    offered_at_once,
    offers_caller,
    question,
    question_asked,
    times_asked,
    way_out,
)
from bot.actions.free_times import Times, heard_lead, options_spoken, times_for
from bot.actions.offers import Slot, button_words, local, moment_words, options_heard
from bot.actions.purposes import ANY_SITE, services_in
from bot.actions.sentences import CALLBACK, PERSON, STOP, listed, message, phrase, spoken_form
from bot.actions.time_wish import TimeRange
from bot.actions.turn import Turn

RESUME = "resume_appointment"


class _AppointmentQuestion(Question):
    form = "appointment_form"


class AskService(_AppointmentQuestion):
    slot = SERVICE

    async def ask(self, turn: Turn) -> tuple[dict[str, Any], list[EventType]]:
        services = await api.services(tenant=turn.tenant)
        likely = services_in(turn.text, services)  # what the message may have meant stands on top
        services = sorted(services, key=lambda entry: entry["id"] not in likely)
        choices = [{"title": entry["name"], "payload": inform(SERVICE, entry["id"])} for entry in services]
        return question(
            turn,
            SERVICE,
            "ask_service",
            resume=RESUME,
            choices=[*choices, *way_out(turn, SERVICE)],
            options=options_heard([entry["name"] for entry in services], times_asked(turn, SERVICE)),
        )


class AskSite(_AppointmentQuestion):
    slot = SITE

    async def ask(self, turn: Turn) -> tuple[dict[str, Any], list[EventType]]:
        services = await api.services(tenant=turn.tenant)
        possible: list[str] = next((entry["sites"] for entry in services if entry["id"] == turn.slots.get(SERVICE)), [])
        sites = [site for site in await api.sites(tenant=turn.tenant) if site["id"] in possible]
        choices = [{"title": site["name"], "payload": inform(SITE, site["id"])} for site in sites]
        choices.append({"title": "Egal, der früheste Termin", "payload": inform(SITE, ANY_SITE)})
        return question(
            turn,
            SITE,
            "ask_site",
            resume=RESUME,
            choices=[*choices, *way_out(turn, SITE)],
            options=listed([site["name"] for site in sites]),
            heard=options_heard([site["name"] for site in sites], times_asked(turn, SITE)),
        )


class AskStart(_AppointmentQuestion):
    slot = START

    async def ask(self, turn: Turn) -> tuple[dict[str, Any], list[EventType]]:
        offered = turn.slots.get("offered")
        events: list[EventType] = []
        if offered is None:
            wish = turn.slots.get("time_wish")
            times = await times_for(
                tenant=turn.tenant,
                service=turn.slots[SERVICE],
                site=turn.slots.get(SITE),
                wish=TimeRange.from_dict(wish) if wish else None,
                now=clock.now(),
                limit=offered_at_once(turn),
            )
            offered = Times(None, times.offers or ([times.chosen] if times.chosen else []), times.lead).to_dict()
            events.append(SlotSet("offered", offered))
        slots = [Slot.of(slot) for slot in offered["slots"]]
        if not slots:
            return message("no_slots"), [*events, *question_asked(turn, START)]
        said, asked = question(
            turn,
            START,
            "ask_start",
            resume=RESUME,
            choices=[*await self._choices(turn, slots), *self._more(turn)],
            lead=offered["lead"],
            heard_lead=heard_lead(offered["lead"]),
            options=options_spoken(slots, clock.now()),
        )
        return said, [*events, *asked]

    async def _choices(self, turn: Turn, slots: list[Slot]) -> list[dict[str, str]]:
        if turn.slots.get(SITE) != ANY_SITE:
            return [
                {"title": button_words(slot.starts_at), "payload": inform(START, slot.starts_at.isoformat())}
                for slot in slots
            ]
        names = {site["id"]: site["name"] for site in await api.sites(tenant=turn.tenant)}
        return [
            {
                "title": f"{button_words(slot.starts_at)}, {names.get(slot.site, slot.site)}",
                "payload": inform(START, slot.starts_at.isoformat()),
            }
            for slot in slots
        ]

    @staticmethod
    def _more(turn: Turn) -> list[dict[str, str]]:
        return [CALLBACK, PERSON, STOP] if times_asked(turn, START) >= 2 else []


class AskName(_AppointmentQuestion):
    slot = NAME

    async def ask(self, turn: Turn) -> tuple[dict[str, Any], list[EventType]]:
        return _with_understood_time(turn, NAME, "ask_name")


class AskContact(_AppointmentQuestion):
    slot = CONTACT

    async def ask(self, turn: Turn) -> tuple[dict[str, Any], list[EventType]]:
        if offers_caller(turn, CONTACT):
            return _after_understood_time(turn, *caller_question(turn, CONTACT, resume=RESUME))
        return _with_understood_time(turn, CONTACT, "ask_contact")


def _with_understood_time(turn: Turn, slot: str, name: str) -> tuple[dict[str, Any], list[EventType]]:
    """A question that first says back the time that was just settled."""
    return _after_understood_time(turn, *question(turn, slot, name, resume=RESUME, choices=way_out(turn, slot)))


def _after_understood_time(
    turn: Turn, said: dict[str, Any], events: list[EventType]
) -> tuple[dict[str, Any], list[EventType]]:
    understood = turn.slots.get("understood")
    if not understood:
        return said, events
    opening = phrase("understood_time", when=understood)
    said |= {"text": f"{opening}{said['text']}", "spoken": spoken_form(f"{opening}{said['spoken']}")}
    return said, [*events, SlotSet("understood", None)]


class AskConfirmed(_AppointmentQuestion):
    """The summary: nothing is booked before it was confirmed."""

    slot = CONFIRMED

    async def ask(self, turn: Turn) -> tuple[dict[str, Any], list[EventType]]:
        trouble = (turn.slots.get("question") or {}).get("trouble")
        if trouble:
            return message("nothing_saved_yet", detail=trouble), [SlotSet("question", {"slot": CONFIRMED, "times": 0})]
        services = {entry["id"]: entry["name"] for entry in await api.services(tenant=turn.tenant)}
        sites = {site["id"]: site for site in await api.sites(tenant=turn.tenant)}
        site = sites[turn.slots[SITE]]
        moment = local(turn.slots[START])
        concern = turn.slots.get(CONCERN)
        service = services[turn.slots[SERVICE]]
        said, events = question(
            turn,
            CONFIRMED,
            "confirm_appointment",
            resume=RESUME,
            data={name: turn.slots[name] for name in (SERVICE, SITE, START, NAME, CONTACT)},
            service=service,
            when=moment_words(moment, clock.now().date()),
            site=f"{site['name']}, {site['address']}",
            site_name=site["name"],
            person=turn.slots[NAME],
            heard=heard_name(turn),
            contact=contact_words(turn.slots[CONTACT]),
            concern=f"\n- Stichwort: {concern}" if concern else "",
        )
        return said, [*events, SlotSet("understood", None)]


class AskChange(_AppointmentQuestion):
    slot = CHANGE

    async def ask(self, turn: Turn) -> tuple[dict[str, Any], list[EventType]]:
        titles = (
            (START, "Tag oder Uhrzeit"),
            (SITE, "Standort"),
            (SERVICE, "Anliegen"),
            (NAME, "Name"),
            (CONTACT, "Kontakt"),
        )
        choices = [{"title": title, "payload": inform(CHANGE, slot)} for slot, title in titles]
        return question(turn, CHANGE, "ask_change", resume=RESUME, choices=[*choices, *way_out(turn, CHANGE)])

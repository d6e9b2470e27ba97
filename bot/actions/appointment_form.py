"""Books an appointment: several details at once, corrections at any time, a summary before anything binds."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from rasa_sdk import Tracker
from rasa_sdk.events import ActiveLoop, EventType, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from bot.actions import clock
from bot.actions.api_client import ApiProblem, ApiUnavailable, api
from bot.actions.appointment_details import (
    CHANGE,
    CONCERN,
    CONFIRMED,
    CONTACT,
    NAME,
    SERVICE,
    SITE,
    START,
    Details,
    read_details,
    target_in,
)
from bot.actions.appointment_messages import appointment_message
from bot.actions.conversation import APPOINTMENT, forget
from bot.actions.form_turn import (
    ANSWERS,
    again,
    asked_why,
    caller_taken,
    is_excursion,
    leaves_form,
    name_was_hard,
    offered_at_once,
    progress,
    spells,
    stays,
)
from bot.actions.free_times import Times, other_times, time_is_free, times_for
from bot.actions.german_time import direction, shifted_wish, wants_another_time
from bot.actions.offers import Slot, button_words, local, moment_words
from bot.actions.purposes import ANY_SITE
from bot.actions.sentences import message, phrase
from bot.actions.small_answers import chosen_in, says_no, says_yes
from bot.actions.step import Step
from bot.actions.time_wish import TimeRange
from bot.actions.turn import REQUESTED_SLOT, Turn

OWN_INTENTS = ("book_appointment",)


class ValidateAppointmentForm(Step):
    """Reads details out of every message while the form is open, and books when the summary is confirmed."""

    def name(self) -> str:
        return "validate_appointment_form"

    async def act(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> list[EventType]:
        turn = Turn.of(tracker)
        opening = turn.requested is None
        if not opening and leaves_form(turn, own_intents=OWN_INTENTS):
            return []
        if not opening and asked_why(turn):
            dispatcher.utter_message(json_message=message(_why(turn.requested), choices=[]))
            return again(turn.requested or SERVICE)
        heard = None if opening else stays(turn) or spells(turn, dispatcher)
        if heard is not None:
            return heard
        try:
            return await _Reading(turn, dispatcher, opening=opening).events()
        except ApiUnavailable:
            # nothing is lost: the text is read again with the next message
            return [SlotSet("unread_text", f"{turn.slots.get('unread_text') or ''} {turn.text}".strip()), progress()]


def _why(slot: str | None) -> str:
    return {NAME: "why_name", CONTACT: "why_contact"}.get(slot or "", "why_other")


class _Reading:
    """One message against the state of the form. Collects the slots that change."""

    def __init__(self, turn: Turn, dispatcher: CollectingDispatcher, *, opening: bool) -> None:
        self.turn = turn
        self.dispatcher = dispatcher
        self.opening = opening
        self.now = clock.now()
        self.set: dict[str, Any] = {}
        self.ask_for: str | None = None
        self.services: Sequence[dict[str, Any]] = ()
        self.sites: Sequence[dict[str, Any]] = ()

    def value(self, slot: str) -> Any:
        return self.set[slot] if slot in self.set else self.turn.slots.get(slot)

    async def events(self) -> list[EventType]:
        turn = self.turn
        self.services = await api.services(tenant=turn.tenant)
        self.sites = await api.sites(tenant=turn.tenant)
        if self.opening:
            self.set["question"] = None
            self.set[CONFIRMED] = None
        elif turn.wants("cancel_appointment") and not turn.slots.get("booked"):
            # there is nothing to cancel but this very form
            self._say(message("stopped"))
            return [*forget(*APPOINTMENT, REQUESTED_SLOT), ActiveLoop(None)]
        text = self._text()
        caller = caller_taken(turn, CONTACT)
        if caller is not None:
            self.set |= {CONTACT: turn.caller} if caller else {"caller_refused": True, "question": None}
            return self._finished("")
        if turn.pressed:
            self._take_pressed()
        picked = self._picked(text)
        details = Details() if picked else await self._with_site_of_the_place(self._details(text), text)
        moved = None if picked else self._moved(text)
        if moved:  # "einen Tag später um 8 Uhr" is one wish, counted from the time that was spoken of
            details = replace(details, wish=None)
        if text and not self.opening and is_excursion(turn) and not self._answers_despite_asking(details):
            return []
        self._take(details)
        if picked:
            self._choose(picked)
        elif moved:
            self._wish(moved)
        else:
            await self._take_remarks_on_time(text, details)
        if turn.requested == CHANGE:
            self._take_change(text)
        try:
            await self._settle_site_and_time()
        except ApiUnavailable:
            self.set["offered"] = None  # the question for the time says so, and what was understood stays
        if turn.requested == CONFIRMED and not self._changed():
            await self._take_confirmation(text)
        return self._finished(text)

    def _text(self) -> str:
        """What was just said, after what could not be read in an earlier turn."""
        pending = self.turn.slots.get("unread_text")
        if not pending:
            return self.turn.text
        self.set["unread_text"] = None
        return f"{pending} {self.turn.text}".strip()

    async def _take_remarks_on_time(self, text: str, details: Details) -> None:
        """What is no day or time in itself: "später", "andere Zeiten", "eine Stunde früher"."""
        turn = self.turn
        if turn.requested == START and not details and text:
            await self._take_choice_of_time(text)
        elif turn.slots.get(START) and not details and wants_another_time(text):
            await self._offer_other_times([Slot(local(turn.slots[START]), turn.slots[SITE])], text)
        elif turn.wants("move_appointment") and not turn.slots.get("booked") and not details.wish:
            self._reopen(START)

    def _finished(self, text: str) -> list[EventType]:
        turn = self.turn
        if self._changed() and self.value(CONFIRMED) is not True:
            self.set[CONFIRMED] = None
            self.set.setdefault("question", None)
        if not self.set and self.ask_for is None:
            own = turn.intent in OWN_INTENTS
            if not (own or turn.pressed or turn.intent in ANSWERS) or turn.requested is None:
                return []
            return again(turn.requested)
        start = self.value(START)
        if start and start != turn.slots.get(START):
            self.set["understood"] = moment_words(local(start), self.now.date())
        events = [SlotSet(slot, value) for slot, value in self.set.items()] or [progress()]
        if self.ask_for:
            events.append(SlotSet(REQUESTED_SLOT, self.ask_for))
        return events

    def _changed(self) -> bool:
        watched = (SERVICE, SITE, START, NAME, CONTACT, CONCERN, "time_wish", "offered")
        return any(slot in self.set and self.set[slot] != self.turn.slots.get(slot) for slot in watched)

    # --- what was said

    def _details(self, text: str) -> Details:
        if not text:
            return Details()
        return read_details(
            self.turn, text, services=self.services, sites=self.sites, now=self.now, opening=self.opening
        )

    async def _with_site_of_the_place(self, details: Details, text: str) -> Details:
        """Asked for the place, any postcode, town or quarter that the hub knows leads to its site."""
        if self.turn.requested != SITE or details.site or not text:
            return details
        try:
            found = await api.offices(tenant=self.turn.tenant, place=text)
        except (ApiProblem, ApiUnavailable):
            return details
        place, site = found.get("place"), found.get("site")
        if place and place["ours"] and site:
            return replace(details, site=site["id"], unknown_place=None)
        if place and not place["ours"]:
            return replace(details, unknown_place=place["name"])
        return details

    def _answers_despite_asking(self, details: Details) -> bool:
        """Whether a question is an answer: "Geht Dienstag um zehn?" is one, "Was passiert am Dienstag?" is not."""
        if wants_another_time(self.turn.text) and self.value(START):
            return True
        if self.turn.requested not in (START, CONFIRMED, CHANGE):
            return False
        asks_for_rules = (
            self.turn.text.strip().lower().startswith(("was ", "wie ", "warum ", "wer ", "wieso ", "muss "))
        )
        return not asks_for_rules and (details.wish is not None or direction(self.turn.text) is not None)

    def _take_pressed(self) -> None:
        turn = self.turn
        service = turn.carried("service") or turn.carried(SERVICE)
        if service and any(entry["id"] == service for entry in self.services):
            self.set[SERVICE] = service
        site = turn.carried(SITE)
        if site and (site == ANY_SITE or any(entry["id"] == site for entry in self.sites)):
            self.set[SITE] = site
        start = turn.carried(START)
        if start:
            self.set[START] = local(start).isoformat()
            self.set["offered"] = None
        change = turn.carried(CHANGE)
        if change:
            self._reopen(change)

    def _take(self, details: Details) -> None:
        if details.service:
            self.set[SERVICE] = details.service
        if details.site:
            self.set[SITE] = details.site
        if details.unknown_place:
            self._say(message("unknown_place", place=details.unknown_place))
        if details.name and details.name != self.value(NAME):
            self.set[NAME] = details.name
            self.set["name_unsure"] = name_was_hard(self.turn)
        if details.contact:
            if details.contact.value:
                self.set[CONTACT] = details.contact.value
            else:
                self._say(message(f"invalid_{details.contact.kind}", written=details.contact.written))
                if self.turn.requested == CONTACT:
                    self.set["question"] = self.turn.slots.get("question")
                    self.ask_for = CONTACT
        if details.concern:
            self.set[CONCERN] = details.concern
        if details.wish:
            self._wish(details.wish)

    def _wish(self, wish: TimeRange) -> None:
        before = self.value("time_wish")
        merged = TimeRange.from_dict(before).changed_by(wish, self.now.date()) if before else wish
        start = self.value(START)
        if start and not wish.names_days and wish.names_time:
            # a time was chosen already: "lieber nachmittags" is about that day
            day = local(start).date()
            merged = TimeRange(first_day=day, last_day=day).changed_by(wish, self.now.date())
        elif start and wish.weekday_only:
            day = local(start).date()
            merged = TimeRange(first_day=day, last_day=day, exact=local(start).time()).changed_by(wish, self.now.date())
        self.set["time_wish"] = merged.to_dict()
        self.set[START] = None
        self.set["offered"] = None

    def _picked(self, text: str) -> Slot | None:
        """The offered time that "das zweite" means; looked for before it could be read as two o'clock."""
        shown = self._shown() if self.turn.requested == START and text else []
        number = chosen_in(text, [button_words(slot.starts_at) for slot in shown])
        return None if number is None else shown[number]

    async def _take_choice_of_time(self, text: str) -> None:
        """Other offers than those that stand there: "später", "keine davon"."""
        shown = self._shown()
        wants_another = self._declines(text) or self.turn.wants("move_appointment")
        if (direction(text) or wants_another) and self.value(SERVICE):
            await self._offer_other_times(shown, text)

    async def _offer_other_times(self, shown: list[Slot], text: str) -> None:
        times = await other_times(
            tenant=self.turn.tenant,
            service=self.value(SERVICE),
            site=self.value(SITE),
            shown=shown,
            wish=TimeRange.from_dict(self.value("time_wish")) if self.value("time_wish") else None,
            towards=direction(text) or "other",
            now=self.now,
            limit=offered_at_once(self.turn),
        )
        self.set[START] = None
        self.set["offered"] = times.to_dict()
        self.set["question"] = None

    def _moved(self, text: str) -> TimeRange | None:
        """Count "eine Stunde später" or "am Tag davor" from the time that was chosen or offered first."""
        start = self.turn.slots.get(START)
        shown = self._shown() if self.turn.requested == START else []
        reference = local(start) if start else shown[0].starts_at if shown else None
        return shifted_wish(text, reference) if text and reference else None

    def _declines(self, text: str) -> bool:
        return says_no(text) or self.turn.wants("deny", sure=0.5)

    def _shown(self) -> list[Slot]:
        return [Slot.of(slot) for slot in (self.turn.slots.get("offered") or {}).get("slots", [])]

    def _choose(self, slot: Slot) -> None:
        self.set[START] = slot.starts_at.isoformat()
        self.set["offered"] = None
        if self.value(SITE) == ANY_SITE:
            self.set[SITE] = slot.site

    def _take_change(self, text: str) -> None:
        if self._changed() or self.ask_for:
            return
        if says_yes(text) or self.turn.wants("affirm"):
            self.set["question"] = None  # nothing to change after all: the summary comes again
            return
        target = target_in(text)
        if target:
            self._reopen(target)
        else:
            self.ask_for = CHANGE

    def _reopen(self, slot: str) -> None:
        """Ask for one detail again, because the citizen wants to change it."""
        if slot not in (SERVICE, SITE, START, NAME, CONTACT):
            return
        self.set[slot] = None
        self.set["question"] = None
        if slot == START:
            self.set["time_wish"] = None
            self.set["offered"] = None

    # --- what follows from it

    async def _settle_site_and_time(self) -> None:
        service = next((entry for entry in self.services if entry["id"] == self.value(SERVICE)), None)
        if service is None:
            return
        places = service["sites"]
        site = self.value(SITE)
        if site and site != ANY_SITE and site not in places:
            self._say(message("site_without_service", service=service["name"], site=self._site_name(site)))
            self.set[SITE] = site = None
        if not site and len(places) == 1:
            self.set[SITE] = site = places[0]
        if not site:
            return
        start = self.value(START)
        elsewhere = any(
            slot in self.set and self.turn.slots.get(slot) not in (None, self.set[slot]) for slot in (SERVICE, SITE)
        )
        if start and elsewhere:
            # another place or purpose: the time stays wished, but must be free there
            moment = local(start)
            self._wish(TimeRange(moment.date(), moment.date(), exact=moment.time().replace(tzinfo=None)))
            start = None
        if start and site == ANY_SITE:
            slot = await time_is_free(tenant=self.turn.tenant, service=service["id"], site=None, moment=local(start))
            if slot:
                self._choose(slot)
        if start:
            return
        unseen = self.value("offered") is None
        if unseen:
            self._offer(await self._times(service["id"], site))

    async def _times(self, service: str, site: str) -> Times:
        wish = self.value("time_wish")
        return await times_for(
            tenant=self.turn.tenant,
            service=service,
            site=site,
            wish=TimeRange.from_dict(wish) if wish else None,
            now=self.now,
            limit=offered_at_once(self.turn),
        )

    def _offer(self, times: Times) -> None:
        if times.chosen:
            self._choose(times.chosen)
        else:
            self.set["offered"] = times.to_dict()

    async def _take_confirmation(self, text: str) -> None:
        turn = self.turn
        if turn.intent == "affirm" and turn.pressed or says_yes(text) or (text and turn.wants("affirm")):
            await self._book()
        elif turn.intent == "deny" and turn.pressed or says_no(text) or turn.wants("deny", "correct", sure=0.5):
            target = target_in(text)
            if target:
                self._reopen(target)
            else:
                self.ask_for = CHANGE

    async def _book(self) -> None:
        key = self.value("booking_key") or str(uuid.uuid4())
        self.set["booking_key"] = key
        concern = self.value(CONCERN)
        try:
            booked = await api.book(
                key=key,
                tenant=self.turn.tenant,
                service=self.value(SERVICE),
                site=self.value(SITE),
                starts_at=self.value(START),
                name=self.value(NAME),
                contact=self.value(CONTACT),
                language=self.turn.language,
                conversation=self.turn.conversation,
                **({"concern": concern} if concern else {}),
            )
        except ApiUnavailable:
            self._trouble(phrase("could_not_save"))
            return
        except ApiProblem as problem:
            self.set["booking_key"] = None
            if problem.alternatives or problem.status == 409:
                self._gone(problem)
            else:
                self._trouble(problem.detail)
            return
        kept = ("id", "code", "spoken_code", "service", "site", "starts_at", "ends_at", "manage_url", "ics_url")
        self.set["booked"] = [*(self.value("booked") or []), {name: booked.get(name) for name in kept}]
        self.set[CONFIRMED] = True

    def _gone(self, problem: ApiProblem) -> None:
        """Somebody else was faster: say so and offer what the hub says is near."""
        offers = sorted(Slot.of(slot) for slot in problem.alternatives)[: offered_at_once(self.turn)]
        moment = local(self.value(START))
        self.set[START] = None
        self.set["time_wish"] = TimeRange(moment.date(), moment.date()).to_dict()
        self.set["offered"] = Times(None, offers, phrase("lead_gone", detail=problem.detail)).to_dict()
        self.set["question"] = None

    def _trouble(self, detail: str) -> None:
        self.set["question"] = {"slot": CONFIRMED, "times": 0, "trouble": detail}
        self.ask_for = CONFIRMED

    def _site_name(self, site: str) -> str:
        return next((entry["name"] for entry in self.sites if entry["id"] == site), site)

    def _say(self, said: dict[str, Any]) -> None:
        self.dispatcher.utter_message(json_message=said)


class ActionAppointmentBooked(Step):
    """The confirmation; what the form collected is forgotten, who the person is stays."""

    def name(self) -> str:
        return "action_appointment_booked"

    async def act(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> list[EventType]:
        turn = Turn.of(tracker)
        booked = turn.slots.get("booked") or []
        if turn.slots.get(CONFIRMED) is not True or not booked:
            return []
        dispatcher.utter_message(json_message=await appointment_message("booked", booked[-1], turn))
        return [*forget(*APPOINTMENT), progress()]

"""Showing, moving and cancelling the appointments that were booked in this conversation."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from rasa_sdk import Tracker
from rasa_sdk.events import ActiveLoop, EventType, FollowupAction, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from bot.actions import clock
from bot.actions.api_client import ApiProblem, ApiUnavailable, api
from bot.actions.appointment_messages import appointment_message, names_for
from bot.actions.contacts import code_in
from bot.actions.conversation import CHANGE, forget
from bot.actions.form_turn import (
    ANSWERS,
    Question,
    again,
    inform,
    is_excursion,
    leaves_form,
    offered_at_once,
    progress,
    question,
    question_asked,
    stays,
    times_asked,
    way_out,
)
from bot.actions.free_times import Times, heard_lead, options_spoken, other_times, times_for
from bot.actions.german_time import direction, shifted_wish, time_range
from bot.actions.names import NO_ANSWER, name_in
from bot.actions.offers import Slot, button_words, local, moment_words, options_heard
from bot.actions.purposes import site_in
from bot.actions.sentences import PERSON, STOP, message, phrase
from bot.actions.small_answers import chosen_in, is_question, says_no, says_yes
from bot.actions.step import Step
from bot.actions.time_wish import TimeRange
from bot.actions.turn import REQUESTED_SLOT, Turn
from bot.nlu.plain_text import plain

WHICH, START, MOVE_CONFIRMED, CANCEL_CONFIRMED = (
    "managed_appointment",
    "moved_start",
    "move_confirmed",
    "cancel_confirmed",
)
# Who calls has no link: the code that was said at the booking and the surname open an appointment instead.
CODE, CODE_NAME, FOUND = "appointment_code", "code_name", "found_by_code"
RESUME = "resume_appointment"
TIMES = ("time_wish", "offered")
_THE_OLD_ONE = re.compile(r"\b(?:de[rn]|meinen) (?:termin )?am\b|\btermin vom\b|\bden vom\b")
_HAS_NO_CODE = re.compile(
    r"\b(?:keinen? (?:code|zahl|nummer)|weiss (?:ich )?(?:\w+ )?nicht|vergessen|verloren|habe ich nicht)\b"
)


# Said at "Soll ich diesen Termin absagen?": a yes in other words, a no in other words, the other one.
_CANCELS = re.compile(
    r"\b(?:absag\w*|ab ?zu ?sagen|stornier\w*|streich\w*|loesch\w*"
    r"|sag\w*(?: (?:sie|ihn|den|diesen|das|es|termin|mir|bitte|doch|dann|ruhig|einfach|mal))* ab)(?=[ .!]*$)"
)
_KEEPS = re.compile(r"\bnicht (?:mehr )?(?:ab\b|absag|ab ?zu ?sag|stornier|streich|loesch)|\bbehalt")
_REFUSES = re.compile(r"(?:nein|nee|ne|noe)\b")
_THE_OTHER = re.compile(r"\b(?:de[nrm]|das) andere[nrm]?\b")


async def known_appointments(turn: Turn) -> list[dict[str, Any]]:
    """The open appointments of this conversation, booked in it or found by their code; the next one first."""
    known = {one["id"]: one for one in await api.appointments(turn.conversation)}
    for identifier in turn.slots.get(FOUND) or []:
        if identifier in known:
            continue
        try:
            found = await api.appointment(identifier)
        except ApiProblem:
            continue
        if found.get("status", "booked") == "booked" and local(found["starts_at"]) > clock.now():
            known[identifier] = found
    return sorted(known.values(), key=lambda one: local(one["starts_at"]))


class ActionShowAppointment(Step):
    """Says every appointment of this conversation."""

    def name(self) -> str:
        return "action_show_appointment"

    async def act(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> list[EventType]:
        turn = Turn.of(tracker)
        try:
            found = await known_appointments(turn)
        except (ApiUnavailable, ApiProblem):
            dispatcher.utter_message(json_message=message("your_appointments_away"))
            return []
        if not found and turn.phone:
            return [FollowupAction("show_form")]
        for appointment in found:
            dispatcher.utter_message(json_message=await appointment_message("show_one", appointment, turn))
        if not found:
            dispatcher.utter_message(json_message=message("show_none"))
        return [SlotSet("last_outcome", "answered")]


def _leave(*slots: str) -> list[EventType]:
    return [*forget(*slots), ActiveLoop(None), SlotSet(REQUESTED_SLOT, None)]


def which_of(text: str, appointments: Sequence[dict[str, Any]], turn: Turn) -> dict[str, Any] | None:
    """The appointment a text means: the only one, "den zweiten", or the one of that day."""
    if len(appointments) == 1:
        return appointments[0]
    chosen = turn.carried(WHICH)
    if chosen:
        return next((one for one in appointments if one["id"] == chosen), None)
    # "Den am 10. Dezember auf den 17.": what stands before "auf" says which one
    text = _before_the_new_time(text)
    number = chosen_in(text, [moment_words(local(one["starts_at"])) for one in appointments])
    if number is not None:
        return appointments[number]
    named = time_range(text, clock.now())
    fitting = [one for one in appointments if named and named.contains_day(local(one["starts_at"]).date())]
    return fitting[0] if len(fitting) == 1 and named and named.names_days else None


class _ValidateManaged(Step, ABC):
    """Shared by moving and cancelling: first, which appointment."""

    form: str
    own_intents: tuple[str, ...]

    def name(self) -> str:
        return f"validate_{self.form}"

    async def act(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> list[EventType]:
        turn = Turn.of(tracker)
        opening = turn.requested is None
        if not opening and not self.answers(turn) and leaves_form(turn, own_intents=self.own_intents):
            return []
        stayed = stays(turn)
        if stayed is not None:
            return stayed
        try:
            appointment = turn.slots.get(WHICH) if not opening else None
            events: list[EventType] = [*forget(*CHANGE, *TIMES), progress()] if opening else []
            if turn.requested in (CODE, CODE_NAME):
                return await self._by_code(dispatcher, turn)
            if appointment is None:
                found = await known_appointments(turn)
                if not found and turn.phone:
                    return [*events, *forget(CODE, CODE_NAME), SlotSet(REQUESTED_SLOT, CODE)]
                if not found:
                    dispatcher.utter_message(json_message=message("show_none"))
                    return _leave(*CHANGE, *TIMES)
                appointment = which_of(turn.text, found, turn)
                if appointment is None:
                    return events or self._unclear(turn, WHICH)
                return [*events, SlotSet(WHICH, appointment), progress(), *await self.first_step(turn, appointment)]
            return await self.next_step(dispatcher, turn, appointment)
        except ApiUnavailable:
            dispatcher.utter_message(json_message=message("your_appointments_away"))
            return _leave(*CHANGE, *TIMES) if opening else again(turn.requested or WHICH)

    def answers(self, turn: Turn) -> bool:
        """Whether a message that sounds like leaving the form answers its question."""
        return False

    async def _by_code(self, dispatcher: CollectingDispatcher, turn: Turn) -> list[EventType]:
        """Read the code, then the surname, and open the appointment that both fit."""
        code, name = turn.slots.get(CODE), None
        if turn.requested == CODE:
            code = code_in(turn.text)
            if code is None and _HAS_NO_CODE.search(plain(turn.text)):
                dispatcher.utter_message(json_message=message("without_code"))
                return _leave(*CHANGE, *TIMES, CODE, CODE_NAME, "question")
            if code is None:
                return [] if is_excursion(turn) else again(CODE)
            name = turn.slots.get("person_name")
        else:
            name = name_in(turn.text, asked=not turn.wants(*NO_ANSWER, sure=0.6))
            if name is None:
                return [] if is_excursion(turn) else again(CODE_NAME)
        if not name:
            return [SlotSet(CODE, code), SlotSet(REQUESTED_SLOT, CODE_NAME), progress()]
        try:
            found = await api.find_appointment(conversation=turn.conversation, code=str(code), name=str(name))
        except ApiProblem as problem:
            locked = problem.status == 429
            dispatcher.utter_message(json_message=message("code_locked" if locked else "code_wrong"))
            if locked:
                return _leave(*CHANGE, *TIMES, CODE, CODE_NAME, "question")
            return [*forget(CODE, CODE_NAME, "person_name"), SlotSet(REQUESTED_SLOT, CODE), progress()]
        opened = [*forget(CODE, CODE_NAME), SlotSet(FOUND, [*(turn.slots.get(FOUND) or []), found["id"]])]
        return [*opened, SlotSet(WHICH, found), progress(), *await self.first_step(replace(turn, text=""), found)]

    def _unclear(self, turn: Turn, slot: str) -> list[EventType]:
        if turn.intent in self.own_intents or turn.pressed or turn.intent in ANSWERS:
            return again(slot)
        return []

    async def first_step(self, turn: Turn, appointment: dict[str, Any]) -> list[EventType]:
        return []

    @abstractmethod
    async def next_step(
        self, dispatcher: CollectingDispatcher, turn: Turn, appointment: dict[str, Any]
    ) -> list[EventType]:
        """What follows once it is known which appointment is meant."""


class ValidateCancelForm(_ValidateManaged):
    """Cancels after a yes."""

    form, own_intents = "cancel_form", ("cancel_appointment",)

    def answers(self, turn: Turn) -> bool:
        """Read "dann sagen Sie ihn ab" as the yes it is here, though elsewhere it would leave the form."""
        asked = turn.requested == CANCEL_CONFIRMED and turn.intent in ("stop", *self.own_intents)
        return asked and bool(_CANCELS.search(plain(turn.text)))

    async def next_step(
        self, dispatcher: CollectingDispatcher, turn: Turn, appointment: dict[str, Any]
    ) -> list[EventType]:
        other = await self._other(turn, appointment)
        if other:
            return other
        said = plain(turn.text)
        keeps = bool(_KEEPS.search(said))
        if (
            not keeps
            and not _REFUSES.match(said)
            and (
                (turn.pressed and turn.intent == "affirm")
                or says_yes(turn.text)
                or (_CANCELS.search(said) and not is_question(turn.text))
                or turn.wants("affirm", "cancel_appointment")
            )
        ):
            try:
                await api.cancel(appointment["id"])
            except ApiUnavailable:
                return self._trouble(phrase("could_not_save"))
            except ApiProblem as problem:
                return self._trouble(problem.detail)
            return [SlotSet(CANCEL_CONFIRMED, "yes"), progress()]
        if keeps or (turn.pressed and turn.intent == "deny") or says_no(turn.text) or turn.wants("deny", "correct"):
            return [SlotSet(CANCEL_CONFIRMED, "no"), progress()]
        return [] if is_excursion(turn) else self._unclear(turn, CANCEL_CONFIRMED)

    async def _other(self, turn: Turn, appointment: dict[str, Any]) -> list[EventType]:
        """Read back another appointment than the present one: "nein, den anderen", "nein, den am Donnerstag"."""
        the_other = bool(_THE_OTHER.search(plain(turn.text)))
        if not turn.text or not (the_other or time_range(turn.text, clock.now())):
            return []
        known = await known_appointments(turn)
        rest = [one for one in known if one["id"] != appointment["id"]]
        meant = which_of(turn.text, rest if the_other else known, turn) if rest else None
        if meant and meant["id"] != appointment["id"]:
            return [SlotSet(WHICH, meant), SlotSet(CANCEL_CONFIRMED, None), progress()]
        return [SlotSet(WHICH, None), progress()] if the_other and rest else []

    @staticmethod
    def _trouble(detail: str) -> list[EventType]:
        return [
            SlotSet("question", {"slot": CANCEL_CONFIRMED, "times": 0, "trouble": detail}),
            SlotSet(REQUESTED_SLOT, CANCEL_CONFIRMED),
        ]


class ValidateMoveForm(_ValidateManaged):
    """Finds another time and moves after a yes; the old appointment stays until then."""

    form, own_intents = "move_form", ("move_appointment",)

    async def first_step(self, turn: Turn, appointment: dict[str, Any]) -> list[EventType]:
        """The new time may stand in the first message: "Termin auf Donnerstag verschieben"."""
        text = _only_the_new_time(turn.text)
        if turn.requested == WHICH and text == turn.text:
            text = ""  # the answer to "which one?" names the old time only
        moved = shifted_wish(turn.text, local(appointment["starts_at"]))
        wish = moved or time_range(text, clock.now())
        return await self._look(turn, appointment, wish, await self._site(turn, appointment, text))

    async def next_step(
        self, dispatcher: CollectingDispatcher, turn: Turn, appointment: dict[str, Any]
    ) -> list[EventType]:
        pressed_start = turn.carried("appointment_start")
        if pressed_start:
            return self._choose(Slot(local(pressed_start), self._place(turn, appointment)))
        shown = [Slot.of(slot) for slot in (turn.slots.get("offered") or {}).get("slots", [])]
        number = chosen_in(turn.text, [button_words(slot.starts_at) for slot in shown])
        if turn.requested == START and number is not None:  # "das zweite", before it could be read as two o'clock
            return self._choose(shown[number])
        wish = self._wish(turn, appointment)
        site = await self._site(turn, appointment, turn.text)
        if is_excursion(turn) and not (wish and turn.requested == START) and not direction(turn.text):
            return []
        if wish or site != self._place(turn, appointment):
            return [progress(), *await self._look(turn, appointment, wish, site)]
        if turn.requested == START:
            return await self._choice_of_time(turn, appointment, shown)
        return await self._confirmation(turn, appointment)

    def _wish(self, turn: Turn, appointment: dict[str, Any]) -> TimeRange | None:
        now = clock.now()
        chosen = turn.slots.get(START)
        reference = local(chosen["starts_at"]) if chosen else local(appointment["starts_at"])
        moved = shifted_wish(turn.text, reference)
        if moved:
            return moved
        said = time_range(turn.text, now, bare_hour=turn.requested == START)
        before = turn.slots.get("time_wish")
        if said and before:
            return TimeRange.from_dict(before).changed_by(said, now.date())
        return said

    async def _site(self, turn: Turn, appointment: dict[str, Any], text: str) -> str:
        service, _ = await names_for(appointment, turn)
        named = site_in(text, await api.sites(tenant=turn.tenant)) if text else None
        if named and named in service.get("sites", []) and not _leaves_place(text):
            return named
        return self._place(turn, appointment)

    @staticmethod
    def _place(turn: Turn, appointment: dict[str, Any]) -> str:
        chosen = turn.slots.get(START) or {}
        offered = (turn.slots.get("offered") or {}).get("site")
        return str(chosen.get("site") or offered or appointment["site"])

    async def _look(
        self, turn: Turn, appointment: dict[str, Any], wish: TimeRange | None, site: str
    ) -> list[EventType]:
        times = await times_for(
            tenant=turn.tenant,
            service=appointment["service"],
            site=site,
            wish=wish,
            now=clock.now(),
            limit=offered_at_once(turn),
            keep=Slot(local(appointment["starts_at"]), appointment["site"]) if site == appointment["site"] else None,
        )
        stored = [SlotSet("time_wish", wish.to_dict() if wish else None)]
        if times.chosen:
            return [*stored, *self._choose(times.chosen)]
        return [
            *stored,
            SlotSet(START, None),
            SlotSet(MOVE_CONFIRMED, None),
            SlotSet("offered", times.to_dict() | {"site": site}),
        ]

    @staticmethod
    def _choose(slot: Slot) -> list[EventType]:
        return [SlotSet(START, slot.to_dict()), SlotSet("offered", None), SlotSet(MOVE_CONFIRMED, None), progress()]

    async def _choice_of_time(self, turn: Turn, appointment: dict[str, Any], shown: list[Slot]) -> list[EventType]:
        towards = direction(turn.text) or ("other" if says_no(turn.text) or turn.wants("deny", sure=0.5) else None)
        if not towards:
            return self._unclear(turn, START)
        return await self._others(turn, appointment, shown, towards)

    async def _others(
        self, turn: Turn, appointment: dict[str, Any], shown: list[Slot], towards: str
    ) -> list[EventType]:
        wish = turn.slots.get("time_wish")
        site = self._place(turn, appointment)
        times = await other_times(
            tenant=turn.tenant,
            service=appointment["service"],
            site=site,
            shown=shown,
            wish=TimeRange.from_dict(wish) if wish else None,
            towards=towards,
            now=clock.now(),
            limit=offered_at_once(turn),
        )
        return [SlotSet(START, None), SlotSet("offered", times.to_dict() | {"site": site}), progress()]

    async def _confirmation(self, turn: Turn, appointment: dict[str, Any]) -> list[EventType]:
        if (turn.pressed and turn.intent == "affirm") or says_yes(turn.text) or turn.wants("affirm"):
            return await self._move(turn, appointment)
        if (turn.pressed and turn.intent == "deny") or says_no(turn.text) or turn.wants("deny", "correct"):
            chosen = turn.slots.get(START)
            return await self._others(turn, appointment, [Slot.of(chosen)] if chosen else [], "other")
        return self._unclear(turn, MOVE_CONFIRMED)

    async def _move(self, turn: Turn, appointment: dict[str, Any]) -> list[EventType]:
        chosen = turn.slots[START]
        try:
            moved = await api.move(
                appointment["id"],
                starts_at=chosen["starts_at"],
                site=chosen["site"] if chosen["site"] != appointment["site"] else None,
            )
        except ApiUnavailable:
            return self._trouble(phrase("could_not_save"))
        except ApiProblem as problem:
            if not problem.alternatives and problem.status != 409:
                return self._trouble(problem.detail)
            offers = sorted(Slot.of(slot) for slot in problem.alternatives)[: offered_at_once(turn)]
            lead = phrase("lead_gone", detail=problem.detail)
            return [
                SlotSet(START, None),
                SlotSet("offered", Times(None, offers, lead).to_dict() | {"site": chosen["site"]}),
                progress(),
            ]
        return [SlotSet(MOVE_CONFIRMED, True), SlotSet(WHICH, moved), progress()]

    @staticmethod
    def _trouble(detail: str) -> list[EventType]:
        return [
            SlotSet("question", {"slot": MOVE_CONFIRMED, "times": 0, "trouble": detail}),
            SlotSet(REQUESTED_SLOT, MOVE_CONFIRMED),
        ]


class ValidateShowForm(_ValidateManaged):
    """Opens an appointment that was booked elsewhere, to be told on the telephone."""

    form, own_intents = "show_form", ("show_appointment",)

    async def next_step(
        self, dispatcher: CollectingDispatcher, turn: Turn, appointment: dict[str, Any]
    ) -> list[EventType]:
        return [progress()]


def _only_the_new_time(text: str) -> str:
    """Only what stands after "auf" is the wish: "Den Termin am Dienstag auf Donnerstag verschieben"."""
    before, found, after = text.rpartition(" auf ")
    return after if found and time_range(after, clock.now()) else "" if _names_the_old_one(text) else before or text


def _before_the_new_time(text: str) -> str:
    """What stands before "auf" and a time: "Den am 10. Dezember auf den 17. um 14 Uhr"."""
    before, found, after = f" {text}".rpartition(" auf ")
    return before.strip() if found and time_range(after, clock.now()) else text


def _names_the_old_one(text: str) -> bool:
    """Whether a day only says which appointment: "Der Termin am Dienstag muss verschoben werden"."""
    return "lieber" not in text.lower() and bool(_THE_OLD_ONE.search(plain(text)))


def _leaves_place(text: str) -> bool:
    """Whether a place is named as the one that is left: "statt in Musterstadt"."""
    return any(word in text.lower() for word in ("statt in", "nicht in", "anstatt"))


# --- questions


class _Ask(Question):
    trouble = "your_appointments_away"


class _AskWhich(_Ask):
    slot = WHICH
    sentence: str

    async def ask(self, turn: Turn) -> tuple[dict[str, Any], list[EventType]]:
        found = await known_appointments(turn)
        choices = []
        for appointment in found:
            service, _ = await names_for(appointment, turn)
            title = f"{moment_words(local(appointment['starts_at']))}: {service['name']}"
            choices.append({"title": title, "payload": inform(WHICH, appointment["id"])})
        options = options_heard([choice["title"] for choice in choices], times_asked(turn, WHICH))
        return question(
            turn, WHICH, self.sentence, resume=RESUME, choices=[*choices, *way_out(turn, WHICH)], options=options
        )


class AskWhichToMove(_AskWhich):
    form, sentence = "move_form", "ask_which_to_move"


class AskWhichToCancel(_AskWhich):
    form, sentence = "cancel_form", "ask_which_to_cancel"


class AskWhichToShow(_AskWhich):
    form, sentence = "show_form", "ask_which_to_show"


class _AskCode(_Ask):
    slot = CODE

    async def ask(self, turn: Turn) -> tuple[dict[str, Any], list[EventType]]:
        return question(turn, CODE, "ask_code", resume=RESUME, choices=[PERSON, STOP])


class AskCodeToMove(_AskCode):
    form = "move_form"


class AskCodeToCancel(_AskCode):
    form = "cancel_form"


class AskCodeToShow(_AskCode):
    form = "show_form"


class _AskCodeName(_Ask):
    slot = CODE_NAME

    async def ask(self, turn: Turn) -> tuple[dict[str, Any], list[EventType]]:
        return question(turn, CODE_NAME, "ask_code_name", resume=RESUME, choices=[PERSON, STOP])


class AskCodeNameToMove(_AskCodeName):
    form = "move_form"


class AskCodeNameToCancel(_AskCodeName):
    form = "cancel_form"


class AskCodeNameToShow(_AskCodeName):
    form = "show_form"


class AskMovedStart(_Ask):
    form, slot = "move_form", START

    async def ask(self, turn: Turn) -> tuple[dict[str, Any], list[EventType]]:
        offered = turn.slots.get("offered") or {"slots": [], "lead": ""}
        slots = [Slot.of(slot) for slot in offered["slots"]]
        if not slots:
            return message("no_slots"), question_asked(turn, START)
        choices = [
            {"title": button_words(slot.starts_at), "payload": inform("appointment_start", slot.starts_at.isoformat())}
            for slot in slots
        ]
        return question(
            turn,
            START,
            "ask_start",
            resume=RESUME,
            choices=[*choices, *([PERSON, STOP] if way_out(turn, START) else [])],
            lead=offered["lead"],
            heard_lead=heard_lead(offered["lead"]),
            options=options_spoken(slots, clock.now()),
        )


class AskMoveConfirmed(_Ask):
    form, slot = "move_form", MOVE_CONFIRMED

    async def ask(self, turn: Turn) -> tuple[dict[str, Any], list[EventType]]:
        trouble = (turn.slots.get("question") or {}).get("trouble")
        if trouble:
            return message("not_moved", detail=trouble), [SlotSet("question", {"slot": MOVE_CONFIRMED, "times": 0})]
        appointment, chosen = turn.slots[WHICH], turn.slots[START]
        service, _ = await names_for(appointment, turn)
        _, site = await names_for(appointment | {"site": chosen["site"], "site_name": None}, turn)
        elsewhere = chosen["site"] != appointment["site"]
        return question(
            turn,
            MOVE_CONFIRMED,
            "confirm_move",
            resume=RESUME,
            service=service["name"],
            before=moment_words(local(appointment["starts_at"]), clock.now().date()),
            after=moment_words(local(chosen["starts_at"]), clock.now().date()),
            site_name=site["name"],
            site=f", {site['name']}" if elsewhere else "",
        )


class AskCancelConfirmed(_Ask):
    form, slot = "cancel_form", CANCEL_CONFIRMED

    async def ask(self, turn: Turn) -> tuple[dict[str, Any], list[EventType]]:
        trouble = (turn.slots.get("question") or {}).get("trouble")
        if trouble:
            return message("not_cancelled", detail=trouble), [
                SlotSet("question", {"slot": CANCEL_CONFIRMED, "times": 0})
            ]
        appointment = turn.slots[WHICH]
        service, site = await names_for(appointment, turn)
        return question(
            turn,
            CANCEL_CONFIRMED,
            "confirm_cancel",
            resume=RESUME,
            service=service["name"],
            when=moment_words(local(appointment["starts_at"]), clock.now().date()),
            site_name=site["name"],
        )


# --- after the forms


class ActionAppointmentShown(Step):
    """Says the appointment that was found by its code."""

    def name(self) -> str:
        return "action_appointment_shown"

    async def act(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> list[EventType]:
        turn = Turn.of(tracker)
        if turn.slots.get(WHICH):
            dispatcher.utter_message(json_message=await appointment_message("show_one", turn.slots[WHICH], turn))
        return forget(*CHANGE, *TIMES)


class ActionAppointmentMoved(Step):
    """Says the new time."""

    def name(self) -> str:
        return "action_appointment_moved"

    async def act(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> list[EventType]:
        turn = Turn.of(tracker)
        if turn.slots.get(MOVE_CONFIRMED) is True and turn.slots.get(WHICH):
            dispatcher.utter_message(json_message=await appointment_message("moved", turn.slots[WHICH], turn))
        return forget(*CHANGE, *TIMES)


class ActionAppointmentCancelled(Step):
    """Says that it is cancelled, or that it stays."""

    def name(self) -> str:
        return "action_appointment_cancelled"

    async def act(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> list[EventType]:
        turn = Turn.of(tracker)
        appointment, decided = turn.slots.get(WHICH), turn.slots.get(CANCEL_CONFIRMED)
        if appointment and decided:
            service, _ = await names_for(appointment, turn)
            dispatcher.utter_message(
                json_message=message(
                    "cancelled" if decided == "yes" else "kept",
                    service=service["name"],
                    when=moment_words(local(appointment["starts_at"]), clock.now().date()),
                )
            )
        return forget(*CHANGE, *TIMES)

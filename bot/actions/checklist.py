"""What to bring: a checklist fitted by two or three questions that can all be skipped."""

from __future__ import annotations

import re
from typing import Any

from rasa_sdk import Tracker
from rasa_sdk.events import EventType, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from bot.actions.answers import look_up
from bot.actions.api_client import ApiProblem, ApiUnavailable, api
from bot.actions.conversation import CHECKLIST, forget
from bot.actions.few_questions import FAILED, SKIPPED, AskFewQuestions, AskToReadOn, ValidateFewQuestions
from bot.actions.figures import ages_in, does_not_know, living_in
from bot.actions.form_turn import inform, question, times_asked, way_out
from bot.actions.language import in_german
from bot.actions.purposes import services_in
from bot.actions.sentences import BOOK, PERSON, listed, message, phrase
from bot.actions.small_answers import says_no, says_yes
from bot.actions.step import Step
from bot.actions.turn import Turn
from bot.nlu.plain_text import plain

OCCASION, SERVICE, HOUSEHOLD, WORK, HOUSING, PART = (
    "checklist_occasion", "checklist_service", "checklist_household", "checklist_work", "checklist_housing",
    "checklist_part",
)  # fmt: skip
ASKED = "checklist_asked"
SLOTS = (OCCASION, SERVICE, HOUSEHOLD, WORK, HOUSING)
QUESTIONS_AT_MOST = 3
ITEMS_AT_MOST = 10
SERVICES_AT_MOST = 5
APPOINTMENT, FIRST = "appointment", "first"
FIRST_SERVICE = "erstantrag"  # its checklist is the one for a first application

_OCCASIONS = (
    ("renewal", r"\b(?:\w*verlaenger\w*|weiterbewillig\w*|wba|folgeantrag|weiter (?:geld|bewilligt))\b"),
    (FIRST, r"\b(?:erst(?:er|en|es)? ?antrag|erstantrag|neuantrag|hauptantrag|erste(?:s|n)? ?mal|erstmals|"
            r"neu beantrag\w*|neu(?:er|en)? antrag)\b"),
    (APPOINTMENT, r"\b(?:termin|gespraech|einladung|vorsprache)\b"),
)  # fmt: skip
_WORK = (
    ("self_employed", r"\b(?:selbs?t?staendig\w*|freiberuf\w*|freelanc\w*|gewerbe\w*|eigene firma)\b"),
    ("none", r"\b(?:arbeitslos|ohne (?:arbeit|job)|keine? (?:arbeit|job|lohn)|keinen job|"
             r"nicht (?:arbeite|berufstaetig)|arbeite (?:gerade |zurzeit |derzeit )?nicht)\b"),
    ("employed", r"\b(?:angestellt\w*|minijob\w*|teilzeit\w*|vollzeit\w*|arbeite|arbeitnehmer\w*|einen job|"
                 r"berufstaetig\w*|azubi|ausbildung)\b"),
)  # fmt: skip
_HOUSING = (
    ("parents", r"\b(?:bei (?:meinen |den |meiner |meinem )?(?:eltern|mutter|vater|mama|papa))\b"),
    ("own", r"\b(?:eigentum\w*|eigenheim|eigene[smn]? haus|(?:eigene )?eigentumswohnung|haus gehoert)\b"),
    ("rent", r"\b(?:(?:zur |in |wohne zur )miete|mietwohnung|gemietet\w*|mieter(?:in)?|mietvertrag|untermiete)\b"),
)


def _first(patterns: tuple[tuple[str, str], ...], text: str) -> str | None:
    said = plain(text)
    return next((value for value, pattern in patterns if re.search(pattern, said)), None)


def household_in(text: str, *, asked: bool = False) -> str | None:
    """Who lives there, as the hub names it: alone, partner, children, partner-children."""
    said, living, ages = plain(text), living_in(text), ages_in(text)
    no_children = bool(re.search(r"\b(?:keine?|ohne) kind", said)) or ages == []
    named = bool(re.search(r"\b(?:kind\w*|tochter|sohn|toechter|soehne)\b", said))
    children = not no_children and (living == "single_parent" or bool(ages) or named)
    partner = living == "couple" or (asked and bool(re.search(r"\bpartner\w*\b", said)) and living is None)
    if partner or children:
        return "partner-children" if partner and children else "partner" if partner else "children"
    alone = living == "single" or (asked and (no_children or says_no(text) or "niemand" in said or "allein" in said))
    return "alone" if alone else None


def details_in(text: str, *, asked: str | None = None) -> dict[str, str]:
    """What a message says already; `asked`: the slot it answers."""
    found = {
        OCCASION: _first(_OCCASIONS, text),
        HOUSEHOLD: household_in(text, asked=asked == HOUSEHOLD),
        WORK: _first(_WORK, text),
        HOUSING: _first(_HOUSING, text),
    }
    said = plain(text)
    if asked == WORK and found[WORK] is None:
        found[WORK] = "none" if says_no(text) or "keine" in said else "employed" if says_yes(text) else None
    if asked == HOUSING and found[HOUSING] is None:
        found[HOUSING] = "rent" if "miete" in said else "parents" if "eltern" in said else None
    if asked == OCCASION and found[OCCASION] is None and re.search(r"\b(?:erste[rsn]?|neu)\b", said):
        found[OCCASION] = FIRST
    return {slot: value for slot, value in found.items() if value}


class ValidateChecklistForm(ValidateFewQuestions):
    """At most three questions; what was not asked or not known stays in the list with its condition."""

    form, own_intents, slots = "checklist_form", ("ask_checklist",), SLOTS
    result, part, position, more = "checklist_result", PART, "checklist_position", (ASKED,)

    async def read(self, turn: Turn, *, text: str) -> dict[str, Any]:
        pressed = {slot: value for slot in SLOTS if (value := turn.carried(slot))}
        if pressed or turn.pressed:
            return pressed
        if turn.requested == SERVICE:
            return await self._service(turn, text)
        if turn.requested and does_not_know(text):
            return {turn.requested: SKIPPED}
        found: dict[str, Any] = details_in(text, asked=turn.requested)
        if found.get(OCCASION) == APPOINTMENT or turn.requested == OCCASION and not found:
            service = await self._service(turn, text)
            if service.get(SERVICE) not in (None, SKIPPED):
                found |= {OCCASION: APPOINTMENT, **service}
        return found

    @staticmethod
    async def _service(turn: Turn, text: str) -> dict[str, Any]:
        if turn.requested == SERVICE and does_not_know(text):
            return {SERVICE: SKIPPED}
        try:
            named = services_in(text, await api.services(tenant=turn.tenant))
        except (ApiUnavailable, ApiProblem):
            return {SERVICE: SKIPPED} if turn.requested == SERVICE else {}
        return {SERVICE: named[0]} if len(named) == 1 else {}

    def follows(self, known: dict[str, Any]) -> dict[str, Any]:
        filled: dict[str, Any] = {}
        if known[SERVICE] == FIRST_SERVICE:
            filled[OCCASION] = FIRST
        occasion = filled.get(OCCASION, known[OCCASION])
        if occasion == APPOINTMENT:
            filled |= {slot: SKIPPED for slot in (HOUSEHOLD, WORK, HOUSING) if known[slot] is None}
        elif occasion and known[SERVICE] is None:
            filled[SERVICE] = SKIPPED
        if int(known[ASKED] or 0) >= QUESTIONS_AT_MOST:
            filled |= {slot: SKIPPED for slot in SLOTS if known[slot] is None and slot not in filled}
        return filled

    async def fetch(self, turn: Turn, known: dict[str, Any]) -> dict[str, Any]:
        answers = {slot.removeprefix("checklist_"): value for slot, value in known.items() if slot in SLOTS}
        said = {name: value for name, value in answers.items() if value != SKIPPED}
        if said.get("occasion") != APPOINTMENT:
            said.pop("service", None)
        return await api.checklist(tenant=turn.tenant, limit=ITEMS_AT_MOST, **said)

    def lines(self, result: dict[str, Any]) -> list[str]:
        return [f"{line_of(item)}." for group in result["groups"] for item in group["items"]]


def line_of(item: dict[str, Any]) -> str:
    """One thing to bring, with its condition."""
    when = f" ({', '.join(item['when'])})" if item["when"] else ""
    return f"{item['text']}{when}"


class _Ask(AskFewQuestions):
    """Counts the questions, so that there are never more than three."""

    form = "checklist_form"

    async def ask(self, turn: Turn) -> tuple[dict[str, Any], list[EventType]]:
        said, events = await super().ask(turn)
        if times_asked(turn, self.slot) == 0 and not turn.answered_in_between():
            events = [*events, SlotSet(ASKED, int(turn.slots.get(ASKED) or 0) + 1)]
        return said, events


class AskChecklistOccasion(_Ask):
    slot = OCCASION


class AskChecklistService(_Ask):
    """What the appointment is for, from the municipality's own services."""

    slot = SERVICE

    async def ask(self, turn: Turn) -> tuple[dict[str, Any], list[EventType]]:
        try:
            services = (await api.services(tenant=turn.tenant))[:SERVICES_AT_MOST]
        except (ApiUnavailable, ApiProblem):
            services = []
        choices = [{"title": entry["name"], "payload": inform(SERVICE, entry["id"])} for entry in services]
        unknown = {"title": "Weiß nicht", "payload": inform(SERVICE, SKIPPED)}
        return question(
            turn,
            SERVICE,
            "checklist_ask_service",
            resume="resume_other",
            choices=[*choices, unknown, *way_out(turn, SERVICE)],
            expects="service",
        )


class AskChecklistHousehold(_Ask):
    slot = HOUSEHOLD


class AskChecklistWork(_Ask):
    slot = WORK


class AskChecklistHousing(_Ask):
    slot = HOUSING


class AskChecklistPart(AskToReadOn):
    """In a call: how many things it is, then three at a time."""

    form, slot = "checklist_form", PART
    read = ValidateChecklistForm()

    def first(self, result: dict[str, Any]) -> tuple[str, dict[str, str]]:
        count = sum(len(group["items"]) for group in result["groups"])
        return "checklist_result_phone", {"count": str(count)}


class ActionChecklistDone(Step):
    """The list, with the page to print and send; then everything is forgotten."""

    def name(self) -> str:
        return "action_checklist_done"

    async def act(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> list[EventType]:
        turn = Turn.of(tracker)
        result = turn.slots.get("checklist_result")
        if result and turn.slots.get(PART) not in (None, FAILED):
            said = message("checklist_end_phone") if turn.phone else checklist_message(result)
            first = turn.slots.get(OCCASION) in (FIRST, SKIPPED)
            said["choices"] = [*([BOOK_FIRST] if first else [BOOK]), PERSON]
            dispatcher.utter_message(json_message=said)
        return [*forget(*CHECKLIST), SlotSet("last_outcome", "answered")]


BOOK_FIRST = {"title": "Termin buchen", "payload": '/book_appointment{"service":"erstantrag"}'}


def checklist_message(result: dict[str, Any]) -> dict[str, Any]:
    """The list as one message: groups, conditions, forms, and the page with the whole of it."""
    parts, forms = [], {}
    for group in result["groups"]:
        lines = []
        for item in group["items"]:
            form = item["form"]
            link = f" – [{form['title']}]({form['online'] or form['url']})" if form else ""
            if form:
                forms[form["id"]] = {"kind": "form", "title": form["title"], "url": form["online"] or form["url"]}
            lines.append(f"- {line_of(item)}{link}")
        parts.append("\n".join([f"**{group['title']}**", *lines]))
    more = phrase("checklist_more", count=result["more"]) if result["more"] else ""
    said = message("checklist_result", items="\n\n".join(parts), more=more, page=result["page_url"])
    said["data"] = {
        "links": [
            {"kind": "page", "title": phrase("checklist_page"), "url": result["page_url"]},
            {"kind": "text", "title": phrase("checklist_text"), "url": result["text_url"]},
            *forms.values(),
        ]
    }
    if not in_german():
        said["text"] = f"{phrase('german_only')}\n\n{said['text']}"
    return said


class ActionBringToAppointment(Step):
    """In a running booking "was muss ich mitbringen" is about that appointment: the municipality's list answers."""

    def name(self) -> str:
        return "action_bring_to_appointment"

    async def act(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> list[EventType]:
        turn = Turn.of(tracker)
        chosen = turn.slots.get("appointment_service")
        if not chosen:
            if turn.text:
                return await look_up(dispatcher, turn, in_form=True)
            dispatcher.utter_message(json_message=message("checklist_service_first", choices=[]))
            return [SlotSet("last_outcome", "answered")]
        try:
            services = {entry["id"]: entry for entry in await api.services(tenant=turn.tenant)}
        except (ApiUnavailable, ApiProblem):
            services = {}
        service = services.get(chosen)
        if service and service.get("bring"):
            said = message("bring", service=service["name"], bring=listed(service["bring"], "und"))
        else:
            said = message("checklist_away")
        dispatcher.utter_message(json_message=said)
        return [SlotSet("last_outcome", "answered")]

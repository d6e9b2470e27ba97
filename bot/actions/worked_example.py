"""A worked example with somebody's own few figures. The hub calculates; nothing of it is kept."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from rasa_sdk import Tracker
from rasa_sdk.events import EventType, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from bot.actions import clock
from bot.actions.answers import next_choices
from bot.actions.api_client import ApiProblem, api
from bot.actions.conversation import EXAMPLE, forget
from bot.actions.few_questions import FAILED, SKIPPED, AskFewQuestions, AskToReadOn, ValidateFewQuestions
from bot.actions.figures import ages_in, amount_in, does_not_know, figures_in, living_in, says_none
from bot.actions.form_turn import times_asked
from bot.actions.language import in_german
from bot.actions.offers import day_words
from bot.actions.sentences import PERSON, message, phrase
from bot.actions.step import Step
from bot.actions.turn import Turn

LIVING, CHILDREN, RENT, GROSS, NET, PARTNER_GROSS, PARTNER_NET, OTHER, PART = (
    "example_living", "example_children", "example_rent", "example_gross", "example_net", "example_partner_gross",
    "example_partner_net", "example_other", "example_part",
)  # fmt: skip
AMOUNTS = (RENT, GROSS, NET, PARTNER_GROSS, PARTNER_NET, OTHER)
SLOTS = (LIVING, CHILDREN, *AMOUNTS)
NONE = "0"
NOTES_AT_MOST = 8
# Said in the heading, or of less weight than the others where there are many.
NOT_IN_THE_CHAT = ("decision", "child_elsewhere", "apprentices")


class ValidateExampleForm(ValidateFewQuestions):
    """One thing at a time, several at once; a figure that is not known is left out and said so in the result."""

    form, own_intents, slots = "example_form", ("ask_example",), SLOTS
    result, part, position = "example_result", PART, "example_position"

    async def read(self, turn: Turn, *, text: str) -> dict[str, Any]:
        if turn.pressed:
            return {slot: _pressed(slot, value) for slot in SLOTS if (value := turn.carried(slot))}
        asked = turn.requested
        if asked and does_not_know(text):
            return {asked: SKIPPED}
        found = _labelled(text)
        if asked == CHILDREN:
            ages = ages_in(text, asked=True)
            if ages is None and times_asked(turn, CHILDREN) >= 2:  # asked a second time, a bare number is an age
                ages = ages_in(f"{text} Jahre", asked=True)
            if ages is not None:
                found[CHILDREN] = ages
        elif asked in AMOUNTS and asked not in found:
            if not any(slot in found for slot in AMOUNTS) and (amount := amount_in(text)) is not None:
                found[asked] = str(amount)
            elif says_none(text):
                found[asked] = NONE
        elif asked == LIVING and LIVING not in found and (living := living_in(text)):
            found[LIVING] = living
        return found

    def follows(self, known: dict[str, Any]) -> dict[str, Any]:
        filled: dict[str, Any] = {}
        if known[LIVING] in ("single", "single_parent", SKIPPED):
            filled |= {PARTNER_GROSS: NONE, PARTNER_NET: NONE}
        elif known[LIVING] is None and (known[PARTNER_GROSS] or known[PARTNER_NET]):
            filled[LIVING] = "couple"
        for gross, net in ((GROSS, NET), (PARTNER_GROSS, PARTNER_NET)):
            if known[gross] is not None and _number(known[gross]) == 0:
                filled[net] = NONE
        return filled

    async def fetch(self, turn: Turn, known: dict[str, Any]) -> dict[str, Any]:
        return await api.worked_example(tenant=turn.tenant, **figures_of(known))

    def refused(self, dispatcher: CollectingDispatcher, problem: ApiProblem) -> dict[str, Any]:
        """Figures that contradict each other are asked again; anything else ends the form."""
        if problem.status != 422:
            return super().refused(dispatcher, problem)
        dispatcher.utter_message(json_message=message("example_contradiction", detail=problem.detail, choices=[]))
        return dict.fromkeys((GROSS, NET, PARTNER_GROSS, PARTNER_NET))

    def lines(self, result: dict[str, Any]) -> list[str]:
        return [
            f"{step['label']}: {step['written']}.".replace("−", "minus ")
            for step in result["steps"]
            if step["id"] != "total"
        ]


def _pressed(slot: str, value: str) -> Any:
    return [] if slot == CHILDREN and value == "none" else value


def _labelled(text: str) -> dict[str, Any]:
    """What a message says by itself, whatever was asked."""
    said = figures_in(text)
    found: dict[str, Any] = {f"example_{name}": str(amount) for name, amount in said.amounts.items()}
    if said.living:
        found[LIVING] = said.living
    if said.children is not None:
        found[CHILDREN] = said.children
    return found


def _number(value: Any) -> Decimal | None:
    return None if value in (None, SKIPPED) else Decimal(value)


def figures_of(known: dict[str, Any]) -> dict[str, Any]:
    """The body of the hub's call: None is "not known"."""

    def sum_of(slot: str) -> str | None:
        number = _number(known[slot])
        return None if number is None else str(number)

    adults = [{"gross": sum_of(GROSS), "net": sum_of(NET)}]
    if known[LIVING] == "couple":
        adults.append({"gross": sum_of(PARTNER_GROSS), "net": sum_of(PARTNER_NET)})
    children = known[CHILDREN] if isinstance(known[CHILDREN], list) else []
    return {
        "adults": adults,
        "children": [{"age": age} for age in children],
        "single_parent": known[LIVING] == "single_parent",
        "rent": sum_of(RENT),
        "other_income": sum_of(OTHER) or NONE,
    }


class _Ask(AskFewQuestions):
    form, expects = "example_form", "free"


class AskExampleLiving(_Ask):
    slot, expects = LIVING, "choice"


class AskExampleChildren(_Ask):
    slot = CHILDREN


class AskExampleRent(_Ask):
    slot = RENT


class AskExampleGross(_Ask):
    slot = GROSS


class AskExampleNet(_Ask):
    slot = NET


class AskExamplePartnerGross(_Ask):
    slot = PARTNER_GROSS


class AskExamplePartnerNet(_Ask):
    slot = PARTNER_NET


class AskExampleOther(_Ask):
    slot = OTHER


class AskExamplePart(AskToReadOn):
    """In a call: the result in two sentences, the steps on request."""

    form, slot = "example_form", PART
    read = ValidateExampleForm()

    def first(self, result: dict[str, Any]) -> tuple[str, dict[str, str]]:
        if Decimal(result["total"]) == 0:
            return "example_nothing_phone", {}
        return "example_result_phone", {"total": result["written"]}


class ActionExampleDone(Step):
    """The result with its steps and sources, and what to do next; then every figure is forgotten."""

    def name(self) -> str:
        return "action_example_done"

    async def act(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> list[EventType]:
        turn = Turn.of(tracker)
        result = turn.slots.get("example_result")
        if result and turn.slots.get(PART) not in (None, FAILED):
            said = message("example_end_phone") if turn.phone else example_message(result)
            if not turn.phone or any(step["kind"] == "service" for step in result["next_steps"]):
                said["choices"] = [*next_choices(result["next_steps"]), PERSON]  # in a call a yes means the first
            dispatcher.utter_message(json_message=said)
        return [*forget(*EXAMPLE), SlotSet("last_outcome", "answered")]


def example_message(result: dict[str, Any]) -> dict[str, Any]:
    """The whole calculation as one message with its sources."""
    zero = Decimal(result["total"]) == 0
    sections = {
        name: "\n".join(_line(step) for step in result["steps"] if step["section"] == name)
        for name in ("need", "income", "result")
    }
    notes = [note["text"] for note in result["notes"] if note["id"] not in NOT_IN_THE_CHAT][:NOTES_AT_MOST]
    said = message(
        "example_nothing" if zero else "example_result",
        total=result["written"],
        notes="\n".join(f"- {note}" for note in notes),
        day=day_words(clock.now().date()),
        **sections,
    )
    cited = [step["citation"] for step in result["steps"]]
    cited += [note["citation"] for note in result["notes"] if note["citation"]]
    said["citations"] = list({(entry["label"], entry["title"]): entry for entry in cited}.values())
    said["data"] = {"total": result["total"], "decision": False}
    if not in_german():
        said["text"] = f"{phrase('german_only')}\n\n{said['text']}"
    return said


def _line(step: dict[str, Any]) -> str:
    line = f"{step['label']}: {step['written']}"
    return f"- **{line}**" if step["is_sum"] else f"- {line}"

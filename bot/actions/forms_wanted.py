"""Forms: the one that is wanted with its link, online where the municipality has it; asked back where unclear."""

from __future__ import annotations

import json
from typing import Any

from rasa_sdk import Tracker
from rasa_sdk.events import EventType, FollowupAction, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from bot.actions.api_client import ApiProblem, ApiUnavailable, api
from bot.actions.conversation import forget
from bot.actions.form_turn import Question, inform, question, times_asked, way_out
from bot.actions.offers import options_heard
from bot.actions.one_question import AWAY, GIVEN_UP, ValidateOneQuestion
from bot.actions.sentences import BOOK, MESSAGE, PERSON, listed, message, phrase
from bot.actions.small_answers import chosen_in
from bot.actions.step import Step
from bot.actions.turn import Turn

FORM, WANTED, OFFERED = "paper_form", "wanted_form", "offered_forms"
RESUME = "resume_other"
SEVERAL = 3  # forms that are asked back about; more are a list


def form_message(form: dict[str, Any], *, phone: bool) -> dict[str, Any]:
    """One form: its links on a screen; who is calling can have it handed out."""
    if phone:
        return message("form_found_phone", choices=[BOOK, MESSAGE, PERSON], form=form["name"])
    online = [{"kind": "form", "title": phrase("form_online", form=form["name"]), "url": form["online"]}]
    printed = [{"kind": "form", "title": form["name"], "url": form["url"]}]
    return message(
        "form_found",
        choices=[BOOK, PERSON],
        data={"form": form["id"], "links": [*(online if form["online"] else []), *printed]},
        form=form["name"],
    )


class ActionFormWanted(Step):
    """Gives the form that the message names; otherwise asks which one."""

    def name(self) -> str:
        return "action_form_wanted"

    async def act(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> list[EventType]:
        turn = Turn.of(tracker)
        try:
            found = await api.forms(turn.carried(WANTED) or turn.text, tenant=turn.tenant)
        except (ApiUnavailable, ApiProblem):
            dispatcher.utter_message(json_message=message("knowledge_away"))
            return [SlotSet("last_outcome", "failed")]
        if found["decision"] == "one":
            dispatcher.utter_message(json_message=form_message(found["forms"][0], phone=turn.phone))
            return [SlotSet("last_outcome", "answered"), SlotSet("misunderstood", 0)]
        if tracker.active_loop.get("name"):  # another form is open: choices to press, no second question
            choices = [
                {"title": form["name"], "payload": f"/ask_form{json.dumps({WANTED: form['id']})}"}
                for form in found["forms"]
            ]
            heard = options_heard([form["name"] for form in found["forms"]], 0)
            dispatcher.utter_message(json_message=message("form_list", choices=choices, options=heard))
            return [SlotSet("last_outcome", "answered")]
        return [*forget(WANTED, OFFERED, "question"), FollowupAction(FORM)]


class ValidatePaperForm(ValidateOneQuestion):
    """Takes a form's name, its letters or its place in the list for an answer."""

    form, slot, own_intents = FORM, WANTED, ("ask_form",)

    async def understood(self, turn: Turn, *, opening: bool) -> tuple[Any, list[EventType]]:
        offered = [] if opening else list(turn.slots.get(OFFERED) or [])
        number = chosen_in(turn.text, [form["name"] for form in offered]) if turn.text else None
        if number is not None:
            return offered[number]["id"], []
        found = await api.forms(turn.carried(WANTED) or turn.text, tenant=turn.tenant)
        if found["decision"] == "one":
            return found["forms"][0]["id"], []
        # a text that names nothing leaves the narrower choice as it is
        forms = found["forms"] if found["decision"] == "several" or not offered else offered
        return None, [SlotSet(OFFERED, [{"id": form["id"], "name": form["name"]} for form in forms])]


class AskWantedForm(Question):
    form, slot, trouble = FORM, WANTED, "knowledge_away"

    async def ask(self, turn: Turn) -> tuple[dict[str, Any], list[EventType]]:
        forms = turn.slots.get(OFFERED) or (await api.forms("", tenant=turn.tenant))["forms"]
        names = [form["name"] for form in forms]
        times = times_asked(turn, WANTED)
        return question(
            turn,
            WANTED,
            "form_list" if len(forms) > SEVERAL and not times else "form_which",
            resume=RESUME,
            choices=[
                *({"title": form["name"], "payload": inform(WANTED, form["id"])} for form in forms),
                *way_out(turn, WANTED),
            ],
            expects="choice",
            options=options_heard(names, times),
            names=listed(names[:SEVERAL]),
        )


class ActionFormFound(Step):
    """Gives the form that was chosen."""

    def name(self) -> str:
        return "action_form_found"

    async def act(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> list[EventType]:
        turn = Turn.of(tracker)
        wanted = turn.slots.get(WANTED)
        done = forget(WANTED, OFFERED, "question")
        if wanted in (None, GIVEN_UP, AWAY):
            if wanted:
                name = "form_given_up" if wanted == GIVEN_UP else "knowledge_away"
                dispatcher.utter_message(json_message=message(name))
            return done
        try:
            found = await api.forms(wanted, tenant=turn.tenant)
        except (ApiUnavailable, ApiProblem):
            dispatcher.utter_message(json_message=message("knowledge_away"))
            return done
        dispatcher.utter_message(json_message=form_message(found["forms"][0], phone=turn.phone))
        return [SlotSet("last_outcome", "answered"), SlotSet("misunderstood", 0), *done]

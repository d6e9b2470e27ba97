"""Questions about rules: the knowledge answers, asks back or says honestly that it does not know."""

from __future__ import annotations

import json
import re
from typing import Any

from rasa_sdk import Tracker
from rasa_sdk.events import EventType, FollowupAction, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from api.languages.catalog import GERMAN
from bot.actions import clock
from bot.actions.api_client import ApiProblem, ApiUnavailable, api
from bot.actions.appointment_details import read_details
from bot.actions.language import easy, in_german
from bot.actions.sentences import PERSON, listed, message, phrase
from bot.actions.small_answers import chosen_in
from bot.actions.step import Step
from bot.actions.turn import Turn
from bot.nlu.plain_text import plain

# More buttons than this under an answer are a menu, not a next step.
NEXT_STEPS_AT_MOST = 3
CLARIFY_AT_MOST = 3
_BRING = re.compile(r"\b(mitbringen|mitnehmen|dabeihaben|dabei haben|unterlagen brauche ich)\b")
_WANTS_A_DECISION = re.compile(r"\b(?:bewillig|genehmig|entscheid|versprech)(?:en|et)? (?:sie|du|ihr|doch)\b", re.I)
_ONLY_ANNOUNCED = re.compile(
    r"(?:hallo |guten tag )?(?:ich )?(?:haette|habe|hab)? ?(?:da )?(?:mal )?"
    r"(?:ne |eine |noch eine )?(?:kurze )?frage[.!]?"
)


def answer_message(found: dict[str, Any], confidence: float) -> dict[str, Any]:
    """One article as a reply, with what a citizen can do next."""
    links = [
        {"kind": step["kind"], "title": step["title"], "url": step["url"]}
        for step in found.get("next_steps", [])
        if step["kind"] in ("form", "video") and step.get("url")
    ]
    return {
        "kind": "answer",
        "text": _written(found),
        "spoken": found.get("easy") if easy() else found.get("spoken") or found["text"],
        "citations": found.get("citations", []),
        "article": found["article"],
        "confidence": confidence,
        "choices": [*next_choices(found.get("next_steps", [])), PERSON],
        "data": {"title": found["title"], **({"links": links} if links else {})},
    }


def _written(found: dict[str, Any]) -> str:
    """The answer as this citizen reads it: easy, in their language, or in German with a word about it."""
    if easy():
        return str(found.get("easy") or found["text"])
    if not in_german() and found.get("language", GERMAN) == GERMAN:
        return f"{phrase('german_only')}\n\n{found['text']}"
    return str(found["text"])


def next_choices(steps: list[dict[str, Any]]) -> list[dict[str, str]]:
    """The next steps that can be pressed: a service to book, another article."""
    choices = []
    for step in steps:
        if step["kind"] == "service":
            choices.append(
                {"title": f"Termin: {step['title']}", "payload": "/book_appointment" + _payload(service=step["id"])}
            )
        elif step["kind"] == "article":
            choices.append({"title": step["title"], "payload": "/ask_article" + _payload(article=step["id"])})
    return choices[:NEXT_STEPS_AT_MOST]


def _payload(**values: str) -> str:
    return json.dumps(values, ensure_ascii=False, separators=(",", ":"))


def _remember(article: str, title: str) -> list[EventType]:
    return [
        SlotSet("last_article", {"id": article, "title": title}),
        SlotSet("last_outcome", "answered"),
        SlotSet("misunderstood", 0),
        SlotSet("unread_text", None),
    ]


class ActionAnswer(Step):
    """Looks up what was written, whatever the intent was; below its threshold an intent is only a guess."""

    def name(self) -> str:
        return "action_answer"

    async def act(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> list[EventType]:
        turn = Turn.of(tracker)
        in_form = bool(tracker.active_loop.get("name"))
        if not in_form and await _says_what_an_appointment_needs(turn):
            return [FollowupAction("appointment_form")]
        return await look_up(dispatcher, turn, in_form=in_form)


async def _says_what_an_appointment_needs(turn: Turn) -> bool:
    """Purpose and time together with a place or a person are a booking, whether or not it says "Termin"."""
    if turn.pressed or not turn.wants("inform", "correct", "nlu_fallback", sure=0.0):
        return False
    try:
        services, sites = await api.services(tenant=turn.tenant), await api.sites(tenant=turn.tenant)
    except (ApiUnavailable, ApiProblem):
        return False
    found = read_details(turn, turn.text, services=services, sites=sites, now=clock.now(), opening=True)
    return bool(found.service and found.wish and (found.site or found.name or found.contact))


async def look_up(dispatcher: CollectingDispatcher, turn: Turn, *, in_form: bool) -> list[EventType]:
    """Answer from the knowledge, ask back, or say honestly that there is no answer."""
    if _WANTS_A_DECISION.search(turn.text):
        dispatcher.utter_message(json_message=message("decides_nothing"))
        return [SlotSet("last_outcome", "answered")]
    picked = _picked_article(turn)
    if picked:
        return await say_article(dispatcher, turn, picked)
    if not in_form and _ONLY_ANNOUNCED.fullmatch(plain(turn.text)):
        dispatcher.utter_message(json_message=message("question_wanted"))
        return [SlotSet("last_outcome", "clarified")]
    if in_form and turn.slots.get("appointment_service") and _BRING.search(plain(turn.text)):
        return await _say_what_to_bring(dispatcher, turn)
    try:
        previous = (turn.slots.get("last_article") or {}).get("title")
        result = await api.search(turn.first_concern or "?", tenant=turn.tenant, previous=previous)
    except (ApiUnavailable, ApiProblem):
        dispatcher.utter_message(json_message=message("knowledge_away"))
        return [SlotSet("last_outcome", "failed")]
    decision, hits = result["decision"], result["hits"]
    if decision == "answer" and hits:
        dispatcher.utter_message(json_message=answer_message(hits[0], result["confidence"]))
        return _remember(hits[0]["article"], hits[0]["title"])
    if turn.wants("inform", "correct") and not in_form:
        dispatcher.utter_message(json_message=message("detail_without_form"))
        # a form that is opened now reads it
        return [SlotSet("last_outcome", "clarified"), SlotSet("unread_text", turn.text)]
    if turn.wants("out_of_scope") and not in_form:
        dispatcher.utter_message(json_message=message("out_of_scope"))
        return [SlotSet("last_outcome", "abstained")]
    # inside a form, only something that really is a question is worth asking back about
    if decision == "clarify" and hits and (not in_form or turn.wants("ask", "opening_hours")):
        dispatcher.utter_message(json_message=_clarify(hits, result["confidence"]))
        return [SlotSet("last_outcome", "answered" if in_form else "clarified")]
    return _abstain(dispatcher, turn, result["confidence"], in_form=in_form)


async def _say_what_to_bring(dispatcher: CollectingDispatcher, turn: Turn) -> list[EventType]:
    """Inside a booking, "was muss ich mitbringen" is about this appointment, and the tenant's list answers it."""
    try:
        services = {entry["id"]: entry for entry in await api.services(tenant=turn.tenant)}
    except (ApiUnavailable, ApiProblem):
        services = {}
    service = services.get(turn.slots["appointment_service"])
    if not service or not service.get("bring"):
        dispatcher.utter_message(json_message=message("knowledge_away"))
        return [SlotSet("last_outcome", "failed")]
    words = message("bring", service=service["name"], bring=listed(service["bring"], "und"))
    dispatcher.utter_message(json_message=words)
    return [SlotSet("last_outcome", "answered")]


def _abstain(dispatcher: CollectingDispatcher, turn: Turn, confidence: float, *, in_form: bool) -> list[EventType]:
    times = int(turn.slots.get("misunderstood") or 0)
    if in_form:
        if turn.wants("ask", "opening_hours", "out_of_scope"):
            dispatcher.utter_message(json_message=message("abstain_in_form", times=times) | {"confidence": confidence})
            return [SlotSet("last_outcome", "answered"), SlotSet("misunderstood", times + 1)]
        # not a question: the form asks its own again, in other words
        return [SlotSet("last_outcome", "not_understood")]
    dispatcher.utter_message(json_message=message("abstain", times=times) | {"confidence": confidence})
    return [
        SlotSet("last_outcome", "abstained"),
        SlotSet("misunderstood", times + 1),
    ]


def _clarify(hits: list[dict[str, Any]], confidence: float) -> dict[str, Any]:
    hits = hits[:CLARIFY_AT_MOST]
    choices = [{"title": hit["title"], "payload": "/ask_article" + _payload(article=hit["article"])} for hit in hits]
    choices.append({"title": "Nichts davon", "payload": "/deny"})
    options = listed([hit["title"].rstrip("?") for hit in hits])
    return message("clarify", choices=choices, options=options) | {"confidence": confidence}


def _picked_article(turn: Turn) -> str | None:
    """The article that "das zweite" or a typed title means, right after we asked back."""
    replies = turn.last_replies()
    if turn.pressed or not replies or replies[-1].get("kind") != "clarify":
        return None
    offered = [
        (choice["title"], json.loads(choice["payload"].removeprefix("/ask_article"))["article"])
        for choice in replies[-1].get("choices", [])
        if choice["payload"].startswith("/ask_article{")
    ]
    number = chosen_in(turn.text, [title for title, _ in offered])
    return None if number is None else offered[number][1]


async def say_article(dispatcher: CollectingDispatcher, turn: Turn, article_id: str) -> list[EventType]:
    """Say one article, and remember that the talk is about it."""
    try:
        found = await api.article(article_id, tenant=turn.tenant)
    except ApiProblem:
        dispatcher.utter_message(json_message=message("article_gone"))
        return [SlotSet("last_outcome", "abstained")]
    except ApiUnavailable:
        dispatcher.utter_message(json_message=message("knowledge_away"))
        return [SlotSet("last_outcome", "failed")]
    dispatcher.utter_message(json_message=answer_message(found, 1.0))
    return _remember(found["article"], found["title"])


class ActionAskArticle(Step):
    """Says the article that a pressed choice names."""

    def name(self) -> str:
        return "action_ask_article"

    async def act(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> list[EventType]:
        turn = Turn.of(tracker)
        article = turn.carried("article") or _picked_article(turn)
        if article is None:
            return await look_up(dispatcher, turn, in_form=bool(tracker.active_loop.get("name")))
        return await say_article(dispatcher, turn, article)

"""Concerns that are answered by pointing the way: own matters, changes to report, what Lotse does not do."""

from __future__ import annotations

import os
import re

from rasa_sdk import Tracker
from rasa_sdk.events import EventType, FollowupAction, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from bot.actions.answers import look_up, say_article
from bot.actions.messages import REPORTS
from bot.actions.sentences import message
from bot.actions.step import Step
from bot.actions.turn import Turn

# What is said first: an article of the knowledge; then a sentence of ours that offers the way on.
ARTICLES = {
    "ask_status": "status-eigener-fall",
    "report_change": "veraenderungen-melden",
    "report_absence": "krankmeldung",
    "privacy": "daten-auskunft-loeschen",
}
SENTENCES = {
    "ask_status": "own_matter",
    "report_change": "report_as_message",
    "report_absence": "report_as_message",
    "ask_for_others": "others_data",
    "manipulate": "manipulated",
    "small_talk": "small_talk",
    "slower": "slower_in_chat",
}
# Another rule applies to a journey than to an illness; where neither is named, a span of days is a journey.
_ILL = re.compile(
    r"krank|arzt|aerzt|ärzt|attest|fieber|operier|op\b|kur\b|reha|verletz|grippe|corona|schmerz|migräne|au\b", re.I
)
_AWAY = re.compile(
    r"urlaub|verreis|\breis|ausland|\bfahr|\bflieg|besuch|unterwegs|nicht da\b|nicht zu hause|\bvom? \d|\bnach [A-ZÄÖÜ]"
    r"|woche",
    re.I,
)
# People of the same household are no others: what they get is a question about rules.
_HOUSEHOLD = re.compile(
    r"\bmeine?[mnrs]? (?:mann|frau|partner\w*|kind\w*|sohn|tochter|baby|mutter|vater|eltern)\b", re.I
)
_ASKS_TO_DECIDE = re.compile(r"bewillig|genehmig|entscheid|versprech|versprich|garantier|zusag", re.I)
AWAY_ARTICLE = "urlaub-ortsabwesenheit"
_TO_PASS_ON = re.compile(
    r"\b(?:mitteil|ausricht|weitergeb|weiterleit|weitersag|notier|bescheid (?:sag|geb)|nachricht)", re.I
)


class ActionSignpost(Step):
    """The article that explains it in general, and the way to the people who can do something."""

    def name(self) -> str:
        return "action_signpost"

    async def act(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> list[EventType]:
        turn = Turn.of(tracker)
        in_form = bool(tracker.active_loop.get("name"))
        events: list[EventType] = [SlotSet("last_outcome", "answered")]
        reports = turn.intent in REPORTS and not turn.pressed
        if reports and _TO_PASS_ON.search(turn.text) and not in_form:
            return [FollowupAction("message_form")]
        article = ARTICLES.get(turn.intent)
        if turn.intent == "report_absence" and _AWAY.search(turn.text) and not _ILL.search(turn.text):
            article = AWAY_ARTICLE
        if turn.intent == "ask_for_others" and _HOUSEHOLD.search(turn.text):
            return await look_up(dispatcher, turn, in_form=in_form)
        if turn.intent == "privacy":
            days = os.environ.get("LOTSE_RETENTION_DAYS", "30")
            dispatcher.utter_message(json_message=message("chat_data", days=days))
        if article and not in_form:
            events = await say_article(dispatcher, turn, article)
        if turn.intent == "manipulate" and _ASKS_TO_DECIDE.search(turn.text):
            dispatcher.utter_message(json_message=message("decides_nothing"))
        elif turn.intent in SENTENCES:
            dispatcher.utter_message(json_message=message(SENTENCES[turn.intent]))
        # a message that is begun now starts with what was told already
        return [*events, SlotSet("unread_text", turn.text)] if reports else events


class ActionInsult(Step):
    """Calm once; whoever goes on is offered a person or the end."""

    def name(self) -> str:
        return "action_insult"

    async def act(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> list[EventType]:
        times = int(tracker.get_slot("insults") or 0)
        dispatcher.utter_message(json_message=message("insult_again" if times else "insult"))
        return [SlotSet("insults", times + 1)]

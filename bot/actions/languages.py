"""Another language, or simpler words, at any time: the hub keeps the choice, replies follow it from this turn on."""

from __future__ import annotations

import json
import re

from rapidfuzz import fuzz, process
from rasa_sdk import Tracker
from rasa_sdk.events import EventType, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from api.languages.catalog import EASY, GERMAN, NAMES
from bot.actions.answers import look_up
from bot.actions.api_client import ApiProblem, ApiUnavailable, api
from bot.actions.language import set_language
from bot.actions.sentences import PERSON, message
from bot.actions.step import Step
from bot.actions.turn import Turn
from bot.nlu.plain_text import plain

# How the languages are called by people who write one of them.
_CALLED = {
    "de": "deutsch german almanca немецкий немецком німецька німецькою الالمانية المانية الألمانية",
    "en": "englisch english ingilizce английский английском англійська англійською الانجليزية انجليزي الإنجليزية",
    "uk": "ukrainisch ukrainian ukraynaca украинский украинском українська українською الاوكرانية الأوكرانية",
    "ru": "russisch russian rusca русский русском російська російською الروسية",
    "ar": "arabisch arabic arapca арабский арабском арабська арабською العربية عربي بالعربية",
    "tr": "tuerkisch turkish turkce турецкий турецком турецька турецькою التركية",
    EASY: "leichte einfache easy simple leichter einfacher",
}
_NAMES = {plain(name): code for code, names in _CALLED.items() for name in names.split()}
_OTHERS = re.compile(
    r"\b(polnisch|rumaenisch|bulgarisch|spanisch|franzoesisch|italienisch|griechisch|portugiesisch|serbisch|kroatisch|"
    r"bosnisch|albanisch|persisch|farsi|dari|paschtu|kurdisch|somali|tigrinya|vietnamesisch|chinesisch|thai|hindi|"
    r"urdu|ungarisch|tschechisch|polish|romanian|spanish|french|persian|kurdish)\b"
)
# Somebody to translate, or a paper in a language: questions that the knowledge answers.
_FOR_SOMEBODY = re.compile(
    r"\b(?:mutter|vater|mann|frau|schwester|bruder|oma|opa|eltern|freundin|freund|nachbarin?|uebersetz\w*|dolmetsch\w*|"
    r"formular\w*|antrag\w*|bescheid\w*|vordruck\w*|merkblatt)\b"
)
_NORMAL = re.compile(r"\b(normal\w*|wieder deutsch|schwere?r?|standard\w*|aus(?:schalten)?|nicht mehr)\b")
ALIKE = 85  # of 100; "türkich" is 93 like "türkisch", "deutlich" 67 like "deutsch"


def language_in(text: str) -> str | None:
    """The code of the language a text names, in any of our languages; None where it names none of them."""
    for word in re.findall(r"[^\W\d_]+", plain(text)):
        if len(word) < 4:
            continue
        found = process.extractOne(word, _NAMES.keys(), scorer=fuzz.ratio, score_cutoff=ALIKE)
        if found:
            return _NAMES[found[0]]
    return None


def _choice(code: str) -> dict[str, str]:
    return {"title": NAMES[code], "payload": "/change_language" + json.dumps({"language": code})}


class ActionChangeLanguage(Step):
    """Goes on in the language that was named or pressed; asks which where none was named."""

    def name(self) -> str:
        return "action_change_language"

    async def act(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> list[EventType]:
        turn = Turn.of(tracker)
        if turn.phone:
            dispatcher.utter_message(json_message=message("language_phone"))
            return [SlotSet("last_outcome", "answered")]
        if _FOR_SOMEBODY.search(plain(turn.text)):
            return await look_up(dispatcher, turn, in_form=bool(tracker.active_loop.get("name")))
        wanted = turn.carried("language") or language_in(turn.text)
        if wanted in NAMES:
            return await switch(dispatcher, turn, str(wanted))
        offered = [code for code in NAMES if code != turn.language]
        name = "language_unknown" if _OTHERS.search(plain(turn.text)) else "language_which"
        known = ", ".join(title for code, title in NAMES.items() if code != EASY)
        choices = [*(_choice(code) for code in offered), *([PERSON] if name == "language_unknown" else [])]
        dispatcher.utter_message(json_message=message(name, choices=choices, languages=known))
        return [SlotSet("last_outcome", "answered")]


class ActionEasyLanguage(Step):
    """Leichte Sprache, on or off. On the telephone it means short sentences, and the same switch."""

    def name(self) -> str:
        return "action_easy_language"

    async def act(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> list[EventType]:
        turn = Turn.of(tracker)
        off = turn.language == EASY and bool(_NORMAL.search(plain(turn.text)))
        return await switch(dispatcher, turn, GERMAN if off else EASY)


async def switch(dispatcher: CollectingDispatcher, turn: Turn, language: str) -> list[EventType]:
    """Tell the hub, and say it in the new language. Inside a form its question follows by itself."""
    try:
        await api.choose_language(turn.conversation, language)
    except (ApiProblem, ApiUnavailable):
        dispatcher.utter_message(json_message=message("something_failed"))
        return []
    set_language(language)
    name = "easy_on" if language == EASY else "easy_off" if turn.language == EASY and language == GERMAN else None
    dispatcher.utter_message(json_message=message(name or "language_switched"))
    return [SlotSet("last_outcome", "answered")]

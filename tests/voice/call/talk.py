"""A plain reading of words and short ways to say things, for tests of the call's manners."""

import re
from collections.abc import Sequence

from voice.call.hub import HubTurn, Said
from voice.call.manners import Say
from voice.hearing.expectations import Unsure
from voice.hearing.heard import Command, Expectation, Understood, Utterance, Word

COMMANDS: dict[str, Command] = {
    "mitarbeiter": "person", "wiederholen": "repeat", "langsamer": "slower", "tschüss": "end",
}


def words(text: str) -> Utterance:
    return Utterance(tuple(Word(word, 1.0, number, number + 0.5) for number, word in enumerate(text.split())))


NOTHING = Utterance()


class PlainReader:
    """Takes words as they are; "undeutlich" leaves a doubt."""

    def understand(self, expectation: Expectation, heard: Utterance) -> Understood:
        text = heard.text
        if text in COMMANDS:
            return Understood(command=COMMANDS[text])
        if expectation.kind == "yes_no" and text in ("ja", "nein"):
            return Understood(payload="/affirm" if text == "ja" else "/deny")
        if "undeutlich" in text:
            return Unsure(text="Dienstag", doubt="War das Dienstag?", about="day")
        return Understood(text=text)

    def settled(self, before: Unsure, expectation: Expectation, heard: Utterance) -> Understood:
        if heard.text == "ja":
            return Understood(text=before.text)
        return Understood() if heard.text == "nein" else self.understand(expectation, heard)


def sentences(text: str) -> list[str]:
    return re.split(r"(?<=[.!?])\s+", text)


def said(actions: Sequence[object]) -> str:
    """All words that the actions speak."""
    return " ".join(piece.text for action in actions if isinstance(action, Say) for piece in action.pieces)


def turn(*messages: Said, state: str = "bot") -> HubTurn:
    return HubTurn(state, messages)

"""Every sentence the bot can say: short enough to be heard, polite, and never a dead end."""

import re
import string
from typing import Any

import pytest
import yaml

from bot.actions.sentences import FILE, message, phrase, spoken_form
from tests.bot.conftest import ROOT

ENTRIES: dict[str, dict[str, Any]] = yaml.safe_load(FILE.read_text(encoding="utf-8"))
RESPONSES: dict[str, Any] = yaml.safe_load((ROOT / "bot/domain/responses.yml").read_text(encoding="utf-8"))["responses"]
KINDS = {"text", "answer", "clarify", "abstain", "form", "appointment", "message_receipt", "handoff", "crisis"}
LONGEST_SENTENCE = 22
LONGEST_SPOKEN = 40


def values(text: str) -> dict[str, str]:
    return {name: "Beispiel" for _, name, _, _ in string.Formatter().parse(text) if name}


def variants(entry: dict[str, Any], key: str = "text") -> list[str]:
    said = entry.get(key, entry["text"])
    return [said] if isinstance(said, str) else list(said)


ALL = [
    (name, times)
    for name, entry in ENTRIES.items()
    for times in range(max(len(variants(entry)), len(variants(entry, "spoken"))))
]


@pytest.mark.parametrize(("name", "times"), ALL)
def test_a_sentence_can_be_filled_and_spoken(name: str, times: int) -> None:
    entry = ENTRIES[name]
    needed = {key: value for text in variants(entry) + variants(entry, "spoken") for key, value in values(text).items()}
    said = message(name, times=times, **needed)
    assert said["kind"] in KINDS
    assert "{" not in said["text"] + said["spoken"]
    assert len(said["spoken"].split()) <= LONGEST_SPOKEN, said["spoken"]
    assert not re.search(r"[*_#>\[\]()§]", said["spoken"]), said["spoken"]


@pytest.mark.parametrize(("name", "times"), ALL)
def test_a_sentence_is_short_and_polite(name: str, times: int) -> None:
    text = phrase(name, times=times, **values(variants(ENTRIES[name])[min(times, len(variants(ENTRIES[name])) - 1)]))
    for sentence in re.split(r"(?<=[.!?:])\s+|\n+", text):
        assert len(sentence.split()) <= LONGEST_SENTENCE, sentence
    assert not re.search(r"\b(du|dich|dir|dein\w*|euch|euer|eure\w*)\b", text, re.IGNORECASE), text


# What only a screen has; "Wählen Sie 112" would be fine, but numbers are called here.
SCREEN_WORDS = re.compile(
    r"\b(klick\w*|\w*schreib\w* (Sie|mir)|weiterschreib\w*|wählen Sie|\w*auswähl\w*|unten|oben|Link|Chat|Button)\b",
    re.IGNORECASE,
)
LONGEST_HEARD = 15


@pytest.mark.parametrize(("name", "times"), ALL)
def test_what_is_heard_is_short_and_speaks_of_nothing_that_only_a_screen_has(name: str, times: int) -> None:
    entry = ENTRIES[name]
    needed = {key: value for text in variants(entry) + variants(entry, "spoken") for key, value in values(text).items()}
    heard = variants(entry, "spoken")
    # On the telephone the third question is one and the same (third_time), whatever was asked before.
    if isinstance(entry["text"], list) and name.startswith("ask_") and times >= 2:
        return
    said = message(name, times=min(times, len(heard) - 1), **needed)["spoken"]
    assert not SCREEN_WORDS.search(said), said
    for sentence in re.split(r"(?<=[.!?:])\s+", said):
        assert len(sentence.split()) <= LONGEST_HEARD, sentence


@pytest.mark.parametrize("name", RESPONSES)
def test_what_rules_say_is_heard_in_short_sentences(name: str) -> None:
    for variant in RESPONSES[name]:
        said = variant["custom"]["spoken"]
        assert not SCREEN_WORDS.search(said), said
        for sentence in re.split(r"(?<=[.!?:])\s+", said):
            assert len(sentence.split()) <= LONGEST_HEARD, sentence


@pytest.mark.parametrize("name", [name for name, entry in ENTRIES.items() if entry.get("expects") == "yes_no"])
def test_a_yes_or_no_question_is_one_and_its_yes_is_the_first_choice(name: str) -> None:
    for text in variants(ENTRIES[name], "spoken"):
        assert text.strip().endswith("?"), text
    if name != "crisis_unsure":  # its yes names the emergency
        assert ENTRIES[name]["choices"][0]["payload"] not in ("/deny", "/stop")


def test_the_same_question_is_worded_anew_each_time() -> None:
    questions = [
        entry for name, entry in ENTRIES.items() if name.startswith("ask_") and isinstance(entry["text"], list)
    ]
    assert questions
    for entry in questions:
        assert len(set(entry["text"])) == 3, entry["text"]


@pytest.mark.parametrize("name", RESPONSES)
def test_what_rules_say_has_every_field_of_a_message_and_a_way_on(name: str) -> None:
    for variant in RESPONSES[name]:
        said = variant["custom"]
        assert said["kind"] in KINDS
        assert said["choices"]
        assert len(said["spoken"].split()) <= LONGEST_SPOKEN


@pytest.mark.parametrize(
    ("name", "numbers"),
    [
        ("crisis_suicide", ["0800 1110111", "0800 1110222", "112"]),
        ("crisis_violence", ["110", "112", "116 016"]),
        ("crisis_no_food", ["112"]),
        ("crisis_homeless", ["110", "112"]),
        ("crisis_power", ["112"]),
    ],
)
def test_an_emergency_names_the_right_numbers_and_a_person(name: str, numbers: list[str]) -> None:
    said = message(name)
    assert said["kind"] == "crisis"
    for number in numbers:
        assert number in said["text"]
    assert {"title": "Mit einem Menschen sprechen", "payload": "/talk_to_human"} in said["choices"]


def test_the_spoken_form_has_no_marks_and_says_times_as_people_do() -> None:
    text = "**Dienstag**, 10:30 Uhr\n\n- Ort: Rathaus (Eingang B)\n- um 9:00 Uhr"
    assert spoken_form(text) == "Dienstag, 10 Uhr 30. Ort: Rathaus. um 9 Uhr"

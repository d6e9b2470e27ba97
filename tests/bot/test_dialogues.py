"""Whole conversations against the trained model, the real action server and a small hub: tests/bot/dialogues/*.yml.

A file's name is the promise it keeps. Each turn is what a citizen says (`say`) or presses (`press`, by title), and what
must come back: one entry for each reply, with `kind`, `says` and `never` (parts of the text), `choices` (titles that
must be there), `only` (their number), `data` (fields that must have these values), `article`; `heard` and
`never_heard` (parts of the spoken form), `expects` (the kind of answer that is wanted). With `channel: phone` it is a
call; `caller` is the number it comes from.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.bot.hub import Hub
from tests.bot.test_sentences import SCREEN_WORDS

DIALOGUES = sorted((Path(__file__).parent / "dialogues").glob("*.yml"))
LONGEST_SPOKEN = 60


@pytest.mark.parametrize("file", DIALOGUES, ids=lambda file: file.stem)
def test_dialogue(file: Path, hub: Hub, say: Callable[..., list[dict[str, Any]]]) -> None:
    dialogue = yaml.safe_load(file.read_text(encoding="utf-8"))
    conversation = uuid.uuid4().hex
    _set(hub, dialogue.get("hub", {}))
    offered: dict[str, str] = {}
    for number, turn in enumerate(dialogue["turns"], start=1):
        _set(hub, turn.get("hub", {}))
        where = f"turn {number} ({turn.get('say') or turn.get('press')!r})"
        if "press" in turn:
            known = turn["press"] in offered or turn["press"].startswith("/")
            assert known, f"{where}: not offered, only {list(offered)}"
        replies = say(
            conversation,
            offered.get(turn["press"], turn["press"]) if "press" in turn else turn["say"],
            channel=dialogue.get("channel", "web"),
            caller=dialogue.get("caller"),
        )
        _check_form(replies, where)
        if dialogue.get("channel") == "phone":
            _check_heard(replies, where)
        said = [f"{one['kind']}: {one['text']} {[choice['title'] for choice in one['choices']]}" for one in replies]
        if "expect" in turn:
            assert len(replies) == len(turn["expect"]), f"{where}: {said}"
            for reply, expected in zip(replies, turn["expect"], strict=True):
                _check(reply, expected, f"{where}: {said}")
        offered |= {choice["title"]: choice["payload"] for reply in replies for choice in reply["choices"]}
    _check_hub(hub, dialogue.get("afterwards", {}))


def _set(hub: Hub, state: dict[str, Any]) -> None:
    for name, value in state.items():
        setattr(hub, name, set(value) if isinstance(value, list) else value)


def _check_form(replies: list[dict[str, Any]], where: str) -> None:
    """What holds for every reply: something is said, it can be spoken, and buttons say what they do."""
    assert replies, f"{where}: silence"
    for reply in replies:
        assert reply["text"].strip(), f"{where}: empty text"
        assert 0 < len(reply["spoken"].split()) <= LONGEST_SPOKEN, f"{where}: spoken form {reply['spoken']!r}"
        assert "{" not in reply["text"], f"{where}: unfilled {reply['text']!r}"
        assert all(choice["title"] and choice["payload"].startswith("/") for choice in reply["choices"])
    last = replies[-1]
    assert last["choices"] or last["text"].rstrip().endswith(("?", ".")), f"{where}: a dead end: {last['text']!r}"


def _check_heard(replies: list[dict[str, Any]], where: str) -> None:
    """In a call every question says what kind of answer it wants, and nothing speaks of a screen."""
    for reply in replies:
        assert not SCREEN_WORDS.search(reply["spoken"]), f"{where}: {reply['spoken']!r}"
        if reply["kind"] == "form" and reply["spoken"].endswith("?"):
            assert reply["data"]["expects"]["kind"], f"{where}: {reply}"


def _check(reply: dict[str, Any], expected: dict[str, Any], where: str) -> None:
    titles = [choice["title"] for choice in reply["choices"]]
    if "kind" in expected:
        assert reply["kind"] == expected["kind"], where
    for part in _many(expected.get("says")):
        assert part in reply["text"], f"{where}\n{part!r} is not said"
    for part in _many(expected.get("never")):
        assert part not in reply["text"], f"{where}\n{part!r} is said"
    for title in _many(expected.get("choices")):
        assert title in titles, f"{where}\n{title!r} is not offered"
    for title in _many(expected.get("not_offered")):
        assert title not in titles, f"{where}\n{title!r} is offered"
    for part in _many(expected.get("heard")):
        assert part in reply["spoken"], f"{where}\n{part!r} is not heard: {reply['spoken']!r}"
    for part in _many(expected.get("never_heard")):
        assert part not in reply["spoken"], f"{where}\n{part!r} is heard"
    if "expects" in expected:
        assert (reply.get("data") or {}).get("expects", {}).get("kind") == expected["expects"], f"{where}: {reply}"
    if "only" in expected:
        assert len(titles) == expected["only"], where
    if "article" in expected:
        assert reply["article"] == expected["article"], where
    for key, value in expected.get("data", {}).items():
        assert reply["data"][key] == value, where


def _check_hub(hub: Hub, expected: dict[str, Any]) -> None:
    for name in ("appointments", "inbox", "handoffs", "checklists", "examples"):
        if name not in expected:
            continue
        found = list(getattr(hub, name).values() if name == "appointments" else getattr(hub, name))
        assert len(found) == len(expected[name]), f"{name}: {found}"
        for entry, fields in zip(found, expected[name], strict=True):
            for key, value in fields.items():
                assert entry.get(key) == value, f"{name}: {entry}"
    if "withdrawn" in expected:
        assert hub.withdrawn == expected["withdrawn"]


def _many(value: Any) -> list[str]:
    return [] if value is None else [value] if isinstance(value, str) else list(value)

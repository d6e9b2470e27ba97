"""Citizens are served: the stories of tests/stories on the whole running system, all of them on one."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from operation.instance import Instance, running_instance
from tests.end_to_end import stories
from tests.end_to_end.stories import Result, Story

WANTED = 0.97
AT_LEAST = {"book": 25, "move": 10, "cancel": 10, "ask": 30}
MOST_TURNS = {"one_at_a_time": 6, "all_at_once": 2}


@pytest.fixture(scope="module")
def told() -> list[Story]:
    return stories.load()


@pytest.fixture(scope="module")
def results(told: list[Story], tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Result]]:
    with running_instance(tmp_path_factory.mktemp("stories"), **stories.SETTINGS) as instance:
        yield _played(instance, told)


def _played(instance: Instance, told: list[Story]) -> list[Result]:
    results = stories.play_all(instance, told)
    for result in results:
        if not result.completed:
            print(result.report())
    print(f"{sum(result.completed for result in results)} of {len(results)} stories completed")
    return results


def test_there_are_enough_stories_of_every_concern_and_every_kind(told: list[Story]):
    assert len(told) >= 150
    assert {story.concern for story in told} == stories.CONCERNS
    assert {story.kind for story in told} == stories.KINDS
    counts = Counter(story.concern for story in told)
    assert all(counts[concern] >= least for concern, least in AT_LEAST.items()), counts
    assert {story.language for story in told} >= {"de", "en", "uk", "ru", "ar", "tr"}


@pytest.mark.parametrize(
    ("expected", "reply"),
    [
        ({"act": "appointment"}, {"kind": "form"}),
        ({"first": "crisis"}, {"kind": "text"}),
        ({"asks": "contact"}, {"data": {"expects": {"slot": "person_name"}}}),
        ({"says": "Dienstag"}, {"text": "Gut, Mittwoch."}),
        ({"never": "563"}, {"text": "563 Euro."}),
        ({"article": "kaution"}, {"article": "strom"}),
        ({"choices": "Termin buchen"}, {"choices": []}),
        ({"longest_sentence": 3}, {"text": "Das sind mehr als drei Wörter."}),
        ({"differs": True}, {"text": "Guten Tag."}),
    ],
)
def test_a_reply_that_is_not_as_told_is_noticed(expected: dict[str, Any], reply: dict[str, Any]):
    said = {"kind": "text", "text": "Guten Tag.", "choices": [], "article": None, "data": None}
    assert stories.differences([said | reply], "bot", expected, "Guten Tag.")
    assert not stories.differences([said], "bot", {"act": "text", "says": "guten tag"}, "")


@pytest.mark.parametrize(
    ("text", "language", "right"),
    [
        ("You have an appointment on Tuesday.", "en", True),
        ("Sie haben am Dienstag einen Termin und die Unterlagen.", "en", False),
        ("У вас є запис на вівторок.", "uk", True),
        ("У вас есть запись на вторник, вы можете её перенести.", "uk", False),
        ("موعدكم يوم الثلاثاء", "ar", True),
        ("Bu randevu için size bir e-posta gelir.", "tr", True),
    ],
)
def test_the_language_of_a_reply_is_seen(text: str, language: str, right: bool):
    assert stories.written_in(text, language) is right


def test_nearly_all_stories_end_as_they_should(results: list[Result]):
    failed = [result.story.id for result in results if not result.completed]
    assert stories.completion(results) >= WANTED, f"{len(failed)} of {len(results)}: {failed}"


def test_every_emergency_is_served(results: list[Result]):
    failed = [result.report() for result in results if result.story.concern == "urgent" and not result.completed]
    assert not failed, "\n".join(failed)


@pytest.mark.parametrize(("pace", "most"), MOST_TURNS.items())
def test_a_booking_takes_few_turns(results: list[Result], pace: str, most: int):
    assert stories.median_turns(results, pace) <= most

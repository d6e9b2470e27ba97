"""The wish in a story and the second concern in a message, with a classifier that knows a few words."""

from collections.abc import Sequence

import pytest

from bot.nlu.concerns import Concern, parts, two_concerns, wish_in_story

KNOWN = {
    "termin haben": "book_appointment",
    "absagen": "cancel_appointment",
    "sagen sie meinen termin ab": "cancel_appointment",
    "nachricht hinterlassen": "leave_message",
    "mitarbeiter": "talk_to_human",
    "wie hoch": "ask",
    "zahlt ihr": "ask",
    "muss ich": "ask",
}


def classify(texts: Sequence[str]) -> list[tuple[str, float]]:
    return [
        next(((intent, 0.9) for words, intent in KNOWN.items() if words in text.lower()), ("out_of_scope", 0.2))
        for text in texts
    ]


def test_the_wish_at_the_end_of_a_spoken_story_decides() -> None:
    story = (
        "meine beiden kinder gehen jetzt in die zweite klasse und die lehrerin sagt es gibt geld für die schule "
        "kann ich einen termin haben"
    )
    found = wish_in_story(story, ("ask", 0.5), classify)
    assert found == Concern("kann ich einen termin haben", "book_appointment", 0.9)


def test_a_short_message_and_a_clear_wish_are_left_alone() -> None:
    assert wish_in_story("kann ich einen termin haben", ("ask", 0.5), classify) is None
    long = "ich bin seit drei wochen krank und kann nicht laufen und möchte deshalb den termin absagen bitte danke"
    assert wish_in_story(long, ("cancel_appointment", 0.9), classify) is None


def test_two_wishes_come_in_their_order_with_their_words() -> None:
    both = two_concerns(
        "Bitte sagen Sie meinen Termin ab. Außerdem möchte ich eine Nachricht hinterlassen.",
        ("leave_message", 0.8),
        classify,
    )
    assert both is not None
    assert [one.intent for one in both] == ["cancel_appointment", "leave_message"]
    assert both[1].text == "Außerdem möchte ich eine Nachricht hinterlassen."


def test_two_questions_are_two_and_the_first_is_asked_alone() -> None:
    both = two_concerns("Wie hoch ist der Regelsatz? Und zahlt ihr auch die Kaution?", ("ask", 0.9), classify)
    assert both is not None
    assert both[0].text == "Wie hoch ist der Regelsatz?"


def test_what_the_whole_says_clearly_comes_before_a_question_at_its_end() -> None:
    text = "Am 21.12. um 10 Uhr bei Ihnen, Lea Kern. Noch etwas: wie hoch ist der Satz?"
    both = two_concerns(text, ("book_appointment", 0.9), classify)
    assert both is not None
    assert (both[0].intent, both[1].intent) == ("book_appointment", "ask")


@pytest.mark.parametrize(
    "text",
    [
        "Ich möchte einen Termin haben.",
        "Guten Tag. Muss ich mein Auto verkaufen?",
        "Ich möchte einen Termin haben. Ich will wirklich bald einen Termin haben.",
        "",
    ],
)
def test_one_concern_is_one(text: str) -> None:
    assert two_concerns(text, classify([text])[0], classify) is None


def test_a_date_ends_no_sentence() -> None:
    assert parts("Ich habe ab 1.12. einen neuen Job bei der Post") == ["Ich habe ab 1.12. einen neuen Job bei der Post"]

"""Messages of the public interface, as the telephone says them."""

from voice.call.hub import said_of


def test_yes_answers_the_articles_question_and_says_which() -> None:
    said = said_of({
        "kind": "answer", "text": "Lang.", "spoken": "In der Regel ja. Ein Auto darf bleiben.",
        "data": {"title": "Darf ich mein Auto behalten?"},
    })
    assert said.spoken == "Darf ich mein Auto behalten? In der Regel ja. Ein Auto darf bleiben."


def test_an_answer_that_is_no_yes_or_no_stands_alone() -> None:
    amount = {"kind": "answer", "text": "Lang.", "spoken": "Er beträgt 563 Euro.", "data": {"title": "Wie hoch?"}}
    said = said_of(amount)
    assert said.spoken == "Er beträgt 563 Euro."
    assert said_of({"kind": "answer", "text": "", "spoken": "Jahrelang nicht.", "data": {"title": "X?"}}).spoken == (
        "Jahrelang nicht."
    )


def test_choices_are_read_one_by_one() -> None:
    choices = [{"title": f"Frage {name}?", "payload": f'/ask_article{{"article":"{name}"}}'} for name in "abc"]
    said = said_of({"kind": "clarify", "text": "…", "spoken": "Was?", "choices": choices})
    assert said.spoken == "Was meinen Sie? Erstens: Frage a? Zweitens: Frage b? Drittens: Frage c?"


def test_the_long_form_is_kept_for_who_wants_more() -> None:
    said = said_of({
        "kind": "answer", "text": "Sehr viel länger. " * 5, "spoken": "Kurz.",
        "citations": [{"label": "§ 22 SGB II"}],
    })
    assert said.more and said.citations == ("§ 22 SGB II",)

"""How long a caller may pause."""

from voice.call.endpoint import ANSWERED, DICTATED, FINISHED, NOTHING, OPEN_END, patience
from voice.hearing.heard import Expectation


def test_a_whole_answer_to_a_closed_question_is_taken_at_once() -> None:
    assert patience(Expectation("yes_no"), ["ja"], complete=True) == ANSWERED


def test_half_a_sentence_is_waited_for() -> None:
    assert patience(Expectation(), ["ich", "habe", "eine", "frage", "und"], complete=False) == OPEN_END
    assert patience(Expectation(), ["ich", "möchte"], complete=False) == OPEN_END
    assert patience(Expectation(), ["wie", "hoch", "ist", "der", "regelbedarf"], complete=False) == FINISHED


def test_numbers_and_messages_are_dictated_in_pieces() -> None:
    assert patience(Expectation("phone"), ["null", "eins", "sieben"], complete=True) == DICTATED
    assert patience(Expectation("own_words"), ["bitte", "rufen", "sie", "an"], complete=False) == DICTATED
    assert patience(Expectation("code"), ["vier", "sieben", "eins", "eins"], complete=True) == ANSWERED


def test_no_word_ends_soon() -> None:
    assert patience(Expectation(), [], complete=False) == NOTHING

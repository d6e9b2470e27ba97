"""How a call is led, without sound and without a clock."""

import pytest
from talk import NOTHING, said, turn, words

from voice.call.hub import Said, TransferTarget
from voice.call.manners import Connect, FindPerson, HangUp, Listen, Manners, Piece, Retry, Say, Sound, Tell
from voice.call.phrases import phrase, phrases
from voice.hearing.heard import Expectation, Option

YES_NO = Expectation("yes_no", slot="appointment_confirmed")
READ_BACK = Said("Ich trage ein: Dienstag, zehn Uhr. Auf den Namen Krause. Stimmt das?", expects=YES_NO)


def test_a_question_goes_to_the_hub_and_its_answer_is_spoken(manners: Manners) -> None:
    assert manners.caller_said(words("wie hoch ist der regelbedarf")) == [Tell(text="wie hoch ist der regelbedarf")]
    assert said(manners.hub_answered(turn(Said("Er beträgt 563 Euro.")))) == "Er beträgt 563 Euro."


def test_a_long_answer_is_offered_in_pieces(manners: Manners) -> None:
    long = " ".join(f"Satz {number}." for number in range(1, 7))
    answer = manners.hub_answered(turn(Said("Kurz.", kind="answer", more=long, citations=("§ 22 SGB II",))))
    assert said(answer) == f"Kurz. {phrase('more')}"
    manners.piece_heard(2)
    first = said(manners.caller_said(words("ja")))
    assert first == f"Satz 1. Satz 2. Satz 3. Satz 4. {phrase('more')}"
    manners.piece_heard(5)
    rest = said(manners.caller_said(words("ja")))
    assert rest == f"Satz 5. Satz 6. Das steht in § 22 SGB II. {phrase('more_end')}"


def test_no_to_more_is_no_answer_to_anything_else(manners: Manners) -> None:
    manners.hub_answered(turn(Said("Kurz.", kind="answer", more="Lang. Länger.")))
    manners.piece_heard(2)
    assert said(manners.caller_said(words("nein"))) == phrase("no_more")


def test_a_new_question_instead_of_yes_or_no_is_answered(manners: Manners) -> None:
    manners.hub_answered(turn(Said("Kurz.", kind="answer", more="Lang. Länger.")))
    manners.piece_heard(2)
    assert manners.caller_said(words("und die miete")) == [Tell(text="und die miete")]


def test_yes_to_a_question_not_yet_heard_is_no_consent(manners: Manners) -> None:
    manners.hub_answered(turn(READ_BACK))
    manners.piece_heard(1)
    assert said(manners.caller_said(words("ja"))) == "Auf den Namen Krause. Stimmt das?"
    manners.piece_heard(2)
    assert manners.caller_said(words("ja")) == [Tell(payload="/affirm")]


def test_no_counts_at_any_time(manners: Manners) -> None:
    manners.hub_answered(turn(READ_BACK))
    manners.piece_heard(1)
    assert manners.caller_said(words("nein")) == [Tell(payload="/deny")]


def test_a_read_back_is_not_talked_over_but_for_its_question(manners: Manners) -> None:
    say = manners.hub_answered(turn(READ_BACK))[0]
    assert isinstance(say, Say)
    assert [piece.interruptible for piece in say.pieces] == [False, False, True]


def test_listening_sounds_and_noise_resume_where_the_voice_stopped(manners: Manners) -> None:
    manners.hub_answered(turn(Said("Erstens. Zweitens. Drittens.")))
    manners.piece_heard(1)
    assert said(manners.caller_said(words("mhm"))) == "Zweitens. Drittens."
    assert said(manners.caller_said(NOTHING)) == "Zweitens. Drittens."


def test_one_thought_in_two_breaths_is_one_question(manners: Manners) -> None:
    assert manners.caller_said(words("ich habe einen brief bekommen")) == [Tell(text="ich habe einen brief bekommen")]
    manners.hub_answered(turn(Said("Worum geht es?")))
    expected = "ich habe einen brief bekommen da steht ein termin drin"
    assert manners.caller_said(words("da steht ein termin drin")) == [Tell(text=expected)]


def test_only_the_doubtful_thing_is_asked_again(manners: Manners) -> None:
    manners.hub_answered(turn(Said("Welcher Tag?", expects=Expectation("date_time", slot="start"))))
    manners.piece_heard(1)
    asked = manners.caller_said(words("undeutlich"))
    assert said(asked) == "War das Dienstag?"
    manners.piece_heard(1)
    assert manners.caller_said(words("ja")) == [Tell(text="Dienstag")]


def test_a_doubt_denied_asks_the_question_again(manners: Manners) -> None:
    manners.hub_answered(turn(Said("Welcher Tag?", expects=Expectation("date_time", slot="start"))))
    manners.piece_heard(1)
    manners.caller_said(words("undeutlich"))
    manners.piece_heard(1)
    assert said(manners.caller_said(words("nein"))) == "Welcher Tag?"


def test_three_failures_in_a_row_lead_to_a_person(manners: Manners) -> None:
    assert said(manners.caller_said(NOTHING)).startswith("Das habe ich leider nicht verstanden")
    manners.piece_heard(9)
    assert "drücken Sie die Null" in said(manners.caller_said(NOTHING))
    manners.piece_heard(9)
    third = manners.caller_said(NOTHING)
    assert said(third) == phrase("give_up")
    assert Tell(payload="/talk_to_human") in third


def test_something_understood_in_between_starts_the_count_anew(manners: Manners) -> None:
    for _ in range(2):
        manners.caller_said(NOTHING)
        manners.piece_heard(9)
    manners.caller_said(words("miete"))
    manners.hub_answered(turn(Said("Gern.")))
    manners.piece_heard(1)
    assert said(manners.caller_said(NOTHING)).startswith("Das habe ich leider nicht verstanden")


def test_silence_is_asked_twice_and_ended_kindly(manners: Manners) -> None:
    assert said(manners.quiet()).startswith(phrase("still_there"))
    assert said(manners.quiet()).startswith(phrase("still_there_keys"))
    last = manners.quiet()
    assert said(last) == phrase("goodbye_silence")
    assert last[-1] == HangUp()
    assert manners.quiet() == []


def test_while_somebody_waits_for_a_person_silence_is_fine(manners: Manners) -> None:
    manners.can_transfer = False
    manners.hub_answered(turn(Said("Sie sind an Platz zwei."), state="waiting"))
    assert manners.quiet() == []


@pytest.mark.parametrize("state", ["question", "form", "more", "speaking"])
def test_zero_reaches_a_person_at_any_time(manners: Manners, state: str) -> None:
    if state == "form":
        manners.hub_answered(turn(Said("Wo?", expects=Expectation("site", (Option("Musterstadt", "/inform{}"),)))))
    if state == "more":
        manners.hub_answered(turn(Said("Kurz.", kind="answer", more="Lang. Länger.")))
    if state == "speaking":
        manners.hub_answered(turn(Said("Eins. Zwei. Drei.")))
    assert manners.key_pressed("0") == [Tell(payload="/talk_to_human")]


def test_the_hash_repeats_and_the_star_goes_back(manners: Manners) -> None:
    manners.hub_answered(turn(Said("Welcher Tag?", expects=Expectation("date_time", slot="start"))))
    assert said(manners.key_pressed("#")) == "Welcher Tag?"
    assert manners.key_pressed("*") == [Tell(payload="/back")]


def test_keys_answer_yes_or_no_and_choices(manners: Manners) -> None:
    manners.hub_answered(turn(READ_BACK))
    assert manners.key_pressed("1") == [Tell(payload="/affirm")]
    manners.hub_answered(turn(READ_BACK))
    assert manners.key_pressed("2") == [Tell(payload="/deny")]
    options = (Option("Musterstadt", "/a"), Option("Neustadt", "/b"))
    manners.hub_answered(turn(Said("Wo?", expects=Expectation("site", options))))
    assert manners.key_pressed("2") == [Tell(payload="/b")]


def test_a_number_is_typed_and_ends_with_the_hash_or_a_pause(manners: Manners) -> None:
    manners.hub_answered(turn(Said("Ihre Nummer?", expects=Expectation("phone", slot="contact"))))
    for key in "0172345":
        assert manners.key_pressed(key) == []
    assert manners.key_pressed("#") == [Tell(text="0172345")]
    manners.hub_answered(turn(Said("Ihr Code?", expects=Expectation("code", slot="code"))))
    assert [manners.key_pressed(key) for key in "4711"][-1] == [Tell(text="4711")]


def test_a_lone_zero_where_a_number_is_asked_means_a_person(manners: Manners) -> None:
    manners.hub_answered(turn(Said("Ihre Nummer?", expects=Expectation("phone", slot="contact"))))
    assert manners.key_pressed("0") == []
    assert manners.digits_paused() == [Tell(payload="/talk_to_human")]


def test_a_person_wanted_is_looked_for_and_connected(manners: Manners) -> None:
    assert manners.hub_answered(turn(Said("…"), state="waiting")) == [FindPerson()]
    actions = manners.person_found(TransferTarget(True, "Ich verbinde Sie.", "4711"))
    assert said(actions) == "Ich verbinde Sie." and actions[-1] == Connect("4711")
    assert manners.caller_said(words("hallo")) == []


def test_nobody_there_and_a_failed_transfer_have_a_way_on(manners: Manners) -> None:
    sentence = "Gerade ist geschlossen. Möchten Sie einen Rückruf?"
    closed = manners.person_found(TransferTarget(False, sentence, offer="callback"))
    assert said(closed) == sentence and closed[-1] == Listen(Expectation("yes_no"))
    failed = manners.transfer_failed(turn(Said("Dort nimmt niemand ab. Möchten Sie einen Rückruf?")))
    assert "Rückruf" in said(failed) and isinstance(failed[-1], Listen)
    alone = manners.transfer_failed(None)
    assert "Nachricht hinterlassen" in said(alone) and isinstance(alone[-1], Listen)


def test_a_lost_hub_is_tried_once_more_and_then_the_call_ends_or_goes_to_people(manners: Manners) -> None:
    manners.caller_said(words("miete"))
    assert manners.hub_lost()[-1] == Retry()
    assert manners.hub_lost()[-1] == HangUp()
    other = Manners(reader=manners.reader, split=manners.split, overflow="100")
    other.caller_said(words("miete"))
    other.hub_lost()
    assert other.hub_lost()[-1] == Connect("100")


def test_without_the_recogniser_keys_are_offered_once(manners: Manners) -> None:
    assert "drücken Sie die Eins" in said(manners.recogniser_changed(False))
    assert manners.recogniser_changed(False) == []
    assert manners.recogniser_changed(True) == []


def test_slower_is_slower_from_then_on_and_repeats_the_question(manners: Manners) -> None:
    manners.hub_answered(turn(Said("Welcher Tag?", expects=Expectation("date_time", slot="start"))))
    manners.piece_heard(1)
    actions = manners.caller_said(words("langsamer"))
    assert isinstance(actions[0], Sound) and actions[0].pace < 1
    assert said(actions) == f"{phrase('slower')} Welcher Tag?"


def test_goodbye_ends_the_call_after_it_was_said(manners: Manners) -> None:
    actions = manners.caller_said(words("tschüss"))
    assert said(actions) == phrase("goodbye") and actions[-1] == HangUp()


def test_what_a_person_writes_is_spoken(manners: Manners) -> None:
    assert said(manners.person_wrote("Frau Klar", "Ich schaue nach.")) == "Frau Klar schreibt: Ich schaue nach."


def test_own_sentences_have_at_most_fifteen_words() -> None:
    for key, variants in phrases().items():
        for variant in variants:
            for sentence in variant.replace("?", ".").split("."):
                assert len(sentence.split()) <= 15, (key, sentence)


def test_a_piece_knows_whether_it_may_be_kept(manners: Manners) -> None:
    say = manners.hub_answered(turn(Said("Frau Krause, bis Dienstag.", kind="appointment")))[0]
    assert isinstance(say, Say) and say.pieces == (Piece("Frau Krause, bis Dienstag."),)


def test_in_a_queue_without_an_extension_the_caller_waits_and_may_go_on_asking(manners: Manners) -> None:
    assert manners.hub_answered(turn(Said("…"), state="waiting")) == [FindPerson()]
    assert said(manners.person_found(TransferTarget(False, "Sie sind an Platz eins.", offer="wait")))
    assert manners.quiet() == []
    assert said(manners.hub_answered(turn(Said("Er beträgt 563 Euro."), state="waiting"))) == "Er beträgt 563 Euro."

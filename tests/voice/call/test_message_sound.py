"""The sound of a spoken message is kept only where the office and the caller want it, and no longer than needed."""

import asyncio
import io
import wave

import pytest
from stage import Reply, ScriptedHub, Stage, bot, on_stage, staged
from talk import NOTHING, said, turn, words

from voice.call.hub import Said
from voice.call.manners import Listen, Manners, Tell
from voice.call.message_sound import MAY_BE_KEPT, OPEN, Consent, Recording
from voice.call.phrases import phrase
from voice.hearing.heard import Expectation

TEXT = Expectation("own_words", slot="message_text")
ASK_TEXT = bot("Was soll ich weitergeben?", expects=("own_words", "message_text"))
ASK_SENDER = bot("Möchten Sie eine Antwort?", expects=("yes_no", "sender"))
CONFIRM = bot("Ich gebe weiter. Soll ich das so senden?", expects=("yes_no", "message_confirmed"))
SENT = bot("Ihre Nachricht ist angekommen.", kind="message_receipt")
STOPPED = bot("Gut, ich breche das ab.", kind="text")
QUESTION = phrase("message_sound")
WANTED = {"phone_message_sound": True}


def frames_of(wav: bytes) -> bytes:
    with wave.open(io.BytesIO(wav)) as sound:
        assert (sound.getnchannels(), sound.getsampwidth(), sound.getframerate()) == (1, 2, 8000)
        return sound.readframes(sound.getnframes())


async def begin(stage: Stage) -> None:
    """Up to the question for the text, or for the sound before it."""
    await stage.say("nachricht hinterlassen")
    await stage.until(lambda: stage.open_question in ("message_text", "message_sound"))


async def agree_and_speak(stage: Stage, text: str = "ich bin umgezogen", value: int = 7, frames: int = 25) -> None:
    await begin(stage)
    await stage.say("ja")
    await stage.asked("message_text")
    await stage.say(text, value=value, frames=frames)
    await stage.asked("sender")


# --- in a call


def test_by_default_nobody_is_asked_and_nothing_is_kept() -> None:
    async def play() -> None:
        hub = ScriptedHub([ASK_TEXT], [ASK_SENDER], [SENT])
        async with staged(hub) as stage:
            await begin(stage)
            assert stage.open_question == "message_text"
            await stage.say("ich bin umgezogen")
            await stage.asked("sender")
            assert stage.recorded == 0
            await stage.say("nein")
            await stage.until(lambda: "angekommen" in stage.said)
        assert QUESTION not in stage.said and not hub.sounds

    on_stage(play)


@pytest.mark.parametrize("no", ["nein", "", "wieso", "undeutlich ja"])
def test_after_anything_but_a_clear_yes_nothing_is_kept(no: str) -> None:
    async def play() -> None:
        hub = ScriptedHub([ASK_TEXT], [ASK_SENDER], [SENT])
        async with staged(hub, **WANTED) as stage:
            await begin(stage)
            assert stage.open_question == "message_sound"
            await stage.say(no)
            await stage.asked("message_text")
            await stage.sound(30, 7)
            await stage.say("ich bin umgezogen")
            await stage.asked("sender")
            assert stage.recorded == 0
            await stage.say("nein")
            await stage.until(lambda: "angekommen" in stage.said)
        assert hub.told == ["nachricht hinterlassen", "ich bin umgezogen", "/deny"]
        assert not hub.sounds

    on_stage(play)


def test_after_a_yes_the_sound_of_the_answer_goes_with_the_message_and_nothing_else() -> None:
    async def play() -> None:
        hub = ScriptedHub([ASK_TEXT], [ASK_SENDER], [CONFIRM], [SENT], [SENT])
        async with staged(hub, **WANTED) as stage:
            assert stage.recorded == 0
            await agree_and_speak(stage, value=7, frames=25)
            kept = stage.recorded
            await stage.say("nein", value=9)
            await stage.asked("message_confirmed")
            assert stage.recorded == kept
            await stage.say("ja", value=9)
            await stage.until(lambda: bool(hub.sounds))
            assert stage.recorded == 0
            assert stage.said.count(QUESTION) == 1
            await stage.say("danke", value=9)
            await stage.until(lambda: len(hub.told) == 5)
        assert len(hub.sounds) == 1
        audio = frames_of(hub.sounds[0])
        assert set(audio) == {0, 7}
        assert audio.count(7) == 25 * 320
        assert len(audio) == (10 + 25) * 320  # with what came just before the voice

    on_stage(play)


def test_keys_answer_too_and_an_early_one_is_no_consent() -> None:
    async def play() -> None:
        hub = ScriptedHub([ASK_TEXT], [ASK_SENDER], [SENT])
        async with staged(hub, **WANTED) as stage:
            stage.call.loudspeaker.deaf = True
            await begin(stage)
            await stage.press("1")
            await stage.until(lambda: stage.said.count(QUESTION) == 2)
            assert stage.open_question == "message_sound"
            stage.call.loudspeaker.deaf = False
            await stage.press("1")  # not heard to its end: said once more, and now it is
            await stage.until(lambda: stage.said.count(QUESTION) == 3)
            await asyncio.sleep(0.1)
            await stage.press("1")
            await stage.asked("message_text")
            await stage.say("ich bin umgezogen")
            await stage.asked("sender")
            assert stage.recorded > 0

    on_stage(play)


@pytest.mark.parametrize("reply", [STOPPED, bot("Welcher Tag?", expects=("date_time", "appointment_start"))])
def test_a_message_that_is_given_up_takes_its_sound_with_it(reply: Reply) -> None:
    async def play() -> None:
        hub = ScriptedHub([ASK_TEXT], [ASK_SENDER], [reply], [SENT])
        async with staged(hub, **WANTED) as stage:
            await agree_and_speak(stage)
            assert stage.recorded > 0
            await stage.say("stopp")
            await stage.until(lambda: stage.recorded == 0)
            await stage.say("ich möchte mitteilen dass ich umziehe")
            await stage.until(lambda: "angekommen" in stage.said)
        assert not hub.sounds

    on_stage(play)


def test_who_hangs_up_before_it_is_sent_leaves_no_sound() -> None:
    async def play() -> None:
        hub = ScriptedHub([ASK_TEXT], [ASK_SENDER])
        async with staged(hub, **WANTED) as stage:
            await agree_and_speak(stage)
            assert stage.recorded > 0
            await stage.hang_up()
        assert not hub.sounds

    on_stage(play)


def test_who_hangs_up_right_after_it_was_sent_has_sent_its_sound() -> None:
    async def play() -> None:
        hub = ScriptedHub([ASK_TEXT], [ASK_SENDER], [SENT])
        async with staged(hub, **WANTED) as stage:
            await agree_and_speak(stage)
            await stage.say("nein")
            await stage.until(lambda: "angekommen" in stage.said)
            await stage.hang_up()
        assert len(hub.sounds) == 1

    on_stage(play)


@pytest.mark.parametrize("status", [403, 404, 413, 500])
def test_a_sound_that_does_not_arrive_harms_nobody(status: int) -> None:
    async def play() -> None:
        hub = ScriptedHub([ASK_TEXT], [ASK_SENDER], [SENT], [STOPPED], sound=status)
        async with staged(hub, **WANTED) as stage:
            await agree_and_speak(stage)
            await stage.say("nein")
            await stage.until(lambda: bool(hub.sounds))
            await stage.say("danke")
            await stage.until(lambda: "ich breche das ab" in stage.said)
            assert stage.recorded == 0

    on_stage(play)


def test_a_text_that_is_corrected_brings_its_own_sound() -> None:
    async def play() -> None:
        hub = ScriptedHub([ASK_TEXT], [ASK_SENDER], [ASK_TEXT], [ASK_SENDER], [SENT])
        async with staged(hub, **WANTED) as stage:
            await agree_and_speak(stage, value=7)
            await stage.say("der text ist falsch")
            await stage.asked("message_text")
            await stage.until(lambda: stage.recorded <= 20 * 320)  # what lies before the next first sound at most
            await stage.say("ich ziehe um", value=8)
            await stage.asked("sender")
            await stage.say("nein")
            await stage.until(lambda: bool(hub.sounds))
            assert stage.said.count(QUESTION) == 1
        audio = frames_of(hub.sounds[0])
        assert 8 in audio and 7 not in audio

    on_stage(play)


def test_a_command_in_between_is_no_part_of_the_message() -> None:
    async def play() -> None:
        hub = ScriptedHub([ASK_TEXT], [ASK_SENDER], [SENT])
        async with staged(hub, **WANTED) as stage:
            await begin(stage)
            await stage.say("ja")
            await stage.asked("message_text")
            await stage.say("wiederholen", value=9)
            await stage.until(lambda: stage.said.count("weitergeben") == 2)
            await stage.say("ich bin umgezogen", value=7)
            await stage.asked("sender")
            await stage.say("nein")
            await stage.until(lambda: bool(hub.sounds))
        audio = frames_of(hub.sounds[0])
        assert 7 in audio and 9 not in audio

    on_stage(play)


# --- the buffer


def test_a_long_message_is_cut_where_the_hub_would_refuse_it() -> None:
    recording = Recording()
    recording.begin()
    recording.caller_starts()
    for _ in range(200 * 50):
        recording.hear(b"\1" * 320)
    recording.close()
    wav = recording.take()
    assert wav is not None and len(wav) < 2 * 1024 * 1024
    assert len(frames_of(wav)) == 120 * 16000
    assert recording.held == 0 and recording.take() is None


def test_a_recording_takes_nothing_before_it_is_opened_nor_after_the_answer() -> None:
    recording = Recording()
    recording.caller_starts()
    recording.hear(b"\1" * 320)
    recording.again()
    recording.hear(b"\1" * 320)
    assert recording.held == 0
    recording.begin()
    for _ in range(500):
        recording.hear(b"\1" * 320)
    assert recording.held == 20 * 320  # 400 ms, until a voice is heard
    recording.caller_starts()
    recording.close()
    recording.hear(b"\2" * 320)
    assert recording.held == 20 * 320


# --- the rules


@pytest.fixture
def asked(manners: Manners) -> Manners:
    """A call in which the caller was just asked whether the sound may be kept."""
    manners.consent = Consent(wanted=True)
    before = Said("Das geht leider nicht.")
    actions = manners.hub_answered(turn(before, Said("Was soll ich weitergeben?", kind="form", expects=TEXT)))
    assert said(actions) == f"Das geht leider nicht. {QUESTION}"
    assert actions[-1] == Listen(MAY_BE_KEPT)
    manners.piece_heard(2)
    return manners


def test_a_yes_is_followed_by_the_dialogues_own_question(asked: Manners) -> None:
    actions = asked.caller_said(words("ja"))
    assert said(actions) == "Was soll ich weitergeben?"
    assert actions[-1] == Listen(TEXT, keep_sound=True)


def test_a_yes_to_a_question_not_yet_heard_is_none(asked: Manners) -> None:
    asked.speech.heard = 1
    assert said(asked.caller_said(words("ja"))) == QUESTION
    assert asked.consent.given is None


def test_silence_is_a_no(asked: Manners) -> None:
    actions = asked.quiet()
    assert said(actions) == "Was soll ich weitergeben?" and actions[-1] == Listen(TEXT)
    assert asked.quiet_times == 0


def test_noise_is_a_no(asked: Manners) -> None:
    assert asked.caller_said(NOTHING)[-1] == Listen(TEXT)


def test_who_begins_with_the_message_at_once_is_not_stopped(asked: Manners) -> None:
    assert asked.caller_said(words("ich bin umgezogen")) == [Tell(text="ich bin umgezogen")]
    assert asked.consent.given is False


def test_keys_are_yes_no_and_a_person(asked: Manners) -> None:
    assert said(asked.key_pressed("5")) == phrase("yes_no_keys")
    assert asked.key_pressed("2")[-1] == Listen(TEXT)


def test_zero_is_a_person_here_too(asked: Manners) -> None:
    assert asked.key_pressed("0") == [Tell(payload="/talk_to_human")]
    assert asked.waiting is None


def test_without_the_recogniser_nobody_is_asked(manners: Manners) -> None:
    manners.consent = Consent(wanted=True)
    manners.recogniser_changed(False)
    assert manners.hub_answered(turn(Said("Was?", expects=TEXT)))[-1] == Listen(TEXT)


def test_a_callback_takes_no_sound_so_nobody_is_asked(manners: Manners) -> None:
    manners.consent = Consent(wanted=True)
    reason = Expectation("own_words", slot="callback_text")
    assert manners.hub_answered(turn(Said("Worum geht es?", expects=reason)))[-1] == Listen(reason)


def test_a_no_holds_for_the_call_and_a_yes_for_one_message() -> None:
    consent = Consent(wanted=True, given=False)
    assert consent.after(turn(Said("…", kind="message_receipt")), Expectation()) == "keep"
    assert not consent.to_be_asked(TEXT)
    consent = Consent(wanted=True, given=True)
    assert consent.after(turn(Said("…", kind="message_receipt")), Expectation()) == "send"
    assert consent.to_be_asked(TEXT)


@pytest.mark.parametrize("slot", sorted(OPEN))
def test_while_the_message_is_being_made_its_sound_stays(slot: str) -> None:
    consent = Consent(wanted=True, given=True)
    assert consent.after(turn(Said("…", expects=Expectation(slot=slot))), Expectation(slot=slot)) == "keep"


def test_a_message_that_could_not_be_sent_keeps_its_sound_for_the_next_try() -> None:
    again = Expectation("yes_no")
    consent = Consent(wanted=True, given=True)
    assert consent.after(turn(Said("Noch einmal?", kind="form", expects=again)), again) == "keep"
    assert consent.after(turn(Said("Rückruf?", kind="handoff", expects=again)), again) == "drop"


@pytest.mark.parametrize("state", ["waiting", "human", "closed"])
def test_where_a_person_takes_over_the_sound_goes(state: str) -> None:
    consent = Consent(wanted=True, given=True)
    assert consent.after(turn(Said("…", expects=TEXT), state=state), TEXT) == "drop"

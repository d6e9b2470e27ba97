"""espeak-ng as a voice: fit for the line, safe with any text, from many threads."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.voice.speaking.texts import SAID, article_texts, bot_texts
from voice.lines.line import SAMPLE_RATE
from voice.speaking.espeak import LONGEST_SECONDS, MAN, WOMAN, Espeak, plain_words, with_phonemes
from voice.speaking.portions import portions
from voice.speaking.voices import VoiceFailed
from voice.speaking.words import spoken_words

GREETING = "Guten Tag, hier ist Lotse, der digitale Assistent vom Jobcenter Musterstadt."


def samples(audio: bytes) -> NDArray[np.float64]:
    return np.frombuffer(audio, "<i2") / 32768


def levels(audio: bytes) -> NDArray[np.float64]:
    """Root mean square of every 10 ms."""
    sound = samples(audio)
    found: NDArray[np.float64] = np.sqrt((np.pad(sound, (0, -len(sound) % 80)).reshape(-1, 80) ** 2).mean(1))
    return found


@pytest.fixture(scope="module", params=[WOMAN, MAN])
def voice(request: pytest.FixtureRequest) -> Espeak:
    return Espeak(request.param)


def test_a_hundred_and_fifty_portions_are_loud_enough_never_clipped_and_never_cut(voice: Espeak) -> None:
    texts = [*article_texts()[:60], *bot_texts()[:60], *list(SAID)[:40]]
    said = [portion for text in texts for portion in portions(spoken_words(text))]
    assert len(said) >= 150
    for words in said:
        audio = voice.say(words)
        sound, level = samples(audio), levels(audio)
        spoken = level[level > level.max() * 0.1]
        assert 10 ** (-3 / 20) + 0.001 >= np.abs(sound).max() > 10 ** (-12 / 20), words
        assert -20 < 20 * np.log10(np.sqrt((spoken**2).mean())) < -17, words
        audible = np.flatnonzero(level > level.max() * 10 ** (-48 / 20))
        assert audible[0] <= 4, words  # 20 ms of lead, and not more
        assert len(level) - 1 - audible[-1] <= 8, words
        assert np.abs(sound[:4]).max() < 0.01, words  # no click at the edges
        assert np.abs(sound[-4:]).max() < 0.01, words
        assert np.diff(np.flatnonzero(level > level.max() * 0.01)).max(initial=1) * 0.01 < 0.7, words


def test_a_sentence_is_ready_long_before_it_is_played(voice: Espeak) -> None:
    voice.say(GREETING)
    started = time.perf_counter()
    audio = voice.say(GREETING)
    assert time.perf_counter() - started < len(audio) / 2 / SAMPLE_RATE / 4


def test_most_of_the_sound_lies_in_the_band_of_a_telephone(voice: Espeak) -> None:
    power = np.abs(np.fft.rfft(samples(voice.say(GREETING)))) ** 2
    hertz = np.fft.rfftfreq(2 * len(power) - 2, 1 / SAMPLE_RATE)
    assert power[(hertz >= 250) & (hertz <= 3500)].sum() > 0.85 * power.sum()
    assert power[(hertz >= 1000) & (hertz <= 3400)].sum() > 0.15 * power.sum()


def test_a_slower_pace_takes_longer(voice: Espeak) -> None:
    usual, slow = voice.say(GREETING), voice.say(GREETING, pace=0.8)
    assert 1.12 * len(usual) < len(slow) < 1.45 * len(usual)


@pytest.mark.parametrize(
    "text",
    [
        "<speak><audio src='file:///etc/passwd'/>Hallo</speak>",
        "[[k@m,Un'e]] [[" + "a" * 5000,
        "\x00\x01\x02\x1b[31m Hallo \x7f",
        "\ud800 Hallo",
        "😀" * 3000,
        "a" * 10_000,
        "Wort " * 2_000,
        "1" * 10_000,
        "مرحبا Привет 你好",
        "%s%n{}" * 100,
        "",
        "   \n\t ",
        "...",
    ],
)
def test_any_text_is_safe(text: str) -> None:
    assert len(Espeak().say(text)) <= (LONGEST_SECONDS + 3) * SAMPLE_RATE * 2
    assert Espeak().say("Guten Tag.")


def test_markup_and_phonemes_of_a_stranger_never_reach_the_library() -> None:
    assert with_phonemes(plain_words("[[k@]] <break/> Hallo"))[0] == "k break Hallo"


def test_words_the_voice_gets_wrong_are_asked_for_in_another_way() -> None:
    assert with_phonemes("Das Jobcenter hilft.") == ("Das [[dZ'Ops,Ent3]] hilft.", True)
    assert with_phonemes("Ihre E-Mail-Adresse") == ("Ihre [['i:meIl]]-Adresse", True)
    assert with_phonemes("Der Regelbedarf der Bedarfsgemeinschaft") == (
        "Der Regel-bedarf der Bedarfs-gemeinschaft",
        False,
    )
    assert with_phonemes("jobben, folgendes, Beratung") == ("jobben, folgendes, Beratung", False)


def test_sixteen_callers_at_once_hear_what_one_alone_would_hear() -> None:
    voices = [Espeak(WOMAN), Espeak(MAN)]
    texts = [f"Satz Nummer {number} für Sie." for number in ("eins", "zwei", "drei", "vier")]
    alone = {(voice.name, text): len(voice.say(text)) for voice in voices for text in texts}
    asked = [(voice, text) for voice in voices for text in texts] * 8
    with ThreadPoolExecutor(16) as threads:
        heard = list(threads.map(lambda wish: len(wish[0].say(wish[1])), asked))
    for (voice, text), length in zip(asked, heard, strict=True):
        assert abs(length - alone[voice.name, text]) < 0.05 * length


def test_a_voice_that_does_not_exist_is_said_at_the_start() -> None:
    with pytest.raises(VoiceFailed, match="keine Stimme"):
        Espeak("klingonisch+f2")

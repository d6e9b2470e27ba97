"""What we say can be understood: our own recogniser hears it again, clean and through the noise of a street.

It learned from synthetic voices, ours among them: it shows what is cut, garbled or mispronounced, not how people hear.
"""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rapidfuzz.distance import Levenshtein

from tests.voice.speaking.texts import SAID, article_texts, bot_texts
from voice.speaking.espeak import MAN, WOMAN, Espeak
from voice.speaking.portions import portions
from voice.speaking.words import spoken_words

MODEL = Path(__file__).parents[3] / "voice" / "speech_model"
PORTIONS = 40

pytestmark = pytest.mark.skipif(not (MODEL / "am" / "final.mdl").exists(), reason="the speech model is not trained yet")


@cache
def model() -> Any:
    import vosk  # noqa: PLC0415 - only where there is a model

    vosk.SetLogLevel(-1)
    return vosk.Model(str(MODEL))


def plain(text: str) -> list[str]:
    return re.sub(r"[^a-zäöüß ]", " ", text.lower()).split()


@cache
def known_portions() -> list[str]:
    """Portions from all over the product whose every word the recogniser knows."""
    texts = [*article_texts()[::4], *bot_texts()[::4], *list(SAID)[::2]]
    said = [portion for text in texts for portion in portions(spoken_words(text))]
    known = [said for said in said if plain(said) and all(model().vosk_model_find_word(w) >= 0 for w in plain(said))]
    return known[:: max(1, len(known) // PORTIONS)][:PORTIONS]


def heard(audio: bytes) -> str:
    import vosk  # noqa: PLC0415

    recogniser = vosk.KaldiRecognizer(model(), 8000)
    recogniser.AcceptWaveform(bytes(3200) + audio + bytes(8000))
    return str(json.loads(recogniser.FinalResult())["text"])


def noisy(audio: bytes, decibels: float) -> bytes:
    sound = np.frombuffer(audio, "<i2").astype(float)
    noise = np.random.default_rng(1).standard_normal(len(sound)) * sound[np.abs(sound) > 50].std()
    mixed: bytes = np.clip(sound + noise * 10 ** (-decibels / 20), -32768, 32767).astype("<i2").tobytes()
    return mixed


def letters_wrong(voice: Espeak, *, pace: float = 1.0, snr: float | None = None) -> float:
    """Share of letters that come back wrong; blanks do not count, since compounds are parted differently."""
    wrong = total = 0
    for said in known_portions():
        audio = voice.say(said, pace=pace)
        wanted = "".join(plain(said))
        wrong += Levenshtein.distance(wanted, "".join(plain(heard(noisy(audio, snr) if snr else audio))))
        total += len(wanted)
    assert total > 1000
    return wrong / total


@pytest.mark.parametrize("voice", [WOMAN, MAN])
def test_the_recogniser_hears_what_was_said(voice: str) -> None:
    assert letters_wrong(Espeak(voice)) < 0.03


def test_it_is_still_heard_when_it_is_slow_and_noisy() -> None:
    assert letters_wrong(Espeak(WOMAN), pace=0.8, snr=15) < 0.06

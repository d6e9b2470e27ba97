"""Speech for the call: portions in time, recorded prompts, what is kept and what is not."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import numpy as np
import soundfile

from voice.lines.line import SAMPLE_RATE
from voice.speaking.cache import AudioCache
from voice.speaking.espeak import Espeak
from voice.speaking.recordings import recordings
from voice.speaking.speech import Manner, Speech


class Counting:
    """A voice that takes a tenth of the time its sound plays, and remembers what it said."""

    name = "counting"

    def __init__(self) -> None:
        self.said: list[str] = []

    def say(self, text: str, *, pace: float = 1.0) -> bytes:
        self.said.append(text)
        time.sleep(0.05)
        return b"\x01\x10" * (SAMPLE_RATE // 2)


def record(folder: Path, name: str, rate: int = 44100, channels: int = 2) -> None:
    wave = np.sin(np.arange(rate) / rate * 2 * np.pi * 700) * 0.2
    soundfile.write(folder / name, np.stack([wave] * channels, 1), rate)


def test_the_next_portion_is_made_while_the_last_one_is_played() -> None:
    async def go() -> list[float]:
        waits, last = [], time.perf_counter()
        async for _ in Speech(Counting()).portions("Eins gut. Zwei gut. Drei gut. Vier gut."):
            waits.append(time.perf_counter() - last)
            await asyncio.sleep(0.3)  # it plays
            last = time.perf_counter()
        return waits

    waits = asyncio.run(go())
    assert len(waits) == 4
    assert max(waits[1:]) < 0.04  # the voice alone takes 0.05


def test_there_is_no_gap_over_700_ms_inside_an_answer() -> None:
    text = "Der Regelbedarf beträgt 563 Euro; dazu kommen Miete und Heizung, soweit sie angemessen sind. Gut? Ja."
    for pace in (0.8, 1.2):
        audio = asyncio.run(Speech(Espeak()).synthesise(text, manner=Manner(pace=pace)))
        sound = np.abs(np.frombuffer(audio, "<i2").astype(float))
        loud = np.flatnonzero(sound > sound.max() * 0.02)
        assert np.diff(loud).max() / SAMPLE_RATE < 0.7


def test_a_recorded_prompt_wins_over_the_voice(tmp_path: Path) -> None:
    record(tmp_path, "greeting.wav")
    voice = Counting()
    prompts = {"greeting": "Guten Tag.", "more": "Möchten Sie mehr hören?"}
    speech = Speech(voice, prompts=prompts, recorded=recordings(tmp_path))
    audio = asyncio.run(speech.synthesise("Guten Tag."))
    assert voice.said == []
    assert abs(len(audio) / 2 / SAMPLE_RATE - 1.08) < 0.05
    asyncio.run(speech.synthesise("Möchten Sie mehr hören?"))
    assert voice.said == ["Möchten Sie mehr hören?"]


def test_recordings_of_any_kind_are_taken_and_broken_ones_left_out(tmp_path: Path) -> None:
    record(tmp_path, "a.wav", 8000, 1)
    record(tmp_path, "b.flac", 48000, 2)
    (tmp_path / "c.wav").write_bytes(b"RIFF????")
    (tmp_path / "d.txt").write_text("no sound")
    soundfile.write(tmp_path / "e.wav", np.zeros(8000), 8000)
    assert set(recordings(tmp_path)) == {"a", "b"}
    assert recordings(tmp_path / "nowhere") == {}
    assert recordings(None) == {}


def test_prompts_are_warm_after_the_start_and_kept_for_the_next_one(tmp_path: Path) -> None:
    voice = Counting()
    prompts = {"greeting": "Guten Tag.", "more": "Möchten Sie mehr hören?"}
    asyncio.run(Speech(voice, prompts=prompts, cache=AudioCache(tmp_path)).warm())
    assert len(voice.said) == 2
    again = Counting()
    asyncio.run(Speech(again, prompts=prompts, cache=AudioCache(tmp_path)).synthesise("Guten Tag."))
    assert again.said == []


def test_what_is_personal_is_kept_nowhere(tmp_path: Path) -> None:
    voice = Counting()
    speech = Speech(voice, cache=AudioCache(tmp_path))
    for _ in range(2):
        asyncio.run(speech.synthesise("Sie heißen Anna Beispiel."))
    assert len(voice.said) == 2
    assert list(tmp_path.iterdir()) == []


def test_nothing_to_say_is_no_sound() -> None:
    assert asyncio.run(Speech(Espeak()).synthesise("")) == b""
    assert asyncio.run(Speech(Espeak()).synthesise("😀 …")) == b""


def test_ten_thousand_characters_come_portion_by_portion_and_can_be_left_at_any_time() -> None:
    async def go() -> float:
        started = time.perf_counter()
        async for portion in Speech(Espeak()).portions("Das ist ein langer Text ohne Ende. " * 300):
            assert portion.audio
            break
        return time.perf_counter() - started

    assert asyncio.run(go()) < 5


def test_pace_and_gain_stay_within_what_a_listener_can_bear() -> None:
    assert Manner(pace=9, gain=99) == Manner(pace=1.2, gain=6.0)
    assert Manner(pace=0, gain=-99) == Manner(pace=0.8, gain=-6.0)

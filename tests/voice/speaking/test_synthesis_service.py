"""The service in a real Pipecat pipeline: sound in small frames, in order, changed and broken as the call wants it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from pipecat.frames.frames import (
    ErrorFrame,
    Frame,
    InterruptionFrame,
    TTSAudioRawFrame,
    TTSSpeakFrame,
    TTSStartedFrame,
    TTSStoppedFrame,
    TTSUpdateSettingsFrame,
)
from pipecat.tests.utils import SleepFrame, run_test

from voice.lines.line import SAMPLE_RATE
from voice.speaking.cache import AudioCache
from voice.speaking.espeak import Espeak
from voice.speaking.service import PortionSpoken, SayFrame, SpeechSettings, SpeechSynthesis
from voice.speaking.speech import Speech
from voice.speaking.voices import VoiceFailed

LONG = "Der Regelbedarf beträgt 563 Euro. Sie bekommen ihn jeden Monat. Die Miete kommt dazu. Möchten Sie mehr hören?"


class Mute:
    name = "mute"

    def say(self, text: str, *, pace: float = 1.0) -> bytes:
        raise VoiceFailed("stumm")


class Slow:
    """A voice that takes a tenth of a second for every portion."""

    name = "slow"

    def say(self, text: str, *, pace: float = 1.0) -> bytes:
        time.sleep(0.1)
        return b"\x01\x10" * SAMPLE_RATE


def spoken(frames: Sequence[Frame], service: SpeechSynthesis | None = None) -> tuple[list[Frame], list[Frame]]:
    async def go() -> tuple[list[Frame], list[Frame]]:
        down, up = await asyncio.wait_for(
            run_test(service or SpeechSynthesis(Speech(Espeak())), frames_to_send=frames, start_timeout=20), 60
        )
        return list(down), list(up)

    return asyncio.run(go())


def audio(frames: Sequence[Frame]) -> bytes:
    return b"".join(frame.audio for frame in frames if isinstance(frame, TTSAudioRawFrame))


def test_an_answer_comes_as_sound_in_frames_of_at_most_60_ms_between_start_and_stop() -> None:
    down, _ = spoken([TTSSpeakFrame(LONG)])
    kinds = [type(frame) for frame in down]
    sounds = [frame for frame in down if isinstance(frame, TTSAudioRawFrame)]
    assert all(frame.sample_rate == SAMPLE_RATE and frame.num_channels == 1 for frame in sounds)
    assert all(0 < len(frame.audio) <= 960 and len(frame.audio) % 2 == 0 for frame in sounds)
    assert kinds.count(TTSStartedFrame) == kinds.count(TTSStoppedFrame) == 1
    first, last = kinds.index(TTSAudioRawFrame), len(kinds) - 1 - kinds[::-1].index(TTSAudioRawFrame)
    assert kinds.index(TTSStartedFrame) < first
    assert last < kinds.index(TTSStoppedFrame)
    assert 5 < len(audio(down)) / 2 / SAMPLE_RATE < 15


def test_every_portion_is_reported_behind_its_own_sound_so_that_it_is_known_what_was_heard() -> None:
    down, _ = spoken([TTSSpeakFrame(LONG)])
    reports = [frame for frame in down if isinstance(frame, PortionSpoken)]
    assert [frame.number for frame in reports] == list(range(4))
    assert reports[0].words == "Der Regelbedarf beträgt fünfhundertdreiundsechzig Euro."
    for report in reports:
        assert isinstance(down[down.index(report) - 1], TTSAudioRawFrame)


def test_slower_and_louder_take_effect_from_the_next_sentence() -> None:
    usual, _ = spoken([TTSSpeakFrame(LONG)])
    change = TTSUpdateSettingsFrame(delta=SpeechSettings(pace=0.8, gain=6.0))
    changed, _ = spoken([change, TTSSpeakFrame(LONG)])
    assert len(audio(changed)) > 1.1 * len(audio(usual))

    def level(frames: Sequence[Frame]) -> float:
        return float(np.sqrt((np.frombuffer(audio(frames), "<i2").astype(float) ** 2).mean()))

    assert level(changed) > 1.4 * level(usual)


def test_no_voice_at_all_is_an_error_in_the_pipeline_and_the_next_sentence_still_comes_to_be_tried() -> None:
    service = SpeechSynthesis(Speech(Mute()))
    _, up = spoken([TTSSpeakFrame("Guten Tag."), TTSSpeakFrame("Noch einmal.")], service)
    assert sum(isinstance(frame, ErrorFrame) and "stumm" in frame.error for frame in up) == 2


def test_a_voice_that_fails_in_mid_call_is_replaced_by_the_one_behind_it() -> None:
    down, up = spoken([TTSSpeakFrame(LONG)], SpeechSynthesis(Speech(Mute(), fallback=Espeak())))
    assert len(audio(down)) > SAMPLE_RATE
    assert not [frame for frame in up if isinstance(frame, ErrorFrame)]


def test_an_interruption_ends_the_sentence_and_the_next_one_is_spoken() -> None:
    said = [TTSSpeakFrame(f"{LONG} " * 20), SleepFrame(1.0), InterruptionFrame(), SleepFrame(0.3)]
    down, _ = spoken([*said, TTSSpeakFrame("Gern. Bis bald.")], SpeechSynthesis(Speech(Slow())))
    reports = [frame.words for frame in down if isinstance(frame, PortionSpoken)]
    assert reports[-2:] == ["Gern.", "Bis bald."]
    assert 2 < len(reports) < 60  # of 82, of which a tenth of a second each


@pytest.mark.parametrize("cacheable", [True, False])
def test_only_what_is_marked_as_cacheable_reaches_the_disk(tmp_path: Path, cacheable: bool) -> None:
    service = SpeechSynthesis(Speech(Espeak(), cache=AudioCache(tmp_path)))
    spoken([SayFrame("Ihr Name ist Anna Beispiel.", cacheable=cacheable)], service)
    assert bool(list(tmp_path.iterdir())) == cacheable


def test_a_plain_frame_after_a_cacheable_one_is_not_kept(tmp_path: Path) -> None:
    service = SpeechSynthesis(Speech(Espeak(), cache=AudioCache(tmp_path)))
    spoken([SayFrame("Guten Tag.", cacheable=True), TTSSpeakFrame("Ihr Name ist Anna Beispiel.")], service)
    assert len(list(tmp_path.iterdir())) == 1

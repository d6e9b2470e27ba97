"""Sound on its way to the line: band, level, edges."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from voice.lines.line import SAMPLE_RATE
from voice.speaking.sound import amplified, limited, pcm, prepared, seconds, silence, speech_level, trimmed


def tone(hertz: float, rate: int = SAMPLE_RATE, level: float = 0.3, duration: float = 0.5) -> NDArray[np.int16]:
    wave = np.sin(np.arange(int(duration * rate)) / rate * 2 * np.pi * hertz) * level
    return np.asarray(wave * 32767).astype(np.int16)


@pytest.mark.parametrize("rate", [8000, 16000, 22050, 24000, 44100, 48000])
def test_any_rate_becomes_the_rate_of_the_line_without_losing_time(rate: int) -> None:
    assert abs(seconds(prepared(tone(700, rate), rate)) - 0.58) < 0.03


def test_what_the_line_does_not_carry_is_taken_away_before_it_can_fold_back() -> None:
    mixed = tone(700, 22050) // 2 + tone(6000, 22050) // 2 + tone(60, 22050) // 2
    audio = np.frombuffer(prepared(mixed, 22050), "<i2").astype(float)
    power = np.abs(np.fft.rfft(audio * np.hanning(len(audio)))) ** 2
    hertz = np.fft.rfftfreq(len(audio), 1 / SAMPLE_RATE)
    assert power[np.abs(hertz - 700) < 60].sum() > 0.99 * power.sum()


def test_quiet_and_loud_speakers_come_out_equally_loud() -> None:
    loud, quiet = (np.frombuffer(prepared(tone(700, level=level), 8000), "<i2") / 32768 for level in (0.9, 0.01))
    assert abs(20 * np.log10(loud.std() / quiet.std())) < 0.5


def test_silence_at_the_ends_is_cut_to_what_a_listener_needs() -> None:
    padded = np.concatenate([np.zeros(8000, np.int16), tone(700), np.zeros(16000, np.int16)])
    assert abs(seconds(prepared(padded, 8000)) - 0.58) < 0.03


@pytest.mark.parametrize("count", [0, 1, 7, 79, 80, 8000])
def test_silence_alone_is_no_sound(count: int) -> None:
    assert prepared(np.zeros(count, np.int16), 8000) == b""


def test_louder_is_louder_and_never_clips() -> None:
    audio = prepared(tone(700), 8000)
    for decibels in (3.0, 6.0):
        louder = np.frombuffer(amplified(audio, decibels), "<i2")
        assert np.abs(louder.astype(int)).max() <= 32767 * 10 ** (-1 / 20) + 1
        assert louder.astype(float).std() > 1.2 * np.frombuffer(audio, "<i2").astype(float).std()
    assert amplified(audio, 0.0) is audio
    assert np.frombuffer(amplified(audio, -6.0), "<i2").std() < 0.55 * np.frombuffer(audio, "<i2").std()


@given(st.lists(st.floats(-8, 8), min_size=1, max_size=50), st.floats(-12, 0))
@settings(max_examples=200, deadline=None)
def test_no_peak_passes_the_ceiling(values: list[float], peak_db: float) -> None:
    assert np.abs(limited(np.array(values, np.float32), peak_db)).max() <= 10 ** (peak_db / 20) + 1e-6


@given(st.lists(st.integers(-32768, 32767), max_size=400), st.sampled_from([8000, 22050]))
@settings(max_examples=200, deadline=None)
def test_any_samples_are_safe(values: list[int], rate: int) -> None:
    assert len(prepared(np.array(values, np.int16), rate)) % 2 == 0


def test_small_parts_of_sound_are_safe() -> None:
    assert pcm(np.zeros(0, np.float32)) == b""
    assert len(trimmed(np.full(5, 0.5, np.float32))) > 0
    assert speech_level(np.zeros(0, np.float32)) == 0
    assert seconds(silence(0.25)) == 0.25

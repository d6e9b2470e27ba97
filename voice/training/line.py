"""The telephone line: room, band, noise, level, lost packets, G.711 A-law."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from scipy import signal

from voice.training.features import SAMPLE_RATE
from voice.training.noise import Sound

_BANDS = [
    signal.butter(2, [low, high], "band", fs=SAMPLE_RATE, output="sos")
    for low in (150, 250, 300, 350)
    for high in (3000, 3300, 3500, 3800)
]
_PACKET = 160  # 20 ms


def _a_law_table() -> NDArray[np.int16]:
    """What every 16-bit sample becomes by way of G.711 A-law and back (ITU-T G.711)."""
    values = np.arange(-32768, 32768)
    magnitude = np.where(values >= 0, values, -values - 1) >> 4
    shift = np.maximum(0, np.floor(np.log2(np.maximum(magnitude, 1))).astype(int) - 4)
    back = ((((magnitude >> shift) << 1) + 1) << shift) << 3
    return np.where(values >= 0, back, -back).clip(-32768, 32767).astype(np.int16)


_A_LAW = _a_law_table()


def a_law(samples: NDArray[np.floating] | NDArray[np.int16]) -> NDArray[np.int16]:
    """Samples after one pass through G.711 A-law."""
    return _A_LAW[np.clip(np.rint(samples), -32768, 32767).astype(np.int64) + 32768]


def speech_level(sound: Sound) -> float:
    """Root mean square of what is louder than the gaps."""
    loud = sound[np.abs(sound) > 50]
    return float(np.sqrt((loud**2).mean())) if len(loud) else 1000.0


def add_noise(sound: Sound, noise: Sound, snr: float) -> Sound:
    """Speech with noise so many decibels below the speech's level."""
    return sound + noise * speech_level(sound) * 10 ** (-snr / 20)


def _room(rng: Generator, sound: Sound) -> Sound:
    count = int(SAMPLE_RATE * rng.uniform(0.08, 0.4))
    echo = rng.standard_normal(count) * np.exp(-6.9 * np.arange(count) / count)
    echo *= 10 ** (-rng.uniform(6, 22) / 20) / np.sqrt((echo**2).sum())
    echo[0] = 1
    return signal.fftconvolve(sound, echo)[: len(sound)]


def _lose_packets(rng: Generator, samples: NDArray[np.int16]) -> NDArray[np.int16]:
    samples = samples.copy()
    for _ in range(rng.integers(1, 4)):
        start = int(rng.integers(0, max(1, len(samples) // _PACKET))) * _PACKET
        length = _PACKET * int(rng.integers(1, 4))
        before = samples[max(0, start - _PACKET) : start]
        gap = samples[start : start + length]
        gap[:] = np.resize(before // 2, len(gap)) if len(before) and rng.random() < 0.4 else 0
    return samples


@dataclass(frozen=True)
class Line:
    """Shares of what happens to a call; the defaults are those of the training."""

    room: float = 0.3
    band: float = 0.6
    losses: float = 0.08

    def carry(self, rng: Generator, sound: Sound, noise: Sound, snr: float) -> NDArray[np.int16]:
        """What arrives of speech and noise: 16-bit samples at a level between -28 and -1 dB of full scale."""
        if rng.random() < self.room:
            sound = _room(rng, sound)
        if rng.random() < self.band:
            sound = signal.sosfilt(_BANDS[rng.integers(0, len(_BANDS))], sound)
        mixed = add_noise(sound, noise, snr)
        peak = max(1.0, float(np.abs(mixed).max()))
        samples = a_law(mixed / peak * 32767 * 10 ** (rng.uniform(-28, -1) / 20))
        return _lose_packets(rng, samples) if rng.random() < self.losses else samples

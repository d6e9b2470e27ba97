"""What a telephone line carries beside the caller: noise, hum, clicks, tones, music, other people.

Every function gives `count` samples at 8 kHz with a standard deviation of one (nearly silent stretches included); `rng`
decides everything, so a seed gives the same sound.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from scipy import fft

from voice.training.features import SAMPLE_RATE

Sound = NDArray[np.float64]

_RING_HZ = 425.0  # ring, busy and congestion tone in Germany (ITU-T E.180)
_KEYS = [(low, high) for low in (697, 770, 852, 941) for high in (1209, 1336, 1477, 1633)]  # DTMF, ITU-T Q.23
_CHORDS = ((0, 4, 7), (0, 3, 7), (0, 4, 7, 11), (0, 3, 7, 10), (0, 5, 7))


def _unit(sound: Sound) -> Sound:
    deviation = sound.std()
    return sound / deviation if deviation > 1e-9 else sound


def _seconds(count: int) -> Sound:
    return np.arange(count) / SAMPLE_RATE


def coloured(rng: Generator, count: int, slope: float | None = None) -> Sound:
    """Stationary noise whose power falls with frequency to the power of `slope`: 0 white, 1 pink, 2 brown."""
    slope = rng.uniform(0, 2) if slope is None else slope
    length = fft.next_fast_len(count, real=True)
    spectrum = fft.rfft(rng.standard_normal(length))
    spectrum /= np.maximum(np.arange(len(spectrum)), length * 60 / SAMPLE_RATE) ** (slope / 2)
    return _unit(fft.irfft(spectrum, length)[:count])


def modulated(rng: Generator, count: int) -> Sound:
    """Noise that swells and fades several times a second: traffic, wind, handling."""
    points = count // 1600 + 2
    swell = np.interp(np.arange(count), np.linspace(0, count, points), 10 ** rng.uniform(-1, 0, points))
    return _unit(coloured(rng, count, rng.uniform(0.5, 2)) * swell)


def hum(rng: Generator, count: int) -> Sound:
    """Mains hum or a whistling tone with its harmonics, with or without hiss."""
    base = float(rng.choice([50, 100, 60, 120, 400, 1000]))
    sound = sum(np.sin(2 * np.pi * base * k * _seconds(count) + rng.uniform(0, 6)) / k for k in range(1, 6))
    return _unit(np.asarray(sound) + rng.choice([0.0, 0.05, 0.3]) * rng.standard_normal(count))


def clicks(rng: Generator, count: int) -> Sound:
    """Crackle, knocks and plosive handling on faint hiss."""
    sound = rng.standard_normal(count) * 0.05
    for _ in range(rng.integers(2, 4 + count // 4000)):
        start, length = int(rng.integers(0, count)), int(rng.integers(20, 400))
        piece = sound[start : start + length]
        piece += rng.standard_normal(len(piece)) * np.exp(-np.arange(len(piece)) / (length / 4)) * rng.uniform(0.5, 3)
    return _unit(sound)


def tone(rng: Generator, count: int) -> Sound:
    """Ring, busy, dialled keys or one steady beep, on faint hiss."""
    kind, time = rng.integers(0, 4), _seconds(count)
    if kind == 0:
        on, off = (1.0, 4.0) if rng.random() < 0.6 else (rng.uniform(0.3, 1.5), rng.uniform(0.3, 3))
        wave = np.sin(2 * np.pi * _RING_HZ * time)
    elif kind == 1:
        on = off = float(rng.choice([0.15, 0.24, 0.48, 0.5]))
        wave = np.sin(2 * np.pi * _RING_HZ * time)
    elif kind == 2:
        on, off = rng.uniform(0.06, 0.3), rng.uniform(0.05, 0.8)
        pressed = rng.integers(0, len(_KEYS), int(count / SAMPLE_RATE / (on + off)) + 2)
        pair = np.array(_KEYS)[pressed][((time + on) // (on + off)).astype(int)]
        wave = np.sin(2 * np.pi * pair[:, 0] * time) + np.sin(2 * np.pi * pair[:, 1] * time)
    else:
        on, off = rng.uniform(0.1, 1.5), rng.uniform(0.1, 3)
        wave = np.sin(2 * np.pi * rng.uniform(250, 2500) * time)
    gate = ((time + rng.uniform(0, on + off)) % (on + off)) < on
    return _unit(wave * gate + rng.choice([0.001, 0.01, 0.05]) * rng.standard_normal(count))


def _note(rng: Generator, hertz: float, count: int, partials: Sequence[float], decay: float) -> Sound:
    time = _seconds(count)
    trill = 1 + rng.choice([0.0, 0.002, 0.006]) * np.sin(2 * np.pi * 5.5 * time)
    phase = 2 * np.pi * hertz * np.cumsum(trill) / SAMPLE_RATE
    wave = sum(level * np.sin((k + 1) * phase) for k, level in enumerate(partials) if hertz * (k + 1) < SAMPLE_RATE / 2)
    return np.asarray(wave) * np.minimum(1, time / rng.uniform(0.005, 0.08)) * np.exp(-time / decay)


def music(rng: Generator, count: int) -> Sound:
    """Hold music: chords, a melody over them, sometimes a bass and a beat; or an organ-like glide of parallel tones."""
    sound = np.zeros(count)
    beat = int(SAMPLE_RATE * 60 / rng.uniform(60, 150))
    key = rng.uniform(110, 260)
    partials = rng.uniform(0, 1, rng.integers(1, 7)) / np.arange(1, 8)[: rng.integers(1, 7)].max()
    partials[0] = 1
    decay = rng.choice([0.3, 0.8, 3.0])
    scale = np.array([0, 2, 4, 5, 7, 9, 11, 12, 14, 16])
    has_chords, has_melody, has_beat = rng.random() < 0.8, rng.random() < 0.8, rng.random() < 0.5
    if rng.random() < 0.2:  # parallel tones, nothing else
        steps = rng.integers(0, 12, count // (beat // 2) + 2)
        glide = 2 ** (np.repeat(steps, beat // 2)[:count] / 12)
        for hertz in key * np.array(rng.choice([1.0, 1.5, 2.0, 1.25, 1.33], 3)):
            sound += np.sin(2 * np.pi * hertz * np.cumsum(glide) / SAMPLE_RATE)
        return _unit(sound)
    for start in range(0, count, beat):
        if has_chords and (start // beat) % 2 == 0:
            root = key * 2 ** (rng.choice([0, 5, 7, 9, 2]) / 12)
            end = min(count, start + 2 * beat)
            for step in _CHORDS[rng.integers(0, len(_CHORDS))]:
                sound[start:end] += 0.6 * _note(rng, root * 2 ** (step / 12), end - start, partials, decay)
        if has_melody or not has_chords:
            length = beat // int(rng.choice([1, 2, 2, 4]))
            for begin in range(start, min(count, start + beat), length):
                end = min(count, begin + length)
                hertz = key * 2 * 2 ** (rng.choice(scale) / 12)
                sound[begin:end] += rng.uniform(0.5, 1.2) * _note(rng, hertz, end - begin, partials, decay)
        if has_beat:
            end = min(count, start + 800)
            sound[start:end] += rng.standard_normal(end - start) * np.exp(-np.arange(end - start) / 150)
    return _unit(sound + 0.01 * rng.standard_normal(count))


def babble(rng: Generator, count: int, voices: Sequence[Sound]) -> Sound:
    """Two to eight people talking in the background, from sentences in `voices`."""
    sound = np.zeros(count)
    for index in rng.choice(len(voices), min(len(voices), int(rng.integers(2, 9))), replace=False):
        sound += np.roll(np.resize(voices[index], count), rng.integers(0, count)) * rng.uniform(0.4, 1)
    return _unit(sound)


KINDS: dict[str, tuple[float, Callable[[Generator, int], Sound]]] = {
    "coloured": (0.27, coloured),
    "modulated": (0.17, modulated),
    "hum": (0.1, hum),
    "clicks": (0.08, clicks),
    "tone": (0.06, tone),
    "music": (0.1, music),
}
BABBLE_SHARE = 0.22


def any_kind(rng: Generator, count: int, voices: Sequence[Sound]) -> Sound:
    """Noise of a random kind; shares are those of the training."""
    if len(voices) >= 8 and rng.random() < BABBLE_SHARE:
        return babble(rng, count, voices)
    shares = np.array([share for share, _ in KINDS.values()])
    index = rng.choice(len(shares), p=shares / shares.sum())
    return list(KINDS.values())[index][1](rng, count)

"""What makes a voice fit for a telephone line: band, level, clean edges. Pure functions on samples.

Inside, a sound is float32 with full scale at 1; `pcm` makes it what the line takes: signed 16 bit at 8 kHz.
"""

from __future__ import annotations

import numpy as np
import soxr
from numpy.typing import NDArray

from voice.lines.line import SAMPLE_RATE

Sound = NDArray[np.float32]

LEVEL_DB = -18.0  # of the spoken stretches: most peaks then come out near the ceiling of -3 dB
PEAK_DB = -3.0
LOUD_PEAK_DB = -1.0  # the ceiling once a caller asked for more
LEADING_SECONDS, TRAILING_SECONDS = 0.02, 0.06
_EDGE_SECONDS = 0.005
_QUIET_DB = -48.0  # below the peak: nothing a listener would miss
_BLOCK = SAMPLE_RATE // 100

# A line carries 300 to 3,400 Hz: what lies outside costs level, and the consonants between 1.6 and 3.2 kHz carry the
# words. Gain in dB by frequency in Hz, straight lines in between.
_CURVE = {0: -40.0, 150: -24.0, 250: -6.0, 350: 0.0, 1300: 0.0, 2000: 3.0, 3000: 4.0, 3400: 0.0, 3700: -18.0}
_MARGIN = SAMPLE_RATE // 20
_SYLLABLE = np.hanning(9)[1:-1] / np.hanning(9).sum()  # over 70 ms in blocks of 10
_EVENED = 1 / 3


def telephone_band(samples: NDArray[np.int16], rate: int) -> Sound:
    """Samples of any rate in Hz as a sound at 8 kHz, shaped for a telephone."""
    sound = soxr.resample(samples.astype(np.float32) / 32768, rate, SAMPLE_RATE, "HQ")
    if not len(sound):
        return np.zeros(0, np.float32)
    # A zero-phase curve over the whole sound; the margin takes the ringing that would wrap around. The length is a
    # power of two: others take up to ten times as long.
    length = 1 << (len(sound) + 2 * _MARGIN - 1).bit_length()
    hertz = np.fft.rfftfreq(length, 1 / SAMPLE_RATE)
    gains = np.interp(hertz, list(_CURVE), list(_CURVE.values()))
    padded = np.pad(sound, (_MARGIN, length - len(sound) - _MARGIN))
    shaped = np.fft.irfft(np.fft.rfft(padded) * 10 ** (gains / 20), length)
    return shaped[_MARGIN : _MARGIN + len(sound)].astype(np.float32)


def trimmed(sound: Sound) -> Sound:
    """Without the silence at both ends but 20 ms before and 60 ms after. Silence alone becomes nothing."""
    loud = np.flatnonzero(_block_levels(sound) > _audible(sound))
    if not len(loud):
        return sound[:0]
    before, after = int(LEADING_SECONDS * SAMPLE_RATE), int(TRAILING_SECONDS * SAMPLE_RATE)
    start, end = int(loud[0]) * _BLOCK - before, (int(loud[-1]) + 1) * _BLOCK + after
    padded = np.pad(sound, (max(0, -start), max(0, end - len(sound))))
    start = max(0, start)
    return padded[start : start + before + (int(loud[-1]) + 1 - int(loud[0])) * _BLOCK + after]


def levelled(sound: Sound) -> Sound:
    """At the level of the line: spoken stretches at -18 dB of full scale, no peak above -3 dB."""
    level = speech_level(sound)
    return limited(sound * (10 ** (LEVEL_DB / 20) / level), PEAK_DB) if level > 0 else sound


def evened(sound: Sound) -> Sound:
    """With weak syllables raised towards the strong ones: in a noisy street they are what gets lost.

    Up to 6 dB, by a third of the distance; what lies 35 dB below the strongest stays as it is, so no hiss comes up. Our
    recogniser gets 2.8 % of the letters wrong at 10 dB of noise (60 portions, de+f2), without this 4.7 %.
    """
    if not len(sound):
        return sound
    levels = np.sqrt(np.convolve(_block_levels(sound) ** 2, _SYLLABLE, "same"))
    envelope = np.maximum(levels / max(float(levels.max()), 1e-9), 1e-6)
    raised = np.minimum(envelope**-_EVENED, 2.0)
    fade_in = np.clip((20 * np.log10(envelope) + 35) / 10, 0, 1)
    gains = 1 + (raised - 1) * fade_in
    middles = (np.arange(len(gains)) + 0.5) * _BLOCK
    return (sound * np.interp(np.arange(len(sound)), middles, gains)).astype(np.float32)


def speech_level(sound: Sound) -> float:
    """Root mean square of the blocks of 10 ms in which something is said (full scale 1); 0 for silence."""
    levels = _block_levels(sound)
    spoken = levels[levels > levels.max(initial=0) * 0.1]
    return float(np.sqrt((spoken**2).mean())) if len(spoken) else 0.0


def limited(sound: Sound, peak_db: float) -> Sound:
    """With peaks bent softly below the ceiling instead of cut: unchanged up to 4 dB below it."""
    ceiling = 10 ** (peak_db / 20)
    knee = ceiling * 10 ** (-4 / 20)
    size = np.abs(sound)
    bent = knee + (ceiling - knee) * np.tanh((size - knee) / (ceiling - knee))
    return (np.sign(sound) * np.where(size > knee, bent, size)).astype(np.float32)


def faded(sound: Sound) -> Sound:
    """With 5 ms of fading at both ends, so that no cut clicks."""
    count = min(int(_EDGE_SECONDS * SAMPLE_RATE), len(sound) // 2)
    if not count:
        return sound
    ramp = np.linspace(0, 1, count, dtype=np.float32)
    out = sound.copy()
    out[:count] *= ramp
    out[-count:] *= ramp[::-1]
    return out


def prepared(samples: NDArray[np.int16], rate: int) -> bytes:
    """Samples of a voice or a recording, ready for the line."""
    return pcm(faded(levelled(evened(trimmed(telephone_band(samples, rate))))))


def pcm(sound: Sound) -> bytes:
    """Signed 16 bit little-endian."""
    return np.clip(np.rint(sound * 32767), -32768, 32767).astype("<i2").tobytes()


def amplified(audio: bytes, decibels: float) -> bytes:
    """PCM made louder or quieter; peaks stay below -1 dB of full scale."""
    if not decibels:
        return audio
    sound = (np.frombuffer(audio, "<i2") * (10 ** (decibels / 20) / 32768)).astype(np.float32)
    return pcm(limited(sound, LOUD_PEAK_DB) if decibels > 0 else sound)


def silence(seconds: float) -> bytes:
    """PCM of so much silence."""
    return bytes(int(seconds * SAMPLE_RATE) * 2)


def seconds(audio: bytes) -> float:
    """How long PCM plays."""
    return len(audio) / 2 / SAMPLE_RATE


def _block_levels(sound: Sound) -> NDArray[np.float64]:
    whole = np.pad(sound, (0, -len(sound) % _BLOCK)).reshape(-1, _BLOCK).astype(np.float64)
    levels: NDArray[np.float64] = np.sqrt((whole**2).mean(1))
    return levels


def _audible(sound: Sound) -> float:
    return max(float(_block_levels(sound).max(initial=0)) * 10 ** (_QUIET_DB / 20), 1e-4)

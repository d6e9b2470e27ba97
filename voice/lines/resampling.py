"""Audio of other rates, to and from the 8 kHz inside."""

import numpy as np
import soxr

from voice.lines.line import SAMPLE_RATE

# What AudioSocket, Asterisk and jambonz can send.
RATES = (8000, 12000, 16000, 24000, 32000, 44100, 48000, 64000, 96000, 192000)


class Resampler:
    """One direction of one call. Keeps the filter's state from frame to frame; 8 kHz passes untouched."""

    def __init__(self, rate_in: int, rate_out: int = SAMPLE_RATE) -> None:
        for rate in (rate_in, rate_out):
            if rate not in RATES:
                raise ValueError(f"a sample rate of {rate} Hz is not spoken here")
        same = rate_in == rate_out
        self._stream = None if same else soxr.ResampleStream(rate_in, rate_out, 1, dtype="int16", quality="LQ")

    def resample(self, audio: bytes) -> bytes:
        """The next piece; an even number of bytes in and out, the first ones shorter by the filter's delay."""
        if self._stream is None:
            return audio
        return bytes(self._stream.resample_chunk(np.frombuffer(audio, "<i2")).astype("<i2").tobytes())

"""G.711 and other rates lose nothing but what they must."""

import warnings

import numpy as np
import pytest
from other_end import seconds_of, tone

from voice.lines import g711
from voice.lines.resampling import Resampler

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)
    import audioop

EVERY_SAMPLE = np.arange(-32768, 32768).astype("<i2").tobytes()
EVERY_CODE = bytes(range(256))


def test_g711_is_that_of_the_standard_library_for_every_sample_and_code() -> None:
    assert g711.encode("alaw", EVERY_SAMPLE) == audioop.lin2alaw(EVERY_SAMPLE, 2)
    assert g711.encode("ulaw", EVERY_SAMPLE) == audioop.lin2ulaw(EVERY_SAMPLE, 2)
    assert g711.decode("alaw", EVERY_CODE) == audioop.alaw2lin(EVERY_CODE, 2)
    assert g711.decode("ulaw", EVERY_CODE) == audioop.ulaw2lin(EVERY_CODE, 2)


@pytest.mark.parametrize("rate", [12000, 16000, 24000, 44100, 48000, 192000])
def test_a_tone_survives_other_rates_in_frames_of_20_ms(rate: int) -> None:
    up, down = Resampler(8000, rate), Resampler(rate)
    sound = tone(440, 1.0)
    there = [up.resample(sound[at : at + 320]) for at in range(0, len(sound), 320)]
    back = b"".join(down.resample(piece) for piece in there)
    assert abs(len(b"".join(there)) / 2 / rate - 1.0) < 0.1
    assert seconds_of(back, 440) > 0.8


def test_the_inner_rate_passes_untouched() -> None:
    assert Resampler(8000).resample(b"\1\2\3\4") == b"\1\2\3\4"


def test_an_unknown_rate_is_refused() -> None:
    with pytest.raises(ValueError, match="11025"):
        Resampler(11025)

"""G.711 (ITU-T): A-law and µ-law to signed 16 bit little-endian and back, by table."""

import numpy as np
from numpy.typing import NDArray

_SAMPLE = np.dtype("<i2")


def _alaw_values() -> NDArray[np.int16]:
    code = np.arange(256) ^ 0x55
    exponent, mantissa = (code >> 4) & 7, code & 15
    magnitude = np.where(exponent == 0, (mantissa << 4) + 8, ((mantissa << 4) + 0x108) << np.maximum(exponent - 1, 0))
    return np.where(code & 0x80, magnitude, -magnitude).astype(_SAMPLE)


def _ulaw_values() -> NDArray[np.int16]:
    code = ~np.arange(256) & 0xFF
    magnitude = (((code & 15) << 3) + 0x84 << ((code >> 4) & 7)) - 0x84
    return np.where(code & 0x80, -magnitude, magnitude).astype(_SAMPLE)


def _alaw_codes() -> NDArray[np.uint8]:
    value = np.arange(-32768, 32768) >> 3  # 13 bit
    mask = np.where(value >= 0, 0xD5, 0x55)
    value = np.where(value >= 0, value, -value - 1)
    segment = np.searchsorted([0x1F, 0x3F, 0x7F, 0xFF, 0x1FF, 0x3FF, 0x7FF, 0xFFF], value)
    mantissa = np.where(segment < 2, value >> 1, value >> segment) & 15
    return (((segment << 4) | mantissa) ^ mask).astype(np.uint8)


def _ulaw_codes() -> NDArray[np.uint8]:
    value = np.arange(-32768, 32768) >> 2  # 14 bit
    mask = np.where(value < 0, 0x7F, 0xFF)
    value = np.minimum(np.abs(value), 8158) + 33
    segment = np.searchsorted([0x3F, 0x7F, 0xFF, 0x1FF, 0x3FF, 0x7FF, 0xFFF, 0x1FFF], value)
    return (((segment << 4) | ((value >> (segment + 1)) & 15)) ^ mask).astype(np.uint8)


_DECODE = {"alaw": _alaw_values(), "ulaw": _ulaw_values()}
_ENCODE = {"alaw": _alaw_codes(), "ulaw": _ulaw_codes()}


def decode(law: str, code: bytes) -> bytes:
    """Samples of G.711 bytes; `law` is "alaw" or "ulaw"."""
    return _DECODE[law][np.frombuffer(code, np.uint8)].tobytes()


def encode(law: str, audio: bytes) -> bytes:
    """G.711 bytes of samples; an even number of bytes."""
    return _ENCODE[law][np.frombuffer(audio, _SAMPLE).astype(np.int32) + 32768].tobytes()

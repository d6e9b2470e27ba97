"""espeak-ng through its C library: samples together with the exact start of every phoneme and word.

The library and its data come as the Python wheel `espeakng-loader`. One voice at a time and not safe for threads: the
recipe uses one process per core.
"""

from __future__ import annotations

import ctypes
from dataclasses import dataclass
from functools import cache

import espeakng_loader
import numpy as np
from numpy.typing import NDArray

RATE = 22050
_WORD, _PHONEME = 1, 7
_RATE, _PITCH, _RANGE, _GAP = 1, 3, 4, 7


class _Id(ctypes.Union):
    _fields_ = [("number", ctypes.c_int), ("name", ctypes.c_char_p), ("string", ctypes.c_char * 8)]


class _Event(ctypes.Structure):
    _fields_ = [
        ("type", ctypes.c_int), ("unique_identifier", ctypes.c_uint), ("text_position", ctypes.c_int),
        ("length", ctypes.c_int), ("audio_position", ctypes.c_int), ("sample", ctypes.c_int),
        ("user_data", ctypes.c_void_p), ("id", _Id),
    ]  # fmt: skip


@dataclass(frozen=True)
class Manner:
    """How something is said: espeak's voice, words a minute, pitch and its range 0-99, pause between words in 10 ms."""

    voice: str = "de"
    rate: int = 150
    pitch: int = 50
    range: int = 50
    gap: int = 0


@dataclass(frozen=True)
class Mark:
    """Where a phoneme (`name`) or a word (`offset` in characters of the text) starts, in samples."""

    sample: int
    name: str = ""
    offset: int = -1


class _Engine:
    """The library once per process, with the callback that collects sound and events."""

    def __init__(self) -> None:
        self.library = ctypes.CDLL(espeakng_loader.get_library_path())
        rate = self.library.espeak_Initialize(2, 0, str(espeakng_loader.get_data_path()).encode(), 1)
        if rate != RATE:
            raise RuntimeError(f"espeak-ng did not start (answer {rate})")
        self.pieces: list[NDArray[np.int16]] = []
        self.marks: list[Mark] = []
        kind = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.POINTER(_Event))
        self._callback = kind(self._collect)  # kept: the library holds only a pointer
        self.library.espeak_SetSynthCallback(self._callback)
        self._voice = ""

    def _collect(self, wave, count: int, events) -> int:  # type: ignore[no-untyped-def]
        if wave and count:
            self.pieces.append(np.ctypeslib.as_array(wave, (count,)).copy())
        index = 0
        while events[index].type:
            event = events[index]
            if event.type == _PHONEME:
                self.marks.append(Mark(event.sample, event.id.string.decode("utf-8", "ignore")))
            elif event.type == _WORD:
                self.marks.append(Mark(event.sample, offset=event.text_position - 1))
            index += 1
        return 0

    def say(self, text: str, manner: Manner) -> tuple[NDArray[np.int16], list[Mark]]:
        self.pieces, self.marks = [], []
        if manner.voice != self._voice:
            if self.library.espeak_SetVoiceByName(manner.voice.encode()):
                raise ValueError(f"espeak-ng has no voice {manner.voice}")
            self._voice = manner.voice
        for parameter, value in (
            (_RATE, manner.rate),
            (_PITCH, manner.pitch),
            (_RANGE, manner.range),
            (_GAP, manner.gap),
        ):
            self.library.espeak_SetParameter(parameter, value, 0)
        data = text.encode() + b"\0"
        self.library.espeak_Synth(data, len(data), 0, 1, 0, 1, None, None)
        self.library.espeak_Synchronize()
        return (np.concatenate(self.pieces) if self.pieces else np.zeros(0, np.int16)), self.marks


@cache
def _engine() -> _Engine:
    return _Engine()


def say(text: str, manner: Manner = Manner()) -> tuple[NDArray[np.int16], list[Mark]]:
    """Sound at 22,050 Hz and the marks of its phonemes and words."""
    return _engine().say(text, manner)

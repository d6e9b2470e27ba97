"""Both directions of a rehearsed call on one time line, kept for a developer's ear. Never part of a real call.

A kept call is two files named after its script: a WAV (8 kHz; left the caller, right Lotse, as the caller heard it) and
a JSON with what was said when.
"""

import json
import re
import time
import wave
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from voice.lines.line import FRAME_BYTES, FRAME_MILLISECONDS, SAMPLE_RATE, SILENT_FRAME

# Frames that come later than this were missed: there was silence where they should have been.
LATE_FRAMES = 3


@dataclass(frozen=True)
class SaidLine:
    """A line of the transcript; at: seconds since the call began."""

    at: float
    role: str
    text: str


@dataclass(frozen=True)
class KeptCall:
    """What was kept of one call. cuts: seconds at which Lotse stopped speaking because the caller began."""

    id: str
    caller: NDArray[np.int16]
    lotse: NDArray[np.int16]
    said: tuple[SaidLine, ...] = ()
    cuts: tuple[float, ...] = ()


@dataclass
class _Track:
    audio: bytearray = field(default_factory=bytearray)

    def add(self, frame: bytes, at: float) -> None:
        due = int(at * 1000 / FRAME_MILLISECONDS)
        missed = due - len(self.audio) // FRAME_BYTES
        if missed > LATE_FRAMES:
            self.audio += SILENT_FRAME * missed
        self.audio += frame


class Tape:
    """Takes the frames of both directions as they come and places them in time."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._began = clock()
        self._caller, self._lotse = _Track(), _Track()
        self._said: list[SaidLine] = []
        self._cuts: list[float] = []

    @property
    def _now(self) -> float:
        return self._clock() - self._began

    def caller_says(self, frame: bytes) -> None:
        """20 ms on their way to Lotse."""
        self._caller.add(frame, self._now)

    def lotse_says(self, frame: bytes) -> None:
        """20 ms as they reach the caller."""
        self._lotse.add(frame, self._now)

    def said(self, role: str, text: str) -> None:
        """A line of the transcript; Lotse's are written when their sound begins to be made."""
        self._said.append(SaidLine(round(self._now, 3), role, text))

    def cut(self) -> None:
        """Lotse was interrupted."""
        self._cuts.append(round(self._now, 3))

    def keep(self, folder: Path, name: str) -> Path:
        """Write both files; returns the WAV."""
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{re.sub(r'[^-0-9A-Za-z_]', '_', name)}.wav"
        length = max(len(self._caller.audio), len(self._lotse.audio))
        sides = [np.frombuffer(bytes(t.audio.ljust(length, b"\0")), "<i2") for t in (self._caller, self._lotse)]
        with wave.open(str(path), "wb") as file:
            file.setnchannels(2)
            file.setsampwidth(2)
            file.setframerate(SAMPLE_RATE)
            file.writeframes(np.stack(sides, axis=1).tobytes())
        known = {"id": name, "said": [asdict(line) for line in self._said], "cuts": self._cuts}
        path.with_suffix(".json").write_text(json.dumps(known, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
        return path


def kept_calls(folder: Path) -> Iterator[KeptCall]:
    """The calls in a folder, by name. Raises ValueError for a sound that is no kept call."""
    for path in sorted(folder.glob("*.wav")):
        with wave.open(str(path)) as file:
            if (file.getnchannels(), file.getsampwidth(), file.getframerate()) != (2, 2, SAMPLE_RATE):
                raise ValueError(f"{path} is not stereo of 16 bit at {SAMPLE_RATE} Hz")
            samples = np.frombuffer(file.readframes(file.getnframes()), "<i2").reshape(-1, 2)
        beside = path.with_suffix(".json")
        known = json.loads(beside.read_text(encoding="utf-8")) if beside.exists() else {}
        yield KeptCall(
            id=known.get("id", path.stem),
            caller=samples[:, 0],
            lotse=samples[:, 1],
            said=tuple(SaidLine(**line) for line in known.get("said", [])),
            cuts=tuple(known.get("cuts", [])),
        )

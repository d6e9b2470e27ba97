"""Audio and keys as they arrive, cut into frames of 20 ms for the pipeline."""

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Callable

from voice.lines.line import FRAME_BYTES, FRAME_MILLISECONDS, KEYS, Digit

FRAMES_PER_SECOND = 1000 / FRAME_MILLISECONDS
# A network that stalls delivers what it held at once. A line may be silent for ten seconds before it is given up
# (LOTSE_VOICE_SILENT_PEER), so ten seconds of it are no flood.
BURST_FRAMES = 500
# The pipeline takes frames as they come; two seconds behind means it hangs, and live speech matters more than old.
WAITING_FRAMES = 100


class ProtocolError(Exception):
    """The other side sent what its protocol does not allow. The message is for the log and for the other side."""


class Intake:
    """One producer, one consumer. Never blocks the producer; a slow consumer loses the oldest audio, never a key."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._frames: deque[bytes | Digit] = deque()
        self._rest = b""
        self._ended = False
        self._news = asyncio.Event()
        self._allowance = float(BURST_FRAMES)
        self._counted = clock()
        self.lost = 0

    def hear(self, audio: bytes) -> None:
        """Take audio of any length (8 kHz). Raises ProtocolError when it comes faster than anybody speaks."""
        self._rest += audio
        frames = len(self._rest) // FRAME_BYTES
        if not frames or self._ended:
            return
        now = self._clock()
        self._allowance = min(BURST_FRAMES, self._allowance + (now - self._counted) * FRAMES_PER_SECOND * 1.02)
        self._counted = now
        self._allowance -= frames
        if self._allowance < 0:
            raise ProtocolError("audio comes faster than it is spoken")
        end = frames * FRAME_BYTES
        self._frames.extend(self._rest[at : at + FRAME_BYTES] for at in range(0, end, FRAME_BYTES))
        self._rest = self._rest[end:]
        while len(self._frames) > WAITING_FRAMES:
            self._drop_oldest_audio()
        self._news.set()

    def _drop_oldest_audio(self) -> None:
        for at, frame in enumerate(self._frames):
            if isinstance(frame, bytes):
                del self._frames[at]
                self.lost += 1
                return
        raise ProtocolError("keys come faster than anybody presses them")

    def press(self, key: str) -> None:
        """Take a key. A to D, which some exchanges know, are none. Raises ProtocolError for anything else."""
        if key in tuple("ABCDabcd"):
            return
        if key not in tuple(KEYS):
            raise ProtocolError("a key is one of 0-9, * and #")
        if len(self._frames) >= WAITING_FRAMES:
            self._drop_oldest_audio()
        self._frames.append(Digit(key))
        self._news.set()

    def end(self) -> None:
        """Nothing will come any more; what came is still delivered."""
        self._ended = True
        self._news.set()

    @property
    def ended(self) -> bool:
        """Whether the caller is gone."""
        return self._ended

    async def received(self) -> AsyncIterator[bytes | Digit]:
        """What came, in order, until the end."""
        while True:
            while self._frames:
                yield self._frames.popleft()
            if self._ended:
                return
            self._news.clear()
            await self._news.wait()

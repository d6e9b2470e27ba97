"""Audio out at the pace it is heard: one frame every 20 ms, silence when there is nothing to say.

Exchanges buffer what they are sent, and what they buffer cannot be taken back when the caller interrupts. So no more
than three frames lie here and none lies there.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from voice.lines.line import FRAME_BYTES, FRAME_MILLISECONDS, SILENT_FRAME

TICK = FRAME_MILLISECONDS / 1000
AHEAD_FRAMES = 3
LATE = TICK / 2


@dataclass
class PaceStatistics:
    """How well the pace was kept. `late`: ticks over 10 ms late; `skipped`: ticks given up after a longer stall."""

    ticks: int = 0
    silent: int = 0
    late: int = 0
    skipped: int = 0
    worst: float = 0.0


class PacedSender:
    """Sends frames of 320 bytes through `send`, one a tick, for as long as `run` runs.

    One writer at a time. A stall of up to three ticks is caught up; after a longer one the clock starts anew, as the
    other side played silence meanwhile and what came in a burst would stay in its buffer as delay.
    """

    def __init__(
        self,
        send: Callable[[bytes], Awaitable[None]],
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._send = send
        self._clock = clock
        self._sleep = sleep
        self._unplayed = bytearray()
        self._flushes = 0
        self._closed = False
        self._room = asyncio.Event()
        self._played = asyncio.Event()
        self._played.set()
        self.statistics = PaceStatistics()

    @property
    def unplayed(self) -> int:
        """Bytes written and not yet sent."""
        return len(self._unplayed)

    async def run(self) -> None:
        """Send until closed. What `send` raises ends it."""
        try:
            await self._run()
        finally:
            self.close()

    async def _run(self) -> None:
        due = self._clock()
        while not self._closed:
            early = due - self._clock()
            if early > 0:
                await self._sleep(early)
            late = self._clock() - due
            self.statistics.worst = max(self.statistics.worst, late)
            self.statistics.late += late > LATE
            missed = int(late / TICK)
            if missed > AHEAD_FRAMES:
                self.statistics.skipped += missed
                due += missed * TICK
            self.statistics.ticks += 1
            await self._send(self._next_frame())
            due += TICK

    def _next_frame(self) -> bytes:
        if not self._unplayed:
            self._played.set()  # the frame before was sent a tick ago: it was heard
            self.statistics.silent += 1
            return SILENT_FRAME
        frame = bytes(self._unplayed[:FRAME_BYTES])
        del self._unplayed[:FRAME_BYTES]
        self._room.set()
        return frame.ljust(FRAME_BYTES, b"\0")

    async def write(self, audio: bytes) -> None:
        """Queue audio; returns when it fits into what lies ahead. A flush or the end drops the rest."""
        if len(audio) % 2:
            raise ValueError("audio of 16 bit has an even number of bytes")
        rest = memoryview(audio)
        flushes = self._flushes
        while rest and not self._closed and flushes == self._flushes:
            room = AHEAD_FRAMES * FRAME_BYTES - len(self._unplayed)
            if room > 0:
                self._unplayed += rest[:room]
                rest = rest[room:]
                self._played.clear()
            else:
                self._room.clear()
                await self._room.wait()

    def flush(self) -> None:
        """Throw away what was not sent."""
        self._unplayed.clear()
        self._flushes += 1
        self._room.set()
        self._played.set()

    async def drained(self) -> None:
        """Return when everything written was heard, thrown away, or never will be."""
        await self._played.wait()

    def close(self) -> None:
        """Send no more; whoever waits returns."""
        self._closed = True
        self.flush()

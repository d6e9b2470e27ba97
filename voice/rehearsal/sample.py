"""A call to listen to: a synthetic caller talks to Lotse, and both voices are heard on another line."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import numpy as np
import yaml

from voice.lines.line import SILENT_FRAME, Line
from voice.rehearsal.caller import Caller, Script
from voice.rehearsal.line import InProcess
from voice.rehearsal.voices import say

SCRIPT = Path(__file__).with_name("sample.yml")
LISTENERS_SHARE = 0.6  # of each voice, so that both together do not clip


class Overheard:
    """Mixes the two directions of a call, frame by frame, onto the listener's line."""

    def __init__(self, listener: Line) -> None:
        self._listener = listener
        self._caller = SILENT_FRAME
        self._mixed: asyncio.Queue[bytes] = asyncio.Queue(maxsize=50)

    def caller_says(self, frame: bytes) -> bytes:
        """A frame on its way to Lotse; unchanged."""
        self._caller = frame
        return frame

    def lotse_says(self, frame: bytes) -> None:
        """A frame on its way to the caller."""
        both = np.frombuffer(frame, np.int16).astype(np.float32) + np.frombuffer(self._caller, np.int16)
        if not self._mixed.full():
            self._mixed.put_nowait(np.clip(both * LISTENERS_SHARE, -32768, 32767).astype(np.int16).tobytes())

    async def play(self) -> None:
        """Write to the listener for as long as this runs."""
        while True:
            await self._listener.write(await self._mixed.get())


class _Listened(InProcess):
    """The caller's connection, with a listener on it."""

    def __init__(self, take: Callable[[Line], Awaitable[None]], listener: Line) -> None:
        super().__init__(take)
        self._listener = listener
        self._overheard = Overheard(listener)
        self._tasks: set[asyncio.Task[None]] = set()

    async def open(
        self,
        *,
        ear: Callable[[bytes], None],
        shown: Callable[[dict[str, object]], None],
        mouth: Callable[[bytes], bytes],
    ) -> None:
        def hear(frame: bytes) -> None:
            self._overheard.lotse_says(frame)
            ear(frame)

        def show(event: dict[str, object]) -> None:
            shown(event)
            self._later(self._listener.show(event))

        await super().open(ear=hear, shown=show, mouth=lambda frame: self._overheard.caller_says(mouth(frame)))
        self._later(self._overheard.play())

    def _later(self, work: Awaitable[None]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def hang_up(self) -> None:
        await super().hang_up()
        for task in list(self._tasks):
            task.cancel()


async def play_sample(listener: Line, take: Callable[[Line], Awaitable[None]]) -> None:
    """Let the listener hear the sample call; ends with it, or when the listener hangs up."""
    script = Script.of(yaml.safe_load(SCRIPT.read_text(encoding="utf-8")))
    connection = _Listened(take, listener)
    call = asyncio.create_task(Caller(script, connection, say=say).call())

    async def until_hung_up() -> None:
        async for _ in listener.received():
            pass

    leaving = asyncio.create_task(until_hung_up())
    await asyncio.wait({call, leaving}, return_when=asyncio.FIRST_COMPLETED)
    leaving.cancel()
    if not call.done():
        call.cancel()
        await asyncio.wait({call})
    await listener.hangup()

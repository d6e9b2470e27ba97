"""A telephone line inside the process, in real time: what one end says, the other hears 20 ms later."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable

from voice.lines.line import Digit, Line
from voice.lines.pacing import PacedSender

Ear = Callable[[bytes], None]


class InProcess:
    """A caller's connection to `take`, which leads calls in this process."""

    def __init__(self, take: Callable[[Line], Awaitable[None]]) -> None:
        self._take = take

    async def open(
        self, *, ear: Ear, shown: Callable[[dict[str, object]], None], mouth: Callable[[bytes], bytes]
    ) -> None:
        """Call."""
        self._line = RehearsalLine(ear=ear, shown=shown, mouth=mouth)
        self._call = asyncio.create_task(self._lead())

    async def _lead(self) -> None:
        await self._take(self._line)

    @property
    def over(self) -> bool:
        """Whether either side has hung up."""
        return self._line.over.is_set()

    @property
    def transferred_to(self) -> str | None:
        """Where Lotse put the call through to."""
        return self._line.transferred_to

    async def speak(self, audio: bytes) -> None:
        """Say something; returns when it was said."""
        await self._line.speak(audio)

    async def press(self, key: str) -> None:
        """Press a key."""
        await self._line.press(key)

    async def hang_up(self) -> None:
        """Hang up and wait until the call is led to its end."""
        await self._line.hangup()
        await asyncio.wait_for(self._call, 15)


class RehearsalLine(Line):
    """Lotse's end is the Line; the caller's end is `speak`, `press`, `hang_up` and the ear.

    ear: gets every frame Lotse plays, silence included. shown: gets the events for the caller's screen.
    mouth: what the way to Lotse makes of each frame of the caller's (noise, loss); silence included.
    """

    door = "rehearsal"
    can_transfer = True

    def __init__(
        self, *, ear: Ear, shown: Callable[[dict[str, object]], None], mouth: Callable[[bytes], bytes] = bytes
    ) -> None:
        self.id = secrets.token_urlsafe(9)
        self.transferred_to: str | None = None
        self.over = asyncio.Event()
        self._ear, self._shown, self._mouth = ear, shown, mouth
        self._received: asyncio.Queue[bytes | Digit | None] = asyncio.Queue()
        self._out = PacedSender(self._hear)
        self._in = PacedSender(self._carry)
        self._pumps = [asyncio.create_task(self._out.run()), asyncio.create_task(self._in.run())]

    async def _hear(self, frame: bytes) -> None:
        self._ear(frame)

    async def _carry(self, frame: bytes) -> None:
        await self._received.put(self._mouth(frame))

    # --- Lotse's end

    async def received(self) -> AsyncIterator[bytes | Digit]:
        """What the caller says and presses."""
        while (item := await self._received.get()) is not None:
            yield item

    async def write(self, audio: bytes) -> None:
        """Play to the caller."""
        await self._out.write(audio)

    def flush(self) -> None:
        """Take back what was not played."""
        self._out.flush()

    async def drained(self) -> None:
        """Everything was played."""
        await self._out.drained()

    async def transfer(self, target: str, *, attended: bool = False) -> None:
        """Note where the call went."""
        self.transferred_to = target

    async def hangup(self) -> None:
        """End the call from either side."""
        if not self.over.is_set():
            self.over.set()
            self._out.close()
            self._in.close()
            await self._received.put(None)
            for pump in self._pumps:
                pump.cancel()

    async def show(self, event: dict[str, object]) -> None:
        """The caller's screen."""
        self._shown(event)

    # --- the caller's end

    async def speak(self, audio: bytes) -> None:
        """Say something; returns when it was said."""
        await self._in.write(audio)
        await self._in.drained()

    async def press(self, key: str) -> None:
        """Press a key."""
        await self._received.put(Digit(key))

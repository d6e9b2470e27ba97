"""A caller's connection through the door for browsers: the whole telephone, as it is installed."""

import asyncio
import json
from collections.abc import Callable

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from voice.lines.pacing import PacedSender


class Stream:
    """Calls `url`, e.g. ws://127.0.0.1:8090/voice/stream?dialect=browser."""

    transferred_to: str | None = None

    def __init__(self, url: str) -> None:
        self._url = url
        self._socket: ClientConnection | None = None
        self._over = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    @property
    def over(self) -> bool:
        """Whether the call has ended."""
        return self._over.is_set()

    async def open(
        self,
        *,
        ear: Callable[[bytes], None],
        shown: Callable[[dict[str, object]], None],
        mouth: Callable[[bytes], bytes],
    ) -> None:
        """Call. Raises OSError or websockets' exceptions where nobody answers."""
        socket = self._socket = await connect(self._url, compression=None, proxy=None, ping_interval=None)

        async def carry(frame: bytes) -> None:
            try:
                await socket.send(mouth(frame))
            except ConnectionClosed:
                self._mouth.close()

        self._mouth = PacedSender(carry)
        self._tasks = [
            asyncio.create_task(self._mouth.run()),
            asyncio.create_task(self._listen(socket, ear, shown)),
        ]

    async def _listen(
        self, socket: ClientConnection, ear: Callable[[bytes], None], shown: Callable[[dict[str, object]], None]
    ) -> None:
        try:
            async for message in socket:
                if isinstance(message, bytes):
                    ear(message)
                    continue
                event = json.loads(message)
                if event.get("type") == "transferred":
                    self.transferred_to = str(event.get("target"))
                shown(event)
        except ConnectionClosed:
            pass
        finally:
            self._over.set()
            self._mouth.close()

    async def speak(self, audio: bytes) -> None:
        """Say something; returns when it was said."""
        await self._mouth.write(audio)
        await self._mouth.drained()

    async def press(self, key: str) -> None:
        """Press a key."""
        if self._socket is not None:
            await self._socket.send(json.dumps({"type": "key", "key": key}))

    async def hang_up(self) -> None:
        """End the call."""
        self._mouth.close()
        if self._socket is not None:
            await self._socket.close()
        for task in self._tasks:
            await asyncio.wait({task}, timeout=5)

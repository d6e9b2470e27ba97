"""Marks: the other side says when it has played what came before one."""

import asyncio
from collections.abc import Callable

# What a provider holds beyond our own three frames is its jitter buffer; one that does not answer must not stop a call.
WAIT_SECONDS = 1.5


class Marks:
    """Sends marks with `send(name)` and waits for their return."""

    def __init__(self, send: Callable[[str], None]) -> None:
        self._send = send
        self._waiting: dict[str, asyncio.Event] = {}
        self._count = 0

    async def played(self) -> None:
        """Return when all that was sent was played, bounded."""
        self._count += 1
        name = f"lotse-{self._count}"
        returned = self._waiting[name] = asyncio.Event()
        self._send(name)
        try:
            async with asyncio.timeout(WAIT_SECONDS):
                await returned.wait()
        except TimeoutError:
            pass
        finally:
            del self._waiting[name]

    def returned(self, name: object) -> None:
        """A mark came back."""
        waiting = self._waiting.get(name) if isinstance(name, str) else None
        if waiting is not None:
            waiting.set()

    def release(self) -> None:
        """The call is over: nobody need wait."""
        for waiting in self._waiting.values():
            waiting.set()

"""The calls that run: how many there may be, and that each ends, whatever happens in it."""

import asyncio
from collections.abc import Awaitable

import structlog

from voice.lines.line import Line, OnCall

log = structlog.get_logger()

HANGUP_SECONDS = 5.0
ENDING_SECONDS = 10.0


class Capacity:
    """Seats shared by all doors.

    A call that finds none hears busy: from SIP itself, elsewhere spoken, for which there are a few standing places.
    """

    def __init__(self, limit: int, standing: int = 8) -> None:
        self.limit = limit
        self.standing = standing
        self.taken = 0

    def take(self, *, standing: bool = False) -> bool:
        """Take a seat, or else a standing place where that is enough; false if there is none."""
        if self.taken >= self.limit + (self.standing if standing else 0):
            return False
        self.taken += 1
        return True

    def give(self) -> None:
        """Give the place back."""
        self.taken -= 1


class Calls:
    """The calls of one door. `on_call` runs in a task of its own; its end hangs up and frees the seat."""

    def __init__(self, on_call: OnCall, capacity: Capacity) -> None:
        self._on_call = on_call
        self._capacity = capacity
        self._running: dict[Line, asyncio.Task[None]] = {}

    def __len__(self) -> int:
        return len(self._running)

    def lines(self) -> list[Line]:
        """The lines of the running calls."""
        return list(self._running)

    def begin(self, line: Line) -> asyncio.Task[None]:
        """Run the call. The caller has taken a seat for it."""
        task = asyncio.create_task(self._serve(line), name=f"call {line.id}")
        self._running[line] = task
        task.add_done_callback(lambda _: self._forget(line))
        return task

    def _forget(self, line: Line) -> None:
        if self._running.pop(line, None) is not None:
            self._capacity.give()

    async def _serve(self, line: Line) -> None:
        try:
            await self._on_call(line)
        except Exception:
            log.exception("call_broke", call=line.id, door=line.door)
        finally:
            await within(line.hangup(), HANGUP_SECONDS)

    async def finish(self, line: Line) -> None:
        """The other side is gone: let the call end by itself, and end it if it does not."""
        task = self._running.get(line)
        if task is None:
            return
        await asyncio.wait({task}, timeout=ENDING_SECONDS)
        if not task.done():
            log.error("call_did_not_end", call=line.id)
            task.cancel()
            await asyncio.wait({task}, timeout=HANGUP_SECONDS)

    async def close(self) -> None:
        """Hang up all calls and wait for their ends, bounded."""
        lines = list(self._running)
        await asyncio.gather(*(within(line.hangup(), HANGUP_SECONDS) for line in lines))
        await asyncio.gather(*(self.finish(line) for line in lines))


async def within(step: Awaitable[None], seconds: float) -> None:
    """Do a step of an ending; one that fails or hangs is logged, as the ending goes on."""
    try:
        await asyncio.wait_for(step, seconds)
    except Exception as error:
        log.warning("ended_uncleanly", error=type(error).__name__)

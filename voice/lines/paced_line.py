"""A line whose protocol leaves the pace to us: frames of its own clock out, whatever comes in."""

import asyncio
from abc import abstractmethod
from collections.abc import AsyncIterator

import structlog

from voice.lines.intake import Intake
from voice.lines.line import Digit, Line, TransferFailed
from voice.lines.names import EXTENSION, new_call_id
from voice.lines.pacing import PacedSender
from voice.lines.results import Results

log = structlog.get_logger()

CLOSING_SECONDS = 2.0


class PacedLine(Line):
    """A dialect says how to play a frame and how to say goodbye; `call` is what the exchange calls the call.

    Transfer: the target is left where the exchange reads it, and the call is given back. Whether the extension then
    answers is not known here.
    """

    def __init__(
        self, *, results: Results, call: str | None = None, caller: str | None = None, tenant: str | None = None
    ) -> None:
        self.id = new_call_id()
        self.call = call
        self.caller = caller
        self.tenant = tenant
        self.can_transfer = call is not None
        self.intake = Intake()
        self.pacer = PacedSender(self._play)
        self._results = results
        self._pacing: asyncio.Task[None] | None = None
        self._hung_up = False

    @abstractmethod
    async def _play(self, frame: bytes) -> None:
        """Send 20 ms."""

    @abstractmethod
    async def _goodbye(self) -> None:
        """End the call in the protocol's words; the connection may be gone."""

    def start(self) -> None:
        """Begin to send."""
        self._pacing = asyncio.create_task(self._pace(), name=f"pace {self.id}")

    async def _pace(self) -> None:
        try:
            await self.pacer.run()
        except Exception as error:
            # The connection broke; that it did is no news for anybody but the call.
            log.debug("line_broke", call=self.id, error=type(error).__name__)
        finally:
            self.intake.end()

    def received(self) -> AsyncIterator[bytes | Digit]:
        """Frames and keys until the end."""
        return self.intake.received()

    async def write(self, audio: bytes) -> None:
        """Queue audio."""
        await self.pacer.write(audio)

    def flush(self) -> None:
        """Throw away what was not sent."""
        self.pacer.flush()

    async def drained(self) -> None:
        """Wait for the last frame to be heard."""
        await self.pacer.drained()

    def over(self) -> None:
        """The other side is gone."""
        self.intake.end()
        self.pacer.close()

    async def hangup(self) -> None:
        """End the call."""
        if self._hung_up:
            return
        self._hung_up = True
        self.over()
        if self._pacing is not None:
            await asyncio.wait({self._pacing}, timeout=CLOSING_SECONDS)
            self._pacing.cancel()
        try:
            await asyncio.wait_for(self._goodbye(), CLOSING_SECONDS)
        except Exception as error:
            log.debug("goodbye_unheard", call=self.id, error=type(error).__name__)

    async def transfer(self, target: str, *, attended: bool = False) -> None:
        """Give the call back with the extension to dial; attended or not is up to the exchange's dialplan."""
        if self.call is None:
            raise TransferFailed("the exchange gave the call no name to find its target by")
        if not EXTENSION.fullmatch(target):
            raise TransferFailed(f"'{target}' is no extension")
        if self.intake.ended:
            raise TransferFailed("the caller hung up")
        self._results.put(self.call, target)
        await self.hangup()

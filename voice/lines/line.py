"""One call as the pipeline sees it, whatever door it came through.

Audio is signed 16 bit little-endian mono at 8 kHz everywhere inside Lotse, in frames of 20 ms.
"""

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass

SAMPLE_RATE = 8000
FRAME_MILLISECONDS = 20
FRAME_BYTES = SAMPLE_RATE * FRAME_MILLISECONDS // 1000 * 2
SILENT_FRAME = bytes(FRAME_BYTES)
KEYS = "0123456789*#"


@dataclass(frozen=True)
class Digit:
    """A pressed key: one of 0-9, * and #."""

    key: str


class TransferFailed(Exception):
    """The call could not be put through; it goes on with us. The message says why, for the log."""


class Line(ABC):
    """One call. A door makes it, hands it to the call's pipeline, and takes care of the protocol.

    id: ours, url-safe. caller: the number in E.164 where the exchange gave one; never logged.
    tenant: where the door knows it (dialled number, query of the socket).
    wants_sample: whoever called wants to listen to the sample call instead of speaking.
    """

    id: str
    door: str
    caller: str | None = None
    tenant: str | None = None
    can_transfer: bool = False
    wants_sample: bool = False

    @abstractmethod
    def received(self) -> AsyncIterator[bytes | Digit]:
        """Frames of 20 ms and pressed keys, until the caller hangs up or nothing came for ten seconds."""

    @abstractmethod
    async def write(self, audio: bytes) -> None:
        """Play audio of any even length; waits so that at most about 60 ms lie unplayed. Nothing after the end."""

    @abstractmethod
    def flush(self) -> None:
        """Throw away what was not played yet: the caller interrupts."""

    @abstractmethod
    async def drained(self) -> None:
        """Return when everything written was played or thrown away, or when the call is over."""

    async def transfer(self, target: str, *, attended: bool = False) -> None:
        """Put the caller through to an extension; the call is over for us then. Raises TransferFailed."""
        raise TransferFailed(f"{self.door} cannot put calls through")

    @abstractmethod
    async def hangup(self) -> None:
        """End the call. Twice is once."""

    async def show(self, event: dict[str, object]) -> None:  # noqa: B027 - only the browser has something to do here
        """Tell the caller's screen what happens; only the browser has one."""


OnCall = Callable[[Line], Awaitable[None]]


class Door(ABC):
    """Where calls come in. `open` returns once calls are taken; each call runs in a task of its own."""

    name: str

    @abstractmethod
    async def open(self, on_call: OnCall) -> None:
        """Start taking calls. Raises OSError or ValueError with a clear sentence where it cannot."""

    @abstractmethod
    async def close(self) -> None:
        """Take no more calls and hang up those that run."""

    @abstractmethod
    def state(self) -> dict[str, object]:
        """What `/healthz` shows of this door: where it listens, whether it is registered, how many calls it holds."""

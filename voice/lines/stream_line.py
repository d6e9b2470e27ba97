"""A line over a WebSocket, whatever its dialect."""

import json
from abc import abstractmethod
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from starlette.websockets import WebSocket

from voice.lines.intake import ProtocolError
from voice.lines.paced_line import PacedLine
from voice.lines.results import Results
from voice.lines.settings import LineSettings

# 200 ms at 192 kHz fit; a text is a few hundred bytes.
MOST_BYTES = 1 << 16
MOST_CHARACTERS = 1 << 14
CONTROLS_WAITING = 100


class Unauthorised(Exception):
    """The socket brought no valid token."""


@dataclass(frozen=True)
class Opening:
    """An accepted socket before its first word. `authorised`: by loopback, by token in the query, or by signature."""

    websocket: WebSocket
    query: Mapping[str, str]
    authorised: bool
    secret: str
    settings: LineSettings
    results: Results


class StreamLine(PacedLine):
    """Frames and control messages of a dialect, in the order in which they were given."""

    def __init__(self, opening: Opening, **names: Any) -> None:
        super().__init__(results=opening.results, **names)
        self._websocket = opening.websocket
        self._controls: deque[str] = deque(maxlen=CONTROLS_WAITING)
        self.closing = (1000, "")

    def control(self, message: str | dict[str, object]) -> None:
        """Send a control message with the next frame, at most 20 ms from now."""
        self._controls.append(message if isinstance(message, str) else json.dumps(message, ensure_ascii=False))

    async def _send_controls(self) -> None:
        while self._controls:
            await self._websocket.send_text(self._controls.popleft())

    async def _play(self, frame: bytes) -> None:
        await self._send_controls()
        await self._send_audio(frame)

    async def _goodbye(self) -> None:
        await self._send_controls()
        code, reason = self.closing
        await self._websocket.close(code, reason[:100])

    async def hear(self, data: bytes) -> None:
        """Take a binary message. Raises ProtocolError."""
        raise ProtocolError("binary messages are not part of this dialect")

    @abstractmethod
    async def _send_audio(self, frame: bytes) -> None:
        """Send 20 ms of audio."""

    @abstractmethod
    async def read(self, text: str) -> None:
        """Take a text message. Raises ProtocolError."""


def json_object(text: str) -> dict[str, Any]:
    """A text message as an object. Raises ProtocolError."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ProtocolError("this is no JSON") from error
    if not isinstance(value, dict):
        raise ProtocolError("a message is a JSON object")
    return value


def member(message: dict[str, Any], name: str) -> dict[str, Any]:
    """An object inside a message; empty where there is none."""
    value = message.get(name)
    return value if isinstance(value, dict) else {}


async def first_text(websocket: WebSocket) -> str:
    """The next message, which must be text. Raises ProtocolError."""
    message = await websocket.receive()
    if message["type"] == "websocket.disconnect":
        raise ProtocolError("gone before the first word")
    text = message.get("text")
    if not isinstance(text, str) or len(text) > MOST_CHARACTERS:
        raise ProtocolError("the first message must be a short text")
    return text

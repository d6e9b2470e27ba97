"""Dialect of our own page: S16LE frames at 8 kHz both ways as binary messages, JSON for the rest.

From the page: `{"type":"key","key":"5"}`, `{"type":"hangup"}`. To the page: `{"type":"ready","call":…}`,
`{"type":"flush"}`, `{"type":"hangup"}`, and whatever `show` is given. With `sample=1` in the query the page only
listens and sends nothing; the server's pings notice when it is gone.
"""

from collections.abc import Callable

from voice.lines.intake import ProtocolError
from voice.lines.stream_line import Opening, StreamLine, Unauthorised, json_object

MOST_AUDIO = 16_000  # a second


class BrowserLine(StreamLine):
    """A call from the page. `on_event` takes messages of types that are not the line's own."""

    door = "browser"

    def __init__(self, opening: Opening) -> None:
        super().__init__(opening, tenant=opening.query.get("tenant") or None)
        self.wants_sample = opening.query.get("sample") == "1"
        self.on_event: Callable[[dict[str, object]], None] | None = None
        self.control({"type": "ready", "call": self.id})

    @classmethod
    async def begin(cls, opening: Opening) -> "BrowserLine":
        """Take the call."""
        if not opening.authorised:
            raise Unauthorised
        return cls(opening)

    async def _send_audio(self, frame: bytes) -> None:
        await self._websocket.send_bytes(frame)

    async def _goodbye(self) -> None:
        self.control({"type": "hangup"})
        await super()._goodbye()

    def flush(self) -> None:
        """Here and in the page's buffer."""
        super().flush()
        self.control({"type": "flush"})

    async def show(self, event: dict[str, object]) -> None:
        """Tell the page."""
        self.control(event)

    async def hear(self, data: bytes) -> None:
        """Audio of the microphone."""
        if len(data) % 2 or len(data) > MOST_AUDIO:
            raise ProtocolError("audio is 16 bit, at most a second at once")
        self.intake.hear(data)

    async def read(self, text: str) -> None:
        """Keys and the end."""
        message = json_object(text)
        match message.get("type"):
            case "key":
                self.intake.press(str(message.get("key", "")))
            case "hangup":
                self.over()
            case str() if self.on_event is not None:
                self.on_event(message)
            case str():
                pass  # a newer page may say more than we know
            case _:
                raise ProtocolError("a message has a type")

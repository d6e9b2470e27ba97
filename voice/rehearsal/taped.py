"""A caller's connection with a tape running; only the developer's command makes one."""

from collections.abc import Callable

from voice.rehearsal.caller import Connection
from voice.rehearsal.tape import Tape


class Taped:
    """Passes everything on and lets the tape hear it, the caller's voice with what the line made of it."""

    def __init__(self, connection: Connection, tape: Tape) -> None:
        self._connection, self._tape = connection, tape

    @property
    def over(self) -> bool:
        """Whether the call has ended."""
        return self._connection.over

    @property
    def transferred_to(self) -> str | None:
        """Where Lotse put the call through to, if it did."""
        return self._connection.transferred_to

    async def open(
        self,
        *,
        ear: Callable[[bytes], None],
        shown: Callable[[dict[str, object]], None],
        mouth: Callable[[bytes], bytes],
    ) -> None:
        """Call."""

        def hear(frame: bytes) -> None:
            self._tape.lotse_says(frame)
            ear(frame)

        def speak(frame: bytes) -> bytes:
            carried = mouth(frame)
            self._tape.caller_says(carried)
            return carried

        def see(event: dict[str, object]) -> None:
            if event.get("type") == "transcript" and event.get("final"):
                self._tape.said(str(event["role"]), str(event["text"]))
            elif event.get("type") == "flush":
                self._tape.cut()
            shown(event)

        await self._connection.open(ear=hear, shown=see, mouth=speak)

    async def speak(self, audio: bytes) -> None:
        """Say something; returns when it was said."""
        await self._connection.speak(audio)

    async def press(self, key: str) -> None:
        """Press a key."""
        await self._connection.press(key)

    async def hang_up(self) -> None:
        """End the call, if it still runs."""
        await self._connection.hang_up()

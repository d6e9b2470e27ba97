"""Dialect of Asterisk's `chan_websocket`: binary audio in the channel's format, control as text or as JSON.

Asterisk would pace a whole sentence for us, but what it holds is heard even after we know better; so frames go out at
the pace they are heard, and FLUSH_MEDIA takes back the rest. Source: channels/chan_websocket.c.
"""

from typing import Any

import structlog

from voice.lines import g711
from voice.lines.intake import ProtocolError
from voice.lines.line import SAMPLE_RATE
from voice.lines.names import e164
from voice.lines.resampling import Resampler
from voice.lines.stream_line import Opening, StreamLine, Unauthorised, first_text, json_object

log = structlog.get_logger()

# Signed linear, little-endian, by Asterisk's names.
LINEAR = {
    "slin": 8000, "slin12": 12000, "slin16": 16000, "slin24": 24000, "slin32": 32000,
    "slin44": 44100, "slin48": 48000, "slin96": 96000, "slin192": 192000,
}  # fmt: skip


def parse_control(text: str) -> tuple[str, dict[str, Any], bool]:
    """Event, its values, and whether it came as JSON. Raises ProtocolError."""
    if text.startswith("{"):
        message = json_object(text)
        event = message.get("event")
        if not isinstance(event, str):
            raise ProtocolError("a control message names its event")
        return event, message, True
    event, *words = text.split()[:20] or [""]
    if not event.replace("_", "").isalpha() or not event.isupper():
        raise ProtocolError("this is no control message")
    return event, dict(word.partition(":")[::2] for word in words), False


class AsteriskLine(StreamLine):
    """A call. In the query: `call` (name to find the transfer by), `caller`, `tenant`."""

    door = "asterisk"

    def __init__(self, opening: Opening, sound_format: str, *, as_json: bool) -> None:
        query = opening.query
        super().__init__(
            opening,
            call=query.get("call") or None,
            caller=e164(query.get("caller", ""), opening.settings.country),
            tenant=query.get("tenant") or None,
        )
        self._law = sound_format if sound_format in ("ulaw", "alaw") else None
        rate = SAMPLE_RATE if self._law else LINEAR[sound_format]
        self._in = Resampler(rate)
        self._out = Resampler(SAMPLE_RATE, rate)
        self._as_json = as_json
        self._full = False
        self._command("ANSWER")

    @classmethod
    async def begin(cls, opening: Opening) -> "AsteriskLine":
        """Wait for MEDIA_START."""
        if not opening.authorised:
            raise Unauthorised
        event, values, as_json = parse_control(await first_text(opening.websocket))
        if event != "MEDIA_START":
            raise ProtocolError("MEDIA_START comes first")
        sound_format = str(values.get("format", ""))
        if sound_format not in ("ulaw", "alaw", *LINEAR):
            raise ProtocolError(f"the format '{sound_format[:20]}' is not spoken here: use c(alaw), c(ulaw) or c(slin)")
        return cls(opening, sound_format, as_json=as_json)

    def _command(self, name: str) -> None:
        self.control({"command": name} if self._as_json else name)

    async def _send_audio(self, frame: bytes) -> None:
        if self._full:
            return  # it holds twenty seconds already
        audio = g711.encode(self._law, frame) if self._law else self._out.resample(frame)
        if audio:
            await self._websocket.send_bytes(audio)

    async def _goodbye(self) -> None:
        self._command("HANGUP")
        await super()._goodbye()

    def flush(self) -> None:
        """Here and in Asterisk's queue."""
        super().flush()
        self._command("FLUSH_MEDIA")

    async def hear(self, data: bytes) -> None:
        """Audio in the channel's format."""
        if self._law:
            data = g711.decode(self._law, data)
        elif len(data) % 2:
            raise ProtocolError("audio is 16 bit")
        self.intake.hear(self._in.resample(data))

    async def read(self, text: str) -> None:
        """Control events; those we need not know are passed over."""
        event, values, _ = parse_control(text)
        match event:
            case "DTMF_END":
                self.intake.press(str(values.get("digit", "")))
            case "MEDIA_XOFF":
                self._full = True
            case "MEDIA_XON":
                self._full = False
            case "ERROR":
                log.warning("asterisk_error", call=self.id, problem=str(values.get("error_text", text))[:200])

"""Dialect of jambonz' `listen` verb (subprotocol `audio.jambonz.org`): L16 both ways, one JSON of the call first.

The verb must say `"bidirectionalAudio": {"enabled": true, "streaming": true, "sampleRate": 8000}`, or the caller hears
nothing, `"passDtmf": true`, or no key arrives, and `"mixType": "mono"`.
"""

from typing import Any

from voice.lines.intake import ProtocolError
from voice.lines.line import SAMPLE_RATE
from voice.lines.marks import Marks
from voice.lines.names import e164
from voice.lines.resampling import RATES, Resampler
from voice.lines.stream_line import Opening, StreamLine, Unauthorised, first_text, json_object, member


class JambonzLine(StreamLine):
    """A call; the transfer is the answer to the verb's actionHook."""

    door = "jambonz"

    def __init__(self, opening: Opening, about: dict[str, Any], rate: int) -> None:
        metadata = member(about, "metadata")
        call = about.get("callSid")
        super().__init__(
            opening,
            call=call if isinstance(call, str) and call else None,
            caller=e164(str(about.get("from", "")), opening.settings.country),
            tenant=opening.query.get("tenant") or (str(metadata["tenant"]) if metadata.get("tenant") else None),
        )
        self._in = Resampler(rate)
        self._out = Resampler(SAMPLE_RATE, rate)
        self._marks = Marks(lambda name: self.control({"type": "mark", "data": {"name": name}}))

    @classmethod
    async def begin(cls, opening: Opening) -> "JambonzLine":
        """Wait for the call's attributes."""
        if not opening.authorised:
            raise Unauthorised
        about = json_object(await first_text(opening.websocket))
        if about.get("mixType", "mono") != "mono":
            raise ProtocolError("mixType must be mono")
        rate = about.get("sampleRate")
        if rate not in RATES:
            raise ProtocolError("sampleRate must be one jambonz knows")
        return cls(opening, about, int(rate))

    async def _send_audio(self, frame: bytes) -> None:
        audio = self._out.resample(frame)
        if audio:
            await self._websocket.send_bytes(audio)

    async def _goodbye(self) -> None:
        self.control({"type": "disconnect"})
        await super()._goodbye()

    def flush(self) -> None:
        """Here and in jambonz."""
        super().flush()
        self.control({"type": "killAudio"})

    async def drained(self) -> None:
        """Played at the caller's end."""
        await super().drained()
        if not self.intake.ended:
            await self._marks.played()

    def over(self) -> None:
        """Nobody waits for marks any more."""
        super().over()
        self._marks.release()

    async def hear(self, data: bytes) -> None:
        """Linear audio."""
        if len(data) % 2:
            raise ProtocolError("audio is 16 bit")
        self.intake.hear(self._in.resample(data))

    async def read(self, text: str) -> None:
        """Keys and marks."""
        message = json_object(text)
        if message.get("event") == "dtmf":
            self.intake.press(str(message.get("dtmf", "")))
        elif message.get("type") == "mark":
            self._marks.returned(member(message, "data").get("name"))

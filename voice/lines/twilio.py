"""Dialect of Twilio's Media Streams (`<Connect><Stream>`): JSON only, µ-law in base64.

Twilio is a processor outside the EU's law for social data; the dialect is off unless it is asked for. A transfer goes
by the REST interface where account and token are set (its answer says whether the call was redirected), otherwise by
the `action` of `<Connect>`, which Twilio calls when we close the stream.
"""

import base64
import binascii
from typing import Any

import httpx

from voice.lines import g711
from voice.lines.intake import ProtocolError
from voice.lines.line import TransferFailed
from voice.lines.marks import Marks
from voice.lines.names import EXTENSION, e164
from voice.lines.results import twiml
from voice.lines.stream_line import Opening, StreamLine, Unauthorised, first_text, json_object, member
from voice.lines.tokens import check_token

REST_SECONDS = 8.0


class TwilioLine(StreamLine):
    """A call. Custom parameters: `token` (where no signature is checked), `caller`, `tenant`."""

    door = "twilio"

    def __init__(self, opening: Opening, start: dict[str, Any], parameters: dict[str, Any]) -> None:
        call = start.get("callSid")
        super().__init__(
            opening,
            call=call if isinstance(call, str) and call.isalnum() else None,
            caller=e164(str(parameters.get("caller", "")), opening.settings.country),
            tenant=str(parameters["tenant"]) if parameters.get("tenant") else None,
        )
        self._settings = opening.settings
        self._stream = str(start.get("streamSid", ""))
        self._marks = Marks(lambda name: self._say("mark", mark={"name": name}))

    @classmethod
    async def begin(cls, opening: Opening) -> "TwilioLine":
        """Wait for `start`; until then nobody is authorised but by signature."""
        message = json_object(await first_text(opening.websocket))
        if message.get("event") == "connected":
            message = json_object(await first_text(opening.websocket))
        start = member(message, "start")
        if message.get("event") != "start" or not start:
            raise ProtocolError("start comes first")
        parameters = member(start, "customParameters")
        if not opening.authorised and not check_token(opening.secret, "twilio", str(parameters.get("token", ""))):
            raise Unauthorised
        media = member(start, "mediaFormat")
        if media and (media.get("encoding"), media.get("sampleRate")) != ("audio/x-mulaw", 8000):
            raise ProtocolError("audio is µ-law at 8 kHz")
        return cls(opening, start, parameters)

    def _say(self, event: str, **values: object) -> None:
        self.control({"event": event, "streamSid": self._stream, **values})

    async def _send_audio(self, frame: bytes) -> None:
        payload = base64.b64encode(g711.encode("ulaw", frame)).decode()
        await self._websocket.send_json({"event": "media", "streamSid": self._stream, "media": {"payload": payload}})

    def flush(self) -> None:
        """Here and at Twilio."""
        super().flush()
        self._say("clear")

    async def drained(self) -> None:
        """Played at the caller's end."""
        await super().drained()
        if not self.intake.ended:
            await self._marks.played()

    def over(self) -> None:
        """Nobody waits for marks any more."""
        super().over()
        self._marks.release()

    async def read(self, text: str) -> None:
        """Audio, keys, marks and the end."""
        message = json_object(text)
        match message.get("event"):
            case "media":
                self._hear(member(message, "media"))
            case "dtmf":
                self.intake.press(str(member(message, "dtmf").get("digit", "")))
            case "mark":
                self._marks.returned(member(message, "mark").get("name"))
            case "stop":
                self.over()
            case str():
                pass
            case _:
                raise ProtocolError("a message has an event")

    def _hear(self, media: dict[str, Any]) -> None:
        if media.get("track", "inbound") != "inbound":
            return
        try:
            code = base64.b64decode(str(media.get("payload", "")), validate=True)
        except (binascii.Error, ValueError) as error:
            raise ProtocolError("a payload is base64") from error
        self.intake.hear(g711.decode("ulaw", code))

    async def transfer(self, target: str, *, attended: bool = False) -> None:
        """Redirect the call by REST, or leave the target for the `action` of `<Connect>`."""
        settings = self._settings
        if settings.twilio_account is None or settings.twilio_token is None or self.call is None:
            return await super().transfer(target, attended=attended)
        if not EXTENSION.fullmatch(target):
            raise TransferFailed(f"'{target}' is no number")
        address = f"{settings.twilio_api}/2010-04-01/Accounts/{settings.twilio_account}/Calls/{self.call}.json"
        try:
            async with httpx.AsyncClient(timeout=REST_SECONDS) as client:
                answer = await client.post(
                    address,
                    auth=(settings.twilio_account, settings.twilio_token.get_secret_value()),
                    data={"Twiml": twiml(target)},
                )
                answer.raise_for_status()
        except httpx.HTTPError as error:
            raise TransferFailed(f"Twilio did not redirect the call: {type(error).__name__}") from error
        return await self.hangup()

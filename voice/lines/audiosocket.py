"""AudioSocket, for Asterisk and FreePBX of any age: Asterisk connects by TCP and sends frames of type, length, payload.

The protocol knows neither authentication nor encryption: it listens on loopback or inside a VPN, and a call brings a
UUID that we issued a moment before. Source: res_audiosocket.c. What follows from it:

- Asterisk plays what it is sent at once, so the pace is ours, and nothing can be taken back.
- Older versions end the call on anything from us but audio and hang-up, so nothing else is sent.
- A hang-up from us lets the dialplan go on (since 2023; before, it ended the call): that is the way a call is put
  through, with the target read by the dialplan from `GET /calls/{uuid}/result`.
"""

import asyncio
import struct
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import ip_address

import structlog

from voice.lines.calls import Calls, Capacity
from voice.lines.intake import ProtocolError
from voice.lines.line import Door, OnCall
from voice.lines.names import e164
from voice.lines.paced_line import PacedLine
from voice.lines.resampling import Resampler
from voice.lines.results import Results
from voice.lines.settings import LOOPBACK, LineSettings, host_and_port

log = structlog.get_logger()

HANGUP, NAME, KEY, AUDIO, ERROR = 0x00, 0x01, 0x03, 0x10, 0xFF
# 0x11 is 12 kHz in the source; one page of the documentation said 16.
RATES = {
    0x10: 8000, 0x11: 12000, 0x12: 16000, 0x13: 24000, 0x14: 32000,
    0x15: 44100, 0x16: 48000, 0x17: 96000, 0x18: 192000,
}  # fmt: skip
HEADER = struct.Struct(">BH")
MOST_AUDIO = 38400  # 100 ms at 192 kHz; Asterisk sends 20
ISSUED_SECONDS = 60.0
FIRST_SECONDS = 5.0
MOST_ISSUED = 1000
UNNAMED_CONNECTIONS = 64
# A fifth of a second may wait in the socket; beyond that Asterisk does not read any more and we wait for it.
UNSENT_BYTES = 3200


@dataclass(frozen=True)
class Message:
    """One frame of the protocol."""

    kind: int
    payload: bytes


def pack(kind: int, payload: bytes = b"") -> bytes:
    """A frame as bytes."""
    return HEADER.pack(kind, len(payload)) + payload


class Parser:
    """Bytes in any portions to messages; strict. Raises ProtocolError and takes nothing after that."""

    def __init__(self) -> None:
        self._rest = b""
        self._named = False

    def feed(self, data: bytes) -> list[Message]:
        """The messages that are complete now."""
        self._rest += data
        messages = []
        while len(self._rest) >= HEADER.size:
            kind, length = HEADER.unpack_from(self._rest)
            self._check(kind, length)
            end = HEADER.size + length
            if len(self._rest) < end:
                break
            messages.append(Message(kind, self._rest[HEADER.size : end]))
            self._rest = self._rest[end:]
            self._named = self._named or kind == NAME
        return messages

    def _check(self, kind: int, length: int) -> None:
        if kind in (HANGUP, ERROR):
            fits = length <= 256
        elif kind == NAME:
            fits = length == 16 and not self._named
        elif kind == KEY:
            fits = length == 1
        elif kind in RATES:
            fits = length % 2 == 0 and length <= MOST_AUDIO
        else:
            raise ProtocolError(f"type 0x{kind:02x} is not AudioSocket")
        if not fits:
            raise ProtocolError(f"type 0x{kind:02x} with {length} bytes")
        if not self._named and kind not in (NAME, HANGUP, ERROR):
            raise ProtocolError("the UUID comes first")


@dataclass(frozen=True)
class Issued:
    """Who calls, told before the call came. `until`: of the door's clock."""

    caller: str | None
    tenant: str | None
    until: float


class AudioSocketLine(PacedLine):
    """One connection."""

    door = "audiosocket"

    def __init__(self, writer: asyncio.StreamWriter, results: Results, call: str, issued: Issued) -> None:
        super().__init__(results=results, call=call, caller=issued.caller, tenant=issued.tenant)
        self._writer = writer
        self._resamplers: dict[int, Resampler] = {}

    async def _play(self, frame: bytes) -> None:
        self._writer.write(pack(AUDIO, frame))
        await self._writer.drain()

    async def _goodbye(self) -> None:
        self._writer.write(pack(HANGUP))
        await self._writer.drain()
        self._writer.close()

    def take(self, message: Message) -> None:
        """Audio, a key or the end. Raises ProtocolError."""
        if message.kind == KEY:
            self.intake.press(message.payload.decode("latin-1"))
        elif message.kind in RATES:
            rate = RATES[message.kind]
            if rate not in self._resamplers:
                self._resamplers = {rate: Resampler(rate)}
            self.intake.hear(self._resamplers[rate].resample(message.payload))
        else:
            if message.kind == ERROR:
                log.warning("audiosocket_error", call=self.id, code=message.payload[:1].hex())
            self.over()


class AudioSocketDoor(Door):
    """The TCP server."""

    name = "audiosocket"

    def __init__(
        self,
        settings: LineSettings,
        capacity: Capacity,
        results: Results,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settings = settings
        self._capacity = capacity
        self._results = results
        self._clock = clock
        self._issued: dict[str, Issued] = {}
        self._server: asyncio.Server | None = None
        self._calls: Calls | None = None
        self._unnamed = 0

    async def open(self, on_call: OnCall) -> None:
        """Listen. Raises OSError or ValueError."""
        host, port = host_and_port(self._settings.audiosocket_listen)
        self._calls = Calls(on_call, self._capacity)
        self._server = await asyncio.start_server(self._connected, host, port)

    async def close(self) -> None:
        """Listen no more, hang up."""
        server, self._server = self._server, None
        if server is None:
            return
        server.close()
        if self._calls is not None:
            await self._calls.close()

    def state(self) -> dict[str, object]:
        """Where it listens."""
        listening = None
        if self._server is not None:
            host, port = self._server.sockets[0].getsockname()[:2]
            listening = f"{host}:{port}"
        return {"listening": listening, "calls": len(self._calls) if self._calls is not None else 0}

    def issue(self, caller: str | None = None, tenant: str | None = None) -> str:
        """A UUID for one call within the next minute. Raises OverflowError when nobody uses them."""
        now = self._clock()
        self._issued = {name: issued for name, issued in self._issued.items() if issued.until > now}
        if len(self._issued) >= MOST_ISSUED:
            raise OverflowError("too many UUIDs wait for their calls")
        name = str(uuid.uuid4())
        number = e164(caller, self._settings.country) if caller else None
        self._issued[name] = Issued(number, tenant, now + ISSUED_SECONDS)
        return name

    def result(self, call: str) -> str | None:
        """Where the dialplan dials after this call, or None."""
        return self._results.of(call)

    def _admit(self, name: str, peer: str) -> Issued | None:
        issued = self._issued.pop(name, None)
        if issued is not None and issued.until > self._clock():
            return issued
        if self._settings.audiosocket_open and any(ip_address(peer) in network for network in LOOPBACK):
            return Issued(None, None, 0.0)
        return None

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.transport.set_write_buffer_limits(high=UNSENT_BYTES)
        try:
            await self._serve(reader, writer)
        except (ProtocolError, TimeoutError) as error:
            log.warning("audiosocket_refused", reason=str(error) or "nothing came")
        except OSError:
            pass  # the connection broke
        finally:
            writer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        calls = self._calls
        if calls is None or self._unnamed >= UNNAMED_CONNECTIONS:
            raise ProtocolError("too many connections without a UUID")
        parser = Parser()
        self._unnamed += 1
        try:
            async with asyncio.timeout(FIRST_SECONDS):
                name, *rest = await self._first(reader, parser)
        finally:
            self._unnamed -= 1
        call = str(uuid.UUID(bytes=name.payload))
        issued = self._admit(call, writer.get_extra_info("peername")[0])
        if issued is None:
            writer.write(pack(HANGUP))
            raise ProtocolError("a UUID that was not issued here, or is used up")
        if not self._capacity.take(standing=True):
            writer.write(pack(HANGUP))
            raise ProtocolError("all lines are busy")
        line = AudioSocketLine(writer, self._results, call, issued)
        line.start()
        calls.begin(line)
        try:
            await self._listen(line, reader, parser, rest)
        finally:
            line.over()
            await calls.finish(line)

    async def _first(self, reader: asyncio.StreamReader, parser: Parser) -> list[Message]:
        while True:
            data = await reader.read(4096)
            if not data:
                raise ProtocolError("gone before the UUID")
            messages = parser.feed(data)
            if messages:
                if messages[0].kind != NAME:
                    raise ProtocolError("gone before the UUID")
                return messages

    async def _listen(
        self, line: AudioSocketLine, reader: asyncio.StreamReader, parser: Parser, messages: list[Message]
    ) -> None:
        while True:
            for message in messages:
                line.take(message)
            if line.intake.ended:
                return
            async with asyncio.timeout(self._settings.silent_peer):
                data = await reader.read(4096)
            if not data:
                return
            messages = parser.feed(data)

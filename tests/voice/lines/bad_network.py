"""A network between a SIP client and a door that loses packets of speech, delays them and changes their order."""

import asyncio
import contextlib
import random
import re
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field

Address = tuple[str, int]
HOST = "127.0.0.1"


@dataclass
class Weather:
    """What happens to packets of speech: the share that is lost, and seconds of delay, drawn anew for each packet."""

    loss: float = 0.0
    delay: float = 0.08
    dice: random.Random = field(default_factory=lambda: random.Random(7))
    carried: int = 0
    lost: int = 0

    def carry(self, send: Callable[[], None]) -> None:
        """Send now, later or never."""
        if self.dice.random() < self.loss:
            self.lost += 1
            return
        self.carried += 1
        asyncio.get_running_loop().call_later(self.dice.uniform(0, self.delay), send)


class _Socket(asyncio.DatagramProtocol):
    """A UDP socket at a port of its own."""

    def __init__(self, on_packet: Callable[[bytes, Address], None]) -> None:
        self.datagram_received = on_packet  # type: ignore[method-assign]

    @classmethod
    async def open(cls, on_packet: Callable[[bytes, Address], None]) -> "_Socket":
        made = cls(on_packet)
        made.transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(
            lambda: made, local_addr=(HOST, 0)
        )
        made.port = made.transport.get_extra_info("sockname")[1]
        return made

    transport: asyncio.DatagramTransport
    port: int = 0

    def send(self, data: bytes, port: int) -> None:
        if not self.transport.is_closing():
            self.transport.sendto(data, (HOST, port))


class Relay:
    """Stands between one client and a door: each of the two takes it for the other.

    Signalling passes whole, with addresses exchanged in it so that speech comes this way too. All ports have five
    digits, so no length changes.
    """

    def __init__(self, door: int, weather: Weather) -> None:
        self._door, self._weather = door, weather
        self._client = 0
        self._client_speech = self._door_speech = 0

    async def open(self) -> int:
        """Where the client is to call."""
        self._to_client = await _Socket.open(self._from_client)
        self._to_door = await _Socket.open(self._from_door)
        self._speech_to_client = await _Socket.open(lambda data, _: self._carry(data, from_client=True))
        self._speech_to_door = await _Socket.open(lambda data, _: self._carry(data, from_client=False))
        return self._to_client.port

    def close(self) -> None:
        for socket in (self._to_client, self._to_door, self._speech_to_client, self._speech_to_door):
            socket.transport.close()

    def _from_client(self, data: bytes, source: Address) -> None:
        self._client = source[1]
        self._client_speech = _speech_port(data) or self._client_speech
        data = _readdressed(data, self._client, self._to_door.port, self._speech_to_door.port)
        self._to_door.send(_readdressed(data, self._to_client.port, self._door), self._door)

    def _from_door(self, data: bytes, _: Address) -> None:
        self._door_speech = _speech_port(data) or self._door_speech
        data = _readdressed(data, self._door, self._to_client.port, self._speech_to_client.port)
        self._to_client.send(_readdressed(data, self._to_door.port, self._client), self._client)

    def _carry(self, data: bytes, *, from_client: bool) -> None:
        socket = self._speech_to_door if from_client else self._speech_to_client
        self._weather.carry(lambda: socket.send(data, self._door_speech if from_client else self._client_speech))


def _speech_port(message: bytes) -> int:
    found = re.search(rb"^m=audio (\d+) ", message, re.M)
    return int(found[1]) if found else 0


def _readdressed(message: bytes, old: int, new: int, speech: int = 0) -> bytes:
    message = message.replace(f"{HOST}:{old}".encode(), f"{HOST}:{new}".encode())
    return re.sub(rb"^m=audio \d+ ", f"m=audio {speech} ".encode(), message, flags=re.M) if speech else message


@contextlib.asynccontextmanager
async def network(door: int, weather: Weather) -> AsyncIterator[int]:
    """The port of a relay to the door's port."""
    relay = Relay(door, weather)
    try:
        yield await relay.open()
    finally:
        relay.close()

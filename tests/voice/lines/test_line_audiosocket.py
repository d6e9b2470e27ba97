"""AudioSocket: the framing to the byte, and an Asterisk of our own that is as strict as its source."""

import asyncio
import contextlib
import struct
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from other_end import Bot, Bots, free_port, seconds_of, tone

from voice.lines.audiosocket import AudioSocketDoor, Message, Parser, pack
from voice.lines.calls import Capacity
from voice.lines.intake import ProtocolError
from voice.lines.line import TransferFailed
from voice.lines.resampling import Resampler
from voice.lines.results import Results
from voice.lines.settings import LineSettings

NAME = uuid.UUID("12345678-9abc-def0-1234-56789abcdef0")
NAMED = bytes.fromhex("010010123456789abcdef0123456789abcdef0")
GOLDEN = [
    (NAMED, Message(0x01, NAME.bytes)),
    (bytes.fromhex("03000135"), Message(0x03, b"5")),
    (bytes.fromhex("10000401ff02fe"), Message(0x10, bytes.fromhex("01ff02fe"))),
    (bytes.fromhex("1200020102"), Message(0x12, b"\1\2")),
    (bytes.fromhex("ff000104"), Message(0xFF, b"\4")),
    (bytes.fromhex("000000"), Message(0x00, b"")),
]


def test_messages_are_those_of_the_protocol_to_the_byte() -> None:
    parser = Parser()
    for data, message in GOLDEN:
        assert parser.feed(data) == [message]
        assert pack(message.kind, message.payload) == data


@given(st.lists(st.integers(1, 40), max_size=30))
def test_messages_are_the_same_however_the_bytes_arrive(cuts: list[int]) -> None:
    data = b"".join(data for data, _ in GOLDEN)
    parser, messages = Parser(), []
    for cut in cuts:
        messages += parser.feed(data[:cut])
        data = data[cut:]
    messages += parser.feed(data)
    assert messages == [message for _, message in GOLDEN]


@given(st.binary(max_size=600), st.booleans())
def test_any_bytes_are_messages_of_the_protocol_or_refused(data: bytes, named: bool) -> None:
    parser = Parser()
    with contextlib.suppress(ProtocolError):
        messages = parser.feed((NAMED if named else b"") + data)
        for message in messages:
            assert message.kind in {0x00, 0x01, 0x03, 0xFF, *range(0x10, 0x19)}
        assert b"".join(pack(message.kind, message.payload) for message in messages) == (
            (NAMED if named else b"") + data
        )[: sum(3 + len(message.payload) for message in messages)]


@pytest.mark.parametrize(
    "data", ["10000401ff02fe", "03000135", "01000f", "010011", NAMED.hex() * 2, NAMED.hex() + "02000100",
             NAMED.hex() + "100003", NAMED.hex() + "10ffff", NAMED.hex() + "030002", NAMED.hex() + "190002",
             "474554202f20485454502f312e310d0a"],
)
def test_what_is_not_the_protocol_is_refused_as_soon_as_it_can_be_seen(data: str) -> None:
    with pytest.raises(ProtocolError):
        Parser().feed(bytes.fromhex(data))


@contextlib.asynccontextmanager
async def office(
    step: Callable[[Bot], Awaitable[None]] | None = None, *, calls: int = 4, **options: Any
) -> AsyncIterator[tuple[AudioSocketDoor, Bots, int]]:
    port = free_port()
    bots = Bots(step)
    capacity = Capacity(calls)
    door = AudioSocketDoor(LineSettings(audiosocket_listen=f"127.0.0.1:{port}", **options), capacity, Results())
    await door.open(bots)
    try:
        yield door, bots, port
    finally:
        await asyncio.wait_for(door.close(), 20)
    assert not bots.problems
    assert capacity.taken == 0, "a seat was not given back"


class Asterisk:
    """The client. Takes nothing but audio of 320 bytes at the pace of speech, and the hang-up."""

    def __init__(self, port: int, name: str) -> None:
        self.port, self.name = port, name
        self.sound = b""
        self.times: list[float] = []
        self.hung_up = False
        self.ended = asyncio.Event()

    async def __aenter__(self) -> "Asterisk":
        self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self.port)
        self.writer.write(pack(0x01, uuid.UUID(self.name).bytes))
        self._reading = asyncio.create_task(self._read())
        return self

    async def __aexit__(self, *_: object) -> None:
        self.writer.close()
        await asyncio.wait_for(self._reading, 5)

    async def _read(self) -> None:
        try:
            while True:
                kind, length = struct.unpack(">BH", await self.reader.readexactly(3))
                payload = await self.reader.readexactly(length)
                if kind == 0x00:
                    assert length == 0
                    self.hung_up = True
                    return
                assert (kind, length) == (0x10, 320)
                self.sound += payload
                self.times.append(time.monotonic())
        except (asyncio.IncompleteReadError, OSError):
            pass
        finally:
            self.ended.set()

    async def talk(self, kind: int = 0x10, rate: int = 8000) -> None:
        up = Resampler(8000, rate)
        with contextlib.suppress(OSError):
            while not self.ended.is_set():
                self.writer.write(pack(kind, up.resample(tone(300, 0.02))))
                await self.writer.drain()
                await asyncio.sleep(0.02)

    async def end(self) -> None:
        await asyncio.wait_for(self.ended.wait(), 15)


async def say_and_hang_up(bot: Bot) -> None:
    await bot.line.write(tone(440, 0.6))
    await bot.line.drained()
    bot.notes.append(f"{time.monotonic() - bot.begun:.2f}")
    await bot.line.hangup()


@pytest.mark.parametrize(("kind", "rate"), [(0x10, 8000), (0x12, 16000), (0x16, 48000)])
def test_a_call_is_heard_in_any_rate_and_answered_at_the_pace_of_speech(kind: int, rate: int) -> None:
    async def run() -> None:
        async with office(say_and_hang_up) as (door, bots, port):
            name = door.issue("0331 555 0123", "kreis")
            async with Asterisk(port, name) as asterisk:
                talking = asyncio.create_task(asterisk.talk(kind, rate))
                await asterisk.end()
                talking.cancel()
            bot = bots.calls[0]
            assert asterisk.hung_up
            assert (bot.line.caller, bot.line.tenant) == ("+493315550123", "kreis")
            assert 0.52 <= seconds_of(asterisk.sound, 440) <= 0.62
            assert 0.58 <= float(bot.notes[0]) <= 2.5
            assert seconds_of(bytes(bot.heard), 300) > 0.3
            assert all(later - at >= 0.015 for at, later in zip(asterisk.times, asterisk.times[5:], strict=False))

    asyncio.run(run())


def test_a_key_interrupts() -> None:
    async def step(bot: Bot) -> None:
        speaking = asyncio.create_task(bot.line.write(tone(440, 60.0)))
        bot.notes.append(await bot.key(2))
        bot.line.flush()
        await asyncio.wait_for(speaking, 1)
        await bot.line.write(tone(880, 0.3))
        await bot.line.drained()
        await bot.line.hangup()

    async def run() -> None:
        async with office(step) as (door, bots, port), Asterisk(port, door.issue()) as asterisk:
            await asyncio.sleep(0.3)
            asterisk.writer.write(pack(0x03, b"A") + pack(0x03, b"4") + pack(0x03, b"#"))
            await asterisk.end()
            assert bots.calls[0].notes == ["4#"]
            assert seconds_of(asterisk.sound, 440) < 2
            assert 0.25 <= seconds_of(asterisk.sound, 880) <= 0.32

    asyncio.run(run())


def test_the_dialplan_gets_the_call_back_with_a_target() -> None:
    async def step(bot: Bot) -> None:
        with pytest.raises(TransferFailed):
            await bot.line.transfer("4711,1,Dial(${EVIL})")
        await bot.line.transfer("4711")

    async def run() -> None:
        async with office(step) as (door, _, port):
            name = door.issue()
            async with Asterisk(port, name) as asterisk:
                await asterisk.end()
                assert asterisk.hung_up
            assert door.result(name) == "4711"
            assert door.result(str(uuid.uuid4())) is None

    asyncio.run(run())


def test_a_uuid_opens_the_door_once_and_for_a_minute() -> None:
    now = 0.0

    async def run() -> None:
        nonlocal now
        port = free_port()
        bots = Bots(say_and_hang_up)
        door = AudioSocketDoor(
            LineSettings(audiosocket_listen=f"127.0.0.1:{port}"), Capacity(4), Results(), clock=lambda: now
        )
        await door.open(bots)
        once, late = door.issue(), door.issue()
        for name, opens in ((str(uuid.uuid4()), 0), (once, 1), (once, 1)):
            async with Asterisk(port, name) as asterisk:
                await asterisk.end()
                assert asterisk.hung_up
            assert len(bots.calls) == opens
        now = 61.0
        async with Asterisk(port, late) as asterisk:
            await asterisk.end()
        assert len(bots.calls) == 1
        await door.close()

    asyncio.run(run())


def test_any_uuid_opens_it_only_where_that_was_set() -> None:
    async def run() -> None:
        async with office(say_and_hang_up, audiosocket_open=True) as (_, bots, port):
            async with Asterisk(port, str(NAME)) as asterisk:
                await asterisk.end()
            assert len(bots.calls) == 1

    asyncio.run(run())


@pytest.mark.parametrize("leave", ["hangs up", "closes", "breaks", "falls silent", "reports an error", "sends garbage"])
def test_the_caller_may_go_at_any_moment(leave: str) -> None:
    async def step(bot: Bot) -> None:
        await bot.line.write(tone(440, 60.0))
        await bot.line.drained()

    async def run() -> None:
        async with office(step, silent_peer=0.5) as (door, bots, port), Asterisk(port, door.issue()) as asterisk:
            await bots.first()
            asterisk.writer.write(pack(0x10, bytes(320)))
            match leave:
                case "hangs up":
                    asterisk.writer.write(pack(0x00))
                case "closes":
                    asterisk.writer.close()
                case "breaks":
                    asterisk.writer.transport.abort()
                case "reports an error":
                    asterisk.writer.write(pack(0xFF, b"\1"))
                case "sends garbage":
                    asterisk.writer.write(b"GET / HTTP/1.1\r\n\r\n")
            await bots.all_ended(5)
            await asterisk.end()

    asyncio.run(run())


def test_an_asterisk_that_reads_nothing_holds_no_call_for_ever() -> None:
    async def step(bot: Bot) -> None:
        await bot.line.write(tone(440, 60.0))

    async def run() -> None:
        async with office(step, silent_peer=0.5) as (door, bots, port):
            reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1024)
            writer.write(pack(0x01, uuid.UUID(door.issue()).bytes))
            await bots.first()
            await bots.all_ended(15)
            writer.close()

    asyncio.run(run())


def test_a_connection_without_a_word_is_closed_and_takes_no_seat(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("voice.lines.audiosocket.FIRST_SECONDS", 0.5)

    async def run() -> None:
        async with office(say_and_hang_up, calls=1) as (door, bots, port):
            idle = [await asyncio.open_connection("127.0.0.1", port) for _ in range(5)]
            async with Asterisk(port, door.issue()) as asterisk:
                await asterisk.end()
            assert len(bots.calls) == 1
            assert await asyncio.wait_for(idle[0][0].read(), 10) == b""
            for _, writer in idle:
                writer.close()

    asyncio.run(run())


def test_closing_the_door_hangs_up() -> None:
    async def run() -> None:
        async with office() as (door, bots, port), Asterisk(port, door.issue()) as asterisk:
            await bots.first()
            await door.close()
            await asterisk.end()
            assert asterisk.hung_up
            with pytest.raises(OSError):
                await asyncio.open_connection("127.0.0.1", port)

    asyncio.run(run())


def test_a_port_that_is_taken_is_said_at_once() -> None:
    async def run() -> None:
        async with office() as (_, _, port):
            with pytest.raises(OSError):
                await AudioSocketDoor(
                    LineSettings(audiosocket_listen=f"127.0.0.1:{port}"), Capacity(1), Results()
                ).open(Bots())

    asyncio.run(run())

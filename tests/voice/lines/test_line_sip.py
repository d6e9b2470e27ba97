"""Real SIP clients call a real door: they are answered, heard, put through, refused and hung up on."""

import asyncio
import contextlib
import socket
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from other_end import Bot, Bots, free_port, seconds_of, tone
from sip_clients import CAN_PRESS, HAVE_BARESIP, HAVE_OPENSSL, HAVE_SIPP, baresip, make_certificate, sipp

from voice.lines.calls import Capacity
from voice.lines.line import TransferFailed
from voice.lines.names import e164
from voice.lines.settings import LineSettings
from voice.lines.sip import SipDoor, _host, _Sources, _user

needs_sipp = pytest.mark.skipif(not HAVE_SIPP, reason="SIPp is not installed (Debian: sip-tester)")
needs_keys = pytest.mark.skipif(not CAN_PRESS, reason="SIPp with a raw socket is needed to press keys")
needs_baresip = pytest.mark.skipif(not HAVE_BARESIP, reason="baresip is not installed (Debian: baresip-core)")


@contextlib.asynccontextmanager
async def exchange(
    step: Callable[[Bot], Awaitable[None]] | None = None, *, calls: int = 4, **options: Any
) -> AsyncIterator[tuple[SipDoor, Bots, int]]:
    port = free_port()
    media = free_port(60)
    bots = Bots(step)
    capacity = Capacity(calls)
    options = {"sip_listen": f"127.0.0.1:{port}", "sip_rtp_ports": f"{media}-{media + 59}"} | options
    door = SipDoor(LineSettings(**options), capacity)
    await door.open(bots)
    try:
        yield door, bots, port
    finally:
        await asyncio.wait_for(door.close(), 20)
    assert not bots.problems
    assert capacity.taken == 0, "a seat was not given back"


async def say_and_hang_up(bot: Bot) -> None:
    await bot.line.write(tone(440, 0.7))
    await bot.line.drained()
    bot.notes.append(f"{time.monotonic() - bot.begun:.2f}")
    await bot.line.hangup()


@needs_sipp
@pytest.mark.parametrize("law", [8, 0])
def test_a_caller_is_answered_heard_and_hung_up_on(law: int, tmp_path: Path) -> None:
    async def run() -> None:
        async with exchange(say_and_hang_up, sip_tenants={"4711": "kreis"}) as (door, bots, port):
            ran = await sipp("wait_for_bye", port, tmp_path, law=law)
            assert ran.code == 0, ran.said
            bot = bots.calls[0]
            assert (bot.line.caller, bot.line.tenant) == ("+493315550123", "kreis")
            assert 0.68 <= float(bot.notes[0]) <= 2.5
            if law == 8:  # the tone's file is A-law
                assert seconds_of(bytes(bot.heard), 300) > 0.3
            assert door.state()["starved"] == 0

    asyncio.run(run())


@needs_keys
def test_a_key_interrupts_and_the_caller_may_hang_up(tmp_path: Path) -> None:
    async def step(bot: Bot) -> None:
        speaking = asyncio.create_task(bot.line.write(tone(440, 60.0)))
        bot.notes.append(await bot.key())
        bot.line.flush()
        await asyncio.wait_for(speaking, 1)
        await asyncio.wait_for(bot.line.drained(), 1)

    async def run() -> None:
        async with exchange(step) as (_, bots, port):
            ran = await sipp("keys_and_bye", port, tmp_path)
            assert ran.code == 0, ran.said
            await bots.all_ended()
            assert bots.calls[0].notes == ["5"]

    asyncio.run(run())


@needs_sipp
def test_a_caller_who_hangs_up_at_once_leaves_nothing_behind(tmp_path: Path) -> None:
    async def run() -> None:
        async with exchange(say_and_hang_up, calls=8) as (door, bots, port):
            ran = await sipp("hang_up_early", port, tmp_path, calls=5)
            assert ran.code == 0, ran.said
            await bots.all_ended()
            async with asyncio.timeout(5):
                while door.state()["calls"]:
                    await asyncio.sleep(0.01)

    asyncio.run(run())


async def put_through(bot: Bot, *, attended: bool = False) -> None:
    await asyncio.sleep(0.4)
    began = time.monotonic()
    try:
        await bot.line.transfer("4712", attended=attended)
        bot.notes.append("through")
    except TransferFailed as failure:
        bot.notes += ["failed", str(failure), f"{time.monotonic() - began:.1f}"]
        await asyncio.sleep(0.2)
        heard = len(bot.heard)
        await bot.line.write(tone(440, 0.3))
        await bot.line.drained()
        assert len(bot.heard) > heard, "the call does not go on"
        await bot.line.hangup()


@needs_sipp
def test_a_caller_is_put_through(tmp_path: Path) -> None:
    async def run() -> None:
        async with exchange(put_through, sip_domain="127.0.0.1:5999") as (_, bots, port):
            ran = await sipp("refer", port, tmp_path)
            assert ran.code == 0, ran.said
            assert "sip:4712@127.0.0.1:5999" in ran.said
            await bots.all_ended()
            assert bots.calls[0].notes == ["through"]

    asyncio.run(run())


@needs_sipp
def test_after_a_transfer_that_failed_the_call_goes_on(tmp_path: Path) -> None:
    async def run() -> None:
        async with exchange(put_through) as (_, bots, port):
            ran = await sipp("refer", port, tmp_path, outcome="486 Busy Here")
            assert ran.code == 0, ran.said
            assert bots.calls[0].notes[0] == "failed"
            assert "486" in bots.calls[0].notes[1]

    asyncio.run(run())


@needs_sipp
def test_a_transfer_nobody_reports_on_fails_in_time(tmp_path: Path) -> None:
    async def run() -> None:
        async with exchange(put_through, transfer=0.5) as (_, bots, port):
            ran = await sipp("refer_unreported", port, tmp_path)
            assert ran.code == 0, ran.said
            assert bots.calls[0].notes[0] == "failed"
            assert 0.4 <= float(bots.calls[0].notes[2]) <= 4

    asyncio.run(run())


@needs_sipp
def test_an_attended_transfer_calls_the_extension_first(tmp_path: Path) -> None:
    async def run() -> None:
        extension = free_port()
        async with exchange(
            lambda bot: put_through(bot, attended=True), sip_domain=f"127.0.0.1:{extension}"
        ) as (_, bots, port):
            answering = asyncio.create_task(sipp("extension", None, tmp_path, own_port=extension))
            ran = await sipp("refer_attended", port, tmp_path)
            assert ran.code == 0, ran.said
            assert "Replaces" in ran.said
            assert (await answering).code == 0
            assert bots.calls[0].notes == ["through"]

    asyncio.run(run())


@needs_sipp
def test_an_attended_transfer_to_a_busy_extension_leaves_the_call_with_us(tmp_path: Path) -> None:
    async def run() -> None:
        extension = free_port()
        async with exchange(
            lambda bot: put_through(bot, attended=True), sip_domain=f"127.0.0.1:{extension}"
        ) as (_, bots, port):
            answering = asyncio.create_task(sipp("extension_busy", None, tmp_path, own_port=extension))
            ran = await sipp("wait_for_bye", port, tmp_path)
            assert ran.code == 0, ran.said
            assert (await answering).code == 0
            assert bots.calls[0].notes[0] == "failed"

    asyncio.run(run())


@needs_sipp
def test_a_caller_may_give_up_while_it_rings(tmp_path: Path) -> None:
    async def run() -> None:
        async with exchange(sip_ring=0.5) as (_, bots, port):
            ran = await sipp("cancel", port, tmp_path)
            assert ran.code == 0, ran.said
            await asyncio.sleep(0.6)
            assert not bots.calls

    asyncio.run(run())


@needs_sipp
def test_beyond_the_limit_a_caller_hears_busy(tmp_path: Path) -> None:
    refused = asyncio.Event()

    async def step(bot: Bot) -> None:
        async with asyncio.timeout(10):
            while not refused.is_set():
                await asyncio.sleep(0.01)
        await bot.line.hangup()

    async def run() -> None:
        async with exchange(step, calls=1) as (_, bots, port):
            first = asyncio.create_task(sipp("wait_for_bye", port, tmp_path))
            await bots.first()
            assert (await sipp("busy", port, tmp_path)).code == 0
            refused.set()
            assert (await first).code == 0
            assert len(bots.calls) == 1

    asyncio.run(run())


@needs_sipp
def test_a_stranger_is_refused_whatever_it_says_it_is(tmp_path: Path) -> None:
    async def run() -> None:
        async with exchange(sip_peers=["192.0.2.0/24"]) as (door, bots, port):
            assert (await sipp("busy", port, tmp_path, caller="4711@192.0.2.1;x=")).code == 0
            assert not bots.calls
            assert door.state()["refused"] == 1

    asyncio.run(run())


@needs_sipp
def test_a_caller_whose_line_falls_silent_is_let_go(tmp_path: Path) -> None:
    async def run() -> None:
        async with exchange(silent_peer=1.0) as (_, bots, port):
            await sipp("wait_for_bye", port, tmp_path, rounds=1)
            await bots.all_ended()

    asyncio.run(run())


@needs_sipp
def test_ten_calls_at_once_by_tcp_and_none_breaks_off(tmp_path: Path) -> None:
    async def run() -> None:
        async with exchange(say_and_hang_up, calls=10) as (door, bots, port):
            ran = await sipp("wait_for_bye", port, tmp_path, calls=10, transport="t1")
            assert ran.code == 0, ran.said
            assert len(bots.calls) == 10
            assert door.state()["starved"] == 0
            assert all(float(bot.notes[0]) < 2.5 for bot in bots.calls)
            assert all(seconds_of(bytes(bot.heard), 300) > 0.3 for bot in bots.calls)

    asyncio.run(run())


@needs_sipp
def test_closing_the_door_hangs_up(tmp_path: Path) -> None:
    async def run() -> None:
        async with exchange() as (door, bots, port):
            calling = asyncio.create_task(sipp("wait_for_bye", port, tmp_path))
            await bots.first()
            await asyncio.sleep(0.5)
            await door.close()
            assert (await calling).code == 0
            assert door.state()["listening"] is None

    asyncio.run(run())


@needs_baresip
def test_a_telephone_hears_the_tone_whole_and_stops_hearing_it_when_interrupted(tmp_path: Path) -> None:
    async def step(bot: Bot) -> None:
        await bot.line.write(tone(440, 0.7))
        await bot.line.drained()
        speaking = asyncio.create_task(bot.line.write(tone(880, 20.0)))
        await asyncio.sleep(0.4)
        bot.line.flush()
        await asyncio.wait_for(speaking, 1)
        await bot.line.write(tone(1200, 0.4))
        await bot.line.drained()
        await asyncio.sleep(0.3)
        await bot.line.hangup()

    async def run() -> None:
        async with exchange(step) as (door, bots, port):
            ran, heard = await baresip(port, tmp_path, seconds=3, sound=tone(300, 8.0))
            assert bots.calls, ran.said
            await bots.all_ended()
            assert 0.6 <= seconds_of(heard, 440) <= 0.75
            assert 0.2 <= seconds_of(heard, 880) <= 0.7
            assert 0.3 <= seconds_of(heard, 1200) <= 0.45
            assert seconds_of(bytes(bots.calls[0].heard), 300) > 0.7
            assert door.state()["starved"] == 0

    asyncio.run(run())


@needs_baresip
@pytest.mark.skipif(not HAVE_OPENSSL, reason="openssl makes the certificate")
def test_signalling_and_speech_may_be_encrypted(tmp_path: Path) -> None:
    async def run() -> None:
        certificate = await make_certificate(tmp_path)
        async with exchange(say_and_hang_up, sip_certificate=certificate, sip_srtp="required") as (door, bots, port):
            ran, heard = await baresip(port, tmp_path, seconds=2, sound=tone(300, 8.0), encrypted=True)
            assert bots.calls, ran.said
            await bots.all_ended()
            assert 0.6 <= seconds_of(heard, 440) <= 0.75
            assert seconds_of(bytes(bots.calls[0].heard), 300) > 0.3

    asyncio.run(run())


@needs_sipp
def test_who_must_speak_encrypted_and_does_not_is_not_answered(tmp_path: Path) -> None:
    async def run() -> None:
        async with exchange(say_and_hang_up, sip_srtp="required") as (_, bots, port):
            ran = await sipp("wait_for_bye", port, tmp_path)
            assert ran.code != 0
            assert "488" in ran.said
            assert not bots.calls

    asyncio.run(run())


def test_an_extension_registers_again_until_the_exchange_answers_and_takes_leave() -> None:
    class Registrar(asyncio.DatagramProtocol):
        """Answers a REGISTER with 200, once it is allowed to."""

        def __init__(self) -> None:
            self.expires: list[str] = []

        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            self.transport = transport

        def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
            lines = data.decode().split("\r\n")
            if not lines[0].startswith("REGISTER"):
                return
            kept = [line for line in lines if line.split(":")[0] in ("Via", "From", "Call-ID", "CSeq", "Contact", "To")]
            self.expires += [line.split("expires=")[1] for line in lines if line.startswith("Contact")]
            kept = [line + ";tag=r" if line.startswith("To:") else line for line in kept]
            answer = "\r\n".join(["SIP/2.0 200 OK", *kept])
            self.transport.sendto(f"{answer}\r\nContent-Length: 0\r\n\r\n".encode(), addr)  # type: ignore[attr-defined]

    async def run() -> None:
        registrar = Registrar()
        transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(
            lambda: registrar, local_addr=("127.0.0.1", 0)
        )
        port = transport.get_extra_info("sockname")[1]
        async with exchange(sip_register=60, sip_domain=f"127.0.0.1:{port}", sip_password="geheim") as (door, _, _):
            async with asyncio.timeout(10):
                while not door.state()["registered"]:
                    await asyncio.sleep(0.02)
            assert registrar.expires == ["60"]
        assert registrar.expires[-1] == "0"
        transport.close()

    asyncio.run(run())


def test_a_port_that_is_taken_is_said_at_once() -> None:
    async def run() -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
            taken.bind(("127.0.0.1", 0))
            door = SipDoor(LineSettings(sip_listen=f"127.0.0.1:{taken.getsockname()[1]}"), Capacity(1))
            with pytest.raises(OSError, match="cannot listen"):
                await door.open(Bots())
            await door.close()

    asyncio.run(run())


def test_a_registration_needs_an_exchange() -> None:
    with pytest.raises(ValueError, match="LOTSE_VOICE_SIP_DOMAIN"):
        asyncio.run(SipDoor(LineSettings(sip_register=60), Capacity(1)).open(Bots()))


@pytest.mark.parametrize(
    ("given", "expected"),
    [("03315550123", "+493315550123"), ("+493315550123", "+493315550123"), ("00493315550123", "+493315550123"),
     ("anonymous", None), ("17", None), ("", None), ("+" * 300, None)],
)
def test_callers_are_known_by_e164_or_not_at_all(given: str, expected: str | None) -> None:
    assert e164(given, "DE") == expected


def test_addresses_are_taken_apart() -> None:
    assert _user('"A <x>" <sip:4711@host>;tag=1') == "4711"
    assert _user("<tel:+49331>") == "+49331"
    assert _user("nonsense") == ""
    assert _host("sip:4711@pbx.example:5070;transport=tcp") == "pbx.example:5070"


def test_where_a_call_came_from_is_read_from_the_trace_and_only_there() -> None:
    import logging  # noqa: PLC0415

    sources = _Sources()
    text = "RX UDP 10.0.0.5:5060 -> 10.0.0.9:5060\nINVITE sip:x SIP/2.0\nVia: UDP 10.9.9.9\nCall-ID: abc@x\n\nv=0"
    sources.emit(logging.makeLogRecord({"msg": text}))
    sources.emit(logging.makeLogRecord({"msg": text.replace("abc", "tx").replace("RX", "TX")}))
    assert str(asyncio.run(sources.of("abc@x"))) == "10.0.0.5"
    assert asyncio.run(sources.of("tx@x")) is None

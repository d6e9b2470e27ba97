"""Calls over WebSockets: each dialect's other end, written strictly, over a real server and real sockets."""

import asyncio
import base64
import contextlib
import hashlib
import hmac
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
import uvicorn
import websockets
from fastapi import FastAPI, Request, WebSocket
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from other_end import Bot, Bots, seconds_of, tone
from websockets.asyncio.client import ClientConnection

from voice.lines import g711
from voice.lines.asterisk import parse_control
from voice.lines.calls import Capacity
from voice.lines.intake import ProtocolError
from voice.lines.line import TransferFailed
from voice.lines.resampling import Resampler
from voice.lines.results import Results, jambonz_verbs, twiml
from voice.lines.settings import LineSettings
from voice.lines.tokens import sign_token
from voice.lines.websocket import StreamDoor

SECRET = "a-secret"
AFAR = {"X-Forwarded-For": "203.0.113.7"}
FRAME = tone(300, 0.02)


class Office:
    """A door at a port, and the means to call it."""

    def __init__(self, door: StreamDoor, bots: Bots, results: Results, port: int) -> None:
        self.door, self.bots, self.results, self.port = door, bots, results, port

    def call(self, query: str, **arguments: Any) -> websockets.connect:
        return websockets.connect(f"ws://127.0.0.1:{self.port}/voice/stream?{query}", proxy=None, **arguments)


@contextlib.asynccontextmanager
async def serving(app: FastAPI) -> AsyncIterator[int]:
    """A server without its main loop, which only looks every 100 ms whether to stop."""
    config = uvicorn.Config(app, host="127.0.0.1", port=0, log_level="critical", lifespan="off")
    config.load()
    server = uvicorn.Server(config)
    server.lifespan = config.lifespan_class(config)
    await server.startup()
    try:
        yield server.servers[0].sockets[0].getsockname()[1]
    finally:
        await asyncio.wait_for(server.shutdown(), 5)


@contextlib.asynccontextmanager
async def office(
    step: Callable[[Bot], Awaitable[None]] | None = None, *, calls: int = 4, **options: Any
) -> AsyncIterator[Office]:
    options.setdefault("stream", ["browser", "asterisk", "jambonz", "twilio"])
    bots, results = Bots(step), Results()
    door = StreamDoor(LineSettings(**options), Capacity(calls), results, secret=SECRET)
    app = FastAPI()

    @app.websocket("/voice/stream")
    async def stream(websocket: WebSocket) -> None:
        await door.stream(websocket)

    await door.open(bots)
    async with serving(app) as port:
        try:
            yield Office(door, bots, results, port)
        finally:
            await asyncio.wait_for(door.close(), 20)
    assert not bots.problems
    assert door._capacity.taken == 0, "a seat was not given back"


class Ear:
    """Reads everything that comes over a socket, with the time at which it came."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self.audio: list[tuple[float, bytes]] = []
        self.texts: list[str] = []
        self.closed: tuple[int, str] | None = None
        self._news = asyncio.Event()
        self._reading = asyncio.create_task(self._read())

    async def _read(self) -> None:
        try:
            async for message in self.socket:
                if isinstance(message, bytes):
                    self.audio.append((time.monotonic(), message))
                else:
                    self.texts.append(message)
                self._news.set()
        except websockets.ConnectionClosed:
            pass
        self.closed = (self.socket.close_code or 0, self.socket.close_reason or "")
        self._news.set()

    async def until(self, what: Callable[[], bool]) -> None:
        async with asyncio.timeout(10):
            while not what():
                self._news.clear()
                await self._news.wait()

    async def end(self) -> tuple[int, str]:
        await asyncio.wait_for(self._reading, 15)
        assert self.closed is not None
        return self.closed

    @property
    def sound(self) -> bytes:
        return b"".join(audio for _, audio in self.audio)

    def messages(self) -> list[dict[str, Any]]:
        return [json.loads(text) for text in self.texts]

    def named(self, key: str, name: str) -> list[dict[str, Any]]:
        return [message for message in self.messages() if message.get(key) == name]


async def talk(socket: ClientConnection, pack: Callable[[bytes], str | bytes] = bytes, seconds: float = 60) -> None:
    """Speak as a caller's telephone does: 20 ms every 20 ms."""
    with contextlib.suppress(websockets.ConnectionClosed):
        for _ in range(int(seconds * 50)):
            await socket.send(pack(FRAME))
            await asyncio.sleep(0.02)


async def say_it(bot: Bot) -> None:
    await bot.line.write(tone(440, 0.6))
    await bot.line.drained()
    bot.notes.append(f"{time.monotonic() - bot.begun:.2f}")
    await bot.line.hangup()


# --- the page ---------------------------------------------------------------------------------------------------------


def test_the_page_hears_a_tone_at_the_pace_of_speech_and_the_call_ends_after_it() -> None:
    async def run() -> None:
        async with office(say_it) as place, place.call("dialect=browser&tenant=kreis") as socket:
            ear = Ear(socket)
            talking = asyncio.create_task(talk(socket))
            assert await ear.end() == (1000, "")
            talking.cancel()
            bot = await place.bots.first()
            await place.bots.all_ended()
            assert bot.line.tenant == "kreis"
            assert bot.line.caller is None
            assert 0.52 <= seconds_of(ear.sound, 440) <= 0.62
            assert 0.58 <= float(bot.notes[0]) <= 2.5
            assert all(len(audio) == 320 for _, audio in ear.audio)
            heard = [at for at, audio in ear.audio if any(audio)]
            assert 0.5 <= heard[-1] - heard[0] <= 2.5
            assert seconds_of(bytes(bot.heard), 300) > 0.3
            assert ear.messages()[0] == {"type": "ready", "call": bot.line.id}
            assert ear.messages()[-1] == {"type": "hangup"}

    asyncio.run(run())


def test_a_key_interrupts_and_what_was_not_heard_is_thrown_away() -> None:
    async def step(bot: Bot) -> None:
        speaking = asyncio.create_task(bot.line.write(tone(440, 20.0)))
        bot.notes.append(await bot.key())
        bot.line.flush()
        await asyncio.wait_for(speaking, 1)
        await asyncio.wait_for(bot.line.drained(), 1)
        await bot.line.write(tone(880, 0.4))
        await bot.line.drained()
        await bot.line.show({"type": "transcript", "text": "Grüße"})
        await bot.line.hangup()

    async def run() -> None:
        async with office(step) as place, place.call("dialect=browser") as socket:
            ear = Ear(socket)
            await ear.until(lambda: seconds_of(ear.sound, 440) > 0.3)
            await socket.send(json.dumps({"type": "key", "key": "5"}))
            await ear.end()
            assert place.bots.calls[0].notes == ["5"]
            assert seconds_of(ear.sound, 440) < 3
            assert 0.3 <= seconds_of(ear.sound, 880) <= 0.42
            flushed = ear.texts.index('{"type": "flush"}')
            assert ear.messages()[flushed + 1 :] == [{"type": "transcript", "text": "Grüße"}, {"type": "hangup"}]

    asyncio.run(run())


@pytest.mark.parametrize("leave", ["says so", "closes", "vanishes"])
def test_the_caller_may_go_at_any_moment(leave: str) -> None:
    async def step(bot: Bot) -> None:
        await bot.line.write(tone(440, 60.0))
        await bot.line.drained()
        await bot.line.hangup()
        await bot.line.hangup()

    async def run() -> None:
        async with office(step) as place, place.call("dialect=browser") as socket:
            ear = Ear(socket)
            await ear.until(lambda: len(ear.audio) > 5)
            if leave == "says so":
                await socket.send('{"type": "hangup"}')
            elif leave == "closes":
                await socket.close()
            else:
                socket.transport.abort()
            await place.bots.all_ended(5)

    asyncio.run(run())


def test_a_page_that_sends_nothing_is_closed() -> None:
    async def run() -> None:
        async with office(silent_peer=0.5) as place, place.call("dialect=browser") as socket:
            assert (await Ear(socket).end())[0] == 4408
            await place.bots.all_ended()

    asyncio.run(run())


def test_a_page_that_plays_a_sample_call_says_so_and_need_not_send_anything() -> None:
    async def step(bot: Bot) -> None:
        assert bot.line.wants_sample
        await asyncio.sleep(0.5)
        await say_it(bot)

    async def run() -> None:
        async with office(step, silent_peer=0.2) as place, place.call("dialect=browser&sample=1") as socket:
            await socket.send('{"type": "sample"}')
            ear = Ear(socket)
            assert (await ear.end())[0] == 1000
            assert seconds_of(ear.sound, 440) > 0.5

    asyncio.run(run())


def test_pings_alone_are_no_call() -> None:
    async def run() -> None:
        async with office(silent_peer=0.5) as place, place.call("dialect=browser", ping_interval=0.1) as socket:
            assert (await Ear(socket).end())[0] == 4408

    asyncio.run(run())


@pytest.mark.parametrize(
    "garbage",
    [b"\0", b"\0" * 16_002, "no json", "[]", "{}", '{"type": "key", "key": "55"}', '{"type": "key"}', "x" * 20_000,
     "[" * 10_000, b"\0" * 66_000],
)
def test_garbage_closes_the_socket_with_a_reason(garbage: str | bytes) -> None:
    async def run() -> None:
        async with office() as place, place.call("dialect=browser") as socket:
            ear = Ear(socket)
            await ear.until(lambda: len(ear.audio) > 1)
            await socket.send(garbage)
            code, reason = await ear.end()
            assert code == 4400
            assert reason
            await place.bots.all_ended()

    asyncio.run(run())


def test_a_flood_of_audio_closes_the_socket() -> None:
    async def run() -> None:
        async with office() as place, place.call("dialect=browser") as socket:
            ear = Ear(socket)
            with contextlib.suppress(websockets.ConnectionClosed):
                for _ in range(100):
                    await socket.send(b"\0" * 16_000)
            code, reason = await ear.end()
            assert (code, reason) == (4400, "audio comes faster than it is spoken")

    asyncio.run(run())


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.one_of(st.text(max_size=50), st.binary(max_size=700)), min_size=1, max_size=5), st.sampled_from(
    ["browser", "asterisk", "jambonz", "twilio"]))
def test_nothing_anybody_sends_breaks_the_door(messages: list[str | bytes], dialect: str) -> None:
    async def run() -> None:
        async with office(silent_peer=0.2) as place:
            async with place.call(f"dialect={dialect}") as socket:
                with contextlib.suppress(websockets.ConnectionClosed):
                    for message in messages:
                        await socket.send(message)
                await socket.close()
            async with place.call("dialect=browser") as socket:
                await Ear(socket).until(lambda: True)
                assert isinstance(await socket.recv(), str)

    asyncio.run(run())


# --- who gets in ------------------------------------------------------------------------------------------------------


async def closing_code(place: Office, query: str, **arguments: Any) -> int:
    async with place.call(query, **arguments) as socket:
        ear = Ear(socket)
        done, _ = await asyncio.wait({asyncio.create_task(ear.end())}, timeout=0.3)
        assert done or ear.audio
        return ear.closed[0] if ear.closed else 0


def test_from_afar_nobody_gets_in_without_a_token_of_that_dialect() -> None:
    async def run() -> None:
        soon = time.time() + 60
        good = sign_token(SECRET, "browser", soon)
        async with office() as place:
            for token in ("", "x", sign_token(SECRET, "asterisk", soon), sign_token("guess", "browser", soon),
                          sign_token(SECRET, "browser", time.time() - 1)):
                query = f"dialect=browser&token={token}"
                assert await closing_code(place, query, additional_headers=AFAR) == 4401, token
            assert not place.bots.calls
            assert await closing_code(place, f"dialect=browser&token={good}", additional_headers=AFAR) == 0

    asyncio.run(run())


def test_a_foreign_page_cannot_use_that_it_runs_on_this_machine() -> None:
    async def run() -> None:
        async with office() as place:
            assert await closing_code(place, "dialect=browser", origin="https://boese.example") == 4401
            assert await closing_code(place, "dialect=browser", origin="http://localhost:8000") == 0

    asyncio.run(run())


def test_a_chain_of_relays_with_one_stranger_is_strange() -> None:
    async def run() -> None:
        async with office() as place:
            for chain, code in (("127.0.0.1, 203.0.113.7", 4401), ("garbage", 4401), ("127.0.0.1", 0), ("::1", 0)):
                headers = {"X-Forwarded-For": chain}
                assert await closing_code(place, "dialect=browser", additional_headers=headers) == code, chain
            for peer, code in (("remote", 4401), ("loopback", 0)):
                headers = {"X-Lotse-Peer": peer}
                assert await closing_code(place, "dialect=browser", additional_headers=headers) == code, peer

    asyncio.run(run())


def test_a_dialect_that_is_not_open_or_unknown_is_refused() -> None:
    async def run() -> None:
        async with office(stream=["browser"]) as place:
            assert await closing_code(place, "dialect=twilio") == 4404
            assert await closing_code(place, "dialect=klingon") == 4404
            assert await closing_code(place, "") == 4404

    asyncio.run(run())


def test_beyond_seats_and_standing_places_the_line_is_busy() -> None:
    async def run() -> None:
        async with office(calls=1) as place, contextlib.AsyncExitStack() as stack:
            for _ in range(9):
                socket = await stack.enter_async_context(place.call("dialect=browser"))
                assert isinstance(await socket.recv(), str)
            assert await closing_code(place, "dialect=browser") == 4429

    asyncio.run(run())


def test_closing_the_door_ends_its_calls() -> None:
    async def run() -> None:
        async with office() as place, place.call("dialect=browser") as socket:
            ear = Ear(socket)
            await ear.until(lambda: len(ear.audio) > 1)
            await place.door.close()
            assert (await ear.end())[0] == 1000
            assert await closing_code(place, "dialect=browser") == 1001

    asyncio.run(run())


def test_ten_calls_at_once_keep_their_pace() -> None:
    async def run() -> None:
        async with office(say_it, calls=10) as place:
            async def one() -> Ear:
                async with place.call("dialect=browser") as socket:
                    ear = Ear(socket)
                    talking = asyncio.create_task(talk(socket))
                    await ear.end()
                    talking.cancel()
                    return ear

            for ear in await asyncio.gather(*(one() for _ in range(10))):
                assert 0.52 <= seconds_of(ear.sound, 440) <= 0.62
            assert all(seconds_of(bytes(bot.heard), 300) > 0.3 for bot in place.bots.calls)

    asyncio.run(run())


# --- Asterisk ---------------------------------------------------------------------------------------------------------

PLAIN = (
    "MEDIA_START connection_id:c1 channel:WebSocket/lotse/0x7 channel_id:17.1 format:{} optimal_frame_size:160 ptime:20"
)


def asterisk_json(sound_format: str) -> str:
    return json.dumps({
        "event": "MEDIA_START", "connection_id": "c1", "channel": "WebSocket/lotse/0x7", "channel_id": "17.1",
        "format": sound_format, "optimal_frame_size": 160, "ptime": 20, "channel_variables": {},
    })


@pytest.mark.parametrize("as_json", [False, True])
@pytest.mark.parametrize("sound_format", ["alaw", "ulaw", "slin", "slin16"])
def test_asterisk_is_answered_in_its_format_and_its_words(sound_format: str, as_json: bool) -> None:
    async def step(bot: Bot) -> None:
        bot.notes.append(await bot.key())
        bot.line.flush()
        await bot.line.write(tone(440, 0.4))
        await bot.line.drained()
        await bot.line.hangup()

    rate = 16000 if sound_format == "slin16" else 8000
    up = Resampler(8000, rate)

    def pack(frame: bytes) -> bytes:
        return g711.encode(sound_format, frame) if rate == 8000 and "law" in sound_format else up.resample(frame)

    async def run() -> None:
        async with office(step) as place, place.call(
            "call=17.0&caller=03315550123&tenant=kreis", subprotocols=["media"]
        ) as socket:
            assert socket.subprotocol == "media"
            await socket.send(asterisk_json(sound_format) if as_json else PLAIN.format(sound_format))
            ear = Ear(socket)
            talking = asyncio.create_task(talk(socket, pack))
            await asyncio.sleep(0.1)
            key = {"event": "DTMF_END", "channel_id": "17.1", "digit": "7"}
            await socket.send(json.dumps(key) if as_json else "DTMF_END digit:7 channel_id:17.1")
            await ear.end()
            talking.cancel()
            bot = place.bots.calls[0]
            assert (bot.line.caller, bot.line.tenant, bot.notes[0]) == ("+493315550123", "kreis", "7")
            words = [message["command"] for message in ear.messages()] if as_json else ear.texts
            assert words == ["ANSWER", "FLUSH_MEDIA", "HANGUP"]
            sound = g711.decode(sound_format, ear.sound) if "law" in sound_format else ear.sound
            assert 0.3 <= seconds_of(Resampler(rate).resample(sound), 440) <= 0.42
            assert seconds_of(bytes(bot.heard), 300) > 0.25

    asyncio.run(run())


def test_asterisk_gets_its_call_back_with_a_target_for_the_dialplan() -> None:
    async def step(bot: Bot) -> None:
        await bot.line.transfer("4711")

    async def run() -> None:
        async with office(step) as place, place.call("dialect=asterisk&call=17.0") as socket:
            await socket.send(PLAIN.format("ulaw"))
            ear = Ear(socket)
            assert (await ear.end())[0] == 1000
            assert ear.texts[-1] == "HANGUP"
            assert place.results.of("17.0") == "4711"
            assert place.results.of("17.1") is None

    asyncio.run(run())


def test_a_call_without_a_name_cannot_be_put_through_and_goes_on() -> None:
    async def step(bot: Bot) -> None:
        assert not bot.line.can_transfer
        with pytest.raises(TransferFailed):
            await bot.line.transfer("4711")
        bot.notes.append("on")
        await bot.line.hangup()

    async def run() -> None:
        async with office(step) as place, place.call("dialect=asterisk") as socket:
            await socket.send(PLAIN.format("ulaw"))
            await Ear(socket).end()
            assert place.bots.calls[0].notes == ["on"]

    asyncio.run(run())


def test_while_asterisk_says_xoff_it_gets_nothing() -> None:
    async def run() -> None:
        async with office() as place, place.call("dialect=asterisk") as socket:
            await socket.send(PLAIN.format("alaw"))
            ear = Ear(socket)
            await ear.until(lambda: len(ear.audio) > 3)
            await socket.send("MEDIA_XOFF channel_id:17.1")
            await asyncio.sleep(0.2)
            count = len(ear.audio)
            await asyncio.sleep(0.3)
            assert len(ear.audio) == count
            await socket.send("MEDIA_XON channel_id:17.1")
            await ear.until(lambda: len(ear.audio) > count + 3)

    asyncio.run(run())


@pytest.mark.parametrize(
    "first", ["hello", "QUEUE_DRAINED", '{"event": "X"}', PLAIN.format("opus"), "MEDIA_START", "", b"\0"]
)
def test_asterisk_begins_with_media_start_in_a_format_we_speak(first: str | bytes) -> None:
    async def run() -> None:
        async with office() as place, place.call("dialect=asterisk") as socket:
            await socket.send(first)
            assert (await Ear(socket).end())[0] == 4400
            assert not place.bots.calls

    asyncio.run(run())


@given(st.text(max_size=100))
def test_a_control_message_is_read_or_refused(text: str) -> None:
    with contextlib.suppress(ProtocolError):
        event, values, _ = parse_control(text)
        assert event
        assert isinstance(values, dict)


# --- Twilio -----------------------------------------------------------------------------------------------------------


def twilio_start(**parameters: str) -> list[str]:
    return [
        json.dumps({"event": "connected", "protocol": "Call", "version": "1.0.0"}),
        json.dumps({
            "event": "start", "sequenceNumber": "1", "streamSid": "MZ1",
            "start": {
                "accountSid": "AC1", "streamSid": "MZ1", "callSid": "CA1", "tracks": ["inbound"],
                "mediaFormat": {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1},
                "customParameters": parameters,
            },
        }),
    ]


def twilio_media(frame: bytes) -> str:
    payload = base64.b64encode(g711.encode("ulaw", frame)).decode()
    return json.dumps({"event": "media", "streamSid": "MZ1", "media": {"track": "inbound", "payload": payload}})


def heard_by_twilio(ear: Ear) -> bytes:
    media = [message["media"]["payload"] for message in ear.messages() if message["event"] == "media"]
    return g711.decode("ulaw", b"".join(base64.b64decode(payload) for payload in media))


def test_twilio_hears_a_tone_and_marks_say_when_it_was_heard() -> None:
    async def step(bot: Bot) -> None:
        bot.notes.append(await bot.key())
        await say_it(bot)

    async def run() -> None:
        token = sign_token(SECRET, "twilio", time.time() + 60)
        async with office(step) as place, place.call("dialect=twilio", additional_headers=AFAR) as socket:
            for message in twilio_start(token=token, caller="+493315550123", tenant="kreis"):
                await socket.send(message)
            ear = Ear(socket)
            talking = asyncio.create_task(talk(socket, twilio_media))
            key = {"track": "inbound_track", "digit": "#"}
            await socket.send(json.dumps({"event": "dtmf", "streamSid": "MZ1", "dtmf": key}))
            await ear.until(lambda: bool(ear.named("event", "mark")))
            mark = ear.named("event", "mark")[0]
            assert not place.bots.calls[0].notes[1:]
            await socket.send(json.dumps({"event": "mark", "streamSid": "MZ1", "mark": mark["mark"]}))
            await ear.end()
            talking.cancel()
            bot = place.bots.calls[0]
            assert (bot.line.caller, bot.line.tenant, bot.notes[0]) == ("+493315550123", "kreis", "#")
            assert not ear.audio, "a binary frame is an error at Twilio"
            assert all(message["streamSid"] == "MZ1" for message in ear.messages())
            assert 0.52 <= seconds_of(heard_by_twilio(ear), 440) <= 0.62
            assert seconds_of(bytes(bot.heard), 300) > 0.3

    asyncio.run(run())


def test_twilio_is_told_to_forget_what_it_holds() -> None:
    async def step(bot: Bot) -> None:
        await bot.line.write(tone(440, 0.2))
        bot.line.flush()

    async def run() -> None:
        async with office(step) as place, place.call("dialect=twilio") as socket:
            for message in twilio_start():
                await socket.send(message)
            ear = Ear(socket)
            await ear.until(lambda: {"event": "clear", "streamSid": "MZ1"} in ear.messages())
            await socket.send(json.dumps({"event": "stop", "streamSid": "MZ1", "stop": {"callSid": "CA1"}}))
            await ear.end()

    asyncio.run(run())


def test_twilio_gets_in_by_signature_or_token_and_not_without() -> None:
    address = "wss://voice.kreis.example/voice/stream"
    signature = base64.b64encode(hmac.new(b"auth", address.encode(), hashlib.sha1).digest()).decode()
    wrong = base64.b64encode(hmac.new(b"other", address.encode(), hashlib.sha1).digest()).decode()

    async def code(place: Office, signed: str | None, **parameters: str) -> int:
        headers = AFAR | ({"X-Twilio-Signature": signed} if signed else {})
        async with place.call("" if signed else "dialect=twilio", additional_headers=headers) as socket:
            ear = Ear(socket)
            for message in twilio_start(**parameters):
                await socket.send(message)
            done, _ = await asyncio.wait({asyncio.create_task(ear.end())}, timeout=0.3)
            return ear.closed[0] if done and ear.closed else 0

    async def run() -> None:
        async with office(twilio_token="auth", public_url="wss://voice.kreis.example") as place:
            assert await code(place, signature) == 0
            assert await code(place, wrong) == 4401
            assert await code(place, None) == 4401
            assert await code(place, None, token="x") == 4401
            assert await code(place, None, token=sign_token(SECRET, "twilio", time.time() + 9)) == 0
            assert len(place.bots.calls) == 2

    asyncio.run(run())


@pytest.mark.parametrize("accepted", [True, False])
def test_twilio_is_told_by_rest_to_dial_and_a_refusal_leaves_the_call_with_us(accepted: bool) -> None:
    orders: list[tuple[str, str, str]] = []
    rest = FastAPI()

    @rest.post("/2010-04-01/Accounts/AC1/Calls/{call}.json", status_code=200 if accepted else 404)
    async def update(call: str, request: Request) -> dict[str, str]:
        orders.append((call, request.headers["authorization"], (await request.body()).decode()))
        return {}

    async def step(bot: Bot) -> None:
        try:
            await bot.line.transfer("+493315550100")
        except TransferFailed:
            bot.notes.append("still here")
            await bot.line.hangup()

    async def run() -> None:
        async with serving(rest) as port, office(
            step, twilio_account="AC1", twilio_token="auth", twilio_api=f"http://127.0.0.1:{port}"
        ) as place, place.call("dialect=twilio") as socket:
            for message in twilio_start():
                await socket.send(message)
            await Ear(socket).end()
            assert place.bots.calls[0].notes == ([] if accepted else ["still here"])

    asyncio.run(run())
    call, authorization, body = orders[0]
    assert call == "CA1"
    assert base64.b64decode(authorization.removeprefix("Basic ")) == b"AC1:auth"
    assert "%2B493315550100" in body
    assert len(orders) == 1


def test_what_exchanges_are_told_to_do_next() -> None:
    assert twiml(None) == "<Response><Hangup/></Response>"
    assert "<Number>+49331</Number>" in twiml("+49331")
    assert "<Sip>sip:a@b&amp;c</Sip>" in twiml("sip:a@b&c")
    assert jambonz_verbs("4711") == [{"verb": "sip:refer", "referTo": "4711"}]
    assert jambonz_verbs(None) == [{"verb": "hangup"}]


# --- jambonz ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("rate", [8000, 16000])
def test_jambonz_is_spoken_to_in_its_rate_and_told_what_to_do(rate: int) -> None:
    async def step(bot: Bot) -> None:
        bot.notes.append(await bot.key())
        bot.line.flush()
        await say_it(bot)

    up = Resampler(8000, rate)

    async def run() -> None:
        token = sign_token(SECRET, "jambonz", time.time() + 60)
        async with office(step) as place, place.call(
            f"token={token}", subprotocols=["audio.jambonz.org"], additional_headers=AFAR
        ) as socket:
            assert socket.subprotocol == "audio.jambonz.org"
            await socket.send(json.dumps({
                "callSid": "j-1", "from": "03315550123", "to": "4711", "sampleRate": rate, "mixType": "mono",
                "metadata": {"tenant": "kreis"},
            }))
            ear = Ear(socket)
            talking = asyncio.create_task(talk(socket, up.resample))
            await socket.send(json.dumps({"event": "dtmf", "dtmf": "*", "duration": "160"}))
            await ear.until(lambda: bool(ear.named("type", "mark")))
            mark = ear.named("type", "mark")[0]
            await socket.send(json.dumps({"type": "mark", "data": {**mark["data"], "event": "playout"}}))
            await ear.end()
            talking.cancel()
            bot = place.bots.calls[0]
            assert (bot.line.caller, bot.line.tenant, bot.notes[0]) == ("+493315550123", "kreis", "*")
            assert [message["type"] for message in ear.messages()] == ["killAudio", "mark", "disconnect"]
            assert 0.52 <= seconds_of(Resampler(rate).resample(ear.sound), 440) <= 0.62
            assert seconds_of(bytes(bot.heard), 300) > 0.3

    asyncio.run(run())


def test_jambonz_finds_the_target_by_its_own_name_of_the_call() -> None:
    async def step(bot: Bot) -> None:
        await bot.line.transfer("4711")

    async def run() -> None:
        async with office(step) as place, place.call("dialect=jambonz") as socket:
            await socket.send(json.dumps({"callSid": "j-1", "sampleRate": 8000}))
            await Ear(socket).end()
            assert place.results.of("j-1") == "4711"

    asyncio.run(run())


@pytest.mark.parametrize(
    "first", ['{"callSid": "j-1", "sampleRate": 11025}', '{"sampleRate": 8000, "mixType": "stereo"}', "x"]
)
def test_jambonz_must_send_what_we_can_hear(first: str) -> None:
    async def run() -> None:
        async with office() as place, place.call("dialect=jambonz") as socket:
            await socket.send(first)
            assert (await Ear(socket).end())[0] == 4400

    asyncio.run(run())


def test_a_mark_that_never_returns_does_not_hold_the_call() -> None:
    async def run() -> None:
        async with office(say_it) as place, place.call("dialect=jambonz") as socket:
            await socket.send(json.dumps({"callSid": "j-1", "sampleRate": 8000}))
            await Ear(socket).end()

    asyncio.run(run())

"""Calls over a bad network: what arrives late, twice, in bursts or not at all spoils a sentence, never the call."""

import asyncio
import contextlib
import itertools
import json
import random
import time
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from bad_network import Weather, network
from other_end import Bot, seconds_of, tone
from sip_clients import HAVE_BARESIP, baresip
from test_line_sip import exchange
from test_line_stream import Ear, Office, office
from websockets.asyncio.client import ClientConnection

from voice.hearing.model import SpeechModel
from voice.hearing.recogniser import Hearing
from voice.lines.line import FRAME_BYTES
from voice.rehearsal.voices import say
from voice.settings import SHIPPED_MODEL

needs_baresip = pytest.mark.skipif(not HAVE_BARESIP, reason="baresip is not installed (Debian: baresip-core)")
needs_model = pytest.mark.skipif(not (SHIPPED_MODEL / "am/final.mdl").exists(), reason="no speech model is here")

SENTENCE = "ich möchte einen termin wegen meiner miete"
VOICE = "de+f5"  # never trained on
LOUD = 500.0  # amplitude (root mean square) of a voice
END_SECONDS = 1.2


@cache
def _model() -> SpeechModel:
    return SpeechModel(SHIPPED_MODEL)


def understood(audio: bytes) -> str:
    """The words that our recogniser hears."""
    hearing = Hearing(_model())
    hearing.accept(audio[: len(audio) // 2 * 2])
    return " ".join(word["text"] for word in hearing.final()["words"])


async def answer_once_spoken_to(bot: Bot) -> None:
    """Wait for a sentence and the silence behind it; note what was understood, and answer with a tone."""
    async with asyncio.timeout(15):
        while not _spoken(bytes(bot.heard)):
            await asyncio.sleep(0.05)
    bot.notes.append(await asyncio.to_thread(understood, bytes(bot.heard)))
    await bot.line.write(tone(440, 1.0))
    await bot.line.drained()


def _spoken(audio: bytes) -> bool:
    samples = np.frombuffer(audio[: len(audio) // FRAME_BYTES * FRAME_BYTES], "<i2").astype(float)
    loud = np.flatnonzero(np.sqrt((samples.reshape(-1, FRAME_BYTES // 2) ** 2).mean(1)) > LOUD)
    return bool(len(loud)) and len(samples) // (FRAME_BYTES // 2) - loud[-1] > END_SECONDS * 50


# --- SIP --------------------------------------------------------------------------------------------------------------


@needs_model
@needs_baresip
@pytest.mark.parametrize(("loss", "least"), [(0.0, 6), (0.05, 4), (0.2, 1)])
def test_a_sentence_over_a_network_that_loses_and_mixes_up_packets_is_answered(
    loss: float, least: int, tmp_path: Path
) -> None:
    async def run() -> None:
        weather = Weather(loss=loss)
        sound = bytes(16000) + say(VOICE, SENTENCE) + bytes(8 * 16000)
        async with exchange(answer_once_spoken_to) as (door, bots, port), network(port, weather) as relayed:
            ran, heard = await baresip(relayed, tmp_path, seconds=7, sound=sound)
            assert bots.calls, ran.said
            await bots.all_ended()  # by the client's BYE
            bot = bots.calls[0]
            lost = weather.lost / (weather.lost + weather.carried)
            assert abs(lost - loss) < 0.06, "the network was another one"
            assert len(set(bot.notes[0].split()) & set(SENTENCE.split())) >= least, bot.notes
            assert seconds_of(heard, 440) > 0.5 * (1 - loss), "the caller does not hear the answer"
            lasted = time.monotonic() - bot.begun
            assert len(bot.heard) / 16000 > 0.7 * (1 - loss) * lasted, "the line was dead for a while"
            async with asyncio.timeout(5):
                while door.state()["calls"]:
                    await asyncio.sleep(0.01)

    asyncio.run(run())


@needs_baresip
def test_a_line_on_which_speech_dies_while_signalling_lives_is_let_go(tmp_path: Path) -> None:
    async def run() -> None:
        weather = Weather()
        async with exchange(silent_peer=2.0) as (door, bots, port), network(port, weather) as relayed:
            calling = asyncio.create_task(baresip(relayed, tmp_path, seconds=8, sound=tone(300, 11.0)))
            bot = await bots.first()
            async with asyncio.timeout(5):
                while len(bot.heard) < 8000:
                    await asyncio.sleep(0.02)
            weather.loss = 1.0
            await bots.all_ended(8)
            await calling
            assert door.state()["calls"] == 0

    asyncio.run(run())


# --- the page ---------------------------------------------------------------------------------------------------------

Delivery = Callable[[bytes], Iterator[tuple[float, bytes]]]  # messages, each with the seconds to wait before it


def _frames(audio: bytes) -> Iterator[bytes]:
    return (audio[at : at + FRAME_BYTES] for at in range(0, len(audio), FRAME_BYTES))


def in_bursts(audio: bytes) -> Iterator[tuple[float, bytes]]:
    """Half a second at a time, as a phone does whose radio sleeps."""
    for number, frame in enumerate(_frames(audio)):
        yield (0.5 if number % 25 == 24 else 0.0), frame


def late(audio: bytes) -> Iterator[tuple[float, bytes]]:
    """Each frame by up to 40 ms, and one stall of 1.5 s after which all comes that was held."""
    dice = random.Random(3)
    held = 0.0
    for number, frame in enumerate(_frames(audio)):
        if number == 20:
            held = 1.5
            yield held, frame
            continue
        wait = dice.uniform(0, 0.04)
        spared = min(held, wait)
        held -= spared
        yield wait - spared, frame


def with_losses(audio: bytes) -> Iterator[tuple[float, bytes]]:
    """One frame in twenty is missing."""
    dice = random.Random(3)
    for frame in _frames(audio):
        yield 0.02, (b"" if dice.random() < 0.05 else frame)


def doubled(audio: bytes) -> Iterator[tuple[float, bytes]]:
    """One frame in twenty comes twice."""
    dice = random.Random(3)
    for frame in _frames(audio):
        yield 0.02, frame
        if dice.random() < 0.05:
            yield 0.0, frame


def in_odd_sizes(audio: bytes) -> Iterator[tuple[float, bytes]]:
    """2 to 2,000 bytes at once, never a frame's."""
    sizes = itertools.cycle([2, 318, 322, 46, 1998, 640 - 2, 6])
    at = 0
    while at < len(audio):
        size = next(sizes)
        yield size / 16000, audio[at : at + size]
        at += size


async def deliver(socket: ClientConnection, messages: Iterator[tuple[float, bytes]]) -> None:
    """Send the messages at their times."""
    due = time.monotonic()
    for wait, message in messages:
        due += wait
        await asyncio.sleep(max(0.0, due - time.monotonic()))
        if message:
            await socket.send(message)


async def heard_over(place: Office, delivery: Delivery, audio: bytes) -> tuple[Bot, Ear]:
    """One call whose audio comes that way, and its answer."""
    async with place.call("dialect=browser") as socket:
        ear = Ear(socket)
        await deliver(socket, delivery(audio))
        bot = await place.bots.first()
        with contextlib.suppress(TimeoutError):
            await ear.until(lambda: seconds_of(ear.sound, 440) > 0.9)
        await socket.send(json.dumps({"type": "key", "key": "5"}))
        assert await bot.key() == "5"
        await socket.send('{"type": "hangup"}')
        assert (await ear.end())[0] == 1000
        await place.bots.all_ended()
    return bot, ear


@needs_model
@pytest.mark.parametrize("delivery", [in_bursts, late, with_losses, doubled, in_odd_sizes])
def test_a_sentence_that_comes_badly_is_answered(delivery: Delivery) -> None:
    async def run() -> None:
        async with office(answer_once_spoken_to) as place:
            audio = bytes(8000) + say(VOICE, SENTENCE) + bytes(int(1.6 * 16000))
            bot, ear = await heard_over(place, delivery, audio)
            assert {"möchte", "termin"} <= set(bot.notes[0].split()), bot.notes
            assert seconds_of(ear.sound, 440) > 0.9

    asyncio.run(run())


@pytest.mark.parametrize("delivery", [in_bursts, in_odd_sizes])
def test_nothing_is_lost_of_what_comes_in_bursts_or_odd_sizes(delivery: Delivery) -> None:
    async def run() -> None:
        async with office() as place, place.call("dialect=browser") as socket:
            ear = Ear(socket)
            audio = tone(300, 2.0)
            await deliver(socket, delivery(audio))
            bot = await place.bots.first()
            async with asyncio.timeout(3):
                while len(bot.heard) < len(audio) // FRAME_BYTES * FRAME_BYTES:
                    await asyncio.sleep(0.01)
            assert bytes(bot.heard) == audio[: len(bot.heard)]
            assert ear.closed is None
            await socket.close()
            await place.bots.all_ended()

    asyncio.run(run())


def test_a_stall_just_short_of_a_dead_line_is_no_flood_when_all_comes_at_once() -> None:
    async def run() -> None:
        async with office() as place, place.call("dialect=browser") as socket:
            ear = Ear(socket)
            await ear.until(lambda: len(ear.audio) > 1)
            for frame in _frames(tone(300, 9.5)):  # what a network held for so long
                await socket.send(frame)
            for frame in _frames(tone(440, 0.5)):
                await socket.send(frame)
                await asyncio.sleep(0.02)
            assert ear.closed is None, ear.closed
            bot = await place.bots.first()
            assert seconds_of(bytes(bot.heard), 440) > 0.4, "what is said now is not heard"
            await socket.close()
            await place.bots.all_ended()

    asyncio.run(run())

"""Synthetic callers ring the whole system: their voices go through door, recogniser, dialogue and back."""

import asyncio
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

import httpx
import numpy as np
import pytest
import yaml
from ringing import in_own_loop, stream_url
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from operation.instance import Instance
from voice.lines.line import FRAME_BYTES
from voice.rehearsal.caller import Caller, Outcome, Script
from voice.rehearsal.stream import Stream
from voice.rehearsal.voices import say

CALLS = Path(__file__).parents[1] / "voice" / "sentences" / "calls.yml"
SHORT = [Script.of(entry) for entry in yaml.safe_load(CALLS.read_text(encoding="utf-8")) if entry.get("short")]
AT_ONCE = 4


@pytest.fixture(scope="module")
def outcomes(system: Instance) -> dict[str, Outcome]:
    """The eight short calls, four at a time."""

    async def ring() -> list[Outcome]:
        seats = asyncio.Semaphore(AT_ONCE)

        async def one(script: Script) -> Outcome:
            async with seats:
                return await Caller(script, Stream(stream_url(system)), say=say).call()

        return await asyncio.gather(*(one(script) for script in SHORT))

    return dict(zip((script.id for script in SHORT), in_own_loop(ring()), strict=True))


def told(outcome: Outcome) -> str:
    return "\n".join(f"{role}: {text}" for role, text in outcome.transcript)


def test_at_least_seven_of_eight_callers_reach_their_goal(outcomes: dict[str, Outcome]) -> None:
    missed = {script.id: told(outcomes[script.id]) for script in SHORT if not outcomes[script.id].reached(script.goal)}
    assert len(missed) <= 1, "\n\n".join(f"{name}\n{text}" for name, text in missed.items())


def test_the_greeting_says_office_machine_and_that_nothing_is_recorded(outcomes: dict[str, Outcome]) -> None:
    said = next(told(outcome) for outcome in outcomes.values())
    assert "Jobcenter Musterkreis" in said
    assert "Computer" in said or "digitale" in said
    assert "aufgezeichnet" in said or "aufgenommen" in said


def test_every_answer_is_heard_as_sound(outcomes: dict[str, Outcome]) -> None:
    for name, outcome in outcomes.items():
        heard = np.frombuffer(bytes(outcome.heard), np.int16).astype(float)
        assert np.sqrt(np.mean(heard**2)) > 100, name
        assert np.abs(heard).max() < 32767, f"{name}: clipped"


def test_a_call_leaves_nothing_running(system: Instance, outcomes: dict[str, Outcome]) -> None:
    assert outcomes
    assert eventually(lambda: calls_running(system) == 0)


def test_a_caller_who_talks_over_an_answer_silences_it(system: Instance) -> None:
    script = Script("interrupts", "none", "wie hoch ist der regelbedarf", "de+m3")
    outcome = in_own_loop(Interrupter(script, Stream(stream_url(system)), say=say).call(longest=60))
    assert outcome.barge_ins, told(outcome)
    assert min(outcome.barge_ins) < 1.0  # how fast it really is, is measured in benchmarks/


class Interrupter(Caller):
    """Asks, and talks into the answer."""

    async def _talk(self) -> None:
        await self._lotse_finished()
        await self._speak(self.script.opening)
        await asyncio.wait_for(self._spoke.wait(), 10)
        await asyncio.sleep(1.0)
        await self._speak("stopp ich möchte etwas anderes wissen")
        await asyncio.sleep(1.5)


class Raw(Caller):
    """Sends raw sound, whatever it is."""

    audio: bytes = b""

    async def _talk(self) -> None:
        await self._lotse_finished()
        await self._line.speak(self.audio)
        await self._lotse_finished()


@pytest.mark.parametrize("kind", ["noise", "square", "silence"])
def test_noise_music_and_silence_get_a_spoken_way_on_and_no_booking(system: Instance, kind: str) -> None:
    samples = np.arange(8000 * 8)
    generator = np.random.default_rng(3)
    sound = {
        "noise": generator.normal(0, 3000, samples.size),
        "square": 4000 * np.sign(np.sin(samples * 2 * np.pi * 425 / 8000)),
        "silence": np.zeros(samples.size),
    }[kind]
    script = Script(kind, "none", "", "de")
    caller = Raw(script, Stream(stream_url(system)), say=say)
    caller.audio = sound.astype(np.int16).tobytes()
    outcome = in_own_loop(caller.call(longest=60))
    assert [role for role, _ in outcome.transcript].count("lotse") >= 3, told(outcome)
    assert not [message for message in outcome.messages if message["kind"] == "appointment"]


def test_a_recogniser_that_dies_in_mid_call_leaves_the_keys_and_comes_back(system: Instance) -> None:
    script = Script("recogniser dies", "none", "", "de+f2")

    class Killer(Caller):
        async def _talk(self) -> None:
            await self._lotse_finished()
            os.kill(system.processes()["recogniser"], signal.SIGKILL)
            await self._lotse_finished()
            self._spoke.clear()
            await self._line.press("1")
            await self._lotse_finished()
            await asyncio.sleep(14)  # supervisor starts it again, and it loads its model
            await self._speak("ich möchte mit einem menschen sprechen")
            for _ in range(100):
                await asyncio.sleep(0.1)
                if any(role == "caller" for role, _ in self.outcome.transcript):
                    return

    outcome = in_own_loop(Killer(script, Stream(stream_url(system)), say=say).call(longest=90))
    said = told(outcome)
    assert "Tasten" in said
    assert "form" in [message["kind"] for message in outcome.messages], said  # the key 1 began a booking
    assert "menschen" in said, "the recogniser did not come back"


def test_an_api_that_dies_in_mid_call_ends_it_with_words(system: Instance) -> None:
    script = Script("api dies", "none", "", "de+f2")

    class Killer(Caller):
        async def _talk(self) -> None:
            await self._lotse_finished()
            os.kill(system.processes()["api"], signal.SIGSTOP)
            try:
                await self._speak("wie hoch ist der regelbedarf")
                while not self._line.over:
                    await asyncio.sleep(0.2)
            finally:
                os.kill(system.processes()["api"], signal.SIGCONT)

    outcome = in_own_loop(Killer(script, Stream(stream_url(system)), say=say).call(longest=90))
    said = told(outcome)
    assert "Moment" in said, said
    assert "Störung" in said and outcome.ended_by_lotse, said
    system.wait_until(dialogue="ok", database="ok", knowledge="ok")


def test_a_caller_who_hangs_up_in_any_state_is_forgotten(system: Instance) -> None:
    class Leaver(Caller):
        seconds = 0.0

        async def _talk(self) -> None:
            await asyncio.sleep(self.seconds)

    async def leave() -> None:
        callers = []
        for number, seconds in enumerate((0.0, 0.05, 0.5, 1.0, 2.5, 4.0)):
            caller = Leaver(Script(f"leaver {number}", "none", "", "de"), Stream(stream_url(system)), say=say)
            caller.seconds = seconds
            callers.append(caller.call())
        await asyncio.gather(*callers)

    in_own_loop(leave())
    assert eventually(lambda: calls_running(system) == 0)


def test_garbage_at_the_door_is_refused_and_harms_nobody(system: Instance) -> None:
    async def throw() -> None:
        for garbage in (b"\x00" * (FRAME_BYTES * 200), "{not json", '{"type": 5}', b"odd"):
            async with connect(stream_url(system), proxy=None) as socket:
                try:
                    await socket.send(garbage)
                    async for _ in socket:
                        await socket.send(garbage)
                except ConnectionClosed:
                    continue

    in_own_loop(asyncio.wait_for(throw(), 60))
    assert eventually(lambda: calls_running(system) == 0)
    assert httpx.get(f"{system.telephone_url}/healthz", trust_env=False).is_success


def calls_running(system: Instance) -> int:
    return int(httpx.get(f"{system.telephone_url}/healthz", trust_env=False).json()["calls"])


def eventually(holds: Callable[[], bool], seconds: float = 20.0) -> bool:
    """Whether it holds within that time."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if holds():
            return True
        time.sleep(0.2)
    return False

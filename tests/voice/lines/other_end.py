"""What the tests of the doors share: a call's other end inside Lotse, sounds, and how to tell them apart."""

import asyncio
import random
import socket
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import numpy as np

from voice.lines.line import SAMPLE_RATE, Digit, Line

Step = Callable[["Bot"], Awaitable[None]]


def tone(hertz: float, seconds: float, level: float = 8000.0) -> bytes:
    """A sine as S16LE at 8 kHz."""
    at = np.arange(int(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    return (level * np.sin(2 * np.pi * hertz * at)).astype("<i2").tobytes()


def seconds_of(audio: bytes, hertz: float) -> float:
    """How long a tone is heard, by frames of 20 ms in which it holds most of the energy."""
    samples = np.frombuffer(audio[: len(audio) // 320 * 320], "<i2").astype(float).reshape(-1, 160)
    at = np.arange(160) / SAMPLE_RATE
    wave = np.exp(-2j * np.pi * hertz * at)
    energy = (samples**2).sum(1)
    share = np.abs(samples @ wave) ** 2 * 2 / 160 / np.maximum(energy, 1)
    return float(np.sum((energy > 160 * 300**2) & (share > 0.7))) * 0.02


def free_port(step: int = 10) -> int:
    """The first of `step` ports that are free now, for UDP and TCP, below those the system hands out itself."""
    for _ in range(50):
        port = random.randrange(14000, 31000, 10)
        if all(_is_free(port + at) for at in range(step)):
            return port
    raise AssertionError("no free ports")


def _is_free(port: int) -> bool:
    for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM):
        with socket.socket(socket.AF_INET, kind) as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                return False
    return True


@dataclass(eq=False)
class Bot:
    """One call as Lotse has it: what was heard and pressed, and what `step` does meanwhile."""

    line: Line
    heard: bytearray = field(default_factory=bytearray)
    keys: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    begun: float = field(default_factory=time.monotonic)
    ended: asyncio.Event = field(default_factory=asyncio.Event)
    news: asyncio.Event = field(default_factory=asyncio.Event)

    async def key(self, count: int = 1) -> str:
        """The keys, once there are that many."""
        while len(self.keys) < count:
            self.news.clear()
            await asyncio.wait_for(self.news.wait(), 10)
        return "".join(self.keys)


class Bots:
    """An on_call that runs `step` beside listening, for every call."""

    def __init__(self, step: Step | None = None) -> None:
        self.step = step
        self.calls: list[Bot] = []
        self.problems: list[BaseException] = []

    async def __call__(self, line: Line) -> None:
        bot = Bot(line)
        self.calls.append(bot)
        doing = asyncio.create_task(self._do(bot))
        try:
            async for received in line.received():
                if isinstance(received, Digit):
                    bot.keys.append(received.key)
                    bot.news.set()
                else:
                    assert len(received) == 320
                    bot.heard += received
        finally:
            await asyncio.wait({doing}, timeout=5)
            doing.cancel()
            bot.ended.set()

    async def _do(self, bot: Bot) -> None:
        try:
            if self.step is not None:
                await self.step(bot)
        except Exception as problem:
            self.problems.append(problem)
            raise

    async def first(self, seconds: float = 10) -> Bot:
        """The first call, once it has come."""
        async with asyncio.timeout(seconds):
            while not self.calls:
                await asyncio.sleep(0.01)
        return self.calls[0]

    async def all_ended(self, seconds: float = 10) -> None:
        """Wait until every call is over."""
        async with asyncio.timeout(seconds):
            for bot in self.calls:
                await bot.ended.wait()

"""The paced sender, by a clock of the tests' own: what is sent is what was written, at the pace it is heard."""

import asyncio
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voice.lines.line import SILENT_FRAME
from voice.lines.pacing import AHEAD_FRAMES, TICK, PacedSender

Audio = st.binary(min_size=0, max_size=2000).map(lambda data: bytes(byte or 1 for byte in data[: len(data) // 2 * 2]))


class Clock:
    """Time that passes only when somebody sleeps; `stalls` makes a sleep take longer."""

    def __init__(self, stalls: list[float] | None = None) -> None:
        self.now = 1000.0
        self.stalls = stalls or []

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.now += seconds + (self.stalls.pop(0) if self.stalls else 0.0)
        for _ in range(5):
            await asyncio.sleep(0)


class Sent:
    """What reached the wire, when."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.frames: list[bytes] = []
        self.times: list[float] = []

    async def __call__(self, frame: bytes) -> None:
        self.frames.append(frame)
        self.times.append(self.clock.now)

    @property
    def said(self) -> bytes:
        return b"".join(frame.rstrip(b"\0") for frame in self.frames)


async def play(act: Callable[[PacedSender, Sent], "asyncio.Future[None]"], clock: Clock | None = None) -> Sent:
    clock = clock or Clock()
    sent = Sent(clock)
    sender = PacedSender(sent, clock=clock, sleep=clock.sleep)
    running = asyncio.create_task(sender.run())
    await asyncio.wait_for(act(sender, sent), 10)
    sender.close()
    await asyncio.wait_for(running, 10)
    return sent


@given(st.lists(Audio, max_size=6))
def test_everything_written_is_sent_in_order_and_nothing_else_but_silence(pieces: list[bytes]) -> None:
    async def act(sender: PacedSender, _: Sent) -> None:
        for piece in pieces:
            await sender.write(piece)
        await sender.drained()
        assert sender.unplayed == 0

    sent = asyncio.run(play(act))
    assert sent.said == b"".join(pieces)
    assert all(len(frame) == 320 for frame in sent.frames)


@given(st.lists(Audio, min_size=1, max_size=6), st.lists(st.floats(0, 0.3), max_size=20))
def test_no_more_than_three_frames_lie_ahead_and_no_more_than_four_go_out_at_once(
    pieces: list[bytes], stalls: list[float]
) -> None:
    async def act(sender: PacedSender, _: Sent) -> None:
        for piece in pieces:
            await sender.write(piece)
            assert sender.unplayed <= AHEAD_FRAMES * 320
        await sender.drained()

    sent = asyncio.run(play(act, Clock(stalls)))
    for first, fifth in zip(sent.times, sent.times[AHEAD_FRAMES + 2 :], strict=False):
        assert fifth - first >= TICK * 0.999


@given(st.integers(1, 30), st.integers(0, 40))
def test_after_a_flush_nothing_old_is_heard(frames: int, when: int) -> None:
    async def act(sender: PacedSender, sent: Sent) -> None:
        writing = asyncio.create_task(sender.write(b"\1" * 320 * frames))
        await asyncio.sleep(0)
        while len(sent.frames) < when:
            await asyncio.sleep(0)
        sender.flush()
        await writing
        before = len(sent.frames)
        await sender.drained()
        await sender.write(b"\2" * 640)
        await sender.drained()
        assert b"\1" not in b"".join(sent.frames[before:])
        assert sent.said.count(b"\2") == 640

    asyncio.run(play(act))


def test_drained_means_heard_one_frame_after_the_last_was_sent() -> None:
    ends: list[float] = []

    async def act(sender: PacedSender, sent: Sent) -> None:
        await sender.write(b"\1" * 320 * 10)
        await sender.drained()
        last = max(at for frame, at in zip(sent.frames, sent.times, strict=True) if frame != SILENT_FRAME)
        ends.append(sent.clock.now - last)

    asyncio.run(play(act))
    assert ends[0] >= TICK * 0.999


def test_the_line_is_never_dead() -> None:
    async def act(_: PacedSender, sent: Sent) -> None:
        while len(sent.frames) < 50:
            await asyncio.sleep(0)

    sent = asyncio.run(play(act))
    assert set(sent.frames) == {SILENT_FRAME}
    assert sent.times[49] - sent.times[0] == pytest.approx(49 * TICK)


def test_a_broken_connection_frees_whoever_writes() -> None:
    async def broken(_: bytes) -> None:
        raise ConnectionError

    async def run() -> None:
        sender = PacedSender(broken)
        writing = asyncio.create_task(sender.write(b"\1" * 32000))
        with pytest.raises(ConnectionError):
            await sender.run()
        await asyncio.wait_for(writing, 1)
        await asyncio.wait_for(sender.drained(), 1)

    asyncio.run(run())


def test_an_odd_number_of_bytes_is_a_mistake_of_ours() -> None:
    async def run() -> None:
        with pytest.raises(ValueError, match="even"):
            await PacedSender(lambda _: asyncio.sleep(0)).write(b"\1")

    asyncio.run(run())

"""What comes in is cut into frames, in order, bounded."""

import asyncio
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voice.lines.intake import BURST_FRAMES, WAITING_FRAMES, Intake, ProtocolError
from voice.lines.line import Digit


async def everything(intake: Intake) -> list[bytes | Digit]:
    return [received async for received in intake.received()]


@given(st.lists(st.one_of(st.binary(max_size=1000), st.sampled_from("0123456789*#")), max_size=30))
def test_audio_in_any_portions_comes_out_as_whole_frames_with_the_keys_between(came: list[bytes | str]) -> None:
    async def run() -> None:
        intake = Intake(clock=lambda: 0.0)
        for item in came:
            if isinstance(item, str):
                intake.press(item)
            else:
                intake.hear(item)
        intake.end()
        out = await everything(intake)
        audio = b"".join(item for item in came if isinstance(item, bytes))
        assert b"".join(item for item in out if isinstance(item, bytes)) == audio[: len(audio) // 320 * 320]
        assert [item.key for item in out if isinstance(item, Digit)] == [item for item in came if isinstance(item, str)]

    asyncio.run(run())


def test_a_consumer_that_hangs_loses_the_oldest_audio_and_no_key() -> None:
    async def run() -> None:
        intake = Intake(clock=lambda: 0.0)
        intake.press("5")
        for number in range(WAITING_FRAMES + 20):
            intake.hear(bytes([number]) * 320)
        intake.end()
        out = await everything(intake)
        assert out[0] == Digit("5")
        frames = [item[0] for item in out if isinstance(item, bytes)]
        assert frames[-1] == WAITING_FRAMES + 19
        assert all(later == earlier + 1 for earlier, later in pairwise(frames))
        assert intake.lost == 21

    asyncio.run(run())


def test_a_flood_is_an_error_and_a_burst_after_a_stall_is_none() -> None:
    now = 0.0
    intake = Intake(clock=lambda: now)
    intake.hear(b"\0" * 320 * BURST_FRAMES)
    with pytest.raises(ProtocolError, match="faster"):
        intake.hear(b"\0" * 320)
    intake = Intake(clock=lambda: now)
    for _ in range(500):
        now += 0.02
        intake.hear(b"\0" * 320)


@pytest.mark.parametrize("key", ["", "55", "x", "٥"])
def test_what_is_no_key_is_an_error(key: str) -> None:
    with pytest.raises(ProtocolError):
        Intake().press(key)
